/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/arg.h"
#include "script/keys.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/suite_int.h"
#include "script/text.h"
#include "script/value.h"

/* --- what all have in common */

static void begin(lua_State *L, const char *function)
{
	char name[48];

	snprintf(name, sizeof(name), "test.%s", function);
	suite_running(L, name);
}

/* Counts a check of the running case: not before it came to its end. */
static int pass(lua_State *L)
{
	suite_of(L)->checks++;
	return 0;
}

/* The answer in argument 1, which has to have `verdict`. */
static const struct script_answer *expect(
    lua_State *L, const char *function, enum script_verdict verdict)
{
	const struct script_answer *a = suite_answer_check(L, 1, function);
	char got[512];

	begin(L, function);
	if (a->verdict != verdict)
		suite_fail(L, "expected %s, got %s", script_verdict_name(verdict),
		    suite_answer_print(got, a));
	return a;
}

static bool holds(struct str text, struct str part)
{
	return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n));
}

/* The reason has the text in argument `i`, if there is one. */
static void expect_reason(lua_State *L, const struct script_answer *a, int i)
{
	char got[512];
	struct str part;

	if (lua_isnoneornil(L, i))
		return;
	if (lua_type(L, i) != LUA_TSTRING)
		suite_mistake(L, "the reason expected as a text, got %s", value_type(L, i));
	part = arg_short(L, i);
	if (!holds(str_of(a->reason), part))
		suite_fail(L, "expected \"%.200s\" in the reason, got %s", part.p,
		    suite_answer_print(got, a));
}

/* --- one for each verdict */

/* test.selected(answer, capability) */
static int l_selected(lua_State *L)
{
	const struct script_answer *a = suite_answer_check(L, 1, "selected");
	char got[512];
	int cap;

	cap = arg_value(L, 2, VALUE_CAP);
	begin(L, "selected");
	if (a->verdict != SCRIPT_SELECT || (int)a->cap != cap)
		suite_fail(L, "expected select %s, got %s", n32_cap_name((enum n32_cap)cap),
		    suite_answer_print(got, a));
	return pass(L);
}

/* test.rejected(answer, text) */
static int l_rejected(lua_State *L)
{
	expect_reason(L, expect(L, "rejected", SCRIPT_REJECT), 2);
	return pass(L);
}

/* test.deferred(answer, seconds) */
static int l_deferred(lua_State *L)
{
	const struct script_answer *a = expect(L, "deferred", SCRIPT_DEFER);

	if (!lua_isnoneornil(L, 2) && arg_integer(L, 2) != (lua_Integer)a->defer_s)
		suite_fail(L, "expected defer %lld s, got defer %u s", (long long)arg_integer(L, 2),
		    a->defer_s);
	return pass(L);
}

/* test.released(answer, text) */
static int l_released(lua_State *L)
{
	expect_reason(L, expect(L, "released", SCRIPT_RELEASE), 2);
	return pass(L);
}

/* test.failed(answer, text): the policy has no valid answer */
static int l_failed(lua_State *L)
{
	expect_reason(L, expect(L, "failed", SCRIPT_FAILED), 2);
	return pass(L);
}

/* --- test.retained */

static const struct {
	const char *name;
	size_t offset;
} spans[] = {
	{ "idle_s", offsetof(struct script_answer, idle_s) },
	{ "max_age_s", offsetof(struct script_answer, max_age_s) },
	{ "ping_s", offsetof(struct script_answer, ping_s) },
};

/* Raises that the field `name` on top has the wrong type. */
static void refuse_option(lua_State *L, const char *name, const char *wanted, const char *example)
{
	suite_mistake(L, "test.retained: '%s' must be %s, got %s; write %s = %s", name, wanted,
	    value_type(L, -1), name, example);
}

static void expect_span(lua_State *L, const char *name, unsigned got)
{
	int ok = lua_type(L, -1) == LUA_TNUMBER;
	lua_Integer want = ok ? lua_tointegerx(L, -1, &ok) : 0;

	if (!ok)
		refuse_option(L, name, "a whole number", "600");
	if (want != (lua_Integer)got)
		suite_fail(L, "expected %s = %lld, got %u", name, (long long)want, got);
}

static void expect_reverse(lua_State *L, bool got)
{
	if (!lua_isboolean(L, -1))
		refuse_option(L, "open_reverse", "true or false", "true");
	if (lua_toboolean(L, -1) != got)
		suite_fail(L, "expected open_reverse = %s, got %s", got ? "false" : "true",
		    got ? "true" : "false");
}

/* The option whose name and value are on top. */
static void expect_option(lua_State *L, const struct script_answer *a)
{
	static const char *const known[] = { "idle_s", "max_age_s", "ping_s", "open_reverse" };
	struct str key = { "", 0 };
	char hint[64];

	if (lua_type(L, -2) != LUA_TSTRING)
		suite_mistake(
		    L, "test.retained: fields are written name = value: { idle_s = 600 }");
	key.p = lua_tolstring(L, -2, &key.n);
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		if (str_is(key, spans[i].name)) {
			expect_span(L, key.p,
			    *(const unsigned *)(const void *)((const char *)a + spans[i].offset));
			return;
		}
	}
	if (!str_is(key, "open_reverse"))
		suite_mistake(L, "test.retained: unknown field '%s'%s", key.p,
		    hint_print(hint, key, known, ARRAY_LEN(known)));
	expect_reverse(L, a->open_reverse);
}

