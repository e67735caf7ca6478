/* SPDX-License-Identifier: MIT */
/*
 * store.h - what is known of the partners, kept over a restart: a SQLite file in the state
 * directory, written by a thread of its own.
 *
 * Holds assoc_records (agreements, states, history, flags, ids of N32-f contexts) and no key
 * material.  Nobody who negotiates ever waits for it: a change only marks the association, and the
 * thread writes what is marked in one transaction.  What cannot be written is said and tried again;
 * the gateway goes on.  A file that is damaged or of an unknown version is set aside, an alarm is
 * raised, and a new one is begun: agreements are then negotiated anew.
 */
#ifndef SEPP_STORE_H
#define SEPP_STORE_H

#include "base/base.h"
#include "sepp/association.h"
#include "sepp/state.h"

struct err;
struct store;

enum {
	STORE_VERSION = 1, /* of the tables: PRAGMA user_version */
};

struct store_status {
	bool is_on;
	const char *why;     /* it is off, static; "" if it is on */
	bool is_failing;     /* the last write failed */
	char error[256];     /* and why; "" if it did not */
	char set_aside[256]; /* at start a file could not be used, and is now called this; "" = none
			      */
	char aside_why[128];
	uint64_t written, failures; /* records; transactions */
	size_t n_loaded;            /* records that were there at start */
};

/*
 * Opens or makes parley.db in `state`, checks it, reads it, and starts the thread.  NULL `state`:
 * nothing is kept.  Whatever is wrong with the file, there is a store afterwards: status says what.
 * Returns NULL and fills `e` only when no thread can be started.  Control thread.
 */
struct store *store_open(const struct state *state, struct err *e) MUST_CHECK;

/* Writes what is marked, ends the thread.  NULL is allowed. */
void store_close(struct store *s);

/* What was there at start about the partner of that name, once: false the second time.  Control
 * thread. */
bool store_take(struct store *s, const char *name, struct assoc_record *out) MUST_CHECK;

/* An assoc_changed_fn; `arg` is the store.  From any thread; takes a reference until written. */
void store_on_change(void *arg, struct association *a);

/* The partner is gone: so is what is known of it.  Copies. */
void store_forget(struct store *s, const char *name);

/* From any thread: waits until what was marked before is on the disk; false after `limit`. */
bool store_flush(struct store *s, msec limit);

/* From any thread. */
void store_status(struct store *s, struct store_status *out);

#endif
