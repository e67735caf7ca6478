/* SPDX-License-Identifier: MIT */
/*
 * sort.h - a stable merge sort of positions.
 */
#ifndef SCRIPT_SORT_H
#define SCRIPT_SORT_H

#include <lua.h>

#include "base/base.h"

/*
 * Puts 0 .. n-1 into `order` so that no element is less than one before it.  `spare` is as large.
 * An inconsistent `less` gives some order; what `less` raises passes through.
 */
typedef bool sort_less(lua_State *L, void *arg, unsigned a, unsigned b);
void sort_indices(
    lua_State *L, uint16_t *order, uint16_t *spare, unsigned n, sort_less *less, void *arg);

#endif
