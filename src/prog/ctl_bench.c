/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "n32/json_out.h"
#include "prog/ctl.h"
#include "prog/ctl_load.h"
#include "prog/ctl_offline.h"
#include "prog/defaults.h"

enum {
	WARM_UP = 200, /* decisions that are not counted */
	BATCH = 500,   /* decisions between two looks at the processor's clock */
	SAMPLES_MAX = 1 << 20,
	DEFAULT_MS = 300, /* for each hook */
	SECONDS_MAX = 600,
	JSON_MAX = 64 << 20,
};

struct bench {
	const struct ctl_load *l;
	uint64_t limit_ns;
	uint32_t *samples;         /* nanoseconds of single decisions */
	struct n32_json_out *json; /* NULL: a table */
	bool has_failed;
};

struct row {
	const struct partner *partner;
	const struct script_program *who;
	enum script_hook hook;
	struct script_answer answer; /* of the last decision */
	uint64_t n, cpu_ns;
	uint32_t p50_ns, p99_ns;
	size_t image;
};

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/*
 * Single decisions are timed with the monotonic clock, which is cheap to read, and includes what
 * the machine does meanwhile; how many there are in a second is told by the processor time of
 * batches.
 */
static void measure(const struct bench *b, struct row *r, const struct script_input *in)
{
	uint64_t until = clock_mono_ns() + b->limit_ns, before, after;
	size_t n = 0;

	for (int i = 0; i < WARM_UP; i++)
		script_decide(b->l->vm, r->who, in, &r->answer);
	do {
		uint64_t cpu = clock_thread_ns();

		after = clock_mono_ns();
		for (int i = 0; i < BATCH; i++) {
			before = after;
			script_decide(b->l->vm, r->who, in, &r->answer);
			after = clock_mono_ns();
			if (n < SAMPLES_MAX)
				b->samples[n++] = after - before > UINT32_MAX
						      ? UINT32_MAX
						      : (uint32_t)(after - before);
		}
		r->cpu_ns += clock_thread_ns() - cpu;
		r->n += BATCH;
	} while (after < until);
	qsort(b->samples, n, sizeof(*b->samples), by_value);
	r->p50_ns = b->samples[n / 2];
	r->p99_ns = b->samples[n - 1 - n / 100];
	r->image = script_vm_image_size(b->l->vm, r->who);
}

static uint64_t per_second(const struct row *r)
{
	return r->cpu_ns ? r->n * 1000000000u / r->cpu_ns : 0;
}

static void print_json(struct n32_json_out *o, const struct row *r)
{
	const struct script_answer *a = &r->answer;

	n32_json_out_object(o, NULL);
	n32_json_out_text(o, "partner", r->partner->conf->name);
	n32_json_out_text(o, "hook", script_hook_name(r->hook));
	n32_json_out_text(o, "file", script_program_path(r->who));
	n32_json_out_text(o, "verdict", script_verdict_name(a->verdict));
	if (a->verdict == SCRIPT_FAILED)
		n32_json_out_text(o, "reason", a->reason);
	n32_json_out_integer(o, "decisions", (int64_t)r->n);
	n32_json_out_integer(o, "p50_ns", r->p50_ns);
	n32_json_out_integer(o, "p99_ns", r->p99_ns);
	n32_json_out_integer(
	    o, "p99_percent_of_p50", r->p50_ns ? (int64_t)r->p99_ns * 100 / r->p50_ns : 0);
	n32_json_out_integer(o, "fuel", (int64_t)a->fuel);
	n32_json_out_integer(o, "image_bytes", (int64_t)r->image);
	n32_json_out_integer(o, "scratch_bytes", (int64_t)a->scratch);
	n32_json_out_integer(o, "decisions_per_second", (int64_t)per_second(r));
	n32_json_out_end_object(o);
}

