/* SPDX-License-Identifier: MIT */
/*
 * journal - what a record of a usual decision costs: bytes, the worker's time, the writer's.
 *
 *	build/journal DIRECTORY [RECORDS]      one line of JSON
 *
 * The worker's part is what decide.c does beyond deciding: id, marks for the watchdog, the line,
 * and handing it over.  It goes round in bursts with pauses, as decisions come, so that the writer
 * keeps up; nothing may be lost.
 */
#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "script/case.h"
#include "sepp/journal.h"
#include "sepp/journal_line.h"
#include "sepp/watchdog.h"

enum {
	BURST = 100,
	FLUSH_MSEC = 10000,
};

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct bench {
	struct journal *journal;
	struct script_case *asked;
	struct script_answer answer;
	struct journal_ids ids;
	struct journal_draft draft;
	struct watch_mark mark;
	uint64_t bytes;
};

/* One record, without the decision. */
static void record(struct bench *b)
{
	uint64_t wall_ms = clock_wall_ms(), begun;
	char id[JOURNAL_ID_MAX];
	struct journal_fact fact = {
		.id = id,
		.time_ms = wall_ms,
		.generation = 1,
		.digest = digest,
		.in = &b->asked->in,
		.out = &b->answer,
	};

	journal_id(id, &b->ids, wall_ms);
	begun = clock_mono_ns();
	watch_begin(&b->mark, b->asked->partner.name, "select_capability", digest, id);
	watch_end(&b->mark);
	fact.us = (clock_mono_ns() - begun) / 1000;
	journal_line_begin(&b->draft, &fact);
	journal_line_end(&b->draft, "200 TLS");
	b->bytes += b->draft.n;
	journal_add(b->journal, (struct str){ b->draft.text, b->draft.n });
}

static uint64_t process_ns(void)
{
	struct timespec t;

	ensure(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU of this thread for `n` records; the pauses cost a little, too, and are measured apart. */
static uint64_t run(struct bench *b, long n, bool records)
{
	const struct timespec pause = { 0, 5000000 };
	uint64_t begun = clock_thread_ns();

	for (long i = 0; i < n; i += BURST) {
		for (int k = 0; k < BURST && records; k++)
			record(b);
		nanosleep(&pause, NULL);
	}
	return clock_thread_ns() - begun;
}

static int measure(struct bench *b, long n)
{
	uint64_t idle = run(b, n, false), all = process_ns(), own, writer;
	struct journal_status status;

	own = run(b, n, true);
	if (!journal_flush(b->journal, FLUSH_MSEC))
		return EXIT_FAILURE;
	writer = process_ns() - all - own;
	journal_status(b->journal, &status);
	printf(
	    "{\"records\":%ld,\"bytes\":%.0f,\"worker_us\":%.3f,\"writer_us\":%.3f,\"lost\":%llu}\n",
	    n, (double)b->bytes / (double)n, (double)(own - idle) / 1e3 / (double)n,
	    (double)writer / 1e3 / (double)n,
	    (unsigned long long)(status.lost_queue + status.lost_write));
	return status.written == (uint64_t)n ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	static const struct conf_journal conf = { .enabled = true, .max_mib = 64, .keep = 2 };
	static struct bench b;
	struct err e = { 0 };
	long n = argc > 2 ? strtol(argv[2], NULL, 10) / BURST * BURST : 100000;
	int dir = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1, rc;

	if (dir < 0 || n <= 0) {
		fputs("usage: journal DIRECTORY [RECORDS]\n", stderr);
		return 2;
	}
	log_setup(LOG_WARN, LOG_TEXT);
	b.journal = journal_open(dir, &conf, NULL, &e);
	if (!b.journal) {
		fprintf(stderr, "journal: %s\n", e.text);
		return EXIT_FAILURE;
	}
	b.asked = script_case_new(SCRIPT_SELECT_CAPABILITY);
	b.answer = (struct script_answer){
		.verdict = SCRIPT_SELECT, .cap = N32_CAP_TLS, .line = 24, .fuel = 100
	};
	snprintf(b.answer.file, sizeof(b.answer.file), "partners/example_mobile.lua");
	rc = measure(&b, n);
	journal_close(b.journal);
	mem_free(b.asked);
	return rc;
}
