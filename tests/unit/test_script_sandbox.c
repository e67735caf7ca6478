/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "base/clock.h"

#define RIGHT "return sepp.select(sepp.TLS)"

/* Attacks: each must end as a failure, soon. */
static const char *const attacks[] = {
	"return \"TLS\"",
	"return { verdict = \"select\", cap = sepp.TLS }",
	"return setmetatable({}, {})",
	"error(\"no\")",
	"error({ code = 1 })",
	"error()",
	"error(sepp.select(sepp.TLS))",
	"return nil + 1",
	"while true do end",
	"::a:: goto a",
	"local function f() return f() end return f()",
	"local function f() return 1 + f() end return f()",
	"while true do pcall(function() while true do end end) end",
	"local function f() pcall(f) end while true do pcall(f) end",
	"local function f() return pcall(f) end return f()",
	"while true do pcall(error, \"x\") end",
	"local s = \"x\" while true do s = s .. s end",
	"local s = \"x\" while true do pcall(function() s = s .. s end) end",
	"local t = {} for i = 1, 1e9 do t[i] = i end",
	"local t = {} while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = {} end end) end",
	"local t = {} for i = 1, 1e9 do t[i << 32] = i end",
	"local t = {} while true do t = { t } end",
	"while true do local x = (\"x\"):rep(65536) end",
	"while true do pcall(string.rep, \"x\", 65536) end",
	"local s = (\"x\"):rep(65536) while true do local y = s:upper() end",
	"local s = (\"a\"):rep(65536) while true do s:find(\"b\", 1, true) end",
	"return (\"a\"):rep(65000):find(\"a*a*a*b\")",
	"return (\"a\"):rep(65000):find((\".-\"):rep(100) .. \"b\")",
	"return (\"(\"):rep(65000):find((\"%b()\"):rep(20))",
	"return (\"a\"):rep(60000):find(\"(a*)%1%1b\")",
	"return (\"a\"):rep(60000):gsub(\"a*b\", \"\")",
	"for w in (\"a\"):rep(60000):gmatch(\"a-b\") do end",
	"return (\"x\"):rep(60000):gsub(\"\", (\"y\"):rep(60000))",
	"local function f(s) return (s:gsub(\"x\", f)) end return f(\"x\")",
	"local function f() return (\"xx\"):gsub(\"x\", f) end return f()",
	"while true do table.concat({ \"x\", \"y\" }, (\"z\"):rep(60000)) end",
	"return table.unpack({}, 1, 1e7)",
	"return table.concat({}, \"x\", 1, 1 << 60)",
	"local t = {} for i = 1, 4096 do t[i] = -i end while true do table.sort(t) end",
	("local t = {} for i = 1, 4096 do t[i] = i end "
	 "table.sort(t, function(a, b) while true do end end)"),
	"local function f(...) return f(1, ...) end return f()",
	"local function f(...) return select(\"#\", f(1, ...)) end return f()",
	"local t = {} for i = 1, 4000 do t[i .. \"\"] = i end while true do for k in pairs(t) do end end",
	"local t = {} for i = 1, 4000 do t[i .. \"\"] = i end local k repeat k = next(t, k) until false",
	"local s = (\"a\"):rep(60000) while true do local b = s .. \"a\" == s .. \"b\" end",
	"local a, b = (\"a\"):rep(60000), (\"a\"):rep(60000) while true do local c = a < b end",
	"while true do sepp.note(\"%s\", (\"x\"):rep(60000)) end",
	"while true do local x = request.capabilities end",
	"while true do sepp.reject(\"x\") end",
	"return (\"%99999d\"):format(1)",
	"return (\"%s\"):rep(1000):format()",
	"getmetatable(\"\").__index = nil",
	"string.rep = nil",
	"partner.select_capability = nil",
	"request.sender = \"x\"",
	"return load(\"return 1\")",
	"return sepp.policy { api = 1, name = \"x\" }",
	"local a <close> = 1",
	"goto_nowhere()",
};

