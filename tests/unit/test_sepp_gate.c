/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/gate.h"

enum {
	NOW = 1000000,
	MANY = 200000,
	THREADS = 4,
};

static const struct gate_limits none = { 0, 0 };

static struct addr at(const char *text)
{
	struct addr a;
	struct err e = { 0 };

	assert_int_equal(addr_parse(&a, text, &e), 0);
	return a;
}

/* Who comes in, with limits. */
static enum gate_verdict enter(
    struct gate *g, const char *from, struct gate_limits limits, struct gate_pass *pass)
{
	const struct addr a = at(from);

	return gate_enter(g, &a, &limits, NOW, pass);
}

static void a_source_has_its_share_of_connections(void **state)
{
	const struct gate_limits two = { 2, 0 };
	const struct addr a = at("192.0.2.1:1");
	struct gate *g = gate_new();
	struct gate_pass pass, other;

	(void)state;
	assert_int_equal(enter(g, "192.0.2.1:1", two, &pass), GATE_OPEN);
	assert_int_equal(enter(g, "192.0.2.1:2", two, &pass), GATE_OPEN);
	assert_int_equal(enter(g, "192.0.2.1:3", two, &pass), GATE_TOO_MANY);
	assert_int_equal(enter(g, "192.0.2.2:1", two, &other), GATE_OPEN);
	gate_leave(g, &a, pass.place);
	assert_int_equal(enter(g, "192.0.2.1:4", two, &pass), GATE_OPEN);
	gate_free(g);
}

static void a_source_has_its_share_of_new_connections(void **state)
{
	const struct gate_limits sixty = { 0, 60 };
	const struct addr a = at("192.0.2.1:1");
	struct gate *g = gate_new();
	struct gate_pass pass;
	unsigned ok = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		ok += gate_enter(g, &a, &sixty, NOW, &pass) == GATE_OPEN;
	assert_int_equal(ok, 60);
	assert_int_equal(gate_enter(g, &a, &sixty, NOW + 999, &pass), GATE_TOO_FAST);
	assert_int_equal(gate_enter(g, &a, &sixty, NOW + 1000, &pass), GATE_OPEN);
	gate_free(g);
}

static void all_addresses_of_a_prefix_are_one_source(void **state)
{
	const struct gate_limits one = { 1, 0 };
	struct gate *g = gate_new();
	struct gate_pass pass;

	(void)state;
	assert_int_equal(enter(g, "[2001:db8:0:1::1]:1", one, &pass), GATE_OPEN);
	assert_int_equal(enter(g, "[2001:db8:0:1:ffff::2]:1", one, &pass), GATE_TOO_MANY);
	assert_int_equal(enter(g, "[2001:db8:0:2::1]:1", one, &pass), GATE_OPEN);
	assert_int_equal(enter(g, "192.0.2.1:1", one, &pass), GATE_OPEN);
	assert_int_equal(enter(g, "[::ffff:192.0.2.1]:1", one, &pass), GATE_TOO_MANY);
	assert_int_equal(gate_sources(g), 3);
	gate_free(g);
}

static void who_was_authenticated_there_makes_the_tier(void **state)
{
	const struct addr a = at("192.0.2.1:1");
	struct gate *g = gate_new();
	struct gate_pass pass;

	(void)state;
	assert_int_equal(enter(g, "192.0.2.1:1", none, &pass), GATE_OPEN);
	assert_int_equal(pass.tier, GATE_STRANGER);
	gate_know(g, &a, 3, NOW);
	assert_int_equal(enter(g, "192.0.2.1:2", none, &pass), GATE_OPEN);
	assert_int_equal(pass.tier, 3);
	gate_know(g, &a, 1, NOW);
	gate_know(g, &a, 2, NOW); /* the best partner behind an address counts */
	assert_int_equal(enter(g, "192.0.2.1:2", none, &pass), GATE_OPEN);
	assert_int_equal(pass.tier, 1);
	gate_free(g);
}

