/* SPDX-License-Identifier: MIT */
/*
 * roster.h - the association of each partner in force, by name.
 *
 * An association is older and younger than any generation: a partner that is in the next one keeps
 * the one that it has, a partner that is gone loses it, and one that comes back with a rollback
 * gets back what it had.  What the store knows from before the start is given to whoever comes
 * first under that name.  Control thread only.
 */
#ifndef SEPP_ROSTER_H
#define SEPP_ROSTER_H

#include "base/base.h"
#include "base/map.h"
#include "sepp/generation.h"
#include "sepp/lineage.h"
#include "sepp/store.h"

struct roster {
	struct map live;     /* name -> association, a reference each */
	struct store *store; /* borrowed; NULL: nothing is kept */
};

void roster_init(struct roster *r);
void roster_release(struct roster *r);

/*
 * From now on what happens to associations is kept in `store`; those that there are become what it
 * knows of them.  Once, before any worker runs.  NULL: no more.
 */
void roster_keep(
    struct roster *r, struct store *store, const struct generation *now, int64_t now_s);

/*
 * Gives each partner of `next`, which is about to be put in force, its association.  No worker may
 * be using `next`.
 */
void roster_enlist(
    struct roster *r, const struct lineage *l, struct generation *next, int64_t now_s);

/* Forgets who is not in `now`, which is in force. */
void roster_trim(struct roster *r, const struct generation *now);

#endif
