/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "sepp/roster.h"

void roster_init(struct roster *r)
{
	map_init(&r->live);
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

void roster_enlist(
    struct roster *r, const struct lineage *l, struct generation *next, int64_t now_s)
{
	bool comes_back = lineage_has(l, next);

	for (size_t i = 0; i < next->n_partners; i++) {
		struct partner *p = next->partners[i];
		struct str name = str_of(p->conf->name);
		struct association *a = map_find(&r->live, name), *before = p->association;

		if (!a) {
			a = comes_back ? find_kept(l, p->conf->name) : NULL;
			a = a ? assoc_ref(a) : assoc_new(p->conf->name, now_s);
			map_put(&r->live, name, a);
		}
		p->association = assoc_ref(a);
		assoc_unref(before);
		assoc_set_enabled(a, now_s, p->conf->enabled);
	}
}

void roster_trim(struct roster *r, const struct generation *now)
{
	struct map kept;

	map_init(&kept);
	for (size_t i = 0; i < now->n_partners; i++)
		map_put(&kept, str_of(now->partners[i]->conf->name),
		    assoc_ref(now->partners[i]->association));
	empty(r);
	r->live = kept;
}
