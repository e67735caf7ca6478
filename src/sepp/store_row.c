/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <sqlite3.h>
#include <string.h>

#include "base/str.h"
#include "n32/name.h"
#include "sepp/machine.h"
#include "sepp/store_row.h"

/* 9999-12-31T23:59:59Z: later than that is no time */
#define TIME_MAX INT64_C(253402300799)

#define WORDS    "abcdefghijklmnopqrstuvwxyz0123456789-_"

/* What a column holds, and so what is accepted when it is read. */
enum kind {
	KIND_NAME, /* texts: of a partner */
	KIND_WORDS,
	KIND_HEX,
	KIND_FQDN,
	KIND_STATE,
	KIND_CAP,
	KIND_WAY,
	KIND_TIME, /* numbers: seconds since 1970 */
	KIND_COUNT,
	KIND_BITS64, /* the highest bit is the sign */
	KIND_PURPOSES,
	KIND_PORT,
	KIND_BOOL,
};

struct column {
	const char *name;
	enum kind kind;
	size_t at, size; /* in a record */
};

#define AT(member)                                                                                 \
	offsetof(struct assoc_record, member), sizeof(((struct assoc_record *)NULL)->member)

/* clang-format off */
static const struct column columns[] = {
	{ "name", KIND_NAME, AT(name) },
	{ "state_in", KIND_STATE, AT(ways[ASSOC_IN].state) },
	{ "since_in", KIND_TIME, AT(ways[ASSOC_IN].since_s) },
	{ "next_in", KIND_TIME, AT(ways[ASSOC_IN].next_s) },
	{ "reason_in", KIND_WORDS, AT(ways[ASSOC_IN].reason) },
	{ "place_in", KIND_WORDS, AT(ways[ASSOC_IN].place) },
	{ "state_out", KIND_STATE, AT(ways[ASSOC_OUT].state) },
	{ "since_out", KIND_TIME, AT(ways[ASSOC_OUT].since_s) },
	{ "next_out", KIND_TIME, AT(ways[ASSOC_OUT].next_s) },
	{ "reason_out", KIND_WORDS, AT(ways[ASSOC_OUT].reason) },
	{ "place_out", KIND_WORDS, AT(ways[ASSOC_OUT].place) },
	{ "capability", KIND_CAP, AT(agreement.cap) },
	{ "agreed_at", KIND_TIME, AT(agreement.at_s) },
	{ "asked_by", KIND_WAY, AT(agreement.way) },
	{ "target_api_root", KIND_BOOL, AT(agreement.target_api_root) },
	{ "features", KIND_BITS64, AT(agreement.features) },
	{ "purposes", KIND_PURPOSES, AT(agreement.purposes) },
	{ "n32f_fqdn", KIND_FQDN, AT(agreement.n32f_fqdn.text) },
	{ "n32f_port", KIND_PORT, AT(agreement.n32f_port) },
	{ "fingerprint", KIND_HEX, AT(agreement.fingerprint) },
	{ "offer", KIND_BITS64, AT(agreement.offer) },
	{ "previous_fingerprint", KIND_HEX, AT(previous_fingerprint) },
	{ "failed_at", KIND_TIME, AT(failed_s) },
	{ "failure", KIND_WORDS, AT(failure) },
	{ "attempts", KIND_COUNT, AT(attempts) },
	{ "failures", KIND_COUNT, AT(failures) },
	{ "errors_in", KIND_COUNT, AT(errors_in) },
	{ "errors_out", KIND_COUNT, AT(errors_out) },
	{ "certificate_issuer", KIND_WORDS, AT(agreement.issuer) }, /* from version 2 on */
	{ "certificate_key", KIND_WORDS, AT(agreement.key) },
	{ "certificate_not_after", KIND_TIME, AT(agreement.not_after_s) },
};
/* clang-format on */

static bool is_text(enum kind kind)
{
	return kind < KIND_TIME;
}

/* --- SQL */

