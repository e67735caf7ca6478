/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/name.h"
#include "script/arg.h"
#include "script/fields_int.h"
#include "script/fuel.h"
#include "script/script_int.h"
#include "script/value.h"
#include "script/view.h"

/* What hooks can see: one table for each view, the same that editors are told about. */

void push_plmn(lua_State *L, const struct n32_plmn *plmn)
{
	char out[8];

	lua_pushstring(L, n32_plmn_print(out, plmn));
}

void push_snpn(lua_State *L, const struct n32_snpn *snpn)
{
	char out[20];

	lua_pushstring(L, n32_snpn_print(out, snpn));
}

void push_known(lua_State *L, enum value_kind kind, int value, const char *text)
{
	if (value == 0)
		value_push_unknown(L, kind, text);
	else
		value_push(L, kind, value);
}

/* [-0, +1] */
static void push_features(lua_State *L, bool has, uint64_t features)
{
	lua_pushinteger(L, has ? (lua_Integer)features : 0);
}

/* --- request */

static void request_cap(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_known(L, VALUE_CAP, (int)r->caps[i].cap, r->caps[i].text);
}

static void request_plmn(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_plmn(L, &r->plmns[i]);
}

static void request_snpn(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_snpn(L, &r->snpns[i]);
}

static void request_purpose(lua_State *L, const struct n32_neg_req *r, size_t i)
{
	push_known(L, VALUE_PURPOSE, (int)r->usages[i].purpose, r->usages[i].text);
}

LIST(capabilities, struct n32_neg_req, n_caps, request_cap)
LIST(request_plmns, struct n32_neg_req, n_plmns, request_plmn)
LIST(request_snpns, struct n32_neg_req, n_snpns, request_snpn)
LIST(purposes, struct n32_neg_req, n_usages, request_purpose)

static void push_target_plmn(lua_State *L, const struct view *v)
{
	const struct n32_neg_req *r = v->base;

	if (r->has_target_plmn)
		push_plmn(L, &r->target_plmn);
	else
		lua_pushnil(L);
}

static void push_request_features(lua_State *L, const struct view *v)
{
	const struct n32_neg_req *r = v->base;

	push_features(L, r->has_features, r->features);
}

/* request:offers(capability) -> boolean */
static int l_offers(lua_State *L)
{
	const struct n32_neg_req *r = view_check(L, 1, &view_request)->base;
	enum value_kind kind;
	const char *unknown = value_unknown_at(L, 2, &kind);
	bool yes = false;
	int cap;

	if (unknown && kind == VALUE_CAP) {
		for (size_t i = 0; i < r->n_caps && !yes; i++)
			yes = r->caps[i].cap == N32_CAP_UNKNOWN &&
			      strcmp(r->caps[i].text, unknown) == 0;
	} else {
		cap = arg_value(L, 2, VALUE_CAP);
		for (size_t i = 0; i < r->n_caps && !yes; i++)
			yes = (int)r->caps[i].cap == cap;
	}
	fuel_charge(L, r->n_caps);
	lua_pushboolean(L, yes);
	return 1;
}

static const struct field request_fields[] = {
	{ "sender", FIELD_CHARS, AT(n32_neg_req, sender.text), .type = "string",
	    .doc = "FQDN the request names" },
	{ "capabilities", FIELD_PUSH, .push = push_capabilities, .type = "capability[]",
	    .doc = "what the peer offers, in its order" },
	{ "plmns", FIELD_PUSH, .push = push_request_plmns, .type = "string[]",
	    .doc = "PLMNs the request names, as \"001-01\"" },
	{ "snpns", FIELD_PUSH, .push = push_request_snpns, .type = "string[]",
	    .doc = "SNPNs the request names, as \"001-01-00000abcdef\"" },
	{ "target_plmn", FIELD_PUSH, true, .push = push_target_plmn, .type = "string",
	    .doc = "PLMN the request is for, or nil" },
	{ "purposes", FIELD_PUSH, .push = push_purposes, .type = "purpose[]",
	    .doc = "intended uses; empty when the request names none" },
	{ "features", FIELD_PUSH, .push = push_request_features, .type = "integer",
	    .doc = "supported features as bits; 0 when absent" },
	{ "target_api_root", FIELD_BOOL, AT(n32_neg_req, target_api_root), .type = "boolean",
	    .doc = "whether the peer supports 3gpp-Sbi-Target-apiRoot" },
	FIELDS_OF_TIME,
	{ "offers", FIELD_METHOD, .method = l_offers,
	    .type = "fun(self, capability: capability): boolean",
	    .doc = "whether the peer offers the capability" },
};

