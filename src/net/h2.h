/* SPDX-License-Identifier: MIT */
/*
 * h2.h - one HTTP/2 session over nghttp2, server or client: bytes in, bytes out (RFC 9113).
 *
 * Knows no socket and no clock: the owner hands in what was decrypted, asks for what is to be
 * encrypted, and tells the time.  What both roles share - streams, bounded bodies, flow control,
 * GOAWAY, deadlines, and the limits against floods - is here once.
 *
 * Bounds: a body is answered 413 before the first byte that is too many is stored; a header list
 * 431; the connection-level window is given back only when a body has been dealt with, so a peer
 * can never make a session hold more than H2_WINDOW bytes of bodies.  Frames that do no work (PING,
 * SETTINGS, RST_STREAM, empty DATA, CONTINUATION, ...) spend from an allowance that refills with
 * time and with completed exchanges; when it is empty the session ends with ENHANCE_YOUR_CALM.
 *
 * Callbacks may answer, reset, or start to close; they may not free the session.
 */
#ifndef NET_H2_H
#define NET_H2_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct h2;
struct h2_pool;
struct h2_stream;

enum {
	H2_WINDOW = 256 * 1024
};

/* RFC 9113 section 7; the ones that are used by name */
enum h2_code {
	H2_NO_ERROR = 0x0,
	H2_PROTOCOL_ERROR = 0x1,
	H2_INTERNAL_ERROR = 0x2,
	H2_REFUSED_STREAM = 0x7,
	H2_CANCEL = 0x8,
	H2_ENHANCE_YOUR_CALM = 0xb,
};

struct h2_limits {
	unsigned streams;      /* concurrent ones of a peer */
	unsigned header_bytes; /* of one header list, as RFC 9113 6.5.2 counts */
	unsigned body_bytes;
	msec body;     /* server: from the headers of a stream to its end */
	msec response; /* client: from a request to the end of the answer */
};

struct h2_field {
	const char *name; /* lower case */
	struct str value;
};

/* The parts of a message that anyone here asks for; views valid as long as the stream. */
struct h2_message {
	struct str method, path, authority; /* requests */
	unsigned status;                    /* responses */
	struct str content_type, retry_after, location;
	int64_t content_length; /* -1 = not said */
	struct str body;        /* complete once the message is */
};

struct h2_handler {
	/* Server: the header section of a request is there.  May answer at once; the body is then
	 * received and dropped. */
	void (*on_headers)(void *arg, struct h2_stream *s);
	/* Server: the request is complete and was not answered yet.  Must answer, or later. */
	void (*on_request)(void *arg, struct h2_stream *s);
	/* Server: a bound was passed; `status` is 413 or 431.  Must answer with it. */
	void (*on_excess)(void *arg, struct h2_stream *s, unsigned status);
	/* Client: the response is complete, or `code` says why there is none. */
	void (*on_response)(void *arg, struct h2_stream *s, bool complete, uint32_t code);
};

/* --- memory of one thread's sessions */

struct h2_pool *h2_pool_new(void);

/* Every session made from it must be gone.  NULL is allowed. */
void h2_pool_free(struct h2_pool *p);

/* --- sessions */

/* Borrow `pool`, `limits`, `handler` and `arg` for their life.  The caller owns the result. */
struct h2 *h2_server(struct h2_pool *pool, const struct h2_limits *limits,
    const struct h2_handler *handler, void *arg, msec now) MUST_CHECK;
struct h2 *h2_client(struct h2_pool *pool, const struct h2_limits *limits,
    const struct h2_handler *handler, void *arg, msec now) MUST_CHECK;

/* NULL is allowed. */
void h2_free(struct h2 *h);

/*
 * Takes bytes from the peer.  Returns 0, or ERR_H2 when the session is over because of what the
 * peer sent: what h2_output() then gives is the GOAWAY that says so.
 */
int h2_input(struct h2 *h, const char *p, size_t n, msec now) MUST_CHECK;

/* Appends what may be sent now.  ERR_LIMIT if it passes the bound of `out`. */
int h2_output(struct h2 *h, struct buf *out) MUST_CHECK;

/* Whether h2_finish() was called and h2_output() has not said so yet. */
bool h2_is_goaway_due(const struct h2 *h);

/* --- both roles */

/* Sends GOAWAY; streams that the peer opened up to now are finished, later ones are not begun. */
void h2_finish(struct h2 *h, enum h2_code code);

/* Whether h2_finish() or the peer ended the session and nothing is left to do or to send. */
bool h2_is_over(const struct h2 *h);
bool h2_is_finishing(const struct h2 *h);

/* Of a client: whether the server did not say GOAWAY yet, nor we. */
bool h2_takes_requests(const struct h2 *h);

size_t h2_open_streams(const struct h2 *h);

/* Sends a PING; h2_is_ping_open() until it is answered. */
void h2_ping(struct h2 *h);
bool h2_is_ping_open(const struct h2 *h);

/* Completed exchanges since the start. */
uint64_t h2_exchanges(const struct h2 *h);

/* When the oldest open stream is to be reset; 0 when there is none. */
msec h2_deadline(const struct h2 *h);

/* Resets the streams whose time is over. */
void h2_expire(struct h2 *h, msec now);

/* Why the session ended, for a log.  Borrowed, static. */
const char *h2_why(const struct h2 *h);

/* --- streams */

const struct h2_message *h2_message_of(const struct h2_stream *s);

/* Server: answers.  Copies everything.  At most 8 fields; content-length is added. */
void h2_answer(
    struct h2_stream *s, unsigned status, const struct h2_field *fields, size_t n, struct str body);
bool h2_is_answered(const struct h2_stream *s);

/*
 * Client: sends a request; `on_response` is called once, with `user` from h2_user().  Copies what
 * it is given.  Returns 0, or ERR_CLOSED when the session takes no more.
 */
int h2_request(struct h2 *h, const char *method, struct str authority, struct str path,
    struct str content_type, struct str body, void *user, msec now) MUST_CHECK;
void *h2_user(const struct h2_stream *s);

/* The `arg` of the session of `s`. */
void *h2_owner(const struct h2_stream *s);

#endif
