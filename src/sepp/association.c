/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rates.h"
#include "base/str.h"
#include "sepp/association.h"

struct association {
	atomic_uint refs;
	atomic_bool is_marked;
	assoc_changed_fn *changed; /* NULL: nobody is told */
	void *changed_arg;
	pthread_mutex_t lock;  /* guards all below */
	struct assoc_record r; /* what survives; its contexts are those that there are */
	enum assoc_way latest;
	uint64_t agreed, begun;
	bool is_under_way, has_doubt;
	size_t n_lost;
	struct assoc_context lost[ASSOC_CONTEXTS_MAX];
	unsigned connections;
	struct rates_hour requests, strikes;
	struct rates_bucket bucket, reports;
};

/* --- life */

struct association *assoc_new(const char *name, int64_t now_s)
{
	struct association *a = mem_alloc(sizeof(*a));

	a->refs = 1;
	pthread_mutex_init(&a->lock, NULL);
	(void)str_copy(a->r.name, sizeof(a->r.name), str_of(name)); /* CONF_NAME_MAX fits */
	a->r.ways[ASSOC_IN].since_s = a->r.ways[ASSOC_OUT].since_s = now_s;
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
	return a->r.name;
}

void assoc_on_change(struct association *a, assoc_changed_fn *fn, void *arg)
{
	a->changed = fn;
	a->changed_arg = arg;
}

bool assoc_mark(struct association *a)
{
	return !atomic_exchange(&a->is_marked, true);
}

void assoc_unmark(struct association *a)
{
	atomic_store(&a->is_marked, false);
}

static void lock(struct association *a)
{
	pthread_mutex_lock(&a->lock);
}

static void unlock(struct association *a)
{
	pthread_mutex_unlock(&a->lock);
}

static void unlock_changed(struct association *a)
{
	unlock(a);
	if (a->changed)
		a->changed(a->changed_arg, a);
}

static void unlock_changed_if(struct association *a, bool changed)
{
	if (changed)
		unlock_changed(a);
	else
		unlock(a);
}

/* --- states; under the lock */

/* What a failed attempt leaves in force. */
static enum machine_state settled(const struct association *a)
{
	if (a->r.agreement.cap == N32_CAP_TLS)
		return MACHINE_AGREED_TLS;
	if (a->r.agreement.cap != N32_CAP_PRINS)
		return MACHINE_IDLE;
	return a->r.n_contexts > 0 ? MACHINE_ESTABLISHED : MACHINE_AGREED_PRINS;
}

/* Returns whether the state is another one. */
static bool happen(struct association *a, enum assoc_way way, enum machine_event event,
    const struct assoc_said *said)
{
	struct assoc_way_view *w = &a->r.ways[way];
	enum machine_state next = machine_next(w->state, event, settled(a));
	bool changed = next != w->state;

	if (next == MACHINE_DISABLED && !changed)
		return false;
	if (changed) {
		w->since_s = said->now_s;
		a->latest = way;
	}
	w->state = next;
	w->next_s = said->next_s;
	(void)str_copy(w->reason, sizeof(w->reason), str_of(said->reason)); /* cut is fine */
	(void)str_copy(w->place, sizeof(w->place), str_of(said->place));
	return changed;
}

/* For both directions; `first` is whose it is, and last, so that it counts as the latest. */
static bool happen_both(struct association *a, enum assoc_way first, enum machine_event event,
    const struct assoc_said *said)
{
	struct assoc_said other = *said;
	bool changed;

	other.next_s = 0;
	changed = happen(a, first == ASSOC_IN ? ASSOC_OUT : ASSOC_IN, event, &other);
	return happen(a, first, event, said) || changed;
}

static bool is_open(const struct association *a, enum assoc_way way)
{
	return machine_is_open(a->r.ways[way].state);
}

/* --- over a restart */

void assoc_save(struct association *a, struct assoc_record *out)
{
	lock(a);
	*out = a->r;
	if (a->has_doubt)
		out->ways[ASSOC_OUT].state =
		    machine_next(a->r.ways[ASSOC_OUT].state, MACHINE_ON_RESOLVE, settled(a));
	unlock(a);
}

