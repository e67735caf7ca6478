/* SPDX-License-Identifier: MIT */
/*
 * json_scan.h - what has to be right about a body before yajl sees it.
 *
 * yajl is fast and a little lenient: it takes overlong UTF-8, replaces half a surrogate pair by a
 * question mark, knows more white space than RFC 8259 and overlooks a string without an end behind
 * the object.  One pass over the bytes refuses all that.  It also bounds what the parser will need,
 * so that the parser itself cannot run out of anything.  Pure functions of the bytes.
 */
#ifndef N32_JSON_SCAN_H
#define N32_JSON_SCAN_H

#include "base/base.h"
#include "base/str.h"

enum {
	N32_JSON_DEPTH_MAX = 16, /* the types need four; unknown attributes may use the rest */
	N32_JSON_ESCAPED_MAX = 1 << 16 /* bytes of all strings that hold an escape */
};

/*
 * Why `body` cannot be an object in JSON, in static words; NULL if it may be one.  Then its strings
 * are UTF-8 without U+0000, within the bounds above, the brackets are closed, and nothing but white
 * space is outside of them.  What is not JSON may be counted wrongly: the parser refuses it anyway.
 */
const char *n32_json_scan(struct str body) MUST_CHECK;

/* How many bytes at the start of `text` stand for themselves in a string: ASCII without quotes,
 * backslashes and controls. */
size_t n32_json_plain(struct str text);

/* RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. */
bool n32_json_is_utf8(struct str text);

/* The value of a hexadecimal digit, or 16. */
unsigned n32_json_hex_value(char c);

#endif
