/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/data.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/text.h"

enum {
	DEPTH_MAX = 64,
	NUMBER_MAX = 64, /* bytes */
};

struct json {
	lua_State *L;
	const char *path;
	const char *start, *at, *end;
	int depth;
};

static void push_value(struct json *j);

static int complain(struct json *j, const char *why)
{
	int line = 1;

	for (const char *p = j->start; p < j->at; p++)
		line += *p == '\n';
	return luaL_error(j->L, "%s:%d: %s", j->path, line, why);
}

/* The next byte that is no white space; 0 at the end. */
static char peek(struct json *j)
{
	while (j->at < j->end && *j->at && strchr(" \t\r\n", *j->at))
		j->at++;
	return j->at < j->end ? *j->at : '\0';
}

static bool take(struct json *j, char c)
{
	if (peek(j) != c)
		return false;
	j->at++;
	return true;
}

/* --- strings */

static unsigned take_hex4(struct json *j)
{
	unsigned n = 0;

	for (int i = 0; i < 4; i++) {
		const char c = j->at < j->end ? *j->at : '\0';

		if (c >= '0' && c <= '9')
			n = n * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			n = n * 16 + (unsigned)((c | 32) - 'a' + 10);
		else
			complain(j, "four hexadecimal digits expected after \\u");
		j->at++;
	}
	return n;
}

static void add_utf8(struct json *j, struct text *t, unsigned c)
{
	char out[4];
	size_t n = 0;

	if (c < 0x80) {
		out[n++] = (char)c;
	} else if (c < 0x800) {
		out[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		out[n++] = (char)(0xe0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 63));
	} else {
		out[n++] = (char)(0xf0 | c >> 18);
		out[n++] = (char)(0x80 | (c >> 12 & 63));
		out[n++] = (char)(0x80 | (c >> 6 & 63));
	}
	if (c >= 0x80)
		out[n++] = (char)(0x80 | (c & 63));
	text_add(j->L, t, out, n);
}

/* Behind "\u". */
static void take_unicode(struct json *j, struct text *t)
{
	unsigned c = take_hex4(j), low;

	if (c >= 0xd800 && c < 0xdc00) {
		if (j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u')
			complain(j, "half a surrogate pair");
		j->at += 2;
		low = take_hex4(j);
		if (low < 0xdc00 || low > 0xdfff)
			complain(j, "half a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		complain(j, "half a surrogate pair");
	}
	add_utf8(j, t, c);
}

/* Behind the backslash. */
static void take_escape(struct json *j, struct text *t)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char c = j->at < j->end ? *j->at++ : '\0';
	const char *found = c ? strchr(from, c) : NULL;

	if (c == 'u')
		take_unicode(j, t);
	else if (found)
		text_add_char(j->L, t, to[found - from]);
	else
		complain(j, "unknown escape in a string");
}

/* The bytes of the UTF-8 sequence at `p`, or 0 if it is none. */
static size_t utf8_length(const char *p, const char *end)
{
	const unsigned char first = (unsigned char)*p;
	const size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned c = n == 1 ? first : first & (0xffu >> (n + 1));

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)p[i] & 63);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

/* [-0, +1] */
static void push_string(struct json *j)
{
	struct text t;

	j->at++;
	text_start(j->L, &t);
	while (j->at < j->end && *j->at != '"') {
		size_t n = utf8_length(j->at, j->end);

		if (n == 0)
			complain(j, "not UTF-8");
		if ((unsigned char)*j->at < 0x20)
			complain(j, "control character in a string");
		if (*j->at == '\\') {
			j->at++;
			take_escape(j, &t);
			continue;
		}
		text_add(j->L, &t, j->at, n);
		j->at += n;
	}
	if (j->at == j->end)
		complain(j, "string without an end");
	j->at++;
	text_push(j->L, &t);
}

/* --- numbers and words */

static size_t digits(const char *p)
{
	size_t n = 0;

	while (p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

/* Whether `p` is a number of RFC 8259 6, up to its NUL. */
static bool is_number(const char *p)
{
	p += *p == '-';
	if (digits(p) == 0 || (*p == '0' && digits(p) > 1))
		return false;
	p += digits(p);
	if (*p == '.') {
		if (digits(++p) == 0)
			return false;
		p += digits(p);
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (digits(p) == 0)
			return false;
		p += digits(p);
	}
	return *p == '\0';
}

/* [-0, +1] */
static void push_number(struct json *j)
{
	char number[NUMBER_MAX];
	size_t n = 0;

	while (
	    j->at < j->end && n < sizeof(number) - 1 && *j->at && strchr("+-.0123456789eE", *j->at))
		number[n++] = *j->at++;
	number[n] = '\0';
	if (!is_number(number) || lua_stringtonumber(j->L, number) != n + 1)
		complain(j, "malformed number");
}

static bool take_word(struct json *j, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0)
		return false;
	j->at += n;
	return true;
}

/* --- objects and arrays */

/* [-0, +1] */
static void push_object(struct json *j)
{
	lua_State *L = j->L;

	j->at++;
	lua_newtable(L);
	if (take(j, '}'))
		return;
	do {
		if (peek(j) != '"')
			complain(j, "name in quotes expected");
		push_string(j);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) != LUA_TNIL)
			complain(j, "a name is there twice");
		lua_pop(L, 1);
		if (!take(j, ':'))
			complain(j, "':' expected");
		push_value(j);
		lua_rawset(L, -3);
	} while (take(j, ','));
	if (!take(j, '}'))
		complain(j, "',' or '}' expected");
}

/* [-0, +1] */
static void push_array(struct json *j)
{
	lua_State *L = j->L;
	lua_Integer i = 0;

	j->at++;
	lua_newtable(L);
	if (take(j, ']'))
		return;
	do {
		push_value(j);
		if (lua_isnil(L, -1))
			complain(j, "null in an array");
		lua_rawseti(L, -2, ++i);
	} while (take(j, ','));
	if (!take(j, ']'))
		complain(j, "',' or ']' expected");
}

/* [-0, +1] */
static void push_value(struct json *j)
{
	const char c = peek(j);

	if (++j->depth > DEPTH_MAX)
		complain(j, "nested too deep");
	luaL_checkstack(j->L, 8, "nested too deep");
	if (c == '{')
		push_object(j);
	else if (c == '[')
		push_array(j);
	else if (c == '"')
		push_string(j);
	else if (take_word(j, "null"))
		lua_pushnil(j->L);
	else if (take_word(j, "true"))
		lua_pushboolean(j->L, true);
	else if (take_word(j, "false"))
		lua_pushboolean(j->L, false);
	else
		push_number(j);
	j->depth--;
}

void data_push(lua_State *L, const struct script_file *file)
{
	struct json j = { .L = L, .path = file->path, .start = file->text.p };

	j.at = j.start;
	j.end = j.start + file->text.n;
	fuel_charge(L, file->text.n / 4);
	push_value(&j);
	if (peek(&j) || j.at != j.end)
		complain(&j, "something behind the value");
}
