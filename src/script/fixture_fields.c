/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/case.h"
#include "script/config.h"
#include "script/fixture_fields.h"
#include "script/fixture_value.h"
#include "script/keys.h"
#include "script/seal.h"
#include "script/text.h"

/* A number no test needs more of, and that the library's messages can say. */
#define MANY 1000000000000ull

/* --- the fields; the first ones of a peer are those of its file */

#define AT(member)    .offset = offsetof(struct script_case, member)
#define COUNT(member) .min = offsetof(struct script_case, member)
#define PEER(member)  AT(in.peer.member)
#define TEXT(name, member, text)                                                                   \
	{                                                                                          \
		name, fixture_read_text, AT(member), .max = SCRIPT_CASE_TEXT_MAX, .example = text  \
	}
#define NUMBER(name, member)                                                                       \
	{                                                                                          \
		name, config_u64, PEER(member), .max = MANY, .example = name " = 1"                \
	}
#define CLOCK                                                                                      \
	{ "time", fixture_read_time, AT(in.now_s), .example = "time = \"2026-07-01 14:30\"" },     \
	{                                                                                          \
		"utc_offset", fixture_read_zone, AT(in.utc_offset_s),                              \
		    .example = "utc_offset = \"+02:00\""                                           \
	}

enum {
	IDENTITY_FIELDS = 7
};

static const struct config_field peer_fields[] = {
	{ "name", config_text_name, AT(partner.name), .example = "name = \"example-mobile\"" },
	{ "group", config_text_name, AT(partner.group), .example = "group = \"hub\"" },
	{ "tags", fixture_read_names, AT(partner.tags), COUNT(partner.n_tags), .max = CONF_TAGS_MAX,
	    .example = "tags = { \"wholesale\" }" },
	{ "path", fixture_read_path, AT(partner.path), .example = "path = sepp.path.DIRECT" },
	{ "plmns", config_plmns, AT(partner.plmns), COUNT(partner.n_plmns),
	    .example = "plmns = { \"262-01\" }" },
	{ "capabilities", config_caps, AT(partner.capabilities),
	    .example = "capabilities = { sepp.PRINS, sepp.TLS }" },
	{ "purposes", config_purposes, AT(partner.purposes),
	    .example = "purposes = { sepp.purpose.ROAMING }" },
	{ "role", fixture_read_role, PEER(we_initiate), .example = "role = \"responder\"" },
	TEXT("source_address", source_address, "source_address = \"192.0.2.7:49152\""),
	TEXT("tls_version", tls_version, "tls_version = \"TLSv1.3\""),
	TEXT("tls_cipher", tls_cipher, "tls_cipher = \"TLS_AES_128_GCM_SHA256\""),
	{ "established", fixture_read_agreed, PEER(established),
	    .example = "established = sepp.PRINS" },
	{ "cert_days_left", fixture_read_integer, PEER(certificate.days_left),
	    .example = "cert_days_left = 6" },
	TEXT("cert_issuer", issuer, "cert_issuer = \"CN=Roaming CA\""),
	TEXT("cert_fingerprint", fingerprint, "cert_fingerprint = \"00aa\""),
	TEXT("cert_key", key, "cert_key = \"EC 256\""),
	{ "cert_dns_names", fixture_read_dns_names,
	    .example = "cert_dns_names = { \"sepp.example.org\" }" },
	{ "cert_plmns", fixture_read_certified_plmns, AT(plmns), COUNT(n_plmns),
	    .example = "cert_plmns = { \"262-01\" }" },
	{ "last_capability", fixture_read_agreed, PEER(history.last_capability),
	    .example = "last_capability = sepp.PRINS" },
	{ "last_ok", fixture_read_time, PEER(history.last_ok_s),
	    .example = "last_ok = \"2026-07-01 14:30\"" },
	NUMBER("attempts", history.attempts),
	NUMBER("failures", history.failures),
	NUMBER("errors_in", history.errors_in),
	NUMBER("errors_out", history.errors_out),
	NUMBER("strikes", history.strikes),
	TEXT("previous_fingerprint", previous_fingerprint, "previous_fingerprint = \"00ab\""),
	NUMBER("handshakes_minute", counts.handshakes_minute),
	NUMBER("handshakes_hour", counts.handshakes_hour),
	NUMBER("connections", counts.connections),
	{ "flags", fixture_read_names, AT(flags), COUNT(n_flags), .max = SCRIPT_CASE_FLAGS_MAX,
	    .example = "flags = { \"emergency\" }" },
	CLOCK,
};

