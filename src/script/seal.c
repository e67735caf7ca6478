/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/fuel.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"

enum {
	HINTS = 64,
	DEPTH_MAX = 64,
};

const char *hint_print(char out[64], struct str given, const char *const *names, size_t n)
{
	const char *near = str_nearest(given, names, n);

	out[0] = '\0';
	if (near)
		snprintf(out, 64, " (did you mean '%s'?)", near);
	return out;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The hint for the string keys of the table at `i`.  [-0, +1] */
static void push_hint(lua_State *L, int i, struct str given)
{
	const char *names[HINTS];
	char out[64];
	size_t n = 0;

	lua_pushvalue(L, i);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING && n < HINTS)
			names[n++] = lua_tostring(L, -2);
	}
	lua_pop(L, 1);
	qsort(names, n, sizeof(names[0]), by_text); /* ties must not depend on hashing */
	lua_pushstring(L, hint_print(out, given, names, n));
}

void seal_metatable(lua_State *L, const void *key, const luaL_Reg *functions)
{
	int n = 0;

	while (functions[n].name)
		n++;
	lua_createtable(L, 0, n + 1); /* what grows leaves garbage in the image */
	luaL_setfuncs(L, functions, 0);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

bool seal_open(lua_State *L, int i)
{
	i = lua_absindex(L, i);
	if (!lua_istable(L, i) || !lua_getmetatable(L, i))
		return false;
	lua_pushliteral(L, "__index");
	if (lua_rawget(L, -2) != LUA_TTABLE) {
		lua_pop(L, 2);
		return false;
	}
	lua_replace(L, i);
	lua_pop(L, 1);
	return true;
}

/* A key in words: 'name' or [1].  [-0, +1] */
static const char *push_key(lua_State *L, int i)
{
	if (lua_type(L, i) == LUA_TSTRING)
		return lua_pushfstring(L, "'%s'", lua_tostring(L, i));
	text_of(L, i);
	lua_pushfstring(L, "[%s]", lua_tostring(L, -1));
	lua_remove(L, -2);
	return lua_tostring(L, -1);
}

static const char *own_name(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* (real table, key) */
static int l_not_in_library(lua_State *L)
{
	const char *key = push_key(L, 2);

	if (lua_type(L, 2) == LUA_TSTRING)
		push_hint(L, 1, str_of(lua_tostring(L, 2)));
	else
		lua_pushliteral(L, "");
	return luaL_error(L, "%s has no field %s%s", own_name(L), key, lua_tostring(L, -1));
}

static int l_library_assigned(lua_State *L)
{
	return luaL_error(L, "%s is read-only: cannot assign %s", own_name(L), push_key(L, 2));
}

/* What people coming from stock Lua look for. */
static const char *instead_of(const char *name)
{
	static const char *const known[][2] = {
		{ "print", "write sepp.note(format, ...)" },
		{ "require", "write sepp.require \"name\" at the top of the file" },
		{ "os", "the time is request.time and request.local_time" },
		{ "io", "data comes from sepp.data \"name\"" },
		{ "setmetatable", "policies have no metatables" },
		{ "getmetatable", "policies have no metatables" },
		{ "xpcall", "write pcall(f, ...)" },
		{ "coroutine", "policies have no coroutines" },
		{ "TLS", "write sepp.TLS" },
		{ "PRINS", "write sepp.PRINS" },
		{ "null", "nothing is written nil" },
		{ "None", "nothing is written nil" },
		{ "undefined", "nothing is written nil" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i][0], name) == 0)
			return known[i][1];
	}
	return NULL;
}

/* (real table, key) */
static int l_undefined(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
	const char *instead = name ? instead_of(name) : NULL;

	if (!name)
		return luaL_error(L, "_ENV has no field %s", push_key(L, 2));
	if (instead)
		return luaL_error(L, "undefined name '%s' (%s)", name, instead);
	push_hint(L, 1, str_of(name));
	return luaL_error(L, "undefined name '%s'%s", name, lua_tostring(L, -1));
}

/* (sealed table, key, value) */
static int l_global_assigned(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;

	if (!name)
		return luaL_error(L, "_ENV is read-only");
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		if (strcmp(name, script_hook_name((enum script_hook)h)) == 0)
			return luaL_error(L,
			    "assignment to the global '%s'; a hook belongs to what the file returns: "
			    "function partner.%s(...)",
			    name, name);
	}
	if (lua_isfunction(L, 3))
		return luaL_error(
		    L, "assignment to the global '%s'; write 'local function %s(...)'", name, name);
	return luaL_error(L, "assignment to the global '%s'; write 'local %s = ...'", name, name);
}

/* Sets the field of the table on top to a closure over the light userdata `name`.  [-0, +0] */
static void set_closure(lua_State *L, const char *field, lua_CFunction f, const char *name)
{
	lua_pushlightuserdata(L, (void *)name);
	lua_pushcclosure(L, f, 1);
	lua_setfield(L, -2, field);
}

/* [-1, +1] */
static void seal(lua_State *L, const char *name, lua_CFunction missing, lua_CFunction assigned)
{
	lua_createtable(L, 0, 1);
	set_closure(L, "__index", missing, name);
	lua_setmetatable(L, -2);
	lua_newtable(L);
	lua_createtable(L, 0, 3);
	set_closure(L, "__newindex", assigned, name);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rotate(L, -3, -1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

void seal_library(lua_State *L, const char *name)
{
	seal(L, name, l_not_in_library, l_library_assigned);
}

void seal_environment(lua_State *L)
{
	seal(L, "_ENV", l_undefined, l_global_assigned);
}

static int l_deep_assigned(lua_State *L)
{
	return luaL_error(
	    L, "cannot assign %s: what comes from lib/ and data/ is read-only", push_key(L, 2));
}

static int l_deep_len(lua_State *L)
{
	(void)seal_open(L, 1);
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
	return 1;
}

/* Replaces the table on top by a sealed one that shares it.  [-1, +1] */
static void seal_one(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 4);
	lua_pushcfunction(L, l_deep_assigned);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, l_deep_len);
	lua_setfield(L, -2, "__len");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rotate(L, -3, -1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

/* Seals the table on top; `seen` maps real tables to sealed ones.  [-1, +1] */
static void seal_tree(lua_State *L, int seen, int depth)
{
	const int real = lua_gettop(L);

	fuel_charge(L, 1);
	if (depth > DEPTH_MAX)
		luaL_error(L, "tables nested more than %d deep", DEPTH_MAX);
	luaL_checkstack(L, 8, "tables nested too deep");
	if (lua_getmetatable(L, real)) { /* sealed before */
		lua_pop(L, 1);
		return;
	}
	lua_pushvalue(L, real);
	if (lua_rawget(L, seen) == LUA_TTABLE) {
		lua_replace(L, real);
		return;
	}
	lua_pop(L, 1);
	lua_pushvalue(L, real);
	lua_pushvalue(L, real);
	seal_one(L);
	lua_rawset(L, seen);
	for (lua_pushnil(L); lua_next(L, real);) {
		if (!lua_istable(L, -1)) {
			lua_pop(L, 1);
			continue;
		}
		seal_tree(L, seen, depth + 1);
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, real); /* an existing key: allowed during lua_next */
	}
	lua_pushvalue(L, real);
	lua_rawget(L, seen);
	lua_replace(L, real);
}

void seal_deep(lua_State *L)
{
	if (!lua_istable(L, -1))
		return;
	lua_newtable(L);
	lua_insert(L, -2);
	seal_tree(L, lua_gettop(L) - 1, 0);
	lua_remove(L, -2);
}
