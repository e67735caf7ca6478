/* SPDX-License-Identifier: MIT */
/*
 * unit_h2.h - a client session and a server session in one test: what one says is copied to the
 * other, and what their owners were told is counted.
 *
 * The server answers as its `mode` says.  Where a test needs a peer that breaks the rules it writes
 * the frames itself: raw_ functions put them into a buffer, and pair_tell() hands them over.
 */
#ifndef UNIT_H2_H
#define UNIT_H2_H

#include "base/base.h"
#include "base/buf.h"
#include "net/h2.h"

enum pair_mode {
	PAIR_ECHO,    /* answers a complete request with 200 and its body */
	PAIR_AT_ONCE, /* answers 403 when the headers are there */
	PAIR_LATER,   /* keeps the stream: pair_answer() answers */
	PAIR_LAST,    /* answers, and finishes the session first */
	PAIR_EMPTY,   /* answers 204 without a body */
};

/* What the owner of the server was told. */
struct pair_seen {
	unsigned headers, requests, excesses;
	unsigned excess_status;
	char method[16], path[64], authority[64], content_type[64];
	int64_t content_length;
	size_t body_n;
};

/* What the owner of the client was told last, and how often. */
struct pair_got {
	unsigned complete, failed;
	unsigned status;
	uint32_t code;
	void *user;
	char content_type[64], retry_after[16], location[64];
	struct buf body;
};

enum {
	PAIR_HELD_MAX = 16,
};

struct pair {
	struct h2_pool *pool;
	struct h2_limits limits;
	struct h2 *server, *client;
	struct buf from_server, from_client;
	enum pair_mode mode;
	struct h2_stream *held[PAIR_HELD_MAX];
	size_t n_held;
	struct pair_seen seen;
	struct pair_got got;
	struct h2_field fields[3]; /* of answers */
	size_t n_fields;
	msec now;
	int server_rc, client_rc; /* of the last h2_input() */
};

/* The caller owns the pair.  Limits: 100 streams, 4 KiB of headers, 64 KiB of body, 10 s. */
struct pair *pair_new(enum pair_mode mode);

/* The server alone, past its preface: a test plays the client. */
struct pair *pair_new_raw(enum pair_mode mode);
void pair_free(struct pair *p);

/* Asks for `path` with a body of `n` bytes.  Returns what h2_request() did. */
int pair_ask(struct pair *p, const char *path, size_t n);

/* Moves bytes until both are silent. */
void pair_talk(struct pair *p);

/* pair_ask() and pair_talk(). */
void pair_exchange(struct pair *p, size_t n);

/* Answers the oldest stream that is kept with 200. */
void pair_answer(struct pair *p);

/* --- hand-made frames, appended to `out` */

void raw_frame(
    struct buf *out, unsigned type, unsigned flags, uint32_t stream, const void *payload, size_t n);

/* The header section of a POST to "/raw"; `end` ends the stream as well. */
void raw_request(struct buf *out, uint32_t stream, bool end);
void raw_data(struct buf *out, uint32_t stream, size_t n, bool end);

/* Hands `bytes` to the server, empties them, and takes what the server says to from_server. */
int pair_tell(struct pair *p, struct buf *bytes);

/* The error code of the first GOAWAY that the server said, or -1; its last stream into `*last`. */
int64_t pair_goaway(const struct pair *p, uint32_t *last);

/* How many frames of a type the server said. */
size_t pair_said(const struct pair *p, unsigned type);

#endif