void store_row_print(struct buf *sql, enum store_row_form form)
{
	const char *between = "";
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct column *c = &columns[i];

		if (form == STORE_ROW_CHANGES && c->kind == KIND_NAME)
			continue;
		rc |= buf_addf(sql, "%s%s", between, form == STORE_ROW_VALUES ? "?" : c->name);
		between = ", ";
		if (form == STORE_ROW_TYPES)
			rc |= buf_addf(sql, " %s NOT NULL%s", is_text(c->kind) ? "TEXT" : "INTEGER",
			    c->kind == KIND_NAME ? " PRIMARY KEY" : "");
		if (form == STORE_ROW_CHANGES)
			rc |= buf_addf(sql, " = excluded.%s", c->name);
	}
	ensure(rc == 0);
}

/* --- writing */

/* Binding cannot fail but for a bug. */
void store_row_bind_text(struct sqlite3_stmt *st, int at, const char *text)
{
	ensure(sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC) == SQLITE_OK);
}

void store_row_bind_number(struct sqlite3_stmt *st, int at, int64_t n)
{
	ensure(sqlite3_bind_int64(st, at, n) == SQLITE_OK);
}

static const char *print_text(enum kind kind, const void *value)
{
	enum n32_cap cap;

	switch (kind) {
	case KIND_STATE:
		return machine_state_name(*(const enum machine_state *)value);
	case KIND_CAP:
		cap = *(const enum n32_cap *)value;
		return cap == N32_CAP_UNKNOWN ? "" : n32_cap_name(cap);
	case KIND_WAY:
		return *(const enum assoc_way *)value == ASSOC_IN ? "in" : "out";
	default:
		return value;
	}
}

static int64_t number_of(enum kind kind, const void *value)
{
	switch (kind) {
	case KIND_PURPOSES:
		return *(const uint32_t *)value;
	case KIND_PORT:
		return *(const uint16_t *)value;
	case KIND_BOOL:
		return *(const bool *)value;
	case KIND_COUNT:
	case KIND_BITS64:
		return (int64_t) * (const uint64_t *)value;
	default:
		return *(const int64_t *)value;
	}
}

void store_row_bind(struct sqlite3_stmt *st, const struct assoc_record *r)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct column *c = &columns[i];
		const void *value = (const char *)r + c->at;

		if (is_text(c->kind))
			store_row_bind_text(st, (int)i + 1, print_text(c->kind, value));
		else
			store_row_bind_number(st, (int)i + 1, number_of(c->kind, value));
	}
}

/* --- reading */

/* Whether the value, of which there is no NUL within, fits. */
static bool take_text(sqlite3_stmt *st, int at, char *out, size_t size)
{
	struct str text = { (const char *)sqlite3_column_text(st, at), 0 };

	text.n = (size_t)sqlite3_column_bytes(st, at);
	return sqlite3_column_type(st, at) == SQLITE_TEXT && text.p &&
	       !memchr(text.p, '\0', text.n) && str_copy(out, size, text);
}

static bool take_number(sqlite3_stmt *st, int at, int64_t min, int64_t max, int64_t *out)
{
	*out = sqlite3_column_int64(st, at);
	return sqlite3_column_type(st, at) == SQLITE_INTEGER && *out >= min && *out <= max;
}

static bool is_of(const char *text, const char *letters)
{
	return text[strspn(text, letters)] == '\0';
}

static bool is_hex(const char *text)
{
	return is_of(text, "0123456789abcdef");
}

/* TS 29.573 6.1.5.2.5 has 16 digits of either case. */
static bool is_context_id(const char *text)
{
	return is_of(text, "0123456789abcdefABCDEF");
}

static bool is_fqdn(const char *text)
{
	struct n32_fqdn name;

	return text[0] == '\0' || (n32_fqdn_parse(&name, str_of(text), false, NULL) == 0 &&
				      strcmp(name.text, text) == 0);
}

static bool parse_cap(const char *text, enum n32_cap *out)
{
	*out = n32_cap_parse(str_of(text));
	return text[0] == '\0' || *out == N32_CAP_TLS || *out == N32_CAP_PRINS;
}

static bool parse_way(const char *text, enum assoc_way *out)
{
	*out = strcmp(text, "in") == 0 ? ASSOC_IN : ASSOC_OUT;
	return *out == ASSOC_IN || strcmp(text, "out") == 0;
}

