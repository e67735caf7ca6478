/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#define HOOK(body) "function partner.select_capability(request, peer) " body " end"
#define RIGHT      HOOK("return sepp.select(sepp.TLS)")

static void hooks_are_found(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_partner(k, RIGHT "\nfunction partner.verify_selection() end"));
	assert_true(script_program_has(k->program, SCRIPT_SELECT_CAPABILITY));
	assert_true(script_program_has(k->program, SCRIPT_VERIFY_SELECTION));
	assert_false(script_program_has(k->program, SCRIPT_RETAIN_CONNECTION));
	kit_close(k);
}

/* what stands from line 2 on, message */
static const char *const bad[][2] = {
	{ "function partner.select_capabilty() end",
	    "partners/p.lua:2: unknown hook 'select_capabilty' (did you mean 'select_capability'?)" },
	{ "partner.select_capability = 1",
	    "partners/p.lua:2: hook 'select_capability' must be a function, got number" },
	{ "partner[1] = 1", "partners/p.lua:2: unknown hook '1'" },
	{ "local x = partner.name", "partners/p.lua:2: unknown hook 'name'" },
	{ "do return end", "partners/p.lua: the file must end with 'return partner'" },
	{ "do return {} end", "partners/p.lua: the file must end with 'return partner'" },
	{ "x = = 1", "partners/p.lua:2: unexpected symbol near '='" },
	{ "sepp.partner {}", "partners/p.lua:2: sepp.partner is called once in a file" },
	{ "sepp.gateway {}",
	    "partners/p.lua:2: sepp.gateway belongs in gateway.lua; this is a file of partners/" },
	{ "sepp.note(\"x\")",
	    "partners/p.lua:2: sepp.note writes into the record of a decision: it cannot "
	    "be called while the file loads" },
	{ "sepp.select(sepp.TLS)",
	    "partners/p.lua:2: sepp.select answers a hook: it cannot be called while the file loads" },
	{ "sepp.require \"x\"", "partners/p.lua:2: sepp.require: there is no file lib/x.lua" },
	{ "sepp.require \"../x\"",
	    "partners/p.lua:2: bad argument #1 to 'require' (name of a file in lib/ "
	    "without its ending expected)" },
	{ "sepp.data \"x\"", "partners/p.lua:2: sepp.data: there is no file data/x.json" },
};

static void what_does_not_load_says_where_and_why(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(kit_partner(k, bad[i][0]));
		assert_string_equal(k->e.text, bad[i][1]);
	}
	kit_close(k);
}

static void the_end_of_the_other_kinds_is_checked_too(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_false(kit_load(k, "gateway.lua", "return 1", SCRIPT_GATEWAY));
	assert_string_equal(
	    k->e.text, "gateway.lua: the file must end with 'return sepp.gateway { ... }'");
	assert_false(kit_load(k, "default.lua", "local x", SCRIPT_POLICY));
	assert_string_equal(k->e.text, "default.lua: the file must end with 'return policy'");
	assert_false(kit_load(k, "default.lua", "", SCRIPT_POLICY));
	k->dir.n = 0;
	assert_null(script_program_new(k->vm, &k->dir, "x.lua", SCRIPT_POLICY, &k->e));
	assert_string_equal(k->e.text, "there is no file x.lua");
	kit_close(k);
}

static void long_binary_and_chained_texts_are_refused(void **state)
{
	struct kit *k = kit_open();
	char *text = calloc(1, 60000);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', 33000);
	assert_false(kit_load(k, "p.lua", text, SCRIPT_POLICY));
	assert_string_equal(k->e.text, "p.lua: longer than 32768 bytes");
	assert_false(kit_load(k, "p.lua", "\033Lua", SCRIPT_POLICY));
	assert_string_equal(k->e.text, "p.lua: compiled Lua; policies are text");
	strcpy(text, "local t = {}\nlocal x = t");
	for (int i = 0; i < 15000; i++)
		strcat(text + 20 + 2 * i, ".f");
	assert_false(kit_load(k, "p.lua", text, SCRIPT_POLICY));
	assert_string_equal(k->e.text,
	    "p.lua:2: more than 100 suffixes in a row; write it in steps with "
	    "local variables");
	k->files[0].text = (struct str){ "x\0y", 3 };
	assert_null(script_program_new(k->vm, &k->dir, "p.lua", SCRIPT_POLICY, &k->e));
	assert_string_equal(k->e.text, "p.lua: a NUL byte in the text");
	free(text);
	kit_close(k);
}

