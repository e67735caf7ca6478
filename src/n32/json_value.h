/* SPDX-License-Identifier: MIT */
/*
 * json_value.h - one body as a tree of values (RFC 8259), for the codec of this folder.
 *
 * The tree lives in storage that each thread has once and uses again for each body: what
 * n32_json_parse() returned is valid until the thread's next call and as long as the body, which
 * text without escapes points into.  Nothing is allocated for a body.
 */
#ifndef N32_JSON_VALUE_H
#define N32_JSON_VALUE_H

#include "base/base.h"
#include "base/str.h"

enum {
	N32_JSON_VALUES_MAX = 16384, /* in one body */
	N32_JSON_MEMBERS_MAX = 256   /* in one object: each is compared with all before it */
};

enum json_type {
	N32_JSON_OBJECT,
	N32_JSON_ARRAY,
	N32_JSON_STRING,
	N32_JSON_INTEGER,
	N32_JSON_OTHER_NUMBER, /* with a fraction, an exponent, or beyond 64 bits */
	N32_JSON_TRUE,
	N32_JSON_FALSE,
	N32_JSON_NULL
};

struct json_value {
	enum json_type type;
	uint32_t n;                     /* members or elements */
	const struct json_value *first; /* of them */
	const struct json_value *next;  /* after this one in the same object or array */
	struct str key;                 /* of a member; decoded, as `text` is */
	struct str text;                /* of a STRING; as written of an OTHER_NUMBER; else empty */
	int64_t integer;                /* of an INTEGER; 0 for all others */
};

/*
 * The object that `body` is, borrowed from the thread; or NULL and, in `*why`, what is wrong in
 * static words.  Strict: UTF-8 and white space to the letter, no key twice in any object, no
 * U+0000, no half surrogate pairs, nothing after the object, and the bounds of json_scan.h.
 */
const struct json_value *n32_json_parse(struct str body, const char **why) MUST_CHECK;

/* The member of an object with that key, or NULL. */
const struct json_value *n32_json_find(const struct json_value *object, const char *name);

#endif
