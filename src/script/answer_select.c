/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/answer.h"
#include "script/arg.h"
#include "script/keys.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"
#include "script/view.h"

/* The answers of select_capability. */

enum {
	DEFER_MAX_S = 3600,
};

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

/* An answer that selects `cap` with what `options` narrow.  [-0, +1] */
static int push_selection(lua_State *L, int cap, int options)
{
	const struct script_input *in = script_vm_of(L)->in;
	conf_purposes said = 0;
	bool narrowed = options_at(L, options, &said);
	bool none = narrowed && (said & in->purposes_allowed) == 0;
	struct answer *a = answer_push(L, none ? SCRIPT_REJECT : SCRIPT_SELECT);

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
	const struct script_input *in = answer_deciding(L, SCRIPT_SELECT, "select");
	const int cap = arg_value(L, 1, VALUE_CAP);

	if (cap == N32_CAP_NONE)
		return arg_fail(L, 1, "NONE is not a protection; write sepp.reject(reason)");
	if (!conf_caps_have(&in->offer, (enum n32_cap)cap))
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
		if (!found && conf_caps_have(offer, (enum n32_cap)v->value))
			found = v->value;
		lua_pop(L, 1);
	}
	return found;
}

/* sepp.prefer(request, { capability, ... }, { purposes = { ... } }) */
static int l_prefer(lua_State *L)
{
	const struct script_input *in = answer_deciding(L, SCRIPT_SELECT, "prefer");
	const struct view *v = view_check(L, 1, &view_request);
	const int cap = first_offered(L, 2, &in->offer);
	struct answer *a;
	char caps[160];

	if (cap != N32_CAP_UNKNOWN)
		return push_selection(L, cap, 3);
	lua_pushfstring(
	    L, "no common capability: offered %s", cap_list(caps, sizeof(caps), v->base));
	a = answer_push(L, SCRIPT_REJECT);
	(void)str_copy(a->reason, sizeof(a->reason), str_of(lua_tostring(L, -2)));
	return 1;
}

/* sepp.defer(seconds, format, ...) */
static int l_defer(lua_State *L)
{
	lua_Integer s;

	answer_suits(L, SCRIPT_DEFER, "defer");
	s = arg_integer(L, 1);
	if (s < 1 || s > DEFER_MAX_S)
		return arg_fail(L, 1, "seconds from 1 to %d expected", DEFER_MAX_S);
	answer_refuse(L, SCRIPT_DEFER, 2, "sepp.defer(30, \"why\")");
	((struct answer *)lua_touserdata(L, -1))->defer_s = (unsigned)s;
	return 1;
}

const struct function answer_select_functions[] = {
	{ "select", l_select, "capability: capability, options?: { purposes: purpose[] }", "answer",
	    "selects a capability that the peer offers and the ceiling allows" },
	{ "prefer", l_prefer,
	    "request: request, order: capability[], options?: { purposes: purpose[] }", "answer",
	    "selects the first of the list that can be selected, and rejects when none can" },
	{ "defer", l_defer, "seconds: integer, reason: string, ...: any", "answer",
	    "asks the peer to come back in 1 to 3600 seconds" },
	{ .name = NULL },
};
