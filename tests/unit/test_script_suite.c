/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/suite_int.h"

/* A directory of two policies, a partner, a library and a wire body, with one test file. */
struct stage {
	struct kit *k;
	struct script_files policies, all;
	struct conf_gateway gateway;
	struct script_program *hub, *fallback, *partner;
	struct suite_subject subjects[2], partners[1];
	struct suite_world world;
	struct suite *suite;
	struct suite_result result;
	struct err e;
	char text[40000];
};

static const char hub_text[] =
    "local hub = sepp.policy { api = 1, name = 'hub' }\n"
    "local seen = { n = 0 }\n"
    "function hub.select_capability(request, peer)\n"
    "  seen.n = seen.n + 1\n"
    "  sepp.note('seen %d of %s', seen.n, peer.name)\n"
    "  if peer.certificate.days_left < 7 then\n"
    "    return sepp.reject('%d days left', peer.certificate.days_left)\n"
    "  end\n"
    "  if peer.flags['wait'] then return sepp.defer(30, 'later') end\n"
    "  if peer.flags['broken'] then return peer.nam end\n"
    "  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })\n"
    "end\n"
    "function hub.retain_connection(event, peer)\n"
    "  if event.kind == sepp.event.IDLE and event.age_s > 9 then return sepp.release('old') end\n"
    "  return sepp.retain { idle_s = 60, open_reverse = true }\n"
    "end\n"
    "function hub.offer_capabilities(peer) return { sepp.TLS } end\n"
    "function hub.verify_selection(response, peer)\n"
    "  if response.capability == sepp.TLS then return sepp.reject('weak') end\n"
    "  return sepp.accept()\n"
    "end\n"
    "function hub.select_parameters(request, peer)\n"
    "  return sepp.parameters { jwe = request.jwe[1], jws = request.jws[1] }\n"
    "end\n"
    "function hub.on_error_report(report, peer)\n"
    "  if report.count > 2 then return sepp.terminate('too many') end\n"
    "  return sepp.continue()\n"
    "end\n"
    "return hub\n";

static const char fallback_text[] = "local p = sepp.policy { api = 1, name = 'default' }\n"
				    "function p.select_capability()\n"
				    "  return sepp.reject('nobody')\n"
				    "end\n"
				    "return p\n";

static const char partner_text[] =
    "return sepp.partner { api = 1, name = 'island', group = 'hub', follows = 'hub',\n"
    "  fqdns = { 'sepp.5gc.mnc998.mcc342.3gppnetwork.org' }, plmns = { '342-998' },\n"
    "  anchors = 'a.pem', path = sepp.path.INTERMEDIARY, capabilities = { sepp.PRINS } }\n";

static const char wire_text[] = "{\"sender\":\"sepp.5gc.mnc001.mcc262.3gppnetwork.org\","
				"\"supportedSecCapabilityList\":[\"ALS\",\"TLS\"]}";

static const char *const paths[] = { "default.lua", "lib/days.lua", "partners/island.lua",
	"shared/hub.lua", "tests/bad.json", "tests/t_test.lua", "tests/wire.json" };

static struct script_program *program(struct stage *s, const char *path, enum script_kind kind)
{
	struct script_program *p = script_program_new(s->k->vm, &s->all, path, kind, &s->e);

	if (!p)
		fail_msg("%s", s->e.text);
	return p;
}

static void add_hooks(struct suite_subject *subject, const struct script_program *p)
{
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		if (!subject->hooks[h] && script_program_has(p, (enum script_hook)h))
			subject->hooks[h] = p;
	}
}