/* What a state becomes when whoever was at it is gone. */
static enum machine_state after_restart(const struct association *a, enum machine_state state)
{
	switch (state) {
	case MACHINE_RENEGOTIATING:
	case MACHINE_EXCHANGING_PARAMS:
	case MACHINE_ESTABLISHED:
		return settled(a);
	case MACHINE_RESOLVING:
	case MACHINE_CONNECTING:
	case MACHINE_NEGOTIATING:
	case MACHINE_BACKING_OFF:
		return MACHINE_IDLE;
	case MACHINE_TERMINATING:
		return MACHINE_TERMINATED;
	default:
		return state;
	}
}

void assoc_restore(struct association *a, const struct assoc_record *r)
{
	char name[sizeof(a->r.name)];

	lock(a);
	memcpy(name, a->r.name, sizeof(name));
	a->r = *r;
	memcpy(a->r.name, name, sizeof(name));
	a->n_lost = r->n_contexts;
	memcpy(a->lost, r->contexts, sizeof(a->lost));
	a->r.n_contexts = 0;
	a->has_doubt = machine_is_busy(r->ways[ASSOC_OUT].state);
	for (int way = 0; way < ASSOC_WAYS; way++) {
		a->r.ways[way].state = after_restart(a, a->r.ways[way].state);
		a->r.ways[way].next_s = 0;
	}
	if (r->ways[ASSOC_OUT].since_s > r->ways[ASSOC_IN].since_s)
		a->latest = ASSOC_OUT;
	unlock(a);
}

size_t assoc_take_lost(struct association *a, struct assoc_context out[ASSOC_CONTEXTS_MAX])
{
	size_t n;

	lock(a);
	n = a->n_lost;
	memcpy(out, a->lost, sizeof(a->lost));
	a->n_lost = 0;
	unlock(a);
	return n;
}

void assoc_doubt(struct association *a)
{
	lock(a);
	a->has_doubt = true;
	unlock_changed(a);
}

bool assoc_take_doubt(struct association *a)
{
	bool had;

	lock(a);
	had = a->has_doubt;
	a->has_doubt = false;
	unlock(a);
	return had;
}

/* --- asking */

void assoc_read(struct association *a, int64_t now_s, struct assoc_view *out)
{
	lock(a);
	rates_turn(&a->requests, now_s);
	rates_turn(&a->strikes, now_s);
	memcpy(out->ways, a->r.ways, sizeof(out->ways));
	out->latest = a->latest;
	out->agreement = a->r.agreement;
	out->failed_s = a->r.failed_s;
	memcpy(out->failure, a->r.failure, sizeof(out->failure));
	out->agreed = a->agreed;
	out->attempts = a->r.attempts;
	out->begun = a->begun;
	out->is_under_way = a->is_under_way;
	out->failures = a->r.failures;
	out->errors_in = a->r.errors_in;
	out->errors_out = a->r.errors_out;
	memcpy(out->previous_fingerprint, a->r.previous_fingerprint,
	    sizeof(out->previous_fingerprint));
	out->connections = a->connections;
	out->handshakes_minute = rates_minute(&a->requests);
	out->handshakes_hour = rates_hour(&a->requests);
	out->strikes = rates_hour(&a->strikes);
	out->n_contexts = a->r.n_contexts;
	memcpy(out->contexts, a->r.contexts, sizeof(out->contexts));
	out->n_flags = a->r.n_flags;
	memcpy(out->flags, a->r.flags, a->r.n_flags * sizeof(a->r.flags[0]));
	unlock(a);
}

enum n32_cap assoc_in_force(struct association *a)
{
	enum n32_cap cap;

	lock(a);
	cap = is_open(a, ASSOC_IN) ? a->r.agreement.cap : N32_CAP_UNKNOWN;
	unlock(a);
	return cap;
}

enum machine_state assoc_state(const struct assoc_view *v)
{
	return v->ways[v->latest].state;
}

bool assoc_is_agreed(const struct assoc_view *v)
{
	return machine_is_open(v->ways[ASSOC_IN].state);
}

enum n32_cap assoc_established(const struct assoc_view *v)
{
	return assoc_is_agreed(v) || v->ways[ASSOC_IN].state == MACHINE_REFUSED ||
		       v->ways[ASSOC_OUT].state == MACHINE_REFUSED
		   ? v->agreement.cap
		   : N32_CAP_UNKNOWN;
}

