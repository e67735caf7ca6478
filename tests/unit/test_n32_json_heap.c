/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "n32/json_heap.h"

static _Alignas(max_align_t) char memory[256];
static struct n32_json_heap heap;
static yajl_alloc_funcs funcs;

static int set_up(void **state)
{
	(void)state;
	n32_json_heap_init(&heap, memory, sizeof(memory), &funcs);
	return 0;
}

/* A block that holds the ten bytes "123456789". */
static char *block(void)
{
	return memcpy(funcs.malloc(funcs.ctx, 10), "123456789", 10);
}

static void blocks_are_aligned_and_apart(void **state)
{
	char *a = block(), *b = block();

	(void)state;
	assert_int_equal((uintptr_t)b % _Alignof(max_align_t), 0);
	assert_true(b >= a + 10 && b + 10 <= memory + sizeof(memory));
	funcs.free(funcs.ctx, a);
	assert_string_equal(b, "123456789");
}

static void the_newest_block_grows_where_it_is(void **state)
{
	char *a = block();

	(void)state;
	assert_ptr_equal(funcs.realloc(funcs.ctx, a, 100), a);
	assert_string_equal(a, "123456789");
	assert_true(block() >= a + 100);
}

static void an_older_block_moves_with_what_it_holds(void **state)
{
	char *a = block(), *b = block(), *moved = funcs.realloc(funcs.ctx, a, 100);

	(void)state;
	assert_true(moved >= b + 10);
	assert_string_equal(moved, "123456789");
	assert_string_equal(b, "123456789");
}

static void a_block_may_begin_as_nothing(void **state)
{
	(void)state;
	assert_ptr_equal(funcs.realloc(funcs.ctx, NULL, 10), memory);
}

static void the_last_byte_can_be_had(void **state)
{
	(void)state;
	assert_ptr_equal(funcs.malloc(funcs.ctx, sizeof(memory)), memory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(blocks_are_aligned_and_apart, set_up),
		cmocka_unit_test_setup(the_newest_block_grows_where_it_is, set_up),
		cmocka_unit_test_setup(an_older_block_moves_with_what_it_holds, set_up),
		cmocka_unit_test_setup(a_block_may_begin_as_nothing, set_up),
		cmocka_unit_test_setup(the_last_byte_can_be_had, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
