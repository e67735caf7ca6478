/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/thread.h"

enum {
	STACK_BYTES = 256 * 1024,
};

static void *look_at_mask(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, arg);
	return NULL;
}

static void a_thread_is_deaf_to_signals_and_its_maker_is_not(void **state)
{
	sigset_t theirs, ours;
	pthread_t thread;

	(void)state;
	for (int i = 0; i < 2; i++) {
		sigemptyset(&theirs);
		assert_int_equal(thread_start(&thread, i ? STACK_BYTES : 0, look_at_mask, &theirs,
				     "the test", NULL),
		    0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_true(sigismember(&theirs, SIGTERM) && sigismember(&theirs, SIGHUP));
		pthread_sigmask(SIG_SETMASK, NULL, &ours);
		assert_false(sigismember(&ours, SIGTERM));
	}
}

static void one_that_cannot_be_started_is_named(void **state)
{
	const size_t beyond_all_memory = (size_t)1 << 46;
	struct err e = { 0 };
	pthread_t thread;

	(void)state;
	assert_int_equal(
	    thread_start(&thread, beyond_all_memory, look_at_mask, NULL, "worker 7", &e), ERR_SYS);
	assert_memory_equal(e.text, "cannot start worker 7: ", 23);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_deaf_to_signals_and_its_maker_is_not),
		cmocka_unit_test(one_that_cannot_be_started_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
