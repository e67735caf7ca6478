/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/gate.h"
#include "sepp/pressure.h"

static const uint64_t limit = 1000 << 20;

static unsigned tier_at(unsigned percent, unsigned before)
{
	return pressure_tier(limit / 100 * percent, limit, before);
}

static void the_last_tiers_are_refused_first(void **state)
{
	(void)state;
	assert_int_equal(tier_at(0, GATE_STRANGER), GATE_STRANGER);
	assert_int_equal(tier_at(79, GATE_STRANGER), GATE_STRANGER);
	assert_int_equal(tier_at(80, GATE_STRANGER), 3);
	assert_int_equal(tier_at(89, GATE_STRANGER), 3);
	assert_int_equal(tier_at(90, GATE_STRANGER), 2);
	assert_int_equal(tier_at(100, GATE_STRANGER), 1);
	assert_int_equal(tier_at(500, GATE_STRANGER), 1);
}

static void a_step_is_left_below_where_it_begins(void **state)
{
	(void)state;
	assert_int_equal(tier_at(96, 1), 1);
	assert_int_equal(tier_at(94, 1), 2);
	assert_int_equal(tier_at(86, 2), 2);
	assert_int_equal(tier_at(84, 2), 3);
	assert_int_equal(tier_at(76, 3), 3);
	assert_int_equal(tier_at(74, 3), GATE_STRANGER);
	assert_int_equal(tier_at(10, 1), GATE_STRANGER);
}

static void whose_connections_are_refused_has_words(void **state)
{
	(void)state;
	assert_string_equal(pressure_refused(1), "all but tier 1");
	assert_string_equal(pressure_refused(3), "strangers");
	assert_null(pressure_refused(GATE_STRANGER));
}

static void what_the_process_has_is_seen(void **state)
{
	struct err e = { 0 };
	struct pressure *p = pressure_new(&e);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pressure_look(p, 0), GATE_STRANGER);
	assert_true(pressure_bytes(p) > 1 << 20);
	assert_int_equal(pressure_look(p, 1), 1);
	assert_int_equal(pressure_look(p, 1), 1);
	assert_int_equal(pressure_look(p, 16 << 20), GATE_STRANGER);
	pressure_free(p);
	pressure_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_tiers_are_refused_first),
		cmocka_unit_test(a_step_is_left_below_where_it_begins),
		cmocka_unit_test(whose_connections_are_refused_has_words),
		cmocka_unit_test(what_the_process_has_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
