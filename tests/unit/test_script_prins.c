/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "base/mem.h"
#include "script/case.h"

/* select_parameters and on_error_report. */

/* What tostring() makes of `expression` in the hook that `c` is about, or the error. */
static const char *eval(struct kit *k, struct script_case *c, const char *expression)
{
	char body[256];

	snprintf(body, sizeof(body), "return sepp.%s(\"%%s\", tostring(%s))",
	    c->in.hook == SCRIPT_SELECT_PARAMETERS ? "reject" : "terminate", expression);
	return kit_ask(k, &c->in, body)->reason;
}

static struct script_case *proposal(void)
{
	struct script_case *c = script_case_new(SCRIPT_SELECT_PARAMETERS);

	c->params.n_jwe = 2;
	c->params.jwe[0] = (struct n32_suite){ N32_JWE_UNKNOWN, "A192GCM" };
	c->params.jwe[1] = (struct n32_suite){ N32_JWE_A128GCM, "" };
	c->params.n_jws = 2;
	c->params.jws[0] = (struct n32_suite){ N32_JWS_UNKNOWN, "ES384" };
	c->params.jws[1] = (struct n32_suite){ N32_JWS_ES256, "" };
	c->params.has_policy = c->params.policy_differs = true;
	c->in.utc_offset_s = 3600;
	return c;
}

/* expression, what tostring() makes of it */
static const char *const parameters_fields[][2] = {
	{ "it.sender", "sepp.5gc.mnc001.mcc262.3gppnetwork.org" },
	{ "#it.jwe", "2" },
	{ "it.jwe[1]", "A192GCM" },
	{ "it.jwe[1] == it.jwe[1]", "true" },
	{ "it.jwe[1] == it.jws[1]", "false" },
	{ "it.jwe[2] == sepp.jwe.A128GCM", "true" },
	{ "it.jwe[3]", "nil" },
	{ "#it.jws", "2" },
	{ "it.jws[1]", "ES384" },
	{ "it.jws[2] == sepp.jws.ES256", "true" },
	{ "it.has_policy", "true" },
	{ "it.policy_differs", "true" },
	{ "it.time", "1767264600" },
	{ "it.local_time.weekday", "4" },
	{ "it.local_time.hour", "11" },
	{ "it:offers(sepp.jwe.A128GCM)", "true" },
	{ "it:offers(sepp.jwe.A256GCM)", "false" },
	{ "it:offers(sepp.jws.ES256)", "true" },
	{ "it:offers(it.jwe[1])", "true" },
	{ "it:offers(it.jws[1])", "true" },
	{ "it:offers(\"A256GCM\")",
	    "partners/p.lua:3: bad argument #1 to 'offers' (jwe expected, got string; write "
	    "sepp.jwe.A256GCM, not the string \"A256GCM\")" },
	{ "it:offers(\"ES256\")",
	    "partners/p.lua:3: bad argument #1 to 'offers' (jws expected, got string; write "
	    "sepp.jws.ES256, not the string \"ES256\")" },
	{ "it:offers(sepp.TLS)",
	    "partners/p.lua:3: bad argument #1 to 'offers' (jwe or jws expected, got capability)" },
	{ "it:offers()",
	    "partners/p.lua:3: bad argument #1 to 'offers' (jwe or jws expected, got no value)" },
	{ "it.jew", "partners/p.lua:3: parameters has no field 'jew' (did you mean 'jwe'?)" },
	{ "sepp.jwe.A192GCM", "partners/p.lua:3: sepp.jwe has no field 'A192GCM' (did you mean "
			      "'A128GCM'?)" },
};

static void parameters_show_what_the_peer_proposes(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = proposal();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parameters_fields); i++) {
		if (strcmp(eval(k, c, parameters_fields[i][0]), parameters_fields[i][1]) != 0)
			fail_msg("%s: %s", parameters_fields[i][0], k->answer.reason);
	}
	mem_free(c);
	kit_close(k);
}

static void what_is_not_proposed_is_absent(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_SELECT_PARAMETERS);

	(void)state;
	c->params.sender.text[0] = '\0';
	c->params.n_jwe = c->params.n_jws = 0;
	assert_string_equal(eval(k, c, "it.sender"), "nil");
	assert_string_equal(eval(k, c, "#it.jwe + #it.jws"), "0");
	assert_string_equal(eval(k, c, "it:offers(sepp.jwe.A128GCM)"), "false");
	assert_string_equal(eval(k, c, "it.has_policy"), "false");
	assert_string_equal(eval(k, c, "it.policy_differs"), "false");
	mem_free(c);
	kit_close(k);
}

static void selecting_parameters_gives_them(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = proposal();
	const struct script_answer *a =
	    kit_ask(k, &c->in, "return sepp.parameters { jwe = it.jwe[2], jws = sepp.jws.ES256 }");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_PARAMETERS);
	assert_int_equal(a->jwe, N32_JWE_A128GCM);
	assert_int_equal(a->jws, N32_JWS_ES256);
	assert_int_equal(a->on_mismatch, SCRIPT_MISMATCH_REFUSE);
	a = kit_ask(k, &c->in,
	    "return sepp.parameters { jwe = sepp.jwe.A128GCM, jws = sepp.jws.ES256,\n"
	    "on_policy_mismatch = sepp.mismatch.WARN }");
	assert_int_equal(a->on_mismatch, SCRIPT_MISMATCH_WARN);
	assert_int_equal(a->line, 3);
	mem_free(c);
	kit_close(k);
}

