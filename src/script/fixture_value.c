/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "n32/name.h"
#include "script/arg.h"
#include "script/case.h"
#include "script/date.h"
#include "script/fixture_value.h"
#include "script/seal.h"
#include "script/value.h"

enum {
	ZONE_MAX_S = 14 * 3600,
};

/* --- one value */

static void *at(void *out, const struct config_field *f)
{
	return (char *)out + f->offset;
}

void fixture_read_path(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	*(enum conf_path *)at(out, f) = (enum conf_path)config_value(L, what, f, VALUE_PATH);
}

void fixture_read_event(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	*(enum script_event *)at(out, f) = (enum script_event)config_value(L, what, f, VALUE_EVENT);
}

/* What is agreed on; false is nothing. */
void fixture_read_agreed(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	enum n32_cap *cap = at(out, f);

	if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) {
		*cap = N32_CAP_UNKNOWN;
		return;
	}
	*cap = (enum n32_cap)config_value(L, what, f, VALUE_CAP);
	if (*cap == N32_CAP_NONE)
		luaL_error(
		    L, "%s: '%s': NONE is never agreed on; write false for nothing", what, f->name);
}

void fixture_read_integer(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	int ok = lua_type(L, -1) == LUA_TNUMBER;
	lua_Integer n = ok ? lua_tointegerx(L, -1, &ok) : 0;

	if (!ok)
		config_fail(L, what, f, "a whole number");
	*(int64_t *)at(out, f) = n;
}

static struct str text_on_top(
    lua_State *L, const char *what, const struct config_field *f, size_t max)
{
	struct str s = { "", 0 };
	char expected[48];

	if (lua_type(L, -1) == LUA_TSTRING)
		s.p = lua_tolstring(L, -1, &s.n);
	snprintf(expected, sizeof(expected), "a text of at most %zu bytes", max);
	if (lua_type(L, -1) != LUA_TSTRING || s.n > max || memchr(s.p, 0, s.n))
		config_fail(L, what, f, expected);
	return s;
}

/* `max` is the longest text. */
void fixture_read_text(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	(void)str_copy(at(out, f), f->max + 1, text_on_top(L, what, f, f->max));
}

void fixture_read_role(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct str s = text_on_top(L, what, f, 16);

	if (!str_is(s, "initiator") && !str_is(s, "responder"))
		config_fail(L, what, f, "\"responder\" or \"initiator\"");
	*(bool *)at(out, f) = str_is(s, "initiator");
}

void fixture_read_features(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_neg_req *req = at(out, f);

	config_u64(L, what,
	    &(struct config_field){
		.name = f->name, .offset = 0, .max = f->max, .example = f->example },
	    &req->features);
	req->has_features = true;
}

void fixture_read_target(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_neg_req *req = at(out, f);

	if (n32_plmn_parse(&req->target_plmn, text_on_top(L, what, f, 16)))
		config_fail(L, what, f, "a PLMN");
	req->has_target_plmn = true;
}

/* --- time */

/* Reads `n` digits; -1 if there are not so many. */
static int64_t digits(const char **p, int n)
{
	int64_t value = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

void fixture_read_time(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	int64_t *time = at(out, f);
	struct str s;

	if (lua_type(L, -1) == LUA_TSTRING) {
		s.p = lua_tolstring(L, -1, &s.n);
		if (date_parse(time, s))
			config_fail(L, what, f, "a time in UTC");
		return;
	}
	fixture_read_integer(L, what, f, out);
	if (*time < 0)
		config_fail(L, what, f, "seconds since 1970 UTC");
}

/* "+02:00" */
static bool parse_zone(const char *p, int32_t *out)
{
	int sign = *p == '-' ? -1 : 1;
	int64_t hours, minutes;

	if (*p != '+' && *p != '-')
		return false;
	p++;
	hours = digits(&p, 2);
	if (hours < 0 || *p++ != ':')
		return false;
	minutes = digits(&p, 2);
	if (minutes < 0 || minutes > 59 || *p)
		return false;
	*out = (int32_t)(sign * (hours * 3600 + minutes * 60));
	return *out >= -ZONE_MAX_S && *out <= ZONE_MAX_S;
}

void fixture_read_zone(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	static const char expected[] = "seconds east of UTC, or a text such as \"+02:00\"";
	int32_t *zone = at(out, f);
	lua_Integer n;
	int ok;

	if (lua_type(L, -1) == LUA_TSTRING) {
		if (!parse_zone(lua_tostring(L, -1), zone))
			config_fail(L, what, f, expected);
		return;
	}
	n = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &ok) : (ok = 0);
	if (!ok || n < -ZONE_MAX_S || n > ZONE_MAX_S)
		config_fail(L, what, f, expected);
	*zone = (int32_t)n;
}

/* --- lists */

/* The length of the sequence on top, which may be empty. */
static size_t list_length(lua_State *L, const char *what, const struct config_field *f, size_t max)
{
	char expected[64];
	size_t n = 0, keys = 0;

	if (lua_istable(L, -1)) {
		(void)seal_open(L, -1);
		n = lua_rawlen(L, -1);
		for (lua_pushnil(L); keys <= max && lua_next(L, -2); lua_pop(L, 1))
			keys++;
		if (keys > max)
			lua_pop(L, 1); /* the key */
	}
	if (!lua_istable(L, -1) || n != keys || n > max) {
		snprintf(expected, sizeof(expected), "a list of at most %zu", max);
		config_fail(L, what, f, expected);
	}
	return n;
}

