/* SPDX-License-Identifier: MIT */
/*
 * negotiation.h - one exchange-capability request, from its body to its answer
 * (TS 29.573 5.2.2; n32.md A.6 steps 5 to 14).
 *
 * The floor first, then the policy, then the commit: what reaches a policy is well formed,
 * authenticated, and allowed by configuration; what a policy answers is checked against that again.
 */
#ifndef SEPP_NEGOTIATION_H
#define SEPP_NEGOTIATION_H

#include "n32/problem.h"
#include "n32/types.h"
#include "sepp/decide.h"

enum negotiation_outcome {
	NEGOTIATION_AGREED,   /* 200 with `rsp` */
	NEGOTIATION_PROBLEM,  /* `problem`, with `status` and `retry_s` where they are not 0 */
	NEGOTIATION_REDIRECT, /* 307 to `redirect` */
};

/* Large; lives with the worker. */
struct negotiation {
	struct n32_neg_req req;
	struct n32_neg_rsp rsp;
	struct n32_problem problem;
	unsigned status;      /* 0: the one of the problem */
	unsigned retry_s;     /* 0: no Retry-After */
	const char *redirect; /* borrowed */
	struct decision decision;
	struct conf_caps offer; /* what both sides and the partner's ceiling allow */
	struct partner *partner;
};

/* All of it by `g`, which was in force when the request came. */
enum negotiation_outcome negotiate(struct worker *w, struct generation *g, struct negotiation *n,
    struct conn *c, const struct n32_identity *id, struct str body);

#endif
