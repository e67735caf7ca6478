/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "n32/json.h"
#include "script/arg.h"
#include "script/fixture.h"
#include "script/fixture_fields.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/seal.h"
#include "script/value.h"

enum {
	BODY_MAX = 1 << 20,
	AGREED_BEFORE_S = 86400,
	COST = 200, /* of a fixture, in fuel: it is copied and checked outside the VM */
};

/* User value 1 holds the fields as they were written, user value 2 the path of a wire body. */
struct fixture {
	const char *type;
	enum fixture_kind kind;
};

static const char fixture_key;  /* of their metatable */
static const char fixtures_key; /* of the struct fixtures */

static const char *const names[FIXTURE_KINDS] = {
	[FIXTURE_PEER] = "peer",
	[FIXTURE_REQUEST] = "request",
	[FIXTURE_EVENT] = "event",
	[FIXTURE_RESPONSE] = "response",
	[FIXTURE_PARAMETERS] = "parameters",
	[FIXTURE_REPORT] = "report",
};

const char *fixture_name(enum fixture_kind kind)
{
	return names[kind];
}

enum fixture_kind fixture_kind_of(enum script_hook hook)
{
	switch (hook) {
	case SCRIPT_SELECT_CAPABILITY:
		return FIXTURE_REQUEST;
	case SCRIPT_RETAIN_CONNECTION:
		return FIXTURE_EVENT;
	case SCRIPT_VERIFY_SELECTION:
		return FIXTURE_RESPONSE;
	case SCRIPT_SELECT_PARAMETERS:
		return FIXTURE_PARAMETERS;
	case SCRIPT_ON_ERROR_REPORT:
		return FIXTURE_REPORT;
	default:
		return FIXTURE_PEER;
	}
}

/* A hook that is told such a thing. */
static enum script_hook hook_of(enum fixture_kind kind)
{
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		if (fixture_kind_of((enum script_hook)h) == kind)
			return (enum script_hook)h;
	}
	return SCRIPT_HOOKS;
}

void fixtures_init(struct fixtures *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->body, BODY_MAX);
}

void fixtures_release(struct fixtures *f)
{
	mem_free(f->c);
	f->c = NULL;
	buf_release(&f->body);
}

static struct fixtures *fixtures_of(lua_State *L)
{
	struct fixtures *f;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &fixtures_key);
	f = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return f;
}

/* --- over the wire */

static struct n32_json_options options_of(const struct fixtures *f)
{
	return (struct n32_json_options){ .strict_fqdn = f->gateway && f->gateway->strict_fqdn };
}

/* Raises with all that is wrong; `what` is what is refused. */
static int refuse(lua_State *L, const struct fixtures *f, const char *what)
{
	const struct n32_problem *p = &f->problem;
	char text[600];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->n_params && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s", i ? "; " : ": ",
		    *p->params[i].param ? p->params[i].param : "the body", p->params[i].reason);
	if (p->n_params == 0 && *p->detail)
		snprintf(text, sizeof(text), ": %s", p->detail);
	return luaL_error(L, "%s never gets to a policy: the gateway answers %d %s%s", what,
	    n32_problem_status(p->code), n32_problem_cause(p->code), text);
}

int fixture_resend(struct fixtures *f)
{
	const struct n32_json_options options = options_of(f);
	struct script_case *c = f->c;
	int rc = 0;

	buf_reset(&f->body);
	memset(&f->problem, 0, sizeof(f->problem));
	if (c->in.hook == SCRIPT_SELECT_CAPABILITY) {
		rc = n32_neg_req_encode(&f->body, &c->request);
		if (rc == 0)
			rc = n32_neg_req_decode(
			    &c->request, buf_str(&f->body), &options, &f->problem);
	} else if (c->in.hook == SCRIPT_VERIFY_SELECTION) {
		rc = n32_neg_rsp_encode(&f->body, &c->response);
		if (rc == 0)
			rc = n32_neg_rsp_decode(
			    &c->response, buf_str(&f->body), &options, &f->problem);
	}
	return rc;
}

/* The file of that path, or NULL. */
static const struct script_file *find_file(const struct fixtures *f, const char *path)
{
	for (size_t i = 0; i < f->files->n; i++) {
		if (strcmp(f->files->files[i].path, path) == 0)
			return &f->files->files[i];
	}
	return NULL;
}

static int decode(struct fixtures *f, const char *path, enum fixture_kind kind)
{
	const struct n32_json_options options = options_of(f);
	const struct script_file *file = find_file(f, path);

	ensure(file);
	memset(&f->problem, 0, sizeof(f->problem));
	if (kind == FIXTURE_REQUEST)
		return n32_neg_req_decode(&f->c->request, file->text, &options, &f->problem);
	return n32_neg_rsp_decode(&f->c->response, file->text, &options, &f->problem);
}

