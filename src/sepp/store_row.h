/* SPDX-License-Identifier: MIT */
/*
 * store_row.h - the columns of parley.db, and what is accepted in them.
 *
 * The columns of `partner` are one table in store_row.c: whoever changes it changes STORE_VERSION
 * as well.  Values are written as an operator reads them in a shell, and nothing that is read is
 * believed: enumerations by their names, lengths, letters and ranges as the program itself makes
 * them.  Knows no transactions.
 */
#ifndef SEPP_STORE_ROW_H
#define SEPP_STORE_ROW_H

#include "base/base.h"
#include "base/buf.h"
#include "sepp/association.h"

struct sqlite3_stmt;

enum store_row_form {
	STORE_ROW_NAMES,  /* name, state_in, ... */
	STORE_ROW_TYPES,  /* name TEXT NOT NULL PRIMARY KEY, ... */
	STORE_ROW_VALUES, /* ?, ?, ... */
	STORE_ROW_CHANGES /* state_in = excluded.state_in, ...: all but the name */
};

/* Appends the columns of `partner`. */
void store_row_print(struct buf *sql, enum store_row_form form);

/* Binds all columns of `r`, from 1 on; borrows it until the statement is reset. */
void store_row_bind(struct sqlite3_stmt *st, const struct assoc_record *r);

/* One value; positions begin with 1.  Borrows `text` until the statement is reset. */
void store_row_bind_text(struct sqlite3_stmt *st, int at, const char *text);
void store_row_bind_number(struct sqlite3_stmt *st, int at, int64_t n);

/* Reads all columns into `r`.  Returns NULL, or the name of one that is not valid.  Static. */
const char *store_row_take(struct sqlite3_stmt *st, struct assoc_record *r) MUST_CHECK;

/* Adds a flag, name, or a context, own and peer.  False if it is not valid or one too many. */
bool store_row_take_flag(struct sqlite3_stmt *st, struct assoc_record *r) MUST_CHECK;
bool store_row_take_context(struct sqlite3_stmt *st, struct assoc_record *r) MUST_CHECK;

/* Whether the states go together, and with what was agreed. */
bool store_row_is_sound(const struct assoc_record *r) MUST_CHECK;

#endif
