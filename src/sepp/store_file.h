/* SPDX-License-Identifier: MIT */
/*
 * store_file.h - the file parley.db by its name: made with the right mode, set aside when it cannot
 * be used.
 *
 * Beside it SQLite keeps parley.db-wal and parley.db-shm, of the same mode.  They belong to that
 * one file and go where it goes; what they are next to another file would be applied to it.  All is
 * relative to the descriptor of the state directory, `dir`.  Nothing here may be called while the
 * file is open: to close a descriptor of it would end SQLite's locks.
 */
#ifndef SEPP_STORE_FILE_H
#define SEPP_STORE_FILE_H

#include "base/base.h"
#include "sepp/aside.h"

struct err;

#define STORE_FILE "parley.db"

enum {
	STORE_FILE_ASIDE_MAX = ASIDE_NAME_MAX,
	STORE_FILE_KEEP = 4, /* files that are set aside */
};

/*
 * Makes the file, empty and for its owner alone, if there is none; `*is_new` says so, also when it
 * fails.  ERR_SYNTAX: what is there cannot be used.  ERR_SYS: not now.
 */
int store_file_make(int dir, bool *is_new, struct err *e) MUST_CHECK;

/* Removes it if it is still empty, so that it is not taken for one that lost what it held. */
void store_file_unmake(int dir);

/* Whether whoever had it open last did not close it: what was asked for last may be missing. */
bool store_file_was_left_open(int dir);

/* Whether there is something in a log beside it, of whoever did not close it. */
bool store_file_has_log(int dir);

/* Removes what belonged to a file that is not there any more. */
void store_file_remove_rest(int dir);

/*
 * Renames it to "parley.db.broken-20260131T235959Z", into `out`, never over another, and removes
 * the oldest of those but STORE_FILE_KEEP.
 */
int store_file_set_aside(int dir, char out[STORE_FILE_ASIDE_MAX], struct err *e) MUST_CHECK;

#endif
