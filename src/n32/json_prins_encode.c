/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/json_out.h"
#include "n32/json_prins.h"

/* `text_of` is n32_jwe_text() or n32_jws_text(). */
static void put_suites(struct n32_json_out *o, const char *name, const struct n32_suite *suites,
    size_t n, const char *(*text_of)(const struct n32_suite *suite))
{
	if (n == 0)
		return;
	n32_json_out_array(o, name);
	for (size_t i = 0; i < n; i++)
		n32_json_out_text(o, NULL, text_of(&suites[i]));
	n32_json_out_end_array(o);
}

static void put_policy(
    struct n32_json_out *o, const char *name, bool has_policy, const struct n32_policy *policy)
{
	if (has_policy)
		n32_json_out_json(o, name, buf_str(&policy->json));
}

static void put_providers(struct n32_json_out *o, const struct n32_providers *providers)
{
	if (providers->n > 0)
		n32_json_out_json(o, "ipxProviderSecInfoList", buf_str(&providers->json));
}

int n32_params_req_encode(struct buf *out, const struct n32_params_req *req)
{
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "n32fContextId", req->context_id);
	put_suites(&o, "jweCipherSuiteList", req->jwe, req->n_jwe, n32_jwe_text);
	put_suites(&o, "jwsCipherSuiteList", req->jws, req->n_jws, n32_jws_text);
	put_policy(&o, "protectionPolicyInfo", req->has_policy, &req->policy);
	put_providers(&o, &req->providers);
	n32_json_out_some(&o, "sender", req->sender.text);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}

int n32_params_rsp_encode(struct buf *out, const struct n32_params_rsp *rsp)
{
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "n32fContextId", rsp->context_id);
	n32_json_out_some(&o, "selectedJweCipherSuite", n32_jwe_text(&rsp->jwe));
	n32_json_out_some(&o, "selectedJwsCipherSuite", n32_jws_text(&rsp->jws));
	put_policy(&o, "selProtectionPolicyInfo", rsp->has_policy, &rsp->policy);
	put_providers(&o, &rsp->providers);
	n32_json_out_some(&o, "sender", rsp->sender.text);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}

int n32_context_info_encode(struct buf *out, const struct n32_context_info *info)
{
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "n32fContextId", info->id);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}

static void put_failed(
    struct n32_json_out *o, const struct n32_failed_modification *failed, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, "failedModificationList");
	for (size_t i = 0; i < n; i++) {
		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "ipxId", failed[i].ipx_id.text);
		n32_json_out_text(o, "n32fErrorType", n32_error_text(&failed[i].error));
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_details(struct n32_json_out *o, const struct n32_error_detail *details, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, "errorDetailsList");
	for (size_t i = 0; i < n; i++) {
		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "attribute", details[i].attribute);
		n32_json_out_text(o, "msgReconstructFailReason", details[i].reason);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

int n32_error_info_encode(struct buf *out, const struct n32_error_info *info)
{
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "n32fMessageId", info->message_id);
	n32_json_out_text(&o, "n32fErrorType", n32_error_text(&info->error));
	n32_json_out_some(&o, "n32fContextId", info->context_id);
	put_failed(&o, info->failed, info->n_failed);
	put_details(&o, info->details, info->n_details);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}
