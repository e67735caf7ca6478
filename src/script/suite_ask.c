/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/clock.h"
#include "script/arg.h"
#include "script/fixture.h"
#include "script/seal.h"
#include "script/suite_int.h"
#include "script/text.h"
#include "script/value.h"

/* What test.policy and test.partner give. */
struct subject {
	const char *type;
	const struct suite_subject *is;
};

static const char subject_key;

/* --- decisions */

#define FIELD(member)                                                                              \
	{                                                                                          \
#member, offsetof(struct script_answer, member),                                   \
		    sizeof(((struct script_answer *)0)->member)                                    \
	}

/* What two answers to one question may not differ in. */
static const struct {
	const char *name;
	size_t offset, size;
} parts[] = {
	FIELD(verdict),
	FIELD(cap),
	FIELD(reason),
	FIELD(file),
	FIELD(line),
	FIELD(has_purposes),
	FIELD(purposes),
	FIELD(defer_s),
	FIELD(idle_s),
	FIELD(max_age_s),
	FIELD(ping_s),
	FIELD(open_reverse),
	FIELD(caps),
	FIELD(jwe),
	FIELD(jws),
	FIELD(on_mismatch),
	FIELD(n_notes),
	FIELD(notes),
	FIELD(fuel),
	FIELD(scratch),
};

static void compare(lua_State *L, const struct script_answer *a, const struct script_answer *b,
    const char *path, const char *when)
{
	char first[512], second[512];

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (memcmp((const char *)a + parts[i].offset, (const char *)b + parts[i].offset,
			parts[i].size) != 0)
			suite_fail(L,
			    "%s decides differently %s: %s (fuel %llu), then %s (fuel %llu); they differ in '%s'",
			    path, when, suite_answer_print(first, a), (unsigned long long)a->fuel,
			    suite_answer_print(second, b), (unsigned long long)b->fuel,
			    parts[i].name);
	}
}

/* Puts the case of the fixtures to `p`: twice, and once more elsewhere and from new bytes. */
static const struct script_answer *decide(
    lua_State *L, struct suite *s, const struct script_program *p)
{
	struct script_answer *a = s->answers;
	const char *path = script_program_path(p);
	uint64_t start;

	script_decide(s->first, p, &s->fixtures.c->in, &a[0]); /* makes the image, too */
	s->result->fuel += a[0].fuel;
	s->result->decisions++;
	start = clock_thread_ns();
	script_decide(s->first, p, &s->fixtures.c->in, &a[1]);
	s->result->time_ns += clock_thread_ns() - start;
	compare(L, &a[0], &a[1], path, "the second time");
	if (fixture_resend(&s->fixtures))
		suite_fail(L, "what was decoded is not encoded as it was");
	script_case_point(s->fixtures.c);
	script_case_set_offer(s->fixtures.c, s->world->gateway);
	script_decide(s->second, p, &s->fixtures.c->in, &a[2]);
	compare(L, &a[0], &a[2], path, "in another worker");
	if (s->world->max_fuel && a[0].fuel > s->world->max_fuel)
		suite_fail(L, "%s: '%s' spent %llu units of fuel; at most %llu are allowed here",
		    path, script_hook_name(s->fixtures.c->in.hook), (unsigned long long)a[0].fuel,
		    (unsigned long long)s->world->max_fuel);
	return &a[0];
}

/* --- hooks as methods */

static const struct suite_subject *subject_at(lua_State *L, int i)
{
	return value_has_metatable(L, i, &subject_key)
		   ? ((const struct subject *)lua_touserdata(L, i))->is
		   : NULL;
}

static void refuse_call(lua_State *L, enum script_hook hook)
{
	const enum fixture_kind kind = fixture_kind_of(hook);

	suite_mistake(L, "call hooks with a colon: policy:%s(%s%speer)", script_hook_name(hook),
	    kind == FIXTURE_PEER ? "" : fixture_name(kind), kind == FIXTURE_PEER ? "" : ", ");
}

static void refuse_hook(lua_State *L, const struct suite_subject *is, enum script_hook hook)
{
	if (is->conf)
		suite_mistake(L,
		    "nobody defines '%s' for '%s': neither %s, nor what it follows, nor default.lua",
		    script_hook_name(hook), is->name, is->path);
	suite_mistake(L, "%s does not define '%s'", is->path, script_hook_name(hook));
}

