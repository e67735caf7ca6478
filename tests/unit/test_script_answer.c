/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

static void selecting_gives_the_capability_and_the_line(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k, "return sepp.select(sepp.TLS)");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_SELECT);
	assert_int_equal(a->cap, N32_CAP_TLS);
	assert_false(a->has_purposes);
	assert_string_equal(a->file, "partners/p.lua");
	assert_int_equal(a->line, 3);
	kit_close(k);
}

static void selecting_can_narrow_the_purposes(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a =
	    kit_select(k, "return sepp.select(sepp.TLS, { purposes = { sepp.purpose.ROAMING, "
			  "sepp.purpose.ROAMING_TEST } })");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_SELECT);
	assert_true(a->has_purposes);
	assert_int_equal(a->purposes, 1 << N32_PURPOSE_ROAMING);
	kit_close(k);
}

static void selecting_no_allowed_purpose_is_a_rejection(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(
	    k, "return sepp.select(sepp.TLS, { purposes = { sepp.purpose.ROAMING_TEST } })");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_REJECT);
	assert_string_equal(a->reason, "no common purpose");
	kit_close(k);
}

static void preferring_takes_the_first_that_is_offered(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a =
	    kit_select(k, "return sepp.prefer(request, { sepp.PRINS, sepp.TLS })");

	(void)state;
	assert_int_equal(a->cap, N32_CAP_PRINS);
	k->in.offer = (struct conf_caps){ 1, { N32_CAP_TLS } };
	assert_int_equal(kit_decide(k)->cap, N32_CAP_TLS);
	kit_close(k);
}

static void preferring_rejects_when_nothing_is_common(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a;

	(void)state;
	k->request.n_caps = 1;
	k->request.caps[0] = (struct n32_cap_item){ N32_CAP_UNKNOWN, "FOO" };
	k->in.offer.n = 0;
	a = kit_select(k, "return sepp.prefer(request, { sepp.PRINS, sepp.TLS })");
	assert_int_equal(a->verdict, SCRIPT_REJECT);
	assert_string_equal(a->reason, "no common capability: offered FOO");
	kit_close(k);
}

static void rejecting_formats_the_reason(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a =
	    kit_select(k, "return sepp.reject(\"%s used %s, %d\", peer.name, sepp.PRINS, 7)");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_REJECT);
	assert_string_equal(a->reason, "p used PRINS, 7");
	kit_close(k);
}

static void a_long_reason_is_cut(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k, "return sepp.reject((\"x\"):rep(1000))");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_REJECT);
	assert_int_equal(strlen(a->reason), SCRIPT_TEXT_MAX);
	kit_close(k);
}

static void deferring_gives_seconds_and_reason(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k, "return sepp.defer(30, \"busy %d\", 1)");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_DEFER);
	assert_int_equal(a->defer_s, 30);
	assert_string_equal(a->reason, "busy 1");
	kit_close(k);
}

static void retaining_gives_what_was_said(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_retain(k,
	    "return sepp.retain { idle_s = 600, max_age_s = 7200, ping_s = 30, open_reverse = true }");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_RETAIN);
	assert_int_equal(a->idle_s, 600);
	assert_int_equal(a->max_age_s, 7200);
	assert_int_equal(a->ping_s, 30);
	assert_true(a->open_reverse);
	kit_close(k);
}

static void retaining_without_wishes_is_allowed(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_int_equal(kit_retain(k, "return sepp.retain()")->verdict, SCRIPT_RETAIN);
	assert_int_equal(kit_retain(k, "return sepp.retain {}")->idle_s, 0);
	kit_close(k);
}

static void releasing_gives_the_reason(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a;

	(void)state;
	k->in.event = SCRIPT_EVENT_IDLE;
	a = kit_retain(k, "return sepp.release(\"nothing to say on %s\", event.kind)");
	assert_int_equal(a->verdict, SCRIPT_RELEASE);
	assert_string_equal(a->reason, "nothing to say on IDLE");
	kit_close(k);
}

static void notes_are_kept_and_bounded(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(
	    k, "for i = 1, 20 do sepp.note(\"note %d\", i) end return sepp.select(sepp.TLS)");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_SELECT);
	assert_int_equal(a->n_notes, SCRIPT_NOTES_MAX);
	assert_string_equal(a->notes[0], "note 1");
	assert_string_equal(a->notes[15], "note 16");
	kit_close(k);
}

static void notes_survive_a_failure(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k, "sepp.note(\"here\") error(\"no\")");

	(void)state;
	assert_int_equal(a->verdict, SCRIPT_FAILED);
	assert_int_equal(a->n_notes, 1);
	assert_string_equal(a->notes[0], "here");
	kit_close(k);
}

#define WRITE                                                                                      \
	"sepp.select(capability), sepp.prefer(request, { ... }), sepp.reject(reason) or "          \
	"sepp.defer(seconds, reason)"