static const struct config_field request_fields[] = {
	{ "sender", config_fqdn, AT(request.sender),
	    .example = "sender = \"sepp.5gc.mnc001.mcc262.3gppnetwork.org\"" },
	{ "capabilities", fixture_read_sent_caps, AT(request),
	    .example = "capabilities = { sepp.PRINS, sepp.TLS }" },
	{ "plmns", fixture_read_plmns, AT(request.plmns), COUNT(request.n_plmns),
	    .example = "plmns = { \"262-01\" }" },
	{ "snpns", fixture_read_snpns, AT(request.snpns), COUNT(request.n_snpns),
	    .example = "snpns = { \"262-01-00000abcdef\" }" },
	{ "target_plmn", fixture_read_target, AT(request), .example = "target_plmn = \"001-01\"" },
	{ "purposes", fixture_read_usages, AT(request.usages), COUNT(request.n_usages),
	    .example = "purposes = { sepp.purpose.ROAMING }" },
	{ "features", fixture_read_features, AT(request), .max = UINT32_MAX,
	    .example = "features = 1" },
	{ "target_api_root", config_bool, AT(request.target_api_root),
	    .example = "target_api_root = true" },
	CLOCK,
};

static const struct config_field event_fields[] = {
	{ "kind", fixture_read_event, AT(in.event), .example = "kind = sepp.event.IDLE" },
	{ "age_s", fixture_read_integer, AT(in.event_age_s), .example = "age_s = 600" },
	CLOCK,
};

static const struct config_field response_fields[] = {
	{ "sender", config_fqdn, AT(response.sender),
	    .example = "sender = \"sepp.5gc.mnc001.mcc262.3gppnetwork.org\"" },
	{ "capability", fixture_read_sent_cap, AT(response.selected),
	    .example = "capability = sepp.TLS" },
	{ "plmns", fixture_read_plmns, AT(response.plmns), COUNT(response.n_plmns),
	    .example = "plmns = { \"262-01\" }" },
	{ "snpns", fixture_read_snpns, AT(response.snpns), COUNT(response.n_snpns),
	    .example = "snpns = { \"262-01-00000abcdef\" }" },
	{ "purposes", fixture_read_usages, AT(response.allowed), COUNT(response.n_allowed),
	    .example = "purposes = { sepp.purpose.ROAMING }" },
	{ "rejected_purposes", fixture_read_usages, AT(response.rejected),
	    COUNT(response.n_rejected), .example = "rejected_purposes = { sepp.purpose.ROAMING }" },
	{ "features", fixture_read_answered_features, AT(response), .max = UINT32_MAX,
	    .example = "features = 1" },
	{ "target_api_root", fixture_read_answered_root, AT(response),
	    .example = "target_api_root = true" },
	CLOCK,
};

static const struct config_field parameters_fields[] = {
	{ "sender", config_fqdn, AT(params.sender),
	    .example = "sender = \"sepp.5gc.mnc001.mcc262.3gppnetwork.org\"" },
	{ "jwe", fixture_read_jwe, AT(params.jwe), COUNT(params.n_jwe),
	    .example = "jwe = { sepp.jwe.A256GCM }" },
	{ "jws", fixture_read_jws, AT(params.jws), COUNT(params.n_jws),
	    .example = "jws = { sepp.jws.ES256 }" },
	{ "has_policy", config_bool, AT(params.has_policy), .example = "has_policy = true" },
	{ "policy_differs", config_bool, AT(params.policy_differs),
	    .example = "policy_differs = true" },
	CLOCK,
};

static const struct config_field report_fields[] = {
	{ "type", fixture_read_error, AT(report),
	    .example = "type = sepp.n32f_error.INTEGRITY_CHECK_FAILED" },
	{ "context", fixture_read_text, AT(report.context),
	    .max = sizeof(((struct script_report *)0)->context) - 1,
	    .example = "context = \"0123456789abcdef\"" },
	{ "message_id", fixture_read_text, AT(report.message_id), .max = N32_TEXT_MAX,
	    .example = "message_id = \"1\"" },
	{ "count", config_u64, AT(report.in_context), .min = 1, .max = MANY,
	    .example = "count = 3" },
	CLOCK,
};

#define FIELDS(name)                                                                               \
	{                                                                                          \
		"test." #name, name##_fields, ARRAY_LEN(name##_fields)                             \
	}

