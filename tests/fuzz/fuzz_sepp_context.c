/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of what happens to N32-f contexts, of three partners of which two have one name, and
 * beside it a list that does the same without an index: each answer is that of the list, each
 * partner is told which contexts it has, and no nonce is given twice.
 */
#include "base/base.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "bytes.h"
#include "sepp/context.h"

enum {
	PARTNERS = 3,
	MODELS = PARTNERS * CONTEXT_ROLES,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A context, as it should be. */
struct model {
	bool is_there;
	unsigned age; /* the higher, the newer */
	char own[CONTEXT_ID_MAX], peer[CONTEXT_ID_MAX];
	msec expires;
	uint64_t reports[ASSOC_WAYS], sequence[N32_MESSAGES];
	bool has_policy;
	size_t n_providers;
};

static struct {
	struct contexts *c;
	struct association *partners[PARTNERS];
	struct model models[PARTNERS][CONTEXT_ROLES];
	unsigned age;
	msec now;
} run;

/* --- the list */

static struct model *model_at(size_t i)
{
	return &run.models[i / CONTEXT_ROLES][i % CONTEXT_ROLES];
}

static size_t place_of(const struct model *m)
{
	return (size_t)(m - &run.models[0][0]);
}

static struct model *model_own(const char *id)
{
	for (size_t i = 0; i < MODELS; i++) {
		if (model_at(i)->is_there && n32_context_id_eq(model_at(i)->own, id))
			return model_at(i);
	}
	return NULL;
}

static struct model *model_newest(unsigned partner, const char *peer)
{
	struct model *best = NULL;

	for (int role = 0; role < CONTEXT_ROLES; role++) {
		struct model *m = &run.models[partner][role];

		if (m->is_there && (!peer || n32_context_id_eq(m->peer, peer)) &&
		    (!best || m->age > best->age))
			best = m;
	}
	return best;
}

static struct model *model_find(unsigned partner, const char *id)
{
	struct model *m = model_own(id);

