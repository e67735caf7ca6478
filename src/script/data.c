/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/json_value.h"
#include "script/data.h"
#include "script/fuel.h"
#include "script/script_int.h"

enum {
	NUMBER_MAX = 64, /* bytes */
};

static void push_value(lua_State *L, const char *path, const struct json_value *v);

/* [-0, +1] */
static void push_number(lua_State *L, const char *path, const struct json_value *v)
{
	char number[NUMBER_MAX];

	if (!str_copy(number, sizeof(number), v->text) || lua_stringtonumber(L, number) == 0)
		luaL_error(L, "%s: a number is too long", path);
}

/* A member that is null is left out.  [-0, +1] */
static void push_object(lua_State *L, const char *path, const struct json_value *object)
{
	lua_createtable(L, 0, (int)object->n);
	for (const struct json_value *v = object->first; v; v = v->next) {
		lua_pushlstring(L, v->key.p, v->key.n);
		push_value(L, path, v);
		lua_rawset(L, -3);
	}
}

/* [-0, +1] */
static void push_array(lua_State *L, const char *path, const struct json_value *array)
{
	lua_Integer i = 0;

	lua_createtable(L, (int)array->n, 0);
	for (const struct json_value *v = array->first; v; v = v->next) {
		if (v->type == N32_JSON_NULL)
			luaL_error(L, "%s: null in an array; leave it out", path);
		push_value(L, path, v);
		lua_rawseti(L, -2, ++i);
	}
}

/* [-0, +1] */
static void push_value(lua_State *L, const char *path, const struct json_value *v)
{
	luaL_checkstack(L, 4, "nested too deep");
	switch (v->type) {
	case N32_JSON_OBJECT:
		push_object(L, path, v);
		break;
	case N32_JSON_ARRAY:
		push_array(L, path, v);
		break;
	case N32_JSON_STRING:
		lua_pushlstring(L, v->text.n ? v->text.p : "", v->text.n);
		break;
	case N32_JSON_INTEGER:
		lua_pushinteger(L, v->integer);
		break;
	case N32_JSON_OTHER_NUMBER:
		push_number(L, path, v);
		break;
	case N32_JSON_TRUE:
	case N32_JSON_FALSE:
		lua_pushboolean(L, v->type == N32_JSON_TRUE);
		break;
	case N32_JSON_NULL:
		lua_pushnil(L);
		break;
	}
}

void data_push(lua_State *L, const struct script_file *file)
{
	const struct json_value *root;
	const char *why;

	fuel_charge(L, file->text.n / 4);
	root = n32_json_parse(file->text, &why);
	if (!root)
		luaL_error(L, "%s: %s", file->path, why);
	push_value(L, file->path, root);
}
