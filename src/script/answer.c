/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <ctype.h>
#include <string.h>

#include "script/answer.h"
#include "script/arg.h"
#include "script/config.h"
#include "script/fuel.h"
#include "script/keys.h"
#include "script/lib_format.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"
#include "script/view.h"

enum {
	DEFER_MAX_S = 3600,
	RETAIN_MAX_S = 7 * 86400,
};

/* Answers are userdata with this metatable: whatever else a hook returns is none. */
static const char answer_key;

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

/* [-0, +1] */
static struct answer *push_answer(lua_State *L, enum script_verdict verdict)
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

/* Refuses an answer that belongs to another hook than the one that decides. */
static void suits(lua_State *L, enum script_hook hook, const char *name)
{
	const struct script_input *in = script_vm_of(L)->in;

	if (in && in->hook != hook)
		luaL_error(L, "sepp.%s answers %s, not %s", name, script_hook_name(hook),
		    script_hook_name(in->hook));
}

/* The decision under way, which must be about `hook`. */
static const struct script_input *deciding(lua_State *L, enum script_hook hook, const char *name)
{
	const struct script_input *in = script_vm_of(L)->in;

	if (!in)
		luaL_error(
		    L, "sepp.%s answers a hook: it cannot be called while the file loads", name);
	suits(L, hook, name);
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
		arg_fail(L, i, "a refusal needs a reason; write %s", example);
	if (lua_type(L, i) != LUA_TSTRING)
		arg_expected(L, i, "string");
	format_push(L, i);
	s.p = lua_tolstring(L, -1, &s.n);
	if (is_blank(s))
		arg_fail(L, i, "a refusal needs a reason; write %s", example);
	return s;
}

/* [-0, +1] */
static int refuse(lua_State *L, enum script_verdict verdict, int i, const char *example)
{
	struct str reason = push_reason(L, i, example);
	struct answer *a = push_answer(L, verdict);

	(void)str_copy(a->reason, sizeof(a->reason), reason);
	return 1;
}

/* --- purposes of a selection */

static const char *cap_list(char *out, size_t size, const struct n32_neg_req *r)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->n_caps; i++) {
		bool known = r->caps[i].cap != N32_CAP_UNKNOWN;
		const char *name = known ? n32_cap_name(r->caps[i].cap) : r->caps[i].text;
		size_t n = strlen(name) + (i ? 2 : 0);

		if (at + n >= size)
			break;
		memcpy(out + at, i ? ", " : "", i ? 2 : 0);
		memcpy(out + at + (i ? 2 : 0), name, strlen(name) + 1);
		at += n;
	}
	return *out ? out : "nothing";
}

/* The set in the list on top.  [-0, +0] */
static conf_purposes read_purposes(lua_State *L, int arg)
{
	conf_purposes set = 0;
	size_t n;

	if (!lua_istable(L, -1))
		arg_fail(L, arg,
		    "purposes: list of purposes expected, got %s; write "
		    "{ purposes = { sepp.purpose.ROAMING } }",
		    value_type(L, -1));
	(void)seal_open(L, -1);
	n = lua_rawlen(L, -1);
	if (n == 0 || n > N32_PURPOSES)
		arg_fail(L, arg, "purposes: list of 1 to %d purposes expected", N32_PURPOSES - 1);
	for (size_t i = 1; i <= n; i++) {
		const struct value *v;

		lua_rawgeti(L, -1, (lua_Integer)i);
		v = value_at(L, -1);
		if (!v || v->kind != VALUE_PURPOSE)
			arg_fail(L, arg, "purposes[%d]: %s", (int)i,
			    arg_push_complaint(L, lua_gettop(L), VALUE_PURPOSE));
		set |= (conf_purposes)1 << v->value;
		lua_pop(L, 1);
	}
	return set;
}

/* Reads { purposes = ... } in argument `i`, if there; false if none was said. */
static bool options_at(lua_State *L, int i, conf_purposes *set)
{
	static const char *const names[] = { "purposes" };
	char hint[64];
	bool said;

	if (lua_isnoneornil(L, i))
		return false;
	arg_table(L, i);
	lua_pushnil(L);
	while (keys_next(L, i)) {
		struct str key = { NULL, 0 };

		if (lua_type(L, -1) != LUA_TSTRING)
			arg_fail(L, i, "write { purposes = { ... } }");
		key.p = lua_tolstring(L, -1, &key.n);
		if (!str_is(key, "purposes"))
			arg_fail(
			    L, i, "unknown field '%s'%s", key.p, hint_print(hint, key, names, 1));
	}
	lua_pop(L, 1);
	lua_pushliteral(L, "purposes");
	said = lua_rawget(L, i) != LUA_TNIL;
	if (said)
		*set = read_purposes(L, i);
	lua_pop(L, 1);
	return said;
}

/* --- constructors */

static bool offered(const struct conf_caps *offer, int cap)
{
	for (size_t i = 0; i < offer->n; i++) {
		if ((int)offer->caps[i] == cap)
			return true;
	}
	return false;
}

