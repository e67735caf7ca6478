/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/answer.h"
#include "script/script_int.h"
#include "script/value.h"

enum {
	LEVELS_MAX = 200,
};

static void print_answer(char *out, size_t size, const struct answer *a)
{
	bool selects = a->verdict == SCRIPT_SELECT;

	snprintf(out, size, "answer: %s%s%s", script_verdict_name(a->verdict), selects ? " " : "",
	    selects ? n32_cap_name(a->cap) : "");
}

static void print_text(char *out, size_t size, const char *text, size_t n)
{
	(void)snprintf(out, size, "\"");
	str_escape(out + 1, size - 2, (struct str){ text, n });
	snprintf(out + strlen(out), 2, "\"");
}

/* The value on top, in few words.  Never raises: no string is made in the state. */
static void print_value(lua_State *L, char *out, size_t size)
{
	const struct value *constant = value_at(L, -1);
	const struct answer *answer = answer_at(L, -1);
	enum value_kind kind;
	const char *unknown = value_unknown_at(L, -1, &kind);

	if (constant)
		snprintf(out, size, "%s", constant->written);
	else if (answer)
		print_answer(out, size, answer);
	else if (unknown)
		print_text(out, size, unknown, strlen(unknown));
	else if (lua_isboolean(L, -1))
		snprintf(out, size, "%s", lua_toboolean(L, -1) ? "true" : "false");
	else if (lua_isinteger(L, -1))
		snprintf(out, size, "%lld", (long long)lua_tointeger(L, -1));
	else if (lua_type(L, -1) == LUA_TNUMBER)
		snprintf(out, size, "%.14g", lua_tonumber(L, -1));
	else if (lua_type(L, -1) == LUA_TSTRING)
		print_text(out, size, lua_tostring(L, -1), lua_rawlen(L, -1));
	else if (lua_istable(L, -1) && lua_rawlen(L, -1) > 0)
		snprintf(out, size, "table of %zu", (size_t)lua_rawlen(L, -1));
	else
		snprintf(out, size, "%s", value_type(L, -1));
}

unsigned script_vm_depth(const struct script_vm *vm)
{
	lua_Debug ar;
	unsigned n = 0;

	while (n < LEVELS_MAX && lua_getstack(vm->L, (int)n, &ar))
		n++;
	return n;
}

size_t script_vm_locals(struct script_vm *vm, struct script_local out[SCRIPT_LOCALS_MAX])
{
	lua_State *L = vm->L;
	lua_Debug ar;
	const char *name;
	size_t n = 0;

	if (!lua_checkstack(L, 1) || !lua_getstack(L, 0, &ar))
		return 0;
	for (int i = 1; n < SCRIPT_LOCALS_MAX && (name = lua_getlocal(L, &ar, i)) != NULL; i++) {
		struct script_local *local = &out[n];

		if (*name != '(') { /* a temporary of the interpreter */
			(void)str_copy(local->name, sizeof(local->name), str_of(name));
			print_value(L, local->value, sizeof(local->value));
			n++;
		}
		lua_pop(L, 1);
	}
	return n;
}