static void where_nothing_is_proposed_nothing_is_selected(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_SELECT_PARAMETERS);
	const struct script_answer *a;

	(void)state;
	c->params.n_jwe = c->params.n_jws = 0;
	a = kit_ask(k, &c->in, "return sepp.parameters {}");
	assert_int_equal(a->verdict, SCRIPT_PARAMETERS);
	assert_int_equal(a->jwe, N32_JWE_UNKNOWN);
	assert_int_equal(a->jws, N32_JWS_UNKNOWN);
	a = kit_ask(
	    k, &c->in, "return sepp.parameters { jwe = sepp.jwe.A256GCM, jws = sepp.jws.ES256 }");
	assert_int_equal(a->verdict, SCRIPT_PARAMETERS);
	assert_int_equal(a->jwe, N32_JWE_UNKNOWN);
	assert_int_equal(a->jws, N32_JWS_UNKNOWN);
	mem_free(c);
	kit_close(k);
}

/* body of the hook, what the operator reads behind the place */
static const char *const no_parameters[][2] = {
	{ "return sepp.parameters()", "sepp.parameters: table expected, got nil; write "
				      "sepp.parameters { jwe = sepp.jwe.A256GCM }" },
	{ "return sepp.parameters {}",
	    "sepp.parameters: 'jwe' is missing; the peer proposes A192GCM, A128GCM; write jwe = "
	    "sepp.jwe.A128GCM" },
	{ "return sepp.parameters { jwe = sepp.jwe.A128GCM }",
	    "sepp.parameters: 'jws' is missing; the peer proposes ES384, ES256; write jws = "
	    "sepp.jws.ES256" },
	{ "return sepp.parameters { jwe = sepp.jwe.A256GCM, jws = sepp.jws.ES256 }",
	    "sepp.parameters: 'jwe': the peer did not propose A256GCM, but A192GCM, A128GCM; write "
	    "jwe = sepp.jwe.A128GCM" },
	{ "return sepp.parameters { jwe = it.jwe[1], jws = sepp.jws.ES256 }",
	    "sepp.parameters: 'jwe': the jwe 'A192GCM' of the peer is unknown here and cannot be "
	    "used" },
	{ "return sepp.parameters { jwe = \"A128GCM\" }",
	    "sepp.parameters: 'jwe': jwe expected, got string; write sepp.jwe.A128GCM, not the "
	    "string \"A128GCM\"" },
	{ "return sepp.parameters { jwe = sepp.jws.ES256 }",
	    "sepp.parameters: 'jwe': jwe expected, got jws" },
	{ "return sepp.parameters { jwe = sepp.jwe.A128GCM, jws = it.jws }",
	    "sepp.parameters: 'jws': jws expected, got list" },
	{ "return sepp.parameters { jwe = it.jwe[2], jws = it.jws[2], on_policy_mismatch = true }",
	    "sepp.parameters: 'on_policy_mismatch': mismatch expected, got boolean" },
	{ "return sepp.parameters { jwe = it.jwe[2], jws = it.jws[2], "
	  "on_policy_mismatch = \"warn\" }",
	    "sepp.parameters: 'on_policy_mismatch': mismatch expected, got string; write "
	    "sepp.mismatch.WARN, not the string \"warn\"" },
	{ "return sepp.parameters { jew = sepp.jwe.A128GCM }",
	    "sepp.parameters: unknown field 'jew' (did you mean 'jwe'?)" },
	{ "return sepp.parameters { sepp.jwe.A128GCM }",
	    "sepp.parameters: unexpected [1]; fields are written name = value" },
};

static void wrong_parameters_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = proposal();
	char want[384];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_parameters); i++) {
		snprintf(want, sizeof(want), "partners/p.lua:3: %s", no_parameters[i][1]);
		if (strcmp(kit_ask(k, &c->in, no_parameters[i][0])->reason, want) != 0)
			fail_msg("%s: %s", no_parameters[i][0], k->answer.reason);
		assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	}
	mem_free(c);
	kit_close(k);
}

static void a_proposal_of_which_nothing_is_known_can_only_be_rejected(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = proposal();

	(void)state;
	c->params.n_jwe = 1;
	assert_string_equal(kit_ask(k, &c->in, "return sepp.parameters {}")->reason,
	    "partners/p.lua:3: sepp.parameters: 'jwe' is missing; the peer proposes A192GCM; write "
	    "sepp.reject(reason), for none of it is known here");
	mem_free(c);
	kit_close(k);
}

