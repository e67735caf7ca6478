/* SPDX-License-Identifier: MIT */
/*
 * fields_int.h - what the tables of fields share: lists, the time, texts of identities.
 *
 * There is one file for each subject: fields.c the negotiation and events, fields_prins.c what
 * PRINS needs, fields_peer.c the peer, fields_time.c the clock.
 */
#ifndef SCRIPT_FIELDS_INT_H
#define SCRIPT_FIELDS_INT_H

#include <lua.h>

#include "base/base.h"
#include "script/value.h"
#include "script/view.h"

#define AT(type, member) .offset = offsetof(struct type, member)

/* All of these push one value.  [-0, +1] */
void push_plmn(lua_State *L, const struct n32_plmn *plmn);
void push_snpn(lua_State *L, const struct n32_snpn *snpn);
void push_time(lua_State *L, const struct view *v);
void push_local_time(lua_State *L, const struct view *v);

/* The constant `value` of `kind`, or an unknown value when it is 0.  [-0, +1] */
void push_known(lua_State *L, enum value_kind kind, int value, const char *text);

/* clang-format off */
#define FIELDS_OF_TIME                                                                             \
	{ "time", FIELD_PUSH, .push = push_time, .type = "integer",                                \
	    .doc = "seconds since 1970 UTC: the only clock" },                                     \
	{ "local_time", FIELD_PUSH, .push = push_local_time, .type = "local_time",                 \
	    .doc = "hour, minute and weekday in the gateway's zone" }
/* clang-format on */

/* A list called `list` of what `push_one` makes of the elements of `base_type`. */
#define LIST(list, base_type, count_member, push_one)                                              \
	static size_t count_##list(const struct view *v)                                           \
	{                                                                                          \
		return ((const base_type *)v->base)->count_member;                                 \
	}                                                                                          \
	static void item_##list(lua_State *L, const struct view *v, size_t i)                      \
	{                                                                                          \
		push_one(L, (const base_type *)v->base, i);                                        \
	}                                                                                          \
	static const struct view_def list_##list = {                                               \
		.name = "list",                                                                    \
		.count = count_##list,                                                             \
		.item = item_##list,                                                               \
	};                                                                                         \
	static void push_##list(lua_State *L, const struct view *v)                                \
	{                                                                                          \
		view_push(L, &list_##list, v->base, v->in);                                        \
	}

#endif
