/* SPDX-License-Identifier: MIT */
/*
 * function.h - the functions of the table `sepp`, with what an editor says about them.
 *
 * Each file that has some keeps one list, ended by a NULL name: what a function is called, what it
 * takes and what it does stand in one place.
 */
#ifndef SCRIPT_FUNCTION_H
#define SCRIPT_FUNCTION_H

#include <lua.h>

#include "base/base.h"

struct function {
	const char *name;
	lua_CFunction call;     /* NULL = put there by another file */
	const char *parameters; /* "capability: capability, options?: { purposes: purpose[] }" */
	const char *returns;    /* "answer", or "" */
	const char *doc;        /* one line */
};

/* Adds the functions of `list` to the table on top.  [-0, +0] */
void function_fill(lua_State *L, const struct function *list);

#endif
