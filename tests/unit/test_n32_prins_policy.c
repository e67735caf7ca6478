/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/json_prins.h"

/* Policies, built from the inside out. */
#define IE           "{\"ieLoc\":\"BODY\",\"ieType\":\"UEID\",\"reqIe\":\"/supi\"}"
#define API          "\"apiSignature\":\"{apiRoot}/nudm-sdm/v2/{supi}\""
#define MAPPING(ies) "{" API ",\"apiMethod\":\"GET\",\"IeList\":[" ies "]}"
#define POLICY(maps) "{\"apiIeMappingList\":[" maps "]}"
#define LEAST        POLICY(MAPPING(IE))
#define ONE(ie)      POLICY(MAPPING("{" ie "}"))
#define PLACE        "\"ieLoc\":\"BODY\",\"ieType\":\"UEID\""

#define AT_0         "/protectionPolicyInfo/apiIeMappingList/0"
#define AT_IE        AT_0 "/IeList/0"
#define AT_IPX0      "/ipxProviderSecInfoList/0"

/* Lists of providers. */
#define ID    "\"ipxProviderId\":\"ipx.example.org\""
#define KEYS  "\"rawPublicKeyList\":[\"MFkw\",\"-----BEGIN PUBLIC KEY-----\\nMFkw\\n\"]"
#define CERTS "\"certificateList\":[\"MIIB-_\"]"

struct bad {
	const char *text, *param, *reason;
};

static const struct n32_json_options lenient;
static struct n32_params_req req;
static struct n32_policy policy, other;
static struct n32_providers providers;
static struct n32_problem problem;
static struct err e;

static int set_up(void **state)
{
	(void)state;
	n32_params_req_init(&req);
	n32_policy_init(&policy);
	n32_policy_init(&other);
	n32_providers_init(&providers);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	n32_params_req_release(&req);
	n32_policy_release(&policy);
	n32_policy_release(&other);
	n32_providers_release(&providers);
	return 0;
}

/* A request with `text` as one attribute. */
static int decode(const char *name, const char *text)
{
	static char body[1 << 20];

	snprintf(
	    body, sizeof(body), "{\"n32fContextId\":\"0123456789abcdef\",\"%s\":%s}", name, text);
	return n32_params_req_decode(&req, str_of(body), &lenient, &problem);
}

static int decode_policy(const char *text)
{
	return decode("protectionPolicyInfo", text);
}

static int decode_providers(const char *text)
{
	return decode("ipxProviderSecInfoList", text);
}

static void assert_each_is_refused(
    int (*decode_it)(const char *text), const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (decode_it(bad[i].text) != ERR_SYNTAX)
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(problem.code, N32_PROBLEM_OPTIONAL_IE_INCORRECT);
		if (problem.n_params != 1)
			fail_msg("%zu offences: %s", problem.n_params, bad[i].text);
		assert_string_equal(problem.params[0].param, bad[i].param);
		assert_string_equal(problem.params[0].reason, bad[i].reason);
	}
}