static void make_world(struct stage *s)
{
	s->fallback = program(s, "default.lua", SCRIPT_POLICY);
	s->hub = program(s, "shared/hub.lua", SCRIPT_POLICY);
	s->partner = program(s, "partners/island.lua", SCRIPT_PARTNER);
	s->subjects[0] = (struct suite_subject){ .name = "hub", .path = "shared/hub.lua" };
	s->subjects[1] = (struct suite_subject){ .name = "default", .path = "default.lua" };
	s->partners[0] = (struct suite_subject){ .name = "island",
		.path = "partners/island.lua",
		.conf = script_program_partner(s->partner) };
	add_hooks(&s->subjects[0], s->hub);
	add_hooks(&s->subjects[1], s->fallback);
	add_hooks(&s->partners[0], s->hub);
	add_hooks(&s->partners[0], s->fallback);
	s->gateway = (struct conf_gateway){
		.capabilities = { 2, { N32_CAP_PRINS, N32_CAP_TLS } },
		.purposes = ~(conf_purposes)0,
		.budgets = { 20000, 64 << 10, 250 },
	};
	s->world = (struct suite_world){ &s->all, &s->gateway, 2, 1, s->subjects, s->partners, 0 };
}

static struct stage *stage_open(void)
{
	struct stage *s = calloc(1, sizeof(*s));
	const char *texts[] = { fallback_text, "return { few = 6 }", partner_text, hub_text,
		"{\"sender\":\"\"}", "", wire_text };

	assert_non_null(s);
	s->k = kit_open();
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		kit_add(s->k, paths[i], texts[i]);
	s->all = s->k->dir;
	make_world(s);
	s->suite = suite_new(&s->world, &s->e);
	assert_non_null(s->suite);
	return s;
}

static void stage_close(struct stage *s)
{
	suite_free(s->suite);
	script_program_free(s->hub);
	script_program_free(s->fallback);
	script_program_free(s->partner);
	kit_close(s->k);
	free(s);
}

static bool stage_load(struct stage *s, const char *text)
{
	s->k->files[5].text = str_of(text);
	return suite_load(s->suite, "tests/t_test.lua", &s->e) == 0;
}

/* Runs the case that has `body` in line 3 and what stands before it in line 2.  Returns why it
 * failed, or "". */
static const char *stage_run(struct stage *s, const char *before, const char *body)
{
	snprintf(s->text, sizeof(s->text),
	    "local hub, request, peer = test.policy 'hub', test.request {}, test.peer {}\n%s\n"
	    "test.case('x', function() %s\nend)\n",
	    before, body);
	if (!stage_load(s, s->text))
		fail_msg("%s", s->e.text);
	suite_run(s->suite, 0, &s->result);
	return s->result.message;
}

/* before, body, message; "" passes */
typedef const char *row[3];

static void check_rows(const row *rows, size_t n)
{
	struct stage *s = stage_open();

	for (size_t i = 0; i < n; i++) {
		const char *got = stage_run(s, rows[i][0], rows[i][1]);

		if (strcmp(got, rows[i][2]) != 0)
			fail_msg("%s\n  got  %s\n  want %s", rows[i][1], got, rows[i][2]);
		assert_int_equal(s->result.passed, !*rows[i][2]);
	}
	stage_close(s);
}

#define T "tests/t_test.lua:"
#define NOTHING                                                                                    \
	T "3: the case checks nothing; write test.selected(answer, capability) or another assertion"

/* --- what the hooks are asked */

