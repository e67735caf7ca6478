/* SPDX-License-Identifier: MIT */
/*
 * json_int.h - the tables that json*.c decode by.
 *
 * A type of TS 29.573 6.1.5 is a table of attributes, as it is in the specification.  A reader
 * takes one JSON value to its place in a struct, and reports what is wrong with it instead of
 * failing, so that one pass finds every offence.
 */
#ifndef N32_JSON_INT_H
#define N32_JSON_INT_H

#include "base/base.h"
#include "n32/json.h"
#include "n32/json_value.h"
#include "n32/problem.h"

/* Where a value stands, from the inside out.  Becomes text only if something is wrong there. */
struct place {
	const struct place *up; /* NULL for an attribute of the body itself */
	const char *name;       /* NULL for an element of an array */
	size_t index;
};

struct decoder {
	bool strict_fqdn;
	bool in_mandatory; /* the attribute of the body that is being read is mandatory */
	bool missing;      /* a mandatory one was not there */
	bool incorrect;    /* a mandatory one was there and wrong */
	struct n32_problem *problem;
};

typedef void reader(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out);

/* One row of the table. */
struct attribute {
	const char *name;
	bool mandatory;
	reader *read;         /* of the value or, if `max` is set, of each element */
	size_t offset;        /* of the value or the array in the struct */
	size_t mark;          /* of its has_ flag or its count; 0 = none */
	size_t max, size;     /* arrays: elements that fit, bytes of one */
	const char *expected; /* arrays: what is said when the count is wrong */
};

#define VALUE(type, member)         .offset = offsetof(type, member)
#define FLAGGED(type, member, flag) .offset = offsetof(type, member), .mark = offsetof(type, flag)
#define ARRAY(type, member, count)                                                                 \
	.offset = offsetof(type, member), .mark = offsetof(type, count),                           \
	.max = ARRAY_LEN(((type *)0)->member), .size = sizeof(((type *)0)->member[0])

/*
 * Decodes `body` by the `n` rows of `table` into the struct at `out`, which the caller has reset.
 * Returns 0, or ERR_SYNTAX with `problem` filled as json.h says.
 */
int n32_json_decode(void *out, const struct attribute *table, size_t n, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;

/*
 * Reads the attributes that `table` names from `object`, which stands at `up` (NULL: the body),
 * into the struct at `out`.  What the table does not name is ignored (n32.md A.6 step 7).
 */
void n32_json_read_object(struct decoder *d, const struct place *up,
    const struct json_value *object, const struct attribute *table, size_t n, void *out);

/* Reads an array by a row of its own; only `name` and `mandatory` of it are not used. */
void n32_json_read_array(struct decoder *d, const struct place *at, const struct json_value *v,
    const struct attribute *a, void *out);

/* Says what is wrong with the value at `at`.  `reason` is static. */
void n32_json_offend(struct decoder *d, const struct place *at, const char *reason);

/*
 * Whether a value is the text of an extensible enumeration; if not, that is an offence.  Unknown
 * words are none.
 */
bool n32_json_read_word(struct decoder *d, const struct place *at, const struct json_value *v);

/* Readers: `out` is a bool, struct n32_fqdn, n32_cap_item, n32_plmn, n32_snpn or n32_usage. */
reader n32_json_read_bool, n32_json_read_fqdn, n32_json_read_cap, n32_json_read_plmn,
    n32_json_read_snpn, n32_json_read_usage;

/* `out` holds N32_INFO_MAX + 1 bytes. */
reader n32_json_read_info;

/* `out` is a uint64_t: the 64 lowest features. */
reader n32_json_read_features;

/* `out` is a uint16_t: a port, or the first of an array of ports. */
reader n32_json_read_port, n32_json_read_ports;

/* `out` is a struct n32_policy; a struct n32_providers, of the whole list. */
reader n32_json_read_policy, n32_json_read_providers;

/* C0, DELETE and, as UTF-8, C1: an escape brings them in, and they have no use in what we read. */
bool n32_json_has_control(struct str text);

/* Whether a value is a string of at most `max` bytes without any of them. */
bool n32_json_is_text(const struct json_value *v, size_t max);

bool n32_json_is_hex(struct str text);

/* Copies what fits, in whole characters. */
void n32_json_copy_cut(char *out, size_t size, struct str text);

#endif
