/* SPDX-License-Identifier: MIT */
/*
 * aside.h - files that were set aside in a directory, by a name that has their time in it.
 *
 * A form says what they are called: '#' is a digit, anything else itself.  Names of one form are of
 * one length and sort by their time.  No state, no locks; for any thread.
 */
#ifndef SEPP_ASIDE_H
#define SEPP_ASIDE_H

#include "base/base.h"

enum {
	ASIDE_NAME_MAX = 64, /* with its end */
};

/* What is set aside; the names are valid if there is any. */
struct aside_list {
	unsigned n;
	char oldest[ASIDE_NAME_MAX], newest[ASIDE_NAME_MAX];
};

/* What of `form` (shorter than ASIDE_NAME_MAX) is in `dir`; none when that cannot be read. */
void aside_find(int dir, const char *form, struct aside_list *out);

#endif
