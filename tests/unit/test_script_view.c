/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

static const struct str names[] = { STR_LIT("sepp.example.org"), STR_LIT("*.example.net") };
static const struct n32_plmn certified[] = { { "262", "001" } };
static const struct str flags[] = { STR_LIT("maintenance") };

/* A decision in which every field has a value. */
static struct kit *full(void)
{
	struct kit *k = kit_open();
	struct n32_neg_req *r = &k->request;
	struct script_peer *p = &k->in.peer;

	r->n_caps = 3;
	r->caps[2] = (struct n32_cap_item){ N32_CAP_UNKNOWN, "ALS" };
	r->target_api_root = true;
	r->n_plmns = 2;
	r->plmns[0] = (struct n32_plmn){ "001", "01" };
	r->plmns[1] = (struct n32_plmn){ "262", "001" };
	r->n_snpns = 1;
	r->snpns[0] = (struct n32_snpn){ { "001", "01" }, "00000abcdef" };
	r->has_target_plmn = true;
	r->target_plmn = (struct n32_plmn){ "001", "01" };
	r->n_usages = 2;
	r->usages[0].purpose = N32_PURPOSE_ROAMING;
	strcpy(r->usages[1].text, "FOO");
	r->has_features = true;
	r->features = 5;
	k->in.now_s = 1706659199; /* 2024-01-30 23:59:59 UTC, a Tuesday */
	k->in.utc_offset_s = 3600;
	strcpy(k->partner.group, "europe");
	k->partner.n_tags = 2;
	strcpy(k->partner.tags[0], "wholesale");
	strcpy(k->partner.tags[1], "test");
	k->partner.path = CONF_PATH_INTERMEDIARY;
	k->partner.n_plmns = 2;
	k->partner.plmns[0] = (struct n32_plmn){ "262", "01" };
	k->partner.plmns[1] = (struct n32_plmn){ "262", "006" };
	k->partner.n_snpns = 1;
	k->partner.snpns[0] = (struct n32_snpn){ { "262", "01" }, "00000abcdef" };
	p->source_address = str_of("192.0.2.7:4711");
	p->tls_version = str_of("TLSv1.3");
	p->tls_cipher = str_of("TLS_AES_256_GCM_SHA384");
	p->certificate = (struct script_certificate){
		.n_dns_names = 2,
		.dns_names = names,
		.n_plmns = 1,
		.plmns = certified,
		.issuer = str_of("CN=root"),
		.fingerprint = str_of("00ff"),
		.key = str_of("EC 256"),
		.days_left = -3,
	};
	p->established = N32_CAP_PRINS;
	p->history = (struct script_history){ N32_CAP_TLS, 77, 1, 2, 3, 4, 5, STR_LIT("aa") };
	p->counts = (struct script_counts){ 6, 7, 8 };
	p->n_flags = 1;
	p->flags = flags;
	return k;
}

