/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

/* What a watcher of lines can see of variables. */

struct watch {
	struct script_vm *vm;
	int line; /* that is looked at */
	size_t n;
	unsigned depth;
	struct script_local locals[SCRIPT_LOCALS_MAX];
};

static void on_line(void *arg, const char *path, int line)
{
	struct watch *w = arg;

	assert_string_equal(path, "partners/p.lua");
	if (line != w->line)
		return;
	w->n = script_vm_locals(w->vm, w->locals);
	w->depth = script_vm_depth(w->vm);
}

/* Asks a hook whose lines begin with line 3, and looks at `line`. */
static const struct script_answer *watch(struct kit *k, struct watch *w, const char *body, int line)
{
	const struct script_answer *a;

	kit_select(k, body);
	*w = (struct watch){ .vm = k->vm, .line = line };
	script_vm_watch(k->vm, on_line, w);
	a = kit_decide(k);
	script_vm_watch(k->vm, NULL, NULL);
	return a;
}

static const char *value_of(const struct watch *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->locals[i].name, name) == 0)
			return w->locals[i].value;
	}
	return "(no such variable)";
}

/* expression, what it is in few words */
static const char *const values[][2] = {
	{ "nil", "nil" },
	{ "true", "true" },
	{ "-7", "-7" },
	{ "1 / 4", "0.25" },
	{ "\"a\\n\\27b\"", "\"a\\x0a\\x1bb\"" },
	{ "{}", "table" },
	{ "{ 1, 2, 3 }", "table of 3" },
	{ "sepp.TLS", "sepp.TLS" },
	{ "sepp.purpose.ROAMING", "sepp.purpose.ROAMING" },
	{ "request", "request" },
	{ "peer.certificate", "peer.certificate" },
	{ "string.rep", "function" },
	{ "sepp.select(sepp.TLS)", "answer: select TLS" },
	{ "sepp.reject(\"no\")", "answer: reject" },
};

static void values_are_told_in_few_words(void **state)
{
	struct kit *k = kit_open();
	struct watch w;
	char body[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		snprintf(
		    body, sizeof(body), "local x = %s\nreturn sepp.select(sepp.TLS)", values[i][0]);
		assert_int_equal(watch(k, &w, body, 4)->verdict, SCRIPT_SELECT);
		assert_string_equal(value_of(&w, "x"), values[i][1]);
		assert_int_equal(w.n, 3); /* and what the hook is given */
	}
	kit_close(k);
}

static void long_values_are_cut(void **state)
{
	struct kit *k = kit_open();
	struct watch w;

	(void)state;
	watch(k, &w, "local x = (\"x\"):rep(60000)\nreturn sepp.select(sepp.TLS)", 4);
	assert_true(strlen(value_of(&w, "x")) < sizeof(w.locals[0].value));
	assert_non_null(strstr(value_of(&w, "x"), "xxx..."));
	kit_close(k);
}

static void many_variables_are_cut(void **state)
{
	struct kit *k = kit_open();
	struct watch w;
	char body[4096] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(body + strlen(body), 40, "local v%d = %d ", i, i);
	snprintf(body + strlen(body), 40, "\nreturn sepp.select(sepp.TLS)");
	watch(k, &w, body, 4);
	assert_int_equal(w.n, SCRIPT_LOCALS_MAX);
	assert_string_equal(value_of(&w, "v29"), "29");
	kit_close(k);
}

static void deep_calls_are_counted_up_to_a_bound(void **state)
{
	static const char body[] = "local function f(n)\nif n == 0 then return 0 end\n"
				   "return 1 + f(n - 1)\nend\nf(%d)\nreturn sepp.select(sepp.TLS)";
	struct kit *k = kit_open();
	struct watch w;
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), body, 3);
	watch(k, &w, text, 4);
	assert_int_equal(w.depth, 6);
	assert_string_equal(value_of(&w, "n"), "0");
	snprintf(text, sizeof(text), body, 150);
	watch(k, &w, text, 4);
	assert_true(w.depth > 100 && w.depth <= 200);
	kit_close(k);
}

static void looking_changes_neither_the_answer_nor_its_cost(void **state)
{
	static const char body[] = "local t = {}\nfor i = 1, 50 do t[i] = i .. \"x\" end\n"
				   "return sepp.reject(\"%s %d\", table.concat(t):sub(1, 20), #t)";
	struct kit *k = kit_open();
	struct script_answer alone;
	struct watch w;

	(void)state;
	alone = *kit_select(k, body);
	for (int line = 3; line <= 5; line++) {
		const struct script_answer *a = watch(k, &w, body, line);

		assert_true(w.n > 0);
		assert_string_equal(a->reason, alone.reason);
		assert_int_equal(a->fuel, alone.fuel);
		assert_int_equal(a->scratch, alone.scratch);
	}
	kit_close(k);
}

static void looking_raises_nothing_when_memory_ends(void **state)
{
	static const char body[] = "local t = {}\nfor i = 1, 9 do t[i] = { i } end\n"
				   "local x = (\"x\"):rep(9000)\nreturn sepp.select(sepp.TLS)";
	struct kit *k = kit_open();
	struct watch w;

	(void)state;
	for (uint64_t i = 1; i < 60; i++) {
		kit_select(k, body);
		w = (struct watch){ .vm = k->vm, .line = 6 };
		script_vm_watch(k->vm, on_line, &w);
		script_vm_fail(k->vm, i, true);
		(void)kit_decide(k);
		script_vm_fail(k->vm, 0, false);
		script_vm_watch(k->vm, NULL, NULL);
	}
	assert_int_equal(watch(k, &w, body, 6)->verdict, SCRIPT_SELECT);
	kit_close(k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_told_in_few_words),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(many_variables_are_cut),
		cmocka_unit_test(deep_calls_are_counted_up_to_a_bound),
		cmocka_unit_test(looking_changes_neither_the_answer_nor_its_cost),
		cmocka_unit_test(looking_raises_nothing_when_memory_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