static const row hooks[] = {
	{ "", "test.selected(hub:select_capability(request, peer), sepp.PRINS)", "" },
	{ "", "test.selected(hub:select_capability(), sepp.PRINS)", "" },
	{ "", "test.deferred(hub:select_capability(request, peer { flags = { 'wait' } }), 30)",
	    "" },
	{ "", "test.failed(hub:select_capability(request, peer { flags = { 'broken' } }), 'nam')",
	    "" },
	{ "",
	    "test.retained(hub:retain_connection(test.event {}, peer), { idle_s = 60, open_reverse = true })",
	    "" },
	{ "",
	    "test.released(hub:retain_connection(test.event { kind = sepp.event.IDLE, age_s = 10 }, peer), 'old')",
	    "" },
	{ "", "test.equal(hub:offer_capabilities(peer).capabilities, { sepp.TLS })", "" },
	{ "", "test.verdict(hub:verify_selection(test.response {}, peer), 'accept')", "" },
	{ "",
	    "test.rejected(hub:verify_selection(test.response { capability = sepp.TLS }, peer), 'weak')",
	    "" },
	{ "",
	    "local a = hub:select_parameters(test.parameters { jwe = { sepp.jwe.A256GCM } }, peer) test.equal(a.jwe, sepp.jwe.A256GCM) test.equal(a.on_policy_mismatch, sepp.mismatch.REFUSE)",
	    "" },
	{ "",
	    "test.equal(hub:select_parameters(test.parameters { jwe = {}, jws = {} }, peer).jwe, nil)",
	    "" },
	{ "", "test.verdict(hub:on_error_report(test.report { count = 2 }, peer), 'continue')",
	    "" },
	{ "", "test.verdict(hub:on_error_report(test.report { count = 3 }, peer), 'terminate')",
	    "" },
	{ "", "test.rejected(test.policy 'default':select_capability(request, peer), 'nobody')",
	    "" },
};

static void every_hook_can_be_asked(void **state)
{
	(void)state;
	check_rows(hooks, ARRAY_LEN(hooks));
}

static const row partners[] = {
	{ "local island = test.partner 'island'",
	    "test.selected(island:select_capability(), sepp.PRINS)", "" },
	{ "local island = test.partner 'island'",
	    "test.noted(island:select_capability(), 'seen 1 of island')", "" },
	{ "local island = test.partner 'island'",
	    "test.rejected(island:select_capability(request { capabilities = { sepp.TLS } }))",
	    "" },
	{ "", "test.noted(hub:select_capability(request, peer { name = 'island' }), 'of island')",
	    "" },
	{ "", "test.noted(hub:select_capability(request, peer { name = 'other' }), 'of other')",
	    "" },
	/* the ceiling of its file, whatever the request offers */
	{ "",
	    "test.rejected(hub:select_capability(request { capabilities = { sepp.TLS } }, peer { name = 'island' }), '')",
	    "" },
	{ "",
	    "test.selected(hub:select_capability(request { capabilities = { sepp.TLS } }, peer { name = 'other' }), sepp.TLS)",
	    "" },
	{ "",
	    "test.selected(hub:select_capability(request, peer { capabilities = { sepp.TLS } }), sepp.TLS)",
	    "" },
};

static void a_partner_is_asked_about_with_what_its_file_says(void **state)
{
	(void)state;
	check_rows(partners, ARRAY_LEN(partners));
}

/* --- failures */

