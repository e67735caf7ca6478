/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the keys of a table in an order that depends on nothing but the keys.
 *
 * Numbers, then strings byte for byte, then false and true, then constants.  A table with any other
 * key has no order, and raises.
 */
#ifndef SCRIPT_KEYS_H
#define SCRIPT_KEYS_H

#include <lua.h>

#include "base/base.h"

/* The index of the entry after the key on top, or the first one for nil.  [-1, +1] */
bool keys_next(lua_State *L, int table);

/* A sequence of all keys, sorted.  [-0, +1] */
void keys_push(lua_State *L, int table);

#endif
