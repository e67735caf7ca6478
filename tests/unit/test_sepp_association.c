/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/association.h"

enum {
	NOW_S = 1767225600, /* the beginning of a minute */
};

/* What a negotiation of the mechanism `cap` settles. */
static struct agreement agreement_of(enum n32_cap cap)
{
	return (struct agreement){
		.cap = cap,
		.features = N32_FEATURE_NFTLST,
		.fingerprint = "aa11",
		.at_s = NOW_S + 5,
	};
}

static struct association *agreed(enum n32_cap cap)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct agreement agreement = agreement_of(cap);

	assert_true(assoc_agree(a, &agreement, NULL));
	return a;
}

static struct assoc_view view_of(struct association *a)
{
	struct assoc_view v;

	assoc_read(a, NOW_S, &v);
	return v;
}

static struct assoc_way_view way_of(struct association *a)
{
	struct assoc_view v = view_of(a);

	return v.ways[v.latest];
}

static enum machine_state state_of(struct association *a)
{
	return way_of(a).state;
}

/* A request of the peer is refused. */
static void fails(
    struct association *a, int64_t now_s, enum machine_event event, const char *reason)
{
	struct assoc_said said = { .now_s = now_s, .reason = reason };

	assoc_fail(a, ASSOC_IN, event, &said);
}

static void a_new_association_is_idle_and_has_its_name(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct assoc_view v = view_of(a);

	(void)state;
	assert_string_equal(assoc_name(a), "alpha");
	assert_int_equal(assoc_state(&v), MACHINE_IDLE);
	assert_false(assoc_is_agreed(&v));
	assert_int_equal(v.ways[v.latest].since_s, NOW_S);
	assert_string_equal(v.ways[v.latest].reason, "");
	assert_int_equal(v.attempts + v.failures + v.connections + v.handshakes_hour, 0);
	assert_int_equal(v.agreement.cap, N32_CAP_UNKNOWN);
	assoc_unref(a);
}

static void it_lives_as_long_as_somebody_holds_it(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);

	(void)state;
	assert_ptr_equal(assoc_ref(a), a);
	assoc_unref(a);
	assert_string_equal(assoc_name(a), "alpha");
	assoc_unref(a);
	assoc_unref(NULL);
}

static void an_agreement_is_in_force_with_what_it_settled(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);
	struct assoc_view v = view_of(a);

	(void)state;
	assert_int_equal(assoc_state(&v), MACHINE_AGREED_TLS);
	assert_true(assoc_is_agreed(&v));
	assert_int_equal(v.ways[v.latest].since_s, NOW_S + 5);
	assert_int_equal(v.attempts, 1);
	assert_int_equal(v.failures, 0);
	assert_string_equal(v.agreement.fingerprint, "aa11");
	assert_true(v.agreement.features == N32_FEATURE_NFTLST);
	assoc_unref(a);
}

static void only_another_mechanism_is_a_change(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);
	struct agreement tls = agreement_of(N32_CAP_TLS), prins = agreement_of(N32_CAP_PRINS);

	(void)state;
	tls.at_s = prins.at_s = NOW_S + 100;
	assert_false(assoc_agree(a, &tls, NULL));
	assert_int_equal(way_of(a).since_s, NOW_S + 5);
	assert_int_equal(view_of(a).agreement.at_s, NOW_S + 100);
	assert_true(assoc_agree(a, &prins, NULL));
	assert_int_equal(state_of(a), MACHINE_AGREED_PRINS);
	assert_int_equal(way_of(a).since_s, NOW_S + 100);
	assert_false(assoc_agree(a, &prins, NULL));
	assert_int_equal(view_of(a).attempts, 4);
	assoc_unref(a);
}

static void the_previous_fingerprint_is_that_of_another_certificate(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);
	struct agreement next = agreement_of(N32_CAP_TLS);

	(void)state;
	assert_string_equal(view_of(a).previous_fingerprint, "");
	(void)assoc_agree(a, &next, NULL);
	assert_string_equal(view_of(a).previous_fingerprint, "");
	strcpy(next.fingerprint, "bb22");
	(void)assoc_agree(a, &next, NULL);
	assert_string_equal(view_of(a).previous_fingerprint, "aa11");
	assert_string_equal(view_of(a).agreement.fingerprint, "bb22");
	(void)assoc_agree(a, &next, NULL);
	assert_string_equal(view_of(a).previous_fingerprint, "aa11");
	assoc_unref(a);
}