static const row failures[] = {
	{ "", "test.selected(hub:select_capability(), sepp.TLS)",
	    T "3: expected select TLS, got select PRINS" },
	{ "",
	    "\ntest.selected(hub:select_capability(request, peer { cert_days_left = 6 }), sepp.TLS)",
	    T "4: expected select TLS, got reject: 6 days left (shared/hub.lua:7)" },
	{ "", "test.rejected(hub:select_capability())", T "3: expected reject, got select PRINS" },
	{ "",
	    "test.rejected(hub:select_capability(request, peer { cert_days_left = 6 }), 'expired')",
	    T "3: expected \"expired\" in the reason, got reject: 6 days left (shared/hub.lua:7)" },
	{ "", "test.rejected(hub:select_capability(request, peer { flags = { 'broken' } }))",
	    T
	    "3: expected reject, got failed: shared/hub.lua:10: peer has no field 'nam' (did you mean 'name'?)" },
	{ "", "test.retained(hub:retain_connection(test.event {}, peer), { idle_s = 61 })",
	    T "3: expected idle_s = 61, got 60" },
	{ "", "test.retained(hub:retain_connection(test.event {}, peer), { idle = 60 })",
	    T "3: test.retained: unknown field 'idle' (did you mean 'idle_s'?)" },
	{ "", "test.verdict(hub:select_capability(), 'selct')",
	    T "3: test.verdict: there is no verdict 'selct' (did you mean 'select'?)" },
	{ "", "test.noted(hub:select_capability(), 'xyz')",
	    T "3: expected a note with \"xyz\", got 1 without it, the last \"seen 1 of partner\"" },
	{ "", "test.equal({ a = { 1, 2 } }, { a = { 1, 3 } })", T "3: expected 3, got 2 at a[2]" },
	{ "", "test.equal({ 1 }, { 1, sepp.TLS })", T "3: expected TLS, got nil at [2]" },
	{ "", "test.equal(1, '1')", T "3: expected \"1\", got 1" },
	{ "", "test.ok(false, 'the sky is up')", T "3: the sky is up (got false)" },
	{ "", "return test.ok(nil)", T "3: expected a true value, got nil" },
	{ "", "pcall(test.ok, false)", T "3: expected a true value, got false" },
	{ "", "error('own words')", T "3: own words" },
	{ "", "local x = hub", NOTHING },
	{ "", "pcall(test.equal, { [{}] = 1 }, 5)", NOTHING },
	{ "", "test.peer { ['name\\0x'] = 'y' }",
	    T "3: test.peer: unknown field 'name' (did you mean 'name'?)" },
	{ "",
	    "pcall(test.failed, hub:select_capability(request, peer { flags = { 'broken' } }), 5)",
	    NOTHING },
	{ "", "test.retained(hub:retain_connection(), { idle_s = 60, open_reverse = 'yes' })",
	    T
	    "3: test.retained: 'open_reverse' must be true or false, got string; write open_reverse = true" },
	{ "", "test.retained(hub:retain_connection(), { idle_s = '60' })",
	    T "3: test.retained: 'idle_s' must be a whole number, got string; write idle_s = 600" },
	{ "", "test.retained(hub:retain_connection(), { idle_s = 0 / 0 })",
	    T "3: test.retained: 'idle_s' must be a whole number, got number; write idle_s = 600" },
	{ "", "test.retained(hub:retain_connection(), { 60 })",
	    T "3: test.retained: fields are written name = value: { idle_s = 600 }" },
	{ "", "test.retained(hub:retain_connection(), { open_reverse = false })",
	    T "3: expected open_reverse = false, got true" },
	{ "", "test.selected('PRINS', sepp.PRINS)",
	    T
	    "3: test.selected: answer expected, got string; write test.selected(policy:hook(...), ...)" },
	{ "", "test.ok(hub:select_capability().verdikt)",
	    T "3: answer has no field 'verdikt' (did you mean 'verdict'?)" },
	{ "", "test.case('y', function() end)",
	    T "3: test.case is called while the file loads, not inside a case" },
};

static void a_failure_says_where_what_was_expected_and_what_came(void **state)
{
	(void)state;
	check_rows(failures, ARRAY_LEN(failures));
}

/* --- mistakes in fixtures and questions */

