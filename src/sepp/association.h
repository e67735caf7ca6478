/* SPDX-License-Identifier: MIT */
/*
 * association.h - what was agreed with one partner, and how it went (TS 29.573 5.2.2).
 *
 * One for each configured partner, shared by all workers, and older and younger than any policy
 * generation: a reload does not touch an agreement.  Made by the control thread from configuration
 * only, so nothing that an unknown peer sends can create one.
 *
 * There is one agreement, whoever asked for it: it is valid for both directions.  Each direction
 * has a state of its own (machine.h), with since when, why, which line of a policy decided, and
 * when the next attempt is due; either both let N32-f signalling through, or neither does.
 *
 * Everything is read by copy and written in one step, under a lock that is held for assignments
 * only.
 */
#ifndef SEPP_ASSOCIATION_H
#define SEPP_ASSOCIATION_H

#include "base/base.h"
#include "sepp/agreement.h"

struct association;
struct err;

struct assoc_view {
	struct assoc_way_view ways[ASSOC_WAYS];
	enum assoc_way latest;          /* whose state changed last */
	struct agreement agreement;     /* the last one; in force while the states are open */
	int64_t failed_s;               /* the last negotiation that failed; 0 = none */
	char failure[ASSOC_REASON_MAX]; /* and why */
	uint64_t agreed;                /* agreements since the start */
	uint64_t attempts, failures;    /* negotiations asked for; not answered 200 */
	uint64_t begun;                 /* attempts of ours since the start, */
	bool is_under_way;              /* of which the last is not over */
	uint64_t errors_in, errors_out; /* N32-f error reports */
	char previous_fingerprint[65];
	unsigned connections;
	unsigned handshakes_minute, handshakes_hour;
	unsigned strikes; /* mistakes of the peer in the last hour */
	size_t n_contexts;
	struct assoc_context contexts[ASSOC_CONTEXTS_MAX];
	size_t n_flags;
	char flags[ASSOC_FLAGS_MAX][ASSOC_FLAG_MAX + 1]; /* in the order they were set */
};

/* What is said with an event. */
struct assoc_said {
	int64_t now_s;
	const char *reason; /* NULL = "" */
	const char *place;  /* of the policy; NULL = none decided */
	int64_t next_s;     /* of the next attempt; 0 = none */
};

/* Called by the thread that changed what survives a restart, without the lock. */
typedef void assoc_changed_fn(void *arg, struct association *a);

/* --- life */

/* One reference, owned by the caller. */
struct association *assoc_new(const char *name, int64_t now_s);
struct association *assoc_ref(struct association *a);

/* NULL is allowed. */
void assoc_unref(struct association *a);

/* Borrowed. */
const char *assoc_name(const struct association *a);

/* Before any other thread knows `a`: who is told of changes.  Borrows `arg` for its life. */
void assoc_on_change(struct association *a, assoc_changed_fn *fn, void *arg);

/* What survives a restart; and back.  No context survives: the ids of those that there were are
 * left for assoc_take_lost(), and what was under way is over. */
void assoc_save(struct association *a, struct assoc_record *out);
void assoc_restore(struct association *a, const struct assoc_record *r);

/* The contexts that a restart lost, once.  Returns how many. */
size_t assoc_take_lost(struct association *a, struct assoc_context out[ASSOC_CONTEXTS_MAX]);

/* The process ends while something of ours is under way: what the peer makes of it is not known.
 * It is saved as a negotiation that goes on. */
void assoc_doubt(struct association *a);

/* Whether what was restored was saved like that, once. */
bool assoc_take_doubt(struct association *a) MUST_CHECK;

/* For whoever writes it down: true if it was not marked before. */
bool assoc_mark(struct association *a) MUST_CHECK;
void assoc_unmark(struct association *a);

/* --- asking */

void assoc_read(struct association *a, int64_t now_s, struct assoc_view *out);

/* The mechanism of the agreement that is in force; UNKNOWN: none is. */
enum n32_cap assoc_in_force(struct association *a);

/* The state that changed last. */
enum machine_state assoc_state(const struct assoc_view *v);

/* Whether the agreement of a view is in force. */
bool assoc_is_agreed(const struct assoc_view *v);

/*
 * What the partner is bound to: the mechanism agreed on, also while a refusal suspends it, so that
 * a policy which guards against a downgrade is not disarmed by its own refusal.  UNKNOWN: none.
 */
enum n32_cap assoc_established(const struct assoc_view *v);

/* --- what happens */

/*
 * One more request for a negotiation at `now`.  False when the partner passed `per_minute` (0: no
 * limit); then `*retry_s` says when the next one is welcome.
 */
bool assoc_admit(struct association *a, msec now, int64_t now_s, unsigned per_minute,
    unsigned *retry_s) MUST_CHECK;

/* The same for N32-f error reports that are received. */
bool assoc_admit_report(
    struct association *a, msec now, unsigned per_minute, unsigned *retry_s) MUST_CHECK;

/* The peer made a mistake: a malformed request, one that the floor refuses, one over the limit. */
void assoc_strike(struct association *a, int64_t now_s);

/*
 * A negotiation was answered 200.  Returns whether the mechanism that is in force changed.  A
 * disabled partner stays what it is.
 */
bool assoc_agree(struct association *a, const struct agreement *agreement, const char *place);

/*
 * One failed: `event` is FAIL, WRONG, REFUSE or UNTRUSTED.  The last two suspend the agreement
 * (n32.md A.10); FAIL changes nothing in the direction IN.
 */
void assoc_fail(struct association *a, enum assoc_way way, enum machine_event event,
    const struct assoc_said *said);

/* An attempt of ours begins: RESOLVE. */
void assoc_begin(struct association *a, const struct assoc_said *said);

/* It is over; what came of it was said before. */
void assoc_finish(struct association *a);

/* We are a step further: RESOLVE, CONNECT, NEGOTIATE, PARAMS; FAIL ends what counts as no
 * negotiation. */
void assoc_step(struct association *a, enum machine_event event, const struct assoc_said *said);

/* When the next attempt of ours is due; 0 = none is planned. */
void assoc_plan(struct association *a, int64_t next_s);

/* The relation is about to end, TERMINATE, or has ended, END, and with it any attempt at one. False
 * if nothing changed, or if another one was agreed on between the two. */
bool assoc_end(struct association *a, enum machine_event event, const struct assoc_said *said);

/* The peer ended the relation with NONE; what we may try ourselves is not affected.  False if there
 * was nothing to end or NFTLST was not agreed. */
bool assoc_terminate(struct association *a, int64_t now_s) MUST_CHECK;

/* The N32-f contexts that there are, newest first; more than fit are counted only. */
void assoc_set_contexts(
    struct association *a, const struct assoc_context *contexts, size_t n, int64_t now_s);

/* One more N32-f error report. */
void assoc_count_report(struct association *a, enum assoc_way way);

/* The operator enabled or disabled the partner. */
void assoc_set_enabled(struct association *a, int64_t now_s, bool enabled);

/*
 * Switches a flag of the operator on or off, for policies to read; it lasts as long as the
 * association.  Fills `e` and returns ERR_RANGE for a name that is not [a-z0-9_-]{1,32}, ERR_LIMIT
 * for one too many.  `*changed` is whether it was different before.
 */
int assoc_set_flag(
    struct association *a, const char *name, bool on, bool *changed, struct err *e) MUST_CHECK;

/* Counts a connection in, unless that passes `max` (0: no limit). */
bool assoc_connect(struct association *a, unsigned max) MUST_CHECK;
void assoc_disconnect(struct association *a);

#endif