/* An empty list where `read` knows none. */
static void read_or_empty(
    lua_State *L, const char *what, const struct config_field *f, void *out, config_reader *read)
{
	if (lua_istable(L, -1) && list_length(L, what, f, N32_PLMNS_MAX) == 0)
		*(size_t *)(void *)((char *)out + f->min) = 0;
	else
		read(L, what, f, out);
}

void fixture_read_plmns(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	read_or_empty(L, what, f, out, config_plmns);
}

void fixture_read_snpns(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	read_or_empty(L, what, f, out, config_snpns);
}

/* Those of a certificate have an MNC of three digits. */
void fixture_read_certified_plmns(
    lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct script_case *c = out;

	fixture_read_plmns(L, what, f, out);
	for (size_t i = 0; i < c->n_plmns; i++) {
		struct n32_plmn *plmn = &c->plmns[i];

		if (strlen(plmn->mnc) == 2) {
			memmove(plmn->mnc + 1, plmn->mnc, 3);
			plmn->mnc[0] = '0';
		}
	}
}

/* Of texts with `sub` unused: `max` texts of CONF_NAME_MAX bytes; their count is at `min`. */
void fixture_read_names(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const size_t n = list_length(L, what, f, f->max);
	char *names = at(out, f);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		(void)str_copy(names + i * (CONF_NAME_MAX + 1), CONF_NAME_MAX + 1,
		    text_on_top(L, what, f, CONF_NAME_MAX));
		lua_pop(L, 1);
	}
	*(size_t *)(void *)((char *)out + f->min) = n;
}

void fixture_read_dns_names(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const size_t n = list_length(L, what, f, SCRIPT_CASE_NAMES_MAX);
	struct script_case *c = out;

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		(void)str_copy(c->dns_names[i], sizeof(c->dns_names[i]),
		    text_on_top(L, what, f, N32_FQDN_MAX));
		lua_pop(L, 1);
	}
	c->n_dns_names = n;
}

/*
 * What a peer may send: the constant of `kind` on top, or a text that is none of ours, into `text`.
 * Returns the constant, or 0 for a text.
 */
static int read_sent(lua_State *L, const char *what, const struct config_field *f,
    enum value_kind kind, char text[N32_TEXT_MAX + 1])
{
	struct str s;

	if (lua_type(L, -1) != LUA_TSTRING)
		return config_value(L, what, f, kind);
	s = text_on_top(L, what, f, N32_TEXT_MAX);
	if (value_named(kind, s))
		return config_value(L, what, f, kind); /* which says what to write */
	(void)str_copy(text, N32_TEXT_MAX + 1, s);
	return 0;
}

void fixture_read_sent_caps(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_neg_req *req = at(out, f);
	const size_t n = list_length(L, what, f, N32_CAPS_MAX);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		req->caps[i].cap =
		    (enum n32_cap)read_sent(L, what, f, VALUE_CAP, req->caps[i].text);
		lua_pop(L, 1);
	}
	req->n_caps = n;
}

void fixture_read_sent_cap(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_cap_item *item = at(out, f);

	item->cap = (enum n32_cap)read_sent(L, what, f, VALUE_CAP, item->text);
}

/* `min` is the offset of the count. */
void fixture_read_usages(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_usage *usages = at(out, f);
	const size_t n = list_length(L, what, f, N32_USAGES_MAX);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		usages[i] = (struct n32_usage){ 0 };
		usages[i].purpose =
		    (enum n32_purpose)read_sent(L, what, f, VALUE_PURPOSE, usages[i].text);
		lua_pop(L, 1);
	}
	*(size_t *)(void *)((char *)out + f->min) = n;
}

void fixture_read_answered_features(
    lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_neg_rsp *rsp = at(out, f);

	config_u64(L, what,
	    &(struct config_field){
		.name = f->name, .offset = 0, .max = f->max, .example = f->example },
	    &rsp->features);
	rsp->has_features = true;
}

void fixture_read_answered_root(
    lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct n32_neg_rsp *rsp = at(out, f);

	if (!lua_isboolean(L, -1))
		config_fail(L, what, f, "true or false");
	rsp->target_api_root = lua_toboolean(L, -1);
	rsp->has_target_api_root = true;
}

/* `min` is the offset of the count. */
static void read_suites(
    lua_State *L, const char *what, const struct config_field *f, void *out, enum value_kind kind)
{
	struct n32_suite *suites = at(out, f);
	const size_t n = list_length(L, what, f, N32_SUITES_MAX);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		suites[i].value = read_sent(L, what, f, kind, suites[i].text);
		lua_pop(L, 1);
	}
	*(size_t *)(void *)((char *)out + f->min) = n;
}

void fixture_read_jwe(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	read_suites(L, what, f, out, VALUE_JWE);
}

void fixture_read_jws(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	read_suites(L, what, f, out, VALUE_JWS);
}

void fixture_read_error(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct script_report *report = at(out, f);

	report->error =
	    (enum n32_error_type)read_sent(L, what, f, VALUE_N32F_ERROR, report->error_text);
}
