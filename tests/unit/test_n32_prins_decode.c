/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/json_prins.h"

#define ID "\"n32fContextId\":\"0123456789abCDEF\""

/* A request that is right up to here, for cases about one more attribute. */
#define WITH(attribute) "{" ID "," attribute "}"
#define JWE(list)       WITH("\"jweCipherSuiteList\":" list)
#define JWS(list)       WITH("\"jwsCipherSuiteList\":" list)

/* Reports, whole and as in the specification. */
#define M                 "\"n32fMessageId\":\"1\""
#define T                 "\"n32fErrorType\":\"INTEGRITY_CHECK_FAILED\""
#define REPORT(attribute) "{" M "," T "," attribute "}"
#define FAILED(list)      REPORT("\"failedModificationList\":" list)
#define DETAIL(list)      REPORT("\"errorDetailsList\":" list)

#define IPX               "{\"ipxId\":\"ipx.example.org\",\"n32fErrorType\":\"X\"}"
#define SPOT              "{\"attribute\":\"/supi\",\"msgReconstructFailReason\":\"INVALID_JSON_POINTER\"}"

/* The codes, as short as they are in the specification. */
#define INVALID_MSG_FORMAT     N32_PROBLEM_INVALID_MSG_FORMAT
#define MANDATORY_IE_MISSING   N32_PROBLEM_MANDATORY_IE_MISSING
#define MANDATORY_IE_INCORRECT N32_PROBLEM_MANDATORY_IE_INCORRECT
#define OPTIONAL_IE_INCORRECT  N32_PROBLEM_OPTIONAL_IE_INCORRECT

struct bad {
	const char *body;
	enum n32_problem_code code;
	const char *param;
	const char *reason;
};

static const struct n32_json_options lenient, strict = { .strict_fqdn = true };
static struct n32_params_req req;
static struct n32_params_rsp rsp;
static struct n32_context_info context;
static struct n32_error_info error;
static struct n32_problem problem;

static int set_up(void **state)
{
	(void)state;
	n32_params_req_init(&req);
	n32_params_rsp_init(&rsp);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	n32_params_req_release(&req);
	n32_params_rsp_release(&rsp);
	return 0;
}

static int decode(const char *body)
{
	return n32_params_req_decode(&req, str_of(body), &lenient, &problem);
}

static int decode_rsp(const char *body)
{
	return n32_params_rsp_decode(&rsp, str_of(body), &lenient, &problem);
}

static int decode_context(const char *body)
{
	return n32_context_info_decode(&context, str_of(body), &lenient, &problem);
}

static int decode_error(const char *body)
{
	return n32_error_info_decode(&error, str_of(body), &lenient, &problem);
}

/* Each body has exactly the offence that is given. */
static void assert_each_is_refused(
    int (*decode_it)(const char *body), const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (decode_it(bad[i].body) != ERR_SYNTAX)
			fail_msg("accepted: %s", bad[i].body);
		if (problem.code != bad[i].code)
			fail_msg("code %d: %s", problem.code, bad[i].body);
		if (problem.n_params != 1)
			fail_msg("%zu offences: %s", problem.n_params, bad[i].body);
		assert_string_equal(problem.params[0].param, bad[i].param);
		assert_string_equal(problem.params[0].reason, bad[i].reason);
	}
}

/* An object that is right up to here and ends in a list of `n` times `item`. */
static const char *body_with_list(const char *start, const char *name, const char *item, size_t n)
{
	static char body[65536];
	int at = snprintf(body, sizeof(body), "{%s,\"%s\":[", start, name);

	for (size_t i = 0; i < n; i++)
		at += snprintf(body + at, sizeof(body) - (size_t)at, "%s%s", i ? "," : "", item);
	snprintf(body + at, sizeof(body) - (size_t)at, "]}");
	return body;
}

/* --- exchange-params */

/* PRM-01, PRM-04 */
static void proposed_algorithms_are_kept_in_order_and_unknown_ones_as_text(void **state)
{
	(void)state;
	assert_int_equal(decode("{\"sender\":\"SEPP.example.org.\"," ID
				",\"jweCipherSuiteList\":[\"FOO\",\"A256GCM\",\"A128GCM\"],"
				"\"jwsCipherSuiteList\":[\"ES256\",\"RS256\"],\"secProfiles\":[]}"),
	    0);
	assert_string_equal(req.sender.text, "sepp.example.org");
	assert_string_equal(req.context_id, "0123456789abCDEF");
	assert_int_equal(req.n_jwe, 3);
	assert_int_equal(req.jwe[0].value, N32_JWE_UNKNOWN);
	assert_string_equal(req.jwe[0].text, "FOO");
	assert_int_equal(req.jwe[1].value, N32_JWE_A256GCM);
	assert_string_equal(req.jwe[1].text, "");
	assert_int_equal(req.jwe[2].value, N32_JWE_A128GCM);
	assert_int_equal(req.n_jws, 2);
	assert_int_equal(req.jws[0].value, N32_JWS_ES256);
	assert_string_equal(req.jws[1].text, "RS256");
	assert_true(!req.has_policy && req.providers.n == 0);
}

