/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/arg.h"
#include "script/fuel.h"
#include "script/library.h"
#include "script/script_int.h"
#include "script/sort.h"
#include "script/text.h"

/* Lengths and elements are raw: nothing here runs a metamethod. */

/* concat(list, separator, i, j) */
static int l_concat(lua_State *L)
{
	struct str separator = { "", 0 };
	lua_Integer i, j;
	struct text t;

	arg_table(L, 1);
	if (!lua_isnoneornil(L, 2))
		separator = arg_short(L, 2);
	i = arg_integer_or(L, 3, 1);
	j = arg_integer_or(L, 4, (lua_Integer)lua_rawlen(L, 1));
	text_start(L, &t);
	for (; i <= j; i++) {
		struct str s;

		fuel_charge(L, 4);
		lua_rawgeti(L, 1, i);
		if (lua_type(L, -1) == LUA_TNUMBER)
			fuel_charge(L, FUEL_PRINT);
		if (!lua_isstring(L, -1))
			return luaL_error(
			    L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
		s.p = lua_tolstring(L, -1, &s.n); /* a copy: the element stays what it is */
		text_add(L, &t, s.p, s.n);
		lua_pop(L, 1);
		if (i == j)
			break; /* before i + 1 overflows */
		text_add(L, &t, separator.p, separator.n);
	}
	text_push(L, &t);
	return 1;
}

/* insert(list, value) or insert(list, position, value) */
static int l_insert(lua_State *L)
{
	lua_Integer end, at;

	arg_own_table(L, 1);
	end = (lua_Integer)lua_rawlen(L, 1) + 1;
	if (lua_gettop(L) == 2) {
		fuel_charge(L, 1);
		lua_rawseti(L, 1, end);
		return 0;
	}
	if (lua_gettop(L) != 3)
		return luaL_error(L, "wrong number of arguments to 'insert'");
	at = arg_integer(L, 2);
	if (at < 1 || at > end)
		return arg_fail(L, 2, "position out of bounds");
	fuel_charge(L, (uint64_t)(end - at) + 1);
	for (; end > at; end--) {
		lua_rawgeti(L, 1, end - 1);
		lua_rawseti(L, 1, end);
	}
	lua_rawseti(L, 1, at);
	return 0;
}

/* remove(list, position) -> value */
static int l_remove(lua_State *L)
{
	lua_Integer end, at;

	arg_own_table(L, 1);
	end = (lua_Integer)lua_rawlen(L, 1);
	at = arg_integer_or(L, 2, end);
	if (!lua_isnoneornil(L, 2) && (at < 1 || at > end + 1) && !(end == 0 && at == 0))
		return arg_fail(L, 2, "position out of bounds");
	lua_rawgeti(L, 1, at);
	fuel_charge(L, at < end ? (uint64_t)(end - at) + 1 : 1);
	for (; at < end; at++) {
		lua_rawgeti(L, 1, at + 1);
		lua_rawseti(L, 1, at);
	}
	lua_pushnil(L);
	lua_rawseti(L, 1, at);
	return 1;
}

/* The stack: 1 = list, 2 = comparator or nil. */
static bool element_less(lua_State *L, void *arg, unsigned a, unsigned b)
{
	bool less;

	(void)arg;
	if (lua_isnil(L, 2)) {
		lua_rawgeti(L, 1, (lua_Integer)a + 1);
		lua_rawgeti(L, 1, (lua_Integer)b + 1);
		if (lua_type(L, -1) == LUA_TSTRING)
			fuel_charge(L, lua_rawlen(L, -1) / 32);
		less = lua_compare(L, -2, -1, LUA_OPLT);
		lua_pop(L, 2);
		return less;
	}
	lua_pushvalue(L, 2);
	lua_rawgeti(L, 1, (lua_Integer)a + 1);
	lua_rawgeti(L, 1, (lua_Integer)b + 1);
	lua_call(L, 2, 1);
	less = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return less;
}

/* Moves the element order[i] to i, for every i, one cycle after the other. */
static void reorder(lua_State *L, uint16_t *order, unsigned n)
{
	for (unsigned start = 0; start < n; start++) {
		unsigned i = start;

		if (order[start] == start)
			continue;
		lua_rawgeti(L, 1, (lua_Integer)start + 1);
		while (order[i] != start) {
			unsigned from = order[i];

			lua_rawgeti(L, 1, (lua_Integer)from + 1);
			lua_rawseti(L, 1, (lua_Integer)i + 1);
			order[i] = (uint16_t)i;
			i = from;
		}
		order[i] = (uint16_t)i;
		lua_rawseti(L, 1, (lua_Integer)i + 1);
	}
}

/* sort(list, less): stable */
static int l_sort(lua_State *L)
{
	uint16_t *order;
	size_t n;

	arg_own_table(L, 1);
	n = lua_rawlen(L, 1);
	if (n > SCRIPT_SORT_MAX)
		return arg_fail(L, 1, "more than %d elements", SCRIPT_SORT_MAX);
	if (!lua_isnoneornil(L, 2))
		arg_function(L, 2);
	lua_settop(L, 2);
	if (n < 2)
		return 0;
	luaL_checkstack(L, 8, "too many nested calls");
	order = lua_newuserdatauv(L, 2 * n * sizeof(*order), 0);
	sort_indices(L, order, order + n, (unsigned)n, element_less, NULL);
	reorder(L, order, (unsigned)n);
	return 0;
}

/* unpack(list, i, j) */
static int l_unpack(lua_State *L)
{
	lua_Integer i, j;
	lua_Unsigned n;

	arg_table(L, 1);
	i = arg_integer_or(L, 2, 1);
	j = arg_integer_or(L, 3, (lua_Integer)lua_rawlen(L, 1));
	if (i > j)
		return 0;
	n = (lua_Unsigned)j - (lua_Unsigned)i;
	if (n >= SCRIPT_RESULTS_MAX)
		return luaL_error(L, "too many results to unpack (at most %d)", SCRIPT_RESULTS_MAX);
	fuel_charge(L, n + 1);
	luaL_checkstack(L, (int)n + 1, "too many results to unpack");
	for (lua_Unsigned k = 0; k <= n; k++)
		lua_rawgeti(L, 1, i + (lua_Integer)k);
	return (int)n + 1;
}

const luaL_Reg lib_table[] = {
	{ "concat", l_concat },
	{ "insert", l_insert },
	{ "remove", l_remove },
	{ "sort", l_sort },
	{ "unpack", l_unpack },
	{ NULL, NULL },
};
