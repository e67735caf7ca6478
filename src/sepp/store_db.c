/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/store_db.h"
#include "sepp/store_row.h"

enum {
	SQL_MAX = 4096,
	BUSY_MSEC = 1000, /* somebody with a shell writes */
};

enum statement {
	BEGIN,
	COMMIT,
	WRITE,
	FORGET,
	FORGET_FLAGS,
	FORGET_CONTEXTS,
	ADD_FLAG,
	ADD_CONTEXT,
	READ,
	READ_FLAGS,
	READ_CONTEXTS,
	STATEMENTS
};

struct store_db {
	sqlite3 *sql;
	sqlite3_stmt *statements[STATEMENTS];
};

/* --- failures */

static bool is_unusable(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_SCHEMA:     /* whatever follows is about tables that are not ours: */
	case SQLITE_ERROR:      /* a table or a column is not there */
	case SQLITE_CONSTRAINT: /* or there is one more */
	case SQLITE_MISMATCH:
		return true;
	default:
		return false;
	}
}

/* The number tells an I/O error from another: https://sqlite.org/rescode.html */
static int fail(struct store_db *db, const char *what, struct err *e)
{
	int code = sqlite3_extended_errcode(db->sql), why = sqlite3_system_errno(db->sql);
	bool has_why = why && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);

	return err_set(e, is_unusable(code) ? ERR_SYNTAX : ERR_SYS, "%s: %s (%d)%s%s", what,
	    sqlite3_errmsg(db->sql), code, has_why ? ": " : "", has_why ? strerror(why) : "");
}

static int exec(struct store_db *db, const char *sql, const char *what, struct err *e)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) ? fail(db, what, e) : 0;
}

/* The first value of the first row, as text, cut to `size`. */
static int ask(struct store_db *db, const char *sql, char *out, size_t size, struct err *e)
{
	static const char what[] = "cannot be read";
	sqlite3_stmt *st;
	int rc = 0;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL))
		return fail(db, what, e);
	if (sqlite3_step(st) == SQLITE_ROW)
		(void)str_copy(out, size, str_of((const char *)sqlite3_column_text(st, 0)));
	else
		rc = fail(db, what, e);
	sqlite3_finalize(st);
	return rc;
}

/* --- opening */

enum {
	NUMBER_MAX = 24, /* bytes of a number as text */
};

/* What a file is to us. */
enum likeness {
	OURS,
	BLANK, /* nobody's yet */
	OLD    /* ours, of version 1 */
};

static int identify(struct store_db *db, enum likeness *likeness, struct err *e)
{
	char application[NUMBER_MAX], version[NUMBER_MAX], tables[NUMBER_MAX], ours[NUMBER_MAX];
	int newer;

	if (ask(db, "PRAGMA application_id", application, sizeof(application), e) ||
	    ask(db, "PRAGMA user_version", version, sizeof(version), e) ||
	    ask(db, "SELECT count(*) FROM sqlite_schema", tables, sizeof(tables), e))
		return e->code;
	*likeness = OURS;
	if (strcmp(application, "0") == 0 && strcmp(version, "0") == 0 &&
	    strcmp(tables, "0") == 0) {
		*likeness = BLANK;
		return 0;
	}
	snprintf(ours, sizeof(ours), "%d", STORE_APPLICATION);
	if (strcmp(application, ours) != 0)
		return err_set(e, ERR_SYNTAX,
		    "belongs to another program: its application_id is %s", application);
	snprintf(ours, sizeof(ours), "%d", STORE_VERSION);
	if (strcmp(version, "1") == 0)
		*likeness = OLD;
	if (strcmp(version, ours) == 0 || *likeness == OLD)
		return 0;
	newer = version[0] != '-' && strcmp(version, "0") != 0;
	return err_set(e, ERR_SYNTAX, "is of the %sversion %s, this parleyd knows %s",
	    newer ? "newer " : "", version, ours);
}