static void an_exchange_needs_only_the_context(void **state)
{
	(void)state;
	assert_int_equal(decode("{" ID "}"), 0);
	assert_true(req.n_jwe + req.n_jws == 0 && req.sender.text[0] == '\0');
	assert_int_equal(decode_rsp("{" ID "}"), 0);
	assert_string_equal(rsp.context_id, "0123456789abCDEF");
	assert_true(rsp.jwe.value == 0 && rsp.jwe.text[0] == '\0');
}

static void an_answer_selects_one_of_each(void **state)
{
	(void)state;
	assert_int_equal(decode_rsp(WITH("\"selectedJweCipherSuite\":\"A256GCM\","
					 "\"selectedJwsCipherSuite\":\"RS256\","
					 "\"sender\":\"b.example.org\"")),
	    0);
	assert_int_equal(rsp.jwe.value, N32_JWE_A256GCM);
	assert_string_equal(rsp.jws.text, "RS256");
	assert_string_equal(rsp.sender.text, "b.example.org");
}

/* PRM-05 to PRM-07 */
static const struct bad bad_requests[] = {
	{ "{}", MANDATORY_IE_MISSING, "/n32fContextId", "missing" },
	{ "{\"n32fContextId\":\"0123456789abcde\"}", MANDATORY_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ "{\"n32fContextId\":\"0123456789abcdef0\"}", MANDATORY_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ "{\"n32fContextId\":\"0123456789abcdeg\"}", MANDATORY_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ "{\"n32fContextId\":1234567812345678}", MANDATORY_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ JWE("[]"), OPTIONAL_IE_INCORRECT, "/jweCipherSuiteList",
	    "must be an array of 1 to 16 cipher suites" },
	{ JWE("\"A128GCM\""), OPTIONAL_IE_INCORRECT, "/jweCipherSuiteList",
	    "must be an array of 1 to 16 cipher suites" },
	{ JWE("[\"A128GCM\",1]"), OPTIONAL_IE_INCORRECT, "/jweCipherSuiteList/1",
	    "must be a string without control characters" },
	{ JWS("[]"), OPTIONAL_IE_INCORRECT, "/jwsCipherSuiteList",
	    "must be an array of 1 to 16 cipher suites" },
	{ JWS("[\"a\\u0007\"]"), OPTIONAL_IE_INCORRECT, "/jwsCipherSuiteList/0",
	    "must be a string without control characters" },
	{ WITH("\"sender\":\"a b\""), OPTIONAL_IE_INCORRECT, "/sender",
	    "must be an FQDN of letters, digits, hyphens, underscores and dots" },
	{ WITH("\"protectionPolicyInfo\":1"), OPTIONAL_IE_INCORRECT, "/protectionPolicyInfo",
	    "must be an object" },
	{ WITH("\"ipxProviderSecInfoList\":{}"), OPTIONAL_IE_INCORRECT, "/ipxProviderSecInfoList",
	    "must be an array of 1 to 16 IpxProviderSecInfo" },
};

static const struct bad bad_responses[] = {
	{ "{}", MANDATORY_IE_MISSING, "/n32fContextId", "missing" },
	{ "{\"n32fContextId\":null}", MANDATORY_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ WITH("\"selectedJweCipherSuite\":[\"A128GCM\"]"), OPTIONAL_IE_INCORRECT,
	    "/selectedJweCipherSuite", "must be a string without control characters" },
	{ WITH("\"selectedJwsCipherSuite\":false"), OPTIONAL_IE_INCORRECT,
	    "/selectedJwsCipherSuite", "must be a string without control characters" },
	{ WITH("\"selProtectionPolicyInfo\":{}"), OPTIONAL_IE_INCORRECT,
	    "/selProtectionPolicyInfo/apiIeMappingList", "missing" },
	{ WITH("\"ipxProviderSecInfoList\":[]"), OPTIONAL_IE_INCORRECT, "/ipxProviderSecInfoList",
	    "must be an array of 1 to 16 IpxProviderSecInfo" },
};

