/* SPDX-License-Identifier: MIT */
#include "script_kit.h"

#include "base/mem.h"
#include "script/record.h"

enum {
	SIZE = 16 << 10
};

/* The record of `in`; static, one after the other in two places. */
static struct str record_of(const struct script_input *in)
{
	static char texts[2][SIZE];
	static int at;
	char *to = texts[at = !at];
	size_t n = script_record_input(to, SIZE, in);

	assert_true(n > 0);
	return (struct str){ to, n };
}

/* A case in which everything that a policy could see differs from what it is by itself. */
static struct script_case *full_case(enum script_hook hook)
{
	struct script_case *c = script_case_new(hook);
	struct script_peer *p = &c->in.peer;

	c->in.utc_offset_s = -3600;
	c->in.event = SCRIPT_EVENT_LIMIT;
	c->in.event_age_s = 77;
	c->request.caps[c->request.n_caps++] =
	    (struct n32_cap_item){ .text = "A\"LS\\\x01\xc3\xa9" };
	c->request.n_snpns = 2;
	c->request.snpns[0] = (struct n32_snpn){ { "001", "01" }, "00000abcdef" };
	c->request.snpns[1] = (struct n32_snpn){ { "001", "002" }, "" };
	c->request.has_target_plmn = c->request.has_target_snpn = true;
	c->request.target_plmn = (struct n32_plmn){ "999", "70" };
	c->request.target_snpn = c->request.snpns[0];
	c->request.n_usages = 2;
	c->request.usages[0].purpose = N32_PURPOSE_ROAMING;
	snprintf(c->request.usages[0].additional_info, 16, "more");
	snprintf(c->request.usages[1].text, 16, "TELEPATHY");
	c->request.has_features = true;
	c->request.features = 0x8000000000000001;
	snprintf(c->request.n32f_fqdn.text, 16, "f.example.org");
	c->request.n32f_port = 65535;
	c->response.has_target_api_root = true;
	c->response.n_allowed = c->response.n_rejected = 1;
	c->response.allowed[0] = c->request.usages[0];
	c->response.rejected[0] = c->request.usages[1];
	snprintf(c->response.rejected[0].cause, 16, "not agreed");
	c->response.has_features = true;
	c->params.has_policy = true;
	c->params.jwe[c->params.n_jwe++] = (struct n32_suite){ .text = "A512" };
	c->report.in_context = 9;
	snprintf(c->partner.group, 16, "hub");
	c->partner.n_tags = 1;
	snprintf(c->partner.tags[0], 16, "eu");
	c->partner.path = CONF_PATH_INTERMEDIARY;
	c->partner.n_snpns = 1;
	c->partner.snpns[0] = c->request.snpns[0];
	p->established = p->history.last_capability = N32_CAP_PRINS;
	p->history.last_ok_s = 5;
	p->history.failures = 6;
	p->history.errors_in = 7;
	p->history.errors_out = 8;
	p->history.strikes = 9;
	p->certificate.days_left = -3;
	c->n_flags = 1;
	snprintf(c->flags[0], 16, "maintenance");
	snprintf(c->previous_fingerprint, 16, "bb22");
	script_case_point(c);
	return c;
}

static void what_is_read_back_is_recorded_with_the_same_bytes(void **state)
{
	(void)state;
	for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
		struct script_case *c = full_case((enum script_hook)hook), *again;
		struct str first = record_of(&c->in), second;
		struct err e = { 0 };
		bool truncated = true;

		again = script_record_read(first, &truncated, &e);
		if (!again)
			fail_msg("%s", e.text);
		assert_false(truncated);
		second = record_of(&again->in);
		assert_string_equal(script_hook_name(again->in.hook), script_hook_name(c->in.hook));
		if (!str_eq(first, second))
			fail_msg("%.*s\n%.*s", STR_FMT(first), STR_FMT(second));
		mem_free(again);
		mem_free(c);
	}
}

/* Whether the record of the case has `text`. */
static void assert_records(const struct script_case *c, const char *text)
{
	struct str record = record_of(&c->in);

	if (!memmem(record.p, record.n, text, strlen(text)))
		fail_msg("no %s in %.*s", text, STR_FMT(record));
}

