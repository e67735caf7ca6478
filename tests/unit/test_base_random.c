/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"

/* Stands in for the system: how many bytes each call gives, or the error, negative.  NULL: it is
 * not ours, as a sanitizer's at the start. */
static const int *gives;

ssize_t getrandom(void *out, size_t n, unsigned flags)
{
	int next;

	if (!gives)
		return syscall(SYS_getrandom, out, n, flags);
	next = *gives++;
	assert_int_equal(flags, 0);
	if (next < 0) {
		errno = -next;
		return -1;
	}
	assert_in_range(next, 0, n);
	memset(out, 0xa5, (size_t)next);
	return next;
}

static void what_is_interrupted_or_cut_goes_on(void **state)
{
	static const int three_steps[] = { -EINTR, 3, -EINTR, 5 };
	unsigned char out[9] = { 0 };

	(void)state;
	gives = three_steps;
	random_fill(out, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(out[i], 0xa5);
	assert_int_equal(out[8], 0);
	assert_ptr_equal(gives, three_steps + ARRAY_LEN(three_steps));
}

/* Whether the process ends if that is what the system gives. */
static bool is_the_end(const int *given)
{
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		unsigned char out[8];

		signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		gives = given;
		random_fill(out, sizeof(out));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void without_random_bytes_the_process_ends(void **state)
{
	static const int never[] = { -ENOSYS }, nothing[] = { 0 }, whole[] = { 8 };

	(void)state;
	assert_true(is_the_end(never));
	assert_true(is_the_end(nothing));
	assert_false(is_the_end(whole));
}

static void a_number_is_below_its_bound(void **state)
{
	static const int whole[] = { 8, 8, 8 };

	(void)state;
	gives = whole;
	assert_int_equal(random_below(0), 0);
	assert_ptr_equal(gives, whole);
	assert_int_equal(random_below(1), 0);
	assert_int_equal(random_below(1000), 0xa5a5a5a5a5a5a5a5u % 1000);
	assert_true(random_below(UINT64_MAX) == 0xa5a5a5a5a5a5a5a5u);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_interrupted_or_cut_goes_on),
		cmocka_unit_test(without_random_bytes_the_process_ends),
		cmocka_unit_test(a_number_is_below_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
