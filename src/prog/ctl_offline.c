/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "prog/ctl_offline.h"
#include "prog/tool.h"

/* Says that there is no such thing, and which one was probably meant. */
static void say_unknown(const char *what, const char *given, const char *const *names, size_t n)
{
	const char *near = str_nearest(str_of(given), names, n);

	fprintf(stderr, "parleyctl: there is no %s '%s'", what, given);
	if (near)
		fprintf(stderr, " (did you mean '%s'?)", near);
	for (size_t i = 0; i < n && !near && n <= 8; i++)
		fprintf(stderr, "%s%s", i ? ", " : "; there are ", names[i]);
	fputc('\n', stderr);
}

const struct partner *ctl_need_partner(const struct generation *g, const char *name)
{
	const char **names = mem_array(g->n_partners + 1, sizeof(*names));

	for (size_t i = 0; i < g->n_partners; i++) {
		names[i] = g->partners[i]->conf->name;
		if (strcmp(names[i], name) == 0) {
			mem_free(names);
			return g->partners[i];
		}
	}
	say_unknown("partner", name, names, g->n_partners);
	mem_free(names);
	return NULL;
}

enum script_hook ctl_need_hook(const char *name)
{
	const char *names[SCRIPT_HOOKS];

	for (size_t i = 0; i < SCRIPT_HOOKS; i++) {
		names[i] = script_hook_name(i);
		if (strcmp(names[i], name) == 0)
			return i;
	}
	say_unknown("hook", name, names, SCRIPT_HOOKS);
	return SCRIPT_HOOKS;
}

struct script_case *ctl_usual_case(
    const struct generation *g, const struct partner *p, enum script_hook hook)
{
	struct script_case *c = script_case_new(hook);

	script_case_set_partner(c, p->conf);
	script_case_set_offer(c, g->conf);
	return c;
}

struct arguments {
	int n;
	char **texts;
};

/* Runs protected. */
static int push_arguments(lua_State *L)
{
	const struct arguments *a = lua_touserdata(L, 1);

	luaL_checkstack(L, a->n, "too many arguments");
	for (int i = 0; i < a->n; i++)
		lua_pushstring(L, a->texts[i]);
	return a->n;
}

int ctl_run_lua(const char *module, int argc, char *argv[])
{
	struct arguments a = { argc, argv };
	struct err e = { 0 };
	lua_State *L = tool_open(&e);
	int status = EXIT_FAILURE;

	if (L && lua_checkstack(L, argc + 2)) {
		lua_pushcfunction(L, push_arguments);
		lua_pushlightuserdata(L, &a);
		if (lua_pcall(L, 1, argc, 0) == LUA_OK &&
		    tool_call(L, module, "main", argc, 1, &e) == 0)
			status = (int)lua_tointeger(L, -1);
	}
	if (*e.text)
		fprintf(stderr, "parleyctl: %s\n", e.text);
	tool_close(L);
	return status;
}

int ctl_show(const char *module, struct str json)
{
	char *argv[] = { mem_dup(json.p, json.n) };
	int status = ctl_run_lua(module, 1, argv);

	mem_free(argv[0]);
	return status;
}
