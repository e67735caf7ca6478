/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum {
	NEAREST_MAX = 40, /* longer names are never suggested */
};

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (str_lower(a.p[i]) != str_lower(b.p[i]))
			return false;
	}
	return true;
}

bool str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

bool str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

bool str_copy(char *out, size_t size, struct str a)
{
	size_t n = a.n < size ? a.n : size - 1;

	if (n)
		memcpy(out, a.p, n);
	out[n] = '\0';
	return n == a.n;
}

char *str_number(char *out, uint64_t n)
{
	char digits[STR_NUMBER_MAX], *at = digits + sizeof(digits);
	size_t length;

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	length = (size_t)(digits + sizeof(digits) - at);
	memcpy(out, at, length);
	out[length] = '\0';
	return out + length;
}

/* Writes the escaped form of `c` into `out` of at least 5 bytes, and its length back. */
static size_t escape_one(char *out, unsigned char c)
{
	if (c == '\'' || c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c >= 0x20 && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	snprintf(out, 5, "\\x%02x", c);
	return 4;
}

char *str_escape(char *out, size_t size, struct str a)
{
	size_t at = 0;

	ensure(size >= 8);
	for (size_t i = 0; i < a.n; i++) {
		char one[5];
		size_t n = escape_one(one, (unsigned char)a.p[i]);

		if (at + n + 4 > size) {
			memcpy(out + at, "...", 3);
			at += 3;
			break;
		}
		memcpy(out + at, one, n);
		at += n;
	}
	out[at] = '\0';
	return out;
}

char *str_hex(char *out, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance, one row at a time; case counts as nothing. */
static size_t distance(struct str a, const char *b, size_t bn)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= bn; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < bn; j++) {
			size_t up = row[j + 1];

			row[j + 1] = min3(
			    row[j] + 1, up + 1, diagonal + (str_lower(a.p[i]) != str_lower(b[j])));
			diagonal = up;
		}
	}
	return row[bn];
}

const char *str_nearest(struct str given, const char *const *names, size_t n)
{
	size_t best = SIZE_MAX;
	const char *found = NULL;

	if (given.n == 0 || given.n > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		size_t d;

		if (len > NEAREST_MAX)
			continue;
		d = distance(given, names[i], len);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	/* a third of the letters may be wrong: more is another word */
	return best <= 1 + given.n / 3 ? found : NULL;
}
