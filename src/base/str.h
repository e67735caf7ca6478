/* SPDX-License-Identifier: MIT */
/*
 * str.h - views of text that somebody else owns, and the few things done with them.
 *
 * A view is not NUL-terminated and may hold any byte.  Text that a peer sent is escaped with
 * str_escape() before a person sees it.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>

#include "base/base.h"

enum {
	STR_NUMBER_MAX = 21 /* digits of the largest, and a NUL */
};

struct str {
	const char *p;
	size_t n;
};

/* A view of a string literal, usable as an initialiser. */
#define STR_LIT(s)                                                                                 \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}

/* For "%.*s". */
#define STR_FMT(s) (int)(s).n, (s).p

/* A view of NUL-terminated `s`; NULL gives an empty view.  Here, so that a literal costs nothing.
 */
static inline struct str str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

bool str_eq(struct str a, struct str b);

static inline bool str_is(struct str a, const char *b)
{
	size_t n = strlen(b);

	return a.n == n && (n == 0 || memcmp(a.p, b, n) == 0);
}

/* Of ASCII, whatever the locale. */
static inline char str_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* ASCII case is ignored, whatever the locale. */
bool str_ieq(struct str a, struct str b);
bool str_starts(struct str a, const char *prefix);
bool str_ends(struct str a, const char *suffix);

/* Prints `n` in decimal digits and a NUL, into STR_NUMBER_MAX bytes at most.  Returns the NUL. */
char *str_number(char *out, uint64_t n);

/* Copies into `out` of `size` bytes, NUL-terminated; false if it had to be cut. */
bool str_copy(char *out, size_t size, struct str a);

/*
 * Prints `a` for a log or an error: printable ASCII stays, the rest becomes \xNN, quotes and
 * backslashes are escaped, and what does not fit ends in "...".  Returns `out`.
 */
char *str_escape(char *out, size_t size, struct str a);

/* Lower-case hexadecimal digits of `n` bytes; `out` holds 2 n + 1.  Returns `out`. */
char *str_hex(char *out, const void *bytes, size_t n);

/*
 * The one of `n` `names` that `given` was probably meant to be, or NULL if none is near.
 * Borrowed from `names`.
 */
const char *str_nearest(struct str given, const char *const *names, size_t n);

#endif
