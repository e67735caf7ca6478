/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <time.h>

#include "base/clock.h"

static uint64_t read_ns(clockid_t id)
{
	struct timespec t;

	ensure(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

msec clock_mono(void)
{
	return clock_mono_ns() / 1000000u;
}

uint64_t clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000u;
}

uint64_t clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall_s(void)
{
	return (int64_t)(read_ns(CLOCK_REALTIME) / 1000000000u);
}

uint64_t clock_thread_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

char *clock_print_utc(char out[24], int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

/* `n` digits of `value` and what follows them. */
static char *put_digits(char *out, int n, unsigned value, char after)
{
	for (int i = n - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	out[n] = after;
	return out + n + 1;
}

char *clock_print_utc_ms(char out[25], uint64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	char *at = out;

	gmtime_r(&t, &tm);
	at = put_digits(at, 4, (unsigned)tm.tm_year + 1900, '-');
	at = put_digits(at, 2, (unsigned)tm.tm_mon + 1, '-');
	at = put_digits(at, 2, (unsigned)tm.tm_mday, 'T');
	at = put_digits(at, 2, (unsigned)tm.tm_hour, ':');
	at = put_digits(at, 2, (unsigned)tm.tm_min, ':');
	at = put_digits(at, 2, (unsigned)tm.tm_sec, '.');
	at = put_digits(at, 3, (unsigned)(wall_ms % 1000), 'Z');
	*at = '\0';
	return out;
}