static void a_record_has_the_names_of_the_wire_and_of_policies(void **state)
{
	struct script_case *c = full_case(SCRIPT_SELECT_CAPABILITY);

	(void)state;
	assert_records(
	    c, "{\"hook\":\"select_capability\",\"time\":1767264600,\"utc_offset_s\":-3600");
	assert_records(
	    c, "\"supportedSecCapabilityList\":[\"PRINS\",\"TLS\",\"A\\\"LS\\\\\\u0001\xc3\xa9\"]");
	assert_records(c, "\"3GppSbiTargetApiRootSupported\":true");
	assert_records(c, "\"plmnIdList\":[{\"mcc\":\"262\",\"mnc\":\"01\"}]");
	assert_records(c, "{\"mcc\":\"001\",\"mnc\":\"01\",\"nid\":\"00000abcdef\"}");
	assert_records(c, "{\"usagePurpose\":\"ROAMING\",\"additionalInfo\":\"more\"}");
	assert_records(c, "\"supportedFeatures\":\"8000000000000001\"");
	assert_records(c, "\"senderN32fPort\":65535");
	assert_records(c, "\"offer\":[\"PRINS\",\"TLS\"],\"purposes\":[\"ROAMING\"]");
	assert_records(c, "\"strikes\":9");
	assert_records(c, "\"flags\":[\"maintenance\"]");
	assert_records(c, "\"days_left\":-3");
	mem_free(c);
	c = full_case(SCRIPT_RETAIN_CONNECTION);
	assert_records(c, "\"event\":{\"kind\":\"LIMIT\",\"age_s\":77}");
	mem_free(c);
}

#define SEE_PEER                                                                                   \
	"local function all(l) local s = \"\" for _, x in ipairs(l) do s = s .. tostring(x) .. "   \
	"\",\" end return s end "                                                                  \
	"local function see(peer) local c, h, n = peer.certificate, peer.history, peer.counts "    \
	"sepp.note(\"%s\", table.concat({ peer.name, peer.group, all(peer.tags), "                 \
	"tostring(peer.path), all(peer.plmns), peer.role, peer.source_address, "                   \
	"peer.tls.version, peer.tls.cipher }, \" \")) "                                            \
	"sepp.note(\"%s\", table.concat({ all(c.dns_names), all(c.plmns), c.issuer, c.key, "       \
	"tostring(c.days_left), tostring(peer.established) }, \" \")) "                            \
	"sepp.note(\"%s\", table.concat({ c.fingerprint, tostring(h.last_capability), "            \
	"tostring(h.last_ok), h.attempts, h.failures, h.errors_in, h.errors_out, h.strikes, "      \
	"h.previous_fingerprint, n.handshakes_minute, n.handshakes_hour, n.connections, "          \
	"tostring(peer.flags[\"maintenance\"]), tostring(peer:owns(\"001-01-00000abcdef\")) }, "   \
	"\" \")) end "

/* For each hook, a policy that notes everything that it can see. */
static const char *const policies[SCRIPT_HOOKS] = {
	[SCRIPT_SELECT_CAPABILITY] = SEE_PEER
	"function partner.select_capability(r, peer) see(peer) "
	"sepp.note(\"%s\", table.concat({ r.sender, all(r.capabilities), "
	"all(r.purposes), all(r.plmns), all(r.snpns), r.target_plmn, r.features, r.time, "
	"r.local_time.hour, tostring(r.target_api_root) }, \" \")) "
	"return sepp.select(sepp.TLS, { purposes = { sepp.purpose.ROAMING } }) end",
	[SCRIPT_RETAIN_CONNECTION] =
	    SEE_PEER "function partner.retain_connection(event, peer) see(peer) "
		     "return sepp.release(\"%s %d\", event.kind, event.age_s) end",
	[SCRIPT_OFFER_CAPABILITIES] =
	    SEE_PEER "function partner.offer_capabilities(peer) see(peer) "
		     "return { sepp.TLS, sepp.PRINS } end",
	[SCRIPT_VERIFY_SELECTION] = SEE_PEER
	"function partner.verify_selection(r, peer) see(peer) "
	"sepp.note(\"%s\", table.concat({ r.sender, tostring(r.capability), all(r.plmns), "
	"all(r.snpns), all(r.purposes), all(r.rejected_purposes), r.features, "
	"tostring(r.target_api_root) }, \" \")) "
	"return sepp.accept() end",
	[SCRIPT_SELECT_PARAMETERS] =
	    SEE_PEER "function partner.select_parameters(r, peer) see(peer) "
		     "return sepp.reject(\"%s %s %s %s %s\", r.sender, all(r.jwe), all(r.jws), "
		     "tostring(r.has_policy), tostring(r.policy_differs)) end",
	[SCRIPT_ON_ERROR_REPORT] =
	    SEE_PEER "function partner.on_error_report(r, peer) see(peer) "
		     "return sepp.terminate(\"%s %s %s %d\", r.type, r.context, r.message_id, "
		     "r.count) end",
};

