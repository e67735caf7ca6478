/* SPDX-License-Identifier: MIT */
/*
 * load_h2.h - as much of an HTTP/2 client as a load needs: plain bytes in, plain bytes out.
 *
 * Every request of a run is the same, so it is described once.  Framing is done by hand, header
 * compression by nghttp2.  Flow control towards the server is respected; what the server may send
 * is practically not bounded.  No priorities, no push, no trailers of our own (RFC 9113).
 */
#ifndef LOAD_H2_H
#define LOAD_H2_H

#include <nghttp2/nghttp2.h>

#include "base/base.h"
#include "base/buf.h"
#include "load_opt.h"

struct err;
struct load_h2;

enum {
	LOAD_HEADERS = 8
};

/* The one request.  Borrows what the options hold. */
struct load_request {
	nghttp2_nv headers[LOAD_HEADERS];
	char length[16];
	const char *body;
	size_t body_len;
};

struct load_h2_events {
	/* The stream ended with `status`; it was posted at `since_ns`. */
	void (*on_answer)(void *arg, int status, uint64_t since_ns);
	/* The server reset the stream, or will not look at it (GOAWAY). */
	void (*on_refused)(void *arg);
	void *arg;
};

struct load_stream {
	uint32_t id; /* 0 = free */
	int status;  /* 0 = not known yet */
	uint64_t since_ns;
};

struct load_h2 {
	const struct load_request *request;
	struct load_h2_events events;
	nghttp2_hd_deflater *deflater;
	nghttp2_hd_inflater *inflater;
	struct buf partial; /* the start of a frame whose rest has not come */
	uint32_t next_id;
	int64_t window;                      /* what may still be sent on the connection */
	uint32_t stream_window, max_streams; /* as the server says */
	uint32_t received;                   /* DATA since the last WINDOW_UPDATE of ours */
	uint32_t block_id;                   /* stream of the header block being read; 0 = none */
	bool block_ends;                     /* that block ends its stream */
	bool going;                          /* GOAWAY seen */
	unsigned open, limit;
	struct load_stream *streams; /* `limit` of them */
};

void load_request_init(struct load_request *r, const struct load_opt *o);

/* Borrows `request`, copies `events`. */
void load_h2_init(struct load_h2 *h, const struct load_request *request,
    const struct load_h2_events *events, unsigned limit);
void load_h2_release(struct load_h2 *h);

/* Preface, SETTINGS and a wide window. */
int load_h2_start(struct load_h2 *h, struct buf *out) MUST_CHECK;

/* Whether one more request may be sent now. */
bool load_h2_can_post(const struct load_h2 *h);

/* Adds HEADERS and DATA; load_h2_can_post() must be true. */
int load_h2_post(struct load_h2 *h, uint64_t since_ns, struct buf *out) MUST_CHECK;

/* Reads what the server sent; `out` gets acknowledgements. */
int load_h2_feed(
    struct load_h2 *h, const char *p, size_t n, struct buf *out, struct err *e) MUST_CHECK;

/* GOAWAY(NO_ERROR). */
int load_h2_leave(struct load_h2 *h, struct buf *out) MUST_CHECK;

#endif
