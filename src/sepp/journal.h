/* SPDX-License-Identifier: MIT */
/*
 * journal.h - the file of decisions: one line of JSON for each, written by a thread of its own.
 *
 * Workers hand over whole lines and never wait for the file.  Between them and the file are two
 * buffers of JOURNAL_QUEUE_MAX / 2 bytes: one is filled while the other is written.  What does not
 * fit is counted and said, and so is what the file does not take: the journal goes on trying, with
 * the lines that it holds, until it can.  The file has whole lines only, whatever happens.
 *
 * decisions.jsonl in the directory of the gateway's state; set aside as
 * decisions-20260131T235959Z-0000.jsonl when it is full, or on request.  If somebody else removed
 * it, a new one is begun with the next line; if it was moved away, on request.  All functions but
 * journal_add() are the control thread's.
 */
#ifndef SEPP_JOURNAL_H
#define SEPP_JOURNAL_H

#include <sys/types.h>

#include "base/base.h"
#include "base/str.h"
#include "script/conf.h"

struct err;
struct journal;

enum {
	JOURNAL_QUEUE_MAX = 4 << 20
};

struct journal_status {
	bool is_on;
	const char *why;                          /* it is off, static; "" if it is on */
	bool is_failing;                          /* the file does not take what is written */
	uint64_t written, lost_queue, lost_write; /* lines since the start */
	uint64_t files;                           /* set aside since the start */
};

/* How a file is written to; tests give others. */
struct journal_calls {
	ssize_t (*write)(int fd, const void *p, size_t n);
	int (*truncate)(int fd, off_t n);
};

/*
 * Opens the file in the directory `state`, which is borrowed for the call, and starts the thread;
 * -1: there is none, and the journal is off for good.  `calls` is NULL for those of the system.  A
 * disk that is full or read-only is no reason not to start: that is told, and tried again.
 */
struct journal *journal_open(int state, const struct conf_journal *conf,
    const struct journal_calls *calls, struct err *e) MUST_CHECK;

/* Writes what is queued, ends the thread.  NULL is allowed. */
void journal_close(struct journal *j);

/* From any thread: whether lines are wanted.  NULL is allowed. */
bool journal_wants(const struct journal *j);

/* From any thread: queues a line that ends with a new line; copies. */
void journal_add(struct journal *j, struct str line);

/* Other sizes, or on or off. */
void journal_configure(struct journal *j, const struct conf_journal *conf);

/* Sets the file aside and begins another, soon.  NULL is allowed. */
void journal_rotate(struct journal *j);

/* From any thread: waits until what was queued before is written; false after `limit`. */
bool journal_flush(struct journal *j, msec limit);

/* NULL is allowed. */
void journal_status(struct journal *j, struct journal_status *out);

#endif
