/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "script/answer.h"
#include "script/arg.h"
#include "script/script_int.h"
#include "script/value.h"

/* The answers of select_parameters and on_error_report. */

/* A list of algorithms that a peer proposes. */
struct proposal {
	enum value_kind kind;
	const struct n32_suite *list;
	size_t n;
};

static const char *suite_name(const struct proposal *p, size_t i)
{
	const int value = p->list[i].value;

	if (value == 0)
		return p->list[i].text;
	return p->kind == VALUE_JWE ? n32_jwe_name((enum n32_jwe)value)
				    : n32_jws_name((enum n32_jws)value);
}

/* "A128GCM, A256GCM", cut at a name. */
static const char *print_proposal(char *out, size_t size, const struct proposal *p)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->n; i++) {
		const char *name = suite_name(p, i);
		size_t need = strlen(name) + (i ? 2 : 0);

		if (at + need >= size)
			break;
		snprintf(out + at, size - at, "%s%s", i ? ", " : "", name);
		at += need;
	}
	return out;
}

static bool proposes(const struct proposal *p, int value)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->list[i].value == value)
			return true;
	}
	return false;
}

/* What to write for the proposal: the first of it that we know.  [-0, +1] */
static const char *push_instead(
    lua_State *L, const struct config_field *f, const struct proposal *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->list[i].value)
			return lua_pushfstring(
			    L, "%s = sepp.%s.%s", f->name, f->name, suite_name(p, i));
	}
	return lua_pushliteral(L, "sepp.reject(reason), for none of it is known here");
}

/* The algorithm on top, or 0 when the peer left the choice out. */
static int read_suite(
    lua_State *L, const char *what, const struct config_field *f, const struct proposal *p)
{
	const int value = config_value(L, what, f, p->kind);
	const char *name;
	char list[96];

	if (p->n == 0)
		return 0;
	if (!proposes(p, value)) {
		name = p->kind == VALUE_JWE ? n32_jwe_name((enum n32_jwe)value)
					    : n32_jws_name((enum n32_jws)value);
		luaL_error(L, "%s: '%s': the peer did not propose %s, but %s; write %s", what,
		    f->name, name, print_proposal(list, sizeof(list), p), push_instead(L, f, p));
	}
	return value;
}

static struct proposal proposed_jwe(lua_State *L)
{
	const struct script_params *p = script_vm_of(L)->in->params;

	return (struct proposal){ VALUE_JWE, p->jwe, p->n_jwe };
}

static struct proposal proposed_jws(lua_State *L)
{
	const struct script_params *p = script_vm_of(L)->in->params;

	return (struct proposal){ VALUE_JWS, p->jws, p->n_jws };
}

static void read_jwe(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const struct proposal p = proposed_jwe(L);

	((struct answer *)out)->jwe = (enum n32_jwe)read_suite(L, what, f, &p);
}

static void read_jws(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	const struct proposal p = proposed_jws(L);

	((struct answer *)out)->jws = (enum n32_jws)read_suite(L, what, f, &p);
}

static void read_mismatch(lua_State *L, const char *what, const struct config_field *f, void *out)
{
	((struct answer *)out)->on_mismatch =
	    (enum script_mismatch)config_value(L, what, f, VALUE_MISMATCH);
}

static const struct config_field parameters_fields[] = {
	{ "jwe", read_jwe, .type = "jwe", .example = "jwe = sepp.jwe.A256GCM" },
	{ "jws", read_jws, .type = "jws", .example = "jws = sepp.jws.ES256" },
	{ "on_policy_mismatch", read_mismatch, .type = "mismatch",
	    .example = "on_policy_mismatch = sepp.mismatch.REFUSE" },
};

const struct config_shape answer_parameters_shape = {
	"sepp.parameters",
	parameters_fields,
	ARRAY_LEN(parameters_fields),
};

/* Raises if there is a choice and `value` makes none. */
static void must_choose(
    lua_State *L, const struct config_field *f, const struct proposal *p, int value)
{
	char list[96];

	if (p->n && value == 0)
		luaL_error(L, "sepp.parameters: '%s' is missing; the peer proposes %s; write %s",
		    f->name, print_proposal(list, sizeof(list), p), push_instead(L, f, p));
}

/* sepp.parameters { jwe = jwe, jws = jws, on_policy_mismatch = mismatch } */
static int l_parameters(lua_State *L)
{
	struct proposal jwe, jws;
	struct answer *a;

	(void)answer_deciding(L, SCRIPT_PARAMETERS, "parameters");
	lua_settop(L, 1);
	a = answer_push(L, SCRIPT_PARAMETERS);
	config_read(L, 1, &answer_parameters_shape, a);
	jwe = proposed_jwe(L);
	jws = proposed_jws(L);
	must_choose(L, &parameters_fields[0], &jwe, (int)a->jwe);
	must_choose(L, &parameters_fields[1], &jws, (int)a->jws);
	lua_settop(L, 2);
	return 1;
}

/* sepp.continue() */
static int l_continue(lua_State *L)
{
	answer_suits(L, SCRIPT_CONTINUE, "continue");
	if (!lua_isnone(L, 1))
		return arg_expected(L, 1, "nothing");
	answer_push(L, SCRIPT_CONTINUE);
	return 1;
}

/* sepp.renegotiate(format, ...) */
static int l_renegotiate(lua_State *L)
{
	answer_suits(L, SCRIPT_RENEGOTIATE, "renegotiate");
	return answer_refuse(L, SCRIPT_RENEGOTIATE, 1, "sepp.renegotiate(\"why\")");
}

/* sepp.terminate(format, ...) */
static int l_terminate(lua_State *L)
{
	answer_suits(L, SCRIPT_TERMINATE, "terminate");
	return answer_refuse(L, SCRIPT_TERMINATE, 1, "sepp.terminate(\"why\")");
}

const struct function answer_prins_functions[] = {
	{ "parameters", l_parameters, "choice: sepp.parameters", "answer",
	    "selects among the algorithms that the peer proposes" },
	{ "continue", l_continue, "", "answer", "goes on as if nothing had been reported" },
	{ "renegotiate", l_renegotiate, "reason: string, ...: any", "answer",
	    "negotiates with the peer anew" },
	{ "terminate", l_terminate, "reason: string, ...: any", "answer",
	    "ends the association with the peer" },
	{ .name = NULL },
};
