/* SPDX-License-Identifier: MIT */
/*
 * object.h - what the constructor of a file gives back: hooks are put on it, and the file returns
 * it.
 */
#ifndef SCRIPT_OBJECT_H
#define SCRIPT_OBJECT_H

#include <lua.h>

#include "base/base.h"
#include "script/script.h"

/* A new object of kind `kind` for hooks to be put on.  [-0, +1] */
void object_push(lua_State *L, enum script_kind kind);
bool object_at(lua_State *L, int i, enum script_kind kind); /* never raises */
void object_open(lua_State *L);
void object_push_hook(lua_State *L, enum script_hook hook); /* [-0, +1] */

#endif
