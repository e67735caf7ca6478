/* SPDX-License-Identifier: MIT */
/*
 * arg.h - arguments of functions that policies call, with messages in the words of a policy.
 *
 * Everything raises if the argument is not what it should be, and so runs in a protected call.
 */
#ifndef SCRIPT_ARG_H
#define SCRIPT_ARG_H

#include <lua.h>

#include "base/base.h"
#include "base/str.h"
#include "script/value.h"

/* "bad argument #1 to 'select' (...)", with the line of the caller. */
int arg_fail(lua_State *L, int i, const char *fmt, ...) PRINTF_LIKE(3, 4);
int arg_expected(lua_State *L, int i, const char *what);
struct str arg_string(lua_State *L, int i); /* numbers count as strings */
struct str arg_short(lua_State *L, int i);  /* ... of at most SCRIPT_STRING_MAX bytes */
lua_Integer arg_integer(lua_State *L, int i);
lua_Integer arg_integer_or(lua_State *L, int i, lua_Integer absent);
lua_Number arg_number(lua_State *L, int i);

/* A position in a string of `n` bytes: from 1 on, negative from the end.  Clipped to 1. */
lua_Integer arg_position(lua_Integer i, size_t n);

/* Checks for a table, and replaces a read-only one by what is behind it.  [-0, +0] */
void arg_table(lua_State *L, int i);

/* The same, and refuses a read-only one. */
void arg_own_table(lua_State *L, int i);
void arg_function(lua_State *L, int i);

/* The constant of `kind` in argument `i`; raises what to write instead. */
int arg_value(lua_State *L, int i, enum value_kind kind);

/* What is wrong with the value at `i` where a constant of `kind` belongs.  [-0, +1] */
const char *arg_push_complaint(lua_State *L, int i, enum value_kind kind);

#endif
