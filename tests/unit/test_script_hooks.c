/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "base/mem.h"
#include "script/case.h"

/* The hooks of the initiator, and what all hooks have in common. */

/* hook, a right answer, its verdict */
static const struct {
	enum script_hook hook;
	const char *body;
	enum script_verdict verdict;
} right[] = {
	{ SCRIPT_SELECT_CAPABILITY, "return sepp.prefer(it, { sepp.PRINS })", SCRIPT_SELECT },
	{ SCRIPT_SELECT_CAPABILITY, "return sepp.reject(\"x\")", SCRIPT_REJECT },
	{ SCRIPT_SELECT_CAPABILITY, "return sepp.defer(1, \"x\")", SCRIPT_DEFER },
	{ SCRIPT_RETAIN_CONNECTION, "return sepp.retain {}", SCRIPT_RETAIN },
	{ SCRIPT_RETAIN_CONNECTION, "return sepp.release(\"x\")", SCRIPT_RELEASE },
	{ SCRIPT_OFFER_CAPABILITIES, "return { sepp.TLS }", SCRIPT_OFFER },
	{ SCRIPT_VERIFY_SELECTION, "return sepp.accept()", SCRIPT_ACCEPT },
	{ SCRIPT_VERIFY_SELECTION, "return sepp.reject(\"x\")", SCRIPT_REJECT },
	{ SCRIPT_SELECT_PARAMETERS, "return sepp.parameters { jwe = it.jwe[1], jws = it.jws[1] }",
	    SCRIPT_PARAMETERS },
	{ SCRIPT_SELECT_PARAMETERS, "return sepp.reject(\"x\")", SCRIPT_REJECT },
	{ SCRIPT_ON_ERROR_REPORT, "return sepp.continue()", SCRIPT_CONTINUE },
	{ SCRIPT_ON_ERROR_REPORT, "return sepp.renegotiate(\"x\")", SCRIPT_RENEGOTIATE },
	{ SCRIPT_ON_ERROR_REPORT, "return sepp.terminate(\"x\")", SCRIPT_TERMINATE },
};

static void every_hook_decides_a_valid_case(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct script_case *c = script_case_new(right[i].hook);
		const struct script_answer *a = kit_ask(k, &c->in, right[i].body);

		if (a->verdict != right[i].verdict)
			fail_msg("%s: %s", right[i].body, a->reason);
		assert_string_equal(a->file, "partners/p.lua");
		assert_int_equal(a->line, a->verdict == SCRIPT_OFFER ? 2 : 3);
		assert_string_equal(a->reason, strstr(right[i].body, "\"x\"") ? "x" : "");
		assert_true(a->fuel > 0 && a->fuel < 1000);
		mem_free(c);
	}
	kit_close(k);
}

static void every_allocation_of_every_hook_may_fail(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct script_case *c = script_case_new(right[i].hook);
		struct script_answer want = *kit_ask(k, &c->in, right[i].body);
		bool failed = true;

		for (uint64_t n = 1; failed; n++) {
			script_vm_fail(k->vm, n, n % 2);
			script_decide(k->vm, k->program, &c->in, &k->answer);
			failed = script_vm_asked(k->vm) >= n;
			script_vm_fail(k->vm, 0, false);
			if (k->answer.verdict == SCRIPT_FAILED)
				assert_true(failed && k->answer.reason[0]);
			else
				assert_int_equal(k->answer.verdict, want.verdict);
			script_decide(k->vm, k->program, &c->in, &k->answer);
			assert_memory_equal(&k->answer, &want, sizeof(want));
		}
		mem_free(c);
	}
	kit_close(k);
}

/* hook, what to write */
static const char *const to_write[SCRIPT_HOOKS] = {
	[SCRIPT_SELECT_CAPABILITY] =
	    ("return sepp.select(capability), sepp.prefer(request, { ... }), sepp.reject(reason) or "
	     "sepp.defer(seconds, reason)"),
	[SCRIPT_RETAIN_CONNECTION] = "return sepp.retain { ... } or sepp.release(reason)",
	[SCRIPT_OFFER_CAPABILITIES] = "return { sepp.PRINS, sepp.TLS }, or fewer",
	[SCRIPT_VERIFY_SELECTION] = "return sepp.accept() or sepp.reject(reason)",
	[SCRIPT_SELECT_PARAMETERS] = "return sepp.parameters { ... } or sepp.reject(reason)",
	[SCRIPT_ON_ERROR_REPORT] =
	    "return sepp.continue(), sepp.renegotiate(reason) or sepp.terminate(reason)",
};

