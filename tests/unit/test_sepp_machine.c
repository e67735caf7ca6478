/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sepp/machine.h"

/* Follows events from a state, with TLS in force. */
static enum machine_state after(enum machine_state s, size_t n, const enum machine_event *events)
{
	for (size_t i = 0; i < n; i++)
		s = machine_next(s, events[i], MACHINE_AGREED_TLS);
	return s;
}

#define AFTER(state, ...)                                                                          \
	after(state, sizeof((enum machine_event[]){ __VA_ARGS__ }) / sizeof(enum machine_event),   \
	    (enum machine_event[]){ __VA_ARGS__ })

static void an_attempt_goes_step_by_step(void **state)
{
	(void)state;
	assert_int_equal(AFTER(MACHINE_IDLE, MACHINE_ON_RESOLVE), MACHINE_RESOLVING);
	assert_int_equal(
	    AFTER(MACHINE_IDLE, MACHINE_ON_RESOLVE, MACHINE_ON_CONNECT), MACHINE_CONNECTING);
	assert_int_equal(
	    AFTER(MACHINE_IDLE, MACHINE_ON_RESOLVE, MACHINE_ON_CONNECT, MACHINE_ON_NEGOTIATE),
	    MACHINE_NEGOTIATING);
	assert_int_equal(AFTER(MACHINE_NEGOTIATING, MACHINE_ON_AGREE_TLS), MACHINE_AGREED_TLS);
	assert_int_equal(AFTER(MACHINE_NEGOTIATING, MACHINE_ON_AGREE_PRINS, MACHINE_ON_PARAMS,
			     MACHINE_ON_CONTEXT),
	    MACHINE_ESTABLISHED);
}

static void a_failed_attempt_backs_off_and_is_begun_again(void **state)
{
	static const enum machine_state under_way[] = { MACHINE_RESOLVING, MACHINE_CONNECTING,
		MACHINE_NEGOTIATING };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(under_way); i++) {
		assert_int_equal(AFTER(under_way[i], MACHINE_ON_FAIL), MACHINE_BACKING_OFF);
		assert_int_equal(AFTER(under_way[i], MACHINE_ON_WRONG), MACHINE_QUARANTINED);
		assert_int_equal(AFTER(under_way[i], MACHINE_ON_REFUSE), MACHINE_REFUSED);
		assert_int_equal(AFTER(under_way[i], MACHINE_ON_UNTRUSTED), MACHINE_FAILED_TRUST);
	}
	assert_int_equal(AFTER(MACHINE_BACKING_OFF, MACHINE_ON_RESOLVE), MACHINE_RESOLVING);
	assert_int_equal(AFTER(MACHINE_QUARANTINED, MACHINE_ON_RESOLVE), MACHINE_RESOLVING);
}

static void a_failed_renegotiation_leaves_what_was_agreed(void **state)
{
	static const enum machine_state settled[] = { MACHINE_AGREED_TLS, MACHINE_AGREED_PRINS,
		MACHINE_ESTABLISHED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settled); i++) {
		enum machine_state s = machine_next(settled[i], MACHINE_ON_RESOLVE, settled[i]);

		assert_int_equal(s, MACHINE_RENEGOTIATING);
		assert_int_equal(machine_next(s, MACHINE_ON_CONNECT, settled[i]), s);
		assert_int_equal(machine_next(s, MACHINE_ON_FAIL, settled[i]), settled[i]);
		assert_int_equal(machine_next(s, MACHINE_ON_WRONG, settled[i]), settled[i]);
		assert_int_equal(machine_next(s, MACHINE_ON_REFUSE, settled[i]), MACHINE_REFUSED);
		assert_int_equal(
		    machine_next(s, MACHINE_ON_UNTRUSTED, settled[i]), MACHINE_FAILED_TRUST);
	}
}

static void a_disabled_partner_hears_of_nothing_but_being_enabled(void **state)
{
	(void)state;
	for (int event = 0; event < MACHINE_EVENTS; event++)
		assert_int_equal(
		    machine_next(MACHINE_DISABLED, (enum machine_event)event, MACHINE_AGREED_TLS),
		    event == MACHINE_ON_ENABLE ? MACHINE_IDLE : MACHINE_DISABLED);
	for (int s = 0; s < MACHINE_STATES; s++)
		assert_int_equal(
		    AFTER((enum machine_state)s, MACHINE_ON_DISABLE), MACHINE_DISABLED);
}

