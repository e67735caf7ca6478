/* SPDX-License-Identifier: MIT */
/*
 * tls.h - TLS 1.2 and 1.3, both roles, always with both certificates; knows no 3GPP word.
 *
 *   tls_lib      one OpenSSL library context per thread, reduced to the algorithms of the profile:
 *                that is an allow-list, and it makes decoding a certificate several times cheaper
 *   tls_anchors  who may vouch for a peer: roots and revocation lists; shared, reference-counted
 *   tls_peer     what a verified certificate said; shared within a thread, reference-counted
 *   tls_ctx      own certificate and key, profile, and the cache of verified chains
 *   tls_pipe     the bytes of the connection whose turn it is; one per thread
 *   tls          one connection: bytes in, bytes out, no socket
 *
 * Profile: TS 33.210 6.2 and n32.md D.1; ALPN h2 only (RFC 9113 3.3), no tickets, no resumption, no
 * renegotiation, no early data; TLS 1.2 with extended_master_secret only (RFC 7627), so that what
 * is exported is of one connection alone.  Which anchors apply is asked of the caller, who is told
 * the DNS names of the still unverified certificate (TS 33.501 13.1.2).
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdatomic.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct err;
struct tls;
struct tls_anchors;
struct tls_ctx;
struct tls_lib;

enum {
	TLS_NAMES_MAX = 32, /* DNS names in one certificate */
	TLS_RECORD_MAX = 16384,
};

/* --- library context */

/* `reduced` false gives all of OpenSSL's default provider, for comparison and as the fallback. */
struct tls_lib *tls_lib_new(bool reduced, struct err *e) MUST_CHECK;

/* NULL is allowed; everything made from it must be gone. */
void tls_lib_free(struct tls_lib *lib);
void tls_lib_use_memory(void); /* that of mem.h, for OpenSSL; before anything else of it */

/* --- anchors */

/* Revocation lists. */
struct tls_lists {
	struct str pem;      /* at least one; `p` NULL: nothing is revoked */
	bool accept_expired; /* one that is past its next update counts all the same */
};

/*
 * Reads the certificates of `pem` (at least one), and the lists that a peer's certificate is then
 * checked against.  One reference, owned by the caller.
 */
struct tls_anchors *tls_anchors_new(
    struct str pem, struct tls_lists lists, struct err *e) MUST_CHECK;
struct tls_anchors *tls_anchors_ref(struct tls_anchors *a);

/* NULL is allowed. */
void tls_anchors_unref(struct tls_anchors *a);

/* When the first of its certificates expires: seconds since the epoch. */
int64_t tls_anchors_not_after_s(const struct tls_anchors *a);

/* When the first of its revocation lists should have been replaced, INT64_MAX if never, and when
 * that one was made. */
int64_t tls_anchors_next_update_s(const struct tls_anchors *a);
int64_t tls_anchors_last_update_s(const struct tls_anchors *a);

/* SHA-256 over what it was made from: equal anchors have equal digests. */
const unsigned char *tls_anchors_digest(const struct tls_anchors *a);

/* --- what a certificate said */

struct tls_peer {
	atomic_uint refs;
	size_t n_names;
	struct str names[TLS_NAMES_MAX]; /* dNSName entries, as they stand in the certificate */
	char issuer[128];                /* RFC 2253 form, cut */
	char fingerprint[65];            /* SHA-256, lower-case hexadecimal */
	char key[24];                    /* "EC 256", "RSA 2048" */
	int64_t not_after_s;
	struct tls_anchors *anchors; /* who vouched; a reference */
	bool is_list_expired;        /* the revocation list that it is not on has expired */
	char *storage;
	struct tls_evidence *evidence; /* what it presented */
};

struct tls_peer *tls_peer_ref(struct tls_peer *p);

/* NULL is allowed. */
void tls_peer_unref(struct tls_peer *p);

/* --- contexts */

/*
 * Chooses who may vouch for a certificate with these DNS names (at least one).  Returns borrowed
 * anchors, or NULL with `*why` (static): the peer then gets an alert and nothing else.
 */
typedef struct tls_anchors *tls_choose_fn(
    void *arg, const struct str *names, size_t n, const char **why);

