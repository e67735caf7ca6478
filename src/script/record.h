/* SPDX-License-Identifier: MIT */
/*
 * record.h - a decision as JSON: what a policy was told, and what it said.
 *
 * What is written is complete: a policy decides the same from what script_record_read() makes of a
 * recorded input.  The form is canonical: the same input gives the same bytes, also after it was
 * read back, and two answers are the same exactly if their records are.  The attributes of a
 * request or response are called what they are on the wire (TS 29.573 6.1.5).
 */
#ifndef SCRIPT_RECORD_H
#define SCRIPT_RECORD_H

#include "base/base.h"
#include "base/str.h"
#include "script/case.h"

struct err;

enum {
	SCRIPT_RECORD_MIN = 12 << 10, /* room in which each input of a connection fits, cut */
};

/*
 * Writes one object to the `size` bytes at `to` and returns its length.  If it would not fit its
 * lists are cut, and it says "truncated": true.  0 if even that is too long.
 */
size_t script_record_input(char *to, size_t size, const struct script_input *in);

/* The verdict and what belongs to it; not the reason, the place, the notes and the fuel. */
size_t script_record_answer(char *to, size_t size, const struct script_answer *answer);

/*
 * A recorded input, with everything that it points to.  The caller frees it with mem_free().
 * `*truncated` is whether lists of it were cut.  NULL, and in `e` the member and what is wrong with
 * it, if `json` is no such record.
 */
struct script_case *script_record_read(struct str json, bool *truncated, struct err *e) MUST_CHECK;

#endif
