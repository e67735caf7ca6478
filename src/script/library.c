/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <lualib.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "script/answer.h"
#include "script/catalogue.h"
#include "script/fuel.h"
#include "script/function.h"
#include "script/library.h"
#include "script/object.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"
#include "script/view.h"

/* The whole of what a chunk can name is put together here. */

static const char environment_key;

/* --- math: functions of the stock library, taken from a state of its own */

static const char *const math_names[] = { "abs", "acos", "asin", "atan", "ceil", "cos", "deg",
	"exp", "floor", "fmod", "log", "max", "min", "modf", "rad", "sin", "sqrt", "tan",
	"tointeger", "type", "ult" };

enum {
	MATH_FMOD = 9, /* in math_names */
};

static const char *const math_values[] = { "huge", "maxinteger", "mininteger", "pi" };

/* Runs protected.  (vm) */
static int find_math(lua_State *L)
{
	struct script_vm *vm = lua_touserdata(L, 1);

	luaopen_math(L);
	for (size_t i = 0; i < ARRAY_LEN(math_names); i++) {
		lua_getfield(L, -1, math_names[i]);
		vm->math[i] = lua_tocfunction(L, -1);
		lua_pop(L, 1);
	}
	return 0;
}

int library_find_math(struct script_vm *vm, struct err *e)
{
	lua_State *L;
	int status;

	vm->L = NULL;
	arena_reset(&vm->arena, SCRIPT_IMAGE_MAX);
	L = lua_newstate(fuel_alloc, vm);
	if (!L)
		return err_set(e, ERR_LIMIT, "no room for a Lua state");
	lua_pushcfunction(L, find_math);
	lua_pushlightuserdata(L, vm);
	status = lua_pcall(L, 1, 0, 0);
	return status == LUA_OK ? 0 : err_set(e, ERR_LIMIT, "no room for a Lua library");
}

/* What fmod() of the C library takes: a step for each bit between the two. */
static uint64_t fmod_cost(lua_State *L)
{
	int a = 0, b = 0;

	(void)frexp(lua_tonumber(L, 1), &a);
	(void)frexp(lua_tonumber(L, 2), &b);
	return a > b ? (uint64_t)(a - b) / 4 : 0;
}

/* Calls the stock function whose number is the upvalue. */
CALLS_LIBRARY static int l_math(lua_State *L)
{
	const struct script_vm *vm = script_vm_of(L);
	const size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(1));
	const int n = lua_gettop(L);
	uint64_t cost = 4 + (uint64_t)n;

	for (int k = 1; k <= n; k++) {
		if (lua_type(L, k) == LUA_TSTRING) /* which is read as a number */
			cost += lua_rawlen(L, k) / 2;
	}
	fuel_charge(L, cost);
	if (i == MATH_FMOD)
		fuel_charge(L, fmod_cost(L));
	return vm->math[i](L);
}

/* [-0, +1] */
static void push_math(lua_State *L)
{
	lua_createtable(L, 0, ARRAY_LEN(math_names) + 4);
	for (size_t i = 0; i < ARRAY_LEN(math_names); i++) {
		lua_pushinteger(L, (lua_Integer)i);
		lua_pushcclosure(L, l_math, 1);
		lua_setfield(L, -2, math_names[i]);
	}
	lua_pushnumber(L, 3.141592653589793);
	lua_setfield(L, -2, "pi");
	lua_pushnumber(L, (lua_Number)INFINITY);
	lua_setfield(L, -2, "huge");
	lua_pushinteger(L, LUA_MAXINTEGER);
	lua_setfield(L, -2, "maxinteger");
	lua_pushinteger(L, LUA_MININTEGER);
	lua_setfield(L, -2, "mininteger");
}

/* --- string */

/* Strings have methods and nothing else: no arithmetic, no way to the metatable.  (string table) */
static void set_string_metatable(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_createtable(L, 0, 2);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

/* [-0, +1] */
static void push_string(lua_State *L)
{
	lua_createtable(L, 0, 16);
	luaL_setfuncs(L, lib_string, 0);
	luaL_setfuncs(L, lib_match, 0);
	set_string_metatable(L);
}

/* --- sepp */

/* Adds the constants of `kind`: a table of their own, or to the one on top.  [-0, +0] */
static void add_constants(lua_State *L, enum value_kind kind)
{
	const char *table = value_kind_table(kind);
	const char *field = strchr(table, '.');

	if (!field) {
		value_fill(L, kind);
		return;
	}
	lua_createtable(L, 0, (int)value_count(kind)); /* what grows leaves garbage in the image */
	value_fill(L, kind);
	seal_library(L, table);
	lua_setfield(L, -2, field + 1);
}

/* [-0, +1] */
static void push_sepp(lua_State *L)
{
	lua_createtable(L, 0, 32);
	for (int kind = 0; kind < VALUE_KINDS; kind++)
		add_constants(L, (enum value_kind)kind);
	for (size_t i = 0; catalogue_functions(i); i++)
		function_fill(L, catalogue_functions(i));
	luaL_setfuncs(L, lib_module, 0);
}

void library_open(lua_State *L)
{
	value_open(L);
	answer_open(L);
	view_open(L);
	object_open(L);
	lua_createtable(L, 0, 14);
	luaL_setfuncs(L, lib_base, 0);
	push_string(L);
	seal_library(L, "string");
	lua_setfield(L, -2, "string");
	lua_createtable(L, 0, 5);
	luaL_setfuncs(L, lib_table, 0);
	seal_library(L, "table");
	lua_setfield(L, -2, "table");
	push_math(L);
	seal_library(L, "math");
	lua_setfield(L, -2, "math");
	push_sepp(L);
	seal_library(L, "sepp");
	lua_setfield(L, -2, "sepp");
	if (script_vm_of(L)->extend)
		script_vm_of(L)->extend(L);
	seal_environment(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &environment_key);
}

const char *library_name(size_t i, const char **table)
{
	static const struct {
		const char *table;
		const luaL_Reg *functions;
	} lists[] = { { "", lib_base }, { "string", lib_string }, { "string", lib_match },
		{ "table", lib_table } };

	for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
		*table = lists[k].table;
		for (const luaL_Reg *r = lists[k].functions; r->name; r++) {
			if (i-- == 0)
				return r->name;
		}
	}
	*table = "math";
	if (i < ARRAY_LEN(math_names))
		return math_names[i];
	i -= ARRAY_LEN(math_names);
	return i < ARRAY_LEN(math_values) ? math_values[i] : NULL;
}

void library_push_environment(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
}
