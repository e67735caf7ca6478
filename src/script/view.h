/* SPDX-License-Identifier: MIT */
/*
 * view.h - what hooks are told: strict, read-only, and read when asked for.
 *
 * A view is a userdata that says what it shows, where that is, and which decision it belongs to.
 * It ends with the decision, as everything in a state does.
 */
#ifndef SCRIPT_VIEW_H
#define SCRIPT_VIEW_H

#include <lua.h>

#include "base/base.h"
#include "base/str.h"
#include "script/script.h"

struct view;

enum field_kind {
	FIELD_CHARS, /* char[] */
	FIELD_STR,   /* struct str */
	FIELD_I64,   /* int64_t */
	FIELD_U64,   /* uint64_t */
	FIELD_BOOL,  /* bool */
	FIELD_CAP,   /* enum n32_cap; unknown is nil */
	FIELD_PUSH,  /* a function pushes it */
	FIELD_VIEW,  /* a struct in the struct */
	FIELD_METHOD,
};

struct field {
	const char *name;
	enum field_kind kind;
	bool optional; /* nil when empty, 0 or unknown */
	size_t offset;
	void (*push)(lua_State *L, const struct view *v); /* [-0, +1] */
	lua_CFunction method;
	const struct view_def *view;
	const char *type; /* for an editor: see describe.h */
	const char *doc;  /* one line */
};

/* A strict record of fields, a list (`count`), or a set that any text may be asked of (`has`). */
struct view_def {
	const char *name;
	const struct field *fields;
	size_t n_fields;
	size_t (*count)(const struct view *v);
	void (*item)(lua_State *L, const struct view *v, size_t i); /* from 0.  [-0, +1] */
	bool (*has)(const struct view *v, struct str name);
};

struct view {
	const char *type;
	const struct view_def *def;
	const void *base; /* the struct that the offsets are of */
	const struct script_input *in;
};

void view_open(lua_State *L);
void view_push(
    lua_State *L, const struct view_def *def, const void *base, const struct script_input *in);

/* The view at `i`, or NULL.  Never raises. */
const struct view *view_at(lua_State *L, int i);
const struct view *view_check(lua_State *L, int i, const struct view_def *def);

/* Of the arguments of hooks, and of what is in those. */
extern const struct view_def view_request, view_response, view_parameters, view_event, view_report;
extern const struct view_def view_peer, view_tls, view_certificate, view_history, view_counts;
extern const struct view_def view_local_time;

#endif
