/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

/* Fields of a valid gateway.lua and partner file, on the first line. */
#define GATEWAY                                                                                    \
	"return sepp.gateway { api = 1, fqdn = \"sepp.5gc.mnc001.mcc001.3gppnetwork.org\", "       \
	"plmns = { \"001-01\" }, capabilities = { sepp.PRINS, sepp.TLS }, "                        \
	"certificate = \"certs/gateway.pem\", key = \"certs/gateway.key\", "                       \
	"n32c = { listen = { \"127.0.0.1:7443\" } },\n"
#define PARTNER                                                                                    \
	"return sepp.partner { api = 1, name = \"p\", fqdns = { \"sepp.example.org\" }, "          \
	"plmns = { \"262-01\" }, anchors = \"a.pem\", capabilities = { sepp.TLS },\n"

static const struct conf_gateway *gateway(struct kit *k, const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), GATEWAY "%s }", more);
	if (!kit_load(k, "gateway.lua", text, SCRIPT_GATEWAY))
		fail_msg("%s", k->e.text);
	return script_program_gateway(k->program);
}

static const struct conf_partner *partner(struct kit *k, const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), PARTNER "%s }", more);
	if (!kit_load(k, "partners/p.lua", text, SCRIPT_PARTNER))
		fail_msg("%s", k->e.text);
	return script_program_partner(k->program);
}

static void a_gateway_of_few_words_has_the_defaults(void **state)
{
	struct kit *k = kit_open();
	const struct conf_gateway *g = gateway(k, "");

	(void)state;
	assert_string_equal(g->fqdn.text, "sepp.5gc.mnc001.mcc001.3gppnetwork.org");
	assert_int_equal(g->n_plmns, 1);
	assert_string_equal(g->plmns[0].mcc, "001");
	assert_string_equal(g->plmns[0].mnc, "01");
	assert_int_equal(g->capabilities.n, 2);
	assert_int_equal(g->capabilities.caps[0], N32_CAP_PRINS);
	assert_int_equal(g->purposes, 1 << N32_PURPOSE_ROAMING);
	assert_int_equal(g->n_listen, 1);
	assert_string_equal(g->listen[0], "127.0.0.1:7443");
	assert_null(g->admin_listen);
	assert_true(g->target_api_root && g->chain_cache && !g->strict_fqdn);
	assert_int_equal(g->no_common_status, 403);
	assert_int_equal(g->workers, 0);
	assert_string_equal(script_program_name(k->program), "gateway");
	kit_close(k);
}

static void limits_timeouts_and_budgets_have_defaults(void **state)
{
	static const struct conf_limits limits = { 0, 512, 0, 65536, 32768, 100, 1024, 60000, 0 };
	static const struct conf_timeouts timeouts = { 5000, 10000, 10000, 30000, 2000, 5000, 10000,
		5000 };
	struct kit *k = kit_open();
	const struct conf_gateway *g = gateway(k, "");

	(void)state;
	assert_memory_equal(&g->limits, &limits, sizeof(limits));
	assert_memory_equal(&g->timeouts, &timeouts, sizeof(timeouts));
	assert_memory_equal(&g->budgets, &script_default_budgets, sizeof(g->budgets));
	assert_int_equal(g->retry.first, 1000);
	assert_int_equal(g->retry.cap, 300000);
	assert_int_equal(g->dns.n_servers, 0);
	assert_int_equal(g->dns.timeout, 2000);
	assert_int_equal(g->dns.tries, 2);
	assert_int_equal(g->validity, 86400000);
	assert_true(g->journal.enabled);
	assert_false(g->lab);
	assert_int_equal(g->journal.max_mib, 64);
	assert_int_equal(g->journal.keep, 16);
	kit_close(k);
}

