/* SPDX-License-Identifier: MIT */
/*
 * record_int.h - how record_read.c and record_wire.c take a recorded input apart.
 *
 * An object is a table of members; each has a reader that takes the value to its place in the case
 * or says what was expected.  A member that no table has is a mistake: whoever decides from less
 * than what was recorded decides something else.
 */
#ifndef SCRIPT_RECORD_INT_H
#define SCRIPT_RECORD_INT_H

#include "base/base.h"
#include "n32/json_value.h"
#include "script/record.h"

struct err;

struct reader {
	bool has_hook, is_truncated;
	struct err *e;
};

struct member;
/* A value to its place at `out`; a negative code when it is not what `m` wants. */
typedef int member_reader(
    struct reader *r, const struct member *m, const struct json_value *v, void *out);

struct member {
	const char *name;
	member_reader *read;
	size_t offset; /* in the struct of the table */
	size_t size;   /* of the text, or of one element */
	size_t max;    /* elements */
	size_t count;  /* offset of their number */
	const struct member *sub;
	size_t n_sub;
	member_reader *each; /* of one element */
};

#define AT(type, member)   .offset = offsetof(struct type, member)
#define TEXT(type, member) AT(type, member), .size = sizeof(((struct type *)0)->member)
#define SUB(table)         .read = record_read_object, .sub = table, .n_sub = ARRAY_LEN(table)
#define LIST(type, member, number, reader)                                                         \
	.read = record_read_list, AT(type, member), .size = sizeof(((struct type *)0)->member[0]), \
	.max = ARRAY_LEN(((struct type *)0)->member), .count = offsetof(struct type, number),      \
	.each = reader
#define FLAGGED(type, member, flag) AT(type, member), .count = offsetof(struct type, flag)

/* Says what was expected.  Returns a code. */
int record_unexpected(struct reader *r, const char *expected);

/* The members of the object `v` into the struct at `out` that `table` describes. */
int record_read_members(struct reader *r, const struct member *table, size_t n,
    const struct json_value *v, void *out) MUST_CHECK;

member_reader record_read_object, record_read_list, record_read_text, record_read_bool,
    record_read_u64;

/* An element of a list: a PLMN or SNPN as policies see it. */
member_reader record_read_plmn, record_read_snpn;

/* What a peer sent, by the names on the wire. */
member_reader record_read_request, record_read_response, record_read_params, record_read_report;

#endif
