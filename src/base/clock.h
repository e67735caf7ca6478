/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the only place that reads a clock.  Called by net/loop and prog/; others are told the
 * time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

/* Monotonic milliseconds. */
msec clock_mono(void);

/* Monotonic nanoseconds; no system call. */
uint64_t clock_mono_ns(void);

/* Milliseconds since 1970-01-01 00:00:00 UTC. */
uint64_t clock_wall_ms(void);

/* Seconds since 1970-01-01 00:00:00 UTC. */
int64_t clock_wall_s(void);

/* Nanoseconds of processor time that the calling thread has used. */
uint64_t clock_thread_ns(void);

/* "2026-01-31T23:59:59Z" into `out`.  Returns `out`. */
char *clock_print_utc(char out[24], int64_t wall_s);

/* "2026-01-31T23:59:59.001Z" into `out`.  Returns `out`. */
char *clock_print_utc_ms(char out[25], uint64_t wall_ms);

#endif