/* --- what happens */

bool assoc_admit(
    struct association *a, msec now, int64_t now_s, unsigned per_minute, unsigned *retry_s)
{
	bool ok = true;

	*retry_s = 0;
	lock(a);
	rates_count(&a->requests, now_s);
	if (per_minute > 0)
		ok = rates_take(&a->bucket, now, per_minute, retry_s);
	unlock(a);
	return ok;
}

bool assoc_admit_report(struct association *a, msec now, unsigned per_minute, unsigned *retry_s)
{
	bool ok = true;

	*retry_s = 0;
	lock(a);
	if (per_minute > 0)
		ok = rates_take(&a->reports, now, per_minute, retry_s);
	unlock(a);
	return ok;
}

void assoc_strike(struct association *a, int64_t now_s)
{
	lock(a);
	rates_count(&a->strikes, now_s);
	unlock(a);
}

bool assoc_agree(struct association *a, const struct agreement *agreement, const char *place)
{
	struct assoc_said said = { .now_s = agreement->at_s, .place = place };
	struct agreement *now = &a->r.agreement;
	bool is_prins = agreement->cap == N32_CAP_PRINS, changed;

	lock(a);
	a->r.attempts++;
	if (a->r.ways[agreement->way].state == MACHINE_DISABLED) { /* while it was negotiated */
		unlock_changed(a);
		return false;
	}
	changed = !is_open(a, agreement->way) || now->cap != agreement->cap;
	if (now->fingerprint[0] && strcmp(now->fingerprint, agreement->fingerprint) != 0)
		memcpy(
		    a->r.previous_fingerprint, now->fingerprint, sizeof(a->r.previous_fingerprint));
	*now = *agreement;
	a->agreed++;
	(void)happen_both(
	    a, agreement->way, is_prins ? MACHINE_ON_AGREE_PRINS : MACHINE_ON_AGREE_TLS, &said);
	if (is_prins && a->r.n_contexts > 0)
		(void)happen_both(a, agreement->way, MACHINE_ON_CONTEXT, &said);
	unlock_changed(a);
	return changed;
}

void assoc_fail(struct association *a, enum assoc_way way, enum machine_event event,
    const struct assoc_said *said)
{
	enum assoc_way other = way == ASSOC_IN ? ASSOC_OUT : ASSOC_IN;
	bool suspends = event == MACHINE_ON_REFUSE || event == MACHINE_ON_UNTRUSTED;

	lock(a);
	a->r.attempts++;
	a->r.failures++;
	a->r.failed_s = said->now_s;
	(void)str_copy(a->r.failure, sizeof(a->r.failure), str_of(said->reason)); /* cut is fine */
	if (suspends && is_open(a, other))
		(void)happen(a, other, event, said);
	if (suspends || way == ASSOC_OUT)
		(void)happen(a, way, event, said);
	unlock_changed(a);
}

void assoc_begin(struct association *a, const struct assoc_said *said)
{
	lock(a);
	a->begun++;
	a->is_under_way = true;
	(void)happen(a, ASSOC_OUT, MACHINE_ON_RESOLVE, said);
	unlock(a);
}

void assoc_finish(struct association *a)
{
	lock(a);
	a->is_under_way = false;
	unlock(a);
}

void assoc_step(struct association *a, enum machine_event event, const struct assoc_said *said)
{
	lock(a);
	(void)happen(a, ASSOC_OUT, event, said);
	unlock(a);
}

void assoc_plan(struct association *a, int64_t next_s)
{
	lock(a);
	a->r.ways[ASSOC_OUT].next_s = next_s;
	unlock(a);
}

bool assoc_end(struct association *a, enum machine_event event, const struct assoc_said *said)
{
	bool changed;

	lock(a);
	if (event == MACHINE_ON_END && is_open(a, ASSOC_OUT)) {
		unlock(a); /* what was agreed on meanwhile is another relation */
		return false;
	}
	changed = happen_both(a, ASSOC_OUT, event, said);
	unlock_changed(a); /* the reason is another one in any case */
	return changed;
}

