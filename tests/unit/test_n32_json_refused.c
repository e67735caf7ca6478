/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/json.h"

#define SENDER "\"sender\":\"sepp.example.org\""
#define CAPS   "\"supportedSecCapabilityList\":[\"TLS\"]"

/* A request that is right up to here, for cases about one more attribute. */
#define WITH(attribute) "{" SENDER "," CAPS "," attribute "}"

/* Shorter still, for one attribute each. */
#define S(sender) "{\"sender\":" sender "," CAPS "}"
#define C(caps)   "{" SENDER ",\"supportedSecCapabilityList\":" caps "}"
#define P(plmn)   WITH("\"plmnIdList\":[{\"mcc\":\"001\",\"mnc\":\"01\"}," plmn "]")
#define U(usage)  WITH("\"intendedUsagePurpose\":[{" usage "}]")
#define ROAMING   "\"usagePurpose\":\"ROAMING\","
#define TLS       "{" SENDER ",\"selectedSecCapability\":\"TLS\","

/* A request with one SNPN, for cases about its NID. */
#define N(nid) WITH("\"snpnIdList\":[{\"mcc\":\"001\",\"mnc\":\"01\",\"nid\":" nid "}]")

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
static struct n32_neg_req req;
static struct n32_neg_rsp rsp;
static struct n32_problem problem;

static int decode(const char *body)
{
	return n32_neg_req_decode(&req, str_of(body), &lenient, &problem);
}

static int decode_rsp(const char *body)
{
	return n32_neg_rsp_decode(&rsp, str_of(body), &lenient, &problem);
}

static const struct n32_invalid_param *find_param(const char *param)
{
	for (size_t i = 0; i < problem.n_params; i++) {
		if (strcmp(problem.params[i].param, param) == 0)
			return &problem.params[i];
	}
	return NULL;
}

static void assert_offence(const char *param, const char *reason)
{
	const struct n32_invalid_param *found = find_param(param);

	if (!found)
		fail_msg("no offence at %s", param);
	assert_string_equal(found->reason, reason);
}

/* Each body has exactly the offence that is given. */
static void assert_each_is_refused(const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (decode(bad[i].body) != ERR_SYNTAX)
			fail_msg("accepted: %s", bad[i].body);
		if (problem.code != bad[i].code)
			fail_msg("code %d: %s", problem.code, bad[i].body);
		assert_int_equal(problem.n_params, 1);
		assert_offence(bad[i].param, bad[i].reason);
	}
}

/* A request whose attribute `name` is an array of `n` times `item`. */
static const char *body_with_list(const char *name, const char *item, size_t n)
{
	static char body[65536];
	int at = snprintf(body, sizeof(body), "{" SENDER "," CAPS ",\"%s\":[", name);

	for (size_t i = 0; i < n; i++)
		at += snprintf(body + at, sizeof(body) - (size_t)at, "%s%s", i ? "," : "", item);
	snprintf(body + at, sizeof(body) - (size_t)at, "]}");
	return body;
}

/* CAP-24 to CAP-28 */
static const struct {
	const char *body, *detail;
} bad_malformed[] = {
	{ "", "the body is empty" },
	{ " ", "ends too early" },
	{ "sender=x", "not JSON" },
	{ "[]", "not a JSON object" },
	{ "\"x\"", "not JSON" },
	{ "null", "not JSON" },
	{ "{", "ends too early" },
	{ "{" SENDER "," CAPS, "ends too early" },
	{ "{" SENDER "," CAPS ",}", "not JSON" },
	{ "{'sender':'x'}", "not JSON" },
	{ "{" SENDER "," CAPS "}garbage", "text after the object" },
	{ "{" SENDER "," CAPS "}{}", "text after the object" },
	{ "{" SENDER "," SENDER "," CAPS "}", "an attribute occurs twice" },
	{ WITH("\"x\":{\"a\":1,\"a\":1}"), "an attribute occurs twice" },
	{ WITH("\"x\":\"\xff\""), "not UTF-8" },
	{ WITH("\"x\":\"\xc0\x80\""), "not UTF-8" },
	{ WITH("\"x\":\"\\ud800\""), "not JSON" },
	{ WITH("\"x\":\"\\u0000\""), "holds the character U+0000" },
	{ WITH("\"\\u0000\":1"), "holds the character U+0000" },
	{ WITH("\"x\":\"\n\""), "not JSON" },
	{ WITH("\"x\":1,\"\\u0078\":2"), "an attribute occurs twice" },
	{ WITH("\"x\":\"\xed\xa0\x80\""), "not UTF-8" },
	{ WITH("\"x\":\"\\udc00\""), "not JSON" },
	{ WITH("\"x\":\"\\ud800\\u0041\""), "not JSON" },
	{ WITH("\"x\":\v1"), "not JSON" },
	{ WITH("\"x\":/**/1"), "not JSON" },
	{ "{" SENDER "," CAPS "}\"", "text after the object" },
	{ WITH("\"x\":NaN"), "not JSON" },
	{ WITH("\"x\":01"), "not JSON" },
	{ "\xef\xbb\xbf{" SENDER "," CAPS "}", "not JSON" },
};