static void a_refusing_failure_suspends_the_agreement_with_its_reason(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);
	struct agreement again = agreement_of(N32_CAP_TLS);
	struct assoc_view v;

	(void)state;
	fails(a, NOW_S + 9, MACHINE_ON_REFUSE, "the sender is not ours");
	v = view_of(a);
	assert_int_equal(assoc_state(&v), MACHINE_REFUSED);
	assert_false(assoc_is_agreed(&v));
	assert_string_equal(v.ways[v.latest].reason, "the sender is not ours");
	assert_int_equal(v.ways[v.latest].since_s, NOW_S + 9);
	assert_int_equal(v.attempts, 2);
	assert_int_equal(v.failures, 1);
	assert_true(assoc_agree(a, &again, NULL));
	assert_string_equal(way_of(a).reason, "");
	assoc_unref(a);
}

static void any_other_failure_leaves_the_agreement_as_it_is(void **state)
{
	struct association *a = agreed(N32_CAP_PRINS);

	(void)state;
	fails(a, NOW_S + 9, MACHINE_ON_FAIL, "malformed");
	assert_int_equal(state_of(a), MACHINE_AGREED_PRINS);
	assert_string_equal(way_of(a).reason, "");
	assert_int_equal(way_of(a).since_s, NOW_S + 5);
	assert_int_equal(view_of(a).failures, 1);
	assoc_unref(a);
}

static void contexts_establish_and_the_end_of_the_last_is_told(void **state)
{
	struct association *a = agreed(N32_CAP_PRINS);
	const struct assoc_context one = { "00000000000000aa", "00000000000000bb", true };
	struct assoc_view v;

	(void)state;
	assoc_set_contexts(a, &one, 1, NOW_S + 7);
	v = view_of(a);
	assert_int_equal(v.ways[ASSOC_IN].state, MACHINE_ESTABLISHED);
	assert_int_equal(v.ways[ASSOC_OUT].state, MACHINE_ESTABLISHED);
	assert_int_equal(v.n_contexts, 1);
	assert_string_equal(v.contexts[0].peer, one.peer);
	assoc_set_contexts(a, &one, 0, NOW_S + 9);
	assert_int_equal(state_of(a), MACHINE_AGREED_PRINS);
	assert_int_equal(way_of(a).since_s, NOW_S + 9);
	assert_string_equal(way_of(a).reason, "there is no N32-f context any more");
	assoc_unref(a);
}

static void contexts_that_end_leave_a_refusal_and_its_reason_alone(void **state)
{
	struct association *a = agreed(N32_CAP_PRINS);
	const struct assoc_context one = { "00000000000000aa", "00000000000000bb", true };

	(void)state;
	assoc_set_contexts(a, &one, 1, NOW_S + 7);
	fails(a, NOW_S + 9, MACHINE_ON_REFUSE, "the sender is not ours");
	assoc_set_contexts(a, &one, 0, NOW_S + 11);
	assert_int_equal(state_of(a), MACHINE_REFUSED);
	assert_string_equal(way_of(a).reason, "the sender is not ours");
	assert_int_equal(view_of(a).n_contexts, 0);
	assoc_unref(a);
}

static void a_reason_that_is_too_long_is_cut(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	char reason[1000];

	(void)state;
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	fails(a, NOW_S, MACHINE_ON_REFUSE, reason);
	assert_int_equal(strlen(way_of(a).reason), 255);
	assoc_unref(a);
}

static void a_peer_ends_a_tls_agreement_that_has_the_feature(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);

	(void)state;
	assert_true(assoc_terminate(a, NOW_S + 20));
	assert_int_equal(state_of(a), MACHINE_TERMINATED);
	assert_int_equal(way_of(a).since_s, NOW_S + 20);
	assert_false(assoc_terminate(a, NOW_S + 21));
	assert_int_equal(way_of(a).since_s, NOW_S + 20);
	assoc_unref(a);
}

static void nothing_else_can_be_ended(void **state)
{
	struct association *idle = assoc_new("alpha", NOW_S), *prins = agreed(N32_CAP_PRINS);
	struct association *without = agreed(N32_CAP_TLS);
	struct agreement plain = agreement_of(N32_CAP_TLS);

	(void)state;
	assert_false(assoc_terminate(idle, NOW_S));
	assert_false(assoc_terminate(prins, NOW_S));
	assert_int_equal(state_of(prins), MACHINE_AGREED_PRINS);
	plain.features = ~(uint64_t)N32_FEATURE_NFTLST;
	(void)assoc_agree(without, &plain, NULL);
	assert_false(assoc_terminate(without, NOW_S));
	assert_int_equal(state_of(without), MACHINE_AGREED_TLS);
	assoc_unref(idle);
	assoc_unref(prins);
	assoc_unref(without);
}

