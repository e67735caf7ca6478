/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - what a fuzzer was given, read as numbers and texts.  Behind its end there are zeros.
 */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <string.h>

#include "base/base.h"
#include "base/str.h"

struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline unsigned bytes_take(struct bytes *b)
{
	if (b->n == 0)
		return 0;
	b->n--;
	return *b->p++;
}

/* One of `n` values, from 0. */
static inline unsigned bytes_pick(struct bytes *b, unsigned n)
{
	return bytes_take(b) % n;
}

/* Whatever is left of `n` bytes, the first one counts most. */
static inline uint64_t bytes_number(struct bytes *b, size_t n)
{
	uint64_t out = 0;

	while (n-- > 0)
		out = out << 8 | bytes_take(b);
	return out;
}

/* As many bytes as the first of them says, or as are left. */
static inline struct str bytes_str(struct bytes *b)
{
	struct str out = { NULL, bytes_take(b) };

	out.n = out.n < b->n ? out.n : b->n;
	out.p = (const char *)b->p;
	b->p += out.n;
	b->n -= out.n;
	return out;
}

/* The same as a C text, cut to `size`.  Returns `out`. */
static inline char *bytes_text(struct bytes *b, char *out, size_t size)
{
	struct str s = bytes_str(b);

	s.n = s.n < size ? s.n : size - 1;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return out;
}

#endif
