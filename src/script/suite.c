/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "script/arg.h"
#include "script/explain.h"
#include "script/fuel.h"
#include "script/image.h"
#include "script/seal.h"
#include "script/suite_int.h"
#include "script/value.h"

enum {
	GENEROSITY = 20, /* budgets of a case over those of a decision */
	ROW_NUMBER = 24, /* bytes for " #4096" */
};

static const char cases_key; /* function and row of each case, by turns */

struct suite *suite_of(lua_State *L)
{
	return script_vm_of(L)->extra;
}

/* --- failures */

/* Puts the nearest line of Lua, else that of the case, in front of a message.  [-0, +1] */
static void push_message(lua_State *L, const char *fmt, va_list ap)
{
	const struct suite_case *c = suite_of(L)->running;
	char text[1200];
	struct place place;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (!place_of(L, 1, &place) && c)
		place = c->place;
	lua_pushfstring(L, "%s:%d: %s", place.file, place.line, text);
}

int suite_fail(lua_State *L, const char *fmt, ...)
{
	struct suite *s = suite_of(L);
	va_list ap;

	va_start(ap, fmt);
	push_message(L, fmt, ap);
	va_end(ap);
	if (s->result && !*s->result->message)
		(void)str_copy(
		    s->result->message, sizeof(s->result->message), str_of(lua_tostring(L, -1)));
	return lua_error(L);
}

int suite_mistake(lua_State *L, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	push_message(L, fmt, ap);
	va_end(ap);
	return lua_error(L);
}

void suite_running(lua_State *L, const char *what)
{
	if (!suite_of(L)->running)
		suite_mistake(
		    L, "%s belongs into a case: test.case(\"name\", function() ... end)", what);
}

/* --- cases */

static const struct suite_case *find_case(const struct suite *s, const char *name)
{
	for (size_t i = 0; i < s->n_cases; i++) {
		if (strcmp(s->cases[i].name, name) == 0)
			return &s->cases[i];
	}
	return NULL;
}

/* Adds the function at `f` with the row at `row` (0: none) as the case of that name. */
static void add_case(lua_State *L, const char *name, int f, int row)
{
	struct suite *s = suite_of(L);
	struct suite_case *c = &s->cases[s->n_cases];

	const struct suite_case *other = find_case(s, name);

	if (other)
		suite_mistake(
		    L, "the name '%s' is that of the case in line %d", name, other->place.line);
	if (s->n_cases == SUITE_CASES_MAX)
		suite_mistake(L, "more than %d cases in one file", SUITE_CASES_MAX);
	fuel_charge(L, 8 + s->n_cases / 4);
	memset(c, 0, sizeof(*c));
	(void)str_copy(c->name, sizeof(c->name), str_of(name));
	(void)place_of(L, 1, &c->place);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &cases_key);
	lua_pushvalue(L, f);
	lua_rawseti(L, -2, (lua_Integer)s->n_cases * 2 + 1);
	if (row)
		lua_pushvalue(L, row);
	else
		lua_pushboolean(L, false);
	lua_rawseti(L, -2, (lua_Integer)s->n_cases * 2 + 2);
	lua_pop(L, 1);
	s->n_cases++;
}

/* The name in argument 1 of test.<function>, and the function in argument `f`. */
static const char *check_case(lua_State *L, const char *function, int f)
{
	struct str name = { "", 0 };

	if (suite_of(L)->running)
		suite_mistake(
		    L, "test.%s is called while the file loads, not inside a case", function);
	if (lua_type(L, 1) == LUA_TSTRING)
		name.p = lua_tolstring(L, 1, &name.n);
	if (name.n == 0 || name.n > SUITE_NAME_MAX / 2 || memchr(name.p, 0, name.n))
		suite_mistake(L,
		    "test.%s: the first argument is the name of the case, at most %d bytes",
		    function, SUITE_NAME_MAX / 2);
	if (!lua_isfunction(L, f))
		suite_mistake(L,
		    "test.%s: argument %d is the function that checks, got %s; write "
		    "test.%s(\"name\", %sfunction(%s) ... end)",
		    function, f, value_type(L, f), function, f == 3 ? "rows, " : "",
		    f == 3 ? "row" : "");
	return name.p;
}

/* test.case(name, function) */
static int l_case(lua_State *L)
{
	add_case(L, check_case(L, "case", 2), 2, 0);
	return 0;
}

/* test.each(name, rows, function): one case for each row */
static int l_each(lua_State *L)
{
	const char *name = check_case(L, "each", 3);
	char shown[SUITE_NAME_MAX + 1];
	lua_Integer n;
	int used;

	if (!lua_istable(L, 2))
		return suite_mistake(L,
		    "test.each: rows expected, got %s; write { { ... }, { ... } }",
		    value_type(L, 2));
	lua_settop(L, 3);
	(void)seal_open(L, 2);
	n = (lua_Integer)lua_rawlen(L, 2);
	if (n == 0)
		return suite_mistake(L, "test.each: no rows; write { { ... }, { ... } }");
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 2, i);
		used = snprintf(shown, sizeof(shown), "%s ", name);
		suite_show(L, 4, shown + used, sizeof(shown) - ROW_NUMBER - (size_t)used);
		if (find_case(suite_of(L), shown)) /* long rows may begin alike */
			snprintf(shown + strlen(shown), ROW_NUMBER, " #%lld", (long long)i);
		add_case(L, shown, 3, 4);
		lua_settop(L, 3);
	}
	return 0;
}