/* --- the case of a decision */

static const struct fixture *fixture_at(lua_State *L, int i)
{
	return value_has_metatable(L, i, &fixture_key) ? lua_touserdata(L, i) : NULL;
}

/* Pushes the fields of the fixture at `i`, or an empty table for nil.  [-0, +1] */
static void push_fields(lua_State *L, int i, enum fixture_kind kind)
{
	const struct fixture *x = fixture_at(L, i);

	if (lua_isnoneornil(L, i)) {
		lua_newtable(L);
		return;
	}
	if (!x)
		luaL_error(L, "%s expected, got %s; write test.%s { ... }", names[kind],
		    value_type(L, i), names[kind]);
	if (x->kind != kind)
		luaL_error(L, "%s expected, got %s; write test.%s { ... }", names[kind],
		    names[x->kind], names[kind]);
	lua_getiuservalue(L, i, 1);
}

static const struct conf_partner *find_partner(const struct fixtures *f, const char *name)
{
	for (size_t i = 0; i < f->n_partners; i++) {
		if (strcmp(f->partners[i]->name, name) == 0)
			return f->partners[i];
	}
	return NULL;
}

/* Reads the fields of a peer from the table on top.  [-1, +0] */
static void read_peer(lua_State *L, struct fixtures *f, const struct conf_partner *who)
{
	const struct fixture_fields *fields = &fixture_fields[FIXTURE_PEER];
	struct script_case *c = f->c;
	struct script_peer *p = &c->in.peer;
	struct conf_partner conf;
	int t = lua_gettop(L);

	lua_getfield(L, t, "name");
	if (lua_type(L, -1) == LUA_TSTRING && find_partner(f, lua_tostring(L, -1)))
		who = find_partner(f, lua_tostring(L, -1));
	if (who)
		script_case_set_partner(c, who);
	fixture_read(L, t, fields, c, true);
	conf = c->partner;
	script_case_set_partner(c, &conf);
	fixture_read(L, t, fields, c, false);
	if (p->established != N32_CAP_UNKNOWN && p->history.last_capability == N32_CAP_UNKNOWN)
		p->history.last_capability = p->established;
	if (p->history.last_capability != N32_CAP_UNKNOWN && p->history.last_ok_s == 0)
		p->history.last_ok_s = c->in.now_s - AGREED_BEFORE_S;
	lua_settop(L, t - 1);
}

/* Reads what the hook is told first: fields on top, over the wire body of the fixture at `i`, if
 * it is one.  [-1, +0] */
static void read_first(lua_State *L, struct fixtures *f, enum fixture_kind kind, int i)
{
	int t = lua_gettop(L);

	if (fixture_at(L, i)) {
		if (lua_getiuservalue(L, i, 2) == LUA_TSTRING &&
		    decode(f, lua_tostring(L, -1), kind))
			refuse(L, f, lua_tostring(L, -1));
		lua_settop(L, t);
	}
	fixture_read(L, t, &fixture_fields[kind], f->c, false);
	f->c->params.has_policy |= f->c->params.policy_differs;
	if (fixture_resend(f))
		refuse(L, f, fixture_fields[kind].what);
	lua_settop(L, t - 1);
}

void fixture_build(lua_State *L, struct fixtures *f, enum script_hook hook,
    const struct conf_partner *who, int first, int peer)
{
	const enum fixture_kind kind = fixture_kind_of(hook);

	fuel_charge(L, COST);
	mem_free(f->c);
	f->c = script_case_new(hook);
	push_fields(L, peer, FIXTURE_PEER);
	read_peer(L, f, who);
	if (kind != FIXTURE_PEER) {
		push_fields(L, first, kind);
		read_first(L, f, kind, first);
	}
	script_case_point(f->c);
	script_case_set_offer(f->c, f->gateway);
}

/* --- making them */

/* A fixture without fields.  [-0, +1] */
static struct fixture *push_fixture(lua_State *L, enum fixture_kind kind)
{
	struct fixture *x = lua_newuserdatauv(L, sizeof(*x), 2);

	*x = (struct fixture){ names[kind], kind };
	lua_rawgetp(L, LUA_REGISTRYINDEX, &fixture_key);
	lua_setmetatable(L, -2);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	return x;
}

