/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/prins.h"

static const char *const jwe_names[N32_JWES] = {
	[N32_JWE_UNKNOWN] = "UNKNOWN",
	[N32_JWE_A128GCM] = "A128GCM",
	[N32_JWE_A256GCM] = "A256GCM",
};

static const char *const jws_names[N32_JWSS] = {
	[N32_JWS_UNKNOWN] = "UNKNOWN",
	[N32_JWS_ES256] = "ES256",
};

static const char *const error_names[N32_ERROR_TYPES] = { [N32_ERROR_UNKNOWN] = "UNKNOWN",
#define X(name) [N32_ERROR_##name] = #name,
	N32_ERROR_TYPE_TABLE(X)
#undef X
};

/* --- names */

static const char *name_of(size_t value, const char *const *names, size_t n)
{
	return names[value < n ? value : 0];
}

const char *n32_jwe_name(enum n32_jwe jwe)
{
	return name_of((size_t)jwe, jwe_names, N32_JWES);
}

const char *n32_jws_name(enum n32_jws jws)
{
	return name_of((size_t)jws, jws_names, N32_JWSS);
}

const char *n32_error_type_name(enum n32_error_type type)
{
	return name_of((size_t)type, error_names, N32_ERROR_TYPES);
}

enum n32_jwe n32_jwe_parse(struct str text)
{
	return (enum n32_jwe)n32_names_find(jwe_names, N32_JWES, text);
}

enum n32_jws n32_jws_parse(struct str text)
{
	return (enum n32_jws)n32_names_find(jws_names, N32_JWSS, text);
}

enum n32_error_type n32_error_type_parse(struct str text)
{
	return (enum n32_error_type)n32_names_find(error_names, N32_ERROR_TYPES, text);
}

const char *n32_jwe_text(const struct n32_suite *suite)
{
	return suite->value == N32_JWE_UNKNOWN ? suite->text
					       : n32_jwe_name((enum n32_jwe)suite->value);
}

const char *n32_jws_text(const struct n32_suite *suite)
{
	return suite->value == N32_JWS_UNKNOWN ? suite->text
					       : n32_jws_name((enum n32_jws)suite->value);
}

const char *n32_error_text(const struct n32_error_item *error)
{
	return error->type == N32_ERROR_UNKNOWN ? error->text : n32_error_type_name(error->type);
}

bool n32_context_id_eq(const char *a, const char *b)
{
	return a[0] != '\0' && str_ieq(str_of(a), str_of(b));
}

/* --- parameters */

void n32_params_req_init(struct n32_params_req *req)
{
	n32_policy_init(&req->policy);
	n32_providers_init(&req->providers);
	n32_params_req_reset(req);
}

void n32_params_req_release(struct n32_params_req *req)
{
	n32_params_req_reset(req);
	n32_policy_release(&req->policy);
	n32_providers_release(&req->providers);
}

void n32_params_req_reset(struct n32_params_req *req)
{
	req->sender.text[0] = '\0';
	req->context_id[0] = '\0';
	req->n_jwe = req->n_jws = 0;
	req->has_policy = false;
	n32_policy_reset(&req->policy);
	n32_providers_reset(&req->providers);
}

void n32_params_rsp_init(struct n32_params_rsp *rsp)
{
	n32_policy_init(&rsp->policy);
	n32_providers_init(&rsp->providers);
	n32_params_rsp_reset(rsp);
}

void n32_params_rsp_release(struct n32_params_rsp *rsp)
{
	n32_params_rsp_reset(rsp);
	n32_policy_release(&rsp->policy);
	n32_providers_release(&rsp->providers);
}

void n32_params_rsp_reset(struct n32_params_rsp *rsp)
{
	rsp->sender.text[0] = '\0';
	rsp->context_id[0] = '\0';
	rsp->jwe.value = N32_JWE_UNKNOWN;
	rsp->jws.value = N32_JWS_UNKNOWN;
	rsp->jwe.text[0] = rsp->jws.text[0] = '\0';
	rsp->has_policy = false;
	n32_policy_reset(&rsp->policy);
	n32_providers_reset(&rsp->providers);
}
