/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <signal.h>

#include "base/err.h"
#include "base/thread.h"

int thread_start(pthread_t *out, size_t stack, void *(*run)(void *arg), void *arg, const char *name,
    struct err *e)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int why;

	pthread_attr_init(&attr);
	if (stack > 0)
		ensure(pthread_attr_setstacksize(&attr, stack) == 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* a new thread has the mask of its maker */
	why = pthread_create(out, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (why == 0)
		return 0;
	errno = why;
	return err_set_errno(e, "cannot start %s", name);
}