static void what_is_not_one_json_object_is_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_malformed); i++) {
		assert_int_equal(decode(bad_malformed[i].body), ERR_SYNTAX);
		assert_int_equal(problem.code, INVALID_MSG_FORMAT);
		assert_string_equal(problem.detail, bad_malformed[i].detail);
	}
}

static void a_nul_byte_in_the_body_is_malformed(void **state)
{
	static const struct str body = STR_LIT("{" SENDER "," CAPS "}\0");

	(void)state;
	assert_int_equal(n32_neg_req_decode(&req, body, &lenient, &problem), ERR_SYNTAX);
	assert_int_equal(problem.code, INVALID_MSG_FORMAT);
}

/* CAP-29 */
static void ten_thousand_levels_are_refused_before_parsing(void **state)
{
	static char body[20001];

	(void)state;
	memset(body, '[', 10000);
	memset(body + 10000, ']', 10000);
	assert_int_equal(decode(body), ERR_SYNTAX);
	assert_int_equal(problem.code, INVALID_MSG_FORMAT);
	assert_string_equal(problem.detail, "nested deeper than 16 levels");
	for (size_t i = 0; i < 20000; i += 5)
		memcpy(body + i, "{\"a\":", 5);
	assert_int_equal(decode(body), ERR_SYNTAX);
	assert_string_equal(problem.detail, "nested deeper than 16 levels");
}

static void sixteen_levels_are_read_and_seventeen_are_not(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]")), 0);
	assert_int_equal(decode(WITH("\"x\":[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]")), ERR_SYNTAX);
	assert_string_equal(problem.detail, "nested deeper than 16 levels");
}

static void brackets_in_strings_are_no_nesting(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"x\":\"[[[[[[[[[[[[[[[[[[[[[[\"")), 0);
	assert_int_equal(decode(WITH("\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[\"")), 0);
	assert_int_equal(
	    decode(WITH("\"x\":\"\\\\\",\"y\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")), ERR_SYNTAX);
	assert_string_equal(problem.detail, "nested deeper than 16 levels");
	assert_int_equal(
	    decode(WITH("\"x\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]")), 0);
}

/* CAP-07, CAP-08 */
static void an_absent_mandatory_attribute_is_missing(void **state)
{
	static const struct bad bad[] = {
		{ "{" CAPS "}", MANDATORY_IE_MISSING, "/sender", "missing" },
		{ "{" SENDER "}", MANDATORY_IE_MISSING, "/supportedSecCapabilityList", "missing" },
	};

	(void)state;
	assert_each_is_refused(bad, ARRAY_LEN(bad));
	assert_int_equal(decode("{}"), ERR_SYNTAX);
	assert_int_equal(problem.n_params, 2);
}

