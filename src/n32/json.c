/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/err.h"
#include "n32/json.h"
#include "n32/json_int.h"
#include "n32/json_value.h"

_Static_assert(
    N32_CAPS_MAX == 16 && N32_PLMNS_MAX == 64 && N32_SNPNS_MAX == 32 && N32_USAGES_MAX == 32,
    "the reasons name these bounds");

static const char want_caps[] = "must be an array of 1 to 16 SecurityCapability";
static const char want_plmns[] = "must be an array of 1 to 64 PlmnId";
static const char want_snpns[] = "must be an array of 1 to 32 PlmnIdNid";
static const char want_usages[] = "must be an array of 1 to 32 IntendedN32Purpose";

#define REQ struct n32_neg_req
static const struct attribute req_table[] = {
	{ "sender", .mandatory = true, .read = n32_json_read_fqdn, VALUE(REQ, sender) },
	{ "supportedSecCapabilityList", .mandatory = true, .read = n32_json_read_cap,
	    ARRAY(REQ, caps, n_caps), .expected = want_caps },
	{ "3GppSbiTargetApiRootSupported", .read = n32_json_read_bool,
	    VALUE(REQ, target_api_root) },
	{ "plmnIdList", .read = n32_json_read_plmn, ARRAY(REQ, plmns, n_plmns),
	    .expected = want_plmns },
	{ "snpnIdList", .read = n32_json_read_snpn, ARRAY(REQ, snpns, n_snpns),
	    .expected = want_snpns },
	{ "targetPlmnId", .read = n32_json_read_plmn, FLAGGED(REQ, target_plmn, has_target_plmn) },
	{ "targetSnpnId", .read = n32_json_read_snpn, FLAGGED(REQ, target_snpn, has_target_snpn) },
	{ "intendedUsagePurpose", .read = n32_json_read_usage, ARRAY(REQ, usages, n_usages),
	    .expected = want_usages },
	{ "supportedFeatures", .read = n32_json_read_features,
	    FLAGGED(REQ, features, has_features) },
	{ "senderN32fFqdn", .read = n32_json_read_fqdn, VALUE(REQ, n32f_fqdn) },
	/* Rel-19 and Rel-18 shape (F-7): of both, the single port wins by coming last */
	{ "senderN32fPortList", .read = n32_json_read_ports, VALUE(REQ, n32f_port) },
	{ "senderN32fPort", .read = n32_json_read_port, VALUE(REQ, n32f_port) },
};
#undef REQ

#define RSP struct n32_neg_rsp
static const struct attribute rsp_table[] = {
	{ "sender", .mandatory = true, .read = n32_json_read_fqdn, VALUE(RSP, sender) },
	{ "selectedSecCapability", .mandatory = true, .read = n32_json_read_cap,
	    VALUE(RSP, selected) },
	{ "3GppSbiTargetApiRootSupported", .read = n32_json_read_bool,
	    FLAGGED(RSP, target_api_root, has_target_api_root) },
	{ "plmnIdList", .read = n32_json_read_plmn, ARRAY(RSP, plmns, n_plmns),
	    .expected = want_plmns },
	{ "snpnIdList", .read = n32_json_read_snpn, ARRAY(RSP, snpns, n_snpns),
	    .expected = want_snpns },
	{ "allowedUsagePurpose", .read = n32_json_read_usage, ARRAY(RSP, allowed, n_allowed),
	    .expected = want_usages },
	{ "rejectedUsagePurpose", .read = n32_json_read_usage, ARRAY(RSP, rejected, n_rejected),
	    .expected = want_usages },
	{ "supportedFeatures", .read = n32_json_read_features,
	    FLAGGED(RSP, features, has_features) },
	{ "senderN32fFqdn", .read = n32_json_read_fqdn, VALUE(RSP, n32f_fqdn) },
	{ "senderN32fPortList", .read = n32_json_read_ports, VALUE(RSP, n32f_port) },
	{ "senderN32fPort", .read = n32_json_read_port, VALUE(RSP, n32f_port) },
};
#undef RSP

/* The worst offence names the answer (n32.md A.6 step 6). */
static enum n32_problem_code verdict(const struct decoder *d)
{
	if (d->problem->n_params == 0)
		return N32_PROBLEM_NONE;
	if (d->missing)
		return N32_PROBLEM_MANDATORY_IE_MISSING;
	if (d->incorrect)
		return N32_PROBLEM_MANDATORY_IE_INCORRECT;
	return N32_PROBLEM_OPTIONAL_IE_INCORRECT;
}

int n32_json_decode(void *out, const struct attribute *table, size_t n, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	struct decoder d = { .strict_fqdn = options->strict_fqdn, .problem = problem };
	const struct json_value *root;
	const char *why;

	n32_problem_reset(problem, N32_PROBLEM_NONE);
	root = n32_json_parse(body, &why);
	if (!root) {
		problem->code = N32_PROBLEM_INVALID_MSG_FORMAT;
		(void)str_copy(problem->detail, sizeof(problem->detail), str_of(why)); /* it fits */
		return ERR_SYNTAX;
	}
	n32_json_read_object(&d, NULL, root, table, n, out);
	problem->code = verdict(&d);
	return problem->code == N32_PROBLEM_NONE ? 0 : ERR_SYNTAX;
}

/*
 * The structs are large and used again for each request: what stands for an absent attribute is
 * reset, the arrays behind a count of 0 are not.
 */
static void reset_req(struct n32_neg_req *req)
{
	req->sender.text[0] = '\0';
	req->n_caps = req->n_plmns = req->n_snpns = req->n_usages = 0;
	req->target_api_root = false;
	req->has_target_plmn = req->has_target_snpn = req->has_features = false;
	req->target_plmn = (struct n32_plmn){ "", "" };
	req->target_snpn = (struct n32_snpn){ { "", "" }, "" };
	req->features = 0;
	req->n32f_fqdn.text[0] = '\0';
	req->n32f_port = 0;
}

static void reset_rsp(struct n32_neg_rsp *rsp)
{
	rsp->sender.text[0] = '\0';
	rsp->selected.cap = N32_CAP_UNKNOWN;
	rsp->selected.text[0] = '\0';
	rsp->has_target_api_root = rsp->target_api_root = false;
	rsp->n_plmns = rsp->n_snpns = rsp->n_allowed = rsp->n_rejected = 0;
	rsp->has_features = false;
	rsp->features = 0;
	rsp->n32f_fqdn.text[0] = '\0';
	rsp->n32f_port = 0;
}

int n32_neg_req_decode(struct n32_neg_req *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	reset_req(out);
	return n32_json_decode(out, req_table, ARRAY_LEN(req_table), body, options, problem);
}

int n32_neg_rsp_decode(struct n32_neg_rsp *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	reset_rsp(out);
	return n32_json_decode(out, rsp_table, ARRAY_LEN(rsp_table), body, options, problem);
}