/* A piece of text, repeated 150 times behind a beginning, makes a chain. */
static const char *const chains[][2] = {
	{ "local x = t", ".f" },
	{ "local x = t", " . f" },
	{ "local x = t", "[1]" },
	{ "local x = t", "--[[.]]\n.f" },
	{ "local x = t", "--\r.f" },
	{ "local x = t", ":f()" },
	{ "local x = t", "{}" },
	{ "local x = t", "'x'" },
	{ "local x = t", "[[x]]" },
	{ "local x = t", "[ [[x]] ]" },
	{ "local x = (t)", ".f" },
	{ "local x = ((((t.a).b).c).d)", ".f" },
	{ "local x = f(a.b)", ".f" },
	{ "local x = function() end", ".f" },
};

static void chains_are_seen_however_they_are_written(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
		char text[8192];

		strcpy(text, chains[i][0]);
		for (int n = 0; n < 150; n++)
			strcat(text, chains[i][1]);
		assert_false(kit_load(k, "p.lua", text, SCRIPT_POLICY));
		if (!strstr(k->e.text, "more than 100 suffixes"))
			fail_msg("%s%s: %s", chains[i][0], chains[i][1], k->e.text);
	}
	kit_close(k);
}

static void nested_brackets_do_not_hide_a_chain(void **state)
{
	struct kit *k = kit_open();
	char text[8192] = "local x = ";

	(void)state;
	for (int i = 0; i < 150; i++)
		strcat(text, "(");
	strcat(text, "t");
	for (int i = 0; i < 150; i++)
		strcat(text, ".f)");
	assert_false(kit_load(k, "p.lua", text, SCRIPT_POLICY));
	assert_non_null(strstr(k->e.text, "more than 100 suffixes"));
	strcpy(text, "local x = ");
	for (int i = 0; i < 300; i++)
		strcat(text, "{");
	assert_false(kit_load(k, "p.lua", text, SCRIPT_POLICY));
	assert_string_equal(k->e.text, "p.lua:1: brackets nested more than 200 deep");
	kit_close(k);
}

static void ordinary_texts_have_no_chains(void **state)
{
	struct kit *k = kit_open();
	char text[20000] = "local p = sepp.policy { api = 1, name = \"x\" }\nlocal t = {\n";

	(void)state;
	for (int i = 0; i < 150; i++)
		strcat(text, "  { a = 1, [\"b\"] = { 2, 3 } }, -- a.b.c\n");
	strcat(text, "}\nlocal s = \"\"\n");
	for (int i = 0; i < 120; i++)
		strcat(text, "s = s .. t[1].a .. t[2][\"b\"][1] ..1.5 .. [==[x]]y]==]\n");
	strcat(text, "for i = 1, 2 do tostring(i) tostring \"x\" end ::l:: return p");
	if (!kit_load(k, "p.lua", text, SCRIPT_POLICY))
		fail_msg("%s", k->e.text);
	kit_close(k);
}

/* Adds a partner file that uses the others, which come before it by name, and loads it. */
static bool load_with(struct kit *k, const char *rest)
{
	snprintf(k->text, sizeof(k->text), KIT_PARTNER "%s\nreturn partner\n", rest);
	kit_add(k, "partners/p.lua", k->text);
	k->program = script_program_new(k->vm, &k->dir, "partners/p.lua", SCRIPT_PARTNER, &k->e);
	return k->program != NULL;
}