static void every_attack_ends_as_a_failure_and_leaves_nothing_behind(void **state)
{
	struct kit *k = kit_open(), *other = kit_open();
	const struct script_answer *a;

	(void)state;
	kit_select(other, RIGHT);
	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		uint64_t start = clock_thread_ns();

		a = kit_select(k, attacks[i]);
		if (a->verdict != SCRIPT_FAILED || !a->reason[0])
			fail_msg("%s: %s", attacks[i], script_verdict_name(a->verdict));
		assert_true(clock_thread_ns() - start < 2000000000);
		/* the same vm goes on as if nothing had been */
		script_decide(k->vm, other->program, &other->in, &other->answer);
		assert_int_equal(other->answer.verdict, SCRIPT_SELECT);
		assert_int_equal(other->answer.cap, N32_CAP_TLS);
	}
	kit_close(k);
	kit_close(other);
}

static void a_killed_policy_is_told_where_and_why(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_string_equal(kit_select(k, "while true do\nend")->reason,
	    "partners/p.lua:3: stopped after 200000 units of fuel");
	assert_int_equal(k->answer.line, 3);
	assert_true(k->answer.fuel > 200000);
	assert_string_equal(kit_select(k, "local s = \"x\" while true do s = s .. s end")->reason,
	    "partners/p.lua:3: not enough memory");
	assert_string_equal(
	    kit_select(k,
		"while true do pcall(function() local s = \"x\" while true do s = s .. s end "
		"end) end")
		->reason,
	    "partners/p.lua:3: stopped for asking for too much memory again and again");
	assert_string_equal(
	    kit_select(k, "error({})")->reason, "partners/p.lua:3: error object (table)");
	assert_string_equal(kit_select(k, "return ({}).x.y")->reason,
	    "partners/p.lua:3: attempt to index a nil value (field 'x')");
	kit_close(k);
}

static void the_clock_is_a_backstop(void **state)
{
	const struct conf_budgets budgets = {
		.fuel = UINT64_MAX / 2, .scratch = 1 << 18, .wall = 20
	};
	struct kit *k = kit_open_with(&budgets);

	(void)state;
	assert_string_equal(kit_select(k, "while true do end")->reason,
	    "partners/p.lua:3: stopped after 20 ms of processor time");
	kit_close(k);
}

static void pcall_keeps_ordinary_errors(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_string_equal(kit_eval(k, "select(2, pcall(error, \"x\", 0))"), "x");
	assert_string_equal(kit_eval(k, "type(select(2, pcall(error, {})))"), "table");
	assert_string_equal(kit_eval(k, "pcall(string.rep, \"x\", 1 << 40)"), "false");
	assert_int_equal(
	    kit_select(
		k, "pcall(function() local s = \"x\" while true do s = s .. s end end)" RIGHT)
		->verdict,
	    SCRIPT_SELECT);
	kit_close(k);
}

static void an_error_that_was_caught_does_not_give_its_line_to_the_next(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_string_equal(
	    kit_select(k, "pcall(error, {})\npcall(function() error({}) end)\n\nerror(\"late\")")
		->reason,
	    "partners/p.lua:6: late");
	assert_int_equal(k->answer.line, 6);
	kit_close(k);
}

static void no_state_passes_from_one_decision_to_the_next(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(
	    kit_partner(k, "local n, t = 0, {}\nfunction partner.select_capability()\n"
			   "n = n + 1 t[#t + 1] = n return sepp.reject(\"%d %d\", n, #t) end"));
	for (int i = 0; i < 5; i++)
		assert_string_equal(kit_decide(k)->reason, "1 1");
	kit_close(k);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	struct kit *k = kit_open();
	struct script_answer first;

	(void)state;
	kit_select(k, "local t = {} for i = 1, 50 do t[\"k\" .. i] = {} end\n"
		      "for key, v in pairs(t) do sepp.note(\"%s %s\", key, v) end\n"
		      "return sepp.reject(\"%s\", tostring(t) .. tostring(request))");
	first = k->answer;
	for (int i = 0; i < 20; i++)
		assert_memory_equal(kit_decide(k), &first, sizeof(first));
	kit_close(k);
}

