/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "load_stat.h"

static const char *const failure_names[] = {
#define X(name, text) text,
	LOAD_FAILURE_TABLE(X)
#undef X
};

uint64_t load_now_ns(void)
{
	struct timespec t;

	ensure(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void load_stat_init(struct load_stat *s, const struct load_opt *o)
{
	*s = (struct load_stat){ .expect = o->expect, .n_servers = o->n_pids };
	s->cap = o->total > o->warmup ? o->total : o->warmup;
	s->latency_ns = mem_array(s->cap, sizeof(*s->latency_ns));
	for (size_t i = 0; i < o->n_pids; i++)
		s->servers[i].pid = o->pids[i];
}

void load_stat_release(struct load_stat *s)
{
	mem_free(s->latency_ns);
	s->latency_ns = NULL;
}

static void forget(struct load_stat *s)
{
	s->n = 0;
	s->ok = s->failed = 0;
	s->resets = s->goaways = s->notified = s->tickets = s->reopened = s->lost = 0;
	memset(s->by_status, 0, sizeof(s->by_status));
	memset(s->by_failure, 0, sizeof(s->by_failure));
}

int load_stat_begin(struct load_stat *s, struct err *e)
{
	forget(s);
	for (size_t i = 0; i < s->n_servers; i++) {
		struct load_server *v = &s->servers[i];
		int code = load_proc_memory(v->pid, &v->before, e);

		if (code == 0)
			code = load_proc_quiet_cpu_ns(v->pid, &v->cpu_begin_ns, e);
		if (code < 0)
			return code;
	}
	s->own_begin_ns = clock_thread_ns();
	s->begin_ns = load_now_ns();
	return 0;
}

int load_stat_end(struct load_stat *s, struct err *e)
{
	s->end_ns = load_now_ns();
	s->own_ns = clock_thread_ns() - s->own_begin_ns;
	for (size_t i = 0; i < s->n_servers; i++) {
		struct load_server *v = &s->servers[i];
		int code = load_proc_quiet_cpu_ns(v->pid, &v->cpu_ns, e);

		if (code == 0)
			code = load_proc_memory(v->pid, &v->after, e);
		if (code < 0)
			return code;
		v->cpu_ns -= v->cpu_begin_ns;
	}
	return 0;
}

void load_stat_answer(struct load_stat *s, int status, uint64_t ns)
{
	ensure(s->n < s->cap);
	s->latency_ns[s->n++] = ns;
	s->by_status[status > 0 && status < 600 ? status : 0]++;
	if (status == (int)s->expect)
		s->ok++;
}

void load_stat_fail(struct load_stat *s, enum load_failure why)
{
	s->by_failure[why]++;
	s->failed++;
}

uint64_t load_stat_done(const struct load_stat *s)
{
	return s->n + s->failed;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sorted latencies; `share` in 0..1. */
static double quantile_us(const struct load_stat *s, double share)
{
	size_t i = (size_t)(share * (double)s->n);

	if (!s->n)
		return 0;
	return (double)s->latency_ns[i < s->n ? i : s->n - 1] / 1e3;
}

static void print_counts_json(const struct load_stat *s)
{
	const char *comma = "";

	printf("\"by_status\":{");
	for (size_t i = 0; i < ARRAY_LEN(s->by_status); i++) {
		if (!s->by_status[i])
			continue;
		printf("%s\"%zu\":%" PRIu64, comma, i, s->by_status[i]);
		comma = ",";
	}
	printf("},\"errors\":{");
	comma = "";
	for (size_t i = 0; i < LOAD_FAILURES; i++) {
		if (!s->by_failure[i])
			continue;
		printf("%s\"%s\":%" PRIu64, comma, failure_names[i], s->by_failure[i]);
		comma = ",";
	}
	printf("},");
}

static void print_json(const struct load_stat *s)
{
	printf("{\"operations\":%" PRIu64 ",\"ok\":%" PRIu64 ",", load_stat_done(s), s->ok);
	print_counts_json(s);
	printf("\"resets\":%" PRIu64 ",\"goaways\":%" PRIu64 ",\"close_notifies\":%" PRIu64
	       ",\"tickets\":%" PRIu64 ",\"reopened\":%" PRIu64 ",\"lost\":%" PRIu64 ",",
	    s->resets, s->goaways, s->notified, s->tickets, s->reopened, s->lost);
	printf("\"seconds\":%.6f,", (double)(s->end_ns - s->begin_ns) / 1e9);
	printf("\"latency_us\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f},", quantile_us(s, 0.5),
	    quantile_us(s, 0.99), quantile_us(s, 1));
	printf("\"own_cpu_ns\":%" PRIu64 ",\"servers\":[", s->own_ns);
	for (size_t i = 0; i < s->n_servers; i++) {
		const struct load_server *v = &s->servers[i];

		printf("%s{\"pid\":%d,\"cpu_ns\":%" PRIu64 ",\"pss_before_kb\":%" PRIu64
		       ",\"pss_after_kb\":%" PRIu64 ",\"anon_before_kb\":%" PRIu64
		       ",\"anon_after_kb\":%" PRIu64 "}",
		    i ? "," : "", (int)v->pid, v->cpu_ns, v->before.pss_kb, v->after.pss_kb,
		    v->before.anon_kb, v->after.anon_kb);
	}
	printf("]}\n");
}

static void print_text(const struct load_stat *s)
{
	double seconds = (double)(s->end_ns - s->begin_ns) / 1e9;
	double done = load_stat_done(s) ? (double)load_stat_done(s) : 1;

	printf("%" PRIu64 " operations, %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64
	       " resets, %.3f s, %.0f/s\n",
	    load_stat_done(s), s->ok, s->failed, s->resets, seconds,
	    seconds > 0 ? done / seconds : 0);
	for (size_t i = 0; i < ARRAY_LEN(s->by_status); i++)
		if (s->by_status[i])
			printf("status %zu: %" PRIu64 "\n", i, s->by_status[i]);
	for (size_t i = 0; i < LOAD_FAILURES; i++)
		if (s->by_failure[i])
			printf("%s: %" PRIu64 "\n", failure_names[i], s->by_failure[i]);
	printf("latency p50 %.1f us, p99 %.1f us, max %.1f us\n", quantile_us(s, 0.5),
	    quantile_us(s, 0.99), quantile_us(s, 1));
	printf("own CPU %.1f us each\n", (double)s->own_ns / 1e3 / done);
	for (size_t i = 0; i < s->n_servers; i++)
		printf("server %d: CPU %.1f us each, PSS %" PRIu64 " -> %" PRIu64 " kB\n",
		    (int)s->servers[i].pid, (double)s->servers[i].cpu_ns / 1e3 / done,
		    s->servers[i].before.pss_kb, s->servers[i].after.pss_kb);
}

void load_stat_print(struct load_stat *s, bool json)
{
	qsort(s->latency_ns, s->n, sizeof(*s->latency_ns), by_size);
	if (json)
		print_json(s);
	else
		print_text(s);
	(void)fflush(stdout); /* the exit code does not depend on who reads */
}
