/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "n32/name.h"
#include "script/arg.h"
#include "script/config.h"
#include "script/keys.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"
#include "script/value.h"

enum {
	FIELDS_MAX = 32,
	SECONDS_MAX = 86400,
};

static void *at(void *out, const struct config_field *f)
{
	return (char *)out + f->offset;
}

int config_fail(lua_State *L, const char *what, const struct config_field *f, const char *expected)
{
	if (lua_type(L, -1) == LUA_TSTRING)
		return luaL_error(L, "%s: '%s' must be %s, got \"%s\"; write %s", what, f->name,
		    expected, lua_tostring(L, -1), f->example);
	if (lua_type(L, -1) == LUA_TNUMBER) {
		text_of(L, -1);
		return luaL_error(L, "%s: '%s' must be %s, got %s; write %s", what, f->name,
		    expected, lua_tostring(L, -1), f->example);
	}
	return luaL_error(L, "%s: '%s' must be %s, got %s; write %s", what, f->name, expected,
	    value_type(L, -1), f->example);
}

/* The field whose table has a field of that name, or NULL. */
static const char *owner_of(struct str key, const struct config_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < fields[i].n_sub; k++) {
			if (str_is(key, fields[i].sub[k].name))
				return fields[i].name;
		}
	}
	return NULL;
}

/* Raises that the key on top of the stack is none of the fields. */
static void unknown_key(lua_State *L, int table, const char *what,
    const struct config_field *fields, const char *const *names, size_t n)
{
	const char *owner;
	char hint[64];
	struct str key;

	if (lua_type(L, -1) != LUA_TSTRING) {
		text_of(L, -1);
		luaL_error(L, "%s: unexpected [%s]; fields are written name = value", what,
		    lua_tostring(L, -1));
	}
	key.p = lua_tolstring(L, -1, &key.n);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, table) == LUA_TFUNCTION)
		luaL_error(L,
		    "%s: unknown field '%s'; hooks go behind the table: "
		    "function partner.%s(...)",
		    what, key.p, key.p);
	owner = owner_of(key, fields, n);
	if (owner)
		luaL_error(L, "%s: unknown field '%s'; write %s = { %s = ... }", what, key.p, owner,
		    key.p);
	luaL_error(L, "%s: unknown field '%s'%s", what, key.p, hint_print(hint, key, names, n));
}

/* Raises if the table has a key that is none of the fields. */
static void check_keys(
    lua_State *L, int table, const char *what, const struct config_field *fields, size_t n)
{
	const char *names[FIELDS_MAX];

	ensure(n <= FIELDS_MAX);
	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	lua_pushnil(L);
	while (keys_next(L, table)) {
		struct str key = { NULL, 0 };
		size_t i = 0;

		if (lua_type(L, -1) == LUA_TSTRING)
			key.p = lua_tolstring(L, -1, &key.n);
		while (key.p && i < n && !str_is(key, names[i]))
			i++;
		if (!key.p || i == n)
			unknown_key(L, table, what, fields, names, n);
	}
	lua_pop(L, 1);
}

static void read_fields(
    lua_State *L, int i, const char *what, const struct config_field *fields, size_t n, void *out)
{
	if (!lua_istable(L, i))
		luaL_error(L, "%s: table expected, got %s; write %s { %s }", what, value_type(L, i),
		    what, fields[0].example);
	i = lua_absindex(L, i);
	(void)seal_open(L, i);
	check_keys(L, i, what, fields, n);
	for (size_t k = 0; k < n; k++) {
		lua_pushstring(L, fields[k].name);
		if (lua_rawget(L, i) != LUA_TNIL)
			fields[k].read(L, what, &fields[k], out);
		else if (fields[k].needed)
			luaL_error(L, "%s: '%s' is missing; write %s", what, fields[k].name,
			    fields[k].example);
		lua_pop(L, 1);
	}
}

void config_read(lua_State *L, int i, const struct config_shape *shape, void *out)
{
	read_fields(L, i, shape->name, shape->fields, shape->n, out);
}

const char *config_type(const struct config_field *f)
{
	static const struct {
		config_reader *read;
		const char *type;
	} types[] = {
		{ config_bool, "boolean" },
		{ config_unsigned, "integer" },
		{ config_u64, "integer" },
		{ config_size_kib, "integer" },
		{ config_api, "integer" },
		{ config_seconds, "number" },
		{ config_path, "string" },
		{ config_text_name, "string" },
		{ config_endpoint, "string" },
		{ config_fqdn, "string" },
		{ config_plmns, "string[]" },
		{ config_snpns, "string[]" },
		{ config_caps, "capability[]" },
		{ config_purposes, "purpose[]" },
		{ config_table, "table" },
	};

	for (size_t i = 0; !f->type && i < ARRAY_LEN(types); i++) {
		if (types[i].read == f->read)
			return types[i].type;
	}
	ensure(f->type);
	return f->type;
}

/* --- scalars */

