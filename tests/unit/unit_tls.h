/* SPDX-License-Identifier: MIT */
/*
 * unit_tls.h - two ends of a TLS connection in one test: what one says is copied to the other.
 *
 * A world has an authority, a gateway that accepts, and a partner that connects; each trusts what
 * its `anchors` say and counts how often it was asked.  No socket and no clock: `now_s` is the
 * time.
 */
#ifndef UNIT_TLS_H
#define UNIT_TLS_H

#include <openssl/ssl.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/tls.h"
#include "unit_cert.h"

#define GATEWAY_NAME "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
#define PARTNER_NAME "sepp.5gc.mnc002.mcc002.3gppnetwork.org"

/* One side: its context and what it was asked. */
struct side {
	struct tls_ctx *ctx;
	struct tls_anchors *anchors; /* what choose() answers; NULL refuses */
	unsigned asked;
	size_t n_names; /* of the last question */
	char name[256]; /* the first of them */
};

/* One end of the connection. */
struct end {
	struct tls *tls;
	struct tls_pipe pipe;
	struct buf in;
	int rc; /* of the last tls_handshake() */
	char why[256];
};

struct world {
	struct tls_lib *lib;
	struct cert *root, *other_root, *gateway_cert, *partner_cert;
	struct tls_anchors *trusted, *untrusted; /* of root, of other_root */
	struct side gateway, partner;
	struct end server, client;
	int64_t now_s;
	struct err e;
};

/* Contexts with the reduced library and the chain cache on; the caller owns the world. */
struct world *world_new(void);
void world_free(struct world *w);

/* Replaces the context of a side; NULL `certificate` keeps the usual one.  Fails the test if it
 * cannot be made. */
void world_renew(struct world *w, struct side *s, const struct cert *certificate, bool cache);

/* A context of `lib` for the texts; w->e says why there is none.  The caller owns the result. */
struct tls_ctx *world_context(
    struct world *w, struct side *s, struct str certificate, struct str key);

/* Begins a connection: the partner dials `name`. */
void world_dial(struct world *w, const char *name);

/* Moves bytes until neither end has more to say.  Both are done, or one has failed. */
void world_shake(struct world *w);

/* world_dial() to the gateway's name, and world_shake().  Whether both ends are done. */
bool world_connect(struct world *w);

/* The newest connection as OpenSSL knows it, at one end. */
SSL *world_ssl(bool is_server);

/* Ends the connection; the world can dial again. */
void world_hang_up(struct world *w);

/* Hands what `from` has said to `to`. */
void world_carry(struct end *from, struct end *to);

/* The alert that ends `to` when it is told what `from` has said, in OpenSSL's words.  Static. */
const char *world_hear(struct end *from, struct end *to);

/* Connections of the side have this version at most. */
void world_limit_to_12(struct side *s);

/* ... and do not know extended_master_secret. */
void world_forget_ems(struct side *s);

#endif
