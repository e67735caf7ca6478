/* SPDX-License-Identifier: MIT */
/*
 * call.h - a request of ours whose response is awaited.
 *
 * Lives from the request to its response, which always comes, if only as a failure; who asked may
 * be gone by then.
 */
#ifndef SEPP_CALL_H
#define SEPP_CALL_H

#include "sepp/link.h"

struct call;

enum {
	CALL_RETRY_MAX_S = 86400
};

/* How a call ended.  Everything is valid for the callback only. */
struct call_result {
	struct session *s;
	unsigned status; /* 0: there is no whole response */
	const char *why; /* then: static text */
	const struct h2_message *message;
	unsigned retry_s; /* Retry-After in seconds, 0 = none */
	bool is_json;     /* the media type says so */
};

typedef void call_fn(void *owner, const struct call_result *r);

/*
 * Posts `body` to {apiRoot}/n32c-handshake/v1/<operation> of the server `authority`.  Returns NULL
 * when the connection takes no more requests.
 */
struct call *call_post(struct session *s, const char *authority, const char *operation,
    struct str body, call_fn *fn, void *owner) MUST_CHECK;

/* The owner is gone, or does not want to know. */
void call_forget(struct call *c);

/* From the handler of connections. */
void call_on_response(struct conn *c, struct h2_stream *s, bool complete, uint32_t code);

/* Retry-After in seconds (RFC 9110 10.2.3): a day at most, a minute for a date, 0 for "". */
unsigned call_retry_s(struct str retry_after);

/* "application/json", parameters allowed, in any case (RFC 9110 8.3.1). */
bool call_is_json(struct str media_type);

#endif
