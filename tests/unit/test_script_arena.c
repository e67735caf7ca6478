/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "script/arena.h"

static struct arena opened(size_t limit)
{
	struct arena a;
	struct err e;

	assert_int_equal(arena_open(&a, 1 << 16, &e), 0);
	arena_reset(&a, limit);
	return a;
}

static void blocks_follow_each_other(void **state)
{
	struct arena a = opened(1024);
	char *p = arena_alloc(&a, NULL, 0, 10), *q = arena_alloc(&a, NULL, 5, 10);

	(void)state;
	assert_ptr_equal(p, a.base);
	assert_ptr_equal(q, a.base + 16);
	assert_int_equal(a.used, 32);
	arena_close(&a);
}

static void the_newest_block_grows_in_place(void **state)
{
	struct arena a = opened(1024);
	char *p = arena_alloc(&a, NULL, 0, 10), *q;

	(void)state;
	memset(p, 'x', 10);
	assert_ptr_equal(arena_alloc(&a, p, 10, 100), p);
	q = arena_alloc(&a, NULL, 0, 8);
	p = arena_alloc(&a, p, 100, 200);
	assert_true(p > q);
	assert_int_equal(p[9], 'x');
	arena_close(&a);
}

static void making_smaller_never_fails(void **state)
{
	struct arena a = opened(64);
	char *p = arena_alloc(&a, NULL, 0, 64);

	(void)state;
	assert_null(arena_alloc(&a, NULL, 0, 1));
	assert_ptr_equal(arena_alloc(&a, p, 64, 8), p);
	assert_int_equal(a.used, 8);
	assert_int_equal(a.peak, 64);
	assert_null(arena_alloc(&a, p, 8, 0));
	assert_int_equal(a.used, 0);
	arena_close(&a);
}

static void the_limit_holds_for_any_size(void **state)
{
	struct arena a = opened(100);

	(void)state;
	assert_null(arena_alloc(&a, NULL, 0, 101));
	assert_null(arena_alloc(&a, NULL, 0, SIZE_MAX));
	assert_null(arena_alloc(&a, NULL, 0, SIZE_MAX - 6));
	assert_non_null(arena_alloc(&a, NULL, 0, 96));
	assert_null(arena_alloc(&a, NULL, 0, 5));
	arena_close(&a);
}

static void rewinding_brings_the_content_back(void **state)
{
	struct arena a = opened(1024);
	char *p = arena_alloc(&a, NULL, 0, 16), image[16];

	(void)state;
	memcpy(p, "fifteen letters", 16);
	memcpy(image, a.base, 16);
	assert_non_null(arena_alloc(&a, NULL, 0, 500));
	memset(p, 0, 16);
	arena_rewind(&a, image, sizeof(image), 64);
	assert_string_equal(p, "fifteen letters");
	assert_int_equal(a.used, 16);
	assert_null(arena_alloc(&a, NULL, 0, 65));
	assert_non_null(arena_alloc(&a, NULL, 0, 64));
	arena_close(&a);
}

static void the_chosen_allocation_fails(void **state)
{
	struct arena a = opened(1024);

	(void)state;
	a.fail_at = 2;
	assert_non_null(arena_alloc(&a, NULL, 0, 8));
	assert_null(arena_alloc(&a, NULL, 0, 8));
	assert_non_null(arena_alloc(&a, NULL, 0, 8));
	a.fail_forever = true;
	assert_null(arena_alloc(&a, NULL, 0, 8));
	assert_null(arena_alloc(&a, NULL, 0, 8));
	arena_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_follow_each_other),
		cmocka_unit_test(the_newest_block_grows_in_place),
		cmocka_unit_test(making_smaller_never_fails),
		cmocka_unit_test(the_limit_holds_for_any_size),
		cmocka_unit_test(rewinding_brings_the_content_back),
		cmocka_unit_test(the_chosen_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