/* constructor, a call of it that is right where it is allowed, the hooks that allow it */
static const struct {
	const char *name, *call;
	unsigned hooks;
} constructors[] = {
	{ "select", "sepp.select(sepp.TLS)", 1u << SCRIPT_SELECT_CAPABILITY },
	{ "prefer", "sepp.prefer(it, { sepp.TLS })", 1u << SCRIPT_SELECT_CAPABILITY },
	{ "reject", "sepp.reject(\"x\")",
	    1u << SCRIPT_SELECT_CAPABILITY | 1u << SCRIPT_VERIFY_SELECTION |
		1u << SCRIPT_SELECT_PARAMETERS },
	{ "defer", "sepp.defer(1, \"x\")", 1u << SCRIPT_SELECT_CAPABILITY },
	{ "retain", "sepp.retain {}", 1u << SCRIPT_RETAIN_CONNECTION },
	{ "release", "sepp.release(\"x\")", 1u << SCRIPT_RETAIN_CONNECTION },
	{ "accept", "sepp.accept()", 1u << SCRIPT_VERIFY_SELECTION },
	{ "parameters", "sepp.parameters { jwe = sepp.jwe.A128GCM, jws = sepp.jws.ES256 }",
	    1u << SCRIPT_SELECT_PARAMETERS },
	{ "continue", "sepp.continue()", 1u << SCRIPT_ON_ERROR_REPORT },
	{ "renegotiate", "sepp.renegotiate(\"x\")", 1u << SCRIPT_ON_ERROR_REPORT },
	{ "terminate", "sepp.terminate(\"x\")", 1u << SCRIPT_ON_ERROR_REPORT },
};

static void a_constructor_of_another_hook_is_refused_and_the_right_ones_are_named(void **state)
{
	struct kit *k = kit_open();
	char body[128], want[384];

	(void)state;
	for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
		struct script_case *c = script_case_new((enum script_hook)hook);

		for (size_t i = 0; i < ARRAY_LEN(constructors); i++) {
			snprintf(body, sizeof(body), "local it = it; return %s",
			    hook == SCRIPT_OFFER_CAPABILITIES && i == 1 ? "sepp.prefer()"
									: constructors[i].call);
			if (hook == SCRIPT_OFFER_CAPABILITIES)
				memmove(body, body + strlen("local it = it; "),
				    strlen(body) - strlen("local it = it; ") + 1);
			kit_ask(k, &c->in, body);
			if (constructors[i].hooks & (1u << hook)) {
				assert_int_not_equal(k->answer.verdict, SCRIPT_FAILED);
				continue;
			}
			snprintf(want, sizeof(want),
			    "partners/p.lua:3: sepp.%s does not answer %s; write %s",
			    constructors[i].name, script_hook_name((enum script_hook)hook),
			    to_write[hook]);
			assert_string_equal(k->answer.reason, want);
			assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
		}
		mem_free(c);
	}
	kit_close(k);
}

/* what a hook returns, what the operator is told it is */
static const char *const no_answers[][2] = {
	{ "return", "nil" },
	{ "return true", "boolean" },
	{ "return \"TLS\"", "string" },
	{ "return sepp.TLS", "capability" },
	{ "return peer", "peer" },
	{ "return partner", "partner" },
	{ "return sepp.reject", "function" },
	{ "return { verdict = \"accept\" }", "table" },
};

static void every_hook_must_answer(void **state)
{
	struct kit *k = kit_open();
	char want[384];

	(void)state;
	for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
		struct script_case *c = script_case_new((enum script_hook)hook);

		for (size_t i = 0; i < ARRAY_LEN(no_answers); i++) {
			if (hook == SCRIPT_OFFER_CAPABILITIES && strchr(no_answers[i][0], '{'))
				continue; /* there it is a list, if a wrong one */
			snprintf(want, sizeof(want),
			    "partners/p.lua:2: '%s' must answer, got %s; write %s",
			    script_hook_name((enum script_hook)hook), no_answers[i][1],
			    to_write[hook]);
			assert_string_equal(kit_ask(k, &c->in, no_answers[i][0])->reason, want);
			assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
			assert_string_equal(k->answer.file, "partners/p.lua");
			assert_int_equal(k->answer.line, 2);
		}
		mem_free(c);
	}
	kit_close(k);
}

