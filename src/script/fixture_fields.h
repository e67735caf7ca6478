/* SPDX-License-Identifier: MIT */
/*
 * fixture_fields.h - the fields of fixtures, and how each is read into a case.
 */
#ifndef SCRIPT_FIXTURE_FIELDS_H
#define SCRIPT_FIXTURE_FIELDS_H

#include <lua.h>

#include "base/base.h"
#include "script/case.h"

struct config_field;

enum fixture_kind {
	FIXTURE_PEER,
	FIXTURE_REQUEST,
	FIXTURE_EVENT,
	FIXTURE_RESPONSE,
	FIXTURE_PARAMETERS,
	FIXTURE_REPORT,
	FIXTURE_KINDS
};

struct fixture_fields {
	const char *what; /* "test.peer" */
	const struct config_field *fields;
	size_t n;
};

extern const struct fixture_fields fixture_fields[FIXTURE_KINDS];

/* What may be written, in the words of describe.h. */
const char *fixture_type(const struct config_field *f);

enum {
	FIXTURE_FIELDS_MAX = 40,
};

/* Raises what to write if the table at `i` has a key that is no field.  [-0, +0] */
void fixture_check_keys(lua_State *L, int i, const struct fixture_fields *f);

/* Reads the fields of the table at `i` into the case; `identity` those of the partner's file only.
 * [-0, +0] */
void fixture_read(
    lua_State *L, int i, const struct fixture_fields *f, struct script_case *c, bool identity);

#endif