static void the_end_ends_attempts_too_and_needs_nothing_that_was_agreed(void **state)
{
	(void)state;
	assert_int_equal(AFTER(MACHINE_IDLE, MACHINE_ON_END), MACHINE_IDLE);
	assert_int_equal(AFTER(MACHINE_CONNECTING, MACHINE_ON_END), MACHINE_TERMINATED);
	assert_int_equal(AFTER(MACHINE_BACKING_OFF, MACHINE_ON_TERMINATE), MACHINE_BACKING_OFF);
	assert_int_equal(AFTER(MACHINE_REFUSED, MACHINE_ON_TERMINATE), MACHINE_REFUSED);
	assert_int_equal(AFTER(MACHINE_AGREED_TLS, MACHINE_ON_END), MACHINE_TERMINATED);
	assert_int_equal(
	    AFTER(MACHINE_ESTABLISHED, MACHINE_ON_TERMINATE, MACHINE_ON_END), MACHINE_TERMINATED);
}

/* Only what is agreed lets signalling through, and nothing that is refused, ended or unproved. */
static void exactly_the_agreed_states_let_signalling_through(void **state)
{
	static const enum machine_state open[] = { MACHINE_AGREED_TLS, MACHINE_AGREED_PRINS,
		MACHINE_EXCHANGING_PARAMS, MACHINE_ESTABLISHED, MACHINE_RENEGOTIATING };

	(void)state;
	for (int s = 0; s < MACHINE_STATES; s++) {
		bool is_open = false;

		for (size_t i = 0; i < ARRAY_LEN(open); i++)
			is_open |= (int)open[i] == s;
		assert_int_equal(machine_is_open((enum machine_state)s), is_open);
	}
}

/* Whatever happens to a partner that is not agreed, only an agreement opens it. */
static void nothing_but_an_agreement_opens_a_closed_state(void **state)
{
	(void)state;
	for (int s = 0; s < MACHINE_STATES; s++) {
		for (int event = 0; event < MACHINE_EVENTS; event++) {
			enum machine_state next = machine_next(
			    (enum machine_state)s, (enum machine_event)event, MACHINE_AGREED_TLS);
			bool agrees =
			    event == MACHINE_ON_AGREE_TLS || event == MACHINE_ON_AGREE_PRINS;

			if (!machine_is_open((enum machine_state)s) && machine_is_open(next))
				assert_true(agrees);
		}
	}
}

static void names_are_unique_and_are_read_back(void **state)
{
	(void)state;
	for (int s = 0; s < MACHINE_STATES; s++) {
		enum machine_state found;

		assert_true(machine_state_parse(machine_state_name((enum machine_state)s), &found));
		assert_int_equal(found, s);
		assert_true(strlen(machine_state_help((enum machine_state)s)) > 10);
	}
	for (int event = 0; event < MACHINE_EVENTS; event++)
		assert_true(strlen(machine_event_help((enum machine_event)event)) > 10);
	assert_false(machine_state_parse("agreed", &(enum machine_state){ MACHINE_IDLE }));
}

static void every_row_of_the_table_leads_somewhere_else(void **state)
{
	size_t n;
	const struct machine_row *rows = machine_rows(&n);

	(void)state;
	assert_true(n > 10);
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].from != 0);
		assert_true(rows[i].from < 1u << MACHINE_STATES);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attempt_goes_step_by_step),
		cmocka_unit_test(a_failed_attempt_backs_off_and_is_begun_again),
		cmocka_unit_test(a_failed_renegotiation_leaves_what_was_agreed),
		cmocka_unit_test(a_disabled_partner_hears_of_nothing_but_being_enabled),
		cmocka_unit_test(the_end_ends_attempts_too_and_needs_nothing_that_was_agreed),
		cmocka_unit_test(exactly_the_agreed_states_let_signalling_through),
		cmocka_unit_test(nothing_but_an_agreement_opens_a_closed_state),
		cmocka_unit_test(names_are_unique_and_are_read_back),
		cmocka_unit_test(every_row_of_the_table_leads_somewhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
