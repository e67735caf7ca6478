/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/resolve_int.h"

enum {
	ROUNDS = 2000
};

static struct resolve_found found_for(unsigned ttl_s)
{
	return (struct resolve_found){ .ttl_s = ttl_s, .n = 1 };
}

static void put(struct resolve_cache *c, const char *name, msec now, unsigned ttl_s)
{
	struct resolve_found found = found_for(ttl_s);

	resolve_cache_put(c, RESOLVE_HOST, name, now, &found);
}

static bool has(struct resolve_cache *c, const char *name, msec now)
{
	struct resolve_found found;

	return resolve_cache_find(c, RESOLVE_HOST, name, now, &found);
}

/* --- what is remembered */

static void an_answer_is_remembered_until_its_ttl_ends(void **state)
{
	struct resolve_cache *c = resolve_cache_new();

	(void)state;
	put(c, "a.", 1000, 5);
	assert_true(has(c, "a.", 1000));
	assert_true(has(c, "a.", 5999));
	assert_false(has(c, "a.", 6000));
	assert_false(has(c, "a.", 1000));
	resolve_cache_free(c);
	resolve_cache_free(NULL);
}

static void what_is_left_of_the_ttl_is_told(void **state)
{
	struct resolve_cache *c = resolve_cache_new();
	struct resolve_found found;

	(void)state;
	put(c, "a.", 1000, 60);
	assert_true(resolve_cache_find(c, RESOLVE_HOST, "a.", 11000, &found));
	assert_int_equal(found.ttl_s, 50);
	assert_true(resolve_cache_find(c, RESOLVE_HOST, "a.", 60999, &found));
	assert_int_equal(found.ttl_s, 1);
	resolve_cache_free(c);
}

static void a_host_and_a_service_of_one_name_are_two_things(void **state)
{
	struct resolve_cache *c = resolve_cache_new();
	struct resolve_found found;

	(void)state;
	put(c, "a.", 0, 60);
	assert_false(resolve_cache_find(c, RESOLVE_SRV, "a.", 0, &found));
	assert_false(has(c, "b.", 0));
	resolve_cache_free(c);
}

static void a_new_answer_replaces_the_old_one(void **state)
{
	struct resolve_cache *c = resolve_cache_new();

	(void)state;
	put(c, "a.", 0, 60);
	put(c, "a.", 0, 1);
	assert_false(has(c, "a.", 1000));
	assert_false(has(c, "a.", 0));
	resolve_cache_free(c);
}

static void a_full_cache_forgets_the_oldest(void **state)
{
	struct resolve_cache *c = resolve_cache_new();
	char name[16];

	(void)state;
	for (int i = 0; i < RESOLVE_CACHE_MAX; i++) {
		snprintf(name, sizeof(name), "n%d.", i);
		put(c, name, 0, 60);
	}
	assert_true(has(c, "n0.", 0));
	put(c, "n0.", 0, 60); /* is the newest now */
	put(c, "more.", 0, 60);
	assert_true(has(c, "n0.", 0));
	assert_false(has(c, "n1.", 0));
	assert_true(has(c, "n2.", 0));
	resolve_cache_reset(c);
	assert_false(has(c, "n0.", 0));
	resolve_cache_free(c);
}

/* --- names and times */

static void a_ttl_is_between_a_second_and_an_hour(void **state)
{
	unsigned least = 10;

	(void)state;
	assert_int_equal(resolve_ttl(0), 1);
	assert_int_equal(resolve_ttl(1), 1);
	assert_int_equal(resolve_ttl(3599), 3599);
	assert_int_equal(resolve_ttl(3601), 3600);
	assert_int_equal(resolve_ttl(0x7fffffff), 3600);
	assert_int_equal(resolve_ttl(0x80000000), 1);
	resolve_lower_ttl(&least, 11);
	assert_int_equal(least, 10);
	resolve_lower_ttl(&least, 0);
	assert_int_equal(least, 1);
}

