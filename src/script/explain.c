/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/advice.h"
#include "script/explain.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/value.h"

/* The place of `vm` or, when it is not known, the path. */
static int print_place(const struct script_vm *vm, const char *path, char *out, size_t size)
{
	if (vm->place.line)
		return snprintf(out, size, "%s:%d: ", vm->place.file, vm->place.line);
	return snprintf(out, size, "%s: ", path);
}

static void print_kill(const struct script_vm *vm, char *out, size_t size)
{
	switch (vm->killed) {
	case KILLED_FUEL:
		snprintf(out, size, "stopped after %llu units of fuel",
		    (unsigned long long)vm->fuel_max);
		break;
	case KILLED_CLOCK:
		snprintf(out, size, "stopped after %llu ms of processor time",
		    (unsigned long long)vm->budgets.wall);
		break;
	default:
		snprintf(out, size, "stopped for asking for too much memory again and again");
	}
}

/* Takes "file:line:" off the front of an error message. */
static void place_in_text(struct place *out, const char *said)
{
	const char *colon = strchr(said, ':');
	unsigned long line = 0;

	out->line = 0;
	if (!colon || colon == said || colon[1] < '1' || colon[1] > '9')
		return;
	for (const char *p = colon + 1; *p >= '0' && *p <= '9' && line < 1000000; p++)
		line = line * 10 + (unsigned long)(*p - '0');
	if (str_copy(out->file, sizeof(out->file), (struct str){ said, (size_t)(colon - said) }))
		out->line = (int)line;
}

/* What Lua says without the place, or with that of the end of the file. */
static bool has_no_place(const char *said)
{
	return strcmp(said, "not enough memory") == 0 || strcmp(said, "C stack overflow") == 0;
}

void explain_failure(struct script_vm *vm, const char *path, char *out, size_t size)
{
	lua_State *L = vm->L;
	const bool text = lua_type(L, -1) == LUA_TSTRING;
	const char *said = text ? lua_tostring(L, -1) : NULL;
	int n;

	if (!vm->killed && said && !has_no_place(said)) {
		(void)str_copy(out, size, (struct str){ said, lua_rawlen(L, -1) });
		place_in_text(&vm->place, out);
		advice_add(out, size);
		return;
	}
	n = print_place(vm, path, out, size);
	if (n < 0 || (size_t)n >= size)
		return;
	if (vm->killed)
		print_kill(vm, out + n, size - (size_t)n);
	else if (said && said[0] == 'C')
		snprintf(out + n, size - (size_t)n, "nested too deep (%s)", said);
	else if (said)
		snprintf(out + n, size - (size_t)n, "not enough memory%s%s",
		    vm->refused ? ": " : "", vm->refused ? vm->refused : "");
	else
		snprintf(out + n, size - (size_t)n, "error object (%s)", value_type(L, -1));
}