const struct view_def view_request = {
	.name = "request",
	.fields = request_fields,
	.n_fields = ARRAY_LEN(request_fields),
};

/* --- response */

static void response_plmn(lua_State *L, const struct n32_neg_rsp *r, size_t i)
{
	push_plmn(L, &r->plmns[i]);
}

static void response_snpn(lua_State *L, const struct n32_neg_rsp *r, size_t i)
{
	push_snpn(L, &r->snpns[i]);
}

static void allowed_purpose(lua_State *L, const struct n32_neg_rsp *r, size_t i)
{
	push_known(L, VALUE_PURPOSE, (int)r->allowed[i].purpose, r->allowed[i].text);
}

static void rejected_purpose(lua_State *L, const struct n32_neg_rsp *r, size_t i)
{
	push_known(L, VALUE_PURPOSE, (int)r->rejected[i].purpose, r->rejected[i].text);
}

LIST(response_plmns, struct n32_neg_rsp, n_plmns, response_plmn)
LIST(response_snpns, struct n32_neg_rsp, n_snpns, response_snpn)
LIST(allowed, struct n32_neg_rsp, n_allowed, allowed_purpose)
LIST(rejected, struct n32_neg_rsp, n_rejected, rejected_purpose)

static void push_selected(lua_State *L, const struct view *v)
{
	const struct n32_neg_rsp *r = v->base;

	push_known(L, VALUE_CAP, (int)r->selected.cap, r->selected.text);
}

static void push_response_features(lua_State *L, const struct view *v)
{
	const struct n32_neg_rsp *r = v->base;

	push_features(L, r->has_features, r->features);
}

static void push_response_api_root(lua_State *L, const struct view *v)
{
	const struct n32_neg_rsp *r = v->base;

	if (r->has_target_api_root)
		lua_pushboolean(L, r->target_api_root);
	else
		lua_pushnil(L);
}

static const struct field response_fields[] = {
	{ "sender", FIELD_CHARS, AT(n32_neg_rsp, sender.text), .type = "string",
	    .doc = "FQDN the response names" },
	{ "capability", FIELD_PUSH, .push = push_selected, .type = "capability",
	    .doc = "what the peer selected" },
	{ "plmns", FIELD_PUSH, .push = push_response_plmns, .type = "string[]",
	    .doc = "PLMNs the response names, as \"001-01\"" },
	{ "snpns", FIELD_PUSH, .push = push_response_snpns, .type = "string[]",
	    .doc = "SNPNs the response names, as \"001-01-00000abcdef\"" },
	{ "purposes", FIELD_PUSH, .push = push_allowed, .type = "purpose[]",
	    .doc = "uses the peer allows; empty when the response names none" },
	{ "rejected_purposes", FIELD_PUSH, .push = push_rejected, .type = "purpose[]",
	    .doc = "uses the peer refuses; empty when the response names none" },
	{ "features", FIELD_PUSH, .push = push_response_features, .type = "integer",
	    .doc = "supported features as bits; 0 when absent" },
	{ "target_api_root", FIELD_PUSH, true, .push = push_response_api_root, .type = "boolean",
	    .doc = "whether the peer supports 3gpp-Sbi-Target-apiRoot; nil when it does not say" },
	FIELDS_OF_TIME,
};

const struct view_def view_response = {
	.name = "response",
	.fields = response_fields,
	.n_fields = ARRAY_LEN(response_fields),
};

/* --- event */

static void push_event_kind(lua_State *L, const struct view *v)
{
	value_push(L, VALUE_EVENT, (int)v->in->event);
}

static const struct field event_fields[] = {
	{ "kind", FIELD_PUSH, .push = push_event_kind, .type = "event",
	    .doc = "what happened to the connection" },
	{ "age_s", FIELD_I64, AT(script_input, event_age_s), .type = "integer",
	    .doc = "seconds since the connection was made" },
	FIELDS_OF_TIME,
};

const struct view_def view_event = {
	.name = "event",
	.fields = event_fields,
	.n_fields = ARRAY_LEN(event_fields),
};
