/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "prog/tool.h"

/* The text of lua/<name>.lua, NUL-terminated; `make` builds this file anew when one changes. */
#define EMBED(name)                                                                                \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl lua_" #name "\n"                                                           \
		"lua_" #name ":\n"                                                                 \
		".incbin \"lua/" #name ".lua\"\n"                                                  \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char lua_##name[];

#define MODULE_TABLE(X) X(coverage) X(editor) X(eval) X(journal) X(report)

MODULE_TABLE(EMBED)

static const struct {
	const char *name, *text;
} modules[] = {
#define X(module) { #module, lua_##module },
	MODULE_TABLE(X)
#undef X
};

/* Runs protected. */
static int open_state(lua_State *L)
{
	luaL_openlibs(L);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "preload");
	for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
		const char *text = modules[i].text;
		const char *chunk = lua_pushfstring(L, "=lua/%s.lua", modules[i].name);

		if (luaL_loadbuffer(L, text, strlen(text), chunk) != LUA_OK)
			return lua_error(L);
		lua_remove(L, -2);
		lua_pushfstring(L, "parley.%s", modules[i].name);
		lua_insert(L, -2);
		lua_settable(L, -3);
	}
	return 0;
}

static int fail(lua_State *L, struct err *e)
{
	const char *said = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error";

	err_set(e, ERR_SYS, "%s", said);
	lua_pop(L, 1);
	return ERR_SYS;
}

lua_State *tool_open(struct err *e)
{
	lua_State *L = luaL_newstate();

	if (!L) {
		err_set(e, ERR_SYS, "no memory for a Lua state");
		return NULL;
	}
	lua_pushcfunction(L, open_state);
	if (lua_pcall(L, 0, 0, 0) == LUA_OK)
		return L;
	fail(L, e);
	lua_close(L);
	return NULL;
}

void tool_close(lua_State *L)
{
	if (L)
		lua_close(L);
}

/* (name, function) -> function */
static int find(lua_State *L)
{
	lua_getglobal(L, "require");
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	lua_pushvalue(L, 2);
	lua_gettable(L, -2);
	return 1;
}

/* (name, function): pushes what find() finds; raises nothing. */
static int push_function(lua_State *L, const char *module, const char *function)
{
	char name[64];

	snprintf(name, sizeof(name), "parley.%s", module);
	lua_pushcfunction(L, find);
	lua_pushstring(L, name);
	lua_pushstring(L, function);
	return lua_pcall(L, 2, 1, 0);
}

int tool_call(
    lua_State *L, const char *module, const char *function, int n, int results, struct err *e)
{
	if (push_function(L, module, function) != LUA_OK) {
		fail(L, e);
		lua_pop(L, n);
		return ERR_SYS;
	}
	lua_insert(L, -n - 1);
	if (lua_pcall(L, n, results, 0) != LUA_OK)
		return fail(L, e);
	return 0;
}
