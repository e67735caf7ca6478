/* SPDX-License-Identifier: MIT */
/*
 * text.h - strings that library functions make.
 *
 * They grow in a pool of the vm, outside the arena, one behind the other: while a replacement
 * function of gsub makes its text, the outer one waits.  One is at most SCRIPT_STRING_MAX bytes.
 */
#ifndef SCRIPT_TEXT_H
#define SCRIPT_TEXT_H

#include <lua.h>

#include "base/base.h"
#include "base/str.h"

struct text {
	struct script_vm *vm;
	char *p;
	size_t n;
};

void text_start(lua_State *L, struct text *t);
void text_add(lua_State *L, struct text *t, const void *p, size_t n);
void text_add_char(lua_State *L, struct text *t, char c);

/* [-0, +1] */
void text_push(lua_State *L, struct text *t);

/* The value at `i` as tostring() says it; no addresses.  [-0, +1] */
void text_of(lua_State *L, int i);

#endif
