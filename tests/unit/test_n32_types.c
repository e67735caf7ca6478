/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "n32/types.h"

static void every_capability_is_parsed_from_its_name(void **state)
{
	(void)state;
	for (enum n32_cap cap = N32_CAP_TLS; cap <= N32_CAP_NONE; cap++)
		assert_int_equal(n32_cap_parse(str_of(n32_cap_name(cap))), cap);
	assert_string_equal(n32_cap_name(N32_CAP_PRINS), "PRINS");
}

/* CAP-13, CAP-14, CAP-15 */
static void other_words_and_cases_are_the_unknown_capability(void **state)
{
	static const char *const words[] = { "", "FOO", "ALS", "tls", "TLS ", "TL", "UNKNOWN" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_int_equal(n32_cap_parse(str_of(words[i])), N32_CAP_UNKNOWN);
}

static void every_purpose_is_parsed_from_its_name(void **state)
{
	(void)state;
	for (enum n32_purpose p = N32_PURPOSE_UNKNOWN + 1; p < N32_PURPOSES; p++)
		assert_int_equal(n32_purpose_parse(str_of(n32_purpose_name(p))), p);
	assert_string_equal(n32_purpose_name(N32_PURPOSE_ROAMING_TEST), "ROAMING_TEST");
}

static void other_words_are_the_unknown_purpose(void **state)
{
	(void)state;
	assert_int_equal(n32_purpose_parse(str_of("X")), N32_PURPOSE_UNKNOWN);
	assert_int_equal(n32_purpose_parse(str_of("roaming")), N32_PURPOSE_UNKNOWN);
	assert_int_equal(n32_purpose_parse(str_of("UNKNOWN")), N32_PURPOSE_UNKNOWN);
}

static void a_value_outside_the_enumerations_is_named_unknown(void **state)
{
	(void)state;
	assert_string_equal(n32_cap_name((enum n32_cap)99), "UNKNOWN");
	assert_string_equal(n32_cap_name(N32_CAP_UNKNOWN), "UNKNOWN");
	assert_string_equal(n32_purpose_name(N32_PURPOSES), "UNKNOWN");
}

static void exactly_the_purposes_named_test_are_tests(void **state)
{
	(void)state;
	for (enum n32_purpose p = N32_PURPOSE_UNKNOWN; p <= N32_PURPOSES; p++) {
		const char *name = n32_purpose_name(p);
		size_t n = strlen(name);
		bool ends_in_test = n > 5 && strcmp(name + n - 5, "_TEST") == 0;

		assert_int_equal(n32_purpose_is_test(p), ends_in_test);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capability_is_parsed_from_its_name),
		cmocka_unit_test(other_words_and_cases_are_the_unknown_capability),
		cmocka_unit_test(every_purpose_is_parsed_from_its_name),
		cmocka_unit_test(other_words_are_the_unknown_purpose),
		cmocka_unit_test(a_value_outside_the_enumerations_is_named_unknown),
		cmocka_unit_test(exactly_the_purposes_named_test_are_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