static void print_row(const struct row *r)
{
	const struct script_answer *a = &r->answer;

	printf("%-24s %-20s %-32s %-10s %8.2f %8.2f %6.1f %6llu %7.1f %7.1f %10llu\n",
	    r->partner->conf->name, script_hook_name(r->hook), script_program_path(r->who),
	    script_verdict_name(a->verdict), r->p50_ns / 1e3, r->p99_ns / 1e3,
	    r->p50_ns ? (double)r->p99_ns / r->p50_ns : 0.0, (unsigned long long)a->fuel,
	    (double)r->image / 1024, (double)a->scratch / 1024, (unsigned long long)per_second(r));
	if (a->verdict == SCRIPT_FAILED)
		fprintf(stderr, "parleyctl: %s of %s fails on a usual decision: %s\n",
		    script_hook_name(r->hook), r->partner->conf->name, a->reason);
	fflush(stdout);
}

static void bench_hook(struct bench *b, const struct partner *p, enum script_hook hook)
{
	struct script_case *c = ctl_usual_case(b->l->generation, p, hook);
	struct row *r = mem_alloc(sizeof(*r));

	*r = (struct row){ .partner = p, .who = p->hooks[hook], .hook = hook };
	measure(b, r, &c->in);
	b->has_failed |= r->answer.verdict == SCRIPT_FAILED;
	if (b->json)
		print_json(b->json, r);
	else
		print_row(r);
	mem_free(r);
	mem_free(c);
}

static void bench_partner(struct bench *b, const struct partner *p)
{
	for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
		if (p->hooks[hook])
			bench_hook(b, p, hook);
	}
}

static void bench_all(struct bench *b, const struct partner *only)
{
	const struct generation *g = b->l->generation;

	if (!b->json)
		printf("%-24s %-20s %-32s %-10s %8s %8s %6s %6s %7s %7s %10s\n", "PARTNER", "HOOK",
		    "ANSWERED BY", "VERDICT", "P50 us", "P99 us", "RATIO", "FUEL", "IMG KiB",
		    "RUN KiB", "DECISIONS/S");
	for (size_t i = 0; i < g->n_partners; i++) {
		if (!only || only == g->partners[i])
			bench_partner(b, g->partners[i]);
	}
}

static int bench_directory(const char *directory, const char *name, uint64_t limit_ns, bool json)
{
	struct ctl_load l;
	struct bench b = { .l = &l, .limit_ns = limit_ns };
	const struct partner *only = NULL;
	struct n32_json_out o;
	struct buf out;
	int rc = ctl_load_begin(&l, directory);

	if (rc == 0 && name) {
		only = ctl_need_partner(l.generation, name);
		rc = only ? 0 : EXIT_USAGE;
	}
	if (rc == 0) {
		buf_init(&out, JSON_MAX);
		if (json) {
			n32_json_out_start(&o, &out);
			n32_json_out_array(&o, NULL);
			b.json = &o;
		}
		b.samples = mem_array(SAMPLES_MAX, sizeof(*b.samples));
		bench_all(&b, only);
		if (json) {
			n32_json_out_end_array(&o);
			ensure(n32_json_out_end(&o) == 0);
			printf("%.*s\n", STR_FMT(buf_str(&out)));
		}
		rc = b.has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
		mem_free(b.samples);
		buf_release(&out);
	}
	ctl_load_end(&l);
	return rc;
}

/* Nanoseconds; 0 after a line that says what may be written. */
static uint64_t parse_seconds(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.001 && seconds <= SECONDS_MAX)) {
		fprintf(stderr, "parleyctl: --seconds '%s': a number from 0.001 to %d expected\n",
		    text, SECONDS_MAX);
		return 0;
	}
	return (uint64_t)(seconds * 1e9);
}

static int run_bench(struct ctl_options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "seconds", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t limit_ns = DEFAULT_MS * 1000000u;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'j')
			o->json = true;
		else if (c == 's')
			limit_ns = parse_seconds(optarg);
		if (c == '?' || !limit_ns)
			return EXIT_USAGE;
	}
	if (optind >= argc || argc - optind > 2)
		return EXIT_USAGE;
	return bench_directory(argv[optind], argv[optind + 1], limit_ns, o->json);
}

const struct ctl_command ctl_bench = { "bench", run_bench,
	"bench [--seconds S] [--json] DIRECTORY [PARTNER]",
	"how long decisions take, and what they cost" };
