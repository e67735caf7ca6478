/* SPDX-License-Identifier: MIT */
/*
 * load_proc.h - what the kernel says about another process: processor time and memory.
 *
 * Processor time is the first field of /proc/PID/task/TID/schedstat over all threads: nanoseconds,
 * with the kernel's share, and exact for threads that are not running at the moment.
 */
#ifndef LOAD_PROC_H
#define LOAD_PROC_H

#include <sys/types.h>

#include "base/base.h"

struct err;

/* Reads until the process is quiet for 15 ms, for 200 ms at most. */
int load_proc_quiet_cpu_ns(pid_t pid, uint64_t *ns, struct err *e) MUST_CHECK;

/* Proportional set size. */
int load_proc_pss_kb(pid_t pid, uint64_t *kb, struct err *e) MUST_CHECK;

#endif
