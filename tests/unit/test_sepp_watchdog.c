/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/watchdog.h"

enum {
	TICK_NS = WATCH_TICK_MSEC * 1000000
};

/* Looks until it is stuck, `cpu_ns` more for each; returns how many looks that took, 0 if `max`
 * were not enough. */
static unsigned looks_until_stuck(
    struct watch_mark *m, uint64_t cpu_ns, unsigned max, struct watch_what *what)
{
	struct watch_state s = { 0 };

	for (unsigned i = 1; i <= max; i++) {
		if (watch_look(&s, m, i * cpu_ns, what))
			return i;
	}
	return 0;
}

static void begin(struct watch_mark *m)
{
	watch_begin(m, "alpha", "select_capability",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    "019b75d36c28-00-000001");
}

static void a_worker_at_work_in_one_decision_for_two_seconds_is_stuck(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_what what;

	(void)state;
	begin(&m);
	assert_int_equal(looks_until_stuck(&m, TICK_NS, 1000, &what), 1 + WATCH_TICKS);
	assert_string_equal(what.partner, "alpha");
	assert_string_equal(what.hook, "select_capability");
	assert_string_equal(what.digest, "0123456789ab");
	assert_string_equal(what.id, "019b75d36c28-00-000001");
}

static void one_that_gets_no_processor_has_ten_seconds(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_what what;

	(void)state;
	begin(&m);
	assert_int_equal(looks_until_stuck(&m, 0, 1000, &what), 1 + WATCH_STARVED_TICKS);
}

static void one_that_gets_little_has_as_long_as_half_a_second_of_work_takes(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_what what;

	(void)state;
	begin(&m);
	assert_int_equal(looks_until_stuck(&m, TICK_NS / 10, 1000, &what), 1 + 50);
}

static void a_worker_that_decides_nothing_is_never_stuck(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_what what;

	(void)state;
	assert_int_equal(looks_until_stuck(&m, TICK_NS, 1000, &what), 0);
	begin(&m);
	watch_end(&m);
	assert_int_equal(looks_until_stuck(&m, TICK_NS, 1000, &what), 0);
}

static void one_decision_after_the_other_is_never_stuck(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_state s = { 0 };
	struct watch_what what;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		if (i % WATCH_TICKS == 0) {
			if (i > 0)
				watch_end(&m);
			begin(&m);
		}
		assert_false(watch_look(&s, &m, (uint64_t)i * TICK_NS, &what));
	}
}

/* However long it was: the process, and so the watchdog, did not look meanwhile. */
static void time_in_which_the_process_was_stopped_does_not_count(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_state s = { 0 };
	struct watch_what what;

	(void)state;
	begin(&m);
	for (unsigned i = 0; i < WATCH_TICKS; i++)
		assert_false(watch_look(&s, &m, (uint64_t)i * TICK_NS, &what));
	/* stopped for an hour; the worker gets on at once */
	watch_end(&m);
	begin(&m);
	assert_false(watch_look(&s, &m, (uint64_t)WATCH_TICKS * TICK_NS, &what));
}

static void long_names_are_cut(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_what what;
	char name[200];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	watch_begin(&m, name, name, name, name);
	assert_int_not_equal(looks_until_stuck(&m, TICK_NS, 1000, &what), 0);
	assert_int_equal(strlen(what.partner), sizeof(what.partner) - 1);
	assert_int_equal(strlen(what.id), sizeof(what.id) - 1);
}

static void it_stops_when_told(void **state)
{
	struct watch_mark m = { 0 };
	struct watch_worker worker = { &m, pthread_self() };
	struct err e = { 0 };
	struct watchdog *w = watchdog_start(&worker, 1, NULL, NULL, &e);

	(void)state;
	assert_non_null(w);
	watchdog_stop(w);
	watchdog_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_at_work_in_one_decision_for_two_seconds_is_stuck),
		cmocka_unit_test(one_that_gets_no_processor_has_ten_seconds),
		cmocka_unit_test(one_that_gets_little_has_as_long_as_half_a_second_of_work_takes),
		cmocka_unit_test(a_worker_that_decides_nothing_is_never_stuck),
		cmocka_unit_test(one_decision_after_the_other_is_never_stuck),
		cmocka_unit_test(time_in_which_the_process_was_stopped_does_not_count),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(it_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
