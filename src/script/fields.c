/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/name.h"
#include "script/arg.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/value.h"
#include "script/view.h"

/* What hooks can see: one table for each view, the same that editors are told about. */

/* --- lists */

static void push_plmn(lua_State *L, const struct n32_plmn *plmn)
{
	char out[8];

	lua_pushstring(L, n32_plmn_print(out, plmn));
}

static void push_snpn(lua_State *L, const struct n32_snpn *snpn)
{
	char out[20];

	lua_pushstring(L, n32_snpn_print(out, snpn));
}

/* A list called `list` of what `push_one` makes of the elements of `base_type`. */
#define LIST(list, base_type, count_member, push_one)                                              \
	static size_t count_##list(const struct view *v)                                           \
	{                                                                                          \
		return ((const base_type *)v->base)->count_member;                                 \
	}                                                                                          \
	static void item_##list(lua_State *L, const struct view *v, size_t i)                      \
	{                                                                                          \
		push_one(L, (const base_type *)v->base, i);                                        \
	}                                                                                          \
	static const struct view_def list_##list = {                                               \
		.name = "list",                                                                    \
		.count = count_##list,                                                             \
		.item = item_##list,                                                               \
	};                                                                                         \
	static void push_##list(lua_State *L, const struct view *v)                                \
	{                                                                                          \
		view_push(L, &list_##list, v->base, v->in);                                        \
	}

static void request_cap(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	if (r->caps[i].cap == N32_CAP_UNKNOWN)
		value_push_unknown(L, VALUE_CAP, r->caps[i].text);
	else
		value_push(L, VALUE_CAP, (int)r->caps[i].cap);
}

static void request_plmn(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_plmn(L, &r->plmns[i]);
}

static void request_snpn(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_snpn(L, &r->snpns[i]);
}

static void request_purpose(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	if (r->usages[i].purpose == N32_PURPOSE_UNKNOWN)
		value_push_unknown(L, VALUE_PURPOSE, r->usages[i].text);
	else
		value_push(L, VALUE_PURPOSE, (int)r->usages[i].purpose);
}

static void peer_tag(lua_State *L, const struct script_peer *p, size_t i)
{
	lua_pushstring(L, p->partner->tags[i]);
}

static void peer_plmn(lua_State *L, const struct script_peer *p, size_t i)
{
	push_plmn(L, &p->partner->plmns[i]);
}

static void certificate_name(lua_State *L, const struct script_certificate *c, size_t i)
{
	lua_pushlstring(L, c->dns_names[i].p, c->dns_names[i].n);
}

static void certificate_plmn(lua_State *L, const struct script_certificate *c, size_t i)
{
	push_plmn(L, &c->plmns[i]);
}

LIST(capabilities, struct n32_neg_req, n_caps, request_cap)
LIST(request_plmns, struct n32_neg_req, n_plmns, request_plmn)
LIST(request_snpns, struct n32_neg_req, n_snpns, request_snpn)
LIST(purposes, struct n32_neg_req, n_usages, request_purpose)
LIST(tags, struct script_peer, partner->n_tags, peer_tag)
LIST(peer_plmns, struct script_peer, partner->n_plmns, peer_plmn)
LIST(dns_names, struct script_certificate, n_dns_names, certificate_name)
LIST(certificate_plmns, struct script_certificate, n_plmns, certificate_plmn)

/* --- the time in the gateway's zone */

static int64_t local_seconds(const struct view *v)
{
	return v->in->now_s + v->in->utc_offset_s;
}

/* `a` modulo `b` > 0, never negative. */
static int64_t modulo(int64_t a, int64_t b)
{
	return (a % b + b) % b;
}

static void push_hour(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, modulo(local_seconds(v), 86400) / 3600);
}

static void push_minute(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, modulo(local_seconds(v), 3600) / 60);
}

static void push_weekday(lua_State *L, const struct view *v)
{
	int64_t s = local_seconds(v);
	int64_t day = (s - modulo(s, 86400)) / 86400;

	lua_pushinteger(L, modulo(day + 3, 7) + 1); /* 1970-01-01 was a Thursday */
}

static const struct field local_time_fields[] = {
	{ "hour", FIELD_PUSH, .push = push_hour, .type = "integer", .doc = "0 to 23" },
	{ "weekday", FIELD_PUSH, .push = push_weekday, .type = "integer",
	    .doc = "1 = Monday to 7 = Sunday" },
	{ "minute", FIELD_PUSH, .push = push_minute, .type = "integer", .doc = "0 to 59" },
};

