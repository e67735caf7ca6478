/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/arg.h"
#include "script/fields_int.h"
#include "script/fuel.h"
#include "script/script_int.h"

/* What hooks can see once PRINS is selected: proposed parameters, reports of errors. */

static void proposed_jwe(lua_State *L, const struct script_params *p, size_t i)
{
	push_known(L, VALUE_JWE, p->jwe[i].value, p->jwe[i].text);
}

static void proposed_jws(lua_State *L, const struct script_params *p, size_t i)
{
	push_known(L, VALUE_JWS, p->jws[i].value, p->jws[i].text);
}

LIST(jwe, struct script_params, n_jwe, proposed_jwe)
LIST(jws, struct script_params, n_jws, proposed_jws)

static bool holds(const struct n32_suite *list, size_t n, int value, const char *unknown)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].value == value && (value || strcmp(list[i].text, unknown) == 0))
			return true;
	}
	return false;
}

/* Raises what to write instead of argument 2. */
static int no_suite(lua_State *L)
{
	struct str s;

	if (lua_type(L, 2) != LUA_TSTRING)
		return arg_expected(L, 2, "jwe or jws");
	s.p = lua_tolstring(L, 2, &s.n);
	return arg_fail(L, 2, "%s",
	    arg_push_complaint(L, 2, value_named(VALUE_JWS, s) ? VALUE_JWS : VALUE_JWE));
}

/* request:offers(suite) -> boolean; a suite is a jwe or a jws */
static int l_offers(lua_State *L)
{
	const struct script_params *p = view_check(L, 1, &view_parameters)->base;
	const struct value *v = value_at(L, 2);
	enum value_kind kind = VALUE_KINDS;
	const char *unknown = value_unknown_at(L, 2, &kind);

	if (v)
		kind = v->kind;
	if (kind != VALUE_JWE && kind != VALUE_JWS)
		return no_suite(L);
	fuel_charge(L, p->n_jwe + p->n_jws);
	if (kind == VALUE_JWE)
		lua_pushboolean(L, holds(p->jwe, p->n_jwe, v ? v->value : 0, unknown));
	else
		lua_pushboolean(L, holds(p->jws, p->n_jws, v ? v->value : 0, unknown));
	return 1;
}

static const struct field parameters_fields[] = {
	{ "sender", FIELD_CHARS, true, AT(script_params, sender.text), .type = "string",
	    .doc = "FQDN the request names, or nil" },
	{ "jwe", FIELD_PUSH, .push = push_jwe, .type = "jwe[]",
	    .doc = "encryption the peer proposes, in its order; empty when it proposes none" },
	{ "jws", FIELD_PUSH, .push = push_jws, .type = "jws[]",
	    .doc = "signatures the peer proposes, in its order; empty when it proposes none" },
	{ "has_policy", FIELD_BOOL, AT(script_params, has_policy), .type = "boolean",
	    .doc = "whether the exchange is also about protection policies" },
	{ "policy_differs", FIELD_BOOL, AT(script_params, policy_differs), .type = "boolean",
	    .doc = "whether the peer's protection policy is not ours" },
	FIELDS_OF_TIME,
	{ "offers", FIELD_METHOD, .method = l_offers, .type = "fun(self, suite: jwe|jws): boolean",
	    .doc = "whether the peer proposes the algorithm" },
};

const struct view_def view_parameters = {
	.name = "parameters",
	.fields = parameters_fields,
	.n_fields = ARRAY_LEN(parameters_fields),
};

/* --- report */

static void push_error_type(lua_State *L, const struct view *v)
{
	const struct script_report *r = v->base;

	push_known(L, VALUE_N32F_ERROR, (int)r->error, r->error_text);
}

static const struct field report_fields[] = {
	{ "type", FIELD_PUSH, .push = push_error_type, .type = "n32f_error",
	    .doc = "what the peer says is wrong with a message of ours" },
	{ "context", FIELD_CHARS, true, AT(script_report, context), .type = "string",
	    .doc = "N32-f context in hexadecimal, or nil" },
	{ "message_id", FIELD_CHARS, AT(script_report, message_id), .type = "string",
	    .doc = "which message" },
	{ "count", FIELD_U64, AT(script_report, in_context), .type = "integer",
	    .doc = "reports about this context so far, this one included" },
	FIELDS_OF_TIME,
};

const struct view_def view_report = {
	.name = "report",
	.fields = report_fields,
	.n_fields = ARRAY_LEN(report_fields),
};
