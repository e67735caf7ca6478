/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/arg.h"
#include "script/fuel.h"
#include "script/lib_format.h"
#include "script/library.h"
#include "script/script_int.h"
#include "script/text.h"

/* Like arg_position(), for the last one: clipped to the length at the high end. */
static lua_Integer last_position(lua_Integer i, size_t n)
{
	if (i > (lua_Integer)n)
		return (lua_Integer)n;
	if (i >= 0)
		return i;
	return i < -(lua_Integer)n ? 0 : (lua_Integer)n + i + 1;
}

/* byte(s, i, j) -> numbers */
static int l_byte(lua_State *L)
{
	struct str s = arg_string(L, 1);
	lua_Integer i = arg_integer_or(L, 2, 1);
	lua_Integer from = arg_position(i, s.n);
	lua_Integer to = last_position(arg_integer_or(L, 3, i), s.n);

	if (from > to)
		return 0;
	if (to - from >= SCRIPT_RESULTS_MAX)
		return luaL_error(L, "string slice too long (at most %d)", SCRIPT_RESULTS_MAX);
	fuel_charge(L, (uint64_t)(to - from) + 1);
	luaL_checkstack(L, (int)(to - from) + 1, "string slice too long");
	for (lua_Integer k = from; k <= to; k++)
		lua_pushinteger(L, (unsigned char)s.p[k - 1]);
	return (int)(to - from) + 1;
}

/* char(number, ...) */
static int l_char(lua_State *L)
{
	const int n = lua_gettop(L);
	struct text t;

	fuel_charge(L, (uint64_t)n);
	text_start(L, &t);
	for (int i = 1; i <= n; i++) {
		lua_Integer c = arg_integer(L, i);

		if (c < 0 || c > 255)
			return arg_fail(L, i, "value out of range");
		text_add_char(L, &t, (char)c);
	}
	text_push(L, &t);
	return 1;
}

/* format(format, ...) */
static int l_format(lua_State *L)
{
	format_push(L, 1);
	return 1;
}

/* len(s) */
static int l_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)arg_string(L, 1).n);
	return 1;
}

static char to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* [-0, +1] */
static int map_bytes(lua_State *L, char (*one)(char))
{
	struct str s = arg_short(L, 1);
	struct text t;

	fuel_charge(L, s.n / 8);
	text_start(L, &t);
	for (size_t i = 0; i < s.n; i++)
		text_add_char(L, &t, one(s.p[i]));
	text_push(L, &t);
	return 1;
}

/* lower(s): ASCII */
static int l_lower(lua_State *L)
{
	return map_bytes(L, str_lower);
}

/* upper(s): ASCII */
static int l_upper(lua_State *L)
{
	return map_bytes(L, to_upper);
}

/* rep(s, n, separator) */
static int l_rep(lua_State *L)
{
	struct str s = arg_short(L, 1), separator = { "", 0 };
	lua_Integer n = arg_integer(L, 2);
	struct text t;

	if (!lua_isnoneornil(L, 3))
		separator = arg_short(L, 3);
	if (n <= 0 || s.n + separator.n == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	if ((lua_Unsigned)n > SCRIPT_STRING_MAX ||
	    (lua_Unsigned)n * (s.n + separator.n) - separator.n > SCRIPT_STRING_MAX)
		return luaL_error(L, "resulting string longer than %d bytes", SCRIPT_STRING_MAX);
	fuel_charge(L, (uint64_t)n);
	text_start(L, &t);
	for (lua_Integer i = 0; i < n; i++) {
		if (i)
			text_add(L, &t, separator.p, separator.n);
		text_add(L, &t, s.p, s.n);
	}
	text_push(L, &t);
	return 1;
}

/* reverse(s) */
static int l_reverse(lua_State *L)
{
	struct str s = arg_short(L, 1);
	struct text t;

	fuel_charge(L, s.n / 8);
	text_start(L, &t);
	for (size_t i = s.n; i > 0; i--)
		text_add_char(L, &t, s.p[i - 1]);
	text_push(L, &t);
	return 1;
}

/* sub(s, i, j) */
static int l_sub(lua_State *L)
{
	struct str s = arg_string(L, 1);
	lua_Integer from = arg_position(arg_integer(L, 2), s.n);
	lua_Integer to = last_position(arg_integer_or(L, 3, -1), s.n);

	if (from > to) {
		lua_pushliteral(L, "");
		return 1;
	}
	fuel_charge(L, (uint64_t)(to - from) / 32 + 1);
	lua_pushlstring(L, s.p + from - 1, (size_t)(to - from) + 1);
	return 1;
}

const luaL_Reg lib_string[] = {
	{ "byte", l_byte },
	{ "char", l_char },
	{ "format", l_format },
	{ "len", l_len },
	{ "lower", l_lower },
	{ "rep", l_rep },
	{ "reverse", l_reverse },
	{ "sub", l_sub },
	{ "upper", l_upper },
	{ NULL, NULL },
};