const struct fixture_fields fixture_fields[FIXTURE_KINDS] = {
	[FIXTURE_PEER] = FIELDS(peer),
	[FIXTURE_REQUEST] = FIELDS(request),
	[FIXTURE_EVENT] = FIELDS(event),
	[FIXTURE_RESPONSE] = FIELDS(response),
	[FIXTURE_PARAMETERS] = FIELDS(parameters),
	[FIXTURE_REPORT] = FIELDS(report),
};

const char *fixture_type(const struct config_field *f)
{
	static const struct {
		config_reader *read;
		const char *type;
	} types[] = {
		{ fixture_read_agreed, "capability|boolean" },
		{ fixture_read_answered_features, "integer" },
		{ fixture_read_answered_root, "boolean" },
		{ fixture_read_certified_plmns, "string[]" },
		{ fixture_read_dns_names, "string[]" },
		{ fixture_read_error, "n32f_error|string" },
		{ fixture_read_event, "event" },
		{ fixture_read_features, "integer" },
		{ fixture_read_integer, "integer" },
		{ fixture_read_jwe, "(jwe|string)[]" },
		{ fixture_read_jws, "(jws|string)[]" },
		{ fixture_read_names, "string[]" },
		{ fixture_read_path, "path" },
		{ fixture_read_plmns, "string[]" },
		{ fixture_read_role, "string" },
		{ fixture_read_sent_cap, "capability|string" },
		{ fixture_read_sent_caps, "(capability|string)[]" },
		{ fixture_read_snpns, "string[]" },
		{ fixture_read_target, "string" },
		{ fixture_read_text, "string" },
		{ fixture_read_time, "integer|string" },
		{ fixture_read_usages, "(purpose|string)[]" },
		{ fixture_read_zone, "integer|string" },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (types[i].read == f->read)
			return types[i].type;
	}
	return config_type(f);
}

/* --- all of a table */

/* What a policy reads under another name than a test writes. */
static const char *elsewhere(struct str key)
{
	static const char *const names[][2] = {
		{ "certificate", "cert_days_left and the other cert_ fields" },
		{ "days_left", "cert_days_left" },
		{ "cert_days", "cert_days_left" },
		{ "issuer", "cert_issuer" },
		{ "fingerprint", "cert_fingerprint" },
		{ "dns_names", "cert_dns_names" },
		{ "tls", "tls_version and tls_cipher" },
		{ "history", "attempts, failures, last_capability and so on" },
		{ "counts", "handshakes_minute, handshakes_hour and connections" },
		{ "local_time", "time and utc_offset" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_is(key, names[i][0]))
			return names[i][1];
	}
	return NULL;
}

/* The key on top is no field. */
static void refuse_key(lua_State *L, const struct fixture_fields *f)
{
	const char *names[FIXTURE_FIELDS_MAX];
	char hint[64];
	struct str key;

	if (lua_type(L, -1) != LUA_TSTRING) {
		text_of(L, -1);
		luaL_error(L, "%s: unexpected [%s]; fields are written name = value", f->what,
		    lua_tostring(L, -1));
	}
	key.p = lua_tolstring(L, -1, &key.n);
	if (elsewhere(key))
		luaL_error(L, "%s: unknown field '%s'; write %s", f->what, key.p, elsewhere(key));
	ensure(f->n <= ARRAY_LEN(names));
	for (size_t i = 0; i < f->n; i++)
		names[i] = f->fields[i].name;
	luaL_error(
	    L, "%s: unknown field '%s'%s", f->what, key.p, hint_print(hint, key, names, f->n));
}

void fixture_check_keys(lua_State *L, int i, const struct fixture_fields *f)
{
	lua_pushnil(L);
	while (keys_next(L, i)) {
		struct str key = { NULL, 0 };
		size_t k = 0;

		if (lua_type(L, -1) == LUA_TSTRING)
			key.p = lua_tolstring(L, -1, &key.n);
		while (key.p && k < f->n && !str_is(key, f->fields[k].name))
			k++;
		if (!key.p || k == f->n)
			refuse_key(L, f);
	}
	lua_pop(L, 1);
}

void fixture_read(
    lua_State *L, int i, const struct fixture_fields *f, struct script_case *c, bool identity)
{
	const size_t n = identity ? IDENTITY_FIELDS : f->n;

	for (size_t k = 0; k < n; k++) {
		lua_pushstring(L, f->fields[k].name);
		if (lua_rawget(L, i) != LUA_TNIL)
			f->fields[k].read(L, f->what, &f->fields[k], c);
		lua_pop(L, 1);
	}
}