static void two_machines_give_the_same_bytes(void **state)
{
	struct kit *k = kit_open(), *other = kit_open();

	(void)state;
	kit_select(k, "local t, out = {}, {} for i = 1, 99 do t[(\"k\"):rep(i)] = i end\n"
		      "for key, v in pairs(t) do out[#out + 1] = #key end\n"
		      "return sepp.reject(\"%s\", table.concat(out, \" \"))");
	script_decide(other->vm, k->program, &k->in, &other->answer);
	assert_memory_equal(&other->answer, &k->answer, sizeof(k->answer));
	kit_close(k);
	kit_close(other);
}

static void fuel_grows_with_the_work(void **state)
{
	struct kit *k = kit_open();
	uint64_t little = kit_select(k, RIGHT)->fuel;

	(void)state;
	assert_in_range(little, 100, 300);
	assert_in_range(kit_select(k, "for i = 1, 10000 do end " RIGHT)->fuel, 10000, 12000);
	assert_true(kit_select(k, "local s = (\"x\"):rep(64000) " RIGHT)->fuel > little + 2000);
	kit_close(k);
}

static void scratch_says_what_a_decision_needed(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_in_range(kit_select(k, RIGHT)->scratch, 100, 4096);
	assert_in_range(
	    kit_select(k, "local s = (\"x\"):rep(20000) " RIGHT)->scratch, 20000, 24096);
	kit_close(k);
}

static void budgets_can_be_changed(void **state)
{
	struct kit *k = kit_open();
	struct conf_budgets budgets = script_default_budgets;

	(void)state;
	kit_select(k, "for i = 1, 10000 do end " RIGHT);
	budgets.fuel = 5000;
	script_vm_set_budgets(k->vm, &budgets);
	assert_int_equal(kit_decide(k)->verdict, SCRIPT_FAILED);
	budgets.fuel = 50000;
	script_vm_set_budgets(k->vm, &budgets);
	assert_int_equal(kit_decide(k)->verdict, SCRIPT_SELECT);
	kit_close(k);
}

static void a_file_that_loops_or_hoards_while_it_loads_is_refused(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_false(kit_partner(k, "while true do end"));
	assert_string_equal(k->e.text, "partners/p.lua:2: stopped after 200000 units of fuel");
	assert_false(
	    kit_partner(k, "local t = {} while true do pcall(function() for i = 1, 1e9 do t[i] = i "
			   "end end) end"));
	assert_string_equal(
	    k->e.text, "partners/p.lua:2: stopped for asking for too much memory again and again");
	assert_false(kit_partner(k, "error({})"));
	assert_string_equal(k->e.text, "partners/p.lua:2: error object (table)");
	assert_int_equal(kit_select(k, RIGHT)->verdict, SCRIPT_SELECT);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attack_ends_as_a_failure_and_leaves_nothing_behind),
		cmocka_unit_test(a_killed_policy_is_told_where_and_why),
		cmocka_unit_test(the_clock_is_a_backstop),
		cmocka_unit_test(pcall_keeps_ordinary_errors),
		cmocka_unit_test(an_error_that_was_caught_does_not_give_its_line_to_the_next),
		cmocka_unit_test(no_state_passes_from_one_decision_to_the_next),
		cmocka_unit_test(the_same_input_gives_the_same_bytes),
		cmocka_unit_test(two_machines_give_the_same_bytes),
		cmocka_unit_test(fuel_grows_with_the_work),
		cmocka_unit_test(scratch_says_what_a_decision_needed),
		cmocka_unit_test(budgets_can_be_changed),
		cmocka_unit_test(a_file_that_loops_or_hoards_while_it_loads_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
