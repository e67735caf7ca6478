/* SPDX-License-Identifier: MIT */
/*
 * offer.h - the initiating SEPP's side of exchange-capability: what we offer, and whether what
 * comes back may be agreed on (TS 29.573 5.2.2; n32.md A.4, A.6 "initiator checks").
 *
 * The floor first, then the policy: verify_selection can only refuse what the floor accepts.
 */
#ifndef SEPP_OFFER_H
#define SEPP_OFFER_H

#include "base/buf.h"
#include "n32/problem.h"
#include "n32/types.h"
#include "sepp/decide.h"
#include "sepp/link.h"

enum offer_verdict {
	OFFER_AGREED,   /* what was selected may be committed */
	OFFER_WRONG,    /* the answer breaks the protocol: no state comes of it */
	OFFER_REJECTED, /* our policy refuses it */
	OFFER_FAILED    /* our policy has no valid answer */
};

/* Buffers for one negotiation at a time.  Large; lives with the worker. */
struct offer {
	struct n32_neg_req req;
	struct n32_neg_rsp rsp;
	struct n32_problem problem;
	struct decision decision;
	struct buf body; /* of our request */
	char reason[ASSOC_REASON_MAX];
	char place[ASSOC_PLACE_MAX]; /* "" = no policy decided */
	struct agreement agreement;
};

struct offer *offer_new(void);

/* NULL is allowed. */
void offer_free(struct offer *o);

/*
 * Fills `o->body` with our SecNegotiateReqData for the partner at the other end of `s`, and `caps`
 * with what it offers.  False: our policy has no valid answer, or there is nothing to offer; see
 * `o->reason`.
 */
bool offer_make(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s, struct conf_caps *caps) MUST_CHECK;

/* Fills `o->body` with the request that ends a TLS relation (n32.md A.4). */
void offer_make_none(struct offer *o, const struct generation *g);

/*
 * Judges the body of a 200 to what offered `caps` on `s`, to which `dialled` is the name of the
 * server.  Fills `o->agreement`, or `o->reason` and `o->place`.
 */
enum offer_verdict offer_judge(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s, const char *dialled, const struct conf_caps *caps,
    struct str body) MUST_CHECK;

/* Stands for what we would offer to the partner: another value is a reason to negotiate anew. */
uint64_t offer_signature(const struct generation *g, const struct partner *p);

#endif
