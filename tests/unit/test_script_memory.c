/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Every allocation of loading and deciding fails, once and for good: nothing is lost, nothing
 * aborts, and the next decision is right.  What a policy can do is in `samples`: a new kind of
 * thing is one more text there.
 */
enum {
	AGAIN = 4,
	CACHED = 10,         /* as many freed blocks of a size the C library keeps, and more */
	SMALLEST_BLOCK = 24, /* of the heap */
};

struct sample {
	enum script_hook hook;
	enum script_verdict verdict; /* when there is memory */
	const char *body;
};

static const struct sample samples[] = {
	/* views and lists */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_SELECT,
	    "local t = {}\n"
	    "for i, cap in ipairs(request.capabilities) do t[i] = tostring(cap) end\n"
	    "for i, plmn in pairs(peer.plmns) do t[#t + 1] = plmn .. tostring(peer:owns(plmn)) "
	    "end\n"
	    "t[#t + 1] = peer.certificate.issuer .. peer.tls.version .. peer.history.attempts\n"
	    "t[#t + 1] = request.local_time.hour + request.time\n"
	    "if peer.flags[\"x\"] or #table.concat(t) == 0 or request:offers(sepp.NONE) then return "
	    "end\n"
	    "return sepp.select(sepp.TLS)\n" },
	/* texts and patterns */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_REJECT,
	    "local s = (\"a-b\"):gsub(\"%a\", string.upper):rep(2, \",\")\n"
	    "for word in s:gmatch(\"(%a)%-\") do s = s .. word end\n"
	    "s = s .. s:gsub(\"(.)(.)\", \"%2%1\") .. s:gsub(\".\", { A = \"x\" }) .. "
	    "s:match(\"A(.-)B\")\n"
	    "s = s:lower() .. s:reverse() .. string.char(s:byte(1, 5)) .. s:sub(2, 4)\n"
	    "return sepp.reject(\"%s %q %5.1f %d %s\", s, s, 1 / 3, #s, request)\n" },
	/* tables */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_DEFER,
	    "local t = { 5, 3, 4, x = 1, [sepp.TLS] = 2, [true] = 3 }\n"
	    "table.insert(t, 1) table.insert(t, 1, 9) table.remove(t, 2)\n"
	    "table.sort(t) table.sort(t, function(a, b) return a > b end)\n"
	    "for key, value in pairs(t) do t.n = tostring(key) .. value end\n"
	    "t.k = next(t) t.u = { table.unpack(t) } t.s = select(\"#\", table.unpack(t))\n"
	    "for i = 1, 40 do t[i * 7] = {} end\n"
	    "return sepp.defer(math.max(1, math.floor(t.s / 2)), table.concat({ 1, 2.5, \"x\" }))\n" },
	/* notes, errors, closures */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_REJECT,
	    "for i = 1, 20 do sepp.note(\"%d %s\", i, {}) end\n"
	    "local function f(...) local n = select(\"#\", ...) return function() n = n + 1 return n "
	    "end end\n"
	    "local ok, why = pcall(error, { f(1, 2)() })\n"
	    "if ok or type(why) ~= \"table\" then error(\"wrong\") end\n"
	    "ok, why = pcall(function() return request.sendr end)\n"
	    "if ok then error(\"wrong\") end\n"
	    "return sepp.reject(\"%s\", why)\n" },
	/* libraries and data */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_SELECT,
	    "if shared.no or #data.list ~= 2 or shared.list[1] == nil then return end\n"
	    "for key, value in pairs(data) do sepp.note(\"%s %s\", key, value) end\n"
	    "return sepp.select(sepp.PRINS)\n" },
	/* answers */
	{ SCRIPT_SELECT_CAPABILITY, SCRIPT_SELECT,
	    "return sepp.prefer(request, { sepp.PRINS, sepp.TLS }, { purposes = { "
	    "sepp.purpose.ROAMING, sepp.purpose.SMS_INTERCONNECT } })\n" },
	{ SCRIPT_RETAIN_CONNECTION, SCRIPT_RETAIN,
	    "if event.kind == sepp.event.LOST or event.age_s < 0 then return sepp.release(\"%s\", "
	    "event.kind) end\n"
	    "return sepp.retain { idle_s = 600, max_age_s = 7200, open_reverse = true }\n" },
};

static const char head[] = KIT_PARTNER "local shared = sepp.require \"a\"\n"
				       "local data = sepp.data \"d\"\n";

static const char *first_argument(enum script_hook hook)
{
	return hook == SCRIPT_RETAIN_CONNECTION ? "event" : "request";
}

static struct kit *with_files(const struct sample *s)
{
	struct kit *k = kit_open();

	kit_add(k, "data/d.json", "{ \"list\": [1, 2], \"deep\": { \"x\": \"y\", \"z\": 0.5 } }");
	kit_add(k, "lib/a.lua", "return { no = false, list = { {} }, f = function() end }");
	snprintf(k->text, sizeof(k->text),
	    "%sfunction partner.%s(%s, peer)\n%s\nend\nreturn partner\n", head,
	    script_hook_name(s->hook), first_argument(s->hook), s->body);
	kit_add(k, "partners/p.lua", k->text);
	k->in.hook = s->hook;
	return k;
}

