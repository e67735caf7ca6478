/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "script/answer.h"
#include "script/arg.h"
#include "script/config.h"
#include "script/fuel.h"
#include "script/hook.h"
#include "script/lib_format.h"
#include "script/script_int.h"
#include "script/value.h"

enum {
	RETAIN_MAX_S = 7 * 86400,
};

/* Answers are userdata with this metatable: whatever else a hook returns is none. */
static const char answer_key;

char *script_place(char out[SCRIPT_PLACE_TEXT_MAX], const struct script_answer *a)
{
	_Static_assert(sizeof(a->file) + STR_NUMBER_MAX <= SCRIPT_PLACE_TEXT_MAX, "any line fits");
	const size_t n = strlen(a->file);

	memcpy(out, a->file, n + 1);
	if (n == 0 || a->line <= 0)
		return out + n;
	out[n] = ':';
	return str_number(out + n + 1, (uint64_t)a->line);
}

const char *script_verdict_name(enum script_verdict verdict)
{
	static const char *const names[] = {
		[SCRIPT_FAILED] = "failed",
		[SCRIPT_SELECT] = "select",
		[SCRIPT_REJECT] = "reject",
		[SCRIPT_DEFER] = "defer",
		[SCRIPT_RETAIN] = "retain",
		[SCRIPT_RELEASE] = "release",
		[SCRIPT_OFFER] = "offer",
		[SCRIPT_ACCEPT] = "accept",
		[SCRIPT_PARAMETERS] = "parameters",
		[SCRIPT_CONTINUE] = "continue",
		[SCRIPT_RENEGOTIATE] = "renegotiate",
		[SCRIPT_TERMINATE] = "terminate",
	};

	return names[verdict];
}

const struct answer *answer_at(lua_State *L, int i)
{
	return value_has_metatable(L, i, &answer_key) ? lua_touserdata(L, i) : NULL;
}

void answer_open(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &answer_key);
}

struct answer *answer_push(lua_State *L, enum script_verdict verdict)
{
	struct answer *a = lua_newuserdatauv(L, sizeof(*a), 0);

	memset(a, 0, sizeof(*a));
	a->type = "answer";
	a->verdict = verdict;
	(void)place_of(L, 1, &a->place);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &answer_key);
	lua_setmetatable(L, -2);
	return a;
}

void answer_suits(lua_State *L, enum script_verdict verdict, const char *name)
{
	const struct script_input *in = script_vm_of(L)->in;

	if (in && !hook_allows(in->hook, verdict))
		luaL_error(L, "sepp.%s does not answer %s; write %s", name,
		    script_hook_name(in->hook), hook_of(in->hook)->write);
}

const struct script_input *answer_deciding(
    lua_State *L, enum script_verdict verdict, const char *name)
{
	const struct script_input *in = script_vm_of(L)->in;

	if (!in)
		luaL_error(
		    L, "sepp.%s answers a hook: it cannot be called while the file loads", name);
	answer_suits(L, verdict, name);
	return in;
}

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isspace((unsigned char)s.p[i]))
			return false;
	}
	return true;
}

/* The text formatted from argument `i` on, cut.  [-0, +1] */
static struct str push_reason(lua_State *L, int i, const char *example)
{
	struct str s;

	if (lua_isnoneornil(L, i))
		arg_fail(L, i, "a reason is needed; write %s", example);
	if (lua_type(L, i) != LUA_TSTRING)
		arg_expected(L, i, "string");
	format_push(L, i);
	s.p = lua_tolstring(L, -1, &s.n);
	if (is_blank(s))
		arg_fail(L, i, "a reason is needed; write %s", example);
	return s;
}

int answer_refuse(lua_State *L, enum script_verdict verdict, int i, const char *example)
{
	struct str reason = push_reason(L, i, example);
	struct answer *a = answer_push(L, verdict);

	(void)str_copy(a->reason, sizeof(a->reason), reason);
	return 1;
}

/* sepp.accept() */
static int l_accept(lua_State *L)
{
	answer_suits(L, SCRIPT_ACCEPT, "accept");
	if (!lua_isnone(L, 1))
		return arg_expected(L, 1, "nothing");
	answer_push(L, SCRIPT_ACCEPT);
	return 1;
}

/* sepp.reject(format, ...) */
static int l_reject(lua_State *L)
{
	answer_suits(L, SCRIPT_REJECT, "reject");
	return answer_refuse(L, SCRIPT_REJECT, 1, "sepp.reject(\"why\")");
}

/* sepp.release(format, ...) */
static int l_release(lua_State *L)
{
	answer_suits(L, SCRIPT_RELEASE, "release");
	return answer_refuse(L, SCRIPT_RELEASE, 1, "sepp.release(\"why\")");
}

static const struct config_field retain_fields[] = {
	{ "idle_s", config_unsigned, offsetof(struct answer, idle_s), .min = 1, .max = RETAIN_MAX_S,
	    .example = "idle_s = 600" },
	{ "max_age_s", config_unsigned, offsetof(struct answer, max_age_s), .min = 1,
	    .max = RETAIN_MAX_S, .example = "max_age_s = 86400" },
	{ "ping_s", config_unsigned, offsetof(struct answer, ping_s), .min = 1, .max = RETAIN_MAX_S,
	    .example = "ping_s = 30" },
	{ "open_reverse", config_bool, offsetof(struct answer, open_reverse),
	    .example = "open_reverse = true" },
};

const struct config_shape answer_retain_shape = {
	"sepp.retain",
	retain_fields,
	ARRAY_LEN(retain_fields),
};

/* sepp.retain { idle_s = n, max_age_s = n, ping_s = n, open_reverse = boolean } */
static int l_retain(lua_State *L)
{
	struct answer *a;

	answer_suits(L, SCRIPT_RETAIN, "retain");
	lua_settop(L, 1);
	a = answer_push(L, SCRIPT_RETAIN);
	if (!lua_isnil(L, 1))
		config_read(L, 1, &answer_retain_shape, a);
	lua_settop(L, 2);
	return 1;
}

/* sepp.note(format, ...): into the record of the decision; what is too much is left out */
static int l_note(lua_State *L)
{
	struct script_answer *out = script_vm_of(L)->out;
	struct str s;

	if (lua_type(L, 1) != LUA_TSTRING)
		return arg_expected(L, 1, "string");
	if (!out)
		return luaL_error(L, "sepp.note writes into the record of a decision: it cannot be "
				     "called while the file loads");
	format_push(L, 1);
	s.p = lua_tolstring(L, -1, &s.n);
	if (out->n_notes < SCRIPT_NOTES_MAX)
		(void)str_copy(out->notes[out->n_notes++], sizeof(out->notes[0]), s);
	return 0;
}

const struct function answer_functions[] = {
	{ "accept", l_accept, "", "answer", "lets the selection of the peer stand" },
	{ "reject", l_reject, "reason: string, ...: any", "answer", "refuses what the peer wants" },
	{ "retain", l_retain, "wishes?: sepp.retain", "answer", "keeps the connection" },
	{ "release", l_release, "reason: string, ...: any", "answer", "ends the connection" },
	{ "note", l_note, "format: string, ...: any", "",
	    "adds a line to the record of the decision" },
	{ .name = NULL },
};
