/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "script/arg.h"
#include "script/fuel.h"
#include "script/lib_format.h"
#include "script/script_int.h"
#include "script/text.h"

enum {
	DIGITS_MAX = 2, /* of a width or precision */
	ITEM_MAX = 512, /* a double with 99 digits behind the point has 309 in front */
};

struct conversion {
	char flags[6];
	char width[DIGITS_MAX + 1];
	char precision[DIGITS_MAX + 2]; /* with its point */
	char letter;
};

struct rule {
	char letter;
	const char *flags;
	bool precision;
};

static const struct rule rules[] = {
	{ 'd', "-+0 ", true },
	{ 'i', "-+0 ", true },
	{ 'c', "-", false },
	{ 'x', "-#0", true },
	{ 'X', "-#0", true },
	{ 'o', "-#0", true },
	{ 'a', "-+#0 ", true },
	{ 'A', "-+#0 ", true },
	{ 'e', "-+#0 ", true },
	{ 'E', "-+#0 ", true },
	{ 'f', "-+#0 ", true },
	{ 'g', "-+#0 ", true },
	{ 'G', "-+#0 ", true },
	{ 's', "-", true },
	{ 'q', "", false },
};

static const struct rule *find_rule(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (rules[i].letter == letter)
			return &rules[i];
	}
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At most two digits from `*p` on into `out`. */
static void take_digits(const char **p, const char *end, char *out)
{
	for (int i = 0; i < DIGITS_MAX && *p < end && is_digit(**p); i++)
		*out++ = *(*p)++;
	*out = '\0';
}

static int bad_conversion(lua_State *L, const char *start, const char *end)
{
	char shown[24];

	if (start < end && *start == 'p')
		return luaL_error(
		    L, "invalid conversion '%%p' to 'format': there are no addresses");
	(void)str_copy(shown, sizeof(shown), (struct str){ start, (size_t)(end - start) });
	return luaL_error(L, "invalid conversion '%%%s' to 'format'", shown);
}

/* Reads what is behind the '%' at `start`; the position behind it. */
static const char *parse_conversion(
    lua_State *L, const char *start, const char *end, struct conversion *c)
{
	const char *p = start;
	const struct rule *rule;
	size_t n = 0;

	memset(c, 0, sizeof(*c));
	while (p < end && *p && strchr("-+#0 ", *p) && n < sizeof(c->flags) - 1)
		c->flags[n++] = *p++;
	take_digits(&p, end, c->width);
	if (p < end && *p == '.') {
		c->precision[0] = *p++;
		take_digits(&p, end, c->precision + 1);
	}
	if (p == end)
		bad_conversion(L, start, end);
	c->letter = *p;
	rule = find_rule(c->letter);
	if (rule && c->letter == 'q' && p != start)
		luaL_error(L, "specifier '%%q' cannot have modifiers");
	if (!rule || c->flags[strspn(c->flags, rule->flags)] ||
	    (c->precision[0] && !rule->precision))
		bad_conversion(L, start, p + 1);
	return p + 1;
}

