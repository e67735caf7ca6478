/* SPDX-License-Identifier: MIT */
/*
 * store.h - what is known of the partners, kept over a restart: the SQLite file parley.db in the
 * state directory, written by a thread of its own.
 *
 * Holds assoc_records (agreements, states, history, flags, ids of N32-f contexts) and no key
 * material.  Nobody who negotiates ever waits for the disk: a change only marks the association,
 * and the thread writes what is marked, 50 ms later, in one transaction.  What cannot be written is
 * said and tried again every second; the gateway goes on.
 *
 * A file that is damaged, another program's or of another version is set aside, at start or when it
 * shows later, and a new one is begun.  What was only in that file is lost: agreements are then
 * negotiated anew.  A single row that is not valid costs that partner only.  What the store knows -
 * what it has read or was told of since - it writes into a new file at once.
 */
#ifndef SEPP_STORE_H
#define SEPP_STORE_H

#include "base/base.h"
#include "sepp/association.h"
#include "sepp/state.h"

struct err;
struct store;

struct store_status {
	bool is_on;
	const char *why;    /* it is off, static; "" if it is on */
	bool is_failing;    /* the last attempt to read or write failed */
	char error[256];    /* and why; "" if it did not */
	char set_aside[64]; /* the last file that could not be used is now called this; "" = none */
	char aside_why[256]; /* and why it could not */
	uint64_t written;    /* records since the start */
	uint64_t failures;   /* attempts since the start */
	size_t n_loaded;     /* records that were there at start */
};

/*
 * Opens or makes parley.db in `state`, checks it, reads it, and starts the thread.  Borrows `state`
 * for the call, but its lock is held until store_close().  NULL `state`: nothing is kept, and every
 * call does nothing.  Whatever is wrong with the file, there is a store afterwards: status says
 * what; one that cannot be written for now - a full disk, a read-only one - is read and written
 * later; one that cannot be read either (locked, a failing disk) is written later, not read.
 * Returns NULL and fills `e` only when no thread can be started.  Control thread.
 */
struct store *store_open(const struct state *state, struct err *e) MUST_CHECK;

/* Writes what is marked, ends the thread.  No association may call it any more.  NULL is allowed.
 */
void store_close(struct store *s);

/*
 * Whether the gateway before this one was cut off: what happened in its last moments - 50 ms, and a
 * write - is then not in the file.
 */
bool store_was_interrupted(const struct store *s);

/*
 * What there was at start about the partner of that name, once: false the second time, and after a
 * change.  Control thread.
 */
bool store_take(struct store *s, const char *name, struct assoc_record *out) MUST_CHECK;

/*
 * An assoc_changed_fn; `arg` is the store.  From any thread.  Takes a reference, until the name is
 * forgotten, another association has it, or the end.
 */
void store_on_change(void *arg, struct association *a);

/*
 * The partner is gone: so is what is known of it, and what is marked but not written.  A later
 * change is written again; whoever takes a partner back calls store_on_change().  Copies `name`.
 */
void store_forget(struct store *s, const char *name);

/*
 * From any thread: waits until what was changed or forgotten before is on the disk, without the
 * usual delay; false after `limit`.
 */
bool store_flush(struct store *s, msec limit);

/* From any thread. */
void store_status(struct store *s, struct store_status *out);

#endif