/* `n` times `item` between `start` and `end`. */
static const char *repeat(const char *start, const char *item, size_t n, const char *end)
{
	static char text[1 << 19];
	int at = snprintf(text, sizeof(text), "%s", start);

	for (size_t i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%s", i ? "," : "", item);
	snprintf(text + at, sizeof(text) - (size_t)at, "%s", end);
	return text;
}

static void parse(struct n32_policy *out, const char *text)
{
	if (n32_policy_parse(out, str_of(text), &e))
		fail_msg("%s: %s", e.text, text);
}

/* --- policies */

static const char full[] =
    "{\"apiIeMappingList\":[{" API ",\"apiMethod\":\"GET\",\"IeList\":["
    "{\"ieLoc\":\"HEADER\",\"ieType\":\"AUTHORIZATION_TOKEN\",\"reqIe\":\"Authorization\","
    "\"isModifiable\":false},"
    "{\"ieLoc\":\"BODY\",\"ieType\":\"FOO\",\"reqIe\":\"\",\"rspIe\":\"/a\\\"b\\u00e9\","
    "\"isModifiable\":true,\"isModifiableByIpx\":{\"b.org\":true,\"a.org\":false}}]},"
    "{\"apiSignature\":{\"callbackType\":\"Nudm_SDM_Notification\"},\"apiMethod\":\"POST\","
    "\"IeList\":[" IE "," IE "]}],"
    "\"dataTypeEncPolicy\":[\"UEID\",\"LOCATION\",\"UEID\"]}";

static void a_policy_is_kept_as_it_is_without_what_is_not_of_it(void **state)
{
	(void)state;
	parse(&policy, full);
	assert_true(policy.json.len > 0);
	parse(&other, policy.json.data);
	assert_string_equal(other.json.data, policy.json.data);
	parse(&policy,
	    "{ \"x\" : [ ], \"apiIeMappingList\":[ { \"IeList\":[{\"ancestorIe\":\"/\",\n"
	    "\"ieType\":\"UEID\",\"reqIe\":\"/supi\",\"ieLoc\":\"BODY\"} ],"
	    "\"apiMethod\" :\"GET\"," API ",\"y\":{} } ] }");
	assert_string_equal(policy.json.data, LEAST);
}

static void the_terms_are_what_both_ends_have_to_agree_on(void **state)
{
	(void)state;
	parse(&policy, full);
	assert_string_equal(policy.terms.data,
	    "GET\turi\t{apiRoot}/nudm-sdm/v2/{supi}\tBODY\tFOO\treq\t\trsp\t/a\"b\xc3\xa9\n"
	    "GET\turi\t{apiRoot}/nudm-sdm/v2/{supi}\tHEADER\tAUTHORIZATION_TOKEN\treq\t"
	    "authorization\n"
	    "POST\tcallback\tNudm_SDM_Notification\tBODY\tUEID\treq\t/supi\n"
	    "encrypt\tLOCATION\n"
	    "encrypt\tUEID\n");
}

static void a_received_policy_is_compared_with_ours(void **state)
{
	(void)state;
	parse(&policy, full);
	assert_int_equal(decode_policy(full), 0);
	assert_true(req.has_policy);
	assert_true(n32_policy_eq(&req.policy, &policy));
	assert_string_equal(req.policy.json.data, policy.json.data);
	assert_int_equal(decode_policy(LEAST), 0);
	assert_false(n32_policy_eq(&req.policy, &policy));
}

static void order_repetition_and_who_may_modify_make_no_difference(void **state)
{
	static const char *const same[] = {
		POLICY(MAPPING(IE "," IE)),
		POLICY(MAPPING(IE) "," MAPPING(IE)),
		ONE("\"reqIe\":\"/supi\"," PLACE ",\"isModifiable\":true"),
		ONE("\"isModifiableByIpx\":{\"a.org\":true}," PLACE ",\"reqIe\":\"/supi\""),
	};

	(void)state;
	parse(&policy, LEAST);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		parse(&other, same[i]);
		assert_true(n32_policy_eq(&policy, &other));
	}
}