/* subject:hook(first, peer) -> answer; upvalue 1 is the hook */
static int l_hook(lua_State *L)
{
	const enum script_hook hook = (enum script_hook)lua_tointeger(L, lua_upvalueindex(1));
	const struct suite_subject *is = subject_at(L, 1);
	const bool has_first = fixture_kind_of(hook) != FIXTURE_PEER;
	struct suite *s = suite_of(L);

	if (!is)
		refuse_call(L, hook);
	suite_running(L, script_hook_name(hook));
	if (!is->hooks[hook])
		refuse_hook(L, is, hook);
	if (lua_gettop(L) > 2 + has_first)
		suite_mistake(L, "too many arguments: write policy:%s(%s%speer)",
		    script_hook_name(hook), has_first ? fixture_name(fixture_kind_of(hook)) : "",
		    has_first ? ", " : "");
	lua_settop(L, 3);
	fixture_build(L, &s->fixtures, hook, is->conf, has_first ? 2 : 0, 2 + has_first);
	suite_answer_push(L, decide(L, s, is->hooks[hook]));
	return 1;
}

/* (subject, name) -> method */
static int l_index(lua_State *L)
{
	const struct suite_subject *is = subject_at(L, 1);
	const char *known[SCRIPT_HOOKS];
	struct str name = { "", 0 };
	char hint[64];

	text_of(L, 2);
	name.p = lua_tolstring(L, -1, &name.n);
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		known[h] = script_hook_name((enum script_hook)h);
		if (str_is(name, known[h])) {
			lua_pushinteger(L, h);
			lua_pushcclosure(L, l_hook, 1);
			return 1;
		}
	}
	return suite_mistake(L, "there is no hook '%s' to ask of '%s'%s", name.p, is->name,
	    hint_print(hint, name, known, ARRAY_LEN(known)));
}

static int l_newindex(lua_State *L)
{
	return suite_mistake(L, "a test asks '%s', it cannot change it", subject_at(L, 1)->name);
}

/* --- test.policy, test.partner */

static int push_subject(
    lua_State *L, const char *type, const char *what, const struct suite_subject *list, size_t n)
{
	const char *names[64];
	struct str name;
	char hint[64];

	if (lua_type(L, 1) != LUA_TSTRING)
		return suite_mistake(L, "test.%s: name expected, got %s; write test.%s \"name\"",
		    type, value_type(L, 1), type);
	name.p = lua_tolstring(L, 1, &name.n);
	for (size_t i = 0; i < n; i++) {
		struct subject *o;

		if (!str_is(name, list[i].name))
			continue;
		o = lua_newuserdatauv(L, sizeof(*o), 0);
		*o = (struct subject){ type, &list[i] };
		lua_rawgetp(L, LUA_REGISTRYINDEX, &subject_key);
		lua_setmetatable(L, -2);
		return 1;
	}
	if (n > ARRAY_LEN(names))
		n = ARRAY_LEN(names);
	for (size_t i = 0; i < n; i++)
		names[i] = list[i].name;
	return suite_mistake(
	    L, "test.%s: no %s '%s'%s", type, what, name.p, hint_print(hint, name, names, n));
}

/* test.policy(name) */
static int l_policy(lua_State *L)
{
	const struct suite_world *w = suite_of(L)->world;

	return push_subject(
	    L, "policy", "file in shared/ declares the name", w->policies, w->n_policies);
}

/* test.partner(name) */
static int l_partner(lua_State *L)
{
	const struct suite_world *w = suite_of(L)->world;

	return push_subject(
	    L, "partner", "file in partners/ declares the name", w->partners, w->n_partners);
}

const struct function suite_ask_functions[] = {
	{ "policy", l_policy, "name: string", "any",
	    "the policy of shared/ that declares the name; \"default\" is default.lua" },
	{ "partner", l_partner, "name: string", "any",
	    "whoever answers for the partner in the daemon, hook by hook" },
	{ .name = NULL },
};

void suite_ask_fill(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "__index", l_index },
		{ "__newindex", l_newindex },
		{ NULL, NULL },
	};

	seal_metatable(L, &subject_key, functions);
	function_fill(L, suite_ask_functions);
}
