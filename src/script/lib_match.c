/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/arg.h"
#include "script/fuel.h"
#include "script/library.h"
#include "script/pattern.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"
#include "script/value.h"

static void on_step(void *L, uint64_t steps)
{
	fuel_charge(L, steps);
}

/* The pattern in argument 2. */
static void compile(lua_State *L, struct pattern *p, bool anchors)
{
	struct str text = arg_string(L, 2);
	const char *why;

	if (text.n > PATTERN_MAX)
		arg_fail(L, 2, "pattern longer than %d bytes", PATTERN_MAX);
	fuel_charge(L, text.n + 16);
	if (pattern_compile(p, text, anchors, &why))
		luaL_error(L, "%s", why);
}

/* [-0, +1] */
static void push_capture(lua_State *L, struct str s, const struct pattern_capture *c)
{
	if (c->position)
		lua_pushinteger(L, (lua_Integer)c->start + 1);
	else
		lua_pushlstring(L, s.p + c->start, c->end - c->start);
	fuel_charge(L, (c->end - c->start) / 32 + 1);
}

/* All captures, or the whole match when there are none.  [-0, +n] */
static int push_captures(lua_State *L, struct str s, const struct pattern_match *m, bool whole)
{
	luaL_checkstack(L, PATTERN_CAPTURES + 1, "too many captures");
	if (m->n_captures == 0 && whole) {
		push_capture(L, s, &(struct pattern_capture){ m->start, m->end, false });
		return 1;
	}
	for (size_t i = 0; i < m->n_captures; i++)
		push_capture(L, s, &m->captures[i]);
	return (int)m->n_captures;
}

/* Argument 3 as an offset from 0; false when it is behind the end. */
static bool start_at(lua_State *L, size_t n, size_t *start)
{
	lua_Integer i = arg_position(arg_integer_or(L, 3, 1), n);

	if (i > (lua_Integer)n + 1)
		return false;
	*start = (size_t)i - 1;
	return true;
}

/* find(s, text, start, true) */
static int find_plain(lua_State *L, struct str s, struct str what, size_t start)
{
	const char *found;

	fuel_charge(L, (s.n - start + what.n) / 8 + 1);
	found = what.n ? memmem(s.p + start, s.n - start, what.p, what.n) : s.p + start;
	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, found - s.p + 1);
	lua_pushinteger(L, found - s.p + (lua_Integer)what.n);
	return 2;
}

static int search(lua_State *L, bool find)
{
	struct str s = arg_short(L, 1), text = arg_string(L, 2);
	struct pattern_match m;
	struct pattern p;
	size_t start = 0;

	if (!start_at(L, s.n, &start)) {
		lua_pushnil(L);
		return 1;
	}
	if (find && lua_toboolean(L, 4))
		return find_plain(L, s, text, start);
	compile(L, &p, true);
	if (!pattern_find(&p, s, start, &m, on_step, L)) {
		lua_pushnil(L);
		return 1;
	}
	if (!find)
		return push_captures(L, s, &m, true);
	lua_pushinteger(L, (lua_Integer)m.start + 1);
	lua_pushinteger(L, (lua_Integer)m.end);
	return 2 + push_captures(L, s, &m, false);
}

/* find(s, pattern, start, plain) -> first, last, captures */
static int l_find(lua_State *L)
{
	return search(L, true);
}

/* match(s, pattern, start) -> captures */
static int l_match(lua_State *L)
{
	return search(L, false);
}

/* Upvalues: subject, pattern, where to go on, where the last match ended or -1. */
static int l_gmatch_step(lua_State *L)
{
	lua_Integer start = lua_tointeger(L, lua_upvalueindex(3));
	const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct pattern_match m;
	struct pattern p;
	struct str s;

	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, lua_upvalueindex(2));
	s = arg_short(L, 1);
	compile(L, &p, false);
	for (; start <= (lua_Integer)s.n; start++) {
		if (!pattern_match_at(&p, s, (size_t)start, &m, on_step, L) ||
		    (lua_Integer)m.end == last)
			continue;
		lua_pushinteger(L, (lua_Integer)m.end);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(L, s, &m, true);
	}
	lua_pushinteger(L, (lua_Integer)s.n + 1);
	lua_replace(L, lua_upvalueindex(3));
	return 0;
}

