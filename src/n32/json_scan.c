/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/json_scan.h"

_Static_assert(
    N32_JSON_DEPTH_MAX == 16 && N32_JSON_ESCAPED_MAX == 65536, "the reasons name these bounds");

static const char too_early[] = "ends too early";
static const char not_json[] = "not JSON";
static const char not_utf8[] = "not UTF-8";

struct scan {
	const char *at, *end;
	size_t depth;
	size_t escaped; /* bytes of strings with an escape, before decoding */
};

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Bytes of a string that stand for themselves in any case. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The high bit of each byte of `x` that is 0; borrows may set those of bytes above one that is. */
static uint64_t zeros(uint64_t x)
{
	return (x - ONES) & ~x & HIGHS;
}

/* Eight at a time. */
size_t n32_json_plain(struct str text)
{
	size_t n = 0;
	uint64_t x;

	for (; n + sizeof(x) <= text.n; n += sizeof(x)) {
		memcpy(&x, text.p + n, sizeof(x));
		if (((x - ONES * 0x20) & ~x & HIGHS) | zeros(x ^ ONES * '"') |
		    zeros(x ^ ONES * '\\') | (x & HIGHS))
			break;
	}
	while (n < text.n && is_plain((unsigned char)text.p[n]))
		n++;
	return n;
}

unsigned n32_json_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* The bytes of the sequence at `p`, which is not ASCII, or 0 if it is none. */
static size_t utf8_length(const char *p, const char *end)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char first = (unsigned char)*p;
	size_t n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = first & (0xffu >> (n + 1));

	if (first < 0xc2 || first > 0xf4 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool n32_json_is_utf8(struct str text)
{
	const char *p = text.p + n32_json_plain(text), *end = text.p + text.n;

	while (p < end) {
		size_t n = (unsigned char)*p < 0x80 ? 1 : utf8_length(p, end);

		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

/* RFC 8259 2 */
static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_white(struct scan *s)
{
	while (s->at < s->end && is_white(*s->at))
		s->at++;
}

/* The code unit of an escape "\uXXXX" at `p`; above 0xffff if there is none. */
static unsigned code_unit(const char *p, const char *end)
{
	unsigned unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return UINT32_MAX;
	for (size_t i = 2; i < 6; i++) {
		unsigned digit = n32_json_hex_value(p[i]);

		if (digit > 15)
			return UINT32_MAX;
		unit = unit << 4 | digit;
	}
	return unit;
}

static const char *scan_escape(struct scan *s)
{
	unsigned unit, second;

	if (s->end - s->at < 2)
		return too_early;
	if (s->at[1] != 'u') {
		s->at += 2; /* yajl knows which letters may follow */
		return NULL;
	}
	unit = code_unit(s->at, s->end);
	if (unit == 0)
		return "holds the character U+0000";
	if (unit > 0xffff || (unit >= 0xdc00 && unit < 0xe000))
		return not_json;
	s->at += 6;
	if (unit < 0xd800 || unit >= 0xe000)
		return NULL;
	/* RFC 8259 8.2: half a pair is no character; yajl would make it a question mark */
	second = code_unit(s->at, s->end);
	if (second < 0xdc00 || second >= 0xe000)
		return not_json;
	s->at += 6;
	return NULL;
}

/* One step within a string, at what is neither plain ASCII nor the end. */
static const char *scan_special(struct scan *s)
{
	size_t n;

	if (*s->at == '\\')
		return scan_escape(s);
	if ((unsigned char)*s->at < 0x20)
		return not_json;
	n = utf8_length(s->at, s->end);
	s->at += n;
	return n == 0 ? not_utf8 : NULL;
}

static const char *scan_string(struct scan *s)
{
	const char *start = ++s->at, *why = NULL;
	bool has_escape = false;

	for (;;) {
		s->at += n32_json_plain((struct str){ s->at, (size_t)(s->end - s->at) });
		if (s->at == s->end)
			return too_early;
		if (*s->at == '"')
			break;
		has_escape |= *s->at == '\\';
		why = scan_special(s);
		if (why)
			return why;
	}
	if (has_escape)
		s->escaped += (size_t)(s->at - start);
	s->at++;
	return s->escaped > N32_JSON_ESCAPED_MAX ? "more than 65536 bytes of text with escapes"
						 : NULL;
}

/* One step outside of strings. */
static const char *scan_token(struct scan *s)
{
	unsigned char c = (unsigned char)*s->at;

	if (c == '"')
		return scan_string(s);
	if (c >= 0x80)
		return utf8_length(s->at, s->end) == 0 ? not_utf8 : not_json;
	if (c < 0x20 && !is_white(*s->at))
		return not_json;
	if (c == '{' || c == '[')
		s->depth++;
	else if (c == '}' || c == ']')
		s->depth--;
	s->at++;
	return s->depth > N32_JSON_DEPTH_MAX ? "nested deeper than 16 levels" : NULL;
}

const char *n32_json_scan(struct str body)
{
	struct scan s = { .at = body.p, .end = body.p + body.n };
	const char *why = NULL;
	char first;

	if (body.n == 0)
		return "the body is empty";
	skip_white(&s);
	if (s.at == s.end)
		return too_early;
	first = *s.at;
	if (first != '{' && first != '[')
		return not_json;
	do
		why = scan_token(&s);
	while (!why && s.depth > 0 && s.at < s.end);
	if (why)
		return why;
	if (s.depth > 0)
		return too_early;
	skip_white(&s);
	if (s.at < s.end)
		return "text after the object";
	return first == '[' ? "not a JSON object" : NULL;
}