static const struct view_def view_local_time = {
	.name = "request.local_time",
	.fields = local_time_fields,
	.n_fields = ARRAY_LEN(local_time_fields),
};

/* --- request */

static void push_sender(lua_State *L, const struct view *v)
{
	lua_pushstring(L, ((const struct n32_neg_req *)v->base)->sender.text);
}

static void push_target_plmn(lua_State *L, const struct view *v)
{
	const struct n32_neg_req *r = v->base;

	if (r->has_target_plmn)
		push_plmn(L, &r->target_plmn);
	else
		lua_pushnil(L);
}

static void push_features(lua_State *L, const struct view *v)
{
	const struct n32_neg_req *r = v->base;

	lua_pushinteger(L, r->has_features ? (lua_Integer)r->features : 0);
}

static void push_target_api_root(lua_State *L, const struct view *v)
{
	lua_pushboolean(L, ((const struct n32_neg_req *)v->base)->target_api_root);
}

static void push_time(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, v->in->now_s);
}

static void push_local_time(lua_State *L, const struct view *v)
{
	view_push(L, &view_local_time, v->in, v->in);
}

/* request:offers(capability) -> boolean */
static int l_offers(lua_State *L)
{
	const struct n32_neg_req *r = view_check(L, 1, &view_request)->base;
	enum value_kind kind;
	const char *unknown = value_unknown_at(L, 2, &kind);
	bool yes = false;
	int cap;

	if (unknown && kind == VALUE_CAP) {
		for (size_t i = 0; i < r->n_caps && !yes; i++)
			yes = r->caps[i].cap == N32_CAP_UNKNOWN &&
			      strcmp(r->caps[i].text, unknown) == 0;
	} else {
		cap = arg_value(L, 2, VALUE_CAP);
		for (size_t i = 0; i < r->n_caps && !yes; i++)
			yes = (int)r->caps[i].cap == cap;
	}
	fuel_charge(L, r->n_caps);
	lua_pushboolean(L, yes);
	return 1;
}

static const struct field request_fields[] = {
	{ "sender", FIELD_PUSH, .push = push_sender, .type = "string",
	    .doc = "FQDN the request names" },
	{ "capabilities", FIELD_PUSH, .push = push_capabilities, .type = "capability[]",
	    .doc = "what the peer offers, in its order" },
	{ "plmns", FIELD_PUSH, .push = push_request_plmns, .type = "string[]",
	    .doc = "PLMNs the request names, as \"001-01\"" },
	{ "snpns", FIELD_PUSH, .push = push_request_snpns, .type = "string[]",
	    .doc = "SNPNs the request names, as \"001-01-00000abcdef\"" },
	{ "target_plmn", FIELD_PUSH, true, .push = push_target_plmn, .type = "string",
	    .doc = "PLMN the request is for, or nil" },
	{ "purposes", FIELD_PUSH, .push = push_purposes, .type = "purpose[]",
	    .doc = "intended uses; empty when the request names none" },
	{ "features", FIELD_PUSH, .push = push_features, .type = "integer",
	    .doc = "supported features as bits; 0 when absent" },
	{ "target_api_root", FIELD_PUSH, .push = push_target_api_root, .type = "boolean",
	    .doc = "whether the peer supports 3gpp-Sbi-Target-apiRoot" },
	{ "time", FIELD_PUSH, .push = push_time, .type = "integer",
	    .doc = "seconds since 1970 UTC: the only clock" },
	{ "local_time", FIELD_PUSH, .push = push_local_time, .type = "local_time",
	    .doc = "hour, minute and weekday in the gateway's zone" },
	{ "offers", FIELD_METHOD, .method = l_offers, .type = "fun(self, cap: capability): boolean",
	    .doc = "whether the peer offers the capability" },
};

const struct view_def view_request = {
	.name = "request",
	.fields = request_fields,
	.n_fields = ARRAY_LEN(request_fields),
};

/* --- event */

static void push_event_kind(lua_State *L, const struct view *v)
{
	value_push(L, VALUE_EVENT, (int)v->in->event);
}

static const struct field event_fields[] = {
	{ "kind", FIELD_PUSH, .push = push_event_kind, .type = "event",
	    .doc = "what happened to the connection" },
	{ "age_s", FIELD_I64, .offset = offsetof(struct script_input, event_age_s),
	    .type = "integer", .doc = "seconds since the connection was made" },
};

const struct view_def view_event = {
	.name = "event",
	.fields = event_fields,
	.n_fields = ARRAY_LEN(event_fields),
};