struct tls_conf {
	struct str certificate, key; /* PEM; the chain follows the leaf */
	tls_choose_fn *choose;
	void *arg;
	bool chain_cache; /* remember verified chains for minutes */
	int keylog;       /* of tls_keylog_open(), borrowed; 0 = none */
};

/* For a laboratory: opens a file for the secrets of sessions, as SSLKEYLOGFILE.  A new one has mode
 * 0600; one that others may read is refused.  The caller owns the descriptor, which is above 0. */
int tls_keylog_open(const char *path, struct err *e) MUST_CHECK;

/*
 * Makes a context for both roles, and proves with a handshake against itself, in both protocol
 * versions, that `lib` can use certificate and key.  Borrows `lib` and `conf->arg` for its life.
 * The caller owns one reference.  Returns NULL and fills `e` when the texts cannot be used.
 */
struct tls_ctx *tls_ctx_new(
    struct tls_lib *lib, const struct tls_conf *conf, struct err *e) MUST_CHECK;

/* Gives up a reference; every connection holds one.  NULL is allowed. */
void tls_ctx_unref(struct tls_ctx *ctx);

/* For a context that makes no new connections: forgets the verified chains.  In its own thread. */
void tls_ctx_retire(struct tls_ctx *ctx);

/* For one that makes them again: remembers from now on, if it ever did.  In its own thread. */
void tls_ctx_resume(struct tls_ctx *ctx);

/* Whether the reduced library context was given up for this certificate. */
bool tls_ctx_is_fallback(const struct tls_ctx *ctx);

/* Why no peer would take our certificate in one of the two roles; NULL: none sees a reason.
 * Static. */
const char *tls_ctx_offence(const struct tls_ctx *ctx);

/*
 * Whether `anchors` vouch for a peer that others have vouched for, as they would in a handshake at
 * `wall_s`; if so they are the peer's from now on.  In the thread of the peer and of `ctx`.
 */
bool tls_ctx_vouches(
    const struct tls_ctx *ctx, struct tls_peer *peer, struct tls_anchors *anchors, int64_t wall_s);

/* Own leaf, for status: seconds since the epoch, and DNS names into `names` (borrowed). */
int64_t tls_ctx_not_after_s(const struct tls_ctx *ctx);
size_t tls_ctx_names(const struct tls_ctx *ctx, const struct str **names);

/* --- connections */

/* The input that one turn consumes entirely, and the output that it leaves. */
struct tls_pipe {
	struct str in;   /* ciphertext received */
	struct buf out;  /* ciphertext to send */
	int64_t wall_s;  /* now, for validity periods */
	const char *why; /* set by a failed call: static text for the log */
	bool refused;    /* the same: it failed since we refused the peer's certificate */
};

enum {
	TLS_MORE = 1, /* needs more input */
};

/* Borrow `pipe` for their life; the caller owns the result.  `name` is sent (SNI) and verified. */
struct tls *tls_accept(struct tls_ctx *ctx, struct tls_pipe *pipe);
struct tls *tls_connect(struct tls_ctx *ctx, struct tls_pipe *pipe, const char *name);

/* NULL is allowed. */
void tls_free(struct tls *t);

/* 0 when the handshake is complete, TLS_MORE, or ERR_TLS; an alert may be in the output. */
int tls_handshake(struct tls *t) MUST_CHECK;

/* Bytes of plaintext, 0 when the input is used up, ERR_CLOSED on close_notify, ERR_TLS. */
int tls_read(struct tls *t, char *to, size_t size) MUST_CHECK;

/* Adds records to the output. */
int tls_write(struct tls *t, const char *p, size_t n) MUST_CHECK;

/* Adds close_notify to the output. */
void tls_close(struct tls *t);

/* The verified peer; NULL before the handshake is complete.  Borrowed for the life of `t`. */
struct tls_peer *tls_peer_of(const struct tls *t);

/* `n` bytes that both ends of a completed handshake alone can derive for `label`, with an empty
 * context (RFC 5705, RFC 8446 7.5).  ERR_TLS, and zeros, when it is not complete. */
int tls_export(struct tls *t, const char *label, unsigned char *out, size_t n) MUST_CHECK;

/* "TLSv1.3", "TLS_AES_128_GCM_SHA256".  Borrowed, static. */
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);

#endif
