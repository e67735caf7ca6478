/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "sepp/context_int.h"

enum {
	ID_BYTES = (CONTEXT_ID_MAX - 1) / 2,
};

/* What this end sends (n32.md B.5); the rest is the peer's. */
static const bool sends[CONTEXT_ROLES][N32_MESSAGES] = {
	[CONTEXT_INITIATOR] = { [N32_PARALLEL_REQUEST] = true, [N32_REVERSE_RESPONSE] = true },
	[CONTEXT_RESPONDER] = { [N32_PARALLEL_RESPONSE] = true, [N32_REVERSE_REQUEST] = true },
};

/*
 * Order of locks: that of the contexts, then that of an association, then whatever its listener
 * takes (assoc_on_change), which is called with the first still held.  An association that was
 * told after the lock was let go could be told last what was true first.
 */
static void lock(struct contexts *c)
{
	pthread_mutex_lock(&c->lock);
}

static void unlock(struct contexts *c)
{
	pthread_mutex_unlock(&c->lock);
}

/* --- owners; under the lock, as all down to the next line like this one */

static int compare(const struct association *a, const struct association *b)
{
	const int order = strcmp(assoc_name(a), assoc_name(b));

	return order ? order : ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

/* The number of owners that are before `a`. */
static size_t place_of(const struct contexts *c, const struct association *a)
{
	size_t low = 0, high = c->n_owners;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare(c->owners[middle]->association, a) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct owner *find_owner(const struct contexts *c, const struct association *a)
{
	const size_t at = place_of(c, a);

	return at < c->n_owners && c->owners[at]->association == a ? c->owners[at] : NULL;
}

static struct owner *add_owner(struct contexts *c, struct association *a)
{
	const size_t at = place_of(c, a);
	struct owner *o = mem_alloc(sizeof(*o));

	o->association = assoc_ref(a);
	c->owners = mem_resize(c->owners, (c->n_owners + 1) * sizeof(*c->owners));
	memmove(&c->owners[at + 1], &c->owners[at], (c->n_owners - at) * sizeof(*c->owners));
	c->owners[at] = o;
	c->n_owners++;
	return o;
}

static void drop_owner(struct contexts *c, struct owner *o)
{
	const size_t at = place_of(c, o->association);

	c->n_owners--;
	memmove(&c->owners[at], &c->owners[at + 1], (c->n_owners - at) * sizeof(*c->owners));
	assoc_unref(o->association);
	mem_free(o);
}

/* Tells the association what it has now, and forgets it if that is nothing. */
static void settle(struct contexts *c, struct owner *o, int64_t now_s)
{
	struct assoc_context ids[CONTEXT_ROLES];

	for (size_t i = 0; i < o->n; i++) {
		memcpy(ids[i].own, o->live[i]->own, sizeof(ids[i].own));
		memcpy(ids[i].peer, o->live[i]->peer, sizeof(ids[i].peer));
		ids[i].is_ours = o->live[i]->role == CONTEXT_INITIATOR;
	}
	assoc_set_contexts(o->association, ids, o->n, now_s);
	if (o->n == 0)
		drop_owner(c, o);
}

/* --- one context */

/* Empty, which is no key, when it is too long for an id. */
static struct str key_of(char out[CONTEXT_ID_MAX], const char *id)
{
	const size_t n = strlen(id);

	if (n >= CONTEXT_ID_MAX)
		return str_of("");
	for (size_t i = 0; i < n; i++)
		out[i] = str_lower(id[i]);
	return (struct str){ out, n };
}

static struct context *find_own(const struct contexts *c, const char *own)
{
	char key[CONTEXT_ID_MAX];

	return map_find(&c->by_own, key_of(key, own));
}

/* One of our ids goes before an equal one of the peer. */
static struct context *find(const struct contexts *c, const struct association *a, const char *id)
{
	const struct owner *o = find_owner(c, a);
	struct context *x = o ? find_own(c, id) : NULL;

	if (x && x->owner == o)
		return x;
	for (size_t i = 0; o && i < o->n; i++) {
		if (n32_context_id_eq(o->live[i]->peer, id))
			return o->live[i];
	}
	return NULL;
}

static struct context *make(const struct context_start *start)
{
	struct context *x = mem_alloc(sizeof(*x));

	ensure(strlen(start->own) == N32_CONTEXT_ID_LEN);
	ensure(strlen(start->peer) == N32_CONTEXT_ID_LEN);
	x->role = start->role;
	memcpy(x->own, start->own, sizeof(x->own));
	memcpy(x->peer, start->peer, sizeof(x->peer));
	x->jwe = start->jwe;
	x->jws = start->jws;
	n32_policy_init(&x->policy);
	n32_providers_init(&x->providers);
	x->expires = start->now + start->validity;
	x->agreed = start->agreed;
	x->created_s = start->now_s;
	x->expires_s = start->now_s + (int64_t)(start->validity / 1000);
	return x;
}

static void destroy(struct contexts *c, struct context *x)
{
	vault_give(&c->vault, x->keys);
	n32_policy_release(&x->policy);
	n32_providers_release(&x->providers);
	mem_free(x);
}

/* Without settle(). */
static void insert(struct contexts *c, struct owner *o, struct context *x)
{
	char key[CONTEXT_ID_MAX];

	ensure(o->n < CONTEXT_ROLES);
	memmove(&o->live[1], &o->live[0], o->n * sizeof(o->live[0]));
	o->live[0] = x;
	o->n++;
	x->owner = o;
	map_put(&c->by_own, key_of(key, x->own), x);
}

/* Without settle(). */
static void end(struct contexts *c, struct context *x)
{
	struct owner *o = x->owner;
	char key[CONTEXT_ID_MAX];
	size_t at = 0;

	while (o->live[at] != x)
		at++;
	o->n--;
	memmove(&o->live[at], &o->live[at + 1], (o->n - at) * sizeof(o->live[0]));
	(void)map_take(&c->by_own, key_of(key, x->own)); /* it is x */
	destroy(c, x);
}

/* There is one at most. */
static struct context *find_role(const struct owner *o, enum context_role role)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->live[i]->role == role)
			return o->live[i];
	}
	return NULL;
}

