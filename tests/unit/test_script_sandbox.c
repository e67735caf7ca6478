/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/fuel.h"
#include "script/library.h"

#define RIGHT "return sepp.select(sepp.TLS)"

static void a_killed_policy_is_told_where_and_why(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_string_equal(kit_select(k, "while true do\nend")->reason,
	    "partners/p.lua:3: stopped after 200000 units of fuel");
	assert_int_equal(k->answer.line, 3);
	assert_true(k->answer.fuel > 200000);
	assert_string_equal(kit_select(k, "local t = {} for i = 1, 1e9 do t[i] = i end")->reason,
	    "partners/p.lua:3: not enough memory");
	assert_string_equal(kit_select(k, "local s = \"x\" while true do s = s .. s end")->reason,
	    "partners/p.lua:3: not enough memory: a text longer than 65536 bytes");
	assert_string_equal(kit_select(k, "local t = {} for i = 1, 1e9 do t[-i] = i end")->reason,
	    "partners/p.lua:3: not enough memory: a table with more than 2048 keys besides its "
	    "list");
	assert_string_equal(
	    kit_select(k,
		"while true do pcall(function() local s = \"x\" while true do s = s .. s end "
		"end) end")
		->reason,
	    "partners/p.lua:3: stopped for asking for too much memory again and again");
	assert_string_equal(
	    kit_select(k, "error({})")->reason, "partners/p.lua:3: error object (table)");
	assert_string_equal(kit_select(k, "return ({}).x.y")->reason,
	    "partners/p.lua:3: attempt to index a nil value (field 'x'); 'x' is nil: look first, as in 'if x and x.y then'");
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

static void a_short_decision_looks_at_no_clock(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	kit_select(k, "return sepp.prefer(request, { sepp.PRINS, sepp.TLS })");
	assert_int_equal(k->answer.verdict, SCRIPT_SELECT);
	assert_int_equal(k->vm->clock_due, 0);
	kit_select(k, "for i = 1, 1000 do end " RIGHT);
	assert_true(k->vm->clock_due != 0);
	assert_int_equal(k->vm->processor_start, 0); /* that would be a system call */
	kit_close(k);
}

static uint64_t fuel_of(struct kit *k, const char *make, const char *work)
{
	char body[256];

	snprintf(body, sizeof(body), "local s = %s %s " RIGHT, make, work);
	assert_int_equal(kit_select(k, body)->verdict, SCRIPT_SELECT);
	return k->answer.fuel;
}

static void instructions_cost_more_while_there_is_a_long_text(void **state)
{
	static const char work[] = "for i = 1, 100 do local c = s < s end";
	struct kit *k = kit_open();
	uint64_t usual = fuel_of(k, "\"\"", work);
	uint64_t small =
	    fuel_of(k, "(\"x\"):rep(4000)", work) - fuel_of(k, "(\"x\"):rep(4000)", "");
	uint64_t large =
	    fuel_of(k, "(\"x\"):rep(60000)", work) - fuel_of(k, "(\"x\"):rep(60000)", "");

	(void)state;
	assert_true(small <= usual);
	assert_true(large > 100 * usual);
	kit_close(k);
}

static void a_long_text_of_the_file_makes_its_decisions_dearer(void **state)
{
	static const char hook[] = "function partner.select_capability() return "
				   "sepp.reject(\"%d\", #text) end";
	struct kit *k = kit_open();
	char rest[256];
	uint64_t usual;

	(void)state;
	snprintf(rest, sizeof(rest), "local text = \"\" %s", hook);
	assert_true(kit_partner(k, rest));
	usual = kit_decide(k)->fuel;
	snprintf(rest, sizeof(rest), "local text = (\"x\"):rep(60000) %s", hook);
	assert_true(kit_partner(k, rest));
	assert_string_equal(kit_decide(k)->reason, "60000");
	assert_true(k->answer.fuel > 5 * usual);
	kit_close(k);
}

/* --- each way in which a run that was killed is kept from going on */

struct killed {
	bool came_back, allocated;
};

static int kill_by_charge(lua_State *L)
{
	fuel_charge(L, UINT32_MAX);
	return 0;
}

/* (struct killed): pcall of what is killed, from C, where no instruction follows. */
static int pcall_from_c(lua_State *L)
{
	struct killed *seen = lua_touserdata(L, 1);

	library_push_environment(L);
	lua_getfield(L, -1, "pcall");
	lua_pushcfunction(L, kill_by_charge);
	lua_call(L, 1, 0);
	seen->came_back = true;
	return 0;
}

/* (struct killed): a kill that raises nothing, and then Lua code. */
static int instructions_after_refusals(lua_State *L)
{
	struct script_vm *vm = script_vm_of(L);
	struct killed *seen = lua_touserdata(L, 1);

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, seen);
	assert_int_equal(luaL_loadstring(L, "local t = ... t[1] = true"), LUA_OK);
	lua_rawgetp(L, LUA_REGISTRYINDEX, seen);
	lua_rawgeti(L, -1, 1); /* makes room */
	lua_pop(L, 1);
	while (!vm->killed)
		assert_null(fuel_alloc(vm, NULL, 0, 1 << 30));
	seen->allocated = fuel_alloc(vm, NULL, 0, 8) != NULL;
	lua_call(L, 1, 0);
	return 0;
}