static void libraries_are_shared_and_read_only(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	kit_add(k, "lib/a.lua",
	    "local M = { list = { 1, 2 }, n = 5 }\n"
	    "function M.twice(x) return 2 * x end return M");
	kit_add(k, "lib/b.lua", "return { a = sepp.require \"a\" }");
	assert_true(load_with(
	    k, "local a, b = sepp.require \"a\", sepp.require \"b\"\n" HOOK(
		   "local ok, why = pcall(function() a.list[1] = 3 end)\n"
		   "local out = \"\" for key in pairs(a) do out = out .. key end\n"
		   "return sepp.reject(\"%s %s %d %d %s %s\", a == b.a, out, a.twice(#a.list),"
		   " select(\"#\", table.unpack(a.list)), table.concat(a.list, \"+\"), why)")));
	assert_string_equal(kit_decide(k)->reason,
	    "true listntwice 4 2 1+2 partners/p.lua:3: cannot assign [1]: what comes from lib/ and data/ is "
	    "read-only");
	kit_close(k);
}

static void libraries_that_need_themselves_are_refused(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	kit_add(k, "lib/a.lua", "return sepp.require \"b\"");
	kit_add(k, "lib/b.lua", "local a = sepp.require \"a\" return a");
	assert_false(load_with(k, "local a = sepp.require \"a\""));
	assert_string_equal(k->e.text,
	    "lib/b.lua:1: sepp.require: lib/a.lua needs itself, directly or through others");
	kit_close(k);
}

static void mistakes_in_libraries_name_the_library(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	kit_add(k, "lib/numbers.lua", "local M = {}");
	assert_false(load_with(k, "local a = sepp.require \"number\""));
	assert_string_equal(k->e.text,
	    "partners/p.lua:2: sepp.require: there is no file lib/number.lua (did "
	    "you mean 'numbers'?)");
	k->dir.n = 1;
	assert_false(load_with(k, "local a = sepp.require \"numbers\""));
	assert_non_null(strstr(k->e.text, "lib/numbers.lua: the file must end with 'return M'"));
	kit_close(k);
}

static void data_is_read_only_values(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	kit_add(k, "data/d.json",
	    "{ \"list\": [1, 2.5, -3e2, true, \"\\u00e9\\ud83d\\ude00\\n\"],\n"
	    "  \"none\": null, \"deep\": { \"x\": {} } }");
	assert_true(
	    load_with(k, "local d = sepp.data \"d\"\n" HOOK(
			     "return sepp.reject(\"%s %s %s %s %q %s %s %s\", d.list[1], d.list[2],"
			     " d.list[3], d.list[4], d.list[5], d.none, #d.list,"
			     " pcall(function() d.deep.x.y = 1 end))")));
	assert_string_equal(kit_decide(k)->reason,
	    "1 2.5 -300.0 true \"\303\251\360\237\230\200\\\n\" nil 5 false");
	kit_close(k);
}

static const char *const bad_data[] = {
	"",
	"[1]",
	"{ \"a\": }",
	"{ \"a\": 1, \"a\": 2 }",
	"{ \"a\": [1,] }",
	"{ \"a\": 01 }",
	"{ \"a\": 0x10 }",
	"{ \"a\": NaN }",
	"{ \"a\": 1 } 2",
	"{ \"a\": [null] }",
	"{ \"a\": \"\\q\" }",
	"{ \"a\": \"\\u12\" }",
	"{ \"a\": \"\\ud800\" }",
	"{ \"a\": \"\xff\" }",
	"{ \"a\": \"\xc0\x80\" }",
	"{ \"a\": \"\n\" }",
	"{ \"a\": \"x",
	"{ a: 1 }",
	"{ \"a\" 1 }",
	"{ \"a\": 1 ]",
};

static void malformed_data_is_refused(void **state)
{
	static const char where[] = "partners/p.lua:2: data/d.json: ";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_data); i++) {
		struct kit *k = kit_open();

		kit_add(k, "data/d.json", bad_data[i]);
		assert_false(load_with(k, "local d = sepp.data \"d\""));
		assert_memory_equal(k->e.text, where, sizeof(where) - 1);
		assert_true(strlen(k->e.text) > sizeof(where));
		kit_close(k);
	}
}