static void assert_decides_the_same(
    struct kit *k, const struct script_input *in, const struct script_input *again)
{
	struct script_answer first = { 0 };
	char one[512], other[512];
	size_t n;

	script_decide(k->vm, k->program, in, &first);
	script_decide(k->vm, k->program, again, &k->answer);
	if (first.verdict == SCRIPT_FAILED)
		fail_msg("%s", first.reason);
	assert_int_equal(k->answer.verdict, first.verdict);
	assert_string_equal(k->answer.reason, first.reason);
	assert_int_equal(k->answer.fuel, first.fuel);
	assert_in_range(first.n_notes, 3, SCRIPT_NOTES_MAX);
	for (size_t i = 0; i < first.n_notes; i++)
		assert_string_equal(k->answer.notes[i], first.notes[i]);
	n = script_record_answer(one, sizeof(one), &first);
	assert_int_equal(script_record_answer(other, sizeof(other), &k->answer), n);
	assert_memory_equal(one, other, n);
}

static void a_policy_decides_the_same_from_what_is_read_back(void **state)
{
	(void)state;
	for (size_t hook = 0; hook < SCRIPT_HOOKS; hook++) {
		struct kit *k = kit_open();
		struct script_case *c = full_case((enum script_hook)hook), *again;
		bool truncated;

		if (!kit_partner(k, policies[hook]))
			fail_msg("%s", k->e.text);
		again = script_record_read(record_of(&c->in), &truncated, &k->e);
		assert_non_null(again);
		assert_decides_the_same(k, &c->in, &again->in);
		mem_free(again);
		mem_free(c);
		kit_close(k);
	}
}

static void lists_that_are_too_long_are_cut_and_the_record_says_so(void **state)
{
	struct script_case *c = script_case_new(SCRIPT_SELECT_CAPABILITY), *again;
	struct str record;
	struct err e = { 0 };
	bool truncated = false;

	(void)state;
	c->request.n_usages = N32_USAGES_MAX;
	for (size_t i = 0; i < N32_USAGES_MAX; i++)
		memset(c->request.usages[i].additional_info, '\x01', N32_INFO_MAX);
	record = record_of(&c->in);
	assert_non_null(memmem(record.p, record.n, "\"truncated\":true}", 17));
	again = script_record_read(record, &truncated, &e);
	assert_non_null(again);
	assert_true(truncated);
	assert_in_range(again->request.n_usages, 4, 31);
	mem_free(again);
	mem_free(c);
}

static void a_record_that_does_not_fit_at_all_is_none(void **state)
{
	struct script_case *c = script_case_new(SCRIPT_RETAIN_CONNECTION);
	char small[300];

	(void)state;
	memset(small, 'x', sizeof(small));
	assert_int_equal(script_record_input(small, 200, &c->in), 0);
	assert_int_equal(small[200], 'x');
	mem_free(c);
}

static void every_worst_input_of_a_connection_fits_the_least_room(void **state)
{
	struct script_case *c = full_case(SCRIPT_SELECT_CAPABILITY);
	static char text[SCRIPT_RECORD_MIN];

	(void)state;
	memset(c->request.sender.text, 'a', N32_FQDN_MAX);
	memset(c->request.n32f_fqdn.text, 'a', N32_FQDN_MAX);
	memset(c->source_address, 'a', 64);
	memset(c->issuer, '"', 127);
	memset(c->key, 'k', 24);
	memset(c->partner.name, 'n', CONF_NAME_MAX);
	memset(c->partner.group, 'n', CONF_NAME_MAX);
	c->n_dns_names = SCRIPT_CASE_NAMES_MAX;
	for (size_t i = 0; i < c->n_dns_names; i++)
		memset(c->dns_names[i], 'd', N32_FQDN_MAX);
	script_case_point(c);
	assert_true(script_record_input(text, sizeof(text), &c->in) > 0);
	mem_free(c);
}