void config_bool(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	if (!lua_isboolean(L, -1))
		config_fail(L, what, f, "true or false");
	*(bool *)at(out, f) = lua_toboolean(L, -1);
}

static uint64_t read_u64(lua_State *L, const char *what, const struct config_field *f)
{
	char expected[96];
	int ok = lua_type(L, -1) == LUA_TNUMBER;
	lua_Integer n = 0;

	if (ok)
		n = lua_tointegerx(L, -1, &ok);
	if (!ok || n < 0 || (uint64_t)n < f->min || (uint64_t)n > f->max) {
		snprintf(expected, sizeof(expected), "a whole number from %llu to %llu",
		    (unsigned long long)f->min, (unsigned long long)f->max);
		config_fail(L, what, f, expected);
	}
	return (uint64_t)n;
}

void config_unsigned(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	*(unsigned *)at(out, f) = (unsigned)read_u64(L, what, f);
}

void config_u64(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	*(uint64_t *)at(out, f) = read_u64(L, what, f);
}

void config_size_kib(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	*(size_t *)at(out, f) = (size_t)read_u64(L, what, f) << 10;
}

void config_api(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	(void)out;
	if (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) != 1)
		config_fail(L, what, f, "1, the only interface there is");
}

void config_seconds(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	lua_Number s = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;

	if (!(s >= 0.001 && s <= SECONDS_MAX))
		config_fail(L, what, f, "seconds, more than 0 and at most 86400");
	*(msec *)at(out, f) = (msec)(s * 1000 + 0.5);
}

void config_table(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	char inner[64];

	if (!lua_istable(L, -1))
		config_fail(L, what, f, "a table");
	snprintf(inner, sizeof(inner), "%s: %s", what, f->name);
	read_fields(L, lua_gettop(L), inner, f->sub, f->n_sub, out);
}

/* --- texts */

/* The string on top, which holds no NUL. */
static struct str read_text(
    lua_State *L, const char *what, const struct config_field *f, const char *expected)
{
	struct str s = { NULL, 0 };

	if (lua_type(L, -1) != LUA_TSTRING)
		config_fail(L, what, f, expected);
	s.p = lua_tolstring(L, -1, &s.n);
	if (s.n == 0 || memchr(s.p, 0, s.n))
		config_fail(L, what, f, expected);
	return s;
}

/* The copy belongs to the struct. */
static void keep(void *out, const struct config_field *f, struct str s)
{
	char **p = at(out, f);

	mem_free(*p);
	*p = mem_dup(s.p, s.n);
}

static bool is_inside(struct str path)
{
	size_t start = 0;

	if (path.n > 200 || path.p[0] == '/')
		return false;
	for (size_t i = 0; i <= path.n; i++) {
		if (i < path.n && path.p[i] != '/')
			continue;
		if (i == start || (i - start == 2 && memcmp(path.p + start, "..", 2) == 0))
			return false;
		start = i + 1;
	}
	return true;
}

void config_path(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	static const char expected[] = "a path inside the directory, without '..'";
	struct str s = read_text(L, what, f, expected);

	if (!is_inside(s))
		config_fail(L, what, f, expected);
	keep(out, f, s);
}

static bool is_name(struct str s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	for (size_t i = 0; i < s.n; i++) {
		if (!strchr(letters, s.p[i]))
			return false;
	}
	return s.n <= CONF_NAME_MAX && !strchr("-_.", s.p[0]);
}

void config_text_name(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	static const char expected[] = "a name of at most 63 of a-z 0-9 - _ . that begins with a "
				       "letter or digit";
	struct str s = read_text(L, what, f, expected);

	if (!is_name(s))
		config_fail(L, what, f, expected);
	(void)str_copy(at(out, f), CONF_NAME_MAX + 1, s);
}

/* Whether `s` is "host:port"; the port from `min` on. */
static bool is_endpoint(struct str s, uint64_t min)
{
	size_t colon = s.n;
	unsigned long port = 0;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon < 2 || colon == s.n || s.n - colon > 5 || s.n > 260)
		return false;
	for (size_t i = colon; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(s.p[i] - '0');
	}
	if (s.p[0] != '[' && memchr(s.p, ':', colon - 1))
		return false; /* an IPv6 address is written in brackets */
	if (s.p[0] == '[' && s.p[colon - 2] != ']')
		return false;
	return port >= min && port <= 65535;
}

void config_endpoint(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	static const char expected[] = "\"address:port\"";
	struct str s = read_text(L, what, f, expected);

	if (!is_endpoint(s, f->min))
		config_fail(L, what, f, expected);
	keep(out, f, s);
}

void config_fqdn(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const char *why = "malformed";
	struct str s = read_text(L, what, f, "an FQDN");

	if (n32_fqdn_parse(at(out, f), s, false, &why))
		config_fail(L, what, f, "an FQDN");
}

/* --- lists */

