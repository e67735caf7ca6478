/* SPDX-License-Identifier: MIT */
/*
 * json_prins.h - strict decoding and encoding of the bodies of exchange-params, n32f-terminate and
 * n32f-error (TS 29.573 6.1.5.2), by the rules of json.h; what else a peer may answer; and the
 * operator's own files about PRINS.
 *
 * A list that is there has at least one element.  Which lists and policies have to be there depends
 * on the step of the exchange (n32.md B.1): the caller knows.
 */
#ifndef N32_JSON_PRINS_H
#define N32_JSON_PRINS_H

#include "base/base.h"
#include "base/err.h"
#include "n32/json.h"
#include "n32/prins.h"

/*
 * As n32_neg_req_decode() does.  Parameters are initialised by the caller, and keep their storage
 * for the next body.
 */
int n32_params_req_decode(struct n32_params_req *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;
int n32_params_rsp_decode(struct n32_params_rsp *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;
int n32_context_info_decode(struct n32_context_info *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;
int n32_error_info_decode(struct n32_error_info *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;

/* As n32_neg_req_encode() does; attributes are in the order of the specification. */
int n32_params_req_encode(struct buf *out, const struct n32_params_req *req) MUST_CHECK;
int n32_params_rsp_encode(struct buf *out, const struct n32_params_rsp *rsp) MUST_CHECK;
int n32_context_info_encode(struct buf *out, const struct n32_context_info *info) MUST_CHECK;
int n32_error_info_encode(struct buf *out, const struct n32_error_info *info) MUST_CHECK;

/*
 * The body of a 307, of either media type (F-8), and of a refusal.  They help a person or a
 * decision and can be anything: what is not understood stays empty.  Texts are cut, and control
 * characters in them become spaces; a target that would need that is not understood.
 */
void n32_redirect_decode(struct n32_redirect *out, struct str body);
void n32_problem_decode(struct n32_problem_info *out, struct str body);

/*
 * An operator's file: a ProtectionPolicy, or an object whose ipxProviderSecInfoList is the list.
 * `out` is initialised, and empty after a failure.  ERR_CONFIG with "<JSON pointer>: <what is
 * expected>" of the first mistake and how many more there are.
 */
int n32_policy_parse(struct n32_policy *out, struct str text, struct err *e) MUST_CHECK;
int n32_providers_parse(struct n32_providers *out, struct str text, struct err *e) MUST_CHECK;

#endif
