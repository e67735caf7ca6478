/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/json_int.h"
#include "n32/json_prins.h"

enum {
	STATUS_MIN = 100,
	STATUS_MAX = 599,
};

_Static_assert(N32_SUITES_MAX == 16 && N32_FAILED_MAX == 16 && N32_DETAILS_MAX == 32 &&
		   N32_CONTEXT_ID_LEN == 16 && N32_TEXT_MAX == 63,
    "the reasons name these bounds");

static const char want_suites[] = "must be an array of 1 to 16 cipher suites";

/* --- readers */

/* TS 29.573: ^[A-Fa-f0-9]{16}$; the digits stay as they are, for they go into keys (n32.md A.9). */
static void read_context_id(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (v->type != N32_JSON_STRING || v->text.n != N32_CONTEXT_ID_LEN ||
	    !n32_json_is_hex(v->text))
		n32_json_offend(d, at, "must be 16 hexadecimal digits in a string");
	else
		n32_json_copy_cut(out, N32_CONTEXT_ID_LEN + 1, v->text);
}

/* `value` is what the text stands for; 0 if that is unknown. */
static void keep_suite(struct n32_suite *suite, int value, struct str text)
{
	suite->value = value;
	suite->text[0] = '\0';
	if (value == 0)
		n32_json_copy_cut(suite->text, sizeof(suite->text), text);
}

static void read_jwe(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (n32_json_read_word(d, at, v))
		keep_suite(out, (int)n32_jwe_parse(v->text), v->text);
}

static void read_jws(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (n32_json_read_word(d, at, v))
		keep_suite(out, (int)n32_jws_parse(v->text), v->text);
}

static void read_error(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct n32_error_item *error = out;

	error->text[0] = '\0';
	if (!n32_json_read_word(d, at, v))
		return;
	error->type = n32_error_type_parse(v->text);
	if (error->type == N32_ERROR_UNKNOWN)
		n32_json_copy_cut(error->text, sizeof(error->text), v->text);
}

static void read_reason(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (n32_json_read_word(d, at, v))
		n32_json_copy_cut(out, N32_TEXT_MAX + 1, v->text);
}

static void read_message_id(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (!n32_json_is_text(v, N32_TEXT_MAX))
		n32_json_offend(
		    d, at, "must be a string of at most 63 bytes without control characters");
	else
		n32_json_copy_cut(out, N32_TEXT_MAX + 1, v->text);
}

static void read_failed(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "ipxId", .mandatory = true, .read = n32_json_read_fqdn,
		    VALUE(struct n32_failed_modification, ipx_id) },
		{ "n32fErrorType", .mandatory = true, .read = read_error,
		    VALUE(struct n32_failed_modification, error) },
	};

	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), out);
}

static void read_detail(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "attribute", .mandatory = true, .read = n32_json_read_info,
		    VALUE(struct n32_error_detail, attribute) },
		{ "msgReconstructFailReason", .mandatory = true, .read = read_reason,
		    VALUE(struct n32_error_detail, reason) },
	};

	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), out);
}

/* --- tables */

#define REQ struct n32_params_req
static const struct attribute req_table[] = {
	{ "n32fContextId", .mandatory = true, .read = read_context_id, VALUE(REQ, context_id) },
	{ "jweCipherSuiteList", .read = read_jwe, ARRAY(REQ, jwe, n_jwe), .expected = want_suites },
	{ "jwsCipherSuiteList", .read = read_jws, ARRAY(REQ, jws, n_jws), .expected = want_suites },
	{ "protectionPolicyInfo", .read = n32_json_read_policy, FLAGGED(REQ, policy, has_policy) },
	{ "ipxProviderSecInfoList", .read = n32_json_read_providers, VALUE(REQ, providers) },
	{ "sender", .read = n32_json_read_fqdn, VALUE(REQ, sender) },
};
#undef REQ

