/* SPDX-License-Identifier: MIT */
/*
 * value.h - the constants of policies, and what a peer sent that we do not know.
 *
 * A constant is a light userdata that points into a table of ours: it costs an image nothing,
 * cannot be forged from Lua, and is equal to itself only.  An unknown value is a userdata with its
 * text: comparable and printable, of no other use.
 */
#ifndef SCRIPT_VALUE_H
#define SCRIPT_VALUE_H

#include <lua.h>

#include "base/base.h"
#include "base/str.h"

enum value_kind {
	VALUE_CAP,
	VALUE_PURPOSE,
	VALUE_EVENT,
	VALUE_PATH,
	VALUE_MODE,
	VALUE_JWE,
	VALUE_JWS,
	VALUE_MISMATCH,
	VALUE_N32F_ERROR,
	VALUE_KEY_CONTEXT,
	VALUE_CRL,
	VALUE_KINDS
};

struct value {
	enum value_kind kind;
	int value;
	const char *name;
	const char *written; /* in a policy */
};

void value_open(lua_State *L);
void value_push(lua_State *L, enum value_kind kind, int value);
void value_push_unknown(lua_State *L, enum value_kind kind, const char *text);

/* The constant at `i`, or NULL.  Never raises. */
const struct value *value_at(lua_State *L, int i);

/* The text of an unknown value at `i`, or NULL.  Never raises. */
const char *value_unknown_at(lua_State *L, int i, enum value_kind *kind);

/* The constant of that name, in any case, or NULL.  Never raises. */
const struct value *value_named(enum value_kind kind, struct str name);

const char *value_kind_name(enum value_kind kind);

/* The table that holds the constants of `kind`: "sepp.purpose", or "sepp" itself. */
const char *value_kind_table(enum value_kind kind);

/* The `i`-th of all constants, or NULL behind the last. */
const struct value *value_number(size_t i);

/*
 * What a policy would call the value at `i`: "string", "capability", "request".  Every userdata of
 * ours begins with a pointer to that text, which is static.  Never raises.
 */
const char *value_type(lua_State *L, int i);

/* How many constants `kind` has. */
size_t value_count(enum value_kind kind);

/* Adds all constants of `kind` to the table on top.  [-0, +0] */
void value_fill(lua_State *L, enum value_kind kind);

/* Whether the userdata at `i` has the metatable that the registry keeps under `key`.  Never raises.
 */
bool value_has_metatable(lua_State *L, int i, const void *key);

#endif
