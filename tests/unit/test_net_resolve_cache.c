/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/resolve_int.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