static bool take_text_column(sqlite3_stmt *st, int at, const struct column *c, void *out)
{
	char text[32] = "";
	bool is_enum = c->kind == KIND_STATE || c->kind == KIND_CAP || c->kind == KIND_WAY;

	if (!take_text(st, at, is_enum ? text : out, is_enum ? sizeof(text) : c->size))
		return false;
	switch (c->kind) {
	case KIND_NAME:
		return is_of(out, WORDS ".") && !strchr("-_.", *(const char *)out);
	case KIND_HEX:
		return is_hex(out);
	case KIND_FQDN:
		return is_fqdn(out);
	case KIND_STATE:
		return machine_state_parse(text, out);
	case KIND_CAP:
		return parse_cap(text, out);
	case KIND_WAY:
		return parse_way(text, out);
	default:
		return true;
	}
}

static bool take_number_column(sqlite3_stmt *st, int at, const struct column *c, void *out)
{
	static const int64_t most[] = {
		[KIND_TIME] = TIME_MAX,
		[KIND_COUNT] = INT64_MAX,
		[KIND_BITS64] = INT64_MAX,
		[KIND_PURPOSES] = (INT64_C(1) << N32_PURPOSES) - 1,
		[KIND_PORT] = UINT16_MAX,
		[KIND_BOOL] = 1,
	};
	int64_t n;

	if (!take_number(st, at, c->kind == KIND_BITS64 ? INT64_MIN : 0, most[c->kind], &n))
		return false;
	switch (c->kind) {
	case KIND_PURPOSES:
		*(uint32_t *)out = (uint32_t)n;
		break;
	case KIND_PORT:
		*(uint16_t *)out = (uint16_t)n;
		break;
	case KIND_BOOL:
		*(bool *)out = n != 0;
		break;
	case KIND_COUNT:
	case KIND_BITS64:
		*(uint64_t *)out = (uint64_t)n;
		break;
	default:
		*(int64_t *)out = n;
	}
	return true;
}

const char *store_row_take(struct sqlite3_stmt *st, struct assoc_record *r)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct column *c = &columns[i];
		void *out = (char *)r + c->at;

		if (is_text(c->kind) ? !take_text_column(st, (int)i, c, out)
				     : !take_number_column(st, (int)i, c, out))
			return c->name;
	}
	return NULL;
}

bool store_row_take_flag(struct sqlite3_stmt *st, struct assoc_record *r)
{
	char *flag = r->flags[r->n_flags];

	if (r->n_flags == ASSOC_FLAGS_MAX || !take_text(st, 0, flag, sizeof(r->flags[0])) ||
	    flag[0] == '\0' || !is_of(flag, WORDS))
		return false;
	for (size_t i = 0; i < r->n_flags; i++) {
		if (strcmp(r->flags[i], flag) == 0)
			return false;
	}
	r->n_flags++;
	return true;
}

bool store_row_take_context(struct sqlite3_stmt *st, struct assoc_record *r)
{
	struct assoc_context *c = &r->contexts[r->n_contexts];
	int64_t ours;

	if (r->n_contexts == ASSOC_CONTEXTS_MAX || !take_text(st, 0, c->own, sizeof(c->own)) ||
	    !take_text(st, 1, c->peer, sizeof(c->peer)) || !is_context_id(c->own) ||
	    !is_context_id(c->peer) || !take_number(st, 2, 0, 1, &ours))
		return false;
	c->is_ours = ours != 0;
	r->n_contexts++;
	return true;
}

/* Whether what was agreed on is what the state stands for. */
static bool fits(enum machine_state state, enum n32_cap cap)
{
	switch (state) {
	case MACHINE_AGREED_TLS:
		return cap == N32_CAP_TLS;
	case MACHINE_AGREED_PRINS:
	case MACHINE_EXCHANGING_PARAMS:
	case MACHINE_ESTABLISHED:
		return cap == N32_CAP_PRINS;
	default:
		return !machine_is_open(state) || cap != N32_CAP_UNKNOWN;
	}
}

bool store_row_is_sound(const struct assoc_record *r)
{
	enum machine_state in = r->ways[ASSOC_IN].state, out = r->ways[ASSOC_OUT].state;

	return fits(in, r->agreement.cap) && fits(out, r->agreement.cap) &&
	       machine_is_open(in) == machine_is_open(out) &&
	       (in == MACHINE_DISABLED) == (out == MACHINE_DISABLED);
}