static void a_mistake_in_a_record_is_said_with_its_place(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "[]", "object" },
		{ "{}", "'hook' missing" },
		{ "{\"hook\":\"select_capabilty\"}",
		    "hook: unknown value 'select_capabilty' (did you mean 'select_capability'?)" },
		{ "{\"hok\":1}", "unknown member 'hok' (did you mean 'hook'?)" },
		{ "{\"time\":\"now\"}",
		    "time: seconds since 1970, before the year 10000 expected" },
		{ "{\"time\":-1}", "time: seconds since 1970" },
		{ "{\"time\":-9223372036854775808}", "time: seconds since 1970" },
		{ "{\"time\":253402300800}", "time: seconds since 1970" },
		{ "{\"utc_offset_s\":100000}", "utc_offset_s: " },
		{ "{\"peer\":{\"tls\":{\"version\":7}}}", "peer: tls: version: string expected" },
		{ "{\"peer\":{\"plmns\":[\"262-01\",\"26201\"]}}",
		    "peer: plmns: element 2: PLMN such as \"001-01\" expected" },
		{ "{\"peer\":{\"history\":{\"strikes\":-1}}}",
		    "strikes: integer that is not negative" },
		{ "{\"offer\":[\"TLS\",\"PRINS\",\"TLS\"]}", "offer: 3 elements, at most 2 fit" },
		{ "{\"offer\":[\"NONE\"]}", "\"TLS\" or \"PRINS\" expected" },
		{ "{\"request\":{\"plmnIdList\":[{\"mcc\":\"26\",\"mnc\":\"01\"}]}}",
		    "digits of a PLMN" },
		{ "{\"request\":{\"supportedFeatures\":\"x\"}}", "hexadecimal digits" },
		{ "{\"request\":{\"senderN32fPort\":0}}", "port expected" },
		{ "{\"event\":{\"kind\":\"IDEL\"}}", "did you mean 'IDLE'?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		bool truncated;

		assert_null(script_record_read(str_of(rows[i].json), &truncated, &e));
		if (!strstr(e.text, rows[i].says))
			fail_msg("%s: %s", rows[i].json, e.text);
	}
}

static void answers_are_told_apart_by_their_terms(void **state)
{
	static const struct {
		struct script_answer answer;
		const char *json;
	} rows[] = {
		{ { .verdict = SCRIPT_SELECT, .cap = N32_CAP_TLS },
		    "{\"verdict\":\"select\",\"capability\":\"TLS\"}" },
		{ { .verdict = SCRIPT_SELECT, .cap = N32_CAP_TLS, .has_purposes = true },
		    "{\"verdict\":\"select\",\"capability\":\"TLS\",\"purposes\":[]}" },
		{ { .verdict = SCRIPT_DEFER, .defer_s = 30, .reason = "later" },
		    "{\"verdict\":\"defer\",\"seconds\":30}" },
		{ { .verdict = SCRIPT_RETAIN, .idle_s = 6, .open_reverse = true },
		    "{\"verdict\":\"retain\",\"idle_s\":6,\"max_age_s\":0,\"ping_s\":0,\"open_reverse\":true}" },
		{ { .verdict = SCRIPT_OFFER, .caps = { 1, { N32_CAP_PRINS } } },
		    "{\"verdict\":\"offer\",\"capabilities\":[\"PRINS\"]}" },
		{ { .verdict = SCRIPT_REJECT, .reason = "no" }, "{\"verdict\":\"reject\"}" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = script_record_answer(text, sizeof(text) - 1, &rows[i].answer);

		text[n] = '\0';
		assert_string_equal(text, rows[i].json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_back_is_recorded_with_the_same_bytes),
		cmocka_unit_test(a_record_has_the_names_of_the_wire_and_of_policies),
		cmocka_unit_test(a_policy_decides_the_same_from_what_is_read_back),
		cmocka_unit_test(lists_that_are_too_long_are_cut_and_the_record_says_so),
		cmocka_unit_test(a_record_that_does_not_fit_at_all_is_none),
		cmocka_unit_test(every_worst_input_of_a_connection_fits_the_least_room),
		cmocka_unit_test(a_mistake_in_a_record_is_said_with_its_place),
		cmocka_unit_test(answers_are_told_apart_by_their_terms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
