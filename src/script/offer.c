/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/arg.h"
#include "script/hook.h"
#include "script/offer.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"

/* Whether the table on top has keys besides those of its first `n` elements. */
static bool has_other_keys(lua_State *L, size_t n)
{
	size_t keys = 0;

	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (++keys > n) {
			lua_pop(L, 2);
			return true;
		}
	}
	return false;
}

/* [-0, +1] */
static const char *push_ceiling(lua_State *L, const struct conf_caps *caps)
{
	if (caps->n == 0)
		return lua_pushliteral(L, "nothing");
	if (caps->n == 1)
		return lua_pushstring(L, n32_cap_name(caps->caps[0]));
	return lua_pushfstring(
	    L, "%s and %s", n32_cap_name(caps->caps[0]), n32_cap_name(caps->caps[1]));
}

static int fail(lua_State *L, const char *place, size_t i, const char *why)
{
	return luaL_error(
	    L, "%s'offer_capabilities' answers a list whose [%d] is wrong: %s", place, (int)i, why);
}

/* The capability on top, which is element `i` of the list. */
static enum n32_cap read_cap(lua_State *L, const char *place, const struct conf_caps *ceiling,
    const struct conf_caps *before, size_t i)
{
	const struct value *v = value_at(L, -1);

	if (!v || v->kind != VALUE_CAP)
		fail(L, place, i, arg_push_complaint(L, lua_gettop(L), VALUE_CAP));
	if (v->value == N32_CAP_NONE)
		fail(L, place, i, "NONE is not a protection; leave it out");
	if (conf_caps_have(before, (enum n32_cap)v->value))
		fail(
		    L, place, i, lua_pushfstring(L, "%s is there already; write it once", v->name));
	if (!conf_caps_have(ceiling, (enum n32_cap)v->value))
		fail(L, place, i,
		    lua_pushfstring(L,
			"%s is above what the gateway and the partner's file allow, which is %s; "
			"write it into capabilities there, or leave it out",
			v->name, push_ceiling(L, ceiling)));
	return (enum n32_cap)v->value;
}

void offer_read(
    lua_State *L, const char *place, const struct conf_caps *ceiling, struct conf_caps *out)
{
	struct conf_caps caps = { 0, { N32_CAP_UNKNOWN } };
	const char *write = hook_of(SCRIPT_OFFER_CAPABILITIES)->write;
	size_t n;

	(void)seal_open(L, -1);
	n = lua_rawlen(L, -1);
	/* in a longer one, one of the first three is wrong */
	for (size_t i = 1; i <= n; i++) {
		enum n32_cap cap;

		lua_rawgeti(L, -1, (lua_Integer)i);
		cap = read_cap(L, place, ceiling, &caps, i);
		ensure(caps.n < ARRAY_LEN(caps.caps));
		caps.caps[caps.n++] = cap;
		lua_pop(L, 1);
	}
	if (has_other_keys(L, n))
		luaL_error(L, "%s'offer_capabilities' must answer a list without names; write %s",
		    place, write);
	if (n == 0)
		luaL_error(L,
		    "%s'offer_capabilities' must answer a capability at least, got an empty list; "
		    "write %s",
		    place, write);
	*out = caps;
}