static void a_disabled_partner_stays_so_until_it_is_enabled(void **state)
{
	struct association *a = agreed(N32_CAP_TLS);

	(void)state;
	assoc_set_enabled(a, NOW_S + 30, true);
	assert_int_equal(state_of(a), MACHINE_AGREED_TLS);
	assoc_set_enabled(a, NOW_S + 31, false);
	assert_int_equal(state_of(a), MACHINE_DISABLED);
	assoc_set_enabled(a, NOW_S + 32, false);
	assert_int_equal(way_of(a).since_s, NOW_S + 31);
	fails(a, NOW_S + 33, MACHINE_ON_REFUSE, "asked anyway");
	assert_false(assoc_terminate(a, NOW_S + 34));
	assert_int_equal(state_of(a), MACHINE_DISABLED);
	assert_string_equal(way_of(a).reason, "disabled by configuration");
	assoc_set_enabled(a, NOW_S + 35, true);
	assert_int_equal(state_of(a), MACHINE_IDLE);
	assert_int_equal(way_of(a).since_s, NOW_S + 35);
	assoc_unref(a);
}

static void connections_are_counted_up_to_the_limit(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);

	(void)state;
	assert_true(assoc_connect(a, 2));
	assert_true(assoc_connect(a, 2));
	assert_false(assoc_connect(a, 2));
	assert_int_equal(view_of(a).connections, 2);
	assoc_disconnect(a);
	assert_true(assoc_connect(a, 2));
	assert_true(assoc_connect(a, 0));
	assert_int_equal(view_of(a).connections, 3);
	assoc_unref(a);
}

/* --- rates */

/* How many of `n` requests at `now` are let through. */
static unsigned admitted(struct association *a, msec now, unsigned per_minute, unsigned n)
{
	unsigned retry_s, ok = 0;

	for (unsigned i = 0; i < n; i++)
		ok += assoc_admit(a, now, NOW_S, per_minute, &retry_s);
	return ok;
}

static void a_minutes_worth_is_let_through_at_once_and_then_a_share(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	const msec now = 5000000;

	(void)state;
	assert_int_equal(admitted(a, now, 60, 100), 60);
	assert_int_equal(admitted(a, now + 999, 60, 5), 0);
	assert_int_equal(admitted(a, now + 1000, 60, 5), 1);
	assert_int_equal(admitted(a, now + 11000, 60, 100), 10);
	assert_int_equal(admitted(a, now + 3600000, 60, 100), 60);
	assoc_unref(a);
}

static void time_that_goes_back_gives_nothing(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);

	(void)state;
	assert_int_equal(admitted(a, 5000000, 10, 20), 10);
	assert_int_equal(admitted(a, 4000000, 10, 20), 0);
	assert_int_equal(admitted(a, 5006000, 10, 20), 1);
	assoc_unref(a);
}

static void without_a_limit_everything_is_let_through(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);

	(void)state;
	assert_int_equal(admitted(a, 1000, 0, 5000), 5000);
	assoc_unref(a);
}

static void who_is_turned_away_is_told_when_to_come_back(void **state)
{
	static const unsigned rates[] = { 1, 7, 60, 600 };
	unsigned retry_s = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		struct association *a = assoc_new("alpha", NOW_S);
		msec now = 5000000;

		assert_true(assoc_admit(a, now, NOW_S, rates[i], &retry_s));
		assert_int_equal(retry_s, 0);
		assert_int_equal(admitted(a, now, rates[i], rates[i]), rates[i] - 1);
		assert_false(assoc_admit(a, now, NOW_S, rates[i], &retry_s));
		assert_in_range(retry_s, 1, 61);
		now += (msec)retry_s * 1000;
		assert_true(assoc_admit(a, now, NOW_S, rates[i], &retry_s));
		assoc_unref(a);
	}
}

static void requests_are_counted_by_minute_and_by_hour(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct assoc_view v;
	unsigned retry_s;

	(void)state;
	for (int minute = 0; minute < 90; minute++) {
		/* those that are turned away count as well */
		for (int i = 0; i < 2; i++)
			assert_int_equal(assoc_admit(a, 0, NOW_S + 60 * minute + 59, 1, &retry_s),
			    !minute && !i);
		assoc_read(a, NOW_S + 60 * minute + 59, &v);
		assert_int_equal(v.handshakes_minute, 2);
		assert_int_equal(v.handshakes_hour, 2 * (minute < 60 ? minute + 1 : 60));
	}
	assoc_read(a, NOW_S + 60 * 90, &v);
	assert_int_equal(v.handshakes_minute, 0);
	assert_int_equal(v.handshakes_hour, 118);
	assoc_read(a, NOW_S + 60 * 1000, &v);
	assert_int_equal(v.handshakes_hour, 0);
	assoc_unref(a);
}