static void each_term_makes_a_difference(void **state)
{
	static const char *const different[] = {
		"{\"apiIeMappingList\":[" MAPPING(IE) "],\"dataTypeEncPolicy\":[\"UEID\"]}",
		ONE(PLACE),
		ONE(PLACE ",\"rspIe\":\"/supi\""),
		ONE(PLACE ",\"reqIe\":\"/supi\",\"rspIe\":\"\""),
		ONE(PLACE ",\"reqIe\":\"/SUPI\""),
		ONE("\"ieLoc\":\"BODY\",\"ieType\":\"OTHER\",\"reqIe\":\"/supi\""),
		ONE("\"ieLoc\":\"HEADER\",\"ieType\":\"UEID\",\"reqIe\":\"/supi\""),
		POLICY("{" API ",\"apiMethod\":\"PUT\",\"IeList\":[" IE "]}"),
		POLICY("{\"apiSignature\":\"x\",\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
		POLICY("{\"apiSignature\":{\"callbackType\":\"{apiRoot}/nudm-sdm/v2/{supi}\"},"
		       "\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
		POLICY(MAPPING(IE ","
				  "{" PLACE "}")),
	};

	(void)state;
	parse(&policy, LEAST);
	for (size_t i = 0; i < ARRAY_LEN(different); i++) {
		parse(&other, different[i]);
		if (n32_policy_eq(&policy, &other))
			fail_msg("equal: %s", different[i]);
	}
}

static void names_of_headers_are_the_same_in_any_case(void **state)
{
	(void)state;
	parse(&policy, ONE("\"ieLoc\":\"HEADER\",\"ieType\":\"OTHER\",\"rspIe\":\"X-AZ\""));
	parse(&other, ONE("\"ieLoc\":\"HEADER\",\"ieType\":\"OTHER\",\"rspIe\":\"x-az\""));
	assert_true(n32_policy_eq(&policy, &other));
}

/* PRM-14 to PRM-16 */
static const struct bad bad_policies[] = {
	{ "[]", "/protectionPolicyInfo", "must be an object" },
	{ "{}", "/protectionPolicyInfo/apiIeMappingList", "missing" },
	{ POLICY(""), "/protectionPolicyInfo/apiIeMappingList",
	    "must be an array of 1 to 256 ApiIeMapping" },
	{ POLICY("1"), AT_0, "must be an object" },
	{ POLICY("{" API ",\"apiMethod\":\"GET\",\"ieList\":[" IE "]}"), AT_0 "/IeList",
	    "missing" },
	{ POLICY("{" API ",\"IeList\":[" IE "]}"), AT_0 "/apiMethod", "missing" },
	{ POLICY("{" API ",\"apiMethod\":1,\"IeList\":[" IE "]}"), AT_0 "/apiMethod",
	    "must be a string of at most 63 bytes without control characters" },
	{ POLICY("{\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"), AT_0 "/apiSignature", "missing" },
	{ POLICY("{\"apiSignature\":1,\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
	    AT_0 "/apiSignature",
	    "must be a URI of at most 512 bytes, or an object with callbackType" },
	{ POLICY("{\"apiSignature\":\"a\\tb\",\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
	    AT_0 "/apiSignature",
	    "must be a URI of at most 512 bytes, or an object with callbackType" },
	{ POLICY("{\"apiSignature\":{},\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
	    AT_0 "/apiSignature/callbackType", "missing" },
	{ POLICY(
	      "{\"apiSignature\":{\"callbackType\":[]},\"apiMethod\":\"GET\",\"IeList\":[" IE "]}"),
	    AT_0 "/apiSignature/callbackType",
	    "must be a string of at most 512 bytes without control characters" },
	{ POLICY(MAPPING("")), AT_0 "/IeList", "must be an array of 1 to 256 IeInfo" },
	{ POLICY(MAPPING("[]")), AT_IE, "must be an object" },
	{ ONE("\"ieLoc\":\"BODY\""), AT_IE "/ieType", "missing" },
	{ ONE("\"ieType\":\"UEID\""), AT_IE "/ieLoc", "missing" },
	{ ONE("\"ieLoc\":\"B\\u0001\",\"ieType\":\"UEID\""), AT_IE "/ieLoc",
	    "must be a string of at most 63 bytes without control characters" },
	{ ONE(PLACE ",\"reqIe\":null"), AT_IE "/reqIe",
	    "must be a string of at most 512 bytes without control characters" },
	{ ONE(PLACE ",\"rspIe\":[]"), AT_IE "/rspIe",
	    "must be a string of at most 512 bytes without control characters" },
	{ ONE(PLACE ",\"isModifiable\":\"true\""), AT_IE "/isModifiable", "must be true or false" },
	{ ONE(PLACE ",\"isModifiableByIpx\":{}"), AT_IE "/isModifiableByIpx",
	    "must be an object of 1 or more attributes that are true or false" },
	{ ONE(PLACE ",\"isModifiableByIpx\":[true]"), AT_IE "/isModifiableByIpx",
	    "must be an object of 1 or more attributes that are true or false" },
	{ ONE(PLACE ",\"isModifiableByIpx\":{\"a\":true,\"b\":1}"), AT_IE "/isModifiableByIpx",
	    "must be an object of 1 or more attributes that are true or false" },
	{ "{\"apiIeMappingList\":[" MAPPING(IE) "],\"dataTypeEncPolicy\":[]}",
	    "/protectionPolicyInfo/dataTypeEncPolicy", "must be an array of 1 to 64 IeType" },
	{ "{\"apiIeMappingList\":[" MAPPING(IE) "],\"dataTypeEncPolicy\":[\"UEID\",0]}",
	    "/protectionPolicyInfo/dataTypeEncPolicy/1",
	    "must be a string of at most 63 bytes without control characters" },
};

static void a_wrong_policy_is_refused_with_the_place_in_it(void **state)
{
	(void)state;
	assert_each_is_refused(decode_policy, bad_policies, ARRAY_LEN(bad_policies));
}

static void a_policy_holds_up_to_its_bounds_and_no_more(void **state)
{
	static const struct {
		const char *start, *item, *end;
		size_t max;
	} lists[] = {
		{ "{\"apiIeMappingList\":[", MAPPING(IE), "]}", N32_MAPPINGS_MAX },
		{ "{\"apiIeMappingList\":[{" API ",\"apiMethod\":\"GET\",\"IeList\":[", IE, "]}]}",
		    N32_IES_MAX },
		{ "{\"apiIeMappingList\":[" MAPPING(IE) "],\"dataTypeEncPolicy\":[", "\"UEID\"",
		    "]}", N32_IE_TYPES_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const char *start = lists[i].start, *item = lists[i].item, *end = lists[i].end;

		parse(&policy, repeat(start, item, lists[i].max, end));
		assert_int_equal(n32_policy_parse(&policy,
				     str_of(repeat(start, item, lists[i].max + 1, end)), &e),
		    ERR_CONFIG);
		assert_non_null(strstr(e.text, "must be an array of 1 to "));
	}
}

/* A policy of `n` IEs, each with a name of `length` bytes, for an API with one as well. */
static const char *large(size_t n, int length)
{
	static char ie[N32_API_MAX + 64], start[N32_API_MAX + 128];

	snprintf(ie, sizeof(ie), "{" PLACE ",\"reqIe\":\"%0*d\"}", length, 0);
	snprintf(start, sizeof(start),
	    "{\"apiIeMappingList\":[{\"apiSignature\":\"%0*d\",\"apiMethod\":\"GET\",\"IeList\":[",
	    length, 0);
	return repeat(start, ie, n, "]}]}");
}

static void a_policy_has_at_most_64_kib(void **state)
{
	(void)state;
	assert_int_equal(decode_policy(large(100, N32_API_MAX)), 0);
	assert_int_equal(decode_policy(large(128, N32_API_MAX)), ERR_SYNTAX);
	assert_int_equal(problem.n_params, 1);
	assert_string_equal(problem.params[0].param, "/protectionPolicyInfo");
	assert_non_null(strstr(problem.params[0].reason, "must be at most 64 KiB of JSON"));
	assert_int_equal(
	    n32_policy_parse(&policy, str_of(large(128, N32_API_MAX)), &e), ERR_CONFIG);
	assert_int_equal(policy.json.len + policy.terms.len, 0);
	assert_int_equal(decode_policy(large(1, N32_API_MAX + 1)), ERR_SYNTAX);
	assert_int_equal(problem.n_params, 2);
}

/* Few bytes on the wire become many terms: 256 IEs and 512 bytes of API in each, and so on. */
static void terms_are_bounded_whatever_the_policy_repeats(void **state)
{
	static char mapping[1 << 20];

	(void)state;
	snprintf(mapping, sizeof(mapping),
	    "{\"apiSignature\":\"%0*d\",\"apiMethod\":\"GET\",\"IeList\":%s", N32_API_MAX, 0,
	    repeat("[", "{" PLACE "}", N32_IES_MAX, "]}"));
	assert_int_equal(decode_policy(repeat("{\"apiIeMappingList\":[", mapping, 1, "]}")), 0);
	assert_int_equal(
	    decode_policy(repeat("{\"apiIeMappingList\":[", mapping, 4, "]}")), ERR_SYNTAX);
	assert_string_equal(problem.params[0].param, "/protectionPolicyInfo");
}

static void a_copy_of_a_policy_is_equal_to_it(void **state)
{
	(void)state;
	parse(&policy, full);
	parse(&other, LEAST);
	n32_policy_copy(&other, &policy);
	assert_true(n32_policy_eq(&policy, &other));
	assert_string_equal(other.json.data, policy.json.data);
	n32_policy_reset(&policy);
	n32_policy_copy(&other, &policy);
	assert_int_equal(other.json.len + other.terms.len, 0);
}

static void a_mistake_in_a_file_is_named_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "", "the body is empty" },
		{ "{\"apiIeMappingList\":1,}", "not JSON" },
		{ "{}", "/apiIeMappingList: missing" },
		{ POLICY(MAPPING("{\"ieLoc\":\"BODY\"}")),
		    "/apiIeMappingList/0/IeList/0/ieType: missing" },
		{ POLICY("{" API ",\"ieList\":[]}"),
		    "/apiIeMappingList/0/apiMethod: missing (and 1 more)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		parse(&policy, LEAST);
		assert_int_equal(n32_policy_parse(&policy, str_of(bad[i].text), &e), ERR_CONFIG);
		assert_string_equal(e.text, bad[i].message);
		assert_int_equal(policy.json.len + policy.terms.len, 0);
	}
}

/* --- providers */

/* PRM-17 */
static void providers_are_kept_with_their_keys_as_texts(void **state)
{
	(void)state;
	assert_int_equal(decode_providers("[{" ID ",\"x\":1," KEYS "},{" CERTS
					  ",\"ipxProviderId\":\"RI2.example.org.\"}]"),
	    0);
	assert_int_equal(req.providers.n, 2);
	assert_string_equal(req.providers.ids[0].text, "ipx.example.org");
	assert_string_equal(req.providers.ids[1].text, "ri2.example.org");
	assert_string_equal(req.providers.json.data,
	    "[{" ID "," KEYS "},{\"ipxProviderId\":\"ri2.example.org\"," CERTS "}]");
	n32_providers_copy(&providers, &req.providers);
	n32_params_req_reset(&req);
	assert_int_equal(providers.n, 2);
	assert_string_equal(providers.ids[1].text, "ri2.example.org");
	assert_non_null(strstr(providers.json.data, CERTS));
}

/* PRM-18 */
static const struct bad bad_providers[] = {
	{ "[]", "/ipxProviderSecInfoList", "must be an array of 1 to 16 IpxProviderSecInfo" },
	{ "[{" ID "}]", AT_IPX0, "must have rawPublicKeyList or certificateList" },
	{ "[1]", AT_IPX0, "must be an object" },
	{ "[{" KEYS "}]", AT_IPX0 "/ipxProviderId", "missing" },
	{ "[{" ID ",\"rawPublicKeyList\":[]}]", AT_IPX0 "/rawPublicKeyList",
	    "must be an array of 1 to 16 strings" },
	{ "[{" ID "," KEYS ",\"certificateList\":\"MII\"}]", AT_IPX0 "/certificateList",
	    "must be an array of 1 to 16 strings" },
	{ "[{" ID ",\"certificateList\":[\"MII\",\"\"]}]", AT_IPX0 "/certificateList/1",
	    "must be a string of 1 to 8192 bytes" },
	{ "[{" ID ",\"rawPublicKeyList\":[{}]}]", AT_IPX0 "/rawPublicKeyList/0",
	    "must be a string of 1 to 8192 bytes" },
	{ "[{\"ipxProviderId\":7," KEYS "}]", AT_IPX0 "/ipxProviderId",
	    "must be an FQDN in a string" },
};

static void wrong_providers_are_refused_with_the_place_in_them(void **state)
{
	(void)state;
	assert_each_is_refused(decode_providers, bad_providers, ARRAY_LEN(bad_providers));
}

static void providers_hold_up_to_their_bounds_and_no_more(void **state)
{
	char key[N32_KEY_TEXT_MAX + 4];
	const char *start = "[{" ID ",\"rawPublicKeyList\":[";

	(void)state;
	assert_int_equal(decode_providers(repeat("[", "{" ID "," KEYS "}", 16, "]")), 0);
	assert_int_equal(req.providers.n, N32_PROVIDERS_MAX);
	assert_int_equal(decode_providers(repeat("[", "{" ID "," KEYS "}", 17, "]")), ERR_SYNTAX);
	assert_int_equal(decode_providers(repeat(start, "\"k\"", 16, "]}]")), 0);
	assert_int_equal(decode_providers(repeat(start, "\"k\"", 17, "]}]")), ERR_SYNTAX);
	snprintf(key, sizeof(key), "\"%0*d\"", N32_KEY_TEXT_MAX, 0);
	assert_int_equal(decode_providers(repeat(start, key, 7, "]}]")), 0);
	assert_int_equal(decode_providers(repeat(start, key, 8, "]}]")), ERR_SYNTAX);
	assert_string_equal(problem.params[0].reason, "must be at most 64 KiB of JSON");
	snprintf(key, sizeof(key), "\"%0*d\"", N32_KEY_TEXT_MAX + 1, 0);
	assert_int_equal(decode_providers(repeat(start, key, 1, "]}]")), ERR_SYNTAX);
}

static void a_file_of_providers_is_an_object_with_the_list(void **state)
{
	(void)state;
	assert_int_equal(n32_providers_parse(&providers,
			     str_of("{\"ipxProviderSecInfoList\":[{" ID "," CERTS "}]}"), &e),
	    0);
	assert_int_equal(providers.n, 1);
	assert_string_equal(providers.json.data, "[{" ID "," CERTS "}]");
	assert_int_equal(
	    n32_providers_parse(&providers, str_of("{\"ipxProviderSecInfoList\":[{" ID "}]}"), &e),
	    ERR_CONFIG);
	assert_string_equal(e.text, AT_IPX0 ": must have rawPublicKeyList or certificateList");
	assert_int_equal(providers.n + providers.json.len, 0);
	assert_int_equal(n32_providers_parse(&providers, str_of("[]"), &e), ERR_CONFIG);
	assert_string_equal(e.text, "not a JSON object");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_policy_is_kept_as_it_is_without_what_is_not_of_it),
		TEST(the_terms_are_what_both_ends_have_to_agree_on),
		TEST(a_received_policy_is_compared_with_ours),
		TEST(order_repetition_and_who_may_modify_make_no_difference),
		TEST(each_term_makes_a_difference),
		TEST(names_of_headers_are_the_same_in_any_case),
		TEST(a_wrong_policy_is_refused_with_the_place_in_it),
		TEST(a_policy_holds_up_to_its_bounds_and_no_more),
		TEST(a_policy_has_at_most_64_kib),
		TEST(terms_are_bounded_whatever_the_policy_repeats),
		TEST(a_copy_of_a_policy_is_equal_to_it),
		TEST(a_mistake_in_a_file_is_named_with_its_place),
		TEST(providers_are_kept_with_their_keys_as_texts),
		TEST(wrong_providers_are_refused_with_the_place_in_them),
		TEST(providers_hold_up_to_their_bounds_and_no_more),
		TEST(a_file_of_providers_is_an_object_with_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
