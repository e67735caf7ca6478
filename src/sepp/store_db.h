/* SPDX-License-Identifier: MIT */
/*
 * store_db.h - the tables of parley.db: assoc_records in and out of SQLite.
 *
 * One row of `partner` for each, and its rows of `flag` and `context` in order; an operator may
 * read them in the sqlite3 shell at any time.  A row with a value that no association can have is
 * left out when it is read (store_row.h).
 *
 * Functions that fail return ERR_SYNTAX when the file cannot be used as it is - damaged, another's,
 * of another version - and ERR_SYS when it may be better later: locked, disk full.  After either
 * the only thing to do is to close: what was not committed is then as if it never was.  For one
 * thread at a time.
 */
#ifndef SEPP_STORE_DB_H
#define SEPP_STORE_DB_H

#include "base/base.h"
#include "sepp/association.h"

struct err;
struct store_db;

enum {
	STORE_VERSION = 2,              /* of the tables: PRAGMA user_version */
	STORE_APPLICATION = 0x5061726c, /* "Parl": PRAGMA application_id */
};

/*
 * Opens the file, which has to be there, checks all of it, makes the tables if it has none, and
 * adds the columns that an older version did not have. Returns NULL and fills `e` when that cannot
 * be done.
 */
struct store_db *store_db_open(const char *path, struct err *e) MUST_CHECK;

/*
 * The same without writing anything, for a file on a disk that is full or read-only: the only thing
 * to do with it is to read.  `has_log`: there is something in a write-ahead log beside it.
 */
struct store_db *store_db_open_to_read(const char *path, bool has_log, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void store_db_close(struct store_db *db);

/* Whether the file is not the one of that name any more: nobody would find what is written. */
bool store_db_has_moved(struct store_db *db);

typedef void store_db_record_fn(void *arg, const struct assoc_record *r);

/* Tells `fn` of every record, by name; warns of rows that are not valid. */
int store_db_read(struct store_db *db, store_db_record_fn *fn, void *arg, struct err *e) MUST_CHECK;

/* One transaction. */
int store_db_begin(struct store_db *db, struct err *e) MUST_CHECK;
int store_db_write(struct store_db *db, const struct assoc_record *r, struct err *e) MUST_CHECK;
int store_db_forget(struct store_db *db, const char *name, struct err *e) MUST_CHECK;

/* On the disk afterwards. */
int store_db_commit(struct store_db *db, struct err *e) MUST_CHECK;

#endif