static const row mistakes[] = {
	{ "", "hub:select_capability(request, peer { cert_days = 6 })",
	    T "3: test.peer: unknown field 'cert_days'; write cert_days_left" },
	{ "", "hub:select_capability(request, peer { cert_days_lef = 6 })",
	    T "3: test.peer: unknown field 'cert_days_lef' (did you mean 'cert_days_left'?)" },
	{ "", "test.peer { certificate = {} }",
	    T
	    "3: test.peer: unknown field 'certificate'; write cert_days_left and the other cert_ fields" },
	{ "", "test.request { capabilities = { 'TLS' } }",
	    T
	    "3: test.request: 'capabilities': capability expected, got string; write sepp.TLS, not the string \"TLS\"" },
	{ "", "test.request { capabilities = {} }",
	    T
	    "3: test.request never gets to a policy: the gateway answers 400 MANDATORY_IE_INCORRECT: /supportedSecCapabilityList must be an array of 1 to 16 SecurityCapability" },
	{ "", "test.request { plmns = '262-01' }",
	    T
	    "3: test.request: 'plmns' must be a list of 1 to 64, got \"262-01\"; write plmns = { \"262-01\" }" },
	{ "", "test.request { time = 'noon' }",
	    T
	    "3: test.request: 'time' must be a time in UTC, got \"noon\"; write time = \"2026-07-01 14:30\"" },
	{ "", "test.event { kind = 'IDLE' }",
	    T
	    "3: test.event: 'kind': event expected, got string; write sepp.event.IDLE, not the string \"IDLE\"" },
	{ "", "test.event(5)",
	    T "3: test.event: table expected, got number; write test.event { ... }" },
	{ "", "hub.select_capability(request, peer)",
	    T "3: call hooks with a colon: policy:select_capability(request, peer)" },
	{ "", "hub:select_capabilty(request, peer)",
	    T
	    "3: there is no hook 'select_capabilty' to ask of 'hub' (did you mean 'select_capability'?)" },
	{ "", "hub:select_capability(peer, request)",
	    T "3: peer expected, got request; write test.peer { ... }" },
	{ "", "hub:select_capability({}, peer)",
	    T "3: request expected, got table; write test.request { ... }" },
	{ "", "hub:select_capability(request, peer, 1)",
	    T "3: too many arguments: write policy:select_capability(request, peer)" },
	{ "", "test.policy 'default':retain_connection()",
	    T "3: default.lua does not define 'retain_connection'" },
	{ "", "peer.name = 'x'",
	    T "3: a peer is not changed but made anew: local other = peer { field = value }" },
	{ "", "test.ok(peer.name)",
	    T
	    "3: a test cannot read the fields of its peer; to change one, call it: peer { field = value }" },
	{ "", "hub.select_capability = 1", T "3: a test asks 'hub', it cannot change it" },
	{ "", "test.fixture 'none.json'",
	    T
	    "3: test.fixture: there is no tests/none.json and no tests/fixtures/none.json; write the name of a .json file" },
	{ "", "test.selcted()", T "3: test has no field 'selcted' (did you mean 'selected'?)" },
};

static void a_mistake_in_a_test_says_what_to_write(void **state)
{
	(void)state;
	check_rows(mistakes, ARRAY_LEN(mistakes));
}

static const row wires[] = {
	{ "", "test.selected(hub:select_capability(test.fixture 'wire.json'), sepp.TLS)", "" },
	{ "",
	    "test.selected(hub:select_capability(test.fixture 'wire.json' { capabilities = { sepp.PRINS } }), sepp.PRINS)",
	    "" },
	{ "", "test.fixture 'bad.json'",
	    T
	    "3: tests/bad.json never gets to a policy: the gateway answers 400 MANDATORY_IE_MISSING: /sender must be an FQDN of 1 to 253 characters; /supportedSecCapabilityList missing" },
};

static void a_body_from_the_wire_is_decoded_as_the_gateway_does(void **state)
{
	(void)state;
	check_rows(wires, ARRAY_LEN(wires));
}

/* text, message of loading */
static const char *const unloadable[][2] = {
	{ "",
	    "tests/t_test.lua: there is no case in it; write test.case(\"name\", function() ... end)" },
	{ "x = 1", T "1: assignment to the global 'x'; write 'local x = ...'" },
	{ "test.case('a', function() end)\ntest.case('a', function() end)",
	    T "2: the name 'a' is that of the case in line 1" },
	{ "test.case('a')", T
	    "1: test.case: argument 2 is the function that checks, got no value; write test.case(\"name\", function() ... end)" },
	{ "test.case(function() end)",
	    T "1: test.case: the first argument is the name of the case, at most 100 bytes" },
	{ "test.each('a', {}, function() end)",
	    T "1: test.each: no rows; write { { ... }, { ... } }" },
	{ "test.policy 'hab'",
	    T "1: test.policy: no file in shared/ declares the name 'hab' (did you mean 'hub'?)" },
	{ "test.partner 'hub'", T "1: test.partner: no file in partners/ declares the name 'hub'" },
	{ "test.ok(true)",
	    T "1: test.ok belongs into a case: test.case(\"name\", function() ... end)" },
	{ "sepp.partner {}",
	    T "1: sepp.partner belongs in a file of partners/; this is a file of tests/" },
	{ "while true do end", T "1: stopped after 400000 units of fuel" },
};