/* expression, what tostring() makes of it */
static const char *const fields[][2] = {
	{ "request.sender", "sepp.example.org" },
	{ "#request.capabilities", "3" },
	{ "request.capabilities[1]", "TLS" },
	{ "request.capabilities[2] == sepp.PRINS", "true" },
	{ "request.capabilities[3]", "ALS" },
	{ "request.capabilities[4]", "nil" },
	{ "request.capabilities[0]", "nil" },
	{ "request.plmns[1]", "001-01" },
	{ "request.plmns[2]", "262-001" },
	{ "request.snpns[1]", "001-01-00000abcdef" },
	{ "request.target_plmn", "001-01" },
	{ "#request.purposes", "2" },
	{ "request.purposes[1] == sepp.purpose.ROAMING", "true" },
	{ "request.purposes[2]", "FOO" },
	{ "request.features & 4", "4" },
	{ "request.target_api_root", "true" },
	{ "request.time", "1706659199" },
	{ "request.local_time.hour", "0" },
	{ "request.local_time.minute", "59" },
	{ "request.local_time.weekday", "3" },
	{ "request:offers(sepp.TLS)", "true" },
	{ "request:offers(sepp.NONE)", "false" },
	{ "peer.name", "p" },
	{ "peer.group", "europe" },
	{ "peer.tags[2]", "test" },
	{ "peer.path == sepp.path.INTERMEDIARY", "true" },
	{ "peer.plmns[2]", "262-006" },
	{ "peer.role", "responder" },
	{ "peer.source_address", "192.0.2.7:4711" },
	{ "peer.tls.version", "TLSv1.3" },
	{ "peer.tls.cipher", "TLS_AES_256_GCM_SHA384" },
	{ "peer.certificate.dns_names[2]", "*.example.net" },
	{ "peer.certificate.plmns[1]", "262-001" },
	{ "peer.certificate.issuer", "CN=root" },
	{ "peer.certificate.fingerprint", "00ff" },
	{ "peer.certificate.key", "EC 256" },
	{ "peer.certificate.days_left", "-3" },
	{ "peer.established == sepp.PRINS", "true" },
	{ "peer.history.last_capability", "TLS" },
	{ "peer.history.last_ok", "77" },
	{ "peer.history.attempts", "1" },
	{ "peer.history.failures", "2" },
	{ "peer.history.errors_in", "3" },
	{ "peer.history.errors_out", "4" },
	{ "peer.history.strikes", "5" },
	{ "peer.history.previous_fingerprint", "aa" },
	{ "peer.counts.handshakes_minute", "6" },
	{ "peer.counts.handshakes_hour", "7" },
	{ "peer.counts.connections", "8" },
	{ "peer.flags[\"maintenance\"]", "true" },
	{ "peer.flags.other", "false" },
	{ "peer:owns(\"262-01\")", "true" },
	{ "peer:owns(\"262-02\")", "false" },
	{ "peer:owns(\"262-01-00000abcdef\")", "true" },
	{ "peer:certified_for(\"sepp.example.org\")", "true" },
	{ "peer:certified_for(\"SEPP.Example.ORG.\")", "true" },
	{ "peer:certified_for(\"a.example.net\")", "true" },
	{ "peer:certified_for(\"a.b.example.net\")", "false" },
	{ "peer:certified_for(\"example.net\")", "false" },
	{ "peer.time", "1706659199" },
	{ "peer.local_time.minute", "59" },
};

static void every_field_shows_the_input(void **state)
{
	struct kit *k = full();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcmp(kit_eval(k, fields[i][0]), fields[i][1]) != 0)
			fail_msg("%s is %s", fields[i][0], k->answer.reason);
	}
	kit_close(k);
}

static void what_is_absent_is_nil(void **state)
{
	static const char *const absent[] = { "request.target_plmn", "peer.group",
		"peer.established", "peer.history.last_capability", "peer.history.last_ok",
		"peer.history.previous_fingerprint", "request.plmns[1]" };
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_string_equal(kit_eval(k, absent[i]), "nil");
	assert_string_equal(kit_eval(k, "request.features"), "0");
	assert_string_equal(kit_eval(k, "#peer.source_address"), "0");
	kit_close(k);
}

static void a_peer_without_a_file_has_an_empty_name(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	k->in.peer.partner = NULL;
	assert_string_equal(kit_eval(k, "#peer.name + #peer.plmns + #peer.tags"), "0");
	assert_string_equal(kit_eval(k, "peer:owns(\"262-01\")"), "false");
	kit_close(k);
}

static void an_event_shows_kind_age_and_time(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	k->in.event = SCRIPT_EVENT_MAX_AGE;
	k->in.event_age_s = 90;
	kit_retain(k, "return sepp.release(\"%s %s %d %s\", event.kind, event.kind == "
		      "sepp.event.MAX_AGE, event.age_s, peer.name)");
	assert_string_equal(k->answer.reason, "MAX_AGE true 90 p");
	kit_retain(k, "return sepp.release(\"%d %d\", event.time, event.local_time.weekday)");
	assert_string_equal(k->answer.reason, "1000000000 7");
	kit_close(k);
}

