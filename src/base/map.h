/* SPDX-License-Identifier: MIT */
/*
 * map.h - text keys to pointers.
 *
 * Keys are copied and compared byte for byte; values are borrowed.  Only what the operator wrote,
 * or we drew, becomes a key, never what a peer sent, so nobody can choose keys that collide.  A map
 * that nobody changes may be read by several threads.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"
#include "base/str.h"

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t len;
	size_t cap; /* a power of two, or 0 */
};

void map_init(struct map *m);
void map_release(struct map *m);

/* Adds or replaces.  Copies `key`, borrows `value`. */
void map_put(struct map *m, struct str key, void *value);

/* Removes the key.  Returns its value, or NULL if there is no such key. */
void *map_take(struct map *m, struct str key);

/* Each value in turn, in no order: start with `*at` 0; NULL at the end.  Not across a change. */
void *map_next(const struct map *m, size_t *at);

/* The value, or NULL. */
void *map_find(const struct map *m, struct str key);

#endif