static void a_gateway_can_say_everything(void **state)
{
	struct kit *k = kit_open();
	const struct conf_gateway *g = gateway(k,
	    "snpns = { \"001-01-00000ABCDEF\" }, purposes = { sepp.purpose.ROAMING_TEST },"
	    "admin = { listen = \"[::1]:9464\" }, target_api_root = false, strict_fqdn = true,"
	    "chain_cache = false, no_common_status = 400, workers = 4,"
	    "limits = { connections = 1, handshakes = 2, negotiations_per_second = 3,"
	    "  body_bytes = 2048, header_bytes = 4096, streams = 6, address_connections = 7,"
	    "  address_per_minute = 8, memory_mib = 9 },"
	    "timeouts = { handshake_s = 0.5, first_request_s = 1, body_s = 2, idle_s = 3, close_s = 4,"
	    "  drain_s = 5.25, response_s = 6, resolve_s = 7 }, retry = { first_s = 0.1, cap_s = 2 },"
	    "dns = { servers = { \"127.0.0.1:53\", \"[::1]:54\" }, timeout_s = 0.5, tries = 3 },"
	    "validity_s = 60, budgets = { fuel = 5000, scratch_kib = 1024, wall_ms = 7 },\n"
	    "lab = true, journal = { enabled = false, max_mib = 0, keep = 2 }");

	(void)state;
	assert_string_equal(g->snpns[0].nid, "00000abcdef");
	assert_int_equal(g->purposes, 1 << N32_PURPOSE_ROAMING_TEST);
	assert_string_equal(g->admin_listen, "[::1]:9464");
	assert_false(g->target_api_root || g->chain_cache || !g->strict_fqdn);
	assert_int_equal(g->no_common_status, 400);
	assert_int_equal(g->workers, 4);
	assert_int_equal(g->limits.body_bytes, 2048);
	assert_int_equal(g->limits.address_connections, 7);
	assert_int_equal(g->limits.address_per_minute, 8);
	assert_int_equal(g->limits.memory_mib, 9);
	assert_int_equal(g->timeouts.handshake, 500);
	assert_int_equal(g->timeouts.drain, 5250);
	assert_int_equal(g->timeouts.response, 6000);
	assert_int_equal(g->timeouts.resolve, 7000);
	assert_int_equal(g->retry.first, 100);
	assert_int_equal(g->retry.cap, 2000);
	assert_int_equal(g->dns.n_servers, 2);
	assert_string_equal(g->dns.servers[1], "[::1]:54");
	assert_int_equal(g->dns.timeout, 500);
	assert_int_equal(g->dns.tries, 3);
	assert_int_equal(g->validity, 60000);
	assert_int_equal(g->budgets.scratch, 1 << 20);
	assert_int_equal(g->budgets.wall, 7);
	assert_true(g->lab);
	assert_false(g->journal.enabled);
	assert_int_equal(g->journal.max_mib, 0);
	assert_int_equal(g->journal.keep, 2);
	kit_close(k);
}

static void a_partner_of_few_words_has_the_defaults(void **state)
{
	struct kit *k = kit_open();
	const struct conf_partner *p = partner(k, "");

	(void)state;
	assert_string_equal(p->name, "p");
	assert_string_equal(p->group, "");
	assert_string_equal(p->fqdns[0].text, "sepp.example.org");
	assert_string_equal(p->anchors, "a.pem");
	assert_null(p->crl);
	assert_int_equal(p->expired_crl, CONF_CRL_REFUSE);
	assert_null(p->address);
	assert_null(p->redirect);
	assert_null(p->follows);
	assert_int_equal(p->path, CONF_PATH_DIRECT);
	assert_int_equal(p->purposes, 1 << N32_PURPOSE_ROAMING);
	assert_true(p->enabled && !p->initiate && !p->verbose_errors);
	assert_false(p->keep_last_on_policy_error);
	assert_int_equal(p->handshakes_per_minute, 600);
	assert_int_equal(p->connections, 64);
	assert_int_equal(p->reports_per_minute, 60);
	assert_int_equal(p->tier, 2);
	assert_null(p->srv);
	assert_null(p->prins.policy);
	assert_int_equal(p->prins.key_context, N32_KEY_CONTEXT_RECEIVER);
	assert_false(p->prins.combined);
	assert_int_equal(p->prins.n_jwe, 2);
	assert_int_equal(p->prins.jwe[0], N32_JWE_A256GCM);
	kit_close(k);
}

