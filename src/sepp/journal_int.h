/* SPDX-License-Identifier: MIT */
/*
 * journal_int.h - the file behind the journal's thread; knows nothing of queues and locks.
 */
#ifndef SEPP_JOURNAL_INT_H
#define SEPP_JOURNAL_INT_H

#include <sys/types.h>

#include "base/base.h"
#include "sepp/journal.h"

struct err;

struct journal_file {
	int dir, fd; /* -1 = not open */
	struct journal_calls calls;
	uint64_t size;    /* of the file, about: for setting it aside */
	bool is_mid_line; /* the end of a line could neither be written nor removed */
	uint64_t aside;   /* files set aside */
	int64_t aside_s;  /* when the last one was, and its number in that second */
	int aside_n;
};

/* Takes `dir`.  Opens nothing yet. */
void journal_file_init(struct journal_file *f, int dir, const struct journal_calls *calls);
void journal_file_release(struct journal_file *f);

/*
 * Opens it, or makes it; removes half a line at its end that a crash left.  ERR_BUSY: the disk is
 * full or read-only, and it may be better later.
 */
int journal_file_open(struct journal_file *f, struct err *e) MUST_CHECK;

/* Whether it is open and was removed, so that nobody could read what is written to it. */
bool journal_file_is_gone(const struct journal_file *f);

/*
 * Appends `n` bytes of whole lines, or as many lines as it can.  Returns how many bytes need not be
 * given again; if those are not all, `e` says why.
 */
size_t journal_file_write(struct journal_file *f, const char *p, size_t n, struct err *e);

/* Renames it, unless somebody else did, begins another, and removes the oldest but `keep` (0:
 * none). If it fails the file is as before. */
int journal_file_rotate(struct journal_file *f, unsigned keep, struct err *e) MUST_CHECK;

#endif