static void asking_often_does_not_make_the_share_smaller(void **state)
{
	static const unsigned rates[] = { 1, 31, 59, 61, 599 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		struct association *a = assoc_new("alpha", NOW_S);
		unsigned ok = 0;

		assert_int_equal(admitted(a, 5000000, rates[i], rates[i]), rates[i]);
		for (msec t = 1; t <= 600000; t += 7)
			ok += admitted(a, 5000000 + t, rates[i], 1);
		assert_in_range(ok, 10 * rates[i] - 1, 10 * rates[i]);
		assoc_unref(a);
	}
}

static void an_agreement_does_not_enable_a_disabled_partner(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct agreement late = agreement_of(N32_CAP_TLS);

	(void)state;
	assoc_set_enabled(a, NOW_S, false);
	assert_false(assoc_agree(a, &late, NULL));
	assert_int_equal(state_of(a), MACHINE_DISABLED);
	assoc_unref(a);
}

static void strikes_of_the_last_hour_are_counted(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct assoc_view v;

	(void)state;
	assoc_strike(a, NOW_S);
	assoc_strike(a, NOW_S + 59 * 60);
	assoc_read(a, NOW_S + 59 * 60, &v);
	assert_int_equal(v.strikes, 2);
	assert_int_equal(v.handshakes_hour + v.failures, 0);
	assoc_read(a, NOW_S + 60 * 60, &v);
	assert_int_equal(v.strikes, 1);
	assoc_read(a, NOW_S + 120 * 60, &v);
	assert_int_equal(v.strikes, 0);
	assoc_unref(a);
}

static void what_was_under_way_at_the_end_is_in_doubt_after_it(void **state)
{
	struct association *a = agreed(N32_CAP_TLS), *next = assoc_new("alpha", NOW_S);
	struct assoc_record r;

	(void)state;
	assoc_save(a, &r);
	assoc_restore(next, &r);
	assert_false(assoc_take_doubt(next));
	assoc_doubt(a);
	assert_int_equal(view_of(a).ways[ASSOC_OUT].state, MACHINE_AGREED_TLS);
	assoc_save(a, &r);
	assoc_restore(next, &r);
	assert_int_equal(view_of(next).ways[ASSOC_OUT].state, MACHINE_AGREED_TLS);
	assert_true(assoc_take_doubt(next));
	assert_false(assoc_take_doubt(next));
	assoc_unref(next);
	assoc_unref(a);
}

static void flags_are_switched_on_and_off_by_name(void **state)
{
	struct association *a = assoc_new("alpha", NOW_S);
	struct err e = { 0 };
	bool changed;

	(void)state;
	assert_int_equal(assoc_set_flag(a, "maintenance", true, &changed, &e), 0);
	assert_true(changed);
	assert_int_equal(assoc_set_flag(a, "b_2", true, &changed, &e), 0);
	assert_int_equal(assoc_set_flag(a, "maintenance", true, &changed, &e), 0);
	assert_false(changed);
	assert_int_equal(view_of(a).n_flags, 2);
	assert_string_equal(view_of(a).flags[0], "maintenance");
	assert_int_equal(assoc_set_flag(a, "maintenance", false, &changed, &e), 0);
	assert_true(changed);
	assert_int_equal(view_of(a).n_flags, 1);
	assert_string_equal(view_of(a).flags[0], "b_2");
	assert_int_equal(assoc_set_flag(a, "maintenance", false, &changed, &e), 0);
	assert_false(changed);
	assoc_unref(a);
}

static void a_flag_has_a_plain_name_and_there_are_sixteen_at_most(void **state)
{
	static const char *const names[] = { "", "A", "a b", "a.b", "\xc3\xa9",
		"a23456789012345678901234567890123" };
	struct association *a = assoc_new("alpha", NOW_S);
	struct err e = { 0 };
	char name[8] = "flag-a";
	bool changed;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(assoc_set_flag(a, names[i], true, &changed, &e), ERR_RANGE);
	for (int i = 0; i < ASSOC_FLAGS_MAX; i++, name[5]++)
		assert_int_equal(assoc_set_flag(a, name, true, &changed, &e), 0);
	assert_int_equal(assoc_set_flag(a, "more", true, &changed, &e), ERR_LIMIT);
	assert_int_equal(assoc_set_flag(a, "flag-a", true, &changed, &e), 0);
	assert_int_equal(view_of(a).n_flags, ASSOC_FLAGS_MAX);
	assoc_unref(a);
}