/* --- peer */

#define AT(type, member) .offset = offsetof(struct script_##type, member)

static const struct field tls_fields[] = {
	{ "version", FIELD_STR, AT(peer, tls_version), .type = "string", .doc = "\"TLSv1.3\"" },
	{ "cipher", FIELD_STR, AT(peer, tls_cipher), .type = "string", .doc = "its name" },
};

static const struct view_def view_tls = {
	.name = "peer.tls",
	.fields = tls_fields,
	.n_fields = ARRAY_LEN(tls_fields),
};

static const struct field certificate_fields[] = {
	{ "dns_names", FIELD_PUSH, .push = push_dns_names, .type = "string[]",
	    .doc = "the names it is for; a wildcard is \"*.example.org\"" },
	{ "plmns", FIELD_PUSH, .push = push_certificate_plmns, .type = "string[]",
	    .doc = "the PLMNs its names say, MNC in three digits" },
	{ "issuer", FIELD_STR, AT(certificate, issuer), .type = "string", .doc = "who signed it" },
	{ "fingerprint", FIELD_STR, AT(certificate, fingerprint), .type = "string",
	    .doc = "SHA-256 in hexadecimal" },
	{ "days_left", FIELD_I64, AT(certificate, days_left), .type = "integer",
	    .doc = "days until it expires; negative when it has" },
	{ "key", FIELD_STR, AT(certificate, key), .type = "string",
	    .doc = "\"EC 256\", \"RSA 2048\"" },
};

static const struct view_def view_certificate = {
	.name = "peer.certificate",
	.fields = certificate_fields,
	.n_fields = ARRAY_LEN(certificate_fields),
};

static const struct field history_fields[] = {
	{ "last_capability", FIELD_CAP, true, AT(history, last_capability), .type = "capability",
	    .doc = "agreed last; nil = never" },
	{ "last_ok", FIELD_I64, true, AT(history, last_ok_s), .type = "integer",
	    .doc = "when that was, in seconds since 1970 UTC; nil = never" },
	{ "attempts", FIELD_U64, AT(history, attempts), .type = "integer", .doc = "negotiations" },
	{ "failures", FIELD_U64, AT(history, failures), .type = "integer",
	    .doc = "... that failed" },
	{ "errors_in", FIELD_U64, AT(history, errors_in), .type = "integer",
	    .doc = "error reports from the peer" },
	{ "errors_out", FIELD_U64, AT(history, errors_out), .type = "integer",
	    .doc = "error reports to the peer" },
	{ "strikes", FIELD_U64, AT(history, strikes), .type = "integer",
	    .doc = "mistakes of the peer that were counted against it" },
	{ "previous_fingerprint", FIELD_STR, true, AT(history, previous_fingerprint),
	    .type = "string", .doc = "of the certificate before this one; nil = none" },
};

static const struct view_def view_history = {
	.name = "peer.history",
	.fields = history_fields,
	.n_fields = ARRAY_LEN(history_fields),
};

static const struct field counts_fields[] = {
	{ "handshakes_minute", FIELD_U64, AT(counts, handshakes_minute), .type = "integer",
	    .doc = "requests for a negotiation in the last minute" },
	{ "handshakes_hour", FIELD_U64, AT(counts, handshakes_hour), .type = "integer",
	    .doc = "... in the last hour" },
	{ "connections", FIELD_U64, AT(counts, connections), .type = "integer",
	    .doc = "open connections of the partner" },
};

static const struct view_def view_counts = {
	.name = "peer.counts",
	.fields = counts_fields,
	.n_fields = ARRAY_LEN(counts_fields),
};

static bool has_flag(const struct view *v, struct str name)
{
	const struct script_peer *p = v->base;

	for (size_t i = 0; i < p->n_flags; i++) {
		if (str_eq(p->flags[i], name))
			return true;
	}
	return false;
}

static const struct view_def view_flags = { .name = "peer.flags", .has = has_flag };

static void push_name(lua_State *L, const struct view *v)
{
	lua_pushstring(L, v->in->peer.partner->name);
}

static void push_group(lua_State *L, const struct view *v)
{
	const char *group = v->in->peer.partner->group;

	if (*group)
		lua_pushstring(L, group);
	else
		lua_pushnil(L);
}

static void push_path(lua_State *L, const struct view *v)
{
	value_push(L, VALUE_PATH, (int)v->in->peer.partner->path);
}

static void push_role(lua_State *L, const struct view *v)
{
	lua_pushstring(L, v->in->peer.we_initiate ? "initiator" : "responder");
}

