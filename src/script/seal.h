/* SPDX-License-Identifier: MIT */
/*
 * seal.h - tables that cannot be assigned to.
 *
 * A sealed table is an empty one with a metatable whose __index is the real one.  Policies cannot
 * make metatables, so whatever table has such a metatable is ours.
 */
#ifndef SCRIPT_SEAL_H
#define SCRIPT_SEAL_H

#include <lauxlib.h>
#include <lua.h>

#include "base/base.h"
#include "base/str.h"

/* The table on top becomes a strict library called `name`.  [-1, +1] */
void seal_library(lua_State *L, const char *name);

/* The table on top becomes the environment of chunks.  [-1, +1] */
void seal_environment(lua_State *L);

/* The table on top, and all tables in it, become read-only.  [-1, +1] */
void seal_deep(lua_State *L);

/* Puts a metatable with these functions, which no policy gets to, under `key` into the registry.
 * [-0, +0] */
void seal_metatable(lua_State *L, const void *key, const luaL_Reg *functions);

/* Replaces a sealed table at `i` by what is behind it.  Whether it was one.  [-0, +0] */
bool seal_open(lua_State *L, int i);

/* " (did you mean 'x'?)" into `out` if one of `n` names is near `given`, else "".  Never raises. */
const char *hint_print(char out[64], struct str given, const char *const *names, size_t n);

#endif
