/* SPDX-License-Identifier: MIT */
/*
 * tool.h - the Lua that comes with parleyctl: what its offline commands print.
 *
 * An ordinary Lua state with all libraries and lua-cjson, for the files of lua/, which are part of
 * the program.  Nothing of an operator's directory ever runs in it: policies and tests do that in
 * the sandbox (script/).  The modules see each other with require "parley.<name>".
 */
#ifndef PROG_TOOL_H
#define PROG_TOOL_H

#include <lua.h>

#include "base/base.h"

struct err;

/* NULL fills `e`.  The caller ends it with tool_close(). */
lua_State *tool_open(struct err *e) MUST_CHECK;

/* NULL is allowed. */
void tool_close(lua_State *L);

/*
 * Calls parley.<module>.<function> with the `n` values on top of the stack, which are popped, and
 * leaves `results` of them.  Returns 0, or ERR_SYS with the message of the error, and nothing left.
 */
int tool_call(lua_State *L, const char *module, const char *function, int n, int results,
    struct err *e) MUST_CHECK;

#endif
