/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/fuel.h"
#include "script/keys.h"
#include "script/seal.h"
#include "script/suite_int.h"
#include "script/text.h"
#include "script/value.h"
#include "script/view.h"

enum {
	DEPTH_MAX = 8,
};

/* A text that is cut at its bound. */
struct out {
	char *p;
	size_t n, size;
};

static void add(struct out *o, const char *s)
{
	while (*s && o->n + 1 < o->size)
		o->p[o->n++] = *s++;
	o->p[o->n] = '\0';
}

static void show(lua_State *L, int i, struct out *o, int depth);

static void show_string(lua_State *L, int i, struct out *o)
{
	char text[200];
	struct str s;

	s.p = lua_tolstring(L, i, &s.n);
	add(o, "\"");
	add(o, str_escape(text, sizeof(text), s));
	add(o, "\"");
}

/* The key at `key` when it is not the next of a sequence. */
static void show_key(lua_State *L, int key, struct out *o, int depth)
{
	if (lua_type(L, key) == LUA_TSTRING) {
		add(o, lua_tostring(L, key));
	} else {
		add(o, "[");
		show(L, key, o, depth + 1);
		add(o, "]");
	}
	add(o, " = ");
}

static bool is_full(const struct out *o)
{
	return o->n + 1 >= o->size;
}

static void show_table(lua_State *L, int t, struct out *o, int depth)
{
	lua_Integer n = 0;

	add(o, "{");
	lua_pushnil(L);
	while (!is_full(o) && keys_next(L, t)) {
		add(o, n++ ? ", " : " ");
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) != n)
			show_key(L, lua_gettop(L), o, depth);
		lua_pushvalue(L, -1);
		lua_rawget(L, t);
		show(L, lua_gettop(L), o, depth + 1);
		lua_pop(L, 1);
	}
	add(o, n ? " }" : "}");
}

static void show_list(lua_State *L, const struct view *v, struct out *o, int depth)
{
	size_t n = v->def->count(v);

	add(o, "{");
	for (size_t i = 0; i < n && !is_full(o); i++) {
		add(o, i ? ", " : " ");
		v->def->item(L, v, i);
		show(L, lua_gettop(L), o, depth + 1);
		lua_pop(L, 1);
	}
	add(o, n ? " }" : "}");
}

static void show(lua_State *L, int i, struct out *o, int depth)
{
	const struct view *v = view_at(L, i);
	int top = lua_gettop(L);

	fuel_charge(L, 4);
	luaL_checkstack(L, 8, "too deep");
	if (lua_type(L, i) == LUA_TSTRING) {
		show_string(L, i, o);
	} else if (depth > DEPTH_MAX) {
		add(o, "...");
	} else if (lua_istable(L, i)) {
		lua_pushvalue(L, i);
		(void)seal_open(L, -1);
		show_table(L, lua_gettop(L), o, depth);
	} else if (v && v->def->count) {
		show_list(L, v, o, depth);
	} else {
		text_of(L, i);
		add(o, lua_isnil(L, i) ? "nil" : lua_tostring(L, -1));
	}
	lua_settop(L, top);
}

char *suite_show(lua_State *L, int i, char *out, size_t size)
{
	struct out o = { out, 0, size };

	out[0] = '\0';
	show(L, lua_absindex(L, i), &o, 0);
	if (is_full(&o) && size > 4)
		memcpy(out + size - 4, "...", 4);
	return out;
}

/* --- equality */

/* The place of a difference, grown on the way down. */
struct path {
	char text[128];
	size_t n;
};

static void add_step(lua_State *L, int key, struct path *p)
{
	char step[64];
	int n;

	if (lua_type(L, key) == LUA_TSTRING) {
		n = snprintf(p->text + p->n, sizeof(p->text) - p->n, "%s%.40s", p->n ? "." : "",
		    lua_tostring(L, key));
	} else {
		n = snprintf(p->text + p->n, sizeof(p->text) - p->n, "[%s]",
		    suite_show(L, key, step, sizeof(step)));
	}
	if (n > 0 && p->n + (size_t)n < sizeof(p->text))
		p->n += (size_t)n;
	else
		p->text[p->n] = '\0';
}

static bool is_list(lua_State *L, int i)
{
	const struct view *v = view_at(L, i);

	return lua_istable(L, i) || (v && v->def->count);
}

/* The element of the table or list at `t` with the key on top.  [-1, +1] */
static void element(lua_State *L, int t)
{
	const struct view *v = view_at(L, t);
	lua_Integer i;
	int ok;

	if (!v) {
		lua_rawget(L, t);
		return;
	}
	i = lua_tointegerx(L, -1, &ok);
	lua_pop(L, 1);
	if (ok && i >= 1 && (size_t)i <= v->def->count(v))
		v->def->item(L, v, (size_t)i - 1);
	else
		lua_pushnil(L);
}

static bool same(lua_State *L, int a, int b, struct path *p, struct suite_difference *d, int depth);

/* Compares what both have under the key on top.  [-0, +0] */
static bool same_at_key(
    lua_State *L, int a, int b, struct path *p, struct suite_difference *d, int depth)
{
	int key = lua_gettop(L);
	size_t before = p->n;
	bool equal;

	add_step(L, key, p);
	lua_pushvalue(L, key);
	element(L, a);
	lua_pushvalue(L, key);
	element(L, b);
	equal = same(L, key + 1, key + 2, p, d, depth + 1);
	lua_settop(L, key);
	if (equal)
		p->text[p->n = before] = '\0';
	return equal;
}

/* Compares for all keys of the table or list at `t`. */
static bool same_keys(
    lua_State *L, int t, int a, int b, struct path *p, struct suite_difference *d, int depth)
{
	const struct view *v = view_at(L, t);
	bool equal = true;

	if (v) {
		for (size_t i = 0; i < v->def->count(v) && equal; i++) {
			lua_pushinteger(L, (lua_Integer)i + 1);
			equal = same_at_key(L, a, b, p, d, depth);
			lua_pop(L, 1);
		}
		return equal;
	}
	lua_pushnil(L);
	while (keys_next(L, t)) {
		if (!same_at_key(L, a, b, p, d, depth)) {
			lua_pop(L, 1);
			return false;
		}
	}
	return true;
}

static bool same(lua_State *L, int a, int b, struct path *p, struct suite_difference *d, int depth)
{
	int top = lua_gettop(L);
	bool equal;

	fuel_charge(L, 4);
	luaL_checkstack(L, 12, "too deep");
	if (depth > DEPTH_MAX * 4)
		luaL_error(L, "test.equal: the tables are too deep");
	lua_pushvalue(L, a);
	(void)seal_open(L, -1);
	lua_pushvalue(L, b);
	(void)seal_open(L, -1);
	if (!lua_rawequal(L, top + 1, top + 2) && is_list(L, top + 1) && is_list(L, top + 2)) {
		equal = same_keys(L, top + 1, top + 1, top + 2, p, d, depth) &&
			same_keys(L, top + 2, top + 1, top + 2, p, d, depth);
		lua_settop(L, top);
		return equal;
	}
	equal = lua_compare(L, top + 1, top + 2, LUA_OPEQ);
	if (!equal) {
		memcpy(d->where, p->text, sizeof(d->where));
		suite_show(L, top + 1, d->got, sizeof(d->got));
		suite_show(L, top + 2, d->want, sizeof(d->want));
	}
	lua_settop(L, top);
	return equal;
}

bool suite_same(lua_State *L, int a, int b, struct suite_difference *d)
{
	struct path p = { "", 0 };

	return same(L, lua_absindex(L, a), lua_absindex(L, b), &p, d, 0);
}
