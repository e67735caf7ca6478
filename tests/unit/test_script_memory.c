/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

/* A policy that uses most of the library, so that most allocations are reached. */
static const char policy[] = KIT_PARTNER
    "local shared = sepp.require \"a\"\n"
    "local data = sepp.data \"d\"\n"
    "function partner.select_capability(request, peer)\n"
    "  local t = {}\n"
    "  for i, cap in ipairs(request.capabilities) do t[i] = tostring(cap) end\n"
    "  table.sort(t, function(a, b) return a > b end)\n"
    "  for key, value in pairs({ b = 1, a = 2, [1] = 3 }) do sepp.note(\"%s %s\", key, value) end\n"
    "  local s = (\"a-b\"):gsub(\"%a\", string.upper):rep(2) .. table.concat(t)\n"
    "  for word in s:gmatch(\"(%a)%-\") do s = s .. word end\n"
    "  if pcall(error, \"x\") or shared.no or #data.list ~= 2 then return end\n"
    "  return sepp.prefer(request, { sepp.PRINS }, { purposes = { sepp.purpose.ROAMING } })\n"
    "end\n"
    "return partner\n";

static struct kit *with_files(void)
{
	struct kit *k = kit_open();

	kit_add(k, "data/d.json", "{ \"list\": [1, 2] }");
	kit_add(k, "lib/a.lua", "return { no = false, list = { {} } }");
	kit_add(k, "partners/p.lua", policy);
	return k;
}

static struct script_program *load(struct kit *k)
{
	return script_program_new(k->vm, &k->dir, "partners/p.lua", SCRIPT_PARTNER, &k->e);
}

/* Fails the `k`-th allocation of a load, for every `k`; what loads all the same must decide right.
 */
static void fail_each_of_a_load(bool forever)
{
	struct kit *k = with_files();
	uint64_t n = 1;

	for (bool failed = true; failed; n++) {
		script_vm_fail(k->vm, n, forever);
		k->program = load(k);
		failed = script_vm_asked(k->vm) >= n;
		script_vm_fail(k->vm, 0, false);
		if (!k->program)
			assert_true(failed && k->e.text[0]);
		else
			assert_int_equal(kit_decide(k)->verdict, SCRIPT_SELECT);
		script_program_free(k->program);
	}
	assert_true(n > 300);
	k->program = NULL;
	kit_close(k);
}

static void every_allocation_of_a_load_may_fail_once(void **state)
{
	(void)state;
	fail_each_of_a_load(false);
}

static void every_allocation_of_a_load_may_fail_for_good(void **state)
{
	(void)state;
	fail_each_of_a_load(true);
}

static void fail_each_of_a_decision(bool forever)
{
	struct kit *k = with_files();
	struct script_answer right;
	uint64_t n = 1;

	k->program = load(k);
	right = *kit_decide(k);
	assert_int_equal(right.verdict, SCRIPT_SELECT);
	for (bool failed = true; failed; n++) {
		script_vm_fail(k->vm, n, forever);
		kit_decide(k);
		failed = script_vm_asked(k->vm) >= n;
		if (k->answer.verdict == SCRIPT_FAILED)
			assert_true(failed && k->answer.reason[0]);
		script_vm_fail(k->vm, 0, false);
		assert_memory_equal(kit_decide(k), &right, sizeof(right));
	}
	assert_true(n > 30);
	kit_close(k);
}

static void every_allocation_of_a_decision_may_fail_once(void **state)
{
	(void)state;
	fail_each_of_a_decision(false);
}

static void every_allocation_of_a_decision_may_fail_for_good(void **state)
{
	(void)state;
	fail_each_of_a_decision(true);
}

static void every_allocation_of_an_image_in_another_machine_may_fail(void **state)
{
	struct kit *k = with_files();
	uint64_t n = 1;

	(void)state;
	k->program = load(k);
	for (bool failed = true; failed; n++) {
		struct script_vm *vm = script_vm_new(&script_default_budgets, &k->e);

		assert_non_null(vm);
		script_vm_fail(vm, n, true);
		script_decide(vm, k->program, &k->in, &k->answer);
		failed = script_vm_asked(vm) >= n;
		assert_true((k->answer.verdict == SCRIPT_FAILED) == failed);
		script_vm_fail(vm, 0, false);
		script_decide(vm, k->program, &k->in, &k->answer);
		assert_int_equal(k->answer.verdict, SCRIPT_SELECT);
		script_vm_free(vm);
	}
	kit_close(k);
}

static void any_scratch_gives_an_answer_or_a_failure(void **state)
{
	struct conf_budgets budgets = script_default_budgets;
	struct kit *k = with_files();
	bool enough = false;

	(void)state;
	k->program = load(k);
	for (budgets.scratch = 0; budgets.scratch < 8192; budgets.scratch += 8) {
		script_vm_set_budgets(k->vm, &budgets);
		kit_decide(k);
		assert_true(
		    k->answer.verdict == SCRIPT_SELECT || k->answer.verdict == SCRIPT_FAILED);
		enough = k->answer.verdict == SCRIPT_SELECT;
	}
	assert_true(enough);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_of_a_load_may_fail_once),
		cmocka_unit_test(every_allocation_of_a_load_may_fail_for_good),
		cmocka_unit_test(every_allocation_of_a_decision_may_fail_once),
		cmocka_unit_test(every_allocation_of_a_decision_may_fail_for_good),
		cmocka_unit_test(every_allocation_of_an_image_in_another_machine_may_fail),
		cmocka_unit_test(any_scratch_gives_an_answer_or_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