static int check(struct store_db *db, struct err *e)
{
	static const char head[] = "*** in database main ***\n";
	char said[200], shown[256];
	const char *at = said;

	if (ask(db, "PRAGMA integrity_check(1)", said, sizeof(said), e))
		return e->code;
	if (strcmp(said, "ok") == 0)
		return 0;
	if (str_starts(str_of(said), head))
		at += sizeof(head) - 1;
	return err_set(
	    e, ERR_SYNTAX, "is damaged: %s", str_escape(shown, sizeof(shown), str_of(at)));
}

static int make_tables(struct store_db *db, struct err *e)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	rc = buf_addf(&sql, "BEGIN IMMEDIATE; CREATE TABLE partner (");
	store_row_print(&sql, STORE_ROW_TYPES);
	rc |= buf_addf(&sql,
	    ") STRICT;"
	    "CREATE TABLE flag (partner TEXT NOT NULL, position INTEGER NOT NULL,"
	    " name TEXT NOT NULL, PRIMARY KEY (partner, position)) STRICT, WITHOUT ROWID;"
	    "CREATE TABLE context (partner TEXT NOT NULL, position INTEGER NOT NULL,"
	    " own TEXT NOT NULL, peer TEXT NOT NULL, ours INTEGER NOT NULL,"
	    " PRIMARY KEY (partner, position))"
	    " STRICT, WITHOUT ROWID;"
	    "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
	    STORE_APPLICATION, STORE_VERSION);
	ensure(rc == 0);
	rc = exec(db, sql.data, "cannot make the tables", e);
	buf_release(&sql);
	return rc;
}

/* Version 1 did not know whose certificate an agreement was made with. */
static int add_columns(struct store_db *db, struct err *e)
{
	static const char sql[] =
	    "BEGIN IMMEDIATE;"
	    "ALTER TABLE partner ADD COLUMN certificate_issuer TEXT NOT NULL DEFAULT '';"
	    "ALTER TABLE partner ADD COLUMN certificate_key TEXT NOT NULL DEFAULT '';"
	    "ALTER TABLE partner ADD COLUMN certificate_not_after INTEGER NOT NULL DEFAULT 0;"
	    "PRAGMA user_version = 2; COMMIT";

	return exec(db, sql, "cannot be brought from version 1 to 2", e);
}

/* How it is written: each commit is on the disk before anybody is told. */
static int set_manner(struct store_db *db, struct err *e)
{
	char mode[16];

	if (ask(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode), e))
		return e->code;
	if (strcmp(mode, "wal") != 0)
		return err_set(e, ERR_SYS, "cannot have a write-ahead log");
	return exec(db,
	    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 1048576;"
	    "PRAGMA trusted_schema = OFF",
	    "cannot be set up", e);
}

/* What names all columns.  A row that is there keeps its place: its index need not be written. */
static void print_long(struct buf *sql, enum statement which)
{
	int rc = buf_addf(sql, which == WRITE ? "INSERT INTO partner (" : "SELECT ");

	store_row_print(sql, STORE_ROW_NAMES);
	if (which == WRITE) {
		rc |= buf_addf(sql, ") VALUES (");
		store_row_print(sql, STORE_ROW_VALUES);
		rc |= buf_addf(sql, ") ON CONFLICT (name) DO UPDATE SET ");
		store_row_print(sql, STORE_ROW_CHANGES);
	} else {
		rc |= buf_addf(sql, " FROM partner ORDER BY name");
	}
	ensure(rc == 0);
}