static void an_attempt_of_ours_is_over_when_that_is_said(void **state)
{
	const struct assoc_said said = { .now_s = NOW_S };
	struct agreement agreement = agreement_of(N32_CAP_TLS);
	struct association *a = assoc_new("alpha", NOW_S);

	(void)state;
	assert_false(view_of(a).is_under_way);
	assoc_begin(a, &said);
	assert_int_equal(view_of(a).ways[ASSOC_OUT].state, MACHINE_RESOLVING);
	assert_true(assoc_agree(a, &agreement, NULL)); /* the peer was faster */
	assert_int_equal(view_of(a).ways[ASSOC_OUT].state, MACHINE_AGREED_TLS);
	assert_true(view_of(a).is_under_way);
	assoc_finish(a);
	assert_false(view_of(a).is_under_way);
	assert_int_equal(view_of(a).begun, 1);
	assoc_unref(a);
}

static void on_change(void *arg, struct association *a)
{
	unsigned *times = arg;

	(void)a;
	++*times;
}

static void what_changes_nothing_is_told_to_nobody(void **state)
{
	const struct assoc_said said = { .now_s = NOW_S };
	struct association *a = agreed(N32_CAP_PRINS);
	unsigned times = 0;
	bool changed;

	(void)state;
	assoc_on_change(a, on_change, &times);
	assert_int_equal(assoc_set_flag(a, "drill", true, &changed, NULL), 0);
	assert_int_equal(times, 1);
	assert_int_equal(assoc_set_flag(a, "drill", true, &changed, NULL), 0);
	assert_false(assoc_end(a, MACHINE_ON_END, &said)); /* it is in force */
	assert_false(assoc_terminate(a, NOW_S));           /* NONE ends TLS only */
	assoc_set_enabled(a, NOW_S, true);
	assert_int_equal(times, 1);
	assert_true(assoc_end(a, MACHINE_ON_TERMINATE, &said));
	assert_int_equal(times, 2);
	assoc_unref(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_association_is_idle_and_has_its_name),
		cmocka_unit_test(it_lives_as_long_as_somebody_holds_it),
		cmocka_unit_test(an_agreement_is_in_force_with_what_it_settled),
		cmocka_unit_test(only_another_mechanism_is_a_change),
		cmocka_unit_test(the_previous_fingerprint_is_that_of_another_certificate),
		cmocka_unit_test(a_refusing_failure_suspends_the_agreement_with_its_reason),
		cmocka_unit_test(any_other_failure_leaves_the_agreement_as_it_is),
		cmocka_unit_test(contexts_establish_and_the_end_of_the_last_is_told),
		cmocka_unit_test(contexts_that_end_leave_a_refusal_and_its_reason_alone),
		cmocka_unit_test(a_reason_that_is_too_long_is_cut),
		cmocka_unit_test(a_peer_ends_a_tls_agreement_that_has_the_feature),
		cmocka_unit_test(nothing_else_can_be_ended),
		cmocka_unit_test(a_disabled_partner_stays_so_until_it_is_enabled),
		cmocka_unit_test(connections_are_counted_up_to_the_limit),
		cmocka_unit_test(a_minutes_worth_is_let_through_at_once_and_then_a_share),
		cmocka_unit_test(time_that_goes_back_gives_nothing),
		cmocka_unit_test(without_a_limit_everything_is_let_through),
		cmocka_unit_test(who_is_turned_away_is_told_when_to_come_back),
		cmocka_unit_test(requests_are_counted_by_minute_and_by_hour),
		cmocka_unit_test(asking_often_does_not_make_the_share_smaller),
		cmocka_unit_test(an_agreement_does_not_enable_a_disabled_partner),
		cmocka_unit_test(strikes_of_the_last_hour_are_counted),
		cmocka_unit_test(what_was_under_way_at_the_end_is_in_doubt_after_it),
		cmocka_unit_test(flags_are_switched_on_and_off_by_name),
		cmocka_unit_test(a_flag_has_a_plain_name_and_there_are_sixteen_at_most),
		cmocka_unit_test(an_attempt_of_ours_is_over_when_that_is_said),
		cmocka_unit_test(what_changes_nothing_is_told_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