	if (m && place_of(m) / CONTEXT_ROLES == partner)
		return m;
	return model_newest(partner, id);
}

static size_t model_count(unsigned partner)
{
	size_t n = 0;

	for (int role = 0; role < CONTEXT_ROLES; role++)
		n += run.models[partner][role].is_there;
	return n;
}

/* --- ids, few enough to meet again */

static char *pick_id(struct bytes *b, char out[CONTEXT_ID_MAX])
{
	unsigned n = bytes_pick(b, 24);

	memset(out, "0123456789abABcd"[n % 16], CONTEXT_ID_MAX - 1);
	out[CONTEXT_ID_MAX - 1] = '\0';
	if (n >= 16)
		out[3] = n % 2 ? 'E' : 'e';
	return out;
}

/* Also what is no id at all. */
static char *pick_any(struct bytes *b, char out[40])
{
	if (bytes_pick(b, 8) > 0)
		return pick_id(b, out);
	return bytes_text(b, out, 40);
}

static void check_seen(const struct model *m, bool found, const struct context_view *v)
{
	ensure(found == (m != NULL));
	if (!found)
		return;
	ensure(strcmp(v->own, m->own) == 0 && strcmp(v->peer, m->peer) == 0);
	ensure(v->role == (enum context_role)(place_of(m) % CONTEXT_ROLES));
	ensure(strcmp(v->partner, assoc_name(run.partners[place_of(m) / CONTEXT_ROLES])) == 0);
	ensure(v->reports_in == m->reports[ASSOC_IN] && v->reports_out == m->reports[ASSOC_OUT]);
	ensure(memcmp(v->sequence, m->sequence, sizeof(v->sequence)) == 0);
	ensure(v->has_policy == m->has_policy && v->n_providers == m->n_providers);
}

/* --- what happens */

static void add(struct bytes *b)
{
	static const unsigned char master[N32_MASTER_BYTES] = { 1, 2, 3 };
	unsigned partner = bytes_pick(b, PARTNERS);
	struct context_start start = { .association = run.partners[partner],
		.role = (enum context_role)bytes_pick(b, CONTEXT_ROLES),
		.jwe = bytes_pick(b, 2) ? N32_JWE_A256GCM : N32_JWE_A128GCM,
		.jws = N32_JWS_ES256,
		.which = (enum n32_key_context)bytes_pick(b, 3),
		.master = master,
		.now = run.now,
		.now_s = 1700000000,
		.validity = 1 + bytes_take(b) };
	struct model *m = &run.models[partner][start.role];
	struct err e = { 0 };
	bool is_taken;
	size_t ended = 7;
	int rc;

	if (bytes_pick(b, 4))
		pick_id(b, start.own);
	else
		ensure(!model_own(contexts_new_id(run.c, start.own)));
	pick_id(b, start.peer);
	is_taken = model_own(start.own) != NULL;
	rc = contexts_add(run.c, &start, &ended, &e);
	ensure(rc == (is_taken ? ERR_BUSY : 0) && ended == (is_taken ? 0 : m->is_there));
	if (rc)
		return;
	*m = (struct model){
		.is_there = true, .age = ++run.age, .expires = run.now + start.validity
	};
	memcpy(m->own, start.own, sizeof(m->own));
	memcpy(m->peer, start.peer, sizeof(m->peer));
}

static void find(struct bytes *b)
{
	unsigned partner = bytes_pick(b, PARTNERS);
	struct association *a = run.partners[partner];
	struct context_view v;
	char id[40];

	pick_any(b, id);
	check_seen(model_find(partner, id), contexts_find(run.c, a, id, &v), &v);
	check_seen(model_own(id), contexts_find_own(run.c, id, &v), &v);
	check_seen(model_newest(partner, NULL), contexts_newest(run.c, a, &v), &v);
}

static void end(struct bytes *b)
{
	unsigned partner = bytes_pick(b, PARTNERS);
	struct model *m;
	struct context_view v;
	char id[40];

	pick_any(b, id);
	m = model_find(partner, id);
	check_seen(m, contexts_end(run.c, run.partners[partner], id, 1700000001, &v), &v);
	if (m)
		m->is_there = false;
}

static void end_all(struct bytes *b)
{
	unsigned partner = bytes_pick(b, PARTNERS);

	ensure(contexts_end_all(run.c, run.partners[partner], 1700000002) == model_count(partner));
	for (int role = 0; role < CONTEXT_ROLES; role++)
		run.models[partner][role].is_there = false;
}

static void expire(struct bytes *b)
{
	size_t n = 0;

	run.now += bytes_take(b);
	for (size_t i = 0; i < MODELS; i++) {
		struct model *m = model_at(i);

		n += m->is_there && m->expires <= run.now;
		m->is_there = m->is_there && m->expires > run.now;
	}
	ensure(contexts_expire(run.c, run.now, 1700000003) == n);
}

static void report(struct bytes *b)
{
	unsigned partner = bytes_pick(b, PARTNERS);
	enum assoc_way way = (enum assoc_way)bytes_pick(b, ASSOC_WAYS);
	struct model *m;
	char id[40];

	pick_any(b, id);
	m = model_find(partner, id);
	if (m)
		m->reports[way]++;
	ensure(contexts_count_report(run.c, run.partners[partner], id, way) ==
	       (m ? m->reports[way] : 0));
}

static void nonce(struct bytes *b)
{
	enum n32_message message = (enum n32_message)bytes_pick(b, N32_MESSAGES);
	unsigned char out[CONTEXT_NONCE_LEN];
	struct model *m;
	char id[40];
	bool ours, ok;

	pick_any(b, id);
	m = model_own(id);
	/* TS 33.501 13.2.4.4.1: of the two ends of a message one draws nonces */
	ours = message == N32_PARALLEL_REQUEST || message == N32_REVERSE_RESPONSE;
	if (m && place_of(m) % CONTEXT_ROLES == CONTEXT_RESPONDER)
		ours = !ours;
	ok = contexts_take_nonce(run.c, id, message, out);
	ensure(ok == (m && ours));
	if (!ok)
		return;
	ensure(out[10] == 0 && out[11] == (m->sequence[message] & 0xff));
	m->sequence[message]++;
}

static void keep(struct bytes *b)
{
	static struct n32_policy policy;
	static struct n32_providers providers;
	bool is_policy = bytes_pick(b, 2);
	struct model *m;
	char id[40];

	if (policy.json.max == 0) {
		n32_policy_init(&policy);
		n32_providers_init(&providers);
	}
	pick_any(b, id);
	m = model_own(id);
	if (bytes_pick(b, 2)) {
		ensure(contexts_copy_policy(run.c, id, &policy) == (m && m->has_policy));
		ensure(contexts_copy_providers(run.c, id, &providers) == (m && m->n_providers));
		return;
	}
	n32_policy_reset(&policy);
	n32_providers_reset(&providers);
	ensure(buf_addf(is_policy ? &policy.json : &providers.json, "[%s]", id) == 0);
	providers.n = 1;
	if (is_policy)
		ensure(contexts_set_policy(run.c, id, &policy, true) == (m != NULL));
	else
		ensure(contexts_set_providers(run.c, id, &providers) == (m != NULL));
	if (m && is_policy)
		m->has_policy = true;
	else if (m)
		m->n_providers = 1;
}

/* --- what holds */

struct seen {
	size_t n;
	char last[64];
};

static void on_each(void *arg, const struct context_view *v)
{
	struct seen *s = arg;

	ensure(strcmp(s->last, v->partner) <= 0);
	memcpy(s->last, v->partner, sizeof(s->last));
	ensure(model_own(v->own));
	s->n++;
}

static void check_all(void)
{
	struct seen seen = { 0 };
	struct assoc_view v;
	size_t n = 0;

	for (unsigned i = 0; i < PARTNERS; i++) {
		const struct model *newest = model_newest(i, NULL);

		assoc_read(run.partners[i], 1700000000, &v);
		ensure(v.n_contexts == model_count(i));
		ensure(!newest || strcmp(v.contexts[0].own, newest->own) == 0);
		n += model_count(i);
	}
	ensure(contexts_each(run.c, on_each, &seen) == n && seen.n == n);
}

static void happen(struct bytes *b)
{
	static void (*const all[])(
	    struct bytes * b) = { add, add, add, find, end, end_all, expire, report, nonce, keep };

	all[bytes_pick(b, ARRAY_LEN(all))](b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[PARTNERS] = { "beta", "alpha", "beta" };
	struct bytes b = { data, size };

	memset(&run, 0, sizeof(run));
	run.now = 1000;
	run.c = contexts_new();
	for (unsigned i = 0; i < PARTNERS; i++)
		run.partners[i] = assoc_new(names[i], 1700000000);
	while (b.n > 0) {
		happen(&b);
		check_all();
	}
	contexts_free(run.c);
	for (unsigned i = 0; i < PARTNERS; i++)
		assoc_unref(run.partners[i]);
	return 0;
}
