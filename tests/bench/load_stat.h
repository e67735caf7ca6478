/* SPDX-License-Identifier: MIT */
/*
 * load_stat.h - what happened in one window: counts, latencies, processor time, memory.
 *
 * The window is opened with load_stat_begin() and closed with load_stat_end(); both first wait (a
 * bounded time) until the accounted servers have gone quiet, so that the work of the last
 * operation is inside and that of the warm-up outside.
 */
#ifndef LOAD_STAT_H
#define LOAD_STAT_H

#include "base/base.h"
#include "load_opt.h"
#include "load_proc.h"

struct err;

/* how an operation can fail, as it is called in the result */
/* clang-format off */
#define LOAD_FAILURE_TABLE(X) \
	X(CONNECT, "connect") \
	X(TLS, "tls")         \
	X(H2, "http2")        \
	X(RESET, "reset")     \
	X(CLOSED, "closed")   \
	X(TIMEOUT, "timeout")
/* clang-format on */

enum load_failure {
#define X(name, text) LOAD_FAILED_##name,
	LOAD_FAILURE_TABLE(X)
#undef X
	LOAD_FAILURES
};

struct load_server {
	pid_t pid;
	uint64_t cpu_ns, cpu_begin_ns;
	struct load_memory before, after;
};

struct load_stat {
	unsigned expect;      /* the status that counts as right */
	uint64_t *latency_ns; /* of the answered operations */
	size_t n, cap;
	uint64_t ok, failed;
	uint64_t by_status[600];
	uint64_t by_failure[LOAD_FAILURES];
	uint64_t resets;   /* connections that ended with RST, also after the answer */
	uint64_t goaways;  /* GOAWAY frames seen */
	uint64_t notified; /* connections that the server ended with close_notify */
	uint64_t tickets;  /* TLS 1.3 session tickets received */
	uint64_t reopened; /* keep: connections that had to be opened again */
	uint64_t lost;     /* idle: connections that ended while they were held */
	uint64_t begin_ns, end_ns, own_begin_ns, own_ns;
	size_t n_servers;
	struct load_server servers[LOAD_PIDS_MAX];
};

/* Room for the operations that `o` asks for. */
void load_stat_init(struct load_stat *s, const struct load_opt *o);
void load_stat_release(struct load_stat *s);

/* Forgets what was counted and opens the window.  Fails when a server cannot be read. */
int load_stat_begin(struct load_stat *s, struct err *e) MUST_CHECK;
int load_stat_end(struct load_stat *s, struct err *e) MUST_CHECK;

/* One operation was answered with `status` after `ns`; or was not answered. */
void load_stat_answer(struct load_stat *s, int status, uint64_t ns);
void load_stat_fail(struct load_stat *s, enum load_failure why);

uint64_t load_stat_done(const struct load_stat *s);

/* Prints the result on standard output; sorts the latencies. */
void load_stat_print(struct load_stat *s, bool json);

/* Monotonic nanoseconds. */
uint64_t load_now_ns(void);

#endif