bool assoc_terminate(struct association *a, int64_t now_s)
{
	const struct assoc_said said = { .now_s = now_s, .reason = "ended by the peer" };
	bool ok;

	lock(a);
	ok = is_open(a, ASSOC_IN) && a->r.agreement.cap == N32_CAP_TLS &&
	     (a->r.agreement.features & N32_FEATURE_NFTLST);
	if (ok) {
		(void)happen(a, ASSOC_OUT, MACHINE_ON_LEFT, &said);
		(void)happen(a, ASSOC_IN, MACHINE_ON_END, &said);
	}
	unlock_changed_if(a, ok);
	return ok;
}

/* Unlike other events it leaves a state that it does not change, and its reason, alone. */
static void happen_to_contexts(
    struct association *a, enum machine_event event, const struct assoc_said *said)
{
	for (int i = 0; i < ASSOC_WAYS; i++) {
		const enum assoc_way way = (enum assoc_way)i;
		const struct assoc_way_view *w = &a->r.ways[way];
		struct assoc_said kept = *said;

		kept.next_s = w->next_s;
		if (machine_next(w->state, event, settled(a)) != w->state)
			(void)happen(a, way, event, &kept);
	}
}

void assoc_set_contexts(
    struct association *a, const struct assoc_context *contexts, size_t n, int64_t now_s)
{
	struct assoc_said said = { .now_s = now_s };

	if (n > ASSOC_CONTEXTS_MAX)
		n = ASSOC_CONTEXTS_MAX;
	lock(a);
	memcpy(a->r.contexts, contexts, n * sizeof(*contexts));
	a->r.n_contexts = n;
	if (n == 0)
		said.reason = "there is no N32-f context any more";
	happen_to_contexts(a, n > 0 ? MACHINE_ON_CONTEXT : MACHINE_ON_NO_CONTEXT, &said);
	unlock_changed(a);
}

void assoc_count_report(struct association *a, enum assoc_way way)
{
	lock(a);
	if (way == ASSOC_IN)
		a->r.errors_in++;
	else
		a->r.errors_out++;
	unlock_changed(a);
}

void assoc_set_enabled(struct association *a, int64_t now_s, bool enabled)
{
	const struct assoc_said on = { .now_s = now_s, .reason = "enabled again" };
	const struct assoc_said off = { .now_s = now_s, .reason = "disabled by configuration" };
	bool was_enabled;

	lock(a);
	was_enabled = a->r.ways[ASSOC_IN].state != MACHINE_DISABLED;
	if (was_enabled && !enabled)
		(void)happen_both(a, ASSOC_IN, MACHINE_ON_DISABLE, &off);
	else if (!was_enabled && enabled)
		(void)happen_both(a, ASSOC_IN, MACHINE_ON_ENABLE, &on);
	unlock_changed_if(a, was_enabled != enabled);
}

static bool is_flag_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n >= 1 && n <= ASSOC_FLAG_MAX && name[n] == '\0';
}

static size_t find_flag(const struct assoc_record *r, const char *name)
{
	size_t i = 0;

	while (i < r->n_flags && strcmp(r->flags[i], name) != 0)
		i++;
	return i;
}

/* Under the lock. */
static int set_flag(struct assoc_record *r, const char *name, bool on, bool *changed, struct err *e)
{
	size_t i = find_flag(r, name);
	bool was_on = i < r->n_flags;

	*changed = was_on != on;
	if (was_on && !on) {
		memmove(r->flags[i], r->flags[i + 1], (--r->n_flags - i) * sizeof(r->flags[0]));
	} else if (!was_on && on) {
		if (r->n_flags == ASSOC_FLAGS_MAX)
			return err_set(e, ERR_LIMIT,
			    "'%s' has %d flags already, switch one of them off first", r->name,
			    ASSOC_FLAGS_MAX);
		str_copy(r->flags[r->n_flags++], sizeof(r->flags[0]), str_of(name));
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
	lock(a);
	rc = set_flag(&a->r, name, on, changed, e);
	unlock_changed_if(a, rc == 0 && *changed);
	return rc;
}

bool assoc_connect(struct association *a, unsigned max)
{
	bool ok;

	lock(a);
	ok = max == 0 || a->connections < max;
	if (ok)
		a->connections++;
	unlock(a);
	return ok;
}

void assoc_disconnect(struct association *a)
{
	lock(a);
	ensure(a->connections > 0);
	a->connections--;
	unlock(a);
}
