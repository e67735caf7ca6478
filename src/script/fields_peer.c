/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/name.h"
#include "script/arg.h"
#include "script/fields_int.h"
#include "script/fuel.h"
#include "script/script_int.h"

/* What hooks can see of the peer, whatever they decide. */

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

LIST(tags, struct script_peer, partner->n_tags, peer_tag)
LIST(peer_plmns, struct script_peer, partner->n_plmns, peer_plmn)
LIST(dns_names, struct script_certificate, n_dns_names, certificate_name)
LIST(certificate_plmns, struct script_certificate, n_plmns, certificate_plmn)

static const struct field tls_fields[] = {
	{ "version", FIELD_STR, AT(script_peer, tls_version), .type = "string",
	    .doc = "\"TLSv1.3\"" },
	{ "cipher", FIELD_STR, AT(script_peer, tls_cipher), .type = "string", .doc = "its name" },
};

const struct view_def view_tls = {
	.name = "peer.tls",
	.fields = tls_fields,
	.n_fields = ARRAY_LEN(tls_fields),
};

static const struct field certificate_fields[] = {
	{ "dns_names", FIELD_PUSH, .push = push_dns_names, .type = "string[]",
	    .doc = "the names it is for; a wildcard is \"*.example.org\"" },
	{ "plmns", FIELD_PUSH, .push = push_certificate_plmns, .type = "string[]",
	    .doc = "the PLMNs its names say, MNC in three digits" },
	{ "issuer", FIELD_STR, AT(script_certificate, issuer), .type = "string",
	    .doc = "who signed it" },
	{ "fingerprint", FIELD_STR, AT(script_certificate, fingerprint), .type = "string",
	    .doc = "SHA-256 in hexadecimal" },
	{ "days_left", FIELD_I64, AT(script_certificate, days_left), .type = "integer",
	    .doc = "days until it expires; negative when it has" },
	{ "key", FIELD_STR, AT(script_certificate, key), .type = "string",
	    .doc = "\"EC 256\", \"RSA 2048\"" },
};

const struct view_def view_certificate = {
	.name = "peer.certificate",
	.fields = certificate_fields,
	.n_fields = ARRAY_LEN(certificate_fields),
};

static const struct field history_fields[] = {
	{ "last_capability", FIELD_CAP, true, AT(script_history, last_capability),
	    .type = "capability", .doc = "agreed last; nil = never" },
	{ "last_ok", FIELD_I64, true, AT(script_history, last_ok_s), .type = "integer",
	    .doc = "when that was, in seconds since 1970 UTC; nil = never" },
	{ "attempts", FIELD_U64, AT(script_history, attempts), .type = "integer",
	    .doc = "negotiations" },
	{ "failures", FIELD_U64, AT(script_history, failures), .type = "integer",
	    .doc = "... that failed" },
	{ "errors_in", FIELD_U64, AT(script_history, errors_in), .type = "integer",
	    .doc = "error reports from the peer" },
	{ "errors_out", FIELD_U64, AT(script_history, errors_out), .type = "integer",
	    .doc = "error reports to the peer" },
	{ "strikes", FIELD_U64, AT(script_history, strikes), .type = "integer",
	    .doc = "mistakes of the peer that were counted against it" },
	{ "previous_fingerprint", FIELD_STR, true, AT(script_history, previous_fingerprint),
	    .type = "string", .doc = "of the certificate before this one; nil = none" },
};

const struct view_def view_history = {
	.name = "peer.history",
	.fields = history_fields,
	.n_fields = ARRAY_LEN(history_fields),
};

static const struct field counts_fields[] = {
	{ "handshakes_minute", FIELD_U64, AT(script_counts, handshakes_minute), .type = "integer",
	    .doc = "requests for a negotiation in the last minute" },
	{ "handshakes_hour", FIELD_U64, AT(script_counts, handshakes_hour), .type = "integer",
	    .doc = "... in the last hour" },
	{ "connections", FIELD_U64, AT(script_counts, connections), .type = "integer",
	    .doc = "open connections of the partner" },
};

const struct view_def view_counts = {
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
	{ "source_address", FIELD_STR, AT(script_peer, source_address), .type = "string",
	    .doc = "where the connection comes from" },
	{ "tls", FIELD_VIEW, .view = &view_tls, .type = "tls", .doc = "version, cipher" },
	{ "certificate", FIELD_VIEW, AT(script_peer, certificate), .view = &view_certificate,
	    .type = "certificate", .doc = "what the peer showed" },
	{ "established", FIELD_CAP, true, AT(script_peer, established), .type = "capability",
	    .doc = "agreed on with the partner, also while a refusal suspends it; nil = nothing" },
	{ "history", FIELD_VIEW, AT(script_peer, history), .view = &view_history, .type = "history",
	    .doc = "what happened before" },
	{ "counts", FIELD_VIEW, AT(script_peer, counts), .view = &view_counts, .type = "counts",
	    .doc = "handshakes, connections" },
	{ "flags", FIELD_PUSH, .push = push_flags, .type = "table<string, boolean>",
	    .doc = "switches set with parleyctl: peer.flags[\"name\"]" },
	{ "owns", FIELD_METHOD, .method = l_owns, .type = "fun(self, plmn: string): boolean",
	    .doc = "whether the partner's file names the PLMN" },
	{ "certified_for", FIELD_METHOD, .method = l_certified_for,
	    .type = "fun(self, fqdn: string): boolean",
	    .doc = "whether the certificate is for the name" },
	FIELDS_OF_TIME,
};

const struct view_def view_peer = {
	.name = "peer",
	.fields = peer_fields,
	.n_fields = ARRAY_LEN(peer_fields),
};