static void a_long_proposal_is_cut_in_messages(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = proposal();

	(void)state;
	c->params.n_jwe = N32_SUITES_MAX;
	for (size_t i = 0; i < N32_SUITES_MAX; i++) {
		c->params.jwe[i].value = N32_JWE_UNKNOWN;
		memset(c->params.jwe[i].text, 'a' + (int)i, N32_TEXT_MAX);
	}
	assert_string_equal(kit_ask(k, &c->in, "return sepp.parameters {}")->reason,
	    "partners/p.lua:3: sepp.parameters: 'jwe' is missing; the peer proposes "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; write "
	    "sepp.reject(reason), for none of it is known here");
	mem_free(c);
	kit_close(k);
}

/* --- on_error_report */

static void a_report_shows_what_the_peer_says(void **state)
{
	/* expression, what tostring() makes of it */
	static const char *const fields[][2] = {
		{ "it.type == sepp.n32f_error.INTEGRITY_CHECK_FAILED", "true" },
		{ "it.type", "INTEGRITY_CHECK_FAILED" },
		{ "it.context", "0123456789abcdef" },
		{ "it.message_id", "17" },
		{ "it.count", "3" },
		{ "it.time", "1767264600" },
		{ "it.local_time.minute", "50" },
		{ "it.contxt", "partners/p.lua:3: report has no field 'contxt' (did you mean "
			       "'context'?)" },
	};
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_ON_ERROR_REPORT);

	(void)state;
	strcpy(c->report.message_id, "17");
	c->report.in_context = 3;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		assert_string_equal(eval(k, c, fields[i][0]), fields[i][1]);
	mem_free(c);
	kit_close(k);
}

static void every_type_of_error_has_its_constant(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_ON_ERROR_REPORT);
	char expression[128];

	(void)state;
	for (int i = N32_ERROR_UNKNOWN + 1; i < N32_ERROR_TYPES; i++) {
		c->report.error = (enum n32_error_type)i;
		snprintf(expression, sizeof(expression), "it.type == sepp.n32f_error.%s",
		    n32_error_type_name(c->report.error));
		assert_string_equal(eval(k, c, expression), "true");
	}
	mem_free(c);
	kit_close(k);
}

static void an_unknown_type_of_error_is_a_value_too(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_ON_ERROR_REPORT);

	(void)state;
	c->report.error = N32_ERROR_UNKNOWN;
	strcpy(c->report.error_text, "MOON_PHASE");
	c->report.context[0] = '\0';
	assert_string_equal(eval(k, c, "it.type"), "MOON_PHASE");
	assert_string_equal(eval(k, c, "it.type == it.type"), "true");
	assert_string_equal(eval(k, c, "it.type == sepp.n32f_error.POLICY_MISMATCH"), "false");
	assert_string_equal(eval(k, c, "it.context"), "nil");
	mem_free(c);
	kit_close(k);
}

/* body of the hook, what the operator reads behind the place */
static const char *const no_reactions[][2] = {
	{ "return sepp.continue(\"x\")",
	    "bad argument #1 to 'continue' (nothing expected, got string)" },
	{ "return sepp.renegotiate()", "bad argument #1 to 'renegotiate' (a reason is needed; "
				       "write sepp.renegotiate(\"why\"))" },
	{ "return sepp.terminate(\"\")", "bad argument #1 to 'terminate' (a reason is needed; "
					 "write sepp.terminate(\"why\"))" },
	{ "return sepp.terminate(it.type)",
	    "bad argument #1 to 'terminate' (string expected, got n32f_error)" },
	{ "return sepp.n32f_error.FOO", "sepp.n32f_error has no field 'FOO'" },
};

static void wrong_reactions_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_ON_ERROR_REPORT);
	char want[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_reactions); i++) {
		snprintf(want, sizeof(want), "partners/p.lua:3: %s", no_reactions[i][1]);
		assert_string_equal(kit_ask(k, &c->in, no_reactions[i][0])->reason, want);
		assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	}
	mem_free(c);
	kit_close(k);
}

static void reactions_format_their_reason(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_ON_ERROR_REPORT);

	(void)state;
	assert_string_equal(
	    kit_ask(k, &c->in, "return sepp.renegotiate(\"%s, %d\", it.type, it.count)")->reason,
	    "INTEGRITY_CHECK_FAILED, 1");
	assert_int_equal(k->answer.verdict, SCRIPT_RENEGOTIATE);
	mem_free(c);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_show_what_the_peer_proposes),
		cmocka_unit_test(what_is_not_proposed_is_absent),
		cmocka_unit_test(selecting_parameters_gives_them),
		cmocka_unit_test(where_nothing_is_proposed_nothing_is_selected),
		cmocka_unit_test(wrong_parameters_are_answered_with_what_to_write),
		cmocka_unit_test(a_proposal_of_which_nothing_is_known_can_only_be_rejected),
		cmocka_unit_test(a_long_proposal_is_cut_in_messages),
		cmocka_unit_test(a_report_shows_what_the_peer_says),
		cmocka_unit_test(every_type_of_error_has_its_constant),
		cmocka_unit_test(an_unknown_type_of_error_is_a_value_too),
		cmocka_unit_test(wrong_reactions_are_answered_with_what_to_write),
		cmocka_unit_test(reactions_format_their_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
