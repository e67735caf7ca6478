/* SPDX-License-Identifier: MIT */
/*
 * script_stock.h - the same Lua text in a policy and in stock Lua, side by side.
 */
#ifndef TESTS_SCRIPT_STOCK_H
#define TESTS_SCRIPT_STOCK_H

#include "script_kit.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* show(f, ...): all that f gives as one text, or "error". */
#define STOCK_SHOW                                                                                 \
	"local function show(...)\n"                                                               \
	"  local function join(ok, ...)\n"                                                         \
	"    if not ok then return \"error\" end\n"                                                \
	"    local out = {}\n"                                                                     \
	"    for i = 1, select(\"#\", ...) do\n"                                                   \
	"      local v = select(i, ...)\n"                                                         \
	"      out[i] = (math.type(v) or type(v)):sub(1, 3) .. \":\" .. tostring(v)\n"             \
	"    end\n"                                                                                \
	"    return table.concat(out, \"|\")\n"                                                    \
	"  end\n"                                                                                  \
	"  return join(pcall(...))\n"                                                              \
	"end\n"

/* What stock Lua gives for the chunk, in `out`. */
static inline const char *stock_run(lua_State *L, const char *chunk, char out[512])
{
	if (luaL_dostring(L, chunk) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	snprintf(out, 512, "%s", lua_tostring(L, -1));
	lua_settop(L, 0);
	return out;
}

/* Fails unless both give the same for `call`, the arguments of show(). */
static inline void stock_same(struct kit *k, lua_State *L, const char *call)
{
	char chunk[8192], want[512];
	const struct script_answer *a;

	snprintf(chunk, sizeof(chunk), STOCK_SHOW "return show(%s)", call);
	stock_run(L, chunk, want);
	snprintf(chunk, sizeof(chunk),
	    STOCK_SHOW "local text = show(%s) return sepp.reject(\"<%%s>\", text)", call);
	a = kit_select(k, chunk);
	if (a->verdict != SCRIPT_REJECT)
		fail_msg("%s: %s", call, a->reason);
	want[SCRIPT_TEXT_MAX - 2] = '\0';
	if (strncmp(a->reason + 1, want, strlen(want)) != 0 ||
	    (strlen(want) < 250 && strlen(a->reason) != strlen(want) + 2))
		fail_msg("%s\n  ours  %s\n  stock <%s>", call, a->reason, want);
}

/* A list of arguments of show(). */
static inline void stock_same_all(const char *const *calls, size_t n)
{
	struct kit *k = kit_open();
	lua_State *L = luaL_newstate();

	luaL_openlibs(L);
	for (size_t i = 0; i < n; i++)
		stock_same(k, L, calls[i]);
	lua_close(L);
	kit_close(k);
}

#endif
