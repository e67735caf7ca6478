/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/arg.h"
#include "script/fuel.h"
#include "script/keys.h"
#include "script/library.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"
#include "script/view.h"

/* assert(v, message, ...) -> v, message, ... */
static int l_assert(lua_State *L)
{
	if (lua_toboolean(L, 1))
		return lua_gettop(L);
	if (lua_isnone(L, 1))
		return arg_expected(L, 1, "value");
	if (lua_isnoneornil(L, 2))
		return luaL_error(L, "assertion failed!");
	if (lua_type(L, 2) != LUA_TSTRING)
		(void)place_of(L, 1, &script_vm_of(L)->place);
	lua_settop(L, 2);
	return lua_error(L);
}

/* error(message, level) */
static int l_error(lua_State *L)
{
	lua_Integer level = arg_integer_or(L, 2, 1);

	lua_settop(L, 1);
	if (lua_type(L, 1) != LUA_TSTRING)
		(void)place_of(L, 1, &script_vm_of(L)->place);
	if (lua_type(L, 1) == LUA_TSTRING && level > 0 && level < 100) {
		luaL_where(L, (int)level);
		lua_insert(L, 1);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

/* (list, i) -> i + 1, value */
static int l_ipairs_step(lua_State *L)
{
	const struct view *v = view_at(L, 1);
	lua_Integer i = arg_integer(L, 2);

	if (i < 0 || i == LUA_MAXINTEGER)
		return arg_fail(L, 2, "index out of range");
	lua_settop(L, 1);
	lua_pushinteger(L, i + 1);
	fuel_charge(L, 1);
	if (v && v->def->count) {
		if ((size_t)i >= v->def->count(v))
			return 0;
		v->def->item(L, v, (size_t)i);
		return 2;
	}
	arg_table(L, 1);
	return lua_rawgeti(L, 1, i + 1) == LUA_TNIL ? 0 : 2;
}

/* ipairs(list) */
static int l_ipairs(lua_State *L)
{
	const struct view *v = view_at(L, 1);

	if (!(v && v->def->count) && !lua_istable(L, 1))
		return arg_expected(L, 1, "table or list");
	lua_pushcfunction(L, l_ipairs_step);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	return 3;
}

/* next(table, key) -> key, value: in the order of pairs */
static int l_next(lua_State *L)
{
	arg_table(L, 1);
	lua_settop(L, 2);
	if (!keys_next(L, 1)) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushvalue(L, -1);
	lua_rawget(L, 1);
	return 2;
}

/* Upvalues: table, sorted keys, position.  Keys whose value went away meanwhile are left out. */
static int l_pairs_step(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));

	lua_settop(L, 0);
	for (;;) {
		fuel_charge(L, 1);
		lua_pushinteger(L, ++i);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_settop(L, 0);
		if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, -1);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
			return 2;
	}
}

/* pairs(table): sorted by key; numbers, strings, booleans, constants */
static int l_pairs(lua_State *L)
{
	const struct view *v = view_at(L, 1);

	if (v && v->def->count)
		return l_ipairs(L);
	if (!lua_istable(L, 1))
		return arg_expected(L, 1, "table or list");
	(void)seal_open(L, 1);
	lua_settop(L, 1);
	keys_push(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, l_pairs_step, 3);
	return 1;
}

/* pcall(f, ...): a killed run goes on ending */
static int l_pcall(lua_State *L)
{
	struct script_vm *vm = script_vm_of(L);
	const size_t pool_used = vm->pool_used;
	int status;

	if (lua_isnone(L, 1))
		return arg_expected(L, 1, "function");
	fuel_charge(L, 8);
	status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	fuel_charge(L, status == LUA_OK ? 0 : FUEL_ERROR); /* hands on that it was killed */
	vm->pool_used = pool_used;
	luaL_checkstack(L, 1, "too many results");
	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, 1);
	return lua_gettop(L);
}

/* select(n, ...) */
static int l_select(lua_State *L)
{
	int n = lua_gettop(L);
	lua_Integer i;

	if (lua_type(L, 1) == LUA_TSTRING && strcmp(lua_tostring(L, 1), "#") == 0) {
		lua_pushinteger(L, n - 1);
		return 1;
	}
	i = arg_integer(L, 1);
	if (i < 0)
		i = n + i;
	else if (i > n)
		i = n;
	if (i < 1)
		return arg_fail(L, 1, "index out of range");
	fuel_charge(L, (uint64_t)(n - (int)i) / 4);
	return n - (int)i;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

static struct str trim(struct str s)
{
	while (s.n && strchr(" \f\n\r\t\v", s.p[0]) && s.p[0])
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n && strchr(" \f\n\r\t\v", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

/* Reads all of `s` in `base`; wraps around as Lua does. */
static bool parse_based(struct str s, int base, lua_Integer *out)
{
	bool negative = s.n && s.p[0] == '-';
	lua_Unsigned n = 0;
	size_t i = negative;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		int digit = digit_of(s.p[i]);

		if (digit >= base)
			return false;
		n = n * (lua_Unsigned)base + (lua_Unsigned)digit;
	}
	*out = (lua_Integer)(negative ? 0 - n : n);
	return true;
}

static int tonumber_based(lua_State *L)
{
	lua_Integer base = arg_integer(L, 2), n;
	struct str s;

	if (lua_type(L, 1) != LUA_TSTRING)
		return arg_expected(L, 1, "string");
	if (base < 2 || base > 36)
		return arg_fail(L, 2, "base out of range");
	s = arg_short(L, 1);
	fuel_charge(L, s.n / 8);
	if (parse_based(trim(s), (int)base, &n))
		lua_pushinteger(L, n);
	else
		lua_pushnil(L);
	return 1;
}

/* tonumber(v, base) -> number or nil */
static int l_tonumber(lua_State *L)
{
	struct str s;

	if (!lua_isnoneornil(L, 2))
		return tonumber_based(L);
	if (lua_isnone(L, 1))
		return arg_expected(L, 1, "value");
	if (lua_type(L, 1) == LUA_TSTRING) {
		s = arg_short(L, 1);
		fuel_charge(L, s.n / 8);
		if (lua_stringtonumber(L, s.p) == s.n + 1)
			return 1;
	} else if (lua_type(L, 1) == LUA_TNUMBER) {
		lua_settop(L, 1);
		return 1;
	}
	lua_pushnil(L);
	return 1;
}

/* tostring(v): no addresses */
static int l_tostring(lua_State *L)
{
	if (lua_isnone(L, 1))
		return arg_expected(L, 1, "value");
	text_of(L, 1);
	return 1;
}

/* type(v) */
static int l_type(lua_State *L)
{
	if (lua_isnone(L, 1))
		return arg_expected(L, 1, "value");
	lua_pushstring(L, lua_typename(L, lua_type(L, 1)));
	return 1;
}

const luaL_Reg lib_base[] = {
	{ "assert", l_assert },
	{ "error", l_error },
	{ "ipairs", l_ipairs },
	{ "next", l_next },
	{ "pairs", l_pairs },
	{ "pcall", l_pcall },
	{ "select", l_select },
	{ "tonumber", l_tonumber },
	{ "tostring", l_tostring },
	{ "type", l_type },
	{ NULL, NULL },
};
