/* SPDX-License-Identifier: MIT */
/*
 * json_pen.h - a JSON object written straight into memory of the caller, member by member.
 *
 * For records that a worker writes for each decision: json_out needs four times as long.  Nothing
 * is allocated.  What does not fit is said once, at the end; until then the calls go on and write
 * nothing.  Where a `name` is wanted it is the key of a member, static ASCII without anything to
 * escape; NULL for an element of an array and for the outermost object.
 */
#ifndef N32_JSON_PEN_H
#define N32_JSON_PEN_H

#include "base/base.h"
#include "base/str.h"

struct json_pen {
	char *start, *at, *end;
	bool is_full;
};

/* Writes to the `size` bytes at `to`, borrowed. */
void json_pen_start(struct json_pen *p, char *to, size_t size);

void json_pen_open(struct json_pen *p, const char *name, char bracket); /* '{' or '[' */
void json_pen_close(struct json_pen *p, char bracket);                  /* '}' or ']' */

/* The comma and the name of a value that the caller writes to `at` itself. */
void json_pen_name(struct json_pen *p, const char *name);

/* A string; what is not UTF-8 is written as str_escape() does, cut at 2 KiB. */
void json_pen_text(struct json_pen *p, const char *name, struct str text);

/* The same of a C string, or nothing at all if it is NULL or empty. */
void json_pen_some(struct json_pen *p, const char *name, const char *text);

void json_pen_bool(struct json_pen *p, const char *name, bool value);
void json_pen_integer(struct json_pen *p, const char *name, int64_t value);

/* How many bytes were written; 0 if they did not fit. */
size_t json_pen_end(const struct json_pen *p);

#endif