/* body of the hook, what the operator reads */
static const char *const mistakes[][2] = {
	{ "return sepp.select(\"TLS\")",
	    "partners/p.lua:3: bad argument #1 to 'select' (capability expected, got string; write "
	    "sepp.TLS, not the string \"TLS\")" },
	{ "return sepp.select(\"FOO\")",
	    "partners/p.lua:3: bad argument #1 to 'select' (capability expected, got string)" },
	{ "return sepp.select()",
	    "partners/p.lua:3: bad argument #1 to 'select' (capability expected, got no value)" },
	{ "return sepp.select(sepp.purpose.ROAMING)",
	    "partners/p.lua:3: bad argument #1 to 'select' (capability expected, got purpose)" },
	{ "return sepp.select(sepp.NONE)",
	    "partners/p.lua:3: bad argument #1 to 'select' (NONE is not a protection; write "
	    "sepp.reject(reason))" },
	{ "return sepp.select(sepp.TLS, { purpose = {} })",
	    "partners/p.lua:3: bad argument #2 to 'select' (unknown field 'purpose' (did you mean "
	    "'purposes'?))" },
	{ "return sepp.select(sepp.TLS, { purposes = { \"ROAMING\" } })",
	    "partners/p.lua:3: bad argument #2 to 'select' (purposes[1]: purpose expected, got string; "
	    "write sepp.purpose.ROAMING, not the string \"ROAMING\")" },
	{ "return sepp.prefer({}, { sepp.TLS })",
	    "partners/p.lua:3: bad argument #1 to 'prefer' (request expected, got table); write sepp.prefer(request, { sepp.PRINS, sepp.TLS })" },
	{ "return sepp.prefer(request, { \"TLS\" })",
	    "partners/p.lua:3: bad argument #2 to 'prefer' ([1]: capability expected, got string; write "
	    "sepp.TLS, not the string \"TLS\")" },
	{ "return sepp.prefer(request, {})",
	    "partners/p.lua:3: bad argument #2 to 'prefer' (list of capabilities expected; write { "
	    "sepp.PRINS, sepp.TLS })" },
	{ "return sepp.reject()",
	    "partners/p.lua:3: bad argument #1 to 'reject' (a reason is needed; write "
	    "sepp.reject(\"why\"))" },
	{ "return sepp.reject(\"%s\", \" \")",
	    "partners/p.lua:3: bad argument #1 to 'reject' (a reason is needed; write "
	    "sepp.reject(\"why\"))" },
	{ "return sepp.defer(0, \"x\")",
	    "partners/p.lua:3: bad argument #1 to 'defer' (seconds from 1 to 3600 expected)" },
	{ "return sepp.defer(5)",
	    "partners/p.lua:3: bad argument #2 to 'defer' (a reason is needed; write "
	    "sepp.defer(30, \"why\"))" },
	{ "return sepp.retain {}",
	    "partners/p.lua:3: sepp.retain does not answer select_capability; write return " WRITE },
	{ "return sepp.release(\"x\")",
	    "partners/p.lua:3: sepp.release does not answer select_capability; write return " WRITE },
	{ "return sepp.accept()",
	    "partners/p.lua:3: sepp.accept does not answer select_capability; write return " WRITE },
	{ "return sepp.foo()", "partners/p.lua:3: sepp has no field 'foo'" },
	{ "return sepp.selekt(sepp.TLS)",
	    "partners/p.lua:3: sepp has no field 'selekt' (did you mean 'select'?)" },
	{ "return sepp.purpose.ROAMIN",
	    "partners/p.lua:3: sepp.purpose has no field 'ROAMIN' (did you mean 'ROAMING'?)" },
	{ "sepp.TLS = 1", "partners/p.lua:3: sepp is read-only: cannot assign 'TLS'" },
	{ "return",
	    "partners/p.lua:2: 'select_capability' must answer, got nil; write return " WRITE },
	{ "return \"TLS\"",
	    "partners/p.lua:2: 'select_capability' must answer, got string; write return " WRITE },
	{ "return sepp.TLS",
	    "partners/p.lua:2: 'select_capability' must answer, got capability; write return " WRITE },
	{ "return { verdict = 1, cap = 1 }",
	    "partners/p.lua:2: 'select_capability' must answer, got table; write return " WRITE },
	{ "return request",
	    "partners/p.lua:2: 'select_capability' must answer, got request; write return " WRITE },
	{ "return partner",
	    "partners/p.lua:2: 'select_capability' must answer, got partner; write return " WRITE },
	{ "return request.sendr",
	    "partners/p.lua:3: request has no field 'sendr' (did you mean 'sender'?)" },
	{ "partner.select_capability = nil",
	    "partners/p.lua:3: hook 'select_capability' is defined while "
	    "the file loads, not later" },
	{ "return sepp.require \"x\"",
	    "partners/p.lua:3: sepp.require works while the file loads; write 'local x = sepp.require "
	    "\"x\"' at the top of the file" },
};