static void a_wrong_request_has_the_code_of_its_offence(void **state)
{
	(void)state;
	assert_each_is_refused(decode, bad_requests, ARRAY_LEN(bad_requests));
}

static void a_wrong_answer_has_the_code_of_its_offence(void **state)
{
	(void)state;
	assert_each_is_refused(decode_rsp, bad_responses, ARRAY_LEN(bad_responses));
}

static void what_is_not_json_is_malformed_in_every_body(void **state)
{
	int (*const all[])(const char *) = { decode, decode_rsp, decode_context, decode_error };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(all[i]("{" ID), ERR_SYNTAX);
		assert_int_equal(problem.code, INVALID_MSG_FORMAT);
		assert_string_equal(problem.detail, "ends too early");
	}
}

static void all_offences_are_listed_and_the_worst_names_the_answer(void **state)
{
	(void)state;
	assert_int_equal(decode("{\"sender\":1,\"jweCipherSuiteList\":[],"
				"\"protectionPolicyInfo\":{\"apiIeMappingList\":[{}]}}"),
	    ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_MISSING);
	assert_int_equal(problem.n_params, 6);
	assert_string_equal(
	    problem.params[4].param, "/protectionPolicyInfo/apiIeMappingList/0/IeList");
}

static void strict_names_are_asked_for_by_the_option(void **state)
{
	static const char body[] = WITH("\"sender\":\"a_b.org\"");

	(void)state;
	assert_int_equal(n32_params_req_decode(&req, str_of(body), &lenient, &problem), 0);
	assert_int_equal(n32_params_req_decode(&req, str_of(body), &strict, &problem), ERR_SYNTAX);
}

static void lists_hold_up_to_their_bound_and_no_more(void **state)
{
	static const struct {
		int (*decode)(const char *body);
		const char *start, *name, *item;
		size_t max;
	} lists[] = {
		{ decode, ID, "jweCipherSuiteList", "\"X\"", N32_SUITES_MAX },
		{ decode, ID, "jwsCipherSuiteList", "\"X\"", N32_SUITES_MAX },
		{ decode_error, M "," T, "failedModificationList", IPX, N32_FAILED_MAX },
		{ decode_error, M "," T, "errorDetailsList", SPOT, N32_DETAILS_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const char *start = lists[i].start, *name = lists[i].name, *item = lists[i].item;

		assert_int_equal(
		    lists[i].decode(body_with_list(start, name, item, lists[i].max)), 0);
		assert_int_equal(
		    lists[i].decode(body_with_list(start, name, item, lists[i].max + 1)),
		    ERR_SYNTAX);
		assert_string_equal(problem.params[0].param + 1, name);
		assert_int_equal(problem.n_params, 1);
	}
}

static void nothing_of_an_earlier_exchange_remains(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"jweCipherSuiteList\":[\"X\"],\"sender\":\"a.org\","
				     "\"ipxProviderSecInfoList\":[{\"ipxProviderId\":\"a.org\","
				     "\"certificateList\":[\"x\"]}]")),
	    0);
	assert_int_equal(req.providers.n, 1);
	assert_int_equal(decode(JWE("[\"A128GCM\"]")), 0);
	assert_string_equal(req.jwe[0].text, "");
	assert_int_equal(decode("{" ID "}"), 0);
	assert_true(req.n_jwe == 0 && req.providers.n == 0 && req.sender.text[0] == '\0');
	assert_int_equal(req.providers.json.len, 0);
	assert_int_equal(decode_rsp(WITH("\"selectedJweCipherSuite\":\"X\"")), 0);
	assert_int_equal(decode_rsp("{" ID "}"), 0);
	assert_string_equal(rsp.jwe.text, "");
}

/* --- n32f-terminate */

/* TRM-01, TRM-05, TRM-06 */
static void a_context_is_sixteen_digits(void **state)
{
	static const struct bad bad[] = {
		{ "{}", MANDATORY_IE_MISSING, "/n32fContextId", "missing" },
		{ "{\"n32fContextId\":\"x123456789abcdef\"}", MANDATORY_IE_INCORRECT,
		    "/n32fContextId", "must be 16 hexadecimal digits in a string" },
		{ "{\"n32fContextId\":\"\"}", MANDATORY_IE_INCORRECT, "/n32fContextId",
		    "must be 16 hexadecimal digits in a string" },
	};

	(void)state;
	assert_int_equal(decode_context("{" ID ",\"x\":1}"), 0);
	assert_string_equal(context.id, "0123456789abCDEF");
	assert_each_is_refused(decode_context, bad, ARRAY_LEN(bad));
	assert_string_equal(context.id, "");
}