static int prepare(struct store_db *db, struct err *e)
{
	static const char *const texts[STATEMENTS] = {
		[BEGIN] = "BEGIN IMMEDIATE",
		[COMMIT] = "COMMIT",
		[FORGET] = "DELETE FROM partner WHERE name = ?",
		[FORGET_FLAGS] = "DELETE FROM flag WHERE partner = ?",
		[FORGET_CONTEXTS] = "DELETE FROM context WHERE partner = ?",
		[ADD_FLAG] = "INSERT INTO flag (partner, position, name) VALUES (?, ?, ?)",
		[ADD_CONTEXT] =
		    "INSERT INTO context (partner, position, own, peer, ours) VALUES (?, ?, ?, ?, ?)",
		[READ_FLAGS] = "SELECT name FROM flag WHERE partner = ? ORDER BY position",
		[READ_CONTEXTS] =
		    "SELECT own, peer, ours FROM context WHERE partner = ? ORDER BY position",
	};
	struct buf sql;
	int rc = 0;

	buf_init(&sql, SQL_MAX);
	for (int i = 0; i < STATEMENTS && rc == 0; i++) {
		buf_reset(&sql);
		if (!texts[i])
			print_long(&sql, (enum statement)i);
		if (sqlite3_prepare_v3(db->sql, texts[i] ? texts[i] : sql.data, -1,
			SQLITE_PREPARE_PERSISTENT, &db->statements[i], NULL))
			rc = fail(db, "has other tables", e);
	}
	buf_release(&sql);
	return rc;
}