static void a_partner_can_say_everything(void **state)
{
	struct kit *k = kit_open();
	const struct conf_partner *p = partner(k,
	    "group = \"europe\", tags = { \"a\", \"b\" }, snpns = { \"262-01-00000abcdef\" },"
	    "crl = \"crl.pem\", expired_crl = sepp.crl.ACCEPT, address = \"192.0.2.7:443\", redirect = \"Other.Example.org:8443\","
	    "follows = \"hub\", path = sepp.path.IP_ONLY, purposes = { sepp.purpose.SMS_INTERCONNECT },"
	    "enabled = false, initiate = true, verbose_errors = true, on_policy_error = sepp.KEEP_LAST,"
	    "srv = \"_n32._tcp.Example.org\", tier = 3, prins = { policy = \"data/p.json\","
	    "  providers = \"data/ipx.json\", key_context = sepp.key_context.INITIATOR, combined = true,"
	    "  jwe = { sepp.jwe.A128GCM } },"
	    "limits = { handshakes_per_minute = 0, connections = 0, reports_per_minute = 5 }");

	(void)state;
	assert_string_equal(p->srv, "_n32._tcp.example.org");
	assert_string_equal(p->prins.policy, "data/p.json");
	assert_string_equal(p->prins.providers, "data/ipx.json");
	assert_int_equal(p->prins.key_context, N32_KEY_CONTEXT_INITIATOR);
	assert_true(p->prins.combined);
	assert_int_equal(p->prins.n_jwe, 1);
	assert_int_equal(p->prins.jwe[0], N32_JWE_A128GCM);
	assert_int_equal(p->reports_per_minute, 5);
	assert_int_equal(p->tier, 3);
	assert_string_equal(p->group, "europe");
	assert_string_equal(p->tags[1], "b");
	assert_int_equal(p->n_snpns, 1);
	assert_string_equal(p->crl, "crl.pem");
	assert_int_equal(p->expired_crl, CONF_CRL_ACCEPT);
	assert_string_equal(p->address, "192.0.2.7:443");
	assert_string_equal(p->redirect, "Other.Example.org:8443");
	assert_string_equal(p->follows, "hub");
	assert_int_equal(p->path, CONF_PATH_IP_ONLY);
	assert_int_equal(p->purposes, 1 << N32_PURPOSE_SMS_INTERCONNECT);
	assert_true(
	    !p->enabled && p->initiate && p->verbose_errors && p->keep_last_on_policy_error);
	assert_int_equal(p->handshakes_per_minute, 0);
	assert_int_equal(p->connections, 0);
	kit_close(k);
}

