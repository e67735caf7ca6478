/* SPDX-License-Identifier: MIT */
/*
 * patient - preloaded into the daemon under callgrind, which makes it fifty times slower: the
 * processor time of a thread passes a hundredth as fast, so that no decision and no file runs into
 * the backstop of its budget.  Every other clock is the system's.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	SLOWER = 100
};

int clock_gettime(clockid_t clock, struct timespec *out)
{
	long rc = syscall(SYS_clock_gettime, clock, out);
	long long ns;

	if (rc == 0 && clock == CLOCK_THREAD_CPUTIME_ID) {
		ns = (out->tv_sec * 1000000000ll + out->tv_nsec) / SLOWER;
		out->tv_sec = ns / 1000000000;
		out->tv_nsec = ns % 1000000000;
	}
	return (int)rc;
}
