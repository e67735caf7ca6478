/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/fuel.h"
#include "script/script_int.h"
#include "script/sort.h"

struct merge {
	sort_less *less;
	void *arg;
	uint16_t *from, *to;
};

/* Merges from[a..b) and from[b..c) into to[a..c).  An inconsistent `less` gives some order. */
static void merge_runs(lua_State *L, const struct merge *m, unsigned a, unsigned b, unsigned c)
{
	unsigned i = a, j = b, k = a;

	while (i < b && j < c) {
		if (m->less(L, m->arg, m->from[j], m->from[i]))
			m->to[k++] = m->from[j++];
		else
			m->to[k++] = m->from[i++];
	}
	while (i < b)
		m->to[k++] = m->from[i++];
	while (j < c)
		m->to[k++] = m->from[j++];
}

void sort_indices(
    lua_State *L, uint16_t *order, uint16_t *spare, unsigned n, sort_less *less, void *arg)
{
	struct merge m = { less, arg, order, spare };
	uint16_t *swap;

	for (unsigned i = 0; i < n; i++)
		order[i] = (uint16_t)i;
	for (unsigned width = 1; width < n; width *= 2) {
		for (unsigned a = 0; a < n; a += 2 * width) {
			unsigned b = a + width < n ? a + width : n;
			unsigned c = a + 2 * width < n ? a + 2 * width : n;

			merge_runs(L, &m, a, b, c);
		}
		fuel_charge(L, n); /* whatever the order was: the same on every machine */
		swap = m.from;
		m.from = m.to;
		m.to = swap;
	}
	if (m.from != order)
		memcpy(order, m.from, n * sizeof(*order));
}
