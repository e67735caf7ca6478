/* SPDX-License-Identifier: MIT */
/*
 * context.h - the N32-f contexts of the gateway (TS 33.501 13.2.2.4; n32.md A.9, B.4, B.5).
 *
 * One is made by an exchange of parameters, holds the keys of both directions, and ends by
 * n32f-terminate, by an error that makes it useless, by age, or when a newer one of the same
 * partner and role takes its place.  Shared by all workers: every call is one step under a lock,
 * and what is looked at is a copy without keys.  Keys are in locked memory where the system allows
 * it, are wiped when a context ends, and are never written anywhere.
 *
 * The association of the partner is told of each change (assoc_set_contexts) before the call that
 * made it returns, under the lock, so that it is told in order.  Whoever hears of it from the
 * association (assoc_on_change) may therefore not call back.
 */
#ifndef SEPP_CONTEXT_H
#define SEPP_CONTEXT_H

#include "base/base.h"
#include "base/str.h"
#include "n32/keys.h"
#include "n32/prins.h"
#include "sepp/association.h"

struct contexts;
struct err;

enum {
	CONTEXT_ID_MAX = 17, /* 16 hexadecimal digits and a NUL */
	CONTEXT_NONCE_LEN = 12,
};

/* Who began the exchange of parameters: that decides which keys are "parallel". */
enum context_role {
	CONTEXT_INITIATOR, /* we */
	CONTEXT_RESPONDER, /* the peer */
	CONTEXT_ROLES      /* and as many contexts has a partner at most */
};

/* What a context is made of. */
struct context_start {
	struct association *association; /* borrowed; a reference is held while it has contexts */
	enum context_role role;
	char own[CONTEXT_ID_MAX], peer[CONTEXT_ID_MAX]; /* each digit as exchanged */
	enum n32_jwe jwe;
	enum n32_jws jws;
	enum n32_key_context which;  /* id in the derivation */
	const unsigned char *master; /* N32_MASTER_BYTES; borrowed */
	msec now;
	int64_t now_s;
	msec validity;   /* how long it may be used */
	uint64_t agreed; /* agreements with the partner so far: which of them it is for */
};

/* What can be seen of one. */
struct context_view {
	char partner[64];
	enum context_role role;
	char own[CONTEXT_ID_MAX], peer[CONTEXT_ID_MAX];
	enum n32_jwe jwe;
	enum n32_jws jws;
	int64_t created_s, expires_s;
	uint64_t sequence[N32_MESSAGES]; /* nonces taken so far */
	uint64_t reports_in, reports_out;
	bool has_policy;     /* the peer's protection policy is known */
	bool policy_differs; /* ... and is not ours */
	size_t n_providers;  /* the peer named security information of these */
	struct n32_fqdn providers[N32_PROVIDERS_MAX];
	char check[N32_CHECK_MAX]; /* stands for the keys (n32_keys_check) */
};

struct contexts *contexts_new(void);

/* Wipes and frees all.  The associations are not told: what they save names the contexts that there
 * were.  NULL is allowed. */
void contexts_free(struct contexts *c);

/* A random id that no live context of ours has.  Returns `out`; cannot fail. */
char *contexts_new_id(struct contexts *c, char out[CONTEXT_ID_MAX]);

/*
 * Derives the keys and adds the context; the one of the same partner and role ends: `*ended` (may
 * be NULL) says how many did.  Changes nothing and returns a negative code when the keys cannot be
 * derived; ERR_BUSY when another one has the id `own`.
 */
int contexts_add(
    struct contexts *c, const struct context_start *start, size_t *ended, struct err *e) MUST_CHECK;

/* Keeps what the peer said in a later step of the exchange about the context `own`; false if it has
 * ended.  Copies. */
bool contexts_set_policy(
    struct contexts *c, const char *own, const struct n32_policy *policy, bool differs);
bool contexts_set_providers(
    struct contexts *c, const char *own, const struct n32_providers *providers);

/* What was kept, into `out`, which is initialised; false if there is no such context, or nothing
 * was. */
bool contexts_copy_policy(struct contexts *c, const char *own, struct n32_policy *out) MUST_CHECK;
bool contexts_copy_providers(
    struct contexts *c, const char *own, struct n32_providers *out) MUST_CHECK;

/*
 * The live context of the partner whose id is `id`: ours, or else the peer's; case does not matter
 * (n32.md A.9).  `out` may be NULL.  False if there is none, whoever else may have one with that
 * id.
 */
bool contexts_find(struct contexts *c, const struct association *a, const char *id,
    struct context_view *out) MUST_CHECK;

/* The newest live context of the partner; false if there is none. */
bool contexts_newest(
    struct contexts *c, const struct association *a, struct context_view *out) MUST_CHECK;

/* By our own id, whoever's it is; for operators. */
bool contexts_find_own(struct contexts *c, const char *own, struct context_view *out) MUST_CHECK;

/* Ends the one with that id as in contexts_find(); false if there is none.  `now_s` is for the
 * association.  `out`, what it was, may be NULL. */
bool contexts_end(struct contexts *c, struct association *a, const char *id, int64_t now_s,
    struct context_view *out);

/*
 * Ends the one of that role if it is for an agreement before the `agreed`th; false if there is none
 * such.  `out` as above.
 */
bool contexts_end_older(struct contexts *c, struct association *a, enum context_role role,
    uint64_t agreed, int64_t now_s, struct context_view *out);

/* Ends all of a partner.  Returns how many. */
size_t contexts_end_all(struct contexts *c, struct association *a, int64_t now_s);

/* Ends those that are too old; until then nobody else does.  Returns how many. */
size_t contexts_expire(struct contexts *c, msec now, int64_t now_s);

/* Counts an error report about a context of the partner.  Returns how many of that direction there
 * were about it, this one included; 0 if there is no such context. */
uint64_t contexts_count_report(
    struct contexts *c, const struct association *a, const char *id, enum assoc_way way);

/*
 * The nonce (salt and big-endian sequence number) for the next message of that kind: each is given
 * once.  False if there is no such context, if such messages are the peer's, or if the counter is
 * used up (2^32), which ends its use for that direction (n32.md B.5, PRI-18).
 */
bool contexts_take_nonce(struct contexts *c, const char *own, enum n32_message message,
    unsigned char out[CONTEXT_NONCE_LEN]) MUST_CHECK;

/* How many there are. */
size_t contexts_count(struct contexts *c);

/* Each one, by name of the partner, the newest first; `fn` may not call back.  Returns how many. */
size_t contexts_each(
    struct contexts *c, void (*fn)(void *arg, const struct context_view *v), void *arg);

#endif
