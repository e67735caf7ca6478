/* SPDX-License-Identifier: MIT */
/*
 * gateway.h - the whole: workers, the generation in force, the associations; start, reload, end.
 *
 * Everything here is called from the control thread.
 */
#ifndef SEPP_GATEWAY_H
#define SEPP_GATEWAY_H

#include "base/base.h"
#include "net/addr.h"
#include "net/loop.h"
#include "sepp/crew.h"
#include "sepp/generation.h"
#include "sepp/lineage.h"
#include "sepp/state.h"
#include "sepp/store.h"

struct err;
struct gateway;

/* How the process has locked itself in; whoever did so tells it. */
struct gateway_jail {
	bool is_on; /* false: nothing of it was tried */
	bool seccomp;
	int landlock; /* the version of its ABI; 0 = it is not in force */
	bool has_no_capabilities;
	bool is_bounded; /* none could be gained either: the bounding set is empty */
	char why[512];   /* what is missing; "" = nothing */
};

/* How it is started. */
struct gateway_conf {
	const char *path;          /* the operator's directory */
	const char *keylog;        /* file for the secrets of TLS sessions, which is refused unless
				    * gateway.lua has lab = true; NULL: none.  Borrowed. */
	const struct state *state; /* borrowed; NULL: nothing is kept over a restart */
	bool last_good;            /* a directory that is refused is replaced by what was kept */
};

/* What is kept over a restart. */
struct gateway_kept {
	const char *directory; /* NULL: nothing; borrowed */
	uint64_t generation;   /* the last that was written; 0 = none */
	int64_t written_s;
	uint64_t failures; /* to write one */
	const char *error; /* "" = it is on the disk; otherwise it is tried again; borrowed */
};

struct gateway_status {
	int64_t started_s, now_s;
	msec uptime;                       /* whatever the wall clock did since */
	const char *directory;             /* that reloads read; borrowed */
	const struct generation *in_force; /* borrowed until the next activation */
	size_t n_workers;
	struct crew_sums sums;
	uint64_t reloads, reloads_failed, rollbacks;
	int64_t last_reload_s;  /* 0 = never */
	const char *last_error; /* "" = the last one succeeded; borrowed until the next reload */
	const char *last_stage; /* in which it failed; static */
	const char *fallback;   /* why the directory was refused at start; "" = it was not, or a
				 * reload has succeeded since.  Borrowed. */
	struct gateway_kept kept;
	int64_t certificate_not_after_s;
	uint64_t memory_bytes; /* resident, a moment ago */
	const char *refused; /* whose new connections are, since memory is short; NULL: nobody's */
	bool is_draining;
	bool is_tls_fallback;
	uint64_t renewals; /* of revocation lists */
	size_t n_lists_refused;
	const char *list_error; /* of one of those; "" = there is none; borrowed */
	struct journal_status journal;
	struct store_status store;
	const struct gateway_jail *jail; /* borrowed */
	bool is_lab;                     /* gateway.lua has lab = true */
	const char *keylog;              /* where the secrets of TLS sessions go; NULL: nowhere */
};

/* What a reload or a rollback did. */
struct gateway_change {
	uint64_t generation;
	char digest[65];
	size_t n_partners;
	const char *stage;        /* of a reload: what failed, or what was done last; static */
	bool is_applied;          /* what was released has ended */
	bool is_asked;            /* all workers have asked about their kept connections: */
	unsigned asked, released; /* how many, and of those: released, or they would be */
};

/* Reads the directory, opens the listeners, makes the workers; nothing is served yet. */
struct gateway *gateway_new(
    const struct gateway_conf *conf, struct loop *control, struct err *e) MUST_CHECK;

/* Copies what the status will say of the jail. */
void gateway_set_jail(struct gateway *g, const struct gateway_jail *jail);

/* Starts the workers. */
int gateway_start(struct gateway *g, struct err *e) MUST_CHECK;

/* All workers must have ended.  NULL is allowed. */
void gateway_free(struct gateway *g);

/* The addresses that are listened on, with actual ports.  Borrowed. */
const struct addr *gateway_listeners(const struct gateway *g, size_t *n);

/*
 * Replaces configuration, partners, policies and certificates by what the directory holds now.  On
 * failure nothing changes and `e` says file, line and reason.  `why` is who asked for it: "reload",
 * "SIGHUP"; NULL only tries.  The new policies are asked about every kept connection
 * (POLICY_CHANGED); with `apply`, those that they release end.
 */
int gateway_reload(struct gateway *g, const char *why, bool apply, struct gateway_change *change,
    struct err *e) MUST_CHECK;

/*
 * Puts an older generation in force again, which is still there: 0 is the one before the present
 * one.  On failure nothing changes and `e` says which ones there are.
 */
int gateway_rollback(
    struct gateway *g, uint64_t number, struct gateway_change *change, struct err *e) MUST_CHECK;

/* Sets the journal of decisions aside and begins another file. */
void gateway_rotate_journal(struct gateway *g);

/*
 * Switches a flag of a partner on or off; see assoc_set_flag().  Fills `e` also when there is no
 * such partner.
 */
int gateway_set_flag(
    struct gateway *g, const char *partner, const char *flag, bool on, struct err *e) MUST_CHECK;

/*
 * Asks the partner's home worker, which does it soon: NEGOTIATE, CONNECT, END.  Fills `e` when
 * there is no such partner, or it is disabled.
 */
int gateway_wish(
    struct gateway *g, enum wish_kind kind, const char *partner, struct err *e) MUST_CHECK;

/* Ends one N32-f context by our id for it, and tells the peer.  `partner`, of 64 bytes, is whose it
 * was. */
int gateway_end_context(
    struct gateway *g, const char *id, char partner[64], struct err *e) MUST_CHECK;

/* Reports an error of that type in the message `message_id` to the partner; `context` is ours or
 * the peer's id of a live one, or "" for the newest. */
int gateway_report(struct gateway *g, const char *partner, const char *type, const char *message_id,
    const char *context, struct err *e) MUST_CHECK;

/* The N32-f contexts.  Borrowed. */
struct contexts *gateway_contexts(const struct gateway *g);

/* A partner of the generation in force by its name, borrowed; or NULL with `e` filled. */
struct partner *gateway_find_partner(const struct gateway *g, const char *name, struct err *e);

/* Ends: no new connections, what is in flight is finished; `on_end` is called in the control
 * thread. */
void gateway_drain(struct gateway *g, void (*on_end)(void *arg), void *arg);

void gateway_status(const struct gateway *g, struct gateway_status *out);

/* The generation in force.  Borrowed until the next activation. */
struct generation *gateway_current(const struct gateway *g);

/* What can be rolled back to.  Borrowed. */
const struct lineage *gateway_lineage(const struct gateway *g);

#endif
