/* SPDX-License-Identifier: MIT */
/*
 * load_prov.h - an OpenSSL library context that knows only what a TLS client with P-256 needs.
 *
 * OpenSSL 3.0 walks every loaded method for each certificate that it decodes; with few methods a
 * handshake costs a fifth less.  The load client uses it to stay cheaper than the server it loads.
 * The algorithms are those of the default provider, selected by name.
 */
#ifndef LOAD_PROV_H
#define LOAD_PROV_H

#include <openssl/types.h>

#include "base/base.h"

struct err;

/* The caller owns the context, until load_prov_close().  There may be one at a time. */
OSSL_LIB_CTX *load_prov_open(struct err *e) MUST_CHECK;

/* NULL is allowed; everything made in it must be gone. */
void load_prov_close(OSSL_LIB_CTX *ctx);

#endif
