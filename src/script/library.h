/* SPDX-License-Identifier: MIT */
/*
 * library.h - everything a chunk can name, put together.
 */
#ifndef SCRIPT_LIBRARY_H
#define SCRIPT_LIBRARY_H

#include <lauxlib.h>
#include <lua.h>

#include "base/base.h"

struct err;
struct script_vm;

/* Finds the functions of `math`, once for each vm.  Uses its arena.  Never raises. */
int library_find_math(struct script_vm *vm, struct err *e) MUST_CHECK;

/* Builds the environment of chunks and leaves it in the registry.  [-0, +0] */
void library_open(lua_State *L);

/* [-0, +1] */
void library_push_environment(lua_State *L);

/*
 * The `i`-th name that the library gives to chunks, `sepp` apart, and in `*table` where: "string",
 * or "" for a global.  NULL behind the last.
 */
const char *library_name(size_t i, const char **table);

/* What the parts of it are, by their files: name and function, ended by NULL. */
extern const luaL_Reg lib_base[], lib_string[], lib_match[], lib_table[], lib_module[];

#endif