static void what_does_not_load_says_why(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unloadable); i++) {
		assert_false(stage_load(s, unloadable[i][0]));
		assert_string_equal(s->e.text, unloadable[i][1]);
	}
	stage_close(s);
}

/* --- isolation */

static void no_case_sees_what_another_did(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	assert_true(stage_load(s, "local t = { 0 }\nlocal days = sepp.require 'days'\n"
				  "for _, n in ipairs { 'a', 'b' } do\n"
				  "  test.case(n, function() t[1] = t[1] + 1 test.equal(t[1], 1)\n"
				  "    test.equal(days.few, 6) end)\nend"));
	assert_int_equal(suite_cases(s->suite), 2);
	for (size_t i = 0; i < 4; i++) {
		suite_run(s->suite, i % 2, &s->result);
		assert_string_equal(s->result.message, "");
	}
	stage_close(s);
}

static void no_decision_sees_the_one_before(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	assert_string_equal(
	    stage_run(s, "", "for _ = 1, 3 do test.noted(hub:select_capability(), 'seen 1') end"),
	    "");
	assert_int_equal(s->result.decisions, 3);
	assert_true(s->result.fuel > 300);
	stage_close(s);
}

/* What a hostile test can do, and how its message begins. */
static const char *const hostile[][2] = {
	{ "while true do end", T "3: stopped after 400000 units of fuel" },
	{ "while true do pcall(function() while true do end end) end",
	    T "3: stopped after 400000" },
	{ "local t = {} for i = 1, 1e9 do t[i] = { i } end", T "3: not enough memory" },
	{ "local function f() return 1 + f() end f()", T "3: not enough memory" },
	{ "local r = request for i = 1, 1e9 do r = r { features = 1 } end", T "3: " },
	{ "for i = 1, 1e9 do hub:select_capability() end", T "3: " },
	{ "test.equal(('a'):rep(60000), ('b'):rep(60000))", T "3: expected \"bbb" },
	{ "local t, u = {}, {} t[1] = t u[1] = u test.equal(t, u)",
	    T "3: test.equal: the tables are too deep" },
	{ "local t = {} t.t = t test.ok(false, 'x') test.equal(t, 1)", T "3: x (got false)" },
	{ "error({})", T "3: error object (table)" },
	{ "peer { flags = (function() local t = {} for i = 1, 17 do t[i] = 'f' end return t end)() }",
	    T "3: test.peer: 'flags' must be a list of at most 16, got table" },
};

static void a_hostile_test_fails_alone(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		const char *got = stage_run(s, "", hostile[i][0]);

		if (strncmp(got, hostile[i][1], strlen(hostile[i][1])) != 0)
			fail_msg("%s\n  got %s", hostile[i][0], got);
		assert_false(s->result.passed);
		assert_string_equal(
		    stage_run(s, "", "test.selected(hub:select_capability(), sepp.PRINS)"), "");
	}
	stage_close(s);
}

/* --- the rest */

static void a_decision_that_spends_too_much_fails_its_case(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	s->world.max_fuel = 50;
	stage_run(s, "", "test.ok(hub:select_capability())");
	assert_non_null(strstr(s->result.message, "shared/hub.lua: 'select_capability' spent 1"));
	assert_non_null(strstr(s->result.message, "; at most 50 are allowed here"));
	s->world.max_fuel = 5000;
	assert_string_equal(stage_run(s, "", "test.ok(hub:select_capability())"), "");
	stage_close(s);
}

