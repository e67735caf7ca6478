/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/arg.h"
#include "script/script_int.h"
#include "script/suite_int.h"
#include "script/value.h"
#include "script/view.h"

/* What a view of an answer shows.  Behind its last note nothing is there: a test may take many
 * decisions, and few of them have sixteen. */
struct record {
	uint64_t fuel;
	struct script_answer answer; /* without its own `fuel` and `scratch` */
};

static const struct script_answer *answer_of(const struct view *v)
{
	return v->base;
}

static size_t count_purposes(const struct view *v)
{
	size_t n = 0;

	for (int p = 0; p < N32_PURPOSES; p++)
		n += answer_of(v)->purposes >> p & 1;
	return n;
}

static void item_purpose(lua_State *L, const struct view *v, size_t i)
{
	int p = 0;

	for (;; p++) {
		if ((answer_of(v)->purposes >> p & 1) && i-- == 0)
			break;
	}
	value_push(L, VALUE_PURPOSE, p);
}

static size_t count_caps(const struct view *v)
{
	return answer_of(v)->caps.n;
}

static void item_cap(lua_State *L, const struct view *v, size_t i)
{
	value_push(L, VALUE_CAP, (int)answer_of(v)->caps.caps[i]);
}

static size_t count_notes(const struct view *v)
{
	return answer_of(v)->n_notes;
}

static void item_note(lua_State *L, const struct view *v, size_t i)
{
	lua_pushstring(L, answer_of(v)->notes[i]);
}

#define LIST(what, count_fn, item_fn)                                                              \
	static const struct view_def list_of_##what = {                                            \
		.name = "answer." #what,                                                           \
		.count = count_fn,                                                                 \
		.item = item_fn,                                                                   \
	}

LIST(purposes, count_purposes, item_purpose);
LIST(capabilities, count_caps, item_cap);
LIST(notes, count_notes, item_note);

static void push_verdict(lua_State *L, const struct view *v)
{
	lua_pushstring(L, script_verdict_name(answer_of(v)->verdict));
}

static void push_capability(lua_State *L, const struct view *v)
{
	if (answer_of(v)->verdict == SCRIPT_SELECT)
		value_push(L, VALUE_CAP, (int)answer_of(v)->cap);
	else
		lua_pushnil(L);
}

static void push_purposes(lua_State *L, const struct view *v)
{
	if (answer_of(v)->has_purposes)
		view_push(L, &list_of_purposes, v->base, v->in);
	else
		lua_pushnil(L);
}

static void push_capabilities(lua_State *L, const struct view *v)
{
	if (answer_of(v)->verdict == SCRIPT_OFFER)
		view_push(L, &list_of_capabilities, v->base, v->in);
	else
		lua_pushnil(L);
}

static void push_notes(lua_State *L, const struct view *v)
{
	view_push(L, &list_of_notes, v->base, v->in);
}

/* 0 is "not said". */
static void push_unsigned(lua_State *L, unsigned n)
{
	if (n)
		lua_pushinteger(L, n);
	else
		lua_pushnil(L);
}

static void push_defer(lua_State *L, const struct view *v)
{
	push_unsigned(L, answer_of(v)->defer_s);
}

static void push_idle(lua_State *L, const struct view *v)
{
	push_unsigned(L, answer_of(v)->idle_s);
}

static void push_max_age(lua_State *L, const struct view *v)
{
	push_unsigned(L, answer_of(v)->max_age_s);
}

static void push_ping(lua_State *L, const struct view *v)
{
	push_unsigned(L, answer_of(v)->ping_s);
}

static void push_reverse(lua_State *L, const struct view *v)
{
	lua_pushboolean(L, answer_of(v)->open_reverse);
}

/* The constant of `kind` when the answer is one about parameters; where the peer proposes no
 * algorithm, there is none. */
static void push_parameter(lua_State *L, const struct view *v, enum value_kind kind, int value)
{
	if (answer_of(v)->verdict == SCRIPT_PARAMETERS && (value || kind == VALUE_MISMATCH))
		value_push(L, kind, value);
	else
		lua_pushnil(L);
}

static void push_jwe(lua_State *L, const struct view *v)
{
	push_parameter(L, v, VALUE_JWE, (int)answer_of(v)->jwe);
}

