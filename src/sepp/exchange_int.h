/* SPDX-License-Identifier: MIT */
/*
 * exchange_int.h - shared by exchange*.c and by nobody else.
 */
#ifndef SEPP_EXCHANGE_INT_H
#define SEPP_EXCHANGE_INT_H

#include "sepp/exchange.h"

/* The groups of an exchange; each is done once. */
enum {
	STEP_SUITES = 1,
	STEP_POLICY = 2,
	STEP_PROVIDERS = 4
};

/* A line for the operator in `d->reason`. */
void exchange_say(struct exchange_desk *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What both ends agreed on. */
struct exchange_deal {
	enum context_role role;
	const char *own, *peer;
	enum n32_jwe jwe;
	enum n32_jws jws;
};

/* Exports the master secret of the connection and makes the context.  0, or `d->reason`. */
int exchange_make_context(struct worker *w, const struct generation *g, const struct partner *p,
    struct session *s, const struct exchange_deal *deal) MUST_CHECK;

/* Whether the partner may use it. */
bool exchange_allows(const struct conf_prins *conf, enum n32_jwe jwe);

/* Keeps the peer's policy with the context `own`, and warns when it is not ours. */
void exchange_keep_policy(
    struct worker *w, const struct partner *p, const char *own, const struct n32_policy *policy);

/* Whether the peer's policy is not the one in the partner's file. */
bool exchange_differs(const struct partner *p, const struct n32_policy *theirs);

#endif