static void push_flags(lua_State *L, const struct view *v)
{
	view_push(L, &view_flags, v->base, v->in);
}

/* peer:owns(plmn) -> boolean; the PLMN may be an SNPN */
static int l_owns(lua_State *L)
{
	const struct view *v = view_check(L, 1, &view_peer);
	const struct conf_partner *p = v->in->peer.partner;
	struct str text = arg_short(L, 2);
	struct n32_plmn plmn;
	struct n32_snpn snpn;
	bool yes = false;

	if (n32_plmn_parse(&plmn, text) == 0) {
		for (size_t i = 0; i < p->n_plmns && !yes; i++)
			yes = n32_plmn_eq(&p->plmns[i], &plmn);
	} else if (n32_snpn_parse(&snpn, text) == 0) {
		for (size_t i = 0; i < p->n_snpns && !yes; i++)
			yes = n32_snpn_eq(&p->snpns[i], &snpn);
	} else {
		return arg_fail(L, 2, "PLMN such as \"001-01\" expected, got \"%.40s\"", text.p);
	}
	fuel_charge(L, p->n_plmns + p->n_snpns);
	lua_pushboolean(L, yes);
	return 1;
}

/* peer:certified_for(fqdn) -> boolean; a wildcard covers one label */
static int l_certified_for(lua_State *L)
{
	const struct view *v = view_check(L, 1, &view_peer);
	const struct script_certificate *c = &v->in->peer.certificate;
	struct str text = arg_short(L, 2);
	struct n32_fqdn name, pattern;
	const char *why = "malformed";
	bool yes = false;

	if (n32_fqdn_parse(&name, text, false, &why))
		return arg_fail(L, 2, "FQDN expected, got \"%.80s\": %s", text.p, why);
	for (size_t i = 0; i < c->n_dns_names && !yes; i++) {
		if (str_copy(pattern.text, sizeof(pattern.text), c->dns_names[i]))
			yes = n32_fqdn_matches(pattern.text, name.text);
	}
	fuel_charge(L, 4 * c->n_dns_names);
	lua_pushboolean(L, yes);
	return 1;
}

static const struct field peer_fields[] = {
	{ "name", FIELD_PUSH, .push = push_name, .type = "string", .doc = "as its file says" },
	{ "group", FIELD_PUSH, true, .push = push_group, .type = "string", .doc = "or nil" },
	{ "tags", FIELD_PUSH, .push = push_tags, .type = "string[]", .doc = "as its file says" },
	{ "path", FIELD_PUSH, .push = push_path, .type = "path",
	    .doc = "who reads the messages between the two gateways" },
	{ "plmns", FIELD_PUSH, .push = push_peer_plmns, .type = "string[]",
	    .doc = "the PLMNs its file says" },
	{ "role", FIELD_PUSH, .push = push_role, .type = "string",
	    .doc = "ours: \"responder\" or \"initiator\"" },
	{ "source_address", FIELD_STR, AT(peer, source_address), .type = "string",
	    .doc = "where the connection comes from" },
	{ "tls", FIELD_VIEW, .view = &view_tls, .type = "tls", .doc = "version, cipher" },
	{ "certificate", FIELD_VIEW, AT(peer, certificate), .view = &view_certificate,
	    .type = "certificate", .doc = "what the peer showed" },
	{ "established", FIELD_CAP, true, AT(peer, established), .type = "capability",
	    .doc = "agreed on with the partner, also while a refusal suspends it; nil = nothing" },
	{ "history", FIELD_VIEW, AT(peer, history), .view = &view_history, .type = "history",
	    .doc = "what happened before" },
	{ "counts", FIELD_VIEW, AT(peer, counts), .view = &view_counts, .type = "counts",
	    .doc = "handshakes, connections" },
	{ "flags", FIELD_PUSH, .push = push_flags, .type = "table<string, boolean>",
	    .doc = "switches set with parleyctl: peer.flags[\"name\"]" },
	{ "owns", FIELD_METHOD, .method = l_owns, .type = "fun(self, plmn: string): boolean",
	    .doc = "whether the partner's file names the PLMN" },
	{ "certified_for", FIELD_METHOD, .method = l_certified_for,
	    .type = "fun(self, fqdn: string): boolean",
	    .doc = "whether the certificate is for the name" },
};

const struct view_def view_peer = {
	.name = "peer",
	.fields = peer_fields,
	.n_fields = ARRAY_LEN(peer_fields),
};
