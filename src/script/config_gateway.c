/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/config.h"
#include "script/object.h"
#include "script/script_int.h"

const struct conf_budgets script_default_budgets = {
	.fuel = 200000,
	.scratch = 256 << 10,
	.wall = 7,
};

static const struct conf_gateway defaults = {
	.purposes = (conf_purposes)1 << N32_PURPOSE_ROAMING,
	.target_api_root = true,
	.chain_cache = true,
	.no_common_status = 403,
	.limits = {
		.handshakes = 512,
		.body_bytes = 65536,
		.header_bytes = 32768,
		.streams = 100,
		.address_connections = 1024,
		.address_per_minute = 60000,
	},
	.timeouts = {
		.handshake = 5000,
		.first_request = 10000,
		.body = 10000,
		.idle = 30000,
		.close = 2000,
		.drain = 5000,
		.response = 10000,
		.resolve = 5000,
	},
	.retry = { .first = 1000, .cap = 300000 },
	.dns = { .timeout = 2000, .tries = 2 },
	.validity = 86400000,
	.budgets = { .fuel = 200000, .scratch = 256 << 10, .wall = 7 },
	.journal = { .enabled = true, .max_mib = 64, .keep = 16 },
};

#define AT(member) .offset = offsetof(struct conf_gateway, member)

static void read_listener(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct conf_gateway *g = out;
	struct config_field one = *f;

	(void)s;
	one.offset = offsetof(struct conf_gateway, listen) + i * sizeof(g->listen[0]);
	config_endpoint(L, what, &one, g);
	g->n_listen = i + 1;
}

static void read_listeners(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	(void)config_strings(L, what, f, CONF_LISTEN_MAX, read_listener, out);
}

static void read_server(
    lua_State *L, const char *what, const struct config_field *f, struct str s, size_t i, void *out)
{
	struct conf_gateway *g = out;
	struct config_field one = *f;

	(void)s;
	one.offset = offsetof(struct conf_gateway, dns.servers) + i * sizeof(g->dns.servers[0]);
	config_endpoint(L, what, &one, g);
	g->dns.n_servers = i + 1;
}

static void read_servers(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	(void)config_strings(L, what, f, CONF_DNS_MAX, read_server, out);
}

static void read_status(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	lua_Integer status = lua_type(L, -1) == LUA_TNUMBER ? lua_tointeger(L, -1) : 0;

	if (status != 403 && status != 400)
		config_fail(L, what, f, "403 or 400");
	((struct conf_gateway *)out)->no_common_status = (unsigned)status;
}

static const struct config_field n32c_fields[] = {
	{ "listen", read_listeners, .needed = true, .type = "string[]",
	    .example = "n32c = { listen = { \"0.0.0.0:443\" } }" },
};

static const struct config_field admin_fields[] = {
	{ "listen", config_endpoint, AT(admin_listen), .needed = true,
	    .example = "admin = { listen = \"127.0.0.1:9464\" }" },
};

static const struct config_field limits_fields[] = {
	{ "connections", config_unsigned, AT(limits.connections), .max = 10000000,
	    .example = "connections = 100000" },
	{ "handshakes", config_unsigned, AT(limits.handshakes), .min = 1, .max = 1000000,
	    .example = "handshakes = 512" },
	{ "negotiations_per_second", config_unsigned, AT(limits.negotiations_per_second),
	    .max = 10000000, .example = "negotiations_per_second = 1000" },
	{ "body_bytes", config_unsigned, AT(limits.body_bytes), .min = 1024, .max = 16 << 20,
	    .example = "body_bytes = 65536" },
	{ "header_bytes", config_unsigned, AT(limits.header_bytes), .min = 1024, .max = 1 << 20,
	    .example = "header_bytes = 32768" },
	{ "streams", config_unsigned, AT(limits.streams), .min = 1, .max = 10000,
	    .example = "streams = 100" },
	{ "address_connections", config_unsigned, AT(limits.address_connections), .max = 10000000,
	    .example = "address_connections = 1024" },
	{ "address_per_minute", config_unsigned, AT(limits.address_per_minute), .max = 10000000,
	    .example = "address_per_minute = 60000" },
	{ "memory_mib", config_unsigned, AT(limits.memory_mib), .max = 16 << 20,
	    .example = "memory_mib = 2048" },
};

static const struct config_field timeouts_fields[] = {
	{ "handshake_s", config_seconds, AT(timeouts.handshake), .example = "handshake_s = 5" },
	{ "first_request_s", config_seconds, AT(timeouts.first_request),
	    .example = "first_request_s = 10" },
	{ "body_s", config_seconds, AT(timeouts.body), .example = "body_s = 10" },
	{ "idle_s", config_seconds, AT(timeouts.idle), .example = "idle_s = 30" },
	{ "close_s", config_seconds, AT(timeouts.close), .example = "close_s = 2" },
	{ "drain_s", config_seconds, AT(timeouts.drain), .example = "drain_s = 5" },
	{ "response_s", config_seconds, AT(timeouts.response), .example = "response_s = 10" },
	{ "resolve_s", config_seconds, AT(timeouts.resolve), .example = "resolve_s = 5" },
};

