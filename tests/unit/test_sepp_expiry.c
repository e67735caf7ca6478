/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sepp/expiry.h"

enum {
	DAY_S = 86400,
	NOW_S = 1000000000
};

/* The level of what lives for `life` days and has `left_s` to live. */
static enum expiry_level level(int64_t left_s, int64_t life)
{
	const struct expiry_item item = { .at_s = NOW_S + left_s, .life_s = life * DAY_S };

	return expiry_level(&item, NOW_S);
}

static void the_nearest_threshold_counts(void **state)
{
	(void)state;
	assert_int_equal(level(60 * DAY_S + 1, 0), EXPIRY_FAR);
	assert_int_equal(level(60 * DAY_S, 0), EXPIRY_60_DAYS);
	assert_int_equal(level(30 * DAY_S + 1, 0), EXPIRY_60_DAYS);
	assert_int_equal(level(30 * DAY_S, 0), EXPIRY_30_DAYS);
	assert_int_equal(level(7 * DAY_S, 0), EXPIRY_7_DAYS);
	assert_int_equal(level(1, 0), EXPIRY_7_DAYS);
	assert_int_equal(level(0, 0), EXPIRY_OVER);
	assert_int_equal(level(-DAY_S, 0), EXPIRY_OVER);
}

static void a_list_that_is_made_every_week_is_not_late_before_its_end(void **state)
{
	(void)state;
	assert_int_equal(level(6 * DAY_S, 7), EXPIRY_FAR);
	assert_int_equal(level(1, 7), EXPIRY_FAR);
	assert_int_equal(level(0, 7), EXPIRY_OVER);
	assert_int_equal(level(20 * DAY_S, 30), EXPIRY_FAR);
	assert_int_equal(level(7 * DAY_S, 30), EXPIRY_7_DAYS);
	assert_int_equal(level(30 * DAY_S, 90), EXPIRY_30_DAYS);
	assert_int_equal(level(60 * DAY_S, 365), EXPIRY_60_DAYS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_threshold_counts),
		cmocka_unit_test(a_list_that_is_made_every_week_is_not_late_before_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
