/* SPDX-License-Identifier: MIT */
/*
 * association.h - what was agreed with one partner, and how it went (TS 29.573 5.2.2).
 *
 * One for each configured partner, shared by all workers, and older and younger than any policy
 * generation: a reload does not touch an agreement.  The result of a negotiation is valid for both
 * directions.  Made by the control thread from configuration only, so nothing that an unknown peer
 * sends can create one.
 *
 * Everything is read by copy and written in one step, under a lock that is held for assignments
 * only.
 */
#ifndef SEPP_ASSOCIATION_H
#define SEPP_ASSOCIATION_H

#include "base/base.h"
#include "n32/types.h"

struct association;
struct err;

enum {
	ASSOC_FLAGS_MAX = 16,
	ASSOC_FLAG_MAX = 32, /* characters of a name */
};

/* state, name, whether N32-f signalling is allowed in it */
/* clang-format off */
#define ASSOC_TABLE(X)                      \
	X(IDLE, "idle", false)              \
	X(AGREED_TLS, "agreed_tls", true)   \
	X(AGREED_PRINS, "agreed_prins", true) \
	X(REFUSED, "refused", false)        \
	X(TERMINATED, "terminated", false)  \
	X(DISABLED, "disabled", false)
/* clang-format on */

enum assoc_state {
#define X(name, text, open) ASSOC_##name,
	ASSOC_TABLE(X)
#undef X
	ASSOC_STATES
};

/* What one successful negotiation settled. */
struct agreement {
	enum n32_cap cap;          /* TLS or PRINS */
	bool target_api_root;      /* both sides: the header may be used on N32-f */
	uint64_t features;         /* common ones */
	uint32_t purposes;         /* bit set of enum n32_purpose; 0 = all configured (F-22) */
	struct n32_fqdn n32f_fqdn; /* "" = same as N32-c */
	uint16_t n32f_port;        /* 0 = the same */
	char fingerprint[65];      /* of the certificate that it was made with */
	int64_t at_s;
};

struct assoc_view {
	enum assoc_state state;
	struct agreement agreement;  /* the last one; in force in the AGREED states */
	int64_t since_s;             /* of the state */
	char reason[256];            /* why the state is what it is */
	int64_t failed_s;            /* the last negotiation that was not answered 200; 0 = none */
	char failure[256];           /* and why */
	uint64_t attempts, failures; /* negotiations asked for; not answered 200 */
	char previous_fingerprint[65];
	unsigned connections;
	unsigned handshakes_minute, handshakes_hour;
	unsigned strikes; /* mistakes of the peer in the last hour */
	size_t n_flags;
	char flags[ASSOC_FLAGS_MAX][ASSOC_FLAG_MAX + 1]; /* in the order they were set */
};

/* One reference, owned by the caller. */
struct association *assoc_new(const char *name, int64_t now_s);
struct association *assoc_ref(struct association *a);

/* NULL is allowed. */
void assoc_unref(struct association *a);

/* Borrowed. */
const char *assoc_name(const struct association *a);

void assoc_read(struct association *a, int64_t now_s, struct assoc_view *out);

/*
 * One more request for a negotiation at `now`.  False when the partner passed `per_minute` (0: no
 * limit); then `*retry_s` says when the next one is welcome.
 */
bool assoc_admit(struct association *a, msec now, int64_t now_s, unsigned per_minute,
    unsigned *retry_s) MUST_CHECK;

/* The peer made a mistake: a malformed request, one that the floor refuses, one over the limit. */
void assoc_strike(struct association *a, int64_t now_s);

/* A negotiation was answered 200.  Returns whether the state or the mechanism changed. */
bool assoc_agree(struct association *a, const struct agreement *agreement);

/* It was not.  `refuses` suspends the agreement, as a 403 does (n32.md A.10). */
void assoc_fail(struct association *a, int64_t now_s, bool refuses, const char *reason);

/* The peer ended the relation with NONE.  False if there was nothing to end or NFTLST was not
 * agreed. */
bool assoc_terminate(struct association *a, int64_t now_s) MUST_CHECK;

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

const char *assoc_state_name(enum assoc_state state);

/* Whether the agreement of a view is in force. */
bool assoc_is_agreed(const struct assoc_view *v);

/*
 * What the partner is bound to: the mechanism agreed on, also while a refusal suspends it, so that
 * a policy which guards against a downgrade is not disarmed by its own refusal.  UNKNOWN: none.
 */
enum n32_cap assoc_established(const struct assoc_view *v);

#endif