/* The length of the list on top, from 1 to `max`. */
static size_t list_length(lua_State *L, const char *what, const struct config_field *f, size_t max)
{
	char expected[64];
	size_t n = 0, keys = 0;

	if (lua_istable(L, -1)) {
		(void)seal_open(L, -1);
		n = lua_rawlen(L, -1);
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			keys++;
	}
	if (n == 0 || n != keys || n > max) {
		snprintf(expected, sizeof(expected), "a list of 1 to %zu", max);
		config_fail(L, what, f, expected);
	}
	return n;
}

size_t config_strings(lua_State *L, const char *what, const struct config_field *f, size_t max,
    config_each *each, void *out)
{
	const size_t n = list_length(L, what, f, max);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		each(L, what, f, read_text(L, what, f, "a list of strings"), i, out);
		lua_pop(L, 1);
	}
	return n;
}

static void read_plmn(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct n32_plmn *plmns = out;

	if (n32_plmn_parse(&plmns[i], s))
		config_fail(L, what, f, "a list of PLMNs");
	for (size_t k = 0; k < i; k++) {
		if (n32_plmn_eq(&plmns[k], &plmns[i]))
			luaL_error(L, "%s: '%s' names \"%s\" twice", what, f->name, s.p);
	}
}

/* The count is the size_t in front, see conf.h; `offset` is of the array, `min` of the count. */
void config_plmns(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	size_t *n = (size_t *)(void *)((char *)out + f->min);

	*n = config_strings(L, what, f, N32_PLMNS_MAX, read_plmn, at(out, f));
}

static void read_snpn(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct n32_snpn *snpns = out;

	if (n32_snpn_parse(&snpns[i], s))
		config_fail(L, what, f, "a list of SNPNs");
	for (size_t k = 0; k < i; k++) {
		if (n32_snpn_eq(&snpns[k], &snpns[i]))
			luaL_error(L, "%s: '%s' names \"%s\" twice", what, f->name, s.p);
	}
}

void config_snpns(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	size_t *n = (size_t *)(void *)((char *)out + f->min);

	*n = config_strings(L, what, f, N32_SNPNS_MAX, read_snpn, at(out, f));
}

int config_value(lua_State *L, const char *what, const struct config_field *f, enum value_kind kind)
{
	const struct value *v = value_at(L, -1);

	if (!v || v->kind != kind)
		luaL_error(
		    L, "%s: '%s': %s", what, f->name, arg_push_complaint(L, lua_gettop(L), kind));
	return v->value;
}

void config_caps(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct conf_caps *caps = at(out, f);
	const size_t n = list_length(L, what, f, 3);

	caps->n = 0;
	for (size_t i = 0; i < n; i++) {
		int cap;

		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		cap = config_value(L, what, f, VALUE_CAP);
		if (cap == N32_CAP_NONE)
			luaL_error(L, "%s: '%s': NONE is not a protection; write %s", what, f->name,
			    f->example);
		if (caps->n && (int)caps->caps[0] == cap)
			luaL_error(L, "%s: '%s' names %s twice", what, f->name,
			    n32_cap_name((enum n32_cap)cap));
		if (caps->n == ARRAY_LEN(caps->caps))
			luaL_error(L, "%s: '%s' names a capability twice", what, f->name);
		caps->caps[caps->n++] = (enum n32_cap)cap;
		lua_pop(L, 1);
	}
}

void config_purposes(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const size_t n = list_length(L, what, f, N32_PURPOSES);
	conf_purposes set = 0;

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		set |= (conf_purposes)1 << config_value(L, what, f, VALUE_PURPOSE);
		lua_pop(L, 1);
	}
	*(conf_purposes *)at(out, f) = set;
}

/* --- constructors of files */

static const char *file_of(enum script_kind kind)
{
	static const char *const files[] = {
		[SCRIPT_GATEWAY] = "gateway.lua",
		[SCRIPT_PARTNER] = "a file of partners/",
		[SCRIPT_POLICY] = "default.lua or a file of shared/",
		[SCRIPT_TEST] = "a file of tests/",
	};

	return files[kind];
}

struct load *load_begin(lua_State *L, enum script_kind kind, const char *name)
{
	struct load *load = script_vm_of(L)->load;

	if (!load)
		luaL_error(L, "sepp.%s is called once, while the file loads", name);
	if (load->kind != kind)
		luaL_error(L, "sepp.%s belongs in %s; this is %s", name, file_of(kind),
		    file_of(load->kind));
	if (load->made)
		luaL_error(L, "sepp.%s is called once in a file", name);
	load->made = true;
	return load;
}

const struct function config_functions[] = {
	{ "gateway", l_gateway, "fields: sepp.gateway", "gateway",
	    "who we are: what gateway.lua returns" },
	{ "partner", l_partner, "fields: sepp.partner", "partner",
	    "a partner: hooks are put on it, and its file returns it" },
	{ "policy", l_policy, "fields: sepp.policy", "policy",
	    "hooks for many partners: its file returns it" },
	{ .name = NULL },
};
