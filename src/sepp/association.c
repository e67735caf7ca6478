/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "sepp/association.h"

enum {
	MINUTES = 60,
	BUCKET_ONE = 60000, /* so that a millisecond gives back a whole number */
};

/* Requests, or mistakes, in each of the last sixty minutes. */
struct minutes {
	int64_t minute; /* of the newest slot */
	unsigned counts[MINUTES];
};

/* A bucket of a minute's worth; `debt` is what was taken out of it, BUCKET_ONE for each. */
struct bucket {
	msec at;
	uint64_t debt;
};

struct association {
	atomic_uint refs;
	pthread_mutex_t lock; /* guards all below */
	enum assoc_state state;
	struct agreement agreement;
	int64_t since_s;
	char reason[256];
	int64_t failed_s;
	char failure[256];
	uint64_t attempts, failures;
	char previous_fingerprint[65];
	unsigned connections;
	struct minutes minutes, strikes;
	size_t n_flags;
	char flags[ASSOC_FLAGS_MAX][ASSOC_FLAG_MAX + 1];
	struct bucket bucket;
	char name[];
};

static const struct {
	const char *name;
	bool is_open;
} states[] = {
#define X(id, text, open) [ASSOC_##id] = { text, open },
	ASSOC_TABLE(X)
#undef X
};

struct association *assoc_new(const char *name, int64_t now_s)
{
	size_t n = strlen(name) + 1;
	struct association *a = mem_alloc(sizeof(*a) + n);

	a->refs = 1;
	pthread_mutex_init(&a->lock, NULL);
	a->since_s = now_s;
	memcpy(a->name, name, n);
	return a;
}

struct association *assoc_ref(struct association *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

void assoc_unref(struct association *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&a->lock);
	mem_free(a);
}

const char *assoc_name(const struct association *a)
{
	return a->name;
}

/* Moves the window so that its newest slot is the minute of `now_s`. */
static void turn_minutes(struct minutes *m, int64_t now_s)
{
	int64_t now = now_s / 60, steps = now - m->minute;

	if (steps <= 0)
		return;
	if (steps > MINUTES)
		steps = MINUTES;
	for (int64_t i = 0; i < steps; i++)
		m->counts[(now - i) % MINUTES] = 0;
	m->minute = now;
}

static unsigned in_the_last_hour(const struct minutes *m)
{
	unsigned sum = 0;

	for (size_t i = 0; i < MINUTES; i++)
		sum += m->counts[i];
	return sum;
}

void assoc_read(struct association *a, int64_t now_s, struct assoc_view *out)
{
	pthread_mutex_lock(&a->lock);
	turn_minutes(&a->minutes, now_s);
	turn_minutes(&a->strikes, now_s);
	out->state = a->state;
	out->agreement = a->agreement;
	out->since_s = a->since_s;
	memcpy(out->reason, a->reason, sizeof(out->reason));
	out->failed_s = a->failed_s;
	memcpy(out->failure, a->failure, sizeof(out->failure));
	out->attempts = a->attempts;
	out->failures = a->failures;
	memcpy(
	    out->previous_fingerprint, a->previous_fingerprint, sizeof(out->previous_fingerprint));
	out->connections = a->connections;
	out->handshakes_minute = a->minutes.counts[a->minutes.minute % MINUTES];
	out->handshakes_hour = in_the_last_hour(&a->minutes);
	out->strikes = in_the_last_hour(&a->strikes);
	out->n_flags = a->n_flags;
	memcpy(out->flags, a->flags, a->n_flags * sizeof(a->flags[0]));
	pthread_mutex_unlock(&a->lock);
}

/* Takes one out; false when the bucket of `per_minute` is empty. */
static bool take(struct bucket *b, msec now, unsigned per_minute, unsigned *retry_s)
{
	uint64_t back = now > b->at ? (now - b->at) * per_minute : 0;

	if (back > 0) {
		b->debt = back > b->debt ? 0 : b->debt - back;
		b->at = now;
	}
	if (b->debt + BUCKET_ONE > (uint64_t)per_minute * BUCKET_ONE) {
		*retry_s = 1 + 60 / per_minute;
		return false;
	}
	b->debt += BUCKET_ONE;
	return true;
}

bool assoc_admit(
    struct association *a, msec now, int64_t now_s, unsigned per_minute, unsigned *retry_s)
{
	bool ok = true;

	*retry_s = 0;
	pthread_mutex_lock(&a->lock);
	turn_minutes(&a->minutes, now_s);
	a->minutes.counts[a->minutes.minute % MINUTES]++;
	if (per_minute > 0)
		ok = take(&a->bucket, now, per_minute, retry_s);
	pthread_mutex_unlock(&a->lock);
	return ok;
}

void assoc_strike(struct association *a, int64_t now_s)
{
	pthread_mutex_lock(&a->lock);
	turn_minutes(&a->strikes, now_s);
	a->strikes.counts[a->strikes.minute % MINUTES]++;
	pthread_mutex_unlock(&a->lock);
}

