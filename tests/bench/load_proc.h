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

/* Proportional set size, and what of it is no file: the rest moves as others map the same files. */
struct load_memory {
	uint64_t pss_kb, anon_kb;
};

/* Reads until the process is quiet for 15 ms, for 200 ms at most. */
int load_proc_quiet_cpu_ns(pid_t pid, uint64_t *ns, struct err *e) MUST_CHECK;

int load_proc_memory(pid_t pid, struct load_memory *m, struct err *e) MUST_CHECK;

#endif