static void deep_data_is_refused(void **state)
{
	struct kit *k = kit_open();
	(void)state;
	kit_add(k, "data/d.json", "{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}");
	assert_false(load_with(k, "local d = sepp.data \"d\""));
	assert_non_null(strstr(k->e.text, "deep"));
	kit_close(k);
}

static void a_program_runs_in_any_machine(void **state)
{
	struct kit *k = kit_open(), *other = kit_open();

	(void)state;
	assert_true(kit_partner(k, RIGHT));
	assert_int_equal(script_vm_image_size(other->vm, k->program), 0);
	script_decide(other->vm, k->program, &k->in, &k->answer);
	assert_int_equal(k->answer.verdict, SCRIPT_SELECT);
	assert_true(script_vm_image_size(other->vm, k->program) > 0);
	kit_close(other);
	kit_close(k);
}

static void images_are_small(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_partner(k, RIGHT));
	assert_in_range(script_vm_image_size(k->vm, k->program), 1000, 40 << 10);
	kit_close(k);
}

static void the_image_that_was_used_least_recently_goes(void **state)
{
	struct script_program *p[SCRIPT_IMAGES + 1];
	struct kit *k = kit_open();

	(void)state;
	snprintf(k->text, sizeof(k->text), KIT_PARTNER RIGHT " return partner");
	kit_add(k, "p.lua", k->text);
	for (int i = 0; i <= SCRIPT_IMAGES; i++) {
		p[i] = script_program_new(k->vm, &k->dir, "p.lua", SCRIPT_PARTNER, &k->e);
		assert_non_null(p[i]);
		script_decide(k->vm, p[0], &k->in, &k->answer);
	}
	assert_true(script_vm_image_size(k->vm, p[0]) > 0);
	assert_int_equal(script_vm_image_size(k->vm, p[1]), 0);
	assert_true(script_vm_image_size(k->vm, p[2]) > 0);
	script_decide(k->vm, p[1], &k->in, &k->answer);
	assert_int_equal(k->answer.verdict, SCRIPT_SELECT);
	for (int i = 0; i <= SCRIPT_IMAGES; i++)
		script_program_free(p[i]);
	kit_close(k);
}

static void a_hook_that_is_not_there_is_a_failure(void **state)
{
	static const struct script_report report;
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_partner(k, RIGHT "\nfunction partner.offer_capabilities() end"));
	k->in.hook = SCRIPT_RETAIN_CONNECTION;
	assert_string_equal(kit_decide(k)->reason, "partners/p.lua: no hook 'retain_connection'");
	k->in.hook = SCRIPT_ON_ERROR_REPORT;
	k->in.report = &report;
	assert_string_equal(kit_decide(k)->reason, "partners/p.lua: no hook 'on_error_report'");
	assert_int_equal(k->answer.verdict, SCRIPT_FAILED);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_are_found),
		cmocka_unit_test(what_does_not_load_says_where_and_why),
		cmocka_unit_test(the_end_of_the_other_kinds_is_checked_too),
		cmocka_unit_test(long_binary_and_chained_texts_are_refused),
		cmocka_unit_test(chains_are_seen_however_they_are_written),
		cmocka_unit_test(nested_brackets_do_not_hide_a_chain),
		cmocka_unit_test(ordinary_texts_have_no_chains),
		cmocka_unit_test(libraries_are_shared_and_read_only),
		cmocka_unit_test(libraries_that_need_themselves_are_refused),
		cmocka_unit_test(mistakes_in_libraries_name_the_library),
		cmocka_unit_test(data_is_read_only_values),
		cmocka_unit_test(malformed_data_is_refused),
		cmocka_unit_test(deep_data_is_refused),
		cmocka_unit_test(a_program_runs_in_any_machine),
		cmocka_unit_test(images_are_small),
		cmocka_unit_test(the_image_that_was_used_least_recently_goes),
		cmocka_unit_test(a_hook_that_is_not_there_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