static void mistakes_are_answered_with_what_to_write(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		const struct script_answer *a = kit_select(k, mistakes[i][0]);

		assert_int_equal(a->verdict, SCRIPT_FAILED);
		assert_string_equal(a->reason, mistakes[i][1]);
		assert_string_equal(a->file, "partners/p.lua");
		assert_true(a->line == 3 || a->line == 2);
	}
	kit_close(k);
}

static void selecting_what_was_not_offered_is_an_error(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	k->request.n_caps = 1;
	k->in.offer = (struct conf_caps){ 1, { N32_CAP_TLS } };
	assert_string_equal(kit_select(k, "return sepp.select(sepp.PRINS)")->reason,
	    "partners/p.lua:3: bad argument #1 to 'select' (the peer did not offer PRINS, but TLS; write "
	    "sepp.prefer(request, { ... }))");
	assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	kit_close(k);
}

static void selecting_above_the_ceiling_is_an_error(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	k->in.offer = (struct conf_caps){ 1, { N32_CAP_PRINS } };
	assert_string_equal(kit_select(k, "return sepp.select(sepp.TLS)")->reason,
	    "partners/p.lua:3: bad argument #1 to 'select' (TLS is above what the gateway and the "
	    "partner's file allow; write it into capabilities there, or do not select it)");
	kit_close(k);
}

static void an_unknown_capability_is_comparable_and_printable_but_not_selectable(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	k->request.n_caps = 2;
	k->request.caps[0] = (struct n32_cap_item){ N32_CAP_UNKNOWN, "FOO" };
	k->request.caps[1] = (struct n32_cap_item){ N32_CAP_UNKNOWN, "BAR" };
	assert_string_equal(
	    kit_eval(k, "request.capabilities[1] == request.capabilities[1]"), "true");
	assert_string_equal(
	    kit_eval(k, "request.capabilities[1] == request.capabilities[2]"), "false");
	assert_string_equal(kit_eval(k, "request.capabilities[1] == sepp.TLS"), "false");
	assert_string_equal(kit_eval(k, "request.capabilities[2]"), "BAR");
	assert_string_equal(kit_eval(k, "request:offers(request.capabilities[2])"), "true");
	assert_string_equal(kit_select(k, "return sepp.select(request.capabilities[1])")->reason,
	    "partners/p.lua:3: bad argument #1 to 'select' (the capability 'FOO' of the peer is unknown "
	    "here and cannot be used)");
	kit_close(k);
}

static void an_answer_made_while_the_file_loads_can_be_returned(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a;

	(void)state;
	assert_true(kit_partner(k, "local no = sepp.reject(\"closed\")\n"
				   "function partner.select_capability() return no end"));
	a = kit_decide(k);
	assert_int_equal(a->verdict, SCRIPT_REJECT);
	assert_int_equal(a->line, 2);
	kit_close(k);
}

static void an_answer_of_another_hook_is_refused(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_partner(k, "local no = sepp.reject(\"closed\")\n"
				   "function partner.retain_connection() return no end"));
	k->in.hook = SCRIPT_RETAIN_CONNECTION;
	assert_string_equal(kit_decide(k)->reason,
	    "partners/p.lua:3: 'retain_connection' must answer, got sepp.reject; write return "
	    "sepp.retain { ... } or sepp.release(reason)");
	assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selecting_gives_the_capability_and_the_line),
		cmocka_unit_test(selecting_can_narrow_the_purposes),
		cmocka_unit_test(selecting_no_allowed_purpose_is_a_rejection),
		cmocka_unit_test(preferring_takes_the_first_that_is_offered),
		cmocka_unit_test(preferring_rejects_when_nothing_is_common),
		cmocka_unit_test(rejecting_formats_the_reason),
		cmocka_unit_test(a_long_reason_is_cut),
		cmocka_unit_test(deferring_gives_seconds_and_reason),
		cmocka_unit_test(retaining_gives_what_was_said),
		cmocka_unit_test(retaining_without_wishes_is_allowed),
		cmocka_unit_test(releasing_gives_the_reason),
		cmocka_unit_test(notes_are_kept_and_bounded),
		cmocka_unit_test(notes_survive_a_failure),
		cmocka_unit_test(mistakes_are_answered_with_what_to_write),
		cmocka_unit_test(selecting_what_was_not_offered_is_an_error),
		cmocka_unit_test(selecting_above_the_ceiling_is_an_error),
		cmocka_unit_test(
		    an_unknown_capability_is_comparable_and_printable_but_not_selectable),
		cmocka_unit_test(an_answer_made_while_the_file_loads_can_be_returned),
		cmocka_unit_test(an_answer_of_another_hook_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