/* An answer that selects `cap` with what `options` narrow.  [-0, +1] */
static int push_selection(lua_State *L, int cap, int options)
{
	const struct script_input *in = script_vm_of(L)->in;
	conf_purposes said = 0;
	bool narrowed = options_at(L, options, &said);
	bool none = narrowed && (said & in->purposes_allowed) == 0;
	struct answer *a = push_answer(L, none ? SCRIPT_REJECT : SCRIPT_SELECT);

	if (none) {
		(void)str_copy(a->reason, sizeof(a->reason), str_of("no common purpose"));
		return 1;
	}
	a->cap = (enum n32_cap)cap;
	a->has_purposes = narrowed;
	a->purposes = said & in->purposes_allowed;
	return 1;
}

static int not_selectable(lua_State *L, int cap, const struct n32_neg_req *request)
{
	const char *name = n32_cap_name((enum n32_cap)cap);
	char caps[160];

	for (size_t i = 0; i < request->n_caps; i++) {
		if ((int)request->caps[i].cap == cap)
			return arg_fail(L, 1,
			    "%s is above what the gateway and the partner's file allow; "
			    "write it into capabilities there, or do not select it",
			    name);
	}
	return arg_fail(L, 1,
	    "the peer did not offer %s, but %s; write sepp.prefer(request, { ... })", name,
	    cap_list(caps, sizeof(caps), request));
}

/* sepp.select(capability, { purposes = { ... } }) */
static int l_select(lua_State *L)
{
	const int cap = arg_value(L, 1, VALUE_CAP);
	const struct script_input *in = deciding(L, SCRIPT_SELECT_CAPABILITY, "select");

	if (cap == N32_CAP_NONE)
		return arg_fail(L, 1, "NONE is not a protection; write sepp.reject(reason)");
	if (!offered(&in->offer, cap))
		return not_selectable(L, cap, in->request);
	return push_selection(L, cap, 2);
}

/* The first capability of the list at `i` that is offered, or N32_CAP_UNKNOWN. */
static int first_offered(lua_State *L, int i, const struct conf_caps *offer)
{
	int found = N32_CAP_UNKNOWN;
	size_t n;

	arg_table(L, i);
	n = lua_rawlen(L, i);
	if (n == 0 || n > N32_CAPS_MAX)
		arg_fail(L, i, "list of capabilities expected; write { sepp.PRINS, sepp.TLS }");
	for (size_t k = 1; k <= n; k++) {
		const struct value *v;

		lua_rawgeti(L, i, (lua_Integer)k);
		v = value_at(L, -1);
		if (!v || v->kind != VALUE_CAP)
			arg_fail(L, i, "[%d]: %s", (int)k,
			    arg_push_complaint(L, lua_gettop(L), VALUE_CAP));
		if (v->value == N32_CAP_NONE)
			arg_fail(L, i, "[%d]: NONE is not a protection", (int)k);
		if (!found && offered(offer, v->value))
			found = v->value;
		lua_pop(L, 1);
	}
	return found;
}

/* sepp.prefer(request, { capability, ... }, { purposes = { ... } }) */
static int l_prefer(lua_State *L)
{
	const struct view *v = view_check(L, 1, &view_request);
	const struct script_input *in = deciding(L, SCRIPT_SELECT_CAPABILITY, "prefer");
	const int cap = first_offered(L, 2, &in->offer);
	struct answer *a;
	char caps[160];

	if (cap != N32_CAP_UNKNOWN)
		return push_selection(L, cap, 3);
	lua_pushfstring(
	    L, "no common capability: offered %s", cap_list(caps, sizeof(caps), v->base));
	a = push_answer(L, SCRIPT_REJECT);
	(void)str_copy(a->reason, sizeof(a->reason), str_of(lua_tostring(L, -2)));
	return 1;
}

/* sepp.reject(format, ...) */
static int l_reject(lua_State *L)
{
	suits(L, SCRIPT_SELECT_CAPABILITY, "reject");
	return refuse(L, SCRIPT_REJECT, 1, "sepp.reject(\"why\")");
}

/* sepp.release(format, ...) */
static int l_release(lua_State *L)
{
	suits(L, SCRIPT_RETAIN_CONNECTION, "release");
	return refuse(L, SCRIPT_RELEASE, 1, "sepp.release(\"why\")");
}

/* sepp.defer(seconds, format, ...) */
static int l_defer(lua_State *L)
{
	lua_Integer s = arg_integer(L, 1);

	if (s < 1 || s > DEFER_MAX_S)
		return arg_fail(L, 1, "seconds from 1 to %d expected", DEFER_MAX_S);
	suits(L, SCRIPT_SELECT_CAPABILITY, "defer");
	refuse(L, SCRIPT_DEFER, 2, "sepp.defer(30, \"why\")");
	((struct answer *)lua_touserdata(L, -1))->defer_s = (unsigned)s;
	return 1;
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

/* sepp.retain { idle_s = n, max_age_s = n, ping_s = n, open_reverse = boolean } */
static int l_retain(lua_State *L)
{
	struct answer *a;

	suits(L, SCRIPT_RETAIN_CONNECTION, "retain");
	lua_settop(L, 1);
	a = push_answer(L, SCRIPT_RETAIN);
	if (!lua_isnil(L, 1))
		config_read(L, 1, "sepp.retain", retain_fields, ARRAY_LEN(retain_fields), a);
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

void answer_fill(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "select", l_select },
		{ "prefer", l_prefer },
		{ "reject", l_reject },
		{ "defer", l_defer },
		{ "retain", l_retain },
		{ "release", l_release },
		{ "note", l_note },
		{ NULL, NULL },
	};

	luaL_setfuncs(L, functions, 0);
}