static void each_row_is_a_case_that_shows_it(void **state)
{
	struct stage *s = stage_open();

	(void)state;
	assert_true(stage_load(s, "test.each('days', { { d = 7, v = sepp.TLS }, 5, 'x' },\n"
				  "function(row) test.equal(row, 5) end)"));
	assert_int_equal(suite_cases(s->suite), 3);
	assert_string_equal(suite_case_name(s->suite, 0), "days { d = 7, v = TLS }");
	assert_string_equal(suite_case_name(s->suite, 1), "days 5");
	assert_string_equal(suite_case_name(s->suite, 2), "days \"x\"");
	assert_int_equal(suite_case_line(s->suite, 2), 1);
	suite_run(s->suite, 1, &s->result);
	assert_true(s->result.passed);
	suite_run(s->suite, 2, &s->result);
	assert_string_equal(s->result.message, T "2: expected 5, got \"x\"");
	stage_close(s);
}

static void rows_that_look_alike_are_numbered(void **state)
{
	struct stage *s = stage_open();
	const char *name;

	(void)state;
	assert_true(stage_load(s, "local a = ('x'):rep(190)\n"
				  "test.each('n', { a .. '1', a .. '2', 7, 7 }, function() end)"));
	assert_int_equal(suite_cases(s->suite), 4);
	name = suite_case_name(s->suite, 1);
	assert_string_equal(name + strlen(name) - 3, " #2");
	assert_string_equal(suite_case_name(s->suite, 3), "n 7 #4");
	stage_close(s);
}

static void a_decision_that_is_another_one_elsewhere_fails_its_case(void **state)
{
	static const struct conf_budgets little = { 50, 64 << 10, 250 };
	struct stage *s = stage_open();

	(void)state;
	script_vm_set_budgets(s->suite->second, &little);
	stage_run(s, "", "test.ok(hub:select_capability())");
	assert_non_null(strstr(s->result.message,
	    T "3: shared/hub.lua decides differently in another worker: select PRINS (fuel "));
	assert_non_null(strstr(s->result.message, "; they differ in 'verdict'"));
	assert_false(s->result.passed);
	stage_close(s);
}

/* Whatever allocation of a case fails, the case fails and the next one runs. */
static void every_allocation_of_a_case_may_fail(void **state)
{
	struct stage *s = stage_open();
	uint64_t asked;

	(void)state;
	stage_run(s, "",
	    "local a = hub:select_capability(request { plmns = { '262-02' } }, peer)\n"
	    "test.selected(a, sepp.PRINS) test.equal({ a.notes }, { { 'x' } })");
	script_vm_fail(s->suite->vm, 0, false);
	suite_run(s->suite, 0, &s->result);
	asked = script_vm_asked(s->suite->vm);
	assert_true(asked > 20);
	for (uint64_t k = 1; k <= asked; k++) {
		for (int forever = 0; forever < 2; forever++) {
			script_vm_fail(s->suite->vm, k, forever);
			suite_run(s->suite, 0, &s->result);
			assert_false(s->result.passed);
		}
	}
	script_vm_fail(s->suite->vm, 0, false);
	suite_run(s->suite, 0, &s->result);
	assert_non_null(
	    strstr(s->result.message, "expected \"x\", got \"seen 1 of partner\" at [1][1]"));
	stage_close(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hook_can_be_asked),
		cmocka_unit_test(a_partner_is_asked_about_with_what_its_file_says),
		cmocka_unit_test(a_failure_says_where_what_was_expected_and_what_came),
		cmocka_unit_test(a_mistake_in_a_test_says_what_to_write),
		cmocka_unit_test(a_body_from_the_wire_is_decoded_as_the_gateway_does),
		cmocka_unit_test(what_does_not_load_says_why),
		cmocka_unit_test(no_case_sees_what_another_did),
		cmocka_unit_test(no_decision_sees_the_one_before),
		cmocka_unit_test(a_hostile_test_fails_alone),
		cmocka_unit_test(a_decision_that_spends_too_much_fails_its_case),
		cmocka_unit_test(each_row_is_a_case_that_shows_it),
		cmocka_unit_test(rows_that_look_alike_are_numbered),
		cmocka_unit_test(a_decision_that_is_another_one_elsewhere_fails_its_case),
		cmocka_unit_test(every_allocation_of_a_case_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
