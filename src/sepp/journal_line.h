/* SPDX-License-Identifier: MIT */
/*
 * journal_line.h - the line of one decision: pure, no file, no thread.
 *
 *	{"id":...,"time":...,"hook":...,"partner":...,"generation":...,"digest":...,
 *	 "input":{...},"answer":{...},"at":...,"reason":...,"notes":[...],
 *	 "fuel":...,"microseconds":...,"outcome":...}
 *
 * Written in two steps, since what is done about an answer is known later than the answer, and what
 * an input points to is only there while it is decided.
 */
#ifndef SEPP_JOURNAL_LINE_H
#define SEPP_JOURNAL_LINE_H

#include "base/base.h"
#include "script/decision.h"

enum {
	JOURNAL_LINE_MAX = 16 << 10, /* with the new line; lists are cut to fit */
	JOURNAL_ID_MAX = 24,
};

/* The ids of one worker: they never repeat, in this process or a later one, and sort by time. */
struct journal_ids {
	unsigned worker;
	uint64_t last_ms;
	uint32_t count;
};

/* "019b75d36c28-00-00002a": milliseconds since 1970, worker, count.  Returns `out`. */
char *journal_id(char out[JOURNAL_ID_MAX], struct journal_ids *ids, uint64_t now_ms);

struct journal_fact {
	const char *id;
	uint64_t time_ms; /* since 1970 */
	uint64_t generation;
	const char *digest;
	const struct script_input *in;
	const struct script_answer *out;
	uint64_t us; /* that the decision took */
};

/* A line that has no outcome yet. */
struct journal_draft {
	size_t n; /* 0 = there is none */
	char text[JOURNAL_LINE_MAX];
};

void journal_line_begin(struct journal_draft *d, const struct journal_fact *f);

/* Completes the line with what was done, which is plain ASCII of at most 63 bytes. */
void journal_line_end(struct journal_draft *d, const char *outcome);

#endif
