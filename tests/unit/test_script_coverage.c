/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/coverage.h"

static void the_lines_that_ran_are_counted(void **state)
{
	struct kit *k = kit_open();
	struct coverage *c;

	(void)state;
	kit_select(k, "if request.time == 1 then\nreturn sepp.reject('one')\nend\n"
		      "return sepp.select(sepp.TLS)");
	c = coverage_new(&k->dir);
	script_vm_watch(k->vm, coverage_on_line, c);
	assert_int_equal(kit_decide(k)->verdict, SCRIPT_SELECT);
	assert_int_equal(coverage_files(c), 1);
	assert_string_equal(coverage_file(c, 0)->path, "partners/p.lua");
	assert_true(coverage_ran(c, 0, 3));
	assert_false(coverage_ran(c, 0, 4));
	assert_true(coverage_ran(c, 0, 6));
	assert_false(coverage_ran(c, 0, 0));
	assert_false(coverage_ran(c, 0, 1 << 20));
	coverage_free(c);
	coverage_free(NULL);
	kit_close(k);
}

static void only_what_decides_counts(void **state)
{
	static const char *const paths[] = { "data/x.json", "default.lua", "gateway.lua",
		"lib/l.lua", "partners/p.lua", "shared/s.lua", "tests/t_test.lua" };
	struct kit *k = kit_open();
	struct coverage *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		kit_add(k, paths[i], "");
	c = coverage_new(&k->dir);
	assert_int_equal(coverage_files(c), 4);
	coverage_on_line(c, "gateway.lua", 1);
	coverage_on_line(c, "shared/s.lua", 7);
	coverage_on_line(c, "shared/s.lua", -1);
	coverage_on_line(c, "shared/s.lua", 1 << 20);
	assert_true(coverage_ran(c, 3, 7));
	coverage_free(c);
	kit_close(k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_that_ran_are_counted),
		cmocka_unit_test(only_what_decides_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