static void an_answer_made_while_the_file_loads_is_checked_when_it_is_returned(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_VERIFY_SELECTION);

	(void)state;
	assert_true(kit_partner(k, "local yes, on = sepp.accept(), sepp.continue()\n"
				   "function partner.verify_selection() return yes end\n"
				   "function partner.on_error_report() return yes end\n"
				   "function partner.offer_capabilities() return on end"));
	script_decide(k->vm, k->program, &c->in, &k->answer);
	assert_int_equal(k->answer.verdict, SCRIPT_ACCEPT);
	assert_int_equal(k->answer.line, 2);
	c->in.hook = SCRIPT_ON_ERROR_REPORT;
	script_decide(k->vm, k->program, &c->in, &k->answer);
	assert_string_equal(k->answer.reason,
	    "partners/p.lua:4: 'on_error_report' must answer, got sepp.accept; write return "
	    "sepp.continue(), sepp.renegotiate(reason) or sepp.terminate(reason)");
	c->in.hook = SCRIPT_OFFER_CAPABILITIES;
	script_decide(k->vm, k->program, &c->in, &k->answer);
	assert_string_equal(k->answer.reason,
	    "partners/p.lua:5: 'offer_capabilities' must answer, got sepp.continue; write return "
	    "{ sepp.PRINS, sepp.TLS }, or fewer");
	assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	mem_free(c);
	kit_close(k);
}

/* in line 2 of a file, what the operator reads */
static const char *const not_hooks[][2] = {
	{ "function partner.offer_capabilites() end",
	    "partners/p.lua:2: unknown hook 'offer_capabilites' (did you mean "
	    "'offer_capabilities'?)" },
	{ "partner.verify_selection = sepp.accept()",
	    "partners/p.lua:2: hook 'verify_selection' must be a function, got answer" },
	{ "partner.verify_selection = sepp.accept",
	    "partners/p.lua:2: hook 'verify_selection' must be a function of this file; write "
	    "function partner.verify_selection(...) ... end" },
	{ "partner.offer_capabilities = { sepp.TLS }",
	    "partners/p.lua:2: hook 'offer_capabilities' must be a function, got table" },
	{ "local no = sepp.parameters {}",
	    "partners/p.lua:2: sepp.parameters answers a hook: it cannot be called while the file "
	    "loads" },
};

static void hooks_are_checked_where_they_are_defined(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_hooks); i++) {
		assert_false(kit_partner(k, not_hooks[i][0]));
		assert_string_equal(k->e.text, not_hooks[i][1]);
	}
	kit_close(k);
}

/* --- offer_capabilities */

static void an_offer_is_the_list_in_its_order(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_OFFER_CAPABILITIES);
	const struct script_answer *a = kit_ask(k, &c->in, "return { sepp.TLS, sepp.PRINS }");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_OFFER);
	assert_int_equal(a->caps.n, 2);
	assert_int_equal(a->caps.caps[0], N32_CAP_TLS);
	assert_int_equal(a->caps.caps[1], N32_CAP_PRINS);
	a = kit_ask(k, &c->in, "return { sepp.PRINS }");
	assert_int_equal(a->caps.n, 1);
	assert_int_equal(a->caps.caps[0], N32_CAP_PRINS);
	mem_free(c);
	kit_close(k);
}

static void an_offer_can_come_from_a_library_and_depend_on_the_time(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_OFFER_CAPABILITIES);

	(void)state;
	kit_add(k, "lib/offers.lua",
	    "return { early = { sepp.TLS, sepp.PRINS }, late = { sepp.PRINS } }");
	kit_add(k, "partners/p.lua",
	    KIT_PARTNER "local offers = sepp.require \"offers\"\n"
			"local day = sepp.date \"2026-07-01\"\n"
			"function partner.offer_capabilities(peer)\n"
			"  return peer.time < day and offers.early or offers.late\n"
			"end\n"
			"return partner\n");
	k->program = script_program_new(k->vm, &k->dir, "partners/p.lua", SCRIPT_PARTNER, &k->e);
	c->in.now_s = 1782863999;
	script_decide(k->vm, k->program, &c->in, &k->answer);
	assert_int_equal(k->answer.caps.n, 2);
	c->in.now_s = 1782864000;
	script_decide(k->vm, k->program, &c->in, &k->answer);
	assert_int_equal(k->answer.caps.n, 1);
	assert_int_equal(k->answer.line, 4);
	mem_free(c);
	kit_close(k);
}