/* --- n32f-error */

static void a_report_is_decoded(void **state)
{
	(void)state;
	assert_int_equal(
	    decode_error("{" M "," T "," ID ",\"failedModificationList\":[" IPX
			 "],\"errorDetailsList\":[" SPOT "],\"policyMismatchList\":[]}"),
	    0);
	assert_string_equal(error.message_id, "1");
	assert_int_equal(error.error.type, N32_ERROR_INTEGRITY_CHECK_FAILED);
	assert_string_equal(error.context_id, "0123456789abCDEF");
	assert_int_equal(error.n_failed, 1);
	assert_string_equal(error.failed[0].ipx_id.text, "ipx.example.org");
	assert_string_equal(n32_error_text(&error.failed[0].error), "X");
	assert_int_equal(error.n_details, 1);
	assert_string_equal(error.details[0].attribute, "/supi");
	assert_string_equal(error.details[0].reason, "INVALID_JSON_POINTER");
	assert_int_equal(decode_error("{" M "," T "}"), 0);
	assert_true(error.context_id[0] == '\0' && error.n_failed + error.n_details == 0);
}

/* ERR-04, ERR-08, ERR-17 */
static void what_a_report_says_in_unknown_words_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(decode_error("{" M ",\"n32fErrorType\":\"X\"}"), 0);
	assert_int_equal(error.error.type, N32_ERROR_UNKNOWN);
	assert_string_equal(error.error.text, "X");
	assert_int_equal(
	    decode_error(DETAIL("[{\"attribute\":\"\",\"msgReconstructFailReason\":\"Y\"}]")), 0);
	assert_string_equal(error.details[0].reason, "Y");
	assert_int_equal(decode_error(REPORT("\"policyMismatchList\":7")), 0);
}

/* ERR-02, ERR-03, ERR-06, ERR-07, ERR-09 */
static const struct bad bad_reports[] = {
	{ "{" T "}", MANDATORY_IE_MISSING, "/n32fMessageId", "missing" },
	{ "{" M "}", MANDATORY_IE_MISSING, "/n32fErrorType", "missing" },
	{ "{\"n32fMessageId\":1," T "}", MANDATORY_IE_INCORRECT, "/n32fMessageId",
	    "must be a string of at most 63 bytes without control characters" },
	{ "{\"n32fMessageId\":\"0123456789012345678901234567890123456789012345678901234567890123\","
	  "" T "}",
	    MANDATORY_IE_INCORRECT, "/n32fMessageId",
	    "must be a string of at most 63 bytes without control characters" },
	{ "{" M ",\"n32fErrorType\":3}", MANDATORY_IE_INCORRECT, "/n32fErrorType",
	    "must be a string without control characters" },
	{ REPORT("\"n32fContextId\":\"0\""), OPTIONAL_IE_INCORRECT, "/n32fContextId",
	    "must be 16 hexadecimal digits in a string" },
	{ FAILED("[]"), OPTIONAL_IE_INCORRECT, "/failedModificationList",
	    "must be an array of 1 to 16 FailedModificationInfo" },
	{ FAILED("[{\"n32fErrorType\":\"X\"}]"), OPTIONAL_IE_INCORRECT,
	    "/failedModificationList/0/ipxId", "missing" },
	{ FAILED("[" IPX ",{\"ipxId\":\"a.org\"}]"), OPTIONAL_IE_INCORRECT,
	    "/failedModificationList/1/n32fErrorType", "missing" },
	{ DETAIL("[]"), OPTIONAL_IE_INCORRECT, "/errorDetailsList",
	    "must be an array of 1 to 32 N32fErrorDetail" },
	{ DETAIL("[{\"attribute\":\"/a\"}]"), OPTIONAL_IE_INCORRECT,
	    "/errorDetailsList/0/msgReconstructFailReason", "missing" },
	{ DETAIL("[{\"attribute\":\"\\n\",\"msgReconstructFailReason\":\"X\"}]"),
	    OPTIONAL_IE_INCORRECT, "/errorDetailsList/0/attribute",
	    "must be a string of at most 255 bytes without control characters" },
};

static void a_wrong_report_has_the_code_of_its_offence(void **state)
{
	(void)state;
	assert_each_is_refused(decode_error, bad_reports, ARRAY_LEN(bad_reports));
}

/* --- what else a peer may answer */

static struct n32_redirect redirect_of(const char *body)
{
	struct n32_redirect r;