/* CAP-09 to CAP-11, CAP-17, CAP-18 */
static const char want_caps[] = "must be an array of 1 to 16 SecurityCapability";
static const char want_word[] = "must be a string without control characters";
static const struct bad bad_mandatory[] = {
	{ S("\"\""), MANDATORY_IE_INCORRECT, "/sender", "must be an FQDN of 1 to 253 characters" },
	{ S("5"), MANDATORY_IE_INCORRECT, "/sender", "must be an FQDN in a string" },
	{ S("null"), MANDATORY_IE_INCORRECT, "/sender", "must be an FQDN in a string" },
	{ S("\"a b\""), MANDATORY_IE_INCORRECT, "/sender",
	    "must be an FQDN of letters, digits, hyphens, underscores and dots" },
	{ C("[]"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList", want_caps },
	{ C("\"TLS\""), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList", want_caps },
	{ C("null"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList", want_caps },
	{ C("{}"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList", want_caps },
	{ C("[1]"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList/0", want_word },
	{ C("[\"TLS\",null]"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList/1", want_word },
	{ C("[\"TL\\u0007\"]"), MANDATORY_IE_INCORRECT, "/supportedSecCapabilityList/0",
	    want_word },
};

static void a_wrong_mandatory_attribute_is_incorrect(void **state)
{
	(void)state;
	assert_each_is_refused(bad_mandatory, ARRAY_LEN(bad_mandatory));
}

/* CAP-19, F-23 */
static void the_strict_option_applies_to_every_fqdn(void **state)
{
	static const char body[] = "{\"sender\":\"sepp\"," CAPS ",\"senderN32fFqdn\":\"a_b.org\"}";

	(void)state;
	assert_int_equal(decode(body), 0);
	assert_int_equal(n32_neg_req_decode(&req, str_of(body), &strict, &problem), ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_INCORRECT);
	assert_int_equal(problem.n_params, 2);
	assert_offence("/sender", "must be an FQDN of two or more labels");
	assert_offence(
	    "/senderN32fFqdn", "must be an FQDN of letters, digits, inner hyphens and dots");
}

/* CAP-43 to CAP-45 */
static const char want_plmns[] = "must be an array of 1 to 64 PlmnId";
static const char want_mcc[] = "must be 3 digits in a string";
static const char want_mnc[] = "must be 2 or 3 digits in a string";
static const struct bad bad_plmn[] = {
	{ WITH("\"3GppSbiTargetApiRootSupported\":\"true\""), OPTIONAL_IE_INCORRECT,
	    "/3GppSbiTargetApiRootSupported", "must be true or false" },
	{ WITH("\"plmnIdList\":[]"), OPTIONAL_IE_INCORRECT, "/plmnIdList", want_plmns },
	{ WITH("\"plmnIdList\":{}"), OPTIONAL_IE_INCORRECT, "/plmnIdList", want_plmns },
	{ WITH("\"plmnIdList\":null"), OPTIONAL_IE_INCORRECT, "/plmnIdList", want_plmns },
	{ P("5"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1", "must be an object" },
	{ P("{\"mcc\":\"01\",\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mcc",
	    want_mcc },
	{ P("{\"mcc\":\"0001\",\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mcc",
	    want_mcc },
	{ P("{\"mcc\":\"00a\",\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mcc",
	    want_mcc },
	{ P("{\"mcc\":1,\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mcc", want_mcc },
	{ P("{\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mcc", "missing" },
	{ P("{\"mcc\":\"001\",\"mnc\":\"1\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mnc",
	    want_mnc },
	{ P("{\"mcc\":\"001\",\"mnc\":\"0001\"}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mnc",
	    want_mnc },
	{ P("{\"mcc\":\"001\",\"mnc\":null}"), OPTIONAL_IE_INCORRECT, "/plmnIdList/1/mnc",
	    want_mnc },
	{ WITH("\"targetPlmnId\":{\"mcc\":\"001\"}"), OPTIONAL_IE_INCORRECT, "/targetPlmnId/mnc",
	    "missing" },
	{ WITH("\"targetPlmnId\":\"001-01\""), OPTIONAL_IE_INCORRECT, "/targetPlmnId",
	    "must be an object" },
};

static void a_wrong_plmn_or_flag_is_an_incorrect_option(void **state)
{
	(void)state;
	assert_each_is_refused(bad_plmn, ARRAY_LEN(bad_plmn));
}

static const char want_nid[] = "must be 11 hexadecimal digits in a string";
static const struct bad bad_snpn[] = {
	{ WITH("\"snpnIdList\":[]"), OPTIONAL_IE_INCORRECT, "/snpnIdList",
	    "must be an array of 1 to 32 PlmnIdNid" },
	{ N("\"0123456789\""), OPTIONAL_IE_INCORRECT, "/snpnIdList/0/nid", want_nid },
	{ N("\"0123456789ab\""), OPTIONAL_IE_INCORRECT, "/snpnIdList/0/nid", want_nid },
	{ N("\"0123456789g\""), OPTIONAL_IE_INCORRECT, "/snpnIdList/0/nid", want_nid },
	{ N("\"\""), OPTIONAL_IE_INCORRECT, "/snpnIdList/0/nid", want_nid },
	{ N("null"), OPTIONAL_IE_INCORRECT, "/snpnIdList/0/nid", want_nid },
	{ WITH("\"targetSnpnId\":{\"mnc\":\"01\"}"), OPTIONAL_IE_INCORRECT, "/targetSnpnId/mcc",
	    "missing" },
	{ WITH("\"targetSnpnId\":[]"), OPTIONAL_IE_INCORRECT, "/targetSnpnId",
	    "must be an object" },
};

static void a_wrong_snpn_is_an_incorrect_option(void **state)
{
	(void)state;
	assert_each_is_refused(bad_snpn, ARRAY_LEN(bad_snpn));
}

/* CAP-55 */
static const char want_info[] = "must be a string of at most 255 bytes without control characters";
static const struct bad bad_purpose[] = {
	{ WITH("\"intendedUsagePurpose\":[]"), OPTIONAL_IE_INCORRECT, "/intendedUsagePurpose",
	    "must be an array of 1 to 32 IntendedN32Purpose" },
	{ WITH("\"intendedUsagePurpose\":[\"ROAMING\"]"), OPTIONAL_IE_INCORRECT,
	    "/intendedUsagePurpose/0", "must be an object" },
	{ U(""), OPTIONAL_IE_INCORRECT, "/intendedUsagePurpose/0/usagePurpose", "missing" },
	{ U("\"usagePurpose\":1"), OPTIONAL_IE_INCORRECT, "/intendedUsagePurpose/0/usagePurpose",
	    "must be a string without control characters" },
	{ U(ROAMING "\"additionalInfo\":1"), OPTIONAL_IE_INCORRECT,
	    "/intendedUsagePurpose/0/additionalInfo", want_info },
	{ U(ROAMING "\"additionalInfo\":\"a\\nb\""), OPTIONAL_IE_INCORRECT,
	    "/intendedUsagePurpose/0/additionalInfo", want_info },
	{ U(ROAMING "\"additionalInfo\":\"a\\u007f\""), OPTIONAL_IE_INCORRECT,
	    "/intendedUsagePurpose/0/additionalInfo", want_info },
	{ U(ROAMING "\"additionalInfo\":\"a\\u0085\""), OPTIONAL_IE_INCORRECT,
	    "/intendedUsagePurpose/0/additionalInfo", want_info },
	{ U(ROAMING "\"cause\":null"), OPTIONAL_IE_INCORRECT, "/intendedUsagePurpose/0/cause",
	    want_info },
};

static void a_wrong_purpose_is_an_incorrect_option(void **state)
{
	(void)state;
	assert_each_is_refused(bad_purpose, ARRAY_LEN(bad_purpose));
}

/* CAP-58, CAP-64 */
static const char want_hex[] = "must be at most 32 hexadecimal digits in a string";
static const char want_port[] = "must be an integer from 1 to 65535";
static const char want_ports[] = "must be an array of 1 or more ports";
static const struct bad bad_rest[] = {
	{ WITH("\"supportedFeatures\":\"xyz\""), OPTIONAL_IE_INCORRECT, "/supportedFeatures",
	    want_hex },
	{ WITH("\"supportedFeatures\":1"), OPTIONAL_IE_INCORRECT, "/supportedFeatures", want_hex },
	{ WITH("\"supportedFeatures\":\"000000000000000000000000000000001\""),
	    OPTIONAL_IE_INCORRECT, "/supportedFeatures", want_hex },
	{ WITH("\"senderN32fPort\":0"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPort\":70000"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPort\":65536"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPort\":18446744073709559061"), OPTIONAL_IE_INCORRECT, "/senderN32fPort",
	    want_port },
	{ WITH("\"senderN32fPort\":-1"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPort\":8443.5"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPort\":\"8443\""), OPTIONAL_IE_INCORRECT, "/senderN32fPort",
	    want_port },
	{ WITH("\"senderN32fPort\":[8443]"), OPTIONAL_IE_INCORRECT, "/senderN32fPort", want_port },
	{ WITH("\"senderN32fPortList\":[]"), OPTIONAL_IE_INCORRECT, "/senderN32fPortList",
	    want_ports },
	{ WITH("\"senderN32fPortList\":8443"), OPTIONAL_IE_INCORRECT, "/senderN32fPortList",
	    want_ports },
	{ WITH("\"senderN32fPortList\":[1,0]"), OPTIONAL_IE_INCORRECT, "/senderN32fPortList/1",
	    want_port },
	{ WITH("\"senderN32fFqdn\":\"\""), OPTIONAL_IE_INCORRECT, "/senderN32fFqdn",
	    "must be an FQDN of 1 to 253 characters" },
};

static void wrong_features_and_ports_are_incorrect_options(void **state)
{
	(void)state;
	assert_each_is_refused(bad_rest, ARRAY_LEN(bad_rest));
}

static void elements_of_a_list_that_is_too_long_are_read_up_to_the_bound(void **state)
{
	(void)state;
	assert_int_equal(decode(body_with_list("plmnIdList", "5", 1000)), ERR_SYNTAX);
	assert_int_equal(problem.code, OPTIONAL_IE_INCORRECT);
	assert_offence("/plmnIdList", "must be an array of 1 to 64 PlmnId");
	assert_offence("/plmnIdList/0", "must be an object");
	assert_int_equal(problem.n_params, N32_INVALID_PARAMS_MAX);
	assert_int_equal(problem.more, 1 + N32_PLMNS_MAX - N32_INVALID_PARAMS_MAX);
}

static void every_offence_in_a_body_is_reported_at_once(void **state)
{
	(void)state;
	assert_int_equal(decode("{\"sender\":5,\"supportedSecCapabilityList\":[\"TLS\",7,8],"
				"\"plmnIdList\":[{\"mcc\":\"1\"}],\"supportedFeatures\":\"g\"}"),
	    ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_INCORRECT);
	assert_int_equal(problem.n_params, 6);
	assert_non_null(find_param("/sender"));
	assert_non_null(find_param("/supportedSecCapabilityList/1"));
	assert_non_null(find_param("/supportedSecCapabilityList/2"));
	assert_non_null(find_param("/plmnIdList/0/mcc"));
	assert_non_null(find_param("/plmnIdList/0/mnc"));
	assert_non_null(find_param("/supportedFeatures"));
}

static void missing_comes_before_incorrect_and_mandatory_before_optional(void **state)
{
	(void)state;
	assert_int_equal(
	    decode("{\"supportedSecCapabilityList\":[],\"plmnIdList\":[]}"), ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_MISSING);
	assert_int_equal(problem.n_params, 3);
	assert_int_equal(decode("{\"sender\":\"\"," CAPS ",\"plmnIdList\":[{}]}"), ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_INCORRECT);
	assert_int_equal(problem.n_params, 3);
}

/* INI-04 */
static void a_wrong_response_is_refused_by_the_same_rules(void **state)
{
	(void)state;
	assert_int_equal(decode_rsp("{" SENDER "}"), ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_MISSING);
	assert_offence("/selectedSecCapability", "missing");
	assert_int_equal(
	    decode_rsp("{" SENDER ",\"selectedSecCapability\":[\"TLS\"]}"), ERR_SYNTAX);
	assert_int_equal(problem.code, MANDATORY_IE_INCORRECT);
	assert_int_equal(
	    decode_rsp(TLS "\"rejectedUsagePurpose\":[{}],\"allowedUsagePurpose\":[]}"),
	    ERR_SYNTAX);
	assert_int_equal(problem.code, OPTIONAL_IE_INCORRECT);
	assert_non_null(find_param("/rejectedUsagePurpose/0/usagePurpose"));
	assert_non_null(find_param("/allowedUsagePurpose"));
}

static void thousands_of_offences_are_counted_but_not_listed(void **state)
{
	(void)state;
	assert_int_equal(decode(body_with_list("senderN32fPortList", "0", 10000)), ERR_SYNTAX);
	assert_int_equal(problem.n_params, N32_INVALID_PARAMS_MAX);
	assert_int_equal(problem.more, 10000 - N32_INVALID_PARAMS_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_one_json_object_is_malformed),
		cmocka_unit_test(a_nul_byte_in_the_body_is_malformed),
		cmocka_unit_test(ten_thousand_levels_are_refused_before_parsing),
		cmocka_unit_test(sixteen_levels_are_read_and_seventeen_are_not),
		cmocka_unit_test(brackets_in_strings_are_no_nesting),
		cmocka_unit_test(an_absent_mandatory_attribute_is_missing),
		cmocka_unit_test(a_wrong_mandatory_attribute_is_incorrect),
		cmocka_unit_test(the_strict_option_applies_to_every_fqdn),
		cmocka_unit_test(a_wrong_plmn_or_flag_is_an_incorrect_option),
		cmocka_unit_test(a_wrong_snpn_is_an_incorrect_option),
		cmocka_unit_test(a_wrong_purpose_is_an_incorrect_option),
		cmocka_unit_test(wrong_features_and_ports_are_incorrect_options),
		cmocka_unit_test(elements_of_a_list_that_is_too_long_are_read_up_to_the_bound),
		cmocka_unit_test(every_offence_in_a_body_is_reported_at_once),
		cmocka_unit_test(missing_comes_before_incorrect_and_mandatory_before_optional),
		cmocka_unit_test(a_wrong_response_is_refused_by_the_same_rules),
		cmocka_unit_test(thousands_of_offences_are_counted_but_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
