/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - the exchange of PRINS parameters, in both roles (TS 29.573 5.2.3, TS 33.501
 * 13.2.2.2; n32.md A.7, B.1).
 *
 * As initiator: cipher suites first, then our protection policy, then the security information of
 * providers, as far as the partner's file names them; or all in one request.  As responder any
 * combination is taken.  The cipher suites make the context: its keys come from the TLS connection
 * that they were exchanged on (F-21).
 */
#ifndef SEPP_EXCHANGE_H
#define SEPP_EXCHANGE_H

#include "base/buf.h"
#include "n32/prins.h"
#include "n32/problem.h"
#include "sepp/decide.h"
#include "sepp/link.h"

/* Buffers for one request at a time.  Large; lives with the worker. */
struct exchange_desk {
	struct n32_params_req req;
	struct n32_params_rsp rsp;
	struct script_params params;
	struct n32_problem problem;
	struct decision decision;
	struct buf body; /* of our request, or of our answer */
	char reason[ASSOC_REASON_MAX];
};

struct exchange_desk *exchange_desk_new(void);

/* NULL is allowed. */
void exchange_desk_free(struct exchange_desk *d);

/* --- as initiator */

/* How far one of ours is.  Plain values. */
struct exchange {
	unsigned done;    /* steps: bits */
	unsigned pending; /* steps of the request that is under way */
	char own[N32_CONTEXT_ID_LEN + 1], peer[N32_CONTEXT_ID_LEN + 1];
};

enum exchange_outcome {
	EXCHANGE_NEXT, /* `desk->body` is the next request */
	EXCHANGE_DONE,
	EXCHANGE_FAILED /* see `desk->reason` */
};

/* Begins: `desk->body` is the first request. */
void exchange_begin(
    struct exchange *x, struct worker *w, const struct generation *g, const struct partner *p);

/* The body of the 200 to the last request; `s` is the connection that it came on. */
enum exchange_outcome exchange_go_on(struct exchange *x, struct worker *w,
    const struct generation *g, const struct partner *p, struct session *s,
    struct str body) MUST_CHECK;

/* --- as responder */

/*
 * Answers the request `body` of the partner at the other end of `s`.  Returns 200 with
 * `desk->body`, or the status of `desk->problem`, with its code.
 */
unsigned exchange_answer(struct worker *w, const struct generation *g, struct partner *p,
    struct session *s, struct str body) MUST_CHECK;

#endif
