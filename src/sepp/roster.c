/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "sepp/roster.h"

void roster_init(struct roster *r)
{
	map_init(&r->live);
	r->store = NULL;
}

static void empty(struct roster *r)
{
	struct association *a;
	size_t at = 0;

	while ((a = map_next(&r->live, &at)) != NULL)
		assoc_unref(a);
	map_release(&r->live);
}

void roster_release(struct roster *r)
{
	empty(r);
}

/* What the last generation that had the partner left. */
static struct association *find_kept(const struct lineage *l, const char *name)
{
	for (size_t i = 0; i < lineage_count(l); i++) {
		const struct partner *p = generation_named(lineage_kept(l, i), name);

		if (p && p->association)
			return p->association;
	}
	return NULL;
}

/* What was known of the partner before the start. */
static void recall(struct roster *r, struct association *a)
{
	struct assoc_record record;

	if (!r->store)
		return;
	if (store_take(r->store, assoc_name(a), &record))
		assoc_restore(a, &record);
	assoc_on_change(a, store_on_change, r->store);
}

void roster_keep(struct roster *r, struct store *store, const struct generation *now, int64_t now_s)
{
	r->store = store;
	for (size_t i = 0; store && i < now->n_partners; i++) {
		recall(r, now->partners[i]->association);
		assoc_set_enabled(
		    now->partners[i]->association, now_s, now->partners[i]->conf->enabled);
	}
}

/* The association of a partner that is not there now. */
static struct association *take_in(
    struct roster *r, const struct lineage *l, const char *name, bool comes_back, int64_t now_s)
{
	struct association *a = comes_back ? find_kept(l, name) : NULL;

	if (a) {
		assoc_ref(a);
		if (r->store)
			store_on_change(r->store, a); /* its row was forgotten when it went */
	} else {
		a = assoc_new(name, now_s);
		recall(r, a);
	}
	map_put(&r->live, str_of(name), a);
	return a;
}

void roster_enlist(
    struct roster *r, const struct lineage *l, struct generation *next, int64_t now_s)
{
	bool comes_back = lineage_has(l, next);

	for (size_t i = 0; i < next->n_partners; i++) {
		struct partner *p = next->partners[i];
		struct str name = str_of(p->conf->name);
		struct association *a = map_find(&r->live, name), *before = p->association;

		if (!a)
			a = take_in(r, l, p->conf->name, comes_back, now_s);
		p->association = assoc_ref(a);
		assoc_unref(before);
		assoc_set_enabled(a, now_s, p->conf->enabled);
	}
}

void roster_trim(struct roster *r, const struct generation *now)
{
	struct map kept;
	struct association *a;
	size_t at = 0;

	map_init(&kept);
	for (size_t i = 0; i < now->n_partners; i++)
		map_put(&kept, str_of(now->partners[i]->conf->name),
		    assoc_ref(now->partners[i]->association));
	while (r->store && (a = map_next(&r->live, &at)) != NULL) {
		if (!map_find(&kept, str_of(assoc_name(a))))
			store_forget(r->store, assoc_name(a));
	}
	empty(r);
	r->live = kept;
}
