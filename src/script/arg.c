/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

#include "script/arg.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"

int arg_fail(lua_State *L, int i, const char *fmt, ...)
{
	char why[512];
	lua_Debug ar;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!lua_getstack(L, 0, &ar) || !lua_getinfo(L, "n", &ar) || !ar.name)
		return luaL_error(L, "bad argument #%d (%s)", i, why);
	if (ar.namewhat[0] == 'm' && --i == 0) /* "method": the object does not count */
		return luaL_error(L, "calling '%s' on a wrong value (%s)", ar.name, why);
	return luaL_error(L, "bad argument #%d to '%s' (%s)", i, ar.name, why);
}

int arg_expected(lua_State *L, int i, const char *what)
{
	return arg_fail(L, i, "%s expected, got %s", what, value_type(L, i));
}

struct str arg_string(lua_State *L, int i)
{
	struct str s;

	if (!lua_isstring(L, i))
		arg_expected(L, i, "string");
	if (lua_type(L, i) == LUA_TNUMBER)
		fuel_charge(L, FUEL_PRINT);
	s.p = lua_tolstring(L, i, &s.n);
	return s;
}

struct str arg_short(lua_State *L, int i)
{
	struct str s = arg_string(L, i);

	if (s.n > SCRIPT_STRING_MAX)
		arg_fail(L, i, "string longer than %d bytes", SCRIPT_STRING_MAX);
	return s;
}

/* Reading a number from a text. */
static void charge_conversion(lua_State *L, int i)
{
	if (lua_type(L, i) == LUA_TSTRING)
		fuel_charge(L, lua_rawlen(L, i) / 2);
}

lua_Integer arg_integer(lua_State *L, int i)
{
	lua_Integer n;
	int ok;

	charge_conversion(L, i);
	n = lua_tointegerx(L, i, &ok);

	if (!ok && lua_isnumber(L, i))
		arg_fail(L, i, "number has no integer representation");
	if (!ok)
		arg_expected(L, i, "number");
	return n;
}

lua_Integer arg_integer_or(lua_State *L, int i, lua_Integer absent)
{
	return lua_isnoneornil(L, i) ? absent : arg_integer(L, i);
}

lua_Number arg_number(lua_State *L, int i)
{
	lua_Number n;
	int ok;

	charge_conversion(L, i);
	n = lua_tonumberx(L, i, &ok);

	if (!ok)
		arg_expected(L, i, "number");
	return n;
}

lua_Integer arg_position(lua_Integer i, size_t n)
{
	if (i > 0)
		return i;
	if (i == 0 || i < -(lua_Integer)n)
		return 1;
	return (lua_Integer)n + i + 1;
}

void arg_table(lua_State *L, int i)
{
	if (!lua_istable(L, i))
		arg_expected(L, i, "table");
	(void)seal_open(L, i);
}

void arg_own_table(lua_State *L, int i)
{
	if (!lua_istable(L, i))
		arg_expected(L, i, "table");
	if (seal_open(L, i))
		arg_fail(L, i, "this table is read-only");
}

void arg_function(lua_State *L, int i)
{
	if (!lua_isfunction(L, i))
		arg_expected(L, i, "function");
}

const char *arg_push_complaint(lua_State *L, int i, enum value_kind kind)
{
	const char *wanted = value_kind_name(kind);
	const struct value *v;
	enum value_kind got;
	const char *unknown = value_unknown_at(L, i, &got);
	struct str s;

	if (unknown && got == kind)
		return lua_pushfstring(L,
		    "the %s '%s' of the peer is unknown here and cannot be used", wanted, unknown);
	if (lua_type(L, i) != LUA_TSTRING)
		return lua_pushfstring(L, "%s expected, got %s", wanted, value_type(L, i));
	s.p = lua_tolstring(L, i, &s.n);
	v = value_named(kind, s);
	if (!v)
		return lua_pushfstring(L, "%s expected, got string", wanted);
	return lua_pushfstring(
	    L, "%s expected, got string; write %s, not the string \"%s\"", wanted, v->written, s.p);
}

int arg_value(lua_State *L, int i, enum value_kind kind)
{
	const struct value *v = value_at(L, i);

	if (!v || v->kind != kind)
		return arg_fail(L, i, "%s", arg_push_complaint(L, i, kind));
	return v->value;
}
