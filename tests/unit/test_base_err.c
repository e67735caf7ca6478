/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void a_failure_is_recorded_with_its_words_and_returned(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ERR_RANGE, "%d is too many for '%s'", 7, "x"), ERR_RANGE);
	assert_int_equal(e.code, ERR_RANGE);
	assert_string_equal(e.text, "7 is too many for 'x'");
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_TLS, "unheard"), ERR_TLS);
	errno = ENOENT;
	assert_int_equal(err_set_errno(NULL, "unheard"), ERR_SYS);
	assert_int_equal(err_within(NULL, "place"), 0);
}

static void a_system_error_ends_with_what_the_system_says(void **state)
{
	struct err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_set_errno(&e, "cannot open '%s'", "x.pem"), ERR_SYS);
	assert_string_equal(e.text, "cannot open 'x.pem': No such file or directory");
}

static void places_are_put_in_front_from_the_inside_out(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_CONFIG, "no such file");
	assert_int_equal(err_within(&e, "certificate"), ERR_CONFIG);
	assert_int_equal(err_within(&e, "%s.lua", "gateway"), ERR_CONFIG);
	assert_string_equal(e.text, "gateway.lua: certificate: no such file");
}

static void a_text_that_is_too_long_is_cut_at_its_end(void **state)
{
	char longer[2 * sizeof(((struct err *)0)->text)];
	struct err e;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, ERR_CONFIG, "%s", longer);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_within(&e, "outside");
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "outside: xxx", 12);
	errno = ENOENT;
	err_set_errno(&e, "%s", longer);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void each_code_is_negative_and_has_its_own_name(void **state)
{
	static const int codes[] = {
#define X(name, text) ERR_##name,
		ERR_TABLE(X)
#undef X
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		assert_true(codes[i] < 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(err_name(codes[i]), err_name(codes[j]));
	}
	assert_string_equal(err_name(ERR_LIMIT), "limit reached");
	assert_string_equal(err_name(ERR_NONE), "no error");
	assert_string_equal(err_name(-1000), "unknown error");
	assert_string_equal(err_name(1), "unknown error");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_recorded_with_its_words_and_returned),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(a_system_error_ends_with_what_the_system_says),
		cmocka_unit_test(places_are_put_in_front_from_the_inside_out),
		cmocka_unit_test(a_text_that_is_too_long_is_cut_at_its_end),
		cmocka_unit_test(each_code_is_negative_and_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