	memset(&r, 'x', sizeof(r));
	n32_redirect_decode(&r, str_of(body));
	return r;
}

static void a_redirect_names_another_sepp(void **state)
{
	struct n32_redirect r = redirect_of("{\"cause\":\"SCP_REDIRECTION\",\"status\":307,"
					    "\"targetSepp\":\"https://b.example.org:8443\"}");

	(void)state;
	assert_string_equal(r.target_sepp, "https://b.example.org:8443");
	assert_string_equal(r.cause, "SCP_REDIRECTION");
}

static void a_target_that_is_not_whole_is_none(void **state)
{
	static const char *const bodies[] = { "", "[]", "{}", "{\"targetSepp\":1}",
		"{\"targetSepp\":\"https://a\\r\\nb\"}", "{\"targetSepp\":\"https://a\"" };
	char body[512] = "{\"targetSepp\":\"", uri[N32_INFO_MAX + 2] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		assert_string_equal(redirect_of(bodies[i]).target_sepp, "");
		assert_string_equal(redirect_of(bodies[i]).cause, "");
	}
	memset(uri, 'u', sizeof(uri) - 1);
	snprintf(body, sizeof(body), "{\"targetSepp\":\"%s\"}", uri);
	assert_string_equal(redirect_of(body).target_sepp, "");
	snprintf(body, sizeof(body), "{\"targetSepp\":\"%s\"}", uri + 1);
	assert_string_equal(redirect_of(body).target_sepp, uri + 1);
}

static struct n32_problem_info problem_of(const char *body)
{
	struct n32_problem_info p;

	memset(&p, 'x', sizeof(p));
	n32_problem_decode(&p, str_of(body));
	return p;
}

static void a_refusal_says_status_cause_and_detail(void **state)
{
	struct n32_problem_info p =
	    problem_of("{\"status\":409,\"cause\":\"REQUESTED_PARAM_MISMATCH\","
		       "\"detail\":\"line\\none\\u0085\",\"invalidParams\":[]}");

	(void)state;
	assert_int_equal(p.status, 409);
	assert_string_equal(p.cause, "REQUESTED_PARAM_MISMATCH");
	assert_string_equal(p.detail, "line one  ");
}

static void what_is_not_understood_of_a_refusal_stays_empty(void **state)
{
	static const char *const bodies[] = { "", "x", "[1]", "{\"status\":99}", "{\"status\":600}",
		"{\"status\":\"409\"}", "{\"status\":409.5}", "{\"status\":409,\"status\":409}",
		"{\"cause\":{},\"detail\":null}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct n32_problem_info p = problem_of(bodies[i]);

		assert_int_equal(p.status, 0);
		assert_string_equal(p.cause, "");
		assert_string_equal(p.detail, "");
	}
}

static void a_long_refusal_is_cut_between_characters(void **state)
{
	char body[512], text[200];
	struct n32_problem_info p;

	(void)state;
	memset(text, 'd', sizeof(text));
	memcpy(text + sizeof(p.detail) - 2, "\xe2\x82\xac", 4);
	snprintf(body, sizeof(body), "{\"cause\":\"%s\",\"detail\":\"%s\"}", text, text);
	p = problem_of(body);
	assert_int_equal(strlen(p.cause), sizeof(p.cause) - 1);
	assert_int_equal(strlen(p.detail), sizeof(p.detail) - 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(proposed_algorithms_are_kept_in_order_and_unknown_ones_as_text),
		TEST(an_exchange_needs_only_the_context),
		TEST(an_answer_selects_one_of_each),
		TEST(a_wrong_request_has_the_code_of_its_offence),
		TEST(a_wrong_answer_has_the_code_of_its_offence),
		TEST(what_is_not_json_is_malformed_in_every_body),
		TEST(all_offences_are_listed_and_the_worst_names_the_answer),
		TEST(strict_names_are_asked_for_by_the_option),
		TEST(lists_hold_up_to_their_bound_and_no_more),
		TEST(nothing_of_an_earlier_exchange_remains),
		TEST(a_context_is_sixteen_digits),
		TEST(a_report_is_decoded),
		TEST(what_a_report_says_in_unknown_words_is_accepted),
		TEST(a_wrong_report_has_the_code_of_its_offence),
		TEST(a_redirect_names_another_sepp),
		TEST(a_target_that_is_not_whole_is_none),
		TEST(a_refusal_says_status_cause_and_detail),
		TEST(what_is_not_understood_of_a_refusal_stays_empty),
		TEST(a_long_refusal_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