static void enter(struct association *a, enum assoc_state state, int64_t now_s, const char *reason)
{
	if (a->state != state)
		a->since_s = now_s;
	a->state = state;
	str_copy(a->reason, sizeof(a->reason), str_of(reason));
}

bool assoc_agree(struct association *a, const struct agreement *agreement)
{
	enum assoc_state state =
	    agreement->cap == N32_CAP_PRINS ? ASSOC_AGREED_PRINS : ASSOC_AGREED_TLS;
	bool changed;

	pthread_mutex_lock(&a->lock);
	a->attempts++;
	if (a->state == ASSOC_DISABLED) { /* while it was negotiated */
		pthread_mutex_unlock(&a->lock);
		return false;
	}
	changed = a->state != state;
	if (a->agreement.fingerprint[0] &&
	    strcmp(a->agreement.fingerprint, agreement->fingerprint) != 0)
		memcpy(a->previous_fingerprint, a->agreement.fingerprint,
		    sizeof(a->previous_fingerprint));
	a->agreement = *agreement;
	enter(a, state, agreement->at_s, "");
	pthread_mutex_unlock(&a->lock);
	return changed;
}

void assoc_fail(struct association *a, int64_t now_s, bool refuses, const char *reason)
{
	pthread_mutex_lock(&a->lock);
	a->attempts++;
	a->failures++;
	a->failed_s = now_s;
	str_copy(a->failure, sizeof(a->failure), str_of(reason));
	if (refuses && a->state != ASSOC_DISABLED)
		enter(a, ASSOC_REFUSED, now_s, reason);
	pthread_mutex_unlock(&a->lock);
}

bool assoc_terminate(struct association *a, int64_t now_s)
{
	bool ok;

	pthread_mutex_lock(&a->lock);
	ok = a->state == ASSOC_AGREED_TLS && (a->agreement.features & N32_FEATURE_NFTLST);
	if (ok)
		enter(a, ASSOC_TERMINATED, now_s, "ended by the peer");
	pthread_mutex_unlock(&a->lock);
	return ok;
}

void assoc_set_enabled(struct association *a, int64_t now_s, bool enabled)
{
	pthread_mutex_lock(&a->lock);
	if (!enabled)
		enter(a, ASSOC_DISABLED, now_s, "disabled by configuration");
	else if (a->state == ASSOC_DISABLED)
		enter(a, ASSOC_IDLE, now_s, "enabled again");
	pthread_mutex_unlock(&a->lock);
}

static bool is_flag_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n >= 1 && n <= ASSOC_FLAG_MAX && name[n] == '\0';
}

static size_t find_flag(const struct association *a, const char *name)
{
	size_t i = 0;

	while (i < a->n_flags && strcmp(a->flags[i], name) != 0)
		i++;
	return i;
}

/* Under the lock. */
static int set_flag(struct association *a, const char *name, bool on, bool *changed, struct err *e)
{
	size_t i = find_flag(a, name);
	bool was_on = i < a->n_flags;

	*changed = was_on != on;
	if (was_on && !on) {
		memmove(a->flags[i], a->flags[i + 1], (--a->n_flags - i) * sizeof(a->flags[0]));
	} else if (!was_on && on) {
		if (a->n_flags == ASSOC_FLAGS_MAX)
			return err_set(e, ERR_LIMIT,
			    "'%s' has %d flags already, switch one of them off first", a->name,
			    ASSOC_FLAGS_MAX);
		str_copy(a->flags[a->n_flags++], sizeof(a->flags[0]), str_of(name));
	}
	return 0;
}

int assoc_set_flag(struct association *a, const char *name, bool on, bool *changed, struct err *e)
{
	char text[80];
	int rc;

	if (!is_flag_name(name))
		return err_set(e, ERR_RANGE,
		    "'%s' is no name of a flag: write 1 to %d of a-z, 0-9, '_' and '-'",
		    str_escape(text, sizeof(text), str_of(name)), ASSOC_FLAG_MAX);
	pthread_mutex_lock(&a->lock);
	rc = set_flag(a, name, on, changed, e);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

bool assoc_connect(struct association *a, unsigned max)
{
	bool ok;

	pthread_mutex_lock(&a->lock);
	ok = max == 0 || a->connections < max;
	if (ok)
		a->connections++;
	pthread_mutex_unlock(&a->lock);
	return ok;
}

void assoc_disconnect(struct association *a)
{
	pthread_mutex_lock(&a->lock);
	ensure(a->connections > 0);
	a->connections--;
	pthread_mutex_unlock(&a->lock);
}

const char *assoc_state_name(enum assoc_state state)
{
	return states[state].name;
}

bool assoc_is_agreed(const struct assoc_view *v)
{
	return states[v->state].is_open;
}

enum n32_cap assoc_established(const struct assoc_view *v)
{
	return assoc_is_agreed(v) || v->state == ASSOC_REFUSED ? v->agreement.cap : N32_CAP_UNKNOWN;
}