static void push_jws(lua_State *L, const struct view *v)
{
	push_parameter(L, v, VALUE_JWS, (int)answer_of(v)->jws);
}

static void push_mismatch(lua_State *L, const struct view *v)
{
	push_parameter(L, v, VALUE_MISMATCH, (int)answer_of(v)->on_mismatch);
}

static void push_line(lua_State *L, const struct view *v)
{
	push_unsigned(L, (unsigned)answer_of(v)->line);
}

static void push_fuel(lua_State *L, const struct view *v)
{
	const struct record *r = container_of(v->base, const struct record, answer);

	lua_pushinteger(L, (lua_Integer)r->fuel);
}

#define AT(member) .offset = offsetof(struct script_answer, member)

static const struct field fields[] = {
	{ "verdict", FIELD_PUSH, .push = push_verdict },
	{ "capability", FIELD_PUSH, true, .push = push_capability },
	{ "reason", FIELD_CHARS, true, AT(reason) },
	{ "purposes", FIELD_PUSH, true, .push = push_purposes },
	{ "defer_s", FIELD_PUSH, true, .push = push_defer },
	{ "idle_s", FIELD_PUSH, true, .push = push_idle },
	{ "max_age_s", FIELD_PUSH, true, .push = push_max_age },
	{ "ping_s", FIELD_PUSH, true, .push = push_ping },
	{ "open_reverse", FIELD_PUSH, .push = push_reverse },
	{ "capabilities", FIELD_PUSH, true, .push = push_capabilities },
	{ "jwe", FIELD_PUSH, true, .push = push_jwe },
	{ "jws", FIELD_PUSH, true, .push = push_jws },
	{ "on_policy_mismatch", FIELD_PUSH, true, .push = push_mismatch },
	{ "file", FIELD_CHARS, true, AT(file) },
	{ "line", FIELD_PUSH, true, .push = push_line },
	{ "notes", FIELD_PUSH, .push = push_notes },
	{ "fuel", FIELD_PUSH, .push = push_fuel },
};

static const struct view_def view_answer = {
	.name = "answer",
	.fields = fields,
	.n_fields = ARRAY_LEN(fields),
};

void suite_answer_push(lua_State *L, const struct script_answer *a)
{
	const size_t n = offsetof(struct script_answer, notes) + a->n_notes * sizeof(a->notes[0]);
	struct record *r = lua_newuserdatauv(L, offsetof(struct record, answer) + n, 0);

	r->fuel = a->fuel;
	memcpy((char *)r + offsetof(struct record, answer), a, n);
	view_push(L, &view_answer, (const char *)r + offsetof(struct record, answer), NULL);
	lua_remove(L, -2); /* the state never collects */
}

const struct script_answer *suite_answer_at(lua_State *L, int i)
{
	const struct view *v = view_at(L, i);

	return v && v->def == &view_answer ? answer_of(v) : NULL;
}

const struct script_answer *suite_answer_check(lua_State *L, int i, const char *function)
{
	const struct script_answer *a = suite_answer_at(L, i);

	if (!a)
		suite_mistake(L,
		    "test.%s: answer expected, got %s; write test.%s(policy:hook(...), ...)",
		    function, value_type(L, i), function);
	return a;
}

/* " (shared/hub.lua:12)" for answers that say where they were made. */
static void print_place(char *out, size_t size, const struct script_answer *a)
{
	if (a->line)
		snprintf(out, size, " (%s:%d)", a->file, a->line);
	else
		out[0] = '\0';
}

char *suite_answer_print(char out[512], const struct script_answer *a)
{
	char place[SCRIPT_PLACE_MAX + 16];

	print_place(place, sizeof(place), a);
	switch (a->verdict) {
	case SCRIPT_SELECT:
		snprintf(out, 512, "select %s", n32_cap_name(a->cap));
		break;
	case SCRIPT_DEFER:
		snprintf(out, 512, "defer %u s: %s%s", a->defer_s, a->reason, place);
		break;
	case SCRIPT_FAILED: /* the reason has its place already */
		snprintf(out, 512, "failed: %s", a->reason);
		break;
	default:
		snprintf(out, 512, "%s%s%s%s", script_verdict_name(a->verdict),
		    *a->reason ? ": " : "", a->reason, *a->reason ? place : "");
	}
	return out;
}