static const struct function case_functions[] = {
	{ "case", l_case, "name: string, body: fun()", "", "a case, run by itself" },
	{ "each", l_each, "name: string, rows: any[], body: fun(row: any)", "",
	    "a case for each row" },
	{ .name = NULL },
};

const struct function *suite_functions(size_t i)
{
	static const struct function *const lists[] = { case_functions, suite_ask_functions,
		fixture_functions, suite_assert_functions };

	return i < ARRAY_LEN(lists) ? lists[i] : NULL;
}

/* Adds `test` to the environment on top.  [-0, +0] */
static void extend(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &cases_key);
	lua_createtable(L, 0, 24);
	function_fill(L, case_functions);
	suite_ask_fill(L);
	suite_assert_fill(L);
	fixture_fill(L, &suite_of(L)->fixtures);
	seal_library(L, "test");
	lua_setfield(L, -2, "test");
}

/* --- life */

/* What a test may spend: the clock runs for what it asks, too. */
static struct conf_budgets generous(const struct conf_budgets *b)
{
	return (struct conf_budgets){
		.fuel = b->fuel * GENEROSITY,
		.scratch = SCRIPT_SCRATCH_MAX,
		.wall = b->wall * GENEROSITY,
	};
}

struct suite *suite_new(const struct suite_world *world, struct err *e)
{
	const struct conf_budgets *budgets = &world->gateway->budgets;
	const struct conf_budgets more = generous(budgets);
	struct suite *s = mem_alloc(sizeof(*s));

	s->world = world;
	s->cases = mem_array(SUITE_CASES_MAX, sizeof(*s->cases));
	s->partners = mem_array(world->n_partners + 1, sizeof(*s->partners));
	for (size_t i = 0; i < world->n_partners; i++)
		s->partners[i] = world->partners[i].conf;
	fixtures_init(&s->fixtures);
	s->fixtures.gateway = world->gateway;
	s->fixtures.files = world->files;
	s->fixtures.n_partners = world->n_partners;
	s->fixtures.partners = s->partners;
	s->vm = script_vm_new(&more, e);
	s->first = s->vm ? script_vm_new(budgets, e) : NULL;
	s->second = s->first ? script_vm_new(budgets, e) : NULL;
	if (!s->second) {
		suite_free(s);
		return NULL;
	}
	s->vm->extend = extend;
	s->vm->extra = s;
	return s;
}

void suite_free(struct suite *s)
{
	if (!s)
		return;
	script_program_free(s->program);
	script_vm_free(s->vm);
	script_vm_free(s->first);
	script_vm_free(s->second);
	fixtures_release(&s->fixtures);
	mem_free(s->partners);
	mem_free(s->cases);
	mem_free(s);
}

struct script_vm *suite_decider(struct suite *s)
{
	return s->first;
}

int suite_load(struct suite *s, const char *path, struct err *e)
{
	script_program_free(s->program);
	s->n_cases = 0;
	s->program = script_program_new(s->vm, s->world->files, path, SCRIPT_TEST, e);
	if (!s->program)
		return ERR_POLICY;
	if (s->n_cases == 0)
		return err_set(e, ERR_POLICY,
		    "%s: there is no case in it; write test.case(\"name\", function() ... end)",
		    path);
	return 0;
}

size_t suite_cases(const struct suite *s)
{
	return s->n_cases;
}

const char *suite_case_name(const struct suite *s, size_t i)
{
	return s->cases[i].name;
}

int suite_case_line(const struct suite *s, size_t i)
{
	return s->cases[i].place.line;
}

/* --- running */

/* Runs protected.  (number) */
static int run_case(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, 1);

	luaL_checkstack(L, 8, "no room");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &cases_key);
	lua_rawgeti(L, -1, i * 2 + 1);
	lua_rawgeti(L, -2, i * 2 + 2);
	lua_call(L, 1, 0);
	return 0;
}

static void judge(struct suite *s, int status, struct suite_result *out)
{
	const struct suite_case *c = s->running;

	if (status != LUA_OK || s->vm->killed) {
		if (s->vm->killed || !*out->message)
			explain_failure(s->vm, c->place.file, out->message, sizeof(out->message));
	} else if (s->checks == 0 && !*out->message) {
		snprintf(out->message, sizeof(out->message),
		    "%s:%d: the case checks nothing; write test.selected(answer, capability) or "
		    "another assertion",
		    c->place.file, c->place.line);
	}
	out->passed = !*out->message;
}

void suite_run(struct suite *s, size_t i, struct suite_result *out)
{
	struct script_vm *vm = s->vm;
	struct err e;
	lua_State *L;
	int status;

	memset(out, 0, sizeof(*out));
	L = image_enter(vm, s->program, &e);
	if (!L) {
		(void)str_copy(out->message, sizeof(out->message), str_of(e.text));
		return;
	}
	s->running = &s->cases[i];
	s->result = out;
	s->checks = 0;
	fuel_start(vm, vm->budgets.fuel);
	lua_pushcfunction(L, run_case);
	lua_pushinteger(L, (lua_Integer)i);
	status = lua_pcall(L, 1, 0, 0);
	fuel_stop(vm);
	judge(s, status, out);
	s->running = NULL;
	s->result = NULL;
}