static const struct config_field retry_fields[] = {
	{ "first_s", config_seconds, AT(retry.first), .example = "first_s = 1" },
	{ "cap_s", config_seconds, AT(retry.cap), .example = "cap_s = 300" },
};

static const struct config_field dns_fields[] = {
	{ "servers", read_servers, .min = 1, .type = "string[]",
	    .example = "servers = { \"192.0.2.53:53\" }" },
	{ "timeout_s", config_seconds, AT(dns.timeout), .example = "timeout_s = 2" },
	{ "tries", config_unsigned, AT(dns.tries), .min = 1, .max = 10, .example = "tries = 2" },
};

static const struct config_field budgets_fields[] = {
	{ "fuel", config_u64, AT(budgets.fuel), .min = 1000, .max = 1000000000,
	    .example = "fuel = 200000" },
	{ "scratch_kib", config_size_kib, AT(budgets.scratch), .min = 16, .max = 1024,
	    .example = "scratch_kib = 256" },
	{ "wall_ms", config_u64, AT(budgets.wall), .min = 1, .max = 10000,
	    .example = "wall_ms = 7" },
};

static const struct config_field journal_fields[] = {
	{ "enabled", config_bool, AT(journal.enabled), .example = "enabled = true" },
	{ "max_mib", config_unsigned, AT(journal.max_mib), .max = 1 << 20,
	    .example = "max_mib = 64" },
	{ "keep", config_unsigned, AT(journal.keep), .max = 100000, .example = "keep = 16" },
};

#define SUB(fields) .sub = fields, .n_sub = ARRAY_LEN(fields)

static const struct config_field gateway_fields[] = {
	{ "api", config_api, .needed = true, .example = "api = 1" },
	{ "fqdn", config_fqdn, AT(fqdn), .needed = true,
	    .example = "fqdn = \"sepp.5gc.mnc001.mcc001.3gppnetwork.org\"" },
	{ "plmns", config_plmns, AT(plmns), .needed = true,
	    .min = offsetof(struct conf_gateway, n_plmns), .example = "plmns = { \"001-01\" }" },
	{ "snpns", config_snpns, AT(snpns), .min = offsetof(struct conf_gateway, n_snpns),
	    .example = "snpns = { \"001-01-00000abcdef\" }" },
	{ "capabilities", config_caps, AT(capabilities), .needed = true,
	    .example = "capabilities = { sepp.PRINS, sepp.TLS }" },
	{ "purposes", config_purposes, AT(purposes),
	    .example = "purposes = { sepp.purpose.ROAMING }" },
	{ "certificate", config_path, AT(certificate), .needed = true,
	    .example = "certificate = \"certs/gateway.pem\"" },
	{ "key", config_path, AT(key), .needed = true, .example = "key = \"certs/gateway.key\"" },
	{ "n32c", config_table, .needed = true, SUB(n32c_fields),
	    .example = "n32c = { listen = { \"0.0.0.0:443\" } }" },
	{ "admin", config_table, SUB(admin_fields),
	    .example = "admin = { listen = \"127.0.0.1:9464\" }" },
	{ "target_api_root", config_bool, AT(target_api_root),
	    .example = "target_api_root = true" },
	{ "strict_fqdn", config_bool, AT(strict_fqdn), .example = "strict_fqdn = false" },
	{ "chain_cache", config_bool, AT(chain_cache), .example = "chain_cache = true" },
	{ "lab", config_bool, AT(lab), .example = "lab = true" },
	{ "no_common_status", read_status, .type = "integer", .example = "no_common_status = 403" },
	{ "workers", config_unsigned, AT(workers), .max = 64, .example = "workers = 0" },
	{ "limits", config_table, SUB(limits_fields), .example = "limits = { streams = 100 }" },
	{ "timeouts", config_table, SUB(timeouts_fields), .example = "timeouts = { idle_s = 30 }" },
	{ "retry", config_table, SUB(retry_fields),
	    .example = "retry = { first_s = 1, cap_s = 300 }" },
	{ "dns", config_table, SUB(dns_fields),
	    .example = "dns = { servers = { \"192.0.2.53:53\" } }" },
	{ "validity_s", config_seconds, AT(validity), .example = "validity_s = 86400" },
	{ "budgets", config_table, SUB(budgets_fields), .example = "budgets = { fuel = 200000 }" },
	{ "journal", config_table, SUB(journal_fields),
	    .example = "journal = { max_mib = 64, keep = 16 }" },
};

const struct config_shape config_gateway_shape = {
	"sepp.gateway",
	gateway_fields,
	ARRAY_LEN(gateway_fields),
};

/* sepp.gateway { ... } */
int l_gateway(lua_State *L)
{
	struct load *load = load_begin(L, SCRIPT_GATEWAY, "gateway");

	load->gateway = defaults;
	config_read(L, 1, &config_gateway_shape, &load->gateway);
	(void)str_copy(load->name, sizeof(load->name), str_of("gateway"));
	object_push(L, SCRIPT_GATEWAY);
	return 1;
}
