/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "n32/name.h"
#include "script/config.h"
#include "script/object.h"
#include "script/script_int.h"
#include "script/value.h"

static const struct conf_partner defaults = {
	.path = CONF_PATH_DIRECT,
	.purposes = (conf_purposes)1 << N32_PURPOSE_ROAMING,
	.enabled = true,
	.handshakes_per_minute = 600,
	.connections = 64,
	.reports_per_minute = 60,
	.tier = 2,
	.prins = { .n_jwe = 2, .jwe = { N32_JWE_A256GCM, N32_JWE_A128GCM } },
};

#define AT(member) .offset = offsetof(struct conf_partner, member)

static void read_tag(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct conf_partner *p = out;
	struct config_field one = *f;

	(void)s;
	one.offset = offsetof(struct conf_partner, tags) + i * sizeof(p->tags[0]);
	config_text_name(L, what, &one, p);
}

static void read_tags(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct conf_partner *)out)->n_tags =
	    config_strings(L, what, f, CONF_TAGS_MAX, read_tag, out);
}

static void read_fqdn(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct conf_partner *p = out;
	struct config_field one = *f;

	one.offset = offsetof(struct conf_partner, fqdns) + i * sizeof(p->fqdns[0]);
	config_fqdn(L, what, &one, p);
	for (size_t k = 0; k < i; k++) {
		if (strcmp(p->fqdns[k].text, p->fqdns[i].text) == 0)
			luaL_error(L, "%s: '%s' names \"%s\" twice", what, f->name, s.p);
	}
}

static void read_fqdns(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct conf_partner *)out)->n_fqdns =
	    config_strings(L, what, f, CONF_FQDNS_MAX, read_fqdn, out);
}

/* "fqdn" or "fqdn:port" */
static void read_redirect(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const char *why = "malformed", *colon;
	struct n32_fqdn fqdn;
	struct conf_partner *p = out;
	struct str s = { NULL, 0 };

	if (lua_type(L, -1) != LUA_TSTRING)
		config_fail(L, what, f, "\"fqdn\" or \"fqdn:port\"");
	s.p = lua_tolstring(L, -1, &s.n);
	colon = memchr(s.p, ':', s.n);
	if (colon)
		config_endpoint(L, what, f, out);
	if (n32_fqdn_parse(
		&fqdn, (struct str){ s.p, colon ? (size_t)(colon - s.p) : s.n }, false, &why))
		config_fail(L, what, f, "\"fqdn\" or \"fqdn:port\"");
	if (!colon) {
		mem_free(p->redirect);
		p->redirect = mem_dup(s.p, s.n);
	}
}

static void read_follows(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct conf_partner *p = out;
	struct config_field one = *f;
	char name[CONF_NAME_MAX + 1];

	one.offset = 0;
	config_text_name(L, what, &one, name);
	mem_free(p->follows);
	p->follows = mem_strdup(name);
}

static void read_path_kind(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct conf_partner *)out)->path = (enum conf_path)config_value(L, what, f, VALUE_PATH);
}

static void read_expired_crl(
    lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct conf_partner *)out)->expired_crl =
	    (enum conf_crl)config_value(L, what, f, VALUE_CRL);
}

static void read_key_context(
    lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct conf_partner *)out)->prins.key_context =
	    (enum n32_key_context)config_value(L, what, f, VALUE_KEY_CONTEXT);
}

static void read_jwe(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	struct conf_prins *prins = &((struct conf_partner *)out)->prins;
	size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;

	if (n == 0 || n > ARRAY_LEN(prins->jwe))
		config_fail(L, what, f, "a list of 1 or 2");
	for (prins->n_jwe = 0; prins->n_jwe < n; prins->n_jwe++) {
		lua_rawgeti(L, -1, (lua_Integer)prins->n_jwe + 1);
		prins->jwe[prins->n_jwe] = (enum n32_jwe)config_value(L, what, f, VALUE_JWE);
		lua_pop(L, 1);
	}
	if (n == 2 && prins->jwe[0] == prins->jwe[1])
		config_fail(L, what, f, "a list that names each once");
}

/* Of SRV records: labels may begin with an underscore. */
static void read_srv(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const char *why;
	struct conf_partner *p = out;
	struct n32_fqdn name;
	struct str s = { NULL, 0 };

	if (lua_type(L, -1) == LUA_TSTRING)
		s.p = lua_tolstring(L, -1, &s.n);
	if (s.n == 0 || n32_fqdn_parse(&name, s, false, &why))
		config_fail(L, what, f, "the name of SRV records");
	mem_free(p->srv);
	p->srv = mem_strdup(name.text);
}

static void read_on_error(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	(void)config_value(L, what, f, VALUE_MODE); /* there is one mode */
	((struct conf_partner *)out)->keep_last_on_policy_error = true;
}

static const struct config_field limits_fields[] = {
	{ "handshakes_per_minute", config_unsigned, AT(handshakes_per_minute), .max = 10000000,
	    .example = "handshakes_per_minute = 600" },
	{ "connections", config_unsigned, AT(connections), .max = 1000000,
	    .example = "connections = 64" },
	{ "reports_per_minute", config_unsigned, AT(reports_per_minute), .max = 10000000,
	    .example = "reports_per_minute = 60" },
};