static struct script_program *load(struct kit *k)
{
	return script_program_new(k->vm, &k->dir, "partners/p.lua", SCRIPT_PARTNER, &k->e);
}

/* With all the memory there is. */
static const struct script_answer *right_answer(struct kit *k, const struct sample *s)
{
	script_vm_fail(k->vm, 0, false);
	kit_decide(k);
	if (k->answer.verdict != s->verdict)
		fail_msg("%s: %s", s->body, k->answer.reason);
	return &k->answer;
}

static void each_sample(void (*run)(const struct sample *s, bool forever))
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		run(&samples[i], false);
		run(&samples[i], true);
	}
}

/* Whether it loaded; `failed`: whether an allocation did. */
static bool load_failing(
    struct kit *k, const struct sample *s, uint64_t n, bool forever, bool *failed)
{
	bool loaded;

	script_vm_fail(k->vm, n, forever);
	k->program = load(k);
	loaded = k->program != NULL;
	*failed = script_vm_asked(k->vm) >= n;
	assert_true(loaded || *failed);
	if (loaded)
		right_answer(k, s);
	if (!loaded)
		assert_true(k->e.text[0]);
	script_program_free(k->program);
	k->program = NULL;
	return loaded;
}

static void fail_each_of_a_load(const struct sample *s, bool forever)
{
	struct kit *k = with_files(s);
	uint64_t n = 1;
	bool failed;

	for (int i = 0; i < CACHED; i++)
		(void)load_failing(k, s, 1, true, &failed);
	for (failed = true; failed; n++) {
		size_t bytes;

		if (load_failing(k, s, n, forever, &failed))
			continue;
		bytes = mallinfo2().uordblks;
		for (int i = 0; i < AGAIN; i++)
			assert_false(load_failing(k, s, n, forever, &failed));
		/* the C library keeps a few bytes, but not each time */
		assert_true(mallinfo2().uordblks < bytes + AGAIN * SMALLEST_BLOCK);
	}
	assert_true(n > 300);
	kit_close(k);
}

static void every_allocation_of_a_load_may_fail(void **state)
{
	(void)state;
	each_sample(fail_each_of_a_load);
}

static void fail_each_of_a_decision(const struct sample *s, bool forever)
{
	struct kit *k = with_files(s);
	struct script_answer right;
	size_t bytes;
	uint64_t n = 1;

	k->program = load(k);
	assert_non_null(k->program);
	right = *right_answer(k, s);
	bytes = mallinfo2().uordblks;
	for (bool failed = true; failed; n++) {
		script_vm_fail(k->vm, n, forever);
		kit_decide(k);
		failed = script_vm_asked(k->vm) >= n;
		if (k->answer.verdict == SCRIPT_FAILED)
			assert_true(failed && k->answer.reason[0]);
		assert_memory_equal(right_answer(k, s), &right, sizeof(right));
		assert_int_equal(mallinfo2().uordblks, bytes);
	}
	assert_true(n > 4);
	kit_close(k);
}

static void every_allocation_of_a_decision_may_fail(void **state)
{
	(void)state;
	each_sample(fail_each_of_a_decision);
}

static void fail_each_of_an_image(const struct sample *s, bool forever)
{
	struct kit *k = with_files(s);
	uint64_t n = 1;

	k->program = load(k);
	for (bool failed = true; failed; n += 3) {
		struct script_vm *own = k->vm, *vm = script_vm_new(&own->budgets, &k->e);

		assert_non_null(vm);
		k->vm = vm;
		script_vm_fail(vm, n, forever);
		kit_decide(k);
		failed = script_vm_asked(vm) >= n;
		if (forever)
			assert_true((k->answer.verdict == SCRIPT_FAILED) == failed);
		right_answer(k, s);
		script_vm_free(vm);
		k->vm = own;
	}
	kit_close(k);
}

static void every_allocation_of_an_image_in_another_machine_may_fail(void **state)
{
	(void)state;
	each_sample(fail_each_of_an_image);
}

static void try_each_scratch(const struct sample *s, bool forever)
{
	struct kit *k = with_files(s);
	struct conf_budgets budgets = k->vm->budgets;
	bool enough = false;

	(void)forever;
	k->program = load(k);
	for (budgets.scratch = 0; budgets.scratch < 32768; budgets.scratch += 24) {
		script_vm_set_budgets(k->vm, &budgets);
		kit_decide(k);
		enough = k->answer.verdict == s->verdict;
		assert_true(enough || k->answer.verdict == SCRIPT_FAILED);
	}
	assert_true(enough);
	kit_close(k);
}

static void any_scratch_gives_an_answer_or_a_failure(void **state)
{
	(void)state;
	each_sample(try_each_scratch);
}

/*
 * Each in a process of its own: the thread sanitizer keeps the frames that an error jumps over, and
 * has room for 65,536 of them.
 */
static int run_alone(const struct CMUnitTest *test)
{
	const struct CMUnitTest tests[] = { *test };
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		exit(cmocka_run_group_tests(tests, NULL, NULL));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return status != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_of_a_load_may_fail),
		cmocka_unit_test(every_allocation_of_a_decision_may_fail),
		cmocka_unit_test(every_allocation_of_an_image_in_another_machine_may_fail),
		cmocka_unit_test(any_scratch_gives_an_answer_or_a_failure),
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		failed += run_alone(&tests[i]);
	return failed;
}
