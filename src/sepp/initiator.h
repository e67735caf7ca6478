/* SPDX-License-Identifier: MIT */
/*
 * initiator.h - what we begin ourselves: negotiations with a partner, connections of our own
 * towards it, and what is sent on them (TS 29.573 5.2.2 to 5.2.5; n32.md A.5, A.9, A.10).
 *
 * Each partner has a home worker, where its initiator lives; others ask it with wishes (wish.h). An
 * attempt goes through resolving, connecting, negotiating and, with PRINS, the exchange of
 * parameters, each with its deadline; what fails is tried again after a random time below a bound
 * that doubles (full jitter).  What was agreed is negotiated anew before it is too old, and when
 * our offer changes.
 *
 *   attempt   one negotiation with all that follows from it
 *   errand    a notice to the peer: a context has ended, a message was in error, the relation ends
 */
#ifndef SEPP_INITIATOR_H
#define SEPP_INITIATOR_H

#include "sepp/link.h"

struct initiators;

/* The initiators of one worker.  Borrows `w`. */
struct initiators *initiators_new(struct worker *w);

/* Its thread has ended, and all connections are gone.  NULL is allowed. */
void initiators_free(struct initiators *all);

/* Follows the generation in force: takes up who is new, lets go who is gone, negotiates anew where
 * our offer is another.  In the worker's thread, between turns; also as the first call. */
void initiators_follow(struct worker *w);

/* Begins nothing any more. */
void initiators_stop(struct worker *w);

/* Of struct worker_duties. */
void initiators_on_wish(struct worker *w, const struct wish *wish);

/* From the handler of connections: a kept connection of the partner was lost, and another one is
 * wanted. */
void initiators_want_back(struct worker *w, const char *partner);

#endif