#define WRONG(i) "'offer_capabilities' answers a list whose [" i "] is wrong: "
#define NO_LIST  "'offer_capabilities' must answer a list without names; write "
#define WRITE    "return { sepp.PRINS, sepp.TLS }, or fewer"

/* body of the hook, what the operator reads behind the place */
static const char *const no_offers[][2] = {
	{ "return {}", "'offer_capabilities' must answer a capability at least, got an empty list; "
		       "write " WRITE },
	{ "return { \"TLS\" }",
	    WRONG("1") "capability expected, got string; write sepp.TLS, not the string \"TLS\"" },
	{ "return { sepp.TLS, \"prins\" }",
	    WRONG(
		"2") "capability expected, got string; write sepp.PRINS, not the string \"prins\"" },
	{ "return { sepp.NONE }", WRONG("1") "NONE is not a protection; leave it out" },
	{ "return { sepp.TLS, sepp.TLS }", WRONG("2") "TLS is there already; write it once" },
	{ "return { sepp.TLS, sepp.PRINS, sepp.TLS }",
	    WRONG("3") "TLS is there already; write it once" },
	{ "return { sepp.TLS, sepp.PRINS, 1, 2, 3, 4 }",
	    WRONG("3") "capability expected, got number" },
	{ "return { sepp.purpose.ROAMING }", WRONG("1") "capability expected, got purpose" },
	{ "return { { sepp.TLS } }", WRONG("1") "capability expected, got table" },
	{ "return { false, sepp.TLS }", WRONG("1") "capability expected, got boolean" },
	{ "return { TLS = true }", NO_LIST WRITE },
	{ "return { sepp.TLS, first = sepp.PRINS }", NO_LIST WRITE },
	{ "return { [2] = sepp.TLS }", NO_LIST WRITE },
	{ "return { [1.5] = sepp.TLS }", NO_LIST WRITE },
	{ "return sepp", NO_LIST WRITE },
	{ "return peer.plmns", "'offer_capabilities' must answer, got list; write " WRITE },
};

static void an_offer_is_checked_strictly(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_OFFER_CAPABILITIES);
	char want[384];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_offers); i++) {
		snprintf(want, sizeof(want), "partners/p.lua:2: %s", no_offers[i][1]);
		if (strcmp(kit_ask(k, &c->in, no_offers[i][0])->reason, want) != 0)
			fail_msg("%s: %s", no_offers[i][0], k->answer.reason);
		assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
		assert_int_equal(k->answer.caps.n, 0);
		assert_int_equal(k->answer.line, 2);
	}
	mem_free(c);
	kit_close(k);
}

static void nothing_above_the_ceiling_is_offered(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_OFFER_CAPABILITIES);

	(void)state;
	c->in.offer = (struct conf_caps){ 1, { N32_CAP_PRINS } };
	assert_string_equal(kit_ask(k, &c->in, "return { sepp.PRINS, sepp.TLS }")->reason,
	    "partners/p.lua:2: " WRONG(
		"2") "TLS is above what the gateway and the partner's file allow, "
		     "which is PRINS; write it into capabilities there, or leave it out");
	assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	assert_int_equal(kit_ask(k, &c->in, "return { sepp.PRINS }")->verdict, SCRIPT_OFFER);
	c->in.offer.n = 0;
	assert_string_equal(kit_ask(k, &c->in, "return { sepp.PRINS }")->reason,
	    "partners/p.lua:2: " WRONG(
		"1") "PRINS is above what the gateway and the partner's file "
		     "allow, which is nothing; write it into capabilities there, or leave it out");
	mem_free(c);
	kit_close(k);
}

/* --- verify_selection */

static struct script_case *full_response(void)
{
	struct script_case *c = script_case_new(SCRIPT_VERIFY_SELECTION);
	struct n32_neg_rsp *r = &c->response;

	r->n_snpns = 1;
	r->snpns[0] = (struct n32_snpn){ { "001", "01" }, "00000abcdef" };
	r->n_allowed = 2;
	r->allowed[0].purpose = N32_PURPOSE_ROAMING;
	strcpy(r->allowed[1].text, "FOO");
	r->n_rejected = 2;
	strcpy(r->rejected[0].text, "BAR");
	r->rejected[1].purpose = N32_PURPOSE_SMS_INTERCONNECT;
	r->has_features = true;
	r->features = 5;
	r->has_target_api_root = true;
	c->in.utc_offset_s = 3600;
	return c;
}

