/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/arg.h"
#include "script/script_int.h"
#include "script/value.h"

/*
 * A constant is a light userdata that points into this table: it costs an image nothing, cannot be
 * forged from Lua, and is equal to itself only.
 */
static const struct value values[] = { { VALUE_CAP, N32_CAP_TLS, "TLS", "sepp.TLS" },
	{ VALUE_CAP, N32_CAP_PRINS, "PRINS", "sepp.PRINS" },
	{ VALUE_CAP, N32_CAP_NONE, "NONE", "sepp.NONE" },
	{ VALUE_MODE, 0, "KEEP_LAST", "sepp.KEEP_LAST" },
	{ VALUE_PATH, CONF_PATH_DIRECT, "DIRECT", "sepp.path.DIRECT" },
	{ VALUE_PATH, CONF_PATH_IP_ONLY, "IP_ONLY", "sepp.path.IP_ONLY" },
	{ VALUE_PATH, CONF_PATH_INTERMEDIARY, "INTERMEDIARY", "sepp.path.INTERMEDIARY" },
	{ VALUE_EVENT, SCRIPT_EVENT_NEGOTIATED, "NEGOTIATED", "sepp.event.NEGOTIATED" },
	{ VALUE_EVENT, SCRIPT_EVENT_IDLE, "IDLE", "sepp.event.IDLE" },
	{ VALUE_EVENT, SCRIPT_EVENT_MAX_AGE, "MAX_AGE", "sepp.event.MAX_AGE" },
	{ VALUE_EVENT, SCRIPT_EVENT_LOST, "LOST", "sepp.event.LOST" },
	{ VALUE_EVENT, SCRIPT_EVENT_LIMIT, "LIMIT", "sepp.event.LIMIT" },
	{ VALUE_EVENT, SCRIPT_EVENT_CERTIFICATE_CHANGED, "CERTIFICATE_CHANGED",
	    "sepp.event.CERTIFICATE_CHANGED" },
	{ VALUE_EVENT, SCRIPT_EVENT_POLICY_CHANGED, "POLICY_CHANGED", "sepp.event.POLICY_CHANGED" },
	{ VALUE_EVENT, SCRIPT_EVENT_ERRORS, "ERRORS", "sepp.event.ERRORS" },
#define X(name) { VALUE_PURPOSE, N32_PURPOSE_##name, #name, "sepp.purpose." #name },
	N32_PURPOSE_TABLE(X)
#undef X
};

/* What a peer sent and we do not know: comparable and printable, of no other use. */
struct unknown {
	enum value_kind kind;
	char text[N32_TEXT_MAX + 1];
};

static const char unknown_key; /* of their metatable in the registry */

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[VALUE_KINDS] = {
		[VALUE_CAP] = "capability",
		[VALUE_PURPOSE] = "purpose",
		[VALUE_EVENT] = "event",
		[VALUE_PATH] = "path",
		[VALUE_MODE] = "mode",
	};

	return names[kind];
}

static const struct value *find_value(enum value_kind kind, int value)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (values[i].kind == kind && values[i].value == value)
			return &values[i];
	}
	return NULL;
}

void value_push(lua_State *L, enum value_kind kind, int value)
{
	const struct value *v = find_value(kind, value);

	ensure(v);
	lua_pushlightuserdata(L, (void *)v);
}

const struct value *value_at(lua_State *L, int i)
{
	const struct value *v = lua_islightuserdata(L, i) ? lua_touserdata(L, i) : NULL;

	return v >= values && v < values + ARRAY_LEN(values) ? v : NULL;
}

void value_push_unknown(lua_State *L, enum value_kind kind, const char *text)
{
	struct unknown *u = lua_newuserdatauv(L, sizeof(*u), 0);

	u->kind = kind;
	(void)str_copy(u->text, sizeof(u->text), str_of(text));
	lua_rawgetp(L, LUA_REGISTRYINDEX, &unknown_key);
	lua_setmetatable(L, -2);
}

/* Whether the metatable of the userdata at `i` is the one kept under `key`.  Never raises. */
static bool has_metatable(lua_State *L, int i, const void *key)
{
	bool same;

	if (lua_type(L, i) != LUA_TUSERDATA || !lua_getmetatable(L, i))
		return false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same;
}

const char *value_unknown_at(lua_State *L, int i, enum value_kind *kind)
{
	const struct unknown *u;

	if (!has_metatable(L, i, &unknown_key))
		return NULL;
	u = lua_touserdata(L, i);
	*kind = u->kind;
	return u->text;
}

static int l_unknown_eq(lua_State *L)
{
	enum value_kind a_kind, b_kind;
	const char *a = value_unknown_at(L, 1, &a_kind);
	const char *b = value_unknown_at(L, 2, &b_kind);

	lua_pushboolean(L, a && b && a_kind == b_kind && strcmp(a, b) == 0);
	return 1;
}

void value_open(lua_State *L)
{
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, l_unknown_eq);
	lua_setfield(L, -2, "__eq");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &unknown_key);
}

/* The constant that the policy should have written instead of `text`. */
static const struct value *meant(enum value_kind kind, struct str text)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (values[i].kind == kind && str_ieq(text, str_of(values[i].name)))
			return &values[i];
	}
	return NULL;
}

const char *value_push_complaint(lua_State *L, int i, enum value_kind kind)
{
	const char *wanted = value_kind_name(kind);
	const struct value *v;
	enum value_kind got;
	const char *unknown = value_unknown_at(L, i, &got);
	struct str s;

	if (unknown && got == kind)
		return lua_pushfstring(L,
		    "the %s '%s' of the peer is unknown here and cannot be used", wanted, unknown);
	if (lua_type(L, i) != LUA_TSTRING)
		return lua_pushfstring(L, "%s expected, got %s", wanted, arg_type(L, i));
	s.p = lua_tolstring(L, i, &s.n);
	v = meant(kind, s);
	if (!v)
		return lua_pushfstring(L, "%s expected, got string", wanted);
	return lua_pushfstring(
	    L, "%s expected, got string; write %s, not the string \"%s\"", wanted, v->written, s.p);
}

int value_check(lua_State *L, int i, enum value_kind kind)
{
	const struct value *v = value_at(L, i);

	if (!v || v->kind != kind)
		return arg_fail(L, i, "%s", value_push_complaint(L, i, kind));
	return v->value;
}

void value_fill(lua_State *L, enum value_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (values[i].kind != kind)
			continue;
		lua_pushlightuserdata(L, (void *)&values[i]);
		lua_setfield(L, -2, values[i].name);
	}
}
