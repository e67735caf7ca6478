/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/script_int.h"
#include "script/value.h"

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
	{ VALUE_JWE, N32_JWE_A128GCM, "A128GCM", "sepp.jwe.A128GCM" },
	{ VALUE_JWE, N32_JWE_A256GCM, "A256GCM", "sepp.jwe.A256GCM" },
	{ VALUE_JWS, N32_JWS_ES256, "ES256", "sepp.jws.ES256" },
	{ VALUE_KEY_CONTEXT, N32_KEY_CONTEXT_RECEIVER, "RECEIVER", "sepp.key_context.RECEIVER" },
	{ VALUE_KEY_CONTEXT, N32_KEY_CONTEXT_INITIATOR, "INITIATOR", "sepp.key_context.INITIATOR" },
	{ VALUE_KEY_CONTEXT, N32_KEY_CONTEXT_RESPONDER, "RESPONDER", "sepp.key_context.RESPONDER" },
	{ VALUE_MISMATCH, SCRIPT_MISMATCH_REFUSE, "REFUSE", "sepp.mismatch.REFUSE" },
	{ VALUE_MISMATCH, SCRIPT_MISMATCH_WARN, "WARN", "sepp.mismatch.WARN" },
	{ VALUE_CRL, CONF_CRL_REFUSE, "REFUSE", "sepp.crl.REFUSE" },
	{ VALUE_CRL, CONF_CRL_ACCEPT, "ACCEPT", "sepp.crl.ACCEPT" },
#define X(name) { VALUE_PURPOSE, N32_PURPOSE_##name, #name, "sepp.purpose." #name },
	N32_PURPOSE_TABLE(X)
#undef X
#define X(name) { VALUE_N32F_ERROR, N32_ERROR_##name, #name, "sepp.n32f_error." #name },
	    N32_ERROR_TYPE_TABLE(X)
#undef X
};

/* What a peer sent and we do not know. */
struct unknown {
	const char *type;
	enum value_kind kind;
	char text[N32_TEXT_MAX + 1];
};

static const char unknown_key; /* of their metatable in the registry */

static const struct {
	const char *name, *table;
} kinds[VALUE_KINDS] = {
	[VALUE_CAP] = { "capability", "sepp" },
	[VALUE_PURPOSE] = { "purpose", "sepp.purpose" },
	[VALUE_EVENT] = { "event", "sepp.event" },
	[VALUE_PATH] = { "path", "sepp.path" },
	[VALUE_MODE] = { "mode", "sepp" },
	[VALUE_JWE] = { "jwe", "sepp.jwe" },
	[VALUE_JWS] = { "jws", "sepp.jws" },
	[VALUE_MISMATCH] = { "mismatch", "sepp.mismatch" },
	[VALUE_KEY_CONTEXT] = { "key_context", "sepp.key_context" },
	[VALUE_CRL] = { "crl", "sepp.crl" },
	[VALUE_N32F_ERROR] = { "n32f_error", "sepp.n32f_error" },
};

const char *value_kind_name(enum value_kind kind)
{
	return kinds[kind].name;
}

const char *value_kind_table(enum value_kind kind)
{
	return kinds[kind].table;
}

const struct value *value_number(size_t i)
{
	return i < ARRAY_LEN(values) ? &values[i] : NULL;
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

const char *script_event_name(enum script_event event)
{
	return find_value(VALUE_EVENT, (int)event)->name;
}

const struct value *value_at(lua_State *L, int i)
{
	const struct value *v = lua_islightuserdata(L, i) ? lua_touserdata(L, i) : NULL;

	return v >= values && v < values + ARRAY_LEN(values) ? v : NULL;
}

const struct value *value_named(enum value_kind kind, struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (values[i].kind == kind && str_ieq(name, str_of(values[i].name)))
			return &values[i];
	}
	return NULL;
}

const char *value_type(lua_State *L, int i)
{
	const struct value *v = value_at(L, i);

	if (v)
		return value_kind_name(v->kind);
	if (lua_type(L, i) == LUA_TUSERDATA)
		return *(const char **)lua_touserdata(L, i);
	return lua_type(L, i) == LUA_TNONE ? "no value" : lua_typename(L, lua_type(L, i));
}

void value_push_unknown(lua_State *L, enum value_kind kind, const char *text)
{
	struct unknown *u = lua_newuserdatauv(L, sizeof(*u), 0);

	u->type = value_kind_name(kind);
	u->kind = kind;
	(void)str_copy(u->text, sizeof(u->text), str_of(text));
	lua_rawgetp(L, LUA_REGISTRYINDEX, &unknown_key);
	lua_setmetatable(L, -2);
}

bool value_has_metatable(lua_State *L, int i, const void *key)
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

	if (!value_has_metatable(L, i, &unknown_key))
		return NULL;
	u = lua_touserdata(L, i);
	*kind = u->kind;
	return u->text;
}

static int l_unknown_eq(lua_State *L)
{
	enum value_kind a_kind = VALUE_KINDS, b_kind = VALUE_KINDS;
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

size_t value_count(enum value_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		n += values[i].kind == kind;
	return n;
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
