/* SPDX-License-Identifier: MIT */
/*
 * tls_int.h - shared by tls*.c and by nobody else.
 */
#ifndef NET_TLS_INT_H
#define NET_TLS_INT_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/tls.h"

enum {
	TLS_DIGEST_BYTES = 32
};

/* The head of OpenSSL's error queue into `e`; the queue is empty afterwards. */
int tls_set_err(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same as static text, for a peer's mistake. */
const char *tls_take_reason(void);

/* tls_lib.c */
OSSL_LIB_CTX *tls_lib_ctx(const struct tls_lib *lib);
const EVP_MD *tls_lib_sha256(const struct tls_lib *lib);

/* tls_anchors.c: what a verification found out, besides its code. */
struct tls_proof {
	int64_t until_s;      /* the deadline of what was proved */
	bool is_list_expired; /* a revocation list was believed that has expired */
};

/* Verifies `leaf` at `wall_s`; 0, or an X509_V_ERR_ code. */
int tls_anchors_verify(const struct tls_anchors *a, const struct tls_lib *lib, X509 *leaf,
    STACK_OF(X509) * chain, int purpose, int64_t wall_s, struct tls_proof *proof);

/* tls_peer.c: reads a certificate.  ERR_TLS with `*why` when it has no usable DNS name. */
int tls_peer_read(
    struct tls_peer **out, const struct tls_lib *lib, X509 *leaf, const char **why) MUST_CHECK;

/* What a peer presented, for when it is judged again. */
struct tls_evidence {
	X509 *leaf;             /* references */
	STACK_OF(X509) * chain; /* or NULL */
	int purpose;            /* X509_PURPOSE_ */
};

void tls_peer_keep(struct tls_peer *p, X509 *leaf, STACK_OF(X509) * chain, int purpose);

/* tls_cache.c: verified chains of one context. */
struct tls_cache;
struct tls_cache *tls_cache_new(void);
void tls_cache_free(struct tls_cache *c);

/* Borrowed, or NULL. */
struct tls_peer *tls_cache_find(
    const struct tls_cache *c, const unsigned char key[TLS_DIGEST_BYTES], int64_t wall_s);

/* Takes a reference of its own.  Valid until `until_s` at most. */
void tls_cache_put(struct tls_cache *c, const unsigned char key[TLS_DIGEST_BYTES],
    struct tls_peer *peer, int64_t wall_s, int64_t until_s);

/* tls_keylog.c: from now on, the secrets of `ssl`'s sessions are appended to `fd`. */
void tls_keylog_attach(SSL_CTX *ssl, int fd);

/* tls_ctx.c, and tls.c which makes connections of it */
struct tls_ctx {
	atomic_uint refs;
	SSL_CTX *ssl;
	const struct tls_lib *lib; /* in use */
	struct tls_lib *fallback;  /* owned, when the reduced one did not do */
	bool remembers;            /* verified chains, while it is in service */
	struct tls_cache *cache;   /* NULL when switched off or retired */
	struct tls_peer *self;     /* own leaf */
	tls_choose_fn *choose;
	void *arg;
};

/* tls.c: ALPN, client hello and verification. */
void tls_ctx_set_callbacks(SSL_CTX *ctx);

/* tls.c: one end of a handshake that proves a context; certificates are decoded, not judged. */
struct tls *tls_probe(struct tls_ctx *ctx, struct tls_pipe *pipe, bool is_server, int version);

#endif