/* The i-th of many addresses. */
static struct addr nth(unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "10.%u.%u.%u:1", i >> 16 & 255, i >> 8 & 255, i & 255);
	return at(text);
}

static void what_is_remembered_is_bounded_and_those_who_stay_keep_their_place(void **state)
{
	const struct gate_limits one = { 1, 0 };
	const struct addr stays = at("192.0.2.1:1");
	struct gate *g = gate_new();
	struct gate_pass pass, kept;

	(void)state;
	assert_int_equal(gate_enter(g, &stays, &one, NOW, &kept), GATE_OPEN);
	for (unsigned i = 0; i < MANY; i++) {
		const struct addr a = nth(i);

		assert_int_equal(gate_enter(g, &a, &none, NOW + i, &pass), GATE_OPEN);
		gate_leave(g, &a, pass.place);
	}
	assert_in_range(gate_sources(g), GATE_SETS * GATE_WAYS / 2, GATE_SETS * GATE_WAYS);
	assert_int_equal(gate_enter(g, &stays, &one, NOW, &pass), GATE_TOO_MANY);
	gate_leave(g, &stays, kept.place);
	assert_int_equal(gate_enter(g, &stays, &one, NOW, &pass), GATE_OPEN);
	gate_free(g);
}

/* All of them at once: those beyond the places share one, and everything is given back. */
static void more_sources_than_places_share_and_leave_as_they_came(void **state)
{
	static unsigned places[MANY];
	const struct gate_limits few = { 3, 0 };
	struct gate *g = gate_new();
	struct gate_pass pass;
	unsigned shared = 0, refused = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		const struct addr a = nth(i);

		places[i] = GATE_WAYS + 1;
		if (gate_enter(g, &a, &few, NOW, &pass) != GATE_OPEN) {
			refused++;
			continue;
		}
		places[i] = pass.place;
		shared += pass.place == GATE_WAYS;
	}
	assert_true(shared > 0 && refused > 0);
	for (unsigned i = 0; i < MANY; i++) {
		const struct addr a = nth(i);

		if (places[i] <= GATE_WAYS)
			gate_leave(g, &a, places[i]);
	}
	for (unsigned i = 0; i < 1000; i++) {
		const struct addr a = nth(MANY + i);

		assert_int_equal(gate_enter(g, &a, &few, NOW + 1, &pass), GATE_OPEN);
		assert_int_not_equal(pass.place, GATE_WAYS);
		gate_leave(g, &a, pass.place);
	}
	gate_free(g);
}

static void *come_and_go(void *arg)
{
	struct gate *g = arg;

	for (unsigned i = 0; i < MANY / 10; i++) {
		const struct addr a = nth(i % 50);
		struct gate_pass pass;

		if (gate_enter(g, &a, &none, NOW + i, &pass) == GATE_OPEN)
			gate_leave(g, &a, pass.place);
		gate_know(g, &a, 1 + i % GATE_TIERS, NOW + i);
	}
	return NULL;
}

static void threads_come_and_go(void **state)
{
	const struct gate_limits one = { 1, 0 };
	struct gate *g = gate_new();
	pthread_t threads[THREADS];
	struct gate_pass pass;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, g), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 50; i++) {
		const struct addr a = nth(i);

		assert_int_equal(gate_enter(g, &a, &one, NOW, &pass), GATE_OPEN);
	}
	gate_free(g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_its_share_of_connections),
		cmocka_unit_test(a_source_has_its_share_of_new_connections),
		cmocka_unit_test(all_addresses_of_a_prefix_are_one_source),
		cmocka_unit_test(who_was_authenticated_there_makes_the_tier),
		cmocka_unit_test(what_is_remembered_is_bounded_and_those_who_stay_keep_their_place),
		cmocka_unit_test(more_sources_than_places_share_and_leave_as_they_came),
		cmocka_unit_test(threads_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
