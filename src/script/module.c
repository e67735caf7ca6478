/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "script/arg.h"
#include "script/data.h"
#include "script/fuel.h"
#include "script/library.h"
#include "script/module.h"
#include "script/scan.h"
#include "script/script_int.h"
#include "script/seal.h"

enum {
	PIECE = 64, /* bytes that are compiled between two looks at the clock */
};

static const char modules_key; /* path -> what the file gave, or true while it runs */

/* The file of the directory, or NULL.  Never raises. */
static const struct script_file *find_file(const struct script_files *files, const char *path)
{
	size_t low = 0, high = files->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(files->files[middle].path, path);

		if (order == 0)
			return &files->files[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct reader {
	struct str rest;
};

/*
 * Hands out the text bit by bit: what compiling costs cannot be counted beforehand, since each name
 * is looked for in all functions around it.
 */
static const char *read_piece(lua_State *L, void *arg, size_t *n)
{
	struct reader *r = arg;
	const char *piece = r->rest.p;

	fuel_look(L);
	*n = r->rest.n < PIECE ? r->rest.n : PIECE;
	r->rest.p += *n;
	r->rest.n -= *n;
	return piece;
}

void module_run(lua_State *L, const char *path)
{
	const struct load *load = script_vm_of(L)->load;
	const struct script_file *file = find_file(load->files, path);
	char name[SCRIPT_PLACE_MAX + 1];
	struct err e;

	if (!file)
		luaL_error(L, "there is no file %s", path);
	if (scan_check(path, file->text, &e)) {
		lua_pushstring(L, e.text);
		lua_error(L);
	}
	fuel_charge(L, file->text.n / 8);
	snprintf(name, sizeof(name), "@%s", path);
	if (lua_load(L, read_piece, &(struct reader){ file->text }, name, "t") != LUA_OK)
		lua_error(L);
	library_push_environment(L);
	lua_setupvalue(L, -2, 1); /* _ENV is a main chunk's first upvalue */
	lua_call(L, 0, 1);
}

static bool is_module_name(struct str s)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (s.n == 0 || s.n > CONF_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!s.p[i] || !strchr(letters, s.p[i]))
			return false;
	}
	return true;
}

/* The names of the files "<folder><name><ending>", for a hint. */
static void print_near(const struct script_files *files, const char *folder, const char *ending,
    struct str given, char out[64])
{
	char names[32][CONF_NAME_MAX + 1];
	const char *list[32];
	size_t n = 0, before = strlen(folder), after = strlen(ending);

	for (size_t i = 0; i < files->n && n < ARRAY_LEN(list); i++) {
		struct str path = str_of(files->files[i].path);

		if (!str_starts(path, folder) || path.n <= before + after)
			continue;
		(void)str_copy(names[n], sizeof(names[n]),
		    (struct str){ path.p + before, path.n - before - after });
		list[n] = names[n];
		n++;
	}
	hint_print(out, given, list, n);
}

/*
 * The path of the file that argument 1 names, in `out`, if it is there; `function` and `folder` are
 * for messages.
 */
static const struct script_file *file_named(lua_State *L, const char *function, const char *folder,
    const char *ending, char *out, size_t size)
{
	const struct load *load = script_vm_of(L)->load;
	const struct script_file *file;
	struct str name = arg_string(L, 1);
	char hint[64];

	if (!load)
		luaL_error(L,
		    "sepp.%s works while the file loads; write 'local x = sepp.%s \"%s\"' at "
		    "the top of the file",
		    function, function, name.p);
	if (!is_module_name(name))
		arg_fail(L, 1, "name of a file in %s without its ending expected", folder);
	snprintf(out, size, "%s%s%s", folder, name.p, ending);
	file = find_file(load->files, out);
	if (!file) {
		print_near(load->files, folder, ending, name, hint);
		luaL_error(L, "sepp.%s: there is no file %s%s", function, out, hint);
	}
	return file;
}

/* [-0, +1] */
static void push_modules(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
}

/* Pushes what was made of the file before, or nil.  (name, modules)  [-0, +1] */
static int push_known(lua_State *L, const char *path)
{
	lua_settop(L, 1);
	push_modules(L);
	lua_pushstring(L, path);
	return lua_rawget(L, 2);
}

/* sepp.require(name) -> what lib/<name>.lua returns, read-only */
static int l_require(lua_State *L)
{
	char path[SCRIPT_PLACE_MAX];

	(void)file_named(L, "require", "lib/", ".lua", path, sizeof(path));
	if (push_known(L, path) == LUA_TBOOLEAN)
		return luaL_error(
		    L, "sepp.require: %s needs itself, directly or through others", path);
	if (!lua_isnil(L, -1))
		return 1;
	lua_pushboolean(L, true);
	lua_setfield(L, 2, path);
	module_run(L, path);
	if (!lua_istable(L, -1) && !lua_isfunction(L, -1))
		return luaL_error(
		    L, "%s: the file must end with 'return M', a table or function", path);
	seal_deep(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, path);
	return 1;
}

/* sepp.data(name) -> what data/<name>.json holds, read-only */
static int l_data(lua_State *L)
{
	char path[SCRIPT_PLACE_MAX];
	const struct script_file *file =
	    file_named(L, "data", "data/", ".json", path, sizeof(path));

	if (push_known(L, path) != LUA_TNIL)
		return 1;
	data_push(L, file);
	seal_deep(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, path);
	return 1;
}

void module_need(lua_State *L, const char *path)
{
	const char *slash = strchr(path, '/'), *dot = strrchr(path, '.');

	lua_pushcfunction(L, str_starts(str_of(path), "data/") ? l_data : l_require);
	lua_pushlstring(L, slash + 1, (size_t)(dot - slash - 1));
	lua_call(L, 1, 0);
}

const luaL_Reg lib_module[] = {
	{ "data", l_data },
	{ "require", l_require },
	{ NULL, NULL },
};
