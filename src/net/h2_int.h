/* SPDX-License-Identifier: MIT */
/*
 * h2_int.h - shared by h2*.c and by nobody else.
 */
#ifndef NET_H2_INT_H
#define NET_H2_INT_H

#include <nghttp2/nghttp2.h>
#include <sys/queue.h>

#include "net/h2.h"

enum {
	H2_TEXT_MAX = 1024
};

struct h2_stream {
	TAILQ_ENTRY(h2_stream) next; /* in h2.open by age, or in the pool */
	struct h2 *h;
	int32_t id;
	msec begun;
	struct h2_message message;
	size_t text_used;
	char text[H2_TEXT_MAX]; /* what the views of `message` point into */
	size_t header_bytes;
	size_t held;       /* bytes of body not yet given back to the connection's window */
	bool is_begun;     /* the header section is complete */
	bool is_answered;  /* server: answered; client: complete */
	bool is_dropping;  /* the rest of the body is not stored */
	bool is_expired;   /* its time was over, and it was reset */
	struct buf body;   /* received */
	struct buf answer; /* to send */
	size_t sent;       /* of `answer` */
	void *user;
};

TAILQ_HEAD(h2_streams, h2_stream);

struct h2 {
	nghttp2_session *session;
	struct h2_pool *pool;
	const struct h2_limits *limits;
	const struct h2_handler *handler;
	void *arg;
	bool is_server;
	bool is_finishing;
	bool is_failed;
	bool is_ping_open;  /* ours is not answered yet */
	bool is_announced;  /* the first frame was sent */
	bool is_goaway_due; /* as soon as the answers that are ready are out */
	enum h2_code goaway_code;
	int32_t last_id; /* of the peer's streams that are still served, once finishing */
	msec now;
	int calm;
	msec calmed_at;
	uint64_t exchanges;
	struct h2_streams open; /* oldest first */
	size_t n_open;
	const char *why;
};

/* --- h2.c */

/* A stream that is counted in and has its deadline; `id` 0 until it has one. */
struct h2_stream *h2_begin_stream(struct h2 *h, int32_t id);
void h2_end_stream(struct h2_stream *s);

/* --- h2_message.c */

/* A header field of the message: those that somebody asks for are copied. */
void h2_take_field(struct h2_stream *s, struct str name, struct str value);

/* --- h2_pool.c */

nghttp2_mem *h2_pool_mem(struct h2_pool *p);

/* What every session of the pool is made with; made by h2.c, freed with the pool. */
struct h2_recipe {
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options;
};

struct h2_recipe *h2_pool_recipe(struct h2_pool *p);

/* Zeroed but for its buffers, which are empty. */
struct h2_stream *h2_pool_take(struct h2_pool *p, size_t body_max);
void h2_pool_give(struct h2_pool *p, struct h2_stream *s);

#endif