static void names_have_one_form(void **state)
{
	char out[RESOLVE_NAME_MAX];

	(void)state;
	assert_true(resolve_name(out, "_N32._tcp.Example-1.ORG"));
	assert_string_equal(out, "_n32._tcp.example-1.org.");
	assert_true(resolve_name(out, "example.org."));
	assert_string_equal(out, "example.org.");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = { "", ".", "a b", "a\\.b", "a/b", "a\n", "\xc3\xa4.org",
		"[::1]", "::1", "a@b" };
	char out[RESOLVE_NAME_MAX], name[RESOLVE_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(resolve_name(out, bad[i]));
	memset(name, 'a', sizeof(name));
	name[254] = '\0';
	assert_true(resolve_name(out, name));
	name[254] = 'a';
	name[255] = '\0';
	assert_false(resolve_name(out, name));
}

/* --- the order of targets */

static struct resolve_target target(const char *name, unsigned priority, unsigned weight)
{
	struct resolve_target t = { .priority = priority, .weight = weight };

	snprintf(t.name, sizeof(t.name), "%s", name);
	return t;
}

/* The first letters of the names, in the order in which they are to be tried. */
static const char *ordered(const struct resolve_target *given, size_t n)
{
	static char out[RESOLVE_TARGETS_MAX + 1];
	struct resolve_target t[RESOLVE_TARGETS_MAX];

	memcpy(t, given, n * sizeof(*given));
	resolve_srv_order(t, n);
	for (size_t i = 0; i < n; i++)
		out[i] = t[i].name[0];
	out[n] = '\0';
	return out;
}

static void targets_come_by_priority(void **state)
{
	struct resolve_target t[4] = { target("c", 30, 9), target("a", 10, 0),
		target("d", 40, 65535), target("b", 20, 1) };

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_string_equal(ordered(t, ARRAY_LEN(t)), "abcd");
	assert_string_equal(ordered(t, 0), "");
}

static void within_a_priority_the_weight_decides_how_often_one_is_first(void **state)
{
	struct resolve_target t[3] = { target("a", 1, 10), target("b", 1, 30),
		target("z", 2, 60000) };
	int b_first = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const char *order = ordered(t, ARRAY_LEN(t));

		assert_int_equal(order[2], 'z');
		b_first += order[0] == 'b';
	}
	/* 3 of 4 are expected; 10 standard deviations are 0.1 of all */
	assert_in_range(b_first, ROUNDS * 65 / 100, ROUNDS * 85 / 100);
}

static void weight_0_is_seldom_first_but_can_be(void **state)
{
	struct resolve_target t[2] = { target("w", 1, 9), target("0", 1, 0) };
	int first = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		first += ordered(t, 2)[0] == '0';
	/* 1 of 10 by the algorithm of RFC 2782 */
	assert_in_range(first, ROUNDS * 3 / 100, ROUNDS * 17 / 100);
}

static void without_weights_the_order_of_the_answer_stays(void **state)
{
	struct resolve_target t[3] = { target("a", 1, 0), target("b", 1, 0), target("c", 1, 0) };

	(void)state;
	assert_string_equal(ordered(t, 3), "abc");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_remembered_until_its_ttl_ends),
		cmocka_unit_test(what_is_left_of_the_ttl_is_told),
		cmocka_unit_test(a_host_and_a_service_of_one_name_are_two_things),
		cmocka_unit_test(a_new_answer_replaces_the_old_one),
		cmocka_unit_test(a_full_cache_forgets_the_oldest),
		cmocka_unit_test(a_ttl_is_between_a_second_and_an_hour),
		cmocka_unit_test(names_have_one_form),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(targets_come_by_priority),
		cmocka_unit_test(within_a_priority_the_weight_decides_how_often_one_is_first),
		cmocka_unit_test(weight_0_is_seldom_first_but_can_be),
		cmocka_unit_test(without_weights_the_order_of_the_answer_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
