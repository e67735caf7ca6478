/* SPDX-License-Identifier: MIT */
/*
 * retention.h - which connections to keep while PRINS is in force: asks retain_connection, and does
 * what it says (TS 29.573 5.2.2: with PRINS the SEPPs may maintain connections in which each is
 * client towards the other).
 *
 * Only where PRINS is in force is a policy asked at all; anything else ends the connection, in the
 * callers.  A policy that fails releases.
 */
#ifndef SEPP_RETENTION_H
#define SEPP_RETENTION_H

#include "sepp/decide.h"
#include "sepp/link.h"

/* The buffers of one question; for worker.retention. */
struct decision *retention_new(void);
void retention_free(struct decision *d);

/*
 * Asks about an open connection.  True: it is kept on the terms of the answer, and our own
 * connection towards the peer is opened if that asks for it.  False: the caller ends it.
 */
bool retention_keeps(struct worker *w, const struct generation *g, struct session *s,
    enum script_event event) MUST_CHECK;

/* PRINS was selected on it once more: asks again only where the last answer is too old, or is that
 * of another generation. */
bool retention_stays(struct worker *w, const struct generation *g, struct session *s) MUST_CHECK;

/* A kept connection was lost: whether the policy wants another one.  Called while it ends. */
bool retention_wants_back(
    struct worker *w, const struct generation *g, struct session *s) MUST_CHECK;

/* Asks about each kept connection of the partner and ends those that are released.  Between turns.
 */
void retention_review(struct worker *w, struct link *link, enum script_event event);

/* Was there another certificate in the agreement before?  Says so and, where PRINS is in force now,
 * has the kept connections reviewed. */
void retention_certify(struct worker *w, const char *partner, const struct agreement *before,
    const struct agreement *now);

/*
 * Anything but PRINS was agreed on: its contexts with the partner end and, if there were any or if
 * there `may_be` others, so do the connections that were kept for it (TS 29.573 5.2.2).
 */
void retention_leave_prins(struct worker *w, struct association *a, int64_t now_s, bool may_be);

/* Ends the kept connections of the partner: PRINS is no longer in force.  Between turns. */
void retention_let_go(struct link *link);

/*
 * The partner's limit of connections is reached: asks LIMIT about its idle kept
 * connections here, oldest first, until one is released and ends.  False: none was.
 */
bool retention_makes_room(struct worker *w, struct link *link);

/*
 * Another generation is in force: asks POLICY_CHANGED about each kept connection, and ends the
 * released ones if `apply`.  Adds to how many were asked about, and were released or would be.
 */
void retention_follow(struct worker *w, bool apply, unsigned *asked, unsigned *released);

#endif
