/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vault.h"

enum {
	SIZE = 100,
	MANY = 1000
};

/* Stand in for those of the system: what vault asked for, and whether it is refused. */
static size_t locked, undumped;
static bool is_refused;

int mlock(const void *p, size_t n)
{
	assert_int_equal((uintptr_t)p % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
	errno = ENOMEM;
	locked += is_refused ? 0 : n;
	return is_refused ? -1 : 0;
}

int madvise(void *p, size_t n, int advice)
{
	(void)p;
	errno = EINVAL;
	undumped += advice == MADV_DONTDUMP && !is_refused ? n : 0;
	return is_refused ? -1 : 0;
}

static int setup(void **state)
{
	(void)state;
	locked = undumped = 0;
	is_refused = false;
	return 0;
}

static bool is_zero(const unsigned char *p)
{
	size_t n = 0;

	while (n < SIZE && p[n] == 0)
		n++;
	return n == SIZE;
}

static void take_many(struct vault *v, unsigned char *slots[MANY])
{
	for (int i = 0; i < MANY; i++) {
		slots[i] = vault_take(v);
		assert_true(is_zero(slots[i]));
		memset(slots[i], i % 255 + 1, SIZE);
	}
}

static void slots_are_zeroed_aligned_and_apart(void **state)
{
	unsigned char *slots[MANY];
	struct vault v;

	(void)state;
	vault_init(&v, SIZE);
	take_many(&v, slots);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal((uintptr_t)slots[i] % _Alignof(max_align_t), 0);
		for (int at = 0; at < SIZE; at++)
			assert_int_equal(slots[i][at], i % 255 + 1);
	}
	vault_release(&v);
}

static void a_slot_that_is_given_back_is_wiped_and_used_again(void **state)
{
	unsigned char *slots[MANY];
	size_t n_pages;
	struct vault v;

	(void)state;
	vault_init(&v, SIZE);
	take_many(&v, slots);
	n_pages = v.n_pages;
	for (int i = 0; i < MANY; i++) {
		vault_give(&v, slots[i]);
		assert_true(is_zero(slots[i]));
	}
	take_many(&v, slots);
	assert_int_equal(v.n_pages, n_pages);
	vault_give(&v, NULL);
	vault_release(&v);
}

static void each_page_is_locked_and_kept_out_of_core_dumps(void **state)
{
	unsigned char *slots[MANY];
	struct vault v;

	(void)state;
	vault_init(&v, SIZE);
	assert_int_equal(v.n_pages, 0);
	take_many(&v, slots);
	assert_true(v.n_pages > 1);
	assert_int_equal(locked, v.n_pages * (size_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(undumped, locked);
	assert_int_equal(v.weak.code, 0);
	vault_release(&v);
}

static void a_system_that_refuses_is_told_of_and_put_up_with(void **state)
{
	unsigned char *slots[MANY];
	struct vault v;

	(void)state;
	is_refused = true;
	vault_init(&v, SIZE);
	take_many(&v, slots);
	assert_int_equal(v.weak.code, ERR_SYS);
	assert_string_equal(v.weak.text, "cannot lock memory: Cannot allocate memory");
	vault_release(&v);
}

static void a_released_vault_can_be_used_again(void **state)
{
	struct vault v;

	(void)state;
	vault_init(&v, SIZE);
	memset(vault_take(&v), 1, SIZE);
	vault_release(&v);
	assert_int_equal(v.n_pages, 0);
	assert_true(is_zero(vault_take(&v)));
	vault_release(&v);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slots_are_zeroed_aligned_and_apart, setup),
		cmocka_unit_test_setup(a_slot_that_is_given_back_is_wiped_and_used_again, setup),
		cmocka_unit_test_setup(each_page_is_locked_and_kept_out_of_core_dumps, setup),
		cmocka_unit_test_setup(a_system_that_refuses_is_told_of_and_put_up_with, setup),
		cmocka_unit_test_setup(a_released_vault_can_be_used_again, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
