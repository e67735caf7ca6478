/* SPDX-License-Identifier: MIT */
/*
 * store_book.h - what the store knows under each name, and what is to be done about it.
 *
 * For each name there is at most one thing to do, the last that was asked for: both are done whole,
 * so what was asked for before it does not matter.  A transaction takes all of them as jobs and
 * gives back what came to nothing, unless something was asked for since.  Knows no lock: whoever
 * has a book holds one for every call but those that only read jobs.
 */
#ifndef SEPP_STORE_BOOK_H
#define SEPP_STORE_BOOK_H

#include "base/base.h"
#include "sepp/association.h"

enum store_op {
	STORE_NOTHING,
	STORE_WRITE,
	STORE_FORGET
};

struct store_entry;

struct store_book {
	struct store_entry **entries; /* by name */
	size_t n, cap;
};

/* One part of a transaction. */
struct store_job {
	struct store_entry *entry;
	enum store_op op;
	const char *name;          /* borrowed until it is settled */
	struct association *a;     /* what to write: a reference, or */
	struct assoc_record *copy; /* what was there at start, owned */
};

struct store_jobs {
	struct store_job *jobs;
	size_t n;
};

void store_book_init(struct store_book *b);

/* Forgets all; marks nothing. */
void store_book_release(struct store_book *b);

/* There was a record at start.  Copies. */
void store_book_load(struct store_book *b, const struct assoc_record *r);

/* The record that there was at start, once, unless the name was changed or forgotten. */
bool store_book_take(struct store_book *b, const char *name, struct assoc_record *out) MUST_CHECK;

/* The association changed: it is to be written.  Takes a reference. */
void store_book_change(struct store_book *b, struct association *a);

/* Nothing is known of the name any more, and the row is to go. */
void store_book_forget(struct store_book *b, const char *name);

/* All that is known is to be written. */
void store_book_change_all(struct store_book *b);

/* How many names have something to do. */
size_t store_book_count(const struct store_book *b);

/* Takes what there is to do; the associations are unmarked. */
void store_book_collect(struct store_book *b, struct store_jobs *out);

/* Ends them: done, or to be done again. */
void store_book_settle(struct store_book *b, struct store_jobs *jobs, bool are_done);

#endif
