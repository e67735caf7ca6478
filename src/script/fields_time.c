/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/fields_int.h"
#include "script/script_int.h"

/* The only clock is the input's. */

void push_time(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, v->in->now_s);
}

void push_local_time(lua_State *L, const struct view *v)
{
	view_push(L, &view_local_time, v->in, v->in);
}

/* A record and a test may say any time: far from every calendar it stands still. */
static int64_t local_seconds(const struct view *v)
{
	const int64_t far = INT64_MAX / 2, now = v->in->now_s;

	return (now < -far ? -far : now > far ? far : now) + v->in->utc_offset_s;
}

/* `a` modulo `b` > 0, never negative. */
static int64_t modulo(int64_t a, int64_t b)
{
	return (a % b + b) % b;
}

static void push_hour(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, modulo(local_seconds(v), 86400) / 3600);
}

static void push_minute(lua_State *L, const struct view *v)
{
	lua_pushinteger(L, modulo(local_seconds(v), 3600) / 60);
}

static void push_weekday(lua_State *L, const struct view *v)
{
	int64_t s = local_seconds(v);
	int64_t day = (s - modulo(s, 86400)) / 86400;

	lua_pushinteger(L, modulo(day + 3, 7) + 1); /* 1970-01-01 was a Thursday */
}

static const struct field local_time_fields[] = {
	{ "hour", FIELD_PUSH, .push = push_hour, .type = "integer", .doc = "0 to 23" },
	{ "weekday", FIELD_PUSH, .push = push_weekday, .type = "integer",
	    .doc = "1 = Monday to 7 = Sunday" },
	{ "minute", FIELD_PUSH, .push = push_minute, .type = "integer", .doc = "0 to 59" },
};

const struct view_def view_local_time = {
	.name = "local_time",
	.fields = local_time_fields,
	.n_fields = ARRAY_LEN(local_time_fields),
};
