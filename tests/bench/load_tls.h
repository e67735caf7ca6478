/* SPDX-License-Identifier: MIT */
/*
 * load_tls.h - the TLS half of the load client: one context, and sessions over plain memory.
 *
 * A session does no I/O.  What came from the socket is given with load_tls_feed(); what must go to
 * the socket collects in one buffer that all sessions of the process share, so that one turn of a
 * connection is one recv and one send.  Server certificates are accepted whatever they say: the
 * client measures, it does not trust.
 */
#ifndef LOAD_TLS_H
#define LOAD_TLS_H

#include <openssl/bio.h>
#include <openssl/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "load_opt.h"

struct err;

struct load_tls {
	OSSL_LIB_CTX *lib;
	SSL_CTX *ctx;
	BIO_METHOD *method;
	const char *sni;
	uint64_t tickets; /* TLS 1.3 session tickets received so far */
	const char *in;   /* what is being fed */
	size_t in_len;
	struct buf out; /* what the sessions want sent */
};

enum load_tls_state {
	LOAD_TLS_MORE,
	LOAD_TLS_DONE,
	LOAD_TLS_ENDED,
	LOAD_TLS_FAILED
};

int load_tls_init(struct load_tls *t, const struct load_opt *o, struct err *e) MUST_CHECK;
void load_tls_release(struct load_tls *t);

/* A new session, owned by the caller (SSL_free).  Borrows `t`. */
SSL *load_tls_open(struct load_tls *t) MUST_CHECK;

/* Borrows the bytes until the sessions have read them; all of them are, in the same turn. */
void load_tls_feed(struct load_tls *t, const void *p, size_t n);

/* Goes on with the handshake; DONE when it is over and "h2" was agreed. */
enum load_tls_state load_tls_handshake(SSL *ssl, struct err *e) MUST_CHECK;

/* Decrypts into `p`; MORE with `*n` 0 when there is nothing left, ENDED after close_notify. */
enum load_tls_state load_tls_read(
    SSL *ssl, char *p, size_t size, size_t *n, struct err *e) MUST_CHECK;

/* Encrypts into the shared output. */
int load_tls_write(SSL *ssl, const void *p, size_t n, struct err *e) MUST_CHECK;

/* Puts close_notify into the shared output, as far as the session still can. */
void load_tls_close(SSL *ssl);

#endif