static void show(const struct context *x, struct context_view *out)
{
	*out = (struct context_view){
		.role = x->role,
		.jwe = x->jwe,
		.jws = x->jws,
		.created_s = x->created_s,
		.expires_s = x->expires_s,
		.reports_in = x->reports[ASSOC_IN],
		.reports_out = x->reports[ASSOC_OUT],
		.has_policy = x->has_policy,
		.policy_differs = x->policy_differs,
		.n_providers = x->providers.n,
	};
	(void)str_copy(
	    out->partner, sizeof(out->partner), str_of(assoc_name(x->owner->association)));
	memcpy(out->own, x->own, sizeof(out->own));
	memcpy(out->peer, x->peer, sizeof(out->peer));
	memcpy(out->check, x->check, sizeof(out->check));
	memcpy(out->sequence, x->sequence, sizeof(out->sequence));
	memcpy(out->providers, x->providers.ids, x->providers.n * sizeof(out->providers[0]));
}

/* Whether there is one; shows it. */
static bool show_any(const struct context *x, struct context_view *out)
{
	if (x && out)
		show(x, out);
	return x != NULL;
}

/* The same, and it ends, settled. */
static bool end_any(struct contexts *c, struct context *x, int64_t now_s, struct context_view *out)
{
	struct owner *o;

	if (!show_any(x, out))
		return false;
	o = x->owner;
	end(c, x);
	settle(c, o, now_s);
	return true;
}

/* --- making and ending the table */

struct contexts *contexts_new(void)
{
	struct contexts *c = mem_alloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	vault_init(&c->vault, sizeof(struct n32_keys));
	map_init(&c->by_own);
	return c;
}