static int open_file(struct store_db *db, const char *name, int flags, struct err *e)
{
	int rc = sqlite3_open_v2(
	    name, &db->sql, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (!db->sql)
		mem_exhausted(sizeof(*db));
	if (rc)
		return fail(db, "cannot be opened", e);
	sqlite3_busy_timeout(db->sql, BUSY_MSEC);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* which SQLite would say with the first write */
	if ((flags & SQLITE_OPEN_READWRITE) && sqlite3_db_readonly(db->sql, "main") == 1)
		return err_set(e, ERR_SYS, "cannot be written: the disk or the file is read-only");
	return 0;
}

struct store_db *store_db_open(const char *path, struct err *e)
{
	struct store_db *db = mem_alloc(sizeof(*db));
	enum likeness likeness = OURS;

	if (open_file(db, path, SQLITE_OPEN_READWRITE, e) || identify(db, &likeness, e) ||
	    (likeness != BLANK && check(db, e)) || set_manner(db, e) ||
	    (likeness == BLANK && make_tables(db, e)) || (likeness == OLD && add_columns(db, e)) ||
	    prepare(db, e)) {
		store_db_close(db);
		return NULL;
	}
	return db;
}

/* As a URI (RFC 3986 3.3) with a query. */
static void print_uri(struct buf *out, const char *path, const char *query)
{
	int rc = buf_addf(out, "file:");

	for (; *path; path++)
		rc |= buf_addf(out, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
	rc |= buf_addf(out, "?%s", query);
	ensure(rc == 0);
}

struct store_db *store_db_open_to_read(const char *path, bool has_log, struct err *e)
{
	struct store_db *db = mem_alloc(sizeof(*db));
	enum likeness likeness = OURS;
	struct buf uri;
	int rc;

	buf_init(&uri, 3 * strlen(path) + SQL_MAX);
	/* without a log SQLite would make one, unless nobody can change the file */
	print_uri(&uri, path, has_log ? "mode=ro" : "immutable=1");
	rc = open_file(db, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, e);
	buf_release(&uri);
	if (rc || identify(db, &likeness, e) || check(db, e) || prepare(db, e)) {
		store_db_close(db);
		return NULL;
	}
	return db;
}

void store_db_close(struct store_db *db)
{
	if (!db)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	ensure(sqlite3_close(db->sql) == SQLITE_OK); /* every statement is finalised */
	mem_free(db);
}

bool store_db_has_moved(struct store_db *db)
{
	int moved = 0;

	return sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

/* --- writing */

/* Runs it to its end; its values are then free again. */
static int run(struct store_db *db, enum statement which, struct err *e)
{
	sqlite3_stmt *st = db->statements[which];
	int rc = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(db, "cannot be written", e);

	(void)sqlite3_reset(st); /* says the same again */
	(void)sqlite3_clear_bindings(st);
	return rc;
}

static int forget_from(struct store_db *db, enum statement which, const char *name, struct err *e)
{
	store_row_bind_text(db->statements[which], 1, name);
	return run(db, which, e);
}

static int add_lists(struct store_db *db, const struct assoc_record *r, struct err *e)
{
	sqlite3_stmt *flag = db->statements[ADD_FLAG], *context = db->statements[ADD_CONTEXT];
	int rc = 0;

	for (size_t i = 0; i < r->n_flags && rc == 0; i++) {
		store_row_bind_text(flag, 1, r->name);
		store_row_bind_number(flag, 2, (int64_t)i);
		store_row_bind_text(flag, 3, r->flags[i]);
		rc = run(db, ADD_FLAG, e);
	}
	for (size_t i = 0; i < r->n_contexts && rc == 0; i++) {
		store_row_bind_text(context, 1, r->name);
		store_row_bind_number(context, 2, (int64_t)i);
		store_row_bind_text(context, 3, r->contexts[i].own);
		store_row_bind_text(context, 4, r->contexts[i].peer);
		store_row_bind_number(context, 5, r->contexts[i].is_ours);
		rc = run(db, ADD_CONTEXT, e);
	}
	return rc;
}

int store_db_begin(struct store_db *db, struct err *e)
{
	return run(db, BEGIN, e);
}

int store_db_write(struct store_db *db, const struct assoc_record *r, struct err *e)
{
	int rc;

	store_row_bind(db->statements[WRITE], r);
	rc = run(db, WRITE, e);
	if (rc == 0)
		rc = forget_from(db, FORGET_FLAGS, r->name, e);
	if (rc == 0)
		rc = forget_from(db, FORGET_CONTEXTS, r->name, e);
	return rc ? rc : add_lists(db, r, e);
}

int store_db_forget(struct store_db *db, const char *name, struct err *e)
{
	int rc = forget_from(db, FORGET, name, e);

	if (rc == 0)
		rc = forget_from(db, FORGET_FLAGS, name, e);
	return rc ? rc : forget_from(db, FORGET_CONTEXTS, name, e);
}

int store_db_commit(struct store_db *db, struct err *e)
{
	return run(db, COMMIT, e);
}

/* --- reading */

/* Steps to the next row: 1; 0 at the end. */
static int next_row(struct store_db *db, enum statement which, struct err *e)
{
	int rc = sqlite3_step(db->statements[which]);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(db, "cannot be read", e);
}

/* Takes each row of a list of the record; `*why` is `what` if one is not valid. */
static int read_list(struct store_db *db, enum statement which,
    bool (*take)(struct sqlite3_stmt *st, struct assoc_record *r), struct assoc_record *r,
    const char *what, const char **why, struct err *e)
{
	sqlite3_stmt *st = db->statements[which];
	int rc;

	store_row_bind_text(st, 1, r->name);
	while ((rc = next_row(db, which, e)) == 1) {
		if (!take(st, r))
			*why = what;
	}
	(void)sqlite3_reset(st); /* says the same again */
	return rc;
}

/* The row that READ is at; `*why` stays NULL if it is valid. */
static int read_record(struct store_db *db, struct assoc_record *r, const char **why, struct err *e)
{
	int rc;

	memset(r, 0, sizeof(*r));
	*why = store_row_take(db->statements[READ], r);
	if (*why)
		return 0;
	rc = read_list(db, READ_FLAGS, store_row_take_flag, r, "flag", why, e);
	if (rc == 0)
		rc = read_list(db, READ_CONTEXTS, store_row_take_context, r, "context", why, e);
	if (rc == 0 && !*why && !store_row_is_sound(r))
		*why = "capability";
	return rc;
}

static void warn_of_row(struct store_db *db, const char *why)
{
	char text[160];
	struct str name = str_of((const char *)sqlite3_column_text(db->statements[READ], 0));

	log_warn(LOG_SEPP, "-",
	    "store has a row that is not valid, the partner begins anew name='%s' column=%s",
	    str_escape(text, sizeof(text), name), why);
}

int store_db_read(struct store_db *db, store_db_record_fn *fn, void *arg, struct err *e)
{
	struct assoc_record r;
	const char *why;
	int rc;

	while ((rc = next_row(db, READ, e)) == 1) {
		rc = read_record(db, &r, &why, e);
		if (rc)
			break;
		if (why)
			warn_of_row(db, why);
		else
			fn(arg, &r);
	}
	(void)sqlite3_reset(db->statements[READ]); /* says the same again */
	return rc;
}
