/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/json_pen.h"
#include "n32/json_scan.h"

enum {
	ESCAPED_MAX = 2048,
	DIGITS_MAX = 20
};

/* Bytes of a string that stand for themselves in any case. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void json_pen_start(struct json_pen *p, char *to, size_t size)
{
	*p = (struct json_pen){ .start = to, .at = to, .end = to + size };
}

/* Room for `n` bytes, or NULL once something did not fit. */
static char *room(struct json_pen *p, size_t n)
{
	if (p->is_full || n > (size_t)(p->end - p->at)) {
		p->is_full = true;
		return NULL;
	}
	return p->at;
}

static void put(struct json_pen *p, const char *text, size_t n)
{
	char *to = room(p, n);

	if (!to)
		return;
	memcpy(to, text, n);
	p->at += n;
}

/* The comma in front of a value that is not the first, and its name. */
static void begin(struct json_pen *p, const char *name)
{
	size_t n = name ? strlen(name) : 0;
	char *to = room(p, n + 4);

	if (!to)
		return;
	if (to > p->start && to[-1] != '{' && to[-1] != '[')
		*to++ = ',';
	if (name) {
		*to++ = '"';
		memcpy(to, name, n);
		to += n;
		*to++ = '"';
		*to++ = ':';
	}
	p->at = to;
}

void json_pen_name(struct json_pen *p, const char *name)
{
	begin(p, name);
}

void json_pen_open(struct json_pen *p, const char *name, char bracket)
{
	begin(p, name);
	put(p, &bracket, 1);
}

void json_pen_close(struct json_pen *p, char bracket)
{
	put(p, &bracket, 1);
}

static void put_escaped(struct json_pen *p, unsigned char c)
{
	char *to = room(p, 6);

	if (!to)
		return;
	*to++ = '\\';
	if (c == '"' || c == '\\') {
		*to++ = (char)c;
	} else {
		memcpy(to, "u00", 3);
		to[3] = "0123456789abcdef"[c >> 4];
		to[4] = "0123456789abcdef"[c & 15];
		to += 5;
	}
	p->at = to;
}

static void put_characters(struct json_pen *p, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (is_plain(c) || c >= 0x80)
			continue;
		put(p, text.p + from, i - from);
		put_escaped(p, c);
		from = i + 1;
	}
	if (from < text.n)
		put(p, text.p + from, text.n - from);
}

void json_pen_text(struct json_pen *p, const char *name, struct str text)
{
	char escaped[ESCAPED_MAX];
	size_t plain = n32_json_plain(text);
	char *to;

	begin(p, name);
	to = plain == text.n ? room(p, plain + 2) : NULL;
	if (to) {
		*to++ = '"';
		if (plain > 0)
			memcpy(to, text.p, plain);
		to += plain;
		*to++ = '"';
		p->at = to;
		return;
	}
	if (!n32_json_is_utf8(text))
		text = str_of(str_escape(escaped, sizeof(escaped), text));
	put(p, "\"", 1);
	put_characters(p, text);
	put(p, "\"", 1);
}

void json_pen_some(struct json_pen *p, const char *name, const char *text)
{
	if (text && *text)
		json_pen_text(p, name, str_of(text));
}

void json_pen_bool(struct json_pen *p, const char *name, bool value)
{
	begin(p, name);
	put(p, value ? "true" : "false", value ? 4 : 5);
}

void json_pen_integer(struct json_pen *p, const char *name, int64_t value)
{
	char digits[DIGITS_MAX], *at = digits + sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	begin(p, name);
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--at = '-';
	put(p, at, (size_t)(digits + sizeof(digits) - at));
}

size_t json_pen_end(const struct json_pen *p)
{
	return p->is_full ? 0 : (size_t)(p->at - p->start);
}
