/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

static void a_new_buffer_is_empty_and_holds_no_storage(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(b.len, 0);
	assert_null(b.data);
	assert_int_equal(buf_str(&b).n, 0);
	buf_reset(&b);
	buf_drop(&b, 0);
	buf_release(&b);
}

static void what_is_added_stands_there_in_order_and_ends_with_nul(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_add(&b, "ab", 2), 0);
	assert_int_equal(buf_add(&b, "\0c", 2), 0);
	assert_int_equal(buf_addf(&b, "-%d", 42), 0);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "ab\0c-42", 8);
	assert_int_equal(buf_str(&b).n, 7);
	assert_ptr_equal(buf_str(&b).p, b.data);
	buf_release(&b);
}

static void the_bound_can_be_reached_exactly(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_add(&b, "abcd", 4), 0);
	assert_int_equal(buf_add(&b, "", 0), 0);
	assert_string_equal(b.data, "abcd");
	buf_release(&b);
	assert_int_equal(buf_addf(&b, "%s", "abcd"), 0);
	buf_release(&b);
}

static void what_passes_the_bound_changes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_int_equal(buf_add(&b, "de", 2), ERR_LIMIT);
	assert_int_equal(buf_addf(&b, "%d", 10), ERR_LIMIT);
	assert_int_equal(buf_add(&b, "", SIZE_MAX), ERR_LIMIT);
	assert_null(buf_room(&b, 2));
	assert_int_equal(b.len, 3);
	assert_string_equal(b.data, "abc");
	buf_release(&b);
}

static void it_grows_to_its_bound_and_no_further(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf_add(&b, i % 2 ? "b" : "a", 1), 0);
	assert_int_equal(buf_add(&b, "x", 1), ERR_LIMIT);
	assert_true(b.cap <= b.max + 1);
	assert_int_equal(b.data[0], 'a');
	assert_int_equal(b.data[99999], 'b');
	assert_int_equal(strlen(b.data), 100000);
	buf_release(&b);
}

static void room_is_counted_only_when_it_was_filled(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_add(&b, "ab", 2), 0);
	room = buf_room(&b, 900);
	assert_ptr_equal(room, b.data + 2);
	memset(room, 'c', 900);
	assert_int_equal(b.len, 2);
	buf_grow(&b, 3);
	assert_int_equal(b.len, 5);
	assert_string_equal(b.data, "abccc");
	buf_release(&b);
}

static void dropping_removes_from_the_front(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_add(&b, "abcdef", 6), 0);
	buf_drop(&b, 2);
	assert_string_equal(b.data, "cdef");
	assert_int_equal(b.len, 4);
	buf_drop(&b, 4);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_add(&b, "0123456789", 10), 0);
	buf_release(&b);
}

static void a_reset_keeps_the_storage_and_a_release_does_not(void **state)
{
	struct buf b;
	char *before;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	before = b.data;
	buf_reset(&b);
	assert_ptr_equal(b.data, before);
	assert_string_equal(b.data, "");
	buf_release(&b);
	assert_null(b.data);
	assert_int_equal(b.max, 10);
	assert_int_equal(buf_add(&b, "0123456789", 10), 0);
	assert_int_equal(buf_add(&b, "x", 1), ERR_LIMIT);
	buf_release(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_buffer_is_empty_and_holds_no_storage),
		cmocka_unit_test(what_is_added_stands_there_in_order_and_ends_with_nul),
		cmocka_unit_test(the_bound_can_be_reached_exactly),
		cmocka_unit_test(what_passes_the_bound_changes_nothing),
		cmocka_unit_test(it_grows_to_its_bound_and_no_further),
		cmocka_unit_test(room_is_counted_only_when_it_was_filled),
		cmocka_unit_test(dropping_removes_from_the_front),
		cmocka_unit_test(a_reset_keeps_the_storage_and_a_release_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
