/* SPDX-License-Identifier: MIT */
/*
 * config.h - tables that a policy writes, read field by field into a struct.
 *
 * A struct is described by a table of fields; a reader takes the value on top of the stack to its
 * place, or raises what to write instead.  An unknown field is a mistake.
 */
#ifndef SCRIPT_CONFIG_H
#define SCRIPT_CONFIG_H

#include <lua.h>

#include "base/base.h"
#include "base/str.h"
#include "script/function.h"
#include "script/script_int.h"
#include "script/value.h"

struct config_field;
typedef void config_reader(lua_State *L, const char *what, const struct config_field *f, void *out);

struct config_field {
	const char *name;
	config_reader *read; /* the value is on top.  [-0, +0] */
	size_t offset;       /* of what it fills */
	bool needed;
	uint64_t min, max;
	const struct config_field *sub;
	size_t n_sub;
	const char *example; /* what to write */
	const char *type;    /* for an editor: see describe.h; NULL = what the reader takes */
};

/* The table that a function of `sepp` takes. */
struct config_shape {
	const char *name; /* "sepp.gateway" */
	const struct config_field *fields;
	size_t n;
};

/* Reads the table at `i` into the struct at `out`. */
void config_read(lua_State *L, int i, const struct config_shape *shape, void *out);

/* What the field takes, for an editor.  Static; never raises. */
const char *config_type(const struct config_field *f);

/* Raises that the value on top is not `expected`. */
int config_fail(lua_State *L, const char *what, const struct config_field *f, const char *expected);

/* The constant of `kind` on top, or raises. */
int config_value(
    lua_State *L, const char *what, const struct config_field *f, enum value_kind kind);

config_reader config_bool, config_unsigned, config_u64, config_size_kib, config_seconds;
config_reader config_path, config_text_name, config_endpoint, config_table, config_api;
config_reader config_fqdn, config_plmns, config_snpns, config_caps, config_purposes;

/* A sequence of strings, each given to `each`, which raises if it does not like one. */
typedef void config_each(lua_State *L, const char *what, const struct config_field *f, struct str s,
    size_t i, void *out);
size_t config_strings(lua_State *L, const char *what, const struct config_field *f, size_t max,
    config_each *each, void *out);

extern const struct function config_functions[];
extern const struct config_shape config_gateway_shape, config_partner_shape, config_policy_shape;

int l_gateway(lua_State *L);
int l_partner(lua_State *L);
int l_policy(lua_State *L);

/* Constructor calls happen once for each file, and in the right one. */
struct load *load_begin(lua_State *L, enum script_kind kind, const char *name);

#endif