void contexts_free(struct contexts *c)
{
	if (!c)
		return;
	while (c->n_owners > 0) {
		struct owner *o = c->owners[c->n_owners - 1];

		while (o->n > 0)
			end(c, o->live[0]);
		drop_owner(c, o);
	}
	mem_free(c->owners);
	map_release(&c->by_own);
	vault_release(&c->vault);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

/* --- making and ending one */

char *contexts_new_id(struct contexts *c, char out[CONTEXT_ID_MAX])
{
	static const unsigned char none[ID_BYTES];
	unsigned char bytes[ID_BYTES];
	bool is_taken;

	do {
		random_fill(bytes, sizeof(bytes));
		str_hex(out, bytes, sizeof(bytes));
		lock(c);
		is_taken = find_own(c, out) != NULL;
		unlock(c);
	} while (is_taken || memcmp(bytes, none, sizeof(none)) == 0);
	return out;
}

/* A place for keys, from the vault. */
static struct n32_keys *take_place(struct contexts *c)
{
	struct n32_keys *keys;
	bool says;

	lock(c);
	keys = vault_take(&c->vault);
	says = c->vault.weak.code && !c->has_said_weak;
	c->has_said_weak |= says;
	unlock(c);
	if (says) /* the reason does not change any more */
		log_warn(LOG_SEPP, "-",
		    "the keys of N32-f contexts are less protected than they could be: %s",
		    c->vault.weak.text);
	return keys;
}

static int derive(struct context *x, const struct context_start *start, struct err *e)
{
	const bool we_began = x->role == CONTEXT_INITIATOR;
	int rc = n32_keys_derive(x->keys, start->master, x->jwe, we_began ? x->own : x->peer,
	    we_began ? x->peer : x->own, start->which, e);

	if (rc == 0)
		n32_keys_check(x->keys, x->check);
	return rc;
}

int contexts_add(
    struct contexts *c, const struct context_start *start, size_t *ended, struct err *e)
{
	struct context *x = make(start), *older;
	struct owner *o;
	size_t n = 0;
	int rc;

	x->keys = take_place(c);
	rc = derive(x, start, e);
	lock(c);
	if (rc == 0 && find_own(c, x->own))
		rc = err_set(e, ERR_BUSY, "there is an N32-f context '%s' already", x->own);
	if (rc == 0) {
		o = find_owner(c, start->association);
		if (!o)
			o = add_owner(c, start->association);
		older = find_role(o, x->role);
		n = older != NULL;
		if (older)
			end(c, older);
		insert(c, o, x);
		settle(c, o, start->now_s);
	} else {
		destroy(c, x);
	}
	unlock(c);
	if (ended)
		*ended = n;
	return rc;
}

bool contexts_end(struct contexts *c, struct association *a, const char *id, int64_t now_s,
    struct context_view *out)
{
	bool found;

	lock(c);
	found = end_any(c, find(c, a, id), now_s, out);
	unlock(c);
	return found;
}

bool contexts_end_older(struct contexts *c, struct association *a, enum context_role role,
    uint64_t agreed, int64_t now_s, struct context_view *out)
{
	const struct owner *o;
	struct context *x;
	bool found;

	lock(c);
	o = find_owner(c, a);
	x = o ? find_role(o, role) : NULL;
	found = x && x->agreed < agreed && end_any(c, x, now_s, out);
	unlock(c);
	return found;
}

size_t contexts_end_all(struct contexts *c, struct association *a, int64_t now_s)
{
	struct owner *o;
	size_t n;

	lock(c);
	o = find_owner(c, a);
	n = o ? o->n : 0;
	while (o && o->n > 0)
		end(c, o->live[0]);
	if (o)
		settle(c, o, now_s);
	unlock(c);
	return n;
}

static size_t expire_owner(struct contexts *c, struct owner *o, msec now, int64_t now_s)
{
	size_t n = 0;

	for (size_t i = o->n; i-- > 0;) {
		if (o->live[i]->expires <= now) {
			end(c, o->live[i]);
			n++;
		}
	}
	if (n > 0)
		settle(c, o, now_s);
	return n;
}

size_t contexts_expire(struct contexts *c, msec now, int64_t now_s)
{
	size_t n = 0;

	lock(c);
	/* from behind, since owners that have none left go */
	for (size_t i = c->n_owners; i-- > 0;)
		n += expire_owner(c, c->owners[i], now, now_s);
	unlock(c);
	return n;
}

/* --- what the peer said.  Copied before, and freed after, the lock is held */

bool contexts_set_policy(
    struct contexts *c, const char *own, const struct n32_policy *policy, bool differs)
{
	struct n32_policy now, before;
	struct context *x;

	n32_policy_init(&now);
	n32_policy_copy(&now, policy);
	lock(c);
	x = find_own(c, own);
	before = x ? x->policy : now;
	if (x) {
		x->policy = now;
		x->has_policy = true;
		x->policy_differs = differs;
	}
	unlock(c);
	n32_policy_release(&before);
	return x != NULL;
}

bool contexts_set_providers(
    struct contexts *c, const char *own, const struct n32_providers *providers)
{
	struct n32_providers now, before;
	struct context *x;

	n32_providers_init(&now);
	n32_providers_copy(&now, providers);
	lock(c);
	x = find_own(c, own);
	before = x ? x->providers : now;
	if (x)
		x->providers = now;
	unlock(c);
	n32_providers_release(&before);
	return x != NULL;
}

bool contexts_copy_policy(struct contexts *c, const char *own, struct n32_policy *out)
{
	const struct context *x;
	bool found;

	lock(c);
	x = find_own(c, own);
	found = x && x->has_policy;
	if (found)
		n32_policy_copy(out, &x->policy);
	unlock(c);
	return found;
}

bool contexts_copy_providers(struct contexts *c, const char *own, struct n32_providers *out)
{
	const struct context *x;
	bool found;

	lock(c);
	x = find_own(c, own);
	found = x && x->providers.n > 0;
	if (found)
		n32_providers_copy(out, &x->providers);
	unlock(c);
	return found;
}

/* --- asking and using */

bool contexts_find(
    struct contexts *c, const struct association *a, const char *id, struct context_view *out)
{
	bool found;

	lock(c);
	found = show_any(find(c, a, id), out);
	unlock(c);
	return found;
}

bool contexts_newest(struct contexts *c, const struct association *a, struct context_view *out)
{
	const struct owner *o;
	bool found;

	lock(c);
	o = find_owner(c, a);
	found = show_any(o ? o->live[0] : NULL, out);
	unlock(c);
	return found;
}

bool contexts_find_own(struct contexts *c, const char *own, struct context_view *out)
{
	bool found;

	lock(c);
	found = show_any(find_own(c, own), out);
	unlock(c);
	return found;
}

uint64_t contexts_count_report(
    struct contexts *c, const struct association *a, const char *id, enum assoc_way way)
{
	struct context *x;
	uint64_t n;

	lock(c);
	x = find(c, a, id);
	n = x ? ++x->reports[way] : 0;
	unlock(c);
	return n;
}

bool contexts_take_nonce(struct contexts *c, const char *own, enum n32_message message,
    unsigned char out[CONTEXT_NONCE_LEN])
{
	struct context *x;
	bool ok;

	lock(c);
	x = find_own(c, own);
	ok = x && sends[x->role][message] && x->sequence[message] <= UINT32_MAX;
	if (ok) {
		const uint64_t seq = x->sequence[message]++;
		const size_t n = sizeof(x->keys->salt[message]);

		memcpy(out, x->keys->salt[message], n);
		for (size_t i = n; i < CONTEXT_NONCE_LEN; i++)
			out[i] = (unsigned char)(seq >> 8 * (CONTEXT_NONCE_LEN - 1 - i));
	}
	unlock(c);
	return ok;
}

size_t contexts_count(struct contexts *c)
{
	size_t n;

	lock(c);
	n = c->by_own.len;
	unlock(c);
	return n;
}

size_t contexts_each(
    struct contexts *c, void (*fn)(void *arg, const struct context_view *v), void *arg)
{
	struct context_view v;
	size_t n = 0;

	lock(c);
	for (size_t i = 0; i < c->n_owners; i++) {
		const struct owner *o = c->owners[i];

		for (size_t k = 0; k < o->n; k++, n++) {
			show(o->live[k], &v);
			fn(arg, &v);
		}
	}
	unlock(c);
	return n;
}
