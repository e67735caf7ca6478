/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/fuel.h"
#include "script/script_int.h"
#include "script/text.h"
#include "script/value.h"

/* pcall puts the mark of the pool back when a text was given up. */
void text_start(lua_State *L, struct text *t)
{
	t->vm = script_vm_of(L);
	t->p = t->vm->pool + t->vm->pool_used;
	t->n = 0;
}

void text_add(lua_State *L, struct text *t, const void *p, size_t n)
{
	size_t room = SCRIPT_POOL - (size_t)(t->p - t->vm->pool) - t->n;

	if (n > SCRIPT_STRING_MAX - t->n)
		luaL_error(L, "resulting string longer than %d bytes", SCRIPT_STRING_MAX);
	if (n > room)
		luaL_error(L, "too many strings under construction");
	if (n)
		memcpy(t->p + t->n, p, n);
	t->n += n;
	t->vm->pool_used = (size_t)(t->p - t->vm->pool) + t->n;
}

void text_add_char(lua_State *L, struct text *t, char c)
{
	text_add(L, t, &c, 1);
}

void text_push(lua_State *L, struct text *t)
{
	fuel_charge(L, t->n / 32 + 1);
	t->vm->pool_used = (size_t)(t->p - t->vm->pool);
	lua_pushlstring(L, t->p, t->n);
}

void text_of(lua_State *L, int i)
{
	const struct value *value = value_at(L, i);
	enum value_kind kind;
	const char *unknown;

	switch (lua_type(L, i)) {
	case LUA_TNUMBER:
		fuel_charge(L, lua_isinteger(L, i) ? FUEL_PRINT / 8 : FUEL_PRINT);
		/* fallthrough */
	case LUA_TSTRING:
		lua_pushvalue(L, i);
		(void)lua_tostring(L, -1); /* turns the copy of a number into a string */
		return;
	case LUA_TBOOLEAN:
		lua_pushstring(L, lua_toboolean(L, i) ? "true" : "false");
		return;
	default:
		unknown = value_unknown_at(L, i, &kind);
		lua_pushstring(L, value ? value->name : unknown ? unknown : value_type(L, i));
	}
}
