/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/arg.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/text.h"
#include "script/value.h"
#include "script/view.h"

static const char view_key; /* of their metatable in the registry */

const struct view *view_at(lua_State *L, int i)
{
	return value_has_metatable(L, i, &view_key) ? lua_touserdata(L, i) : NULL;
}

const struct view *view_check(lua_State *L, int i, const struct view_def *def)
{
	const struct view *v = view_at(L, i);

	if (!v || v->def != def)
		arg_expected(L, i, def->name);
	return v;
}

void view_push(
    lua_State *L, const struct view_def *def, const void *base, const struct script_input *in)
{
	struct view *v = lua_newuserdatauv(L, sizeof(*v), 0);

	*v = (struct view){ def->name, def, base, in };
	lua_rawgetp(L, LUA_REGISTRYINDEX, &view_key);
	lua_setmetatable(L, -2);
}

/* [-0, +1] */
static void push_text(lua_State *L, struct str s, bool optional)
{
	if (optional && s.n == 0)
		lua_pushnil(L);
	else
		lua_pushlstring(L, s.n ? s.p : "", s.n);
}

/* [-0, +1] */
static void push_integer(lua_State *L, int64_t n, bool optional)
{
	if (optional && n == 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, n);
}

/* [-0, +1] */
static void push_field(lua_State *L, const struct view *v, const struct field *f)
{
	const char *at = (const char *)v->base + f->offset;

	switch (f->kind) {
	case FIELD_CHARS:
		push_text(L, str_of(at), f->optional);
		return;
	case FIELD_STR:
		push_text(L, *(const struct str *)(const void *)at, f->optional);
		return;
	case FIELD_I64:
		push_integer(L, *(const int64_t *)(const void *)at, f->optional);
		return;
	case FIELD_U64:
		push_integer(L, (int64_t) * (const uint64_t *)(const void *)at, f->optional);
		return;
	case FIELD_BOOL:
		lua_pushboolean(L, *(const bool *)(const void *)at);
		return;
	case FIELD_CAP:
		if (*(const enum n32_cap *)(const void *)at == N32_CAP_UNKNOWN)
			lua_pushnil(L);
		else
			value_push(L, VALUE_CAP, (int)*(const enum n32_cap *)(const void *)at);
		return;
	case FIELD_PUSH:
		f->push(L, v);
		return;
	case FIELD_VIEW:
		view_push(L, f->view, at, v->in);
		return;
	case FIELD_METHOD:
		lua_pushcfunction(L, f->method);
		return;
	}
}

/* Argument 1 of a metamethod, which policies cannot get hold of to call it with another. */
static const struct view *own_view(lua_State *L)
{
	return lua_touserdata(L, 1);
}

static int no_field(lua_State *L, const struct view *v)
{
	const char *names[32];
	char hint[64];
	struct str key;
	size_t n = 0;

	if (lua_type(L, 2) != LUA_TSTRING) {
		text_of(L, 2);
		return luaL_error(L, "%s has no field [%s]", v->def->name, lua_tostring(L, -1));
	}
	key.p = lua_tolstring(L, 2, &key.n);
	for (size_t i = 0; i < v->def->n_fields && n < ARRAY_LEN(names); i++)
		names[n++] = v->def->fields[i].name;
	return luaL_error(
	    L, "%s has no field '%s'%s", v->def->name, key.p, hint_print(hint, key, names, n));
}

/* Whether the key is a position of the list, or just behind or before it: those give nil. */
static bool push_item(lua_State *L, const struct view *v)
{
	lua_Integer i;
	int ok;

	if (!v->def->count || lua_type(L, 2) != LUA_TNUMBER)
		return false;
	i = lua_tointegerx(L, 2, &ok);
	if (!ok)
		return false;
	if (i >= 1 && (lua_Unsigned)i <= v->def->count(v))
		v->def->item(L, v, (size_t)i - 1);
	else
		lua_pushnil(L);
	return true;
}

/* (view, key) -> value; the most frequent call of all */
static int l_index(lua_State *L)
{
	const struct view *v = own_view(L);
	struct str key;

	ensure(v);
	fuel_charge(L, 4);
	if (push_item(L, v))
		return 1;
	if (lua_type(L, 2) != LUA_TSTRING)
		return no_field(L, v);
	key.p = lua_tolstring(L, 2, &key.n);
	if (v->def->has) {
		fuel_charge(L, 8);
		lua_pushboolean(L, v->def->has(v, key));
		return 1;
	}
	for (size_t i = 0; i < v->def->n_fields; i++) {
		const char *name = v->def->fields[i].name;

		if (name[0] == key.p[0] && str_is(key, name)) {
			push_field(L, v, &v->def->fields[i]);
			return 1;
		}
	}
	return no_field(L, v);
}

static int l_newindex(lua_State *L)
{
	const struct view *v = view_at(L, 1);

	ensure(v);
	text_of(L, 2);
	return luaL_error(
	    L, "%s is read-only: cannot assign '%s'", v->def->name, lua_tostring(L, -1));
}

static int l_len(lua_State *L)
{
	const struct view *v = view_at(L, 1);

	ensure(v);
	if (!v->def->count)
		return luaL_error(L, "%s is not a list", v->def->name);
	lua_pushinteger(L, (lua_Integer)v->def->count(v));
	return 1;
}

void view_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "__index", l_index },
		{ "__newindex", l_newindex },
		{ "__len", l_len },
		{ NULL, NULL },
	};

	seal_metatable(L, &view_key, functions);
}