/* test.retained(answer, { idle_s = 600 }) */
static int l_retained(lua_State *L)
{
	const struct script_answer *a = expect(L, "retained", SCRIPT_RETAIN);

	if (lua_isnoneornil(L, 2))
		return pass(L);
	arg_table(L, 2);
	lua_pushnil(L);
	while (keys_next(L, 2)) {
		int top = lua_gettop(L);

		lua_pushvalue(L, -1);
		lua_pushvalue(L, -1);
		lua_rawget(L, 2);
		expect_option(L, a);
		lua_settop(L, top);
	}
	return pass(L);
}

/* --- any verdict */

/* test.verdict(answer, "accept") */
static int l_verdict(lua_State *L)
{
	const struct script_answer *a = suite_answer_check(L, 1, "verdict");
	struct str want = arg_short(L, 2);
	const char *known[SCRIPT_VERDICTS];
	bool is_one = false;
	char text[512];

	for (int v = 0; v < SCRIPT_VERDICTS; v++) {
		known[v] = script_verdict_name((enum script_verdict)v);
		is_one = is_one || str_is(want, known[v]);
	}
	if (!is_one)
		suite_mistake(L, "test.verdict: there is no verdict '%s'%s", want.p,
		    hint_print(text, want, known, ARRAY_LEN(known)));
	begin(L, "verdict");
	if (!str_is(want, script_verdict_name(a->verdict)))
		suite_fail(L, "expected %s, got %s", want.p, suite_answer_print(text, a));
	return pass(L);
}

/* test.noted(answer, text) */
static int l_noted(lua_State *L)
{
	const struct script_answer *a = suite_answer_check(L, 1, "noted");
	struct str part = arg_short(L, 2);

	begin(L, "noted");
	for (size_t i = 0; i < a->n_notes; i++) {
		if (holds(str_of(a->notes[i]), part))
			return pass(L);
	}
	if (a->n_notes == 0)
		return suite_fail(L, "expected a note with \"%.200s\", got no note", part.p);
	return suite_fail(L, "expected a note with \"%.200s\", got %zu without it, the last \"%s\"",
	    part.p, a->n_notes, a->notes[a->n_notes - 1]);
}

/* --- any value */

/* test.equal(got, want): all the way down */
static int l_equal(lua_State *L)
{
	const struct script_answer *a;
	struct suite_difference d;
	char text[512];

	if (lua_gettop(L) < 2)
		return suite_mistake(L, "test.equal compares two values: test.equal(got, want)");
	begin(L, "equal");
	lua_settop(L, 2);
	a = suite_answer_at(L, 1);
	if (a && !suite_answer_at(L, 2))
		return suite_fail(L,
		    "test.equal: this is a whole answer: %s; write test.selected(answer, capability), "
		    "or compare one of its fields, as in answer.capability",
		    suite_answer_print(text, a));
	if (suite_same(L, 1, 2, &d))
		return pass(L);
	if (*d.where)
		return suite_fail(L, "expected %s, got %s at %s", d.want, d.got, d.where);
	return suite_fail(L, "expected %s, got %s", d.want, d.got);
}

/* test.ok(value, message) */
static int l_ok(lua_State *L)
{
	char got[160];

	if (lua_isnone(L, 1))
		return suite_mistake(
		    L, "test.ok checks a value: test.ok(value, \"what it means\")");
	begin(L, "ok");
	if (lua_toboolean(L, 1))
		return pass(L);
	suite_show(L, 1, got, sizeof(got));
	if (lua_type(L, 2) == LUA_TSTRING)
		return suite_fail(L, "%s (got %s)", lua_tostring(L, 2), got);
	return suite_fail(L, "expected a true value, got %s", got);
}

const struct function suite_assert_functions[] = {
	{ "deferred", l_deferred, "answer: answer, seconds?: integer", "",
	    "fails the case unless the peer is asked to come back" },
	{ "equal", l_equal, "got: any, want: any", "",
	    "fails the case unless both are the same, all the way down" },
	{ "failed", l_failed, "answer: answer, text?: string", "",
	    "fails the case unless the policy has no valid answer" },
	{ "noted", l_noted, "answer: answer, text: string", "",
	    "fails the case unless a sepp.note has the text" },
	{ "ok", l_ok, "value: any, message?: string", "",
	    "fails the case if the value is false or nil" },
	{ "rejected", l_rejected, "answer: answer, text?: string", "",
	    "fails the case unless the answer is a rejection, for a reason that has the text" },
	{ "released", l_released, "answer: answer, text?: string", "",
	    "fails the case unless the connection is released" },
	{ "retained", l_retained, "answer: answer, wishes?: sepp.retain", "",
	    "fails the case unless the connection is kept" },
	{ "selected", l_selected, "answer: answer, capability: capability", "",
	    "fails the case unless the capability is selected" },
	{ "verdict", l_verdict, "answer: answer, verdict: string", "",
	    "fails the case unless the answer is a \"select\", \"reject\" and so on" },
	{ .name = NULL },
};

void suite_assert_fill(lua_State *L)
{
	function_fill(L, suite_assert_functions);
}
