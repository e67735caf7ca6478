/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/fuel.h"
#include "script/keys.h"
#include "script/script_int.h"
#include "script/sort.h"
#include "script/value.h"

enum rank {
	RANK_NUMBER,
	RANK_TEXT,
	RANK_BOOLEAN,
	RANK_CONSTANT
};

static enum rank rank_of(lua_State *L, int i)
{
	switch (lua_type(L, i)) {
	case LUA_TNUMBER:
		return RANK_NUMBER;
	case LUA_TSTRING:
		return RANK_TEXT;
	case LUA_TBOOLEAN:
		return RANK_BOOLEAN;
	default:
		if (!value_at(L, i))
			luaL_error(L, "cannot walk this table: only numbers, strings, booleans and "
				      "constants have an order as keys");
		return RANK_CONSTANT;
	}
}

/* What comparing the key at `i` costs, however often the order of hashing makes it happen. */
static uint64_t key_cost(lua_State *L, int i)
{
	return rank_of(L, i) == RANK_TEXT ? 6 + 12 * (lua_rawlen(L, i) / 32) : 6;
}

static int compare_text(lua_State *L, int a, int b)
{
	size_t n, m;
	const char *s = lua_tolstring(L, a, &n), *t = lua_tolstring(L, b, &m);
	int order = memcmp(s, t, n < m ? n : m);

	return order ? order : n < m ? -1 : n > m;
}

static int compare_keys(lua_State *L, int a, int b)
{
	enum rank rank = rank_of(L, a), other = rank_of(L, b);

	if (rank != other)
		return rank < other ? -1 : 1;
	switch (rank) {
	case RANK_NUMBER:
		return lua_compare(L, a, b, LUA_OPLT) ? -1 : lua_compare(L, b, a, LUA_OPLT);
	case RANK_TEXT:
		return compare_text(L, a, b);
	case RANK_BOOLEAN:
		return lua_toboolean(L, a) - lua_toboolean(L, b);
	default:
		return value_at(L, a) < value_at(L, b) ? -1 : value_at(L, a) > value_at(L, b);
	}
}

bool keys_next(lua_State *L, int table)
{
	const int after = lua_gettop(L), best = after + 1;
	uint64_t n = 0;

	luaL_checkstack(L, 8, "too many nested calls");
	lua_pushnil(L);
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		const int key = best + 1;

		n += key_cost(L, key);
		if (!lua_isnil(L, after) && compare_keys(L, key, after) <= 0)
			continue;
		if (lua_isnil(L, best) || compare_keys(L, key, best) < 0)
			lua_copy(L, key, best);
	}
	fuel_charge(L, n);
	lua_replace(L, after);
	return !lua_isnil(L, -1);
}

/* `arg` is the stack index of the unsorted keys. */
static bool key_less(lua_State *L, void *arg, unsigned a, unsigned b)
{
	const int keys = *(int *)arg;
	bool less;

	lua_rawgeti(L, keys, (lua_Integer)a + 1);
	lua_rawgeti(L, keys, (lua_Integer)b + 1);
	less = compare_keys(L, lua_gettop(L) - 1, lua_gettop(L)) < 0;
	lua_pop(L, 2);
	return less;
}

/* Pushes the keys as they come, and how many there are.  [-0, +1] */
static unsigned collect(lua_State *L, int table)
{
	uint64_t cost = 0;
	unsigned n = 0;

	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		cost += key_cost(L, -2); /* of all: which key comes first must not matter */
		if (n++ >= SCRIPT_SORT_MAX)
			continue;
		lua_pushvalue(L, -2);
		lua_rawseti(L, -4, (lua_Integer)n);
	}
	fuel_charge(L, cost);
	if (n > SCRIPT_SORT_MAX)
		luaL_error(L, "cannot walk a table of more than %d entries", SCRIPT_SORT_MAX);
	return n;
}

/* Whether the sequence on top is sorted already, as after collecting a plain list. */
static bool is_sorted(lua_State *L, unsigned n)
{
	int keys = lua_gettop(L);

	for (unsigned i = 0; i < n; i++) {
		bool fine;

		lua_rawgeti(L, keys, (lua_Integer)i + 1);
		fine = lua_isinteger(L, -1) && lua_tointeger(L, -1) == (lua_Integer)i + 1;
		lua_pop(L, 1);
		if (!fine)
			return false;
	}
	return true;
}

void keys_push(lua_State *L, int table)
{
	const unsigned n = collect(L, table);
	int unsorted = lua_gettop(L);
	uint16_t *order;

	if (is_sorted(L, n))
		return;
	luaL_checkstack(L, 8, "too many nested calls");
	order = lua_newuserdatauv(L, 2 * n * sizeof(*order), 0);
	sort_indices(L, order, order + n, n, key_less, &unsorted);
	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		lua_rawgeti(L, unsorted, order[i] + 1);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_replace(L, unsorted);
	lua_settop(L, unsorted);
}