/* what is added to a valid gateway in line 2, what is said behind "gateway.lua:1: sepp.gateway" */
static const char *const bad_gateways[][2] = {
	{ "fqnd = \"x\"", ": unknown field 'fqnd' (did you mean 'fqdn'?)" },
	{ "\"x\"", ": unexpected [1]; fields are written name = value" },
	{ "api = 2", ": 'api' must be 1, the only interface there is, got 2; write api = 1" },
	{ "fqdn = \"a..b\"", ": 'fqdn' must be an FQDN, got \"a..b\"; write fqdn = "
			     "\"sepp.5gc.mnc001.mcc001.3gppnetwork.org\"" },
	{ "plmns = \"001-01\"",
	    ": 'plmns' must be a list of 1 to 64, got \"001-01\"; write plmns = { \"001-01\" }" },
	{ "plmns = {}",
	    ": 'plmns' must be a list of 1 to 64, got table; write plmns = { \"001-01\" }" },
	{ "plmns = { 1 }",
	    ": 'plmns' must be a list of strings, got 1; write plmns = { \"001-01\" }" },
	{ "plmns = { \"00101\" }",
	    ": 'plmns' must be a list of PLMNs, got \"00101\"; write plmns = { \"001-01\" }" },
	{ "plmns = { \"001-01\", \"001-01\" }", ": 'plmns' names \"001-01\" twice" },
	{ "plmns = { \"001-01\", x = 1 }",
	    ": 'plmns' must be a list of 1 to 64, got table; write plmns = { \"001-01\" }" },
	{ "capabilities = { \"TLS\" }",
	    ": 'capabilities': capability expected, got string; write sepp.TLS, "
	    "not the string \"TLS\"" },
	{ "capabilities = { sepp.NONE }",
	    ": 'capabilities': NONE is not a protection; write capabilities = "
	    "{ sepp.PRINS, sepp.TLS }" },
	{ "capabilities = { sepp.TLS, sepp.TLS }", ": 'capabilities' names TLS twice" },
	{ "purposes = { sepp.TLS }", ": 'purposes': purpose expected, got capability" },
	{ "certificate = \"/etc/x.pem\"",
	    ": 'certificate' must be a path inside the directory, without "
	    "'..', got \"/etc/x.pem\"; write certificate = "
	    "\"certs/gateway.pem\"" },
	{ "key = \"a/../b\"",
	    ": 'key' must be a path inside the directory, without '..', got \"a/../b\"; "
	    "write key = \"certs/gateway.key\"" },
	{ "n32c = {}",
	    ": n32c: 'listen' is missing; write n32c = { listen = { \"0.0.0.0:443\" } }" },
	{ "n32c = { listen = { \"443\" } }",
	    ": n32c: 'listen' must be \"address:port\", got \"443\"; write "
	    "n32c = { listen = { \"0.0.0.0:443\" } }" },
	{ "n32c = { listen = { \"::1:443\" } }", ": n32c: 'listen' must be \"address:port\", got "
						 "\"::1:443\"; write n32c = { listen = { "
						 "\"0.0.0.0:443\" } }" },
	{ "admin = { listen = \"x:65536\" }",
	    ": admin: 'listen' must be \"address:port\", got \"x:65536\"; "
	    "write admin = { listen = \"127.0.0.1:9464\" }" },
	{ "strict_fqdn = 1",
	    ": 'strict_fqdn' must be true or false, got 1; write strict_fqdn = false" },
	{ "no_common_status = 500",
	    ": 'no_common_status' must be 403 or 400, got 500; write no_common_status = 403" },
	{ "workers = 65",
	    ": 'workers' must be a whole number from 0 to 64, got 65; write workers = 0" },
	{ "workers = 1.5",
	    ": 'workers' must be a whole number from 0 to 64, got 1.5; write workers = 0" },
	{ "workers = -1",
	    ": 'workers' must be a whole number from 0 to 64, got -1; write workers = 0" },
	{ "workers = \"2\"",
	    ": 'workers' must be a whole number from 0 to 64, got \"2\"; write workers = 0" },
	{ "limits = { stream = 1 }", ": limits: unknown field 'stream' (did you mean 'streams'?)" },
	{ "limits = 1", ": 'limits' must be a table, got 1; write limits = { streams = 100 }" },
	{ "timeouts = { idle_s = 0 }",
	    ": timeouts: 'idle_s' must be seconds, more than 0 and at most 86400, "
	    "got 0; write idle_s = 30" },
	{ "timeouts = { idle_s = 0/0 }", NULL },
	{ "lab = 1", ": 'lab' must be true or false, got 1; write lab = true" },
	{ "journal = { max_mb = 1 }",
	    ": journal: unknown field 'max_mb' (did you mean 'max_mib'?)" },
	{ "budgets = { scratch_kib = 1025 }",
	    ": budgets: 'scratch_kib' must be a whole number from 16 to "
	    "1024, got 1025; write scratch_kib = 256" },
};

static void mistakes_in_a_gateway_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();
	char text[4096], want[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_gateways); i++) {
		snprintf(text, sizeof(text), GATEWAY "%s }", bad_gateways[i][0]);
		if (kit_load(k, "gateway.lua", text, SCRIPT_GATEWAY))
			fail_msg("taken: %s", bad_gateways[i][0]);
		snprintf(want, sizeof(want), "gateway.lua:1: sepp.gateway%s", bad_gateways[i][1]);
		if (bad_gateways[i][1])
			assert_string_equal(k->e.text, want);
	}
	kit_close(k);
}

