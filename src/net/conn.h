/* SPDX-License-Identifier: MIT */
/*
 * conn.h - one connection of one worker: TCP, TLS and HTTP/2 put together, either role.
 *
 * A turn is one recv, whatever that leads to, and one send.  The buffers of a turn belong to the
 * worker, so that an idle connection holds none.  States, each with its deadline:
 *
 *	connecting -> handshake -> open -> finishing -> closing -> gone
 *
 * open       HTTP/2; ends when idle for too long, or on conn_finish()
 * finishing  GOAWAY was sent; what the peer had begun is answered; nothing new is accepted
 * closing    the last byte, close_notify and FIN were sent; waits for the peer to close, shortly
 *
 * close() with unread bytes makes the kernel send RST, which can destroy data on its way to the
 * peer; therefore every orderly end goes through closing, alerts included.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <sys/queue.h>

#include "base/base.h"
#include "net/addr.h"
#include "net/h2.h"
#include "net/loop.h"
#include "net/tls.h"

struct conn;

struct conn_timeouts {
	msec handshake;     /* TCP and TLS */
	msec first_request; /* from the end of the handshake to the first complete request */
	msec idle;          /* after an exchange, unless conn_keep() said otherwise */
	msec close;         /* for the peer to close after us; and for what is unfinished by then */
	msec write;         /* the peer reads nothing of what is waiting for it */
};

/* Why a connection ended; for counters and logs. */
enum conn_end {
	CONN_END_PEER, /* the peer closed */
	CONN_END_DONE, /* we finished it */
	CONN_END_IDLE,
	CONN_END_TLS,     /* the handshake or the record layer failed */
	CONN_END_TRUST,   /* the handshake failed since we refused the peer's certificate */
	CONN_END_H2,      /* the peer broke the protocol or flooded */
	CONN_END_TIMEOUT, /* the handshake, the first request, or the peer's reading took too long
			   */
	CONN_END_EVICTED, /* the oldest of too many unfinished handshakes */
	CONN_END_KILLED,  /* the worker ends */
	CONN_ENDS
};

struct conn_handler {
	/* TLS is done; the peer is known.  False turns it away with ENHANCE_YOUR_CALM. */
	bool (*on_ready)(struct conn *c);
	void (*on_headers)(struct conn *c, struct h2_stream *s);
	void (*on_request)(struct conn *c, struct h2_stream *s);
	void (*on_excess)(struct conn *c, struct h2_stream *s, unsigned status);
	void (*on_response)(struct conn *c, struct h2_stream *s, bool complete, uint32_t code);
	/* Idle for as long as was allowed, or there was no first request.  True keeps it for
	 * another such time. */
	bool (*on_idle)(struct conn *c);
	/* The last call; `c` counts no more and is freed after it.  `why` is static text, may be
	 * "". */
	void (*on_end)(struct conn *c, enum conn_end end, const char *why);
};

enum {
	CONN_RANKS = 5, /* 0: what we opened ourselves */
};

TAILQ_HEAD(conn_list, conn);

/* What the connections of one worker share.  Fill the upper part, then conn_env_init(). */
struct conn_env {
	struct loop *loop;
	struct h2_limits h2;
	struct conn_timeouts timeouts;
	unsigned handshakes_max; /* under way at once; the oldest of a peer gives way */
	const struct conn_handler *handler;
	void *arg;

	struct tls_pipe pipe;
	struct h2_pool *pool;
	char *input; /* of the turn: ciphertext, then */
	char *plain; /* plaintext */
	struct buf frames;
	struct conn *turn; /* whose turn it is: the buffers are in use */
	struct conn_list handshaking[CONN_RANKS], open, closing; /* the oldest first */
	size_t n_handshaking, n_open, n_closing;
};

void conn_env_init(struct conn_env *env);

/* Every connection must be gone. */
void conn_env_release(struct conn_env *env);

/* How one that comes is treated. */
struct conn_guest {
	unsigned tag;  /* the owner's, for conn_tag() */
	unsigned rank; /* 1 to CONN_RANKS - 1: where too many handshakes are under way, the oldest
			* of the highest gives way */
	bool yields;   /* what it says is heard after what others say in the same turn */
};

/* Takes `fd`.  The connection owns itself: it ends with on_end(). */
void conn_accept(struct conn_env *env, struct tls_ctx *ctx, int fd, const struct addr *from,
    const struct conn_guest *guest);

/* Whether one of that rank could only come in at the cost of a lower one. */
bool conn_env_is_full(const struct conn_env *env, unsigned rank);

/*
 * Connects to `to` and presents `name` as the server's.  Returns NULL when not even that can begin;
 * otherwise as conn_accept().  Requests may be made in on_ready() and later.
 */
struct conn *conn_connect(struct conn_env *env, struct tls_ctx *ctx, const struct addr *to,
    const char *name, struct err *e) MUST_CHECK;

/*
 * Orders to a connection that is ending anyway, from on_response() or on_end(), do nothing.
 */

/*
 * Ends in an orderly way: GOAWAY with `code`, what is open is finished, close.  Called during the
 * turn of `c` or between turns; then `c` may be gone when it returns.
 */
void conn_finish(struct conn *c, enum h2_code code);

/* The same for an open connection in the turn of another: it ends in a turn of its own, soon. */
void conn_finish_later(struct conn *c, enum h2_code code);

/* Ends at once; on_end() is called before this returns.  Between turns only. */
void conn_kill(struct conn *c);

/* The same for all that there are. */
void conn_kill_all(struct conn_env *env);

/* Sends what the session has to say, when it was used between turns; `c` may be gone afterwards. */
void conn_flush(struct conn *c);

/* The same in the turn of another: in a turn of its own, soon. */
void conn_flush_later(struct conn *c);

/*
 * From now on the connection is ended after `idle` (0: the default) without an exchange, or `until`
 * then (0: no such time), however much it is used; on_idle() is asked of both.  The peer is asked
 * with PING whether it is there each time `ping` went by without an exchange (0: never).
 */
void conn_keep(struct conn *c, msec idle, msec ping, msec until);

/* The connection whose stream this is. */
struct conn *conn_of(const struct h2_stream *s);

struct conn_env *conn_env_of(const struct conn *c);

/* What conn_accept() was given; 0 for one that we opened. */
unsigned conn_tag(const struct conn *c);

/* Whether the peer opened it. */
bool conn_is_server(const struct conn *c);

/* Whether requests may still be made on it: open, and neither side has said that it ends. */
bool conn_is_usable(const struct conn *c);
struct h2 *conn_h2(struct conn *c);
const struct addr *conn_addr(const struct conn *c);

/* The verified peer, or NULL before on_ready().  Borrowed. */
struct tls_peer *conn_peer(const struct conn *c);
const char *conn_tls_version(const struct conn *c);
const char *conn_tls_cipher(const struct conn *c);
msec conn_opened_at(const struct conn *c);

/* As tls_export() does, from on_ready() on; `why` is in the pipe of the environment. */
int conn_export(struct conn *c, const char *label, unsigned char *out, size_t n) MUST_CHECK;

/* Room for the owner's own pointer. */
void conn_set_user(struct conn *c, void *user);
void *conn_user(const struct conn *c);

/* The next of a worker's open connections; NULL at the end.  Start with TAILQ_FIRST(&env->open). */
struct conn *conn_next(const struct conn *c);

#endif