/* The table that instructions_after_refusals() filled, or not. */
static bool was_filled(lua_State *L, const void *key)
{
	bool filled;

	lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	filled = lua_istable(L, -1) && lua_rawgeti(L, -1, 1) != LUA_TNIL;
	lua_settop(L, 0);
	return filled;
}

/* Runs `f` in the state of the last decision. */
static int run_in(struct kit *k, lua_CFunction f, struct killed *seen)
{
	int status;

	fuel_start(k->vm, 1000);
	lua_pushcfunction(k->vm->L, f);
	lua_pushlightuserdata(k->vm->L, seen);
	status = lua_pcall(k->vm->L, 1, 0, 0);
	fuel_stop(k->vm);
	lua_settop(k->vm->L, 0);
	return status;
}

static void pcall_hands_on_a_kill_to_whoever_called_it(void **state)
{
	struct kit *k = kit_open();
	struct killed seen = { .came_back = false };

	(void)state;
	kit_select(k, RIGHT);
	assert_int_equal(run_in(k, pcall_from_c, &seen), LUA_ERRRUN);
	assert_false(seen.came_back);
	kit_close(k);
}

static void a_killed_run_executes_no_instruction_and_gets_no_memory(void **state)
{
	struct kit *k = kit_open();
	struct killed seen = { .allocated = false };

	(void)state;
	kit_select(k, RIGHT);
	assert_int_equal(run_in(k, instructions_after_refusals, &seen), LUA_ERRRUN);
	assert_int_equal(k->vm->killed, KILLED_MEMORY);
	assert_false(seen.allocated);
	assert_false(was_filled(k->vm->L, &seen));
	kit_close(k);
}

static void the_lua_library_says_its_version(void **state)
{
	const char *version = script_lua_version();

	(void)state;
	assert_int_equal(strncmp(version, "5.4.", 4), 0);
	assert_true(version[4] >= '0' && version[4] <= '9');
	assert_int_equal(script_lua_is_old(), strtoul(version + 4, NULL, 10) < 7);
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
		cmocka_unit_test(a_killed_policy_is_told_where_and_why),
		cmocka_unit_test(the_clock_is_a_backstop),
		cmocka_unit_test(a_short_decision_looks_at_no_clock),
		cmocka_unit_test(instructions_cost_more_while_there_is_a_long_text),
		cmocka_unit_test(a_long_text_of_the_file_makes_its_decisions_dearer),
		cmocka_unit_test(pcall_hands_on_a_kill_to_whoever_called_it),
		cmocka_unit_test(a_killed_run_executes_no_instruction_and_gets_no_memory),
		cmocka_unit_test(the_lua_library_says_its_version),
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
