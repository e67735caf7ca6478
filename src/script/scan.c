/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "script/scan.h"
#include "script/script_int.h"

/*
 * A look at the words of a text before Lua sees it.  Lua 5.4.4 goes as deep into its own stack as
 * an expression has suffixes (t.f.f.f...) when it words an error message about it, and so ends the
 * process for 100 000 of them.  This is no parser: what it cannot tell counts as a suffix.
 */
enum {
	NESTING_MAX = 200, /* as in Lua */
};

struct scan {
	const char *p, *end;
	int line;
	bool after_value; /* what follows a name, a bracket or a text may be a suffix */
	bool after_dot;
	size_t depth;
	unsigned chain[NESTING_MAX + 1];
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool at(const struct scan *s, size_t ahead, char c)
{
	return (size_t)(s->end - s->p) > ahead && s->p[ahead] == c;
}

/* The number of '=' of a long bracket that opens here, or -1. */
static int long_level(const struct scan *s)
{
	size_t n = 1;

	if (!at(s, 0, '['))
		return -1;
	while (at(s, n, '='))
		n++;
	return at(s, n, '[') ? (int)n - 1 : -1;
}

static void skip_long(struct scan *s, int level)
{
	s->p += level + 2;
	for (; s->p < s->end; s->p++) {
		size_t n = 1;

		if (*s->p == '\n')
			s->line++;
		if (*s->p != ']')
			continue;
		while (at(s, n, '='))
			n++;
		if ((int)n - 1 == level && at(s, n, ']')) {
			s->p += n + 1;
			return;
		}
	}
}

static void skip_quoted(struct scan *s)
{
	const char quote = *s->p++;

	for (; s->p < s->end && *s->p != quote; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		if (*s->p == '\n')
			s->line++;
	}
	if (s->p < s->end)
		s->p++;
}

static void skip_comment(struct scan *s)
{
	int level;

	s->p += 2;
	level = long_level(s);
	if (level >= 0) {
		skip_long(s, level);
		return;
	}
	while (s->p < s->end && *s->p != '\n' && *s->p != '\r')
		s->p++;
}

static bool is_keyword(struct str word)
{
	static const char *const words[] = { "and", "break", "do", "else", "elseif", "false", "for",
		"function", "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return",
		"then", "true", "until", "while" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(word, words[i]))
			return true;
	}
	return false; /* "end" is none here: (function() end)() goes on */
}

/* A name or a number. */
static void scan_word(struct scan *s)
{
	const char *start = s->p;
	const bool digit = is_digit(*start);
	struct str word;

	while (s->p < s->end && (is_letter(*s->p) || is_digit(*s->p)))
		s->p++;
	word = (struct str){ start, (size_t)(s->p - start) };
	if (!s->after_dot)
		s->chain[s->depth] = 0;
	s->after_value = s->after_dot || (!digit && !is_keyword(word));
	s->after_dot = false;
}

static void suffix(struct scan *s)
{
	if (s->after_value)
		s->chain[s->depth]++;
	else
		s->chain[s->depth] = 0;
}

static int scan_open(struct scan *s, const char *path, struct err *e)
{
	suffix(s);
	if (s->depth == NESTING_MAX)
		return err_set(e, ERR_LIMIT, "%s:%d: brackets nested more than %d deep", path,
		    s->line, NESTING_MAX);
	s->chain[++s->depth] = 0;
	s->after_value = s->after_dot = false;
	s->p++;
	return 0;
}

static void scan_close(struct scan *s)
{
	if (s->depth > 0) {
		s->depth--;
		s->chain[s->depth] += s->chain[s->depth + 1];
	}
	s->after_value = true;
	s->after_dot = false;
	s->p++;
}

static void scan_text(struct scan *s, int level)
{
	suffix(s);
	if (level >= 0)
		skip_long(s, level);
	else
		skip_quoted(s);
	s->after_value = true;
	s->after_dot = false;
}

/* An operator or a separator, or the dot or colon of a suffix. */
static void scan_sign(struct scan *s)
{
	const char c = *s->p++;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v')
		return;
	if (c == '\n') {
		s->line++;
		return;
	}
	if ((c == '.' || c == ':') && s->after_value && !at(s, 0, c)) {
		s->chain[s->depth]++;
		s->after_dot = true;
		s->after_value = false;
		return;
	}
	s->chain[s->depth] = 0;
	s->after_value = s->after_dot = false;
	if (c == '.' || c == ':')
		while (at(s, 0, c))
			s->p++;
}

static int scan_token(struct scan *s, const char *path, struct err *e)
{
	const int level = long_level(s);
	const char c = *s->p;

	if (c == '-' && at(s, 1, '-')) {
		skip_comment(s);
	} else if (is_letter(c) || is_digit(c)) {
		scan_word(s);
	} else if (c == '"' || c == '\'' || level >= 0) {
		scan_text(s, level);
	} else if (c == '(' || c == '[' || c == '{') {
		return scan_open(s, path, e);
	} else if (c == ')' || c == ']' || c == '}') {
		scan_close(s);
	} else {
		scan_sign(s);
	}
	return 0;
}

int scan_check(const char *path, struct str text, struct err *e)
{
	struct scan s = { .p = text.p, .end = text.p + text.n, .line = 1 };

	if (text.n > SCRIPT_FILE_MAX)
		return err_set(e, ERR_LIMIT, "%s: longer than %d bytes", path, SCRIPT_FILE_MAX);
	if (text.n && memchr(text.p, 0, text.n))
		return err_set(e, ERR_SYNTAX, "%s: a NUL byte in the text", path);
	if (text.n && text.p[0] == '\033')
		return err_set(e, ERR_SYNTAX, "%s: compiled Lua; policies are text", path);
	while (s.p < s.end) {
		int rc = scan_token(&s, path, e);

		if (rc)
			return rc;
		if (s.chain[s.depth] > SCRIPT_CHAIN_MAX)
			return err_set(e, ERR_LIMIT,
			    "%s:%d: more than %d suffixes in a row; write it in "
			    "steps with local variables",
			    path, s.line, SCRIPT_CHAIN_MAX);
	}
	return 0;
}
