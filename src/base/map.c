/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/map.h"
#include "base/mem.h"

struct map_slot {
	char *key; /* NULL when free */
	size_t n;
	void *value;
};

/* FNV-1a, 64 bit */
static uint64_t hash(struct str key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

void map_init(struct map *m)
{
	*m = (struct map){ .len = 0 };
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		mem_free(m->slots[i].key);
	mem_free(m->slots);
	map_init(m);
}

/* The slot that holds `key`, or the free one where it belongs. */
static struct map_slot *slot_of(const struct map *m, struct str key)
{
	size_t at = hash(key) & (m->cap - 1);

	while (m->slots[at].key && !str_eq((struct str){ m->slots[at].key, m->slots[at].n }, key))
		at = (at + 1) & (m->cap - 1);
	return &m->slots[at];
}

static void grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : 16;
	m->slots = mem_array(m->cap, sizeof(*m->slots));
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].key)
			*slot_of(m, (struct str){ old.slots[i].key, old.slots[i].n }) =
			    old.slots[i];
	}
	mem_free(old.slots);
}

void map_put(struct map *m, struct str key, void *value)
{
	struct map_slot *slot;

	if (m->len * 2 >= m->cap)
		grow(m);
	slot = slot_of(m, key);
	if (!slot->key) {
		slot->key = mem_dup(key.p, key.n);
		slot->n = key.n;
		m->len++;
	}
	slot->value = value;
}

void *map_take(struct map *m, struct str key)
{
	struct map_slot *slot = m->cap ? slot_of(m, key) : NULL;
	void *value;

	if (!slot || !slot->key)
		return NULL;
	value = slot->value;
	mem_free(slot->key);
	*slot = (struct map_slot){ .key = NULL };
	m->len--;
	/* those behind it may have passed over it on their way to where they are */
	for (size_t at = (size_t)(slot - m->slots + 1) & (m->cap - 1); m->slots[at].key;
	     at = (at + 1) & (m->cap - 1)) {
		struct map_slot moved = m->slots[at];

		m->slots[at] = (struct map_slot){ .key = NULL };
		*slot_of(m, (struct str){ moved.key, moved.n }) = moved;
	}
	return value;
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		const struct map_slot *slot = &m->slots[(*at)++];

		if (slot->key)
			return slot->value;
	}
	return NULL;
}

void *map_find(const struct map *m, struct str key)
{
	return m->cap ? slot_of(m, key)->value : NULL;
}