#define RSP struct n32_params_rsp
static const struct attribute rsp_table[] = {
	{ "n32fContextId", .mandatory = true, .read = read_context_id, VALUE(RSP, context_id) },
	{ "selectedJweCipherSuite", .read = read_jwe, VALUE(RSP, jwe) },
	{ "selectedJwsCipherSuite", .read = read_jws, VALUE(RSP, jws) },
	{ "selProtectionPolicyInfo", .read = n32_json_read_policy,
	    FLAGGED(RSP, policy, has_policy) },
	{ "ipxProviderSecInfoList", .read = n32_json_read_providers, VALUE(RSP, providers) },
	{ "sender", .read = n32_json_read_fqdn, VALUE(RSP, sender) },
};
#undef RSP

static const struct attribute context_table[] = {
	{ "n32fContextId", .mandatory = true, .read = read_context_id,
	    VALUE(struct n32_context_info, id) },
};

#define ERROR struct n32_error_info
static const struct attribute error_table[] = {
	{ "n32fMessageId", .mandatory = true, .read = read_message_id, VALUE(ERROR, message_id) },
	{ "n32fErrorType", .mandatory = true, .read = read_error, VALUE(ERROR, error) },
	{ "n32fContextId", .read = read_context_id, VALUE(ERROR, context_id) },
	{ "failedModificationList", .read = read_failed, ARRAY(ERROR, failed, n_failed),
	    .expected = "must be an array of 1 to 16 FailedModificationInfo" },
	{ "errorDetailsList", .read = read_detail, ARRAY(ERROR, details, n_details),
	    .expected = "must be an array of 1 to 32 N32fErrorDetail" },
};
#undef ERROR

int n32_params_req_decode(struct n32_params_req *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	n32_params_req_reset(out);
	return n32_json_decode(out, req_table, ARRAY_LEN(req_table), body, options, problem);
}

int n32_params_rsp_decode(struct n32_params_rsp *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	n32_params_rsp_reset(out);
	return n32_json_decode(out, rsp_table, ARRAY_LEN(rsp_table), body, options, problem);
}

int n32_context_info_decode(struct n32_context_info *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	out->id[0] = '\0';
	return n32_json_decode(
	    out, context_table, ARRAY_LEN(context_table), body, options, problem);
}

int n32_error_info_decode(struct n32_error_info *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem)
{
	out->message_id[0] = out->context_id[0] = out->error.text[0] = '\0';
	out->error.type = N32_ERROR_UNKNOWN;
	out->n_failed = out->n_details = 0;
	return n32_json_decode(out, error_table, ARRAY_LEN(error_table), body, options, problem);
}

/* --- what is not understood stays empty */

/* NULL is what no peer could be asked to correct. */
static const struct json_value *find_text(const struct json_value *root, const char *name)
{
	const struct json_value *v = root ? n32_json_find(root, name) : NULL;

	return v && v->type == N32_JSON_STRING ? v : NULL;
}

static void blank_controls(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = ' ';
		else if (c[0] == 0xc2 && c[1] < 0xa0)
			c[0] = c[1] = ' ';
	}
}

static void keep_text(char *out, size_t size, const struct json_value *root, const char *name)
{
	const struct json_value *v = find_text(root, name);

	out[0] = '\0';
	if (!v)
		return;
	n32_json_copy_cut(out, size, v->text);
	blank_controls(out);
}

void n32_redirect_decode(struct n32_redirect *out, struct str body)
{
	const char *why;
	const struct json_value *root = n32_json_parse(body, &why);
	const struct json_value *target = find_text(root, "targetSepp");

	out->target_sepp[0] = '\0';
	if (target && n32_json_is_text(target, N32_INFO_MAX))
		n32_json_copy_cut(out->target_sepp, sizeof(out->target_sepp), target->text);
	keep_text(out->cause, sizeof(out->cause), root, "cause");
}

void n32_problem_decode(struct n32_problem_info *out, struct str body)
{
	const char *why;
	const struct json_value *root = n32_json_parse(body, &why);
	const struct json_value *status = root ? n32_json_find(root, "status") : NULL;

	out->status = 0;
	if (status && status->integer >= STATUS_MIN && status->integer <= STATUS_MAX)
		out->status = (int)status->integer;
	keep_text(out->cause, sizeof(out->cause), root, "cause");
	keep_text(out->detail, sizeof(out->detail), root, "detail");
}