static const struct config_field prins_fields[] = {
	{ "policy", config_path, AT(prins.policy), .example = "policy = \"data/protection.json\"" },
	{ "providers", config_path, AT(prins.providers),
	    .example = "providers = \"data/ipx.json\"" },
	{ "key_context", read_key_context, .type = "key_context",
	    .example = "key_context = sepp.key_context.RECEIVER" },
	{ "jwe", read_jwe, .type = "jwe[]",
	    .example = "jwe = { sepp.jwe.A256GCM, sepp.jwe.A128GCM }" },
	{ "combined", config_bool, AT(prins.combined), .example = "combined = false" },
};

static const struct config_field partner_fields[] = {
	{ "api", config_api, .needed = true, .example = "api = 1" },
	{ "name", config_text_name, AT(name), .needed = true,
	    .example = "name = \"example-mobile\"" },
	{ "group", config_text_name, AT(group), .example = "group = \"europe\"" },
	{ "tags", read_tags, .type = "string[]", .example = "tags = { \"wholesale\" }" },
	{ "fqdns", read_fqdns, .needed = true, .type = "string[]",
	    .example = "fqdns = { \"sepp.5gc.mnc001.mcc262.3gppnetwork.org\" }" },
	{ "plmns", config_plmns, AT(plmns), .needed = true,
	    .min = offsetof(struct conf_partner, n_plmns), .example = "plmns = { \"262-01\" }" },
	{ "snpns", config_snpns, AT(snpns), .min = offsetof(struct conf_partner, n_snpns),
	    .example = "snpns = { \"262-01-00000abcdef\" }" },
	{ "anchors", config_path, AT(anchors), .needed = true,
	    .example = "anchors = \"anchors/example-mobile.pem\"" },
	{ "crl", config_path, AT(crl), .example = "crl = \"anchors/example-mobile.crl\"" },
	{ "expired_crl", read_expired_crl, .type = "crl",
	    .example = "expired_crl = sepp.crl.REFUSE" },
	{ "address", config_endpoint, AT(address), .min = 1,
	    .example = "address = \"192.0.2.7:443\"" },
	{ "srv", read_srv, .type = "string", .example = "srv = \"_n32._tcp.example.org\"" },
	{ "redirect", read_redirect, AT(redirect), .min = 1, .type = "string",
	    .example = "redirect = \"sepp2.5gc.mnc001.mcc001.3gppnetwork.org\"" },
	{ "follows", read_follows, .type = "string", .example = "follows = \"hub\"" },
	{ "path", read_path_kind, .type = "path", .example = "path = sepp.path.DIRECT" },
	{ "capabilities", config_caps, AT(capabilities), .needed = true,
	    .example = "capabilities = { sepp.PRINS, sepp.TLS }" },
	{ "purposes", config_purposes, AT(purposes),
	    .example = "purposes = { sepp.purpose.ROAMING }" },
	{ "enabled", config_bool, AT(enabled), .example = "enabled = true" },
	{ "initiate", config_bool, AT(initiate), .example = "initiate = false" },
	{ "tier", config_unsigned, AT(tier), .min = 1, .max = 3, .example = "tier = 2" },
	{ "verbose_errors", config_bool, AT(verbose_errors), .example = "verbose_errors = false" },
	{ "on_policy_error", read_on_error, .type = "mode",
	    .example = "on_policy_error = sepp.KEEP_LAST" },
	{ "prins", config_table, .sub = prins_fields, .n_sub = ARRAY_LEN(prins_fields),
	    .example = "prins = { policy = \"data/protection.json\" }" },
	{ "limits", config_table, .sub = limits_fields, .n_sub = ARRAY_LEN(limits_fields),
	    .example = "limits = { connections = 64 }" },
};

const struct config_shape config_partner_shape = {
	"sepp.partner",
	partner_fields,
	ARRAY_LEN(partner_fields),
};

/* sepp.partner { ... } */
int l_partner(lua_State *L)
{
	struct load *load = load_begin(L, SCRIPT_PARTNER, "partner");

	load->partner = defaults;
	config_read(L, 1, &config_partner_shape, &load->partner);
	memcpy(load->name, load->partner.name, sizeof(load->name));
	object_push(L, SCRIPT_PARTNER);
	return 1;
}

static const struct config_field policy_fields[] = {
	{ "api", config_api, .needed = true, .example = "api = 1" },
	{ "name", config_text_name, offsetof(struct load, name), .needed = true,
	    .example = "name = \"hub\"" },
};

const struct config_shape config_policy_shape = {
	"sepp.policy",
	policy_fields,
	ARRAY_LEN(policy_fields),
};

/* sepp.policy { ... } */
int l_policy(lua_State *L)
{
	struct load *load = load_begin(L, SCRIPT_POLICY, "policy");

	config_read(L, 1, &config_policy_shape, load);
	object_push(L, SCRIPT_POLICY);
	return 1;
}