/* "%" flags width precision `length` letter */
static void print_spec(char out[24], const struct conversion *c, const char *length)
{
	snprintf(out, 24, "%%%s%s%s%s%c", c->flags, c->width, c->precision, length, c->letter);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void add_integer(lua_State *L, struct text *t, const struct conversion *c, int arg)
{
	char spec[24], item[ITEM_MAX];

	print_spec(spec, c, PRIdMAX[0] == 'l' && PRIdMAX[1] == 'd' ? "l" : "ll");
	text_add(L, t, item, (size_t)snprintf(item, sizeof(item), spec, arg_integer(L, arg)));
}

static void add_number(lua_State *L, struct text *t, const struct conversion *c, int arg)
{
	char spec[24], item[ITEM_MAX];

	int n;

	print_spec(spec, c, "");
	n = snprintf(item, sizeof(item), spec, arg_number(L, arg));
	fuel_charge(L, FUEL_PRINT + 4 * (uint64_t)n);
	text_add(L, t, item, (size_t)n);
}

static void add_character(lua_State *L, struct text *t, const struct conversion *c, int arg)
{
	char spec[24], item[ITEM_MAX];

	print_spec(spec, c, "");
	text_add(L, t, item,
	    (size_t)snprintf(item, sizeof(item), spec, (int)(unsigned char)arg_integer(L, arg)));
}

static void add_string(lua_State *L, struct text *t, const struct conversion *c, int arg)
{
	char spec[24], item[ITEM_MAX];
	struct str s;

	text_of(L, arg);
	s.p = lua_tolstring(L, -1, &s.n);
	if (!c->flags[0] && !c->width[0] && !c->precision[0]) {
		text_add(L, t, s.p, s.n);
	} else {
		if (strlen(s.p) != s.n)
			arg_fail(L, arg, "string contains zeros");
		if (!c->precision[0] && s.n >= 100) { /* no width is that large */
			text_add(L, t, s.p, s.n);
		} else {
			print_spec(spec, c, "");
			text_add(L, t, item, (size_t)snprintf(item, sizeof(item), spec, s.p));
		}
	}
	lua_pop(L, 1);
}

#pragma GCC diagnostic pop

/* --- %q: a literal that Lua reads back */

static void add_quoted(lua_State *L, struct text *t, struct str s)
{
	char escape[8];

	text_add_char(L, t, '"');
	for (size_t i = 0; i < s.n; i++) {
		const unsigned char ch = (unsigned char)s.p[i];
		const bool digit_follows = i + 1 < s.n && is_digit(s.p[i + 1]);

		if (ch == '"' || ch == '\\' || ch == '\n') {
			text_add_char(L, t, '\\');
			text_add_char(L, t, (char)ch);
		} else if (ch < 0x20 || ch == 0x7f) {
			snprintf(escape, sizeof(escape), digit_follows ? "\\%03d" : "\\%d", ch);
			text_add(L, t, escape, strlen(escape));
		} else {
			text_add_char(L, t, (char)ch);
		}
	}
	text_add_char(L, t, '"');
}

static void add_float_literal(lua_State *L, struct text *t, lua_Number n)
{
	char item[64];

	if (isnan(n))
		snprintf(item, sizeof(item), "(0/0)");
	else if (isinf(n))
		snprintf(item, sizeof(item), n > 0 ? "1e9999" : "-1e9999");
	else if (n == floor(n) && fabs(n) < 1e15)
		snprintf(item, sizeof(item), "%" PRId64 "e0", (int64_t)n);
	else
		snprintf(item, sizeof(item), "%a", n);
	text_add(L, t, item, strlen(item));
}

static void add_literal(lua_State *L, struct text *t, int arg)
{
	char item[64];
	struct str s;

	switch (lua_type(L, arg)) {
	case LUA_TSTRING:
		add_quoted(L, t, arg_short(L, arg));
		return;
	case LUA_TNUMBER:
		if (!lua_isinteger(L, arg)) {
			add_float_literal(L, t, lua_tonumber(L, arg));
			return;
		}
		if (lua_tointeger(L, arg) == LUA_MININTEGER)
			snprintf(item, sizeof(item), "0x8000000000000000");
		else
			snprintf(item, sizeof(item), "%" PRId64, (int64_t)lua_tointeger(L, arg));
		text_add(L, t, item, strlen(item));
		return;
	case LUA_TNIL:
	case LUA_TBOOLEAN:
		text_of(L, arg);
		s.p = lua_tolstring(L, -1, &s.n);
		text_add(L, t, s.p, s.n);
		lua_pop(L, 1);
		return;
	default:
		arg_fail(L, arg, "value has no literal form");
	}
}

static void add_conversion(lua_State *L, struct text *t, const struct conversion *c, int arg)
{
	fuel_charge(L, 16);
	if (lua_isnone(L, arg))
		arg_fail(L, arg, "no value");
	switch (c->letter) {
	case 'd':
	case 'i':
	case 'x':
	case 'X':
	case 'o':
		add_integer(L, t, c, arg);
		return;
	case 'c':
		add_character(L, t, c, arg);
		return;
	case 's':
		add_string(L, t, c, arg);
		return;
	case 'q':
		add_literal(L, t, arg);
		return;
	default:
		add_number(L, t, c, arg);
	}
}

void format_push(lua_State *L, int i)
{
	struct str format = arg_short(L, i);
	const char *p = format.p, *end = format.p + format.n;
	struct text t;

	luaL_checkstack(L, 4, "too many nested calls");
	text_start(L, &t);
	while (p < end) {
		const char *percent = memchr(p, '%', (size_t)(end - p));
		struct conversion c;

		text_add(L, &t, p, (size_t)((percent ? percent : end) - p));
		if (!percent)
			break;
		p = percent + 1;
		if (p < end && *p == '%') {
			text_add_char(L, &t, *p++);
			continue;
		}
		p = parse_conversion(L, p, end, &c);
		add_conversion(L, &t, &c, ++i);
	}
	text_push(L, &t);
}