/* expression, what tostring() makes of it */
static const char *const response_fields[][2] = {
	{ "it.sender", "sepp.5gc.mnc001.mcc262.3gppnetwork.org" },
	{ "it.capability == sepp.PRINS", "true" },
	{ "#it.plmns", "1" },
	{ "it.plmns[1]", "262-01" },
	{ "it.snpns[1]", "001-01-00000abcdef" },
	{ "#it.purposes", "2" },
	{ "it.purposes[1] == sepp.purpose.ROAMING", "true" },
	{ "it.purposes[2]", "FOO" },
	{ "it.rejected_purposes[1]", "BAR" },
	{ "it.rejected_purposes[2] == sepp.purpose.SMS_INTERCONNECT", "true" },
	{ "it.features", "5" },
	{ "it.target_api_root", "false" },
	{ "it.time", "1767264600" },
	{ "it.local_time.hour", "11" },
	{ "peer.role", "initiator" },
	{ "it.capabilty", "partners/p.lua:3: response has no field 'capabilty' (did you mean "
			  "'capability'?)" },
};

static void a_response_shows_what_the_peer_said(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = full_response();
	char body[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(response_fields); i++) {
		snprintf(body, sizeof(body), "return sepp.reject(\"%%s\", tostring(%s))",
		    response_fields[i][0]);
		assert_string_equal(kit_ask(k, &c->in, body)->reason, response_fields[i][1]);
	}
	mem_free(c);
	kit_close(k);
}

static void a_response_may_leave_out_much(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_VERIFY_SELECTION);

	(void)state;
	c->response.selected = (struct n32_cap_item){ N32_CAP_UNKNOWN, "ALS" };
	c->response.features = 5;
	assert_string_equal(kit_ask(k, &c->in,
				"return sepp.reject(\"%s %s %s %s\", it.capability, "
				"it.capability == sepp.TLS, it.target_api_root, it.features)")
				->reason,
	    "ALS false nil 0");
	mem_free(c);
	kit_close(k);
}

/* body of the hook, what the operator reads */
static const char *const no_verifications[][2] = {
	{ "return sepp.accept(it)",
	    "partners/p.lua:3: bad argument #1 to 'accept' (nothing expected, got response)" },
	{ "return sepp.accept(nil)",
	    "partners/p.lua:3: bad argument #1 to 'accept' (nothing expected, got nil)" },
	{ "return sepp.reject()", "partners/p.lua:3: bad argument #1 to 'reject' (a reason is "
				  "needed; write sepp.reject(\"why\"))" },
	{ "it.capability = sepp.TLS",
	    "partners/p.lua:3: response is read-only: cannot assign 'capability'" },
};

static void wrong_verifications_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_VERIFY_SELECTION);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_verifications); i++) {
		assert_string_equal(
		    kit_ask(k, &c->in, no_verifications[i][0])->reason, no_verifications[i][1]);
		assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	}
	mem_free(c);
	kit_close(k);
}

static void every_verdict_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < SCRIPT_VERDICTS; i++)
		assert_true(strlen(script_verdict_name((enum script_verdict)i)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hook_decides_a_valid_case),
		cmocka_unit_test(every_allocation_of_every_hook_may_fail),
		cmocka_unit_test(
		    a_constructor_of_another_hook_is_refused_and_the_right_ones_are_named),
		cmocka_unit_test(every_hook_must_answer),
		cmocka_unit_test(
		    an_answer_made_while_the_file_loads_is_checked_when_it_is_returned),
		cmocka_unit_test(hooks_are_checked_where_they_are_defined),
		cmocka_unit_test(an_offer_is_the_list_in_its_order),
		cmocka_unit_test(an_offer_can_come_from_a_library_and_depend_on_the_time),
		cmocka_unit_test(an_offer_is_checked_strictly),
		cmocka_unit_test(nothing_above_the_ceiling_is_offered),
		cmocka_unit_test(a_response_shows_what_the_peer_said),
		cmocka_unit_test(a_response_may_leave_out_much),
		cmocka_unit_test(wrong_verifications_are_answered_with_what_to_write),
		cmocka_unit_test(every_verdict_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