/* the same for a partner */
static const char *const bad_partners[][2] = {
	{ "adress = \"x\"", ": unknown field 'adress' (did you mean 'address'?)" },
	{ "name = \"A b\"",
	    ": 'name' must be a name of at most 63 of a-z 0-9 - _ . that begins with a "
	    "letter or digit, got \"A b\"; write name = \"example-mobile\"" },
	{ "fqdns = { \"a.b\", \"A.B\" }", ": 'fqdns' names \"A.B\" twice" },
	{ "path = \"DIRECT\"",
	    ": 'path': path expected, got string; write sepp.path.DIRECT, not the string "
	    "\"DIRECT\"" },
	{ "on_policy_error = \"KEEP_LAST\"",
	    ": 'on_policy_error': mode expected, got string; write "
	    "sepp.KEEP_LAST, not the string \"KEEP_LAST\"" },
	{ "expired_crl = \"ACCEPT\"", ": 'expired_crl': crl expected, got string; write "
				      "sepp.crl.ACCEPT, not the string \"ACCEPT\"" },
	{ "expired_crl = sepp.mismatch.REFUSE", ": 'expired_crl': crl expected, got mismatch" },
	{ "address = \"192.0.2.7\"",
	    ": 'address' must be \"address:port\", got \"192.0.2.7\"; write address "
	    "= \"192.0.2.7:443\"" },
	{ "address = \"192.0.2.7:0\"",
	    ": 'address' must be \"address:port\", got \"192.0.2.7:0\"; write "
	    "address = \"192.0.2.7:443\"" },
	{ "redirect = \"a..b\"",
	    ": 'redirect' must be \"fqdn\" or \"fqdn:port\", got \"a..b\"; write redirect = "
	    "\"sepp2.5gc.mnc001.mcc001.3gppnetwork.org\"" },
	{ "select_capability = function() end",
	    ": unknown field 'select_capability'; hooks go behind the "
	    "table: function partner.select_capability(...)" },
};

static void mistakes_in_a_partner_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();
	char text[4096], want[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_partners); i++) {
		snprintf(text, sizeof(text), PARTNER "%s }", bad_partners[i][0]);
		if (kit_load(k, "partners/p.lua", text, SCRIPT_PARTNER))
			fail_msg("taken: %s", bad_partners[i][0]);
		snprintf(
		    want, sizeof(want), "partners/p.lua:1: sepp.partner%s", bad_partners[i][1]);
		assert_string_equal(k->e.text, want);
	}
	kit_close(k);
}

static void mandatory_fields_are_asked_for(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_false(kit_load(k, "gateway.lua", "return sepp.gateway { api = 1 }", SCRIPT_GATEWAY));
	assert_string_equal(k->e.text,
	    "gateway.lua:1: sepp.gateway: 'fqdn' is missing; write fqdn = "
	    "\"sepp.5gc.mnc001.mcc001.3gppnetwork.org\"");
	assert_false(kit_load(k, "p.lua", "return sepp.partner { name = \"x\" }", SCRIPT_PARTNER));
	assert_string_equal(k->e.text, "p.lua:1: sepp.partner: 'api' is missing; write api = 1");
	assert_false(kit_load(k, "p.lua", "return sepp.policy { api = 1 }", SCRIPT_POLICY));
	assert_string_equal(
	    k->e.text, "p.lua:1: sepp.policy: 'name' is missing; write name = \"hub\"");
	assert_false(kit_load(k, "p.lua", "return sepp.policy()", SCRIPT_POLICY));
	assert_string_equal(k->e.text,
	    "p.lua:1: sepp.policy: table expected, got no value; write sepp.policy { api = 1 }");
	kit_close(k);
}

static void names_are_what_the_files_declare(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_load(
	    k, "shared/hub.lua", "return sepp.policy { api = 1, name = \"hub\" }", SCRIPT_POLICY));
	assert_string_equal(script_program_name(k->program), "hub");
	assert_string_equal(script_program_path(k->program), "shared/hub.lua");
	partner(k, "");
	assert_string_equal(script_program_name(k->program), "p");
	assert_string_equal(conf_path_name(CONF_PATH_IP_ONLY), "IP_ONLY");
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_of_few_words_has_the_defaults),
		cmocka_unit_test(limits_timeouts_and_budgets_have_defaults),
		cmocka_unit_test(a_gateway_can_say_everything),
		cmocka_unit_test(a_partner_of_few_words_has_the_defaults),
		cmocka_unit_test(a_partner_can_say_everything),
		cmocka_unit_test(mistakes_in_a_gateway_are_answered_with_what_to_write),
		cmocka_unit_test(mistakes_in_a_partner_are_answered_with_what_to_write),
		cmocka_unit_test(mandatory_fields_are_asked_for),
		cmocka_unit_test(names_are_what_the_files_declare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