/* gmatch(s, pattern, start) -> iterator */
static int l_gmatch(lua_State *L)
{
	struct str s = arg_short(L, 1);
	struct pattern p;
	size_t start = s.n + 1;

	compile(L, &p, false);
	if (!start_at(L, s.n, &start))
		start = s.n + 1;
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)start);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, l_gmatch_step, 4);
	return 1;
}

/* --- gsub */

/* Capture `i` as a replacement names it: %0 is the whole.  [-0, +1] */
static void push_numbered(lua_State *L, struct str s, const struct pattern_match *m, size_t i)
{
	if (i == 0 || (i == 1 && m->n_captures == 0)) {
		push_capture(L, s, &(struct pattern_capture){ m->start, m->end, false });
		return;
	}
	if (i > m->n_captures)
		luaL_error(L, "invalid capture index %%%d in replacement string", (int)i);
	push_capture(L, s, &m->captures[i - 1]);
}

/* Adds the string in argument 3 with its %0 to %9 filled in. */
static void add_template(lua_State *L, struct text *t, struct str s, const struct pattern_match *m)
{
	struct str with = arg_short(L, 3);

	fuel_charge(L, with.n / 8);
	for (size_t i = 0; i < with.n; i++) {
		struct str capture;

		if (with.p[i] != '%') {
			text_add_char(L, t, with.p[i]);
			continue;
		}
		if (++i < with.n && with.p[i] == '%') {
			text_add_char(L, t, '%');
			continue;
		}
		if (i == with.n || with.p[i] < '0' || with.p[i] > '9')
			luaL_error(L, "invalid use of '%%' in replacement string");
		push_numbered(L, s, m, (size_t)(with.p[i] - '0'));
		capture.p = lua_tolstring(L, -1, &capture.n);
		text_add(L, t, capture.p, capture.n);
		lua_pop(L, 1);
	}
}

/* The value that the table or function in argument 3 has for the match.  [-0, +1] */
static void push_replacement(lua_State *L, struct str s, const struct pattern_match *m)
{
	if (lua_isfunction(L, 3)) {
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, s, m, true), 1);
		return;
	}
	push_numbered(L, s, m, 1);
	lua_rawget(L, 3);
}

static void add_replacement(
    lua_State *L, struct text *t, struct str s, const struct pattern_match *m)
{
	struct str with = { s.p + m->start, m->end - m->start };

	if (lua_isstring(L, 3)) {
		add_template(L, t, s, m);
		return;
	}
	push_replacement(L, s, m);
	if (lua_isstring(L, -1))
		with.p = lua_tolstring(L, -1, &with.n);
	else if (lua_toboolean(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", value_type(L, -1));
	text_add(L, t, with.p, with.n);
	lua_pop(L, 1);
}

static void check_replacement(lua_State *L)
{
	if (lua_istable(L, 3))
		(void)seal_open(L, 3);
	else if (!lua_isstring(L, 3) && !lua_isfunction(L, 3))
		arg_expected(L, 3, "string, table or function");
}

/* gsub(s, pattern, replacement, n) -> string, count */
static int l_gsub(lua_State *L)
{
	struct str s = arg_short(L, 1);
	const lua_Integer most = arg_integer_or(L, 4, (lua_Integer)s.n + 1);
	lua_Integer count = 0;
	size_t at = 0, last = SIZE_MAX;
	struct pattern_match m;
	struct pattern p;
	struct text t;

	check_replacement(L);
	compile(L, &p, true);
	text_start(L, &t);
	while (count < most) {
		if (pattern_match_at(&p, s, at, &m, on_step, L) && m.end != last) {
			count++;
			add_replacement(L, &t, s, &m);
			at = last = m.end;
		} else if (at < s.n) {
			text_add_char(L, &t, s.p[at++]);
		} else {
			break;
		}
		if (p.anchored)
			break;
	}
	text_add(L, &t, s.p + at, s.n - at);
	text_push(L, &t);
	lua_pushinteger(L, count);
	return 2;
}

const luaL_Reg lib_match[] = {
	{ "find", l_find },
	{ "gmatch", l_gmatch },
	{ "gsub", l_gsub },
	{ "match", l_match },
	{ NULL, NULL },
};