/* Copies the table at `from` into the one on top.  [-0, +0] */
static void copy_fields(lua_State *L, int from)
{
	lua_pushnil(L);
	while (lua_next(L, from)) {
		fuel_charge(L, 4);
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

/* Raises if the fixture on top, which has just been made, is not valid. */
static void check(lua_State *L, enum fixture_kind kind)
{
	struct fixtures *f = fixtures_of(L);
	int at = lua_gettop(L);

	if (kind == FIXTURE_PEER)
		fixture_build(L, f, SCRIPT_OFFER_CAPABILITIES, NULL, 0, at);
	else
		fixture_build(L, f, hook_of(kind), NULL, at, at + 1);
}

/* Adds the changes at `i` to the fixture on top.  [-0, +0] */
static void change(lua_State *L, int i, enum fixture_kind kind)
{
	if (!lua_istable(L, i))
		luaL_error(L, "test.%s: table expected, got %s; write test.%s { ... }", names[kind],
		    value_type(L, i), names[kind]);
	lua_pushvalue(L, i); /* seal_open() replaces it */
	(void)seal_open(L, -1);
	fixture_check_keys(L, lua_gettop(L), &fixture_fields[kind]);
	lua_getiuservalue(L, -2, 1);
	copy_fields(L, lua_gettop(L) - 1);
	lua_pop(L, 2);
}

/* test.request(fields); upvalue 1 is the kind */
static int l_make(lua_State *L)
{
	enum fixture_kind kind = (enum fixture_kind)lua_tointeger(L, lua_upvalueindex(1));

	lua_settop(L, 1);
	push_fixture(L, kind);
	if (!lua_isnil(L, 1))
		change(L, 1, kind);
	check(L, kind);
	return 1;
}

/* fixture(changes) -> fixture */
static int l_call(lua_State *L)
{
	const struct fixture *x = fixture_at(L, 1);

	lua_settop(L, 2);
	push_fixture(L, x->kind);
	lua_getiuservalue(L, 1, 2);
	lua_setiuservalue(L, 3, 2);
	lua_getiuservalue(L, 3, 1);
	lua_getiuservalue(L, 1, 1);
	lua_insert(L, 4);
	copy_fields(L, 4);
	lua_settop(L, 3);
	change(L, 2, x->kind);
	check(L, x->kind);
	return 1;
}

/* (fixture, key): only hooks read what it says */
static int l_index(lua_State *L)
{
	const struct fixture *x = fixture_at(L, 1);

	return luaL_error(L,
	    "a test cannot read the fields of its %s; to change one, call it: %s { field = value }",
	    x->type, x->type);
}

static int l_newindex(lua_State *L)
{
	const struct fixture *x = fixture_at(L, 1);

	return luaL_error(L,
	    "a %s is not changed but made anew: local other = %s { field = value }", x->type,
	    x->type);
}

/* test.fixture(name): the body in tests/ or tests/fixtures/ */
static int l_fixture(lua_State *L)
{
	struct fixtures *f = fixtures_of(L);
	struct str name = arg_short(L, 1);
	enum fixture_kind kind = FIXTURE_REQUEST;

	lua_settop(L, 1);
	lua_pushfstring(L, "tests/%s", name.p);
	if (!find_file(f, lua_tostring(L, 2))) {
		lua_pushfstring(L, "tests/fixtures/%s", name.p);
		lua_replace(L, 2);
	}
	if (!find_file(f, lua_tostring(L, 2)) || memchr(name.p, '/', name.n))
		return luaL_error(L,
		    "test.fixture: there is no tests/%s and no tests/fixtures/%s; write the name of "
		    "a .json file",
		    name.p, name.p);
	mem_free(f->c);
	f->c = script_case_new(SCRIPT_VERIFY_SELECTION);
	if (decode(f, lua_tostring(L, 2), FIXTURE_RESPONSE) == 0)
		kind = FIXTURE_RESPONSE;
	push_fixture(L, kind);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, 3, 2);
	check(L, kind);
	return 1;
}

const struct function fixture_functions[] = {
	{ "peer", NULL, "fields?: test.peer", "any", "who asks, or whom we ask" },
	{ "request", NULL, "fields?: test.request", "any", "what a peer asks for" },
	{ "event", NULL, "fields?: test.event", "any", "what happens to a connection" },
	{ "response", NULL, "fields?: test.response", "any", "what a peer selected" },
	{ "parameters", NULL, "fields?: test.parameters", "any", "what a peer proposes" },
	{ "report", NULL, "fields?: test.report", "any", "what a peer says went wrong" },
	{ "fixture", l_fixture, "name: string", "any",
	    "a body as it came over the wire, from tests/ or tests/fixtures/" },
	{ .name = NULL },
};

void fixture_fill(lua_State *L, struct fixtures *f)
{
	static const luaL_Reg functions[] = {
		{ "__call", l_call },
		{ "__index", l_index },
		{ "__newindex", l_newindex },
		{ NULL, NULL },
	};

	seal_metatable(L, &fixture_key, functions);
	lua_pushlightuserdata(L, f);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &fixtures_key);
	for (int kind = 0; kind < FIXTURE_KINDS; kind++) {
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, l_make, 1);
		lua_setfield(L, -2, names[kind]);
	}
	function_fill(L, fixture_functions);
}
