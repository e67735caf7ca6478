/* SPDX-License-Identifier: MIT */
/*
 * lineage.h - the generations of one gateway: which is in force, which can come back, and when one
 * may be freed.
 *
 * One thread, the keeper, owns it and calls everything but lineage_follow().  Followers (the
 * workers, or any threads) read commons_current() for one turn and no longer; after each switch
 * every follower is told, and calls lineage_follow() between two turns.
 *
 * The keeper does not switch before all have followed the last switch.  So followers use the
 * generation in force and the one before it at most, and once all have followed, the one in force
 * alone: any other may then be changed, brought back or freed without a lock.
 */
#ifndef SEPP_LINEAGE_H
#define SEPP_LINEAGE_H

#include "base/base.h"
#include "sepp/commons.h"
#include "sepp/generation.h"

struct err;
struct lineage;

enum {
	LINEAGE_KEPT = 4 /* the one in force among them */
};

/* Tells follower `i` of `n` that there is something to follow.  In the keeper's thread. */
typedef void lineage_tell_fn(void *arg, size_t i);

/* Borrows `commons`; there must be `n_followers` from the second activation on. */
struct lineage *lineage_new(
    struct commons *commons, size_t n_followers, lineage_tell_fn *tell, void *arg);

/* Frees all generations.  The followers must have ended.  NULL is allowed. */
void lineage_free(struct lineage *l);

/* Numbers up to `highest` are taken: by generations before the process was started. */
void lineage_reserve(struct lineage *l, uint64_t highest);

/*
 * Waits until the last switch is followed, two seconds at most: ERR_BUSY.  Has to succeed before
 * lineage_activate(), and before a kept generation is changed.
 */
int lineage_await(struct lineage *l, struct err *e) MUST_CHECK;

/*
 * Puts `g` in force with one store.  A new one gets the next number, unless it has one, and is
 * taken; the one whose activation is the longest ago is freed when that makes too many.  A kept one
 * keeps its number.  Copies `why`.
 */
void lineage_activate(struct lineage *l, struct generation *g, const char *why, int64_t now_s);

/*
 * The same for a new one in place of the one in force, which nobody can roll back to any more: the
 * history that operators made stays.
 */
void lineage_supersede(struct lineage *l, struct generation *g, const char *why, int64_t now_s);

/*
 * In the thread of follower `i`, between two turns, once for each time that it was told.  From here
 * on it uses the generation in force.
 */
void lineage_follow(struct lineage *l, size_t i);

/* Those there are: in force, the one before it, and so on by activation.  NULL beyond the last.
 * Borrowed until the next activation. */
struct generation *lineage_kept(const struct lineage *l, size_t i);
size_t lineage_count(const struct lineage *l);

/* Whether a kept one: for `g` that may be new. */
bool lineage_has(const struct lineage *l, const struct generation *g);

/* The highest number that was given. */
uint64_t lineage_highest(const struct lineage *l);

/*
 * The one that a rollback to `number` means; 0 is the one that was in force before the present one.
 * Returns NULL and fills `e` with the reason and the numbers that there are.
 */
struct generation *lineage_choose(
    const struct lineage *l, uint64_t number, struct err *e) MUST_CHECK;

#endif