/* expression in line 3, message */
static const char *const strict[][2] = {
	{ "request.sendr", "request has no field 'sendr' (did you mean 'sender'?)" },
	{ "request[1]", "request has no field [1]" },
	{ "peer.nme", "peer has no field 'nme' (did you mean 'name'?)" },
	{ "peer.tls.versoin", "peer.tls has no field 'versoin' (did you mean 'version'?)" },
	{ "peer.certificate.days", "peer.certificate has no field 'days'" },
	{ "peer.plmns.first", "list has no field 'first'; walk it: for _, x in ipairs(list) do" },
	{ "request.local_time.second", "local_time has no field 'second'" },
	{ "#request", "request is not a list" },
	{ "request.offers(sepp.TLS)",
	    "bad argument #1 to 'offers' (request expected, got capability); it is called with a colon: request:offers(...)" },
	{ "peer.owns(request, \"262-01\")",
	    "bad argument #1 to 'owns' (peer expected, got request); it is called with a colon: peer:owns(...)" },
	{ "peer:owns(\"x\")",
	    "bad argument #1 to 'owns' (PLMN such as \"001-01\" expected, got \"x\")" },
	{ "peer:owns()", "bad argument #1 to 'owns' (string expected, got no value)" },
	{ "request:offers(\"TLS\")",
	    "bad argument #1 to 'offers' (capability expected, got string; write "
	    "sepp.TLS, not the string \"TLS\")" },
	{ "(function() peer.name = 1 end)()", "peer is read-only: cannot assign 'name'" },
	{ "(function() request.plmns[1] = 1 end)()", "list is read-only: cannot assign '1'" },
	{ "(function() peer.flags.x = true end)()", "peer.flags is read-only: cannot assign 'x'" },
};

static void views_are_strict_and_read_only(void **state)
{
	struct kit *k = kit_open();
	char want[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strict); i++) {
		snprintf(want, sizeof(want), "partners/p.lua:3: %s", strict[i][1]);
		assert_string_equal(kit_eval(k, strict[i][0]), want);
		assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	}
	kit_close(k);
}

static void lists_can_be_walked(void **state)
{
	struct kit *k = full();
	const struct script_answer *a = kit_select(k,
	    "local out = \"\"\n"
	    "for i, plmn in ipairs(request.plmns) do out = out .. i .. plmn .. \" \" end\n"
	    "for i, tag in pairs(peer.tags) do out = out .. i .. tag .. \" \" end\n"
	    "for _, cap in ipairs(request.capabilities) do out = out .. tostring(cap) .. \" \" end\n"
	    "return sepp.reject(\"%s\", out)");

	(void)state;
	assert_string_equal(a->reason, "1001-01 2262-001 1wholesale 2test TLS PRINS ALS ");
	kit_close(k);
}

static void the_time_is_right_around_the_year(void **state)
{
	/* seconds, offset, "weekday hour:minute" */
	static const struct {
		int64_t now_s;
		int32_t offset_s;
		const char *want;
	} rows[] = {
		{ 0, 0, "4 0:0" },
		{ 0, -3600, "3 23:0" },
		{ -1, 0, "3 23:59" },
		{ 951782400, 0, "2 0:0" },       /* 2000-02-29 */
		{ 4102444799, 0, "4 23:59" },    /* 2099-12-31 */
		{ 1700000000, 20700, "3 3:58" }, /* 2023-11-15 in +05:45 */
		{ INT64_MAX, 7200, "2 9:45" },   /* it stands still, far from every calendar */
		{ INT64_MIN, -7200, "5 14:14" },
	};
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		k->in.now_s = rows[i].now_s;
		k->in.utc_offset_s = rows[i].offset_s;
		kit_select(k,
		    "local t = request.local_time return sepp.reject(\"%d %d:%d\", t.weekday, "
		    "t.hour, t.minute)");
		assert_string_equal(k->answer.reason, rows[i].want);
	}
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_shows_the_input),
		cmocka_unit_test(what_is_absent_is_nil),
		cmocka_unit_test(a_peer_without_a_file_has_an_empty_name),
		cmocka_unit_test(an_event_shows_kind_age_and_time),
		cmocka_unit_test(views_are_strict_and_read_only),
		cmocka_unit_test(lists_can_be_walked),
		cmocka_unit_test(the_time_is_right_around_the_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
