/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"

enum {
	MANY = 5000
};

static int numbers[MANY];

static struct str key_of(char out[16], size_t i)
{
	return (struct str){ out, (size_t)snprintf(out, 16, "key-%zu", i) };
}

static void fill(struct map *m)
{
	char text[16];

	map_init(m);
	for (size_t i = 0; i < MANY; i++)
		map_put(m, key_of(text, i), &numbers[i]);
}

static void an_empty_map_finds_nothing(void **state)
{
	struct map m;
	size_t at = 0;

	(void)state;
	map_init(&m);
	assert_null(map_find(&m, str_of("a")));
	assert_null(map_next(&m, &at));
	map_release(&m);
}

static void each_of_many_keys_finds_its_own_value(void **state)
{
	struct map m;
	char text[16];

	(void)state;
	fill(&m);
	assert_int_equal(m.len, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_find(&m, key_of(text, i)), &numbers[i]);
	assert_null(map_find(&m, key_of(text, MANY)));
	map_release(&m);
}

static void each_value_comes_once_in_a_walk(void **state)
{
	size_t at = 0, n = 0;
	struct map m;
	int *value;

	(void)state;
	memset(numbers, 0, sizeof(numbers));
	fill(&m);
	while ((value = map_next(&m, &at)) != NULL) {
		(*value)++;
		n++;
	}
	assert_int_equal(n, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(numbers[i], 1);
	map_release(&m);
}

static void a_second_value_replaces_the_first(void **state)
{
	struct map m;

	(void)state;
	map_init(&m);
	map_put(&m, str_of("a"), &numbers[0]);
	map_put(&m, str_of("a"), &numbers[1]);
	assert_int_equal(m.len, 1);
	assert_ptr_equal(map_find(&m, str_of("a")), &numbers[1]);
	map_release(&m);
}

static void keys_are_copied(void **state)
{
	char key[] = "abc";
	struct map m;

	(void)state;
	map_init(&m);
	map_put(&m, str_of(key), &numbers[0]);
	key[0] = 'x';
	assert_null(map_find(&m, str_of(key)));
	assert_ptr_equal(map_find(&m, str_of("abc")), &numbers[0]);
	map_release(&m);
}

static void keys_differ_by_each_byte_and_by_length(void **state)
{
	static const struct str keys[] = { STR_LIT(""), STR_LIT("a"), STR_LIT("A"), STR_LIT("a\0"),
		STR_LIT("a\0b"), STR_LIT("ab") };
	struct map m;

	(void)state;
	map_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		map_put(&m, keys[i], &numbers[i]);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_ptr_equal(map_find(&m, keys[i]), &numbers[i]);
	map_release(&m);
}

static void a_released_map_can_be_filled_again(void **state)
{
	struct map m;

	(void)state;
	fill(&m);
	map_release(&m);
	assert_int_equal(m.len, 0);
	assert_null(map_find(&m, str_of("key-1")));
	map_put(&m, str_of("key-1"), &numbers[1]);
	assert_ptr_equal(map_find(&m, str_of("key-1")), &numbers[1]);
	map_release(&m);
}

static void what_is_taken_is_gone_and_the_others_are_found(void **state)
{
	struct map m;
	char text[16];

	(void)state;
	fill(&m);
	for (size_t i = 0; i < MANY; i += 2)
		assert_ptr_equal(map_take(&m, key_of(text, i)), &numbers[i]);
	assert_int_equal(m.len, MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_find(&m, key_of(text, i)), i % 2 ? &numbers[i] : NULL);
	for (size_t i = 1; i < MANY; i += 2)
		assert_ptr_equal(map_take(&m, key_of(text, i)), &numbers[i]);
	assert_int_equal(m.len, 0);
	map_release(&m);
}

static void what_is_not_there_cannot_be_taken(void **state)
{
	struct map m;

	(void)state;
	map_init(&m);
	assert_null(map_take(&m, str_of("a")));
	map_put(&m, str_of("a"), &numbers[0]);
	assert_null(map_take(&m, str_of("b")));
	assert_ptr_equal(map_take(&m, str_of("a")), &numbers[0]);
	assert_null(map_take(&m, str_of("a")));
	map_put(&m, str_of("a"), &numbers[1]);
	assert_ptr_equal(map_find(&m, str_of("a")), &numbers[1]);
	map_release(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_finds_nothing),
		cmocka_unit_test(each_of_many_keys_finds_its_own_value),
		cmocka_unit_test(each_value_comes_once_in_a_walk),
		cmocka_unit_test(a_second_value_replaces_the_first),
		cmocka_unit_test(keys_are_copied),
		cmocka_unit_test(keys_differ_by_each_byte_and_by_length),
		cmocka_unit_test(what_is_taken_is_gone_and_the_others_are_found),
		cmocka_unit_test(what_is_not_there_cannot_be_taken),
		cmocka_unit_test(a_released_map_can_be_filled_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
