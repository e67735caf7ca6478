/* SPDX-License-Identifier: MIT */
/*
 * Any values, of any type, in the columns of parley.db.  A row that is accepted is written and read
 * back the same, and an association takes it: both its directions are open or neither is.
 *
 * Each operation is one byte for a column and one for a type, and a value.
 */
#include "base/base.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buf.h"
#include "bytes.h"
#include "sepp/store_row.h"

enum {
	SQL_MAX = 4096,
	LISTED_MAX = 20, /* rows of a list: more than fit */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3 *db;
static sqlite3_stmt *row, *flag, *context;

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *st;

	ensure(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK);
	return st;
}

/* Statements whose results are what is bound to them. */
static void open_db(void)
{
	struct buf sql;

	ensure(sqlite3_open(":memory:", &db) == SQLITE_OK);
	buf_init(&sql, SQL_MAX);
	ensure(buf_addf(&sql, "SELECT ") == 0);
	store_row_print(&sql, STORE_ROW_VALUES);
	row = prepare(sql.data);
	buf_release(&sql);
	flag = prepare("SELECT ?");
	context = prepare("SELECT ?, ?, ?");
}

static void bind(sqlite3_stmt *st, int at, struct bytes *b)
{
	static const char *const words[] = { "", "idle", "established", "agreed_tls",
		"agreed_prins", "disabled", "renegotiating", "terminating", "TLS", "PRINS", "NONE",
		"in", "out", "sepp.example.org", "0123456789abcdef", "0123456789ABCDEF" };
	struct str text;
	int rc;

	switch (bytes_pick(b, 6)) {
	case 0:
		rc = sqlite3_bind_text(
		    st, at, words[bytes_pick(b, ARRAY_LEN(words))], -1, SQLITE_STATIC);
		break;
	case 1:
		rc = sqlite3_bind_int64(st, at, (int64_t)bytes_take(b) - 8);
		break;
	case 2:
		text = bytes_str(b);
		rc = sqlite3_bind_text(st, at, text.n ? text.p : "", (int)text.n, SQLITE_TRANSIENT);
		break;
	case 3:
		rc = sqlite3_bind_int64(st, at, (int64_t)bytes_number(b, 8));
		break;
	case 4:
		text = bytes_str(b);
		rc = sqlite3_bind_blob(st, at, text.p, (int)text.n, SQLITE_TRANSIENT);
		break;
	default:
		rc = bytes_take(b) % 2 ? sqlite3_bind_double(st, at, (double)bytes_take(b) / 7)
				       : sqlite3_bind_null(st, at);
	}
	ensure(rc == SQLITE_OK);
}

/* A row that is valid, to begin with. */
static void make_record(struct assoc_record *r)
{
	memset(r, 0, sizeof(*r));
	(void)str_copy(r->name, sizeof(r->name), str_of("example"));
	(void)str_copy(r->failure, sizeof(r->failure), str_of("no"));
	r->ways[ASSOC_IN].state = r->ways[ASSOC_OUT].state = MACHINE_AGREED_TLS;
	r->agreement.cap = N32_CAP_TLS;
	r->agreement.at_s = 1700000000;
}

static const char *take(struct assoc_record *out)
{
	const char *why;

	memset(out, 0, sizeof(*out));
	ensure(sqlite3_step(row) == SQLITE_ROW);
	why = store_row_take(row, out);
	ensure(sqlite3_reset(row) == SQLITE_OK);
	return why;
}

static void take_lists(struct assoc_record *out, struct bytes *b)
{
	for (unsigned n = bytes_pick(b, LISTED_MAX); n > 0; n--) {
		bind(flag, 1, b);
		ensure(sqlite3_step(flag) == SQLITE_ROW);
		(void)store_row_take_flag(flag, out); /* what is not valid is not taken */
		ensure(sqlite3_reset(flag) == SQLITE_OK);
	}
	for (unsigned n = bytes_pick(b, LISTED_MAX); n > 0; n--) {
		for (int i = 1; i <= 3; i++)
			bind(context, i, b);
		ensure(sqlite3_step(context) == SQLITE_ROW);
		(void)store_row_take_context(context, out);
		ensure(sqlite3_reset(context) == SQLITE_OK);
	}
	ensure(out->n_flags <= ASSOC_FLAGS_MAX && out->n_contexts <= ASSOC_CONTEXTS_MAX);
}

static void check_same(const struct assoc_record *r)
{
	static struct assoc_record again;

	store_row_bind(row, r);
	ensure(!take(&again));
	again.n_flags = r->n_flags;
	again.n_contexts = r->n_contexts;
	memcpy(again.flags, r->flags, sizeof(r->flags));
	memcpy(again.contexts, r->contexts, sizeof(r->contexts));
	ensure(memcmp(&again, r, sizeof(again)) == 0);
}

static void check_restored(const struct assoc_record *r)
{
	static struct assoc_record saved;
	struct association *a = assoc_new(r->name, 1);
	struct assoc_view v;

	assoc_restore(a, r);
	assoc_read(a, 1, &v);
	ensure(!machine_is_busy(v.ways[ASSOC_IN].state));
	ensure(!machine_is_busy(v.ways[ASSOC_OUT].state));
	assoc_save(a, &saved);
	ensure(store_row_is_sound(&saved));
	ensure(saved.n_contexts == 0 && saved.n_flags == r->n_flags);
	ensure(!machine_is_busy(saved.ways[ASSOC_IN].state));
	/* what was cut off is in doubt over another restart too */
	ensure(!machine_is_busy(saved.ways[ASSOC_OUT].state) ||
	       machine_is_busy(r->ways[ASSOC_OUT].state));
	/* what was in force still is, unless the end was under way */
	ensure(machine_is_open(saved.ways[ASSOC_IN].state) ==
	       machine_is_open(r->ways[ASSOC_IN].state));
	assoc_unref(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct assoc_record base, r;
	struct bytes b = { data, size };
	int n;

	if (!db)
		open_db();
	n = sqlite3_bind_parameter_count(row);
	make_record(&base);
	store_row_bind(row, &base); /* until the next one is */
	for (unsigned left = bytes_pick(&b, 8); left > 0; left--) {
		int at = 1 + (int)bytes_pick(&b, (unsigned)n);

		bind(row, at, &b);
	}
	if (!take(&r)) {
		take_lists(&r, &b);
		check_same(&r);
		if (store_row_is_sound(&r))
			check_restored(&r);
	}
	return 0;
}
