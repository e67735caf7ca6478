/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/object.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"
#include "script/value.h"

/* Hooks are kept in the registry, each under the address of its key. */
struct object {
	const char *type;
	enum script_kind kind;
};

static const char object_key;
static const char hook_keys[SCRIPT_HOOKS];

static const char *const hook_names[SCRIPT_HOOKS] = {
#define X(name, text) text,
	SCRIPT_HOOK_TABLE(X)
#undef X
};

const char *script_hook_name(enum script_hook hook)
{
	return hook_names[hook];
}

bool object_at(lua_State *L, int i, enum script_kind kind)
{
	return value_has_metatable(L, i, &object_key) &&
	       ((const struct object *)lua_touserdata(L, i))->kind == kind;
}

void object_push(lua_State *L, enum script_kind kind)
{
	static const char *const types[] = {
		[SCRIPT_GATEWAY] = "gateway",
		[SCRIPT_PARTNER] = "partner",
		[SCRIPT_POLICY] = "policy",
	};
	struct object *o = lua_newuserdatauv(L, sizeof(*o), 0);

	*o = (struct object){ types[kind], kind };
	lua_rawgetp(L, LUA_REGISTRYINDEX, &object_key);
	lua_setmetatable(L, -2);
}

void object_push_hook(lua_State *L, enum script_hook hook)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &hook_keys[hook]);
}

/* The hook that argument 2 names, or raises. */
static enum script_hook hook_named(lua_State *L)
{
	struct str name = { "", 0 };
	char hint[64];

	if (((const struct object *)lua_touserdata(L, 1))->kind == SCRIPT_GATEWAY)
		luaL_error(L, "gateway.lua has no hooks; they belong into partners/ and shared/");
	if (lua_type(L, 2) == LUA_TSTRING)
		name.p = lua_tolstring(L, 2, &name.n);
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		if (str_is(name, hook_names[h]))
			return (enum script_hook)h;
	}
	text_of(L, 2);
	luaL_error(L, "unknown hook '%s'%s", lua_tostring(L, -1),
	    hint_print(hint, name, hook_names, SCRIPT_HOOKS));
	return SCRIPT_HOOKS;
}

/* (object, name) -> function or nil */
static int l_index(lua_State *L)
{
	object_push_hook(L, hook_named(L));
	return 1;
}

/* (object, name, function) */
static int l_newindex(lua_State *L)
{
	const enum script_hook hook = hook_named(L);
	struct load *load = script_vm_of(L)->load;

	if (!load)
		return luaL_error(
		    L, "hook '%s' is defined while the file loads, not later", hook_names[hook]);
	if (!lua_isfunction(L, 3))
		return luaL_error(
		    L, "hook '%s' must be a function, got %s", hook_names[hook], value_type(L, 3));
	if (lua_iscfunction(L, 3))
		return luaL_error(L,
		    "hook '%s' must be a function of this file; write function partner.%s(...) "
		    "... end",
		    hook_names[hook], hook_names[hook]);
	load->hooks |= 1u << hook;
	lua_rawsetp(L, LUA_REGISTRYINDEX, &hook_keys[hook]);
	return 0;
}

void object_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "__index", l_index },
		{ "__newindex", l_newindex },
		{ NULL, NULL },
	};

	seal_metatable(L, &object_key, functions);
}
