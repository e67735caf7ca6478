/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/json.h"

static const struct n32_json_options lenient;
static struct n32_problem problem;
static struct n32_neg_req req;
static struct n32_neg_rsp rsp;
static struct buf out;

/* Every attribute, in the order and the form in which it is sent. */
static const char full_request[] =
    "{\"sender\":\"sepp.example.org\",\"supportedSecCapabilityList\":[\"FOO\",\"PRINS\",\"TLS\"],"
    "\"3GppSbiTargetApiRootSupported\":true,"
    "\"plmnIdList\":[{\"mcc\":\"001\",\"mnc\":\"01\"},{\"mcc\":\"001\",\"mnc\":\"001\"}],"
    "\"snpnIdList\":[{\"mcc\":\"001\",\"mnc\":\"01\",\"nid\":\"00000abcdef\"},"
    "{\"mcc\":\"001\",\"mnc\":\"01\"}],"
    "\"targetPlmnId\":{\"mcc\":\"999\",\"mnc\":\"70\"},"
    "\"targetSnpnId\":{\"mcc\":\"999\",\"mnc\":\"70\",\"nid\":\"0123456789a\"},"
    "\"intendedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\",\"additionalInfo\":\"a \\\"b\\\"\"},"
    "{\"usagePurpose\":\"X\"}],"
    "\"supportedFeatures\":\"f3\",\"senderN32fFqdn\":\"n32f.example.org\",\"senderN32fPort\":8443}";
static const char full_response[] =
    "{\"sender\":\"sepp.example.net\",\"selectedSecCapability\":\"TLS\","
    "\"3GppSbiTargetApiRootSupported\":false,\"plmnIdList\":[{\"mcc\":\"999\",\"mnc\":\"70\"}],"
    "\"snpnIdList\":[{\"mcc\":\"999\",\"mnc\":\"70\",\"nid\":\"0123456789a\"}],"
    "\"allowedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"}],"
    "\"rejectedUsagePurpose\":[{\"usagePurpose\":\"X\",\"cause\":\"not agreed\"}],"
    "\"supportedFeatures\":\"1\",\"senderN32fFqdn\":\"n32f.example.net\",\"senderN32fPort\":443}";

/* n32.md A.11, as we send it */
static const char example_response[] =
    "{\"sender\":\"sepp.5gc.mnc070.mcc999.3gppnetwork.org\",\"selectedSecCapability\":\"TLS\","
    "\"3GppSbiTargetApiRootSupported\":true,\"plmnIdList\":[{\"mcc\":\"999\",\"mnc\":\"70\"}],"
    "\"allowedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"}],\"supportedFeatures\":\"1\"}";

static int set_up(void **state)
{
	(void)state;
	buf_init(&out, 65536);
	req = (struct n32_neg_req){ .sender = { "a.org" }, .n_caps = 1 };
	req.caps[0].cap = N32_CAP_PRINS;
	rsp = (struct n32_neg_rsp){ .sender = { "b.org" }, .selected = { .cap = N32_CAP_PRINS } };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void assert_request_is(const char *body)
{
	buf_reset(&out);
	assert_int_equal(n32_neg_req_encode(&out, &req), 0);
	assert_string_equal(out.data, body);
}

static void assert_response_is(const char *body)
{
	buf_reset(&out);
	assert_int_equal(n32_neg_rsp_encode(&out, &rsp), 0);
	assert_string_equal(out.data, body);
}

static void the_least_request_has_two_attributes(void **state)
{
	(void)state;
	assert_request_is("{\"sender\":\"a.org\",\"supportedSecCapabilityList\":[\"PRINS\"]}");
}

static void the_least_response_has_two_attributes(void **state)
{
	(void)state;
	assert_response_is("{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\"}");
}

static void a_request_survives_decoding_and_encoding(void **state)
{
	(void)state;
	assert_int_equal(n32_neg_req_decode(&req, str_of(full_request), &lenient, &problem), 0);
	assert_request_is(full_request);
}

static void a_response_survives_decoding_and_encoding(void **state)
{
	(void)state;
	assert_int_equal(n32_neg_rsp_decode(&rsp, str_of(full_response), &lenient, &problem), 0);
	assert_response_is(full_response);
}

static void the_response_of_the_digest_is_encoded(void **state)
{
	(void)state;
	rsp = (struct n32_neg_rsp){
		.sender = { "sepp.5gc.mnc070.mcc999.3gppnetwork.org" },
		.selected = { .cap = N32_CAP_TLS },
		.has_target_api_root = true,
		.target_api_root = true,
		.n_plmns = 1,
		.plmns = { { "999", "70" } },
		.n_allowed = 1,
		.allowed = { { .purpose = N32_PURPOSE_ROAMING } },
		.has_features = true,
		.features = N32_FEATURE_NFTLST,
	};
	assert_response_is(example_response);
}

static void a_request_that_offers_tls_says_the_api_root_flag(void **state)
{
	(void)state;
	req.caps[0].cap = N32_CAP_TLS;
	assert_request_is("{\"sender\":\"a.org\",\"supportedSecCapabilityList\":[\"TLS\"],"
			  "\"3GppSbiTargetApiRootSupported\":false}");
	req.target_api_root = true;
	assert_request_is("{\"sender\":\"a.org\",\"supportedSecCapabilityList\":[\"TLS\"],"
			  "\"3GppSbiTargetApiRootSupported\":true}");
}

static void no_feature_is_printed_as_zero_if_the_attribute_is_there(void **state)
{
	(void)state;
	rsp.has_features = true;
	assert_response_is("{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\","
			   "\"supportedFeatures\":\"0\"}");
	rsp.features = UINT64_MAX;
	assert_response_is("{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\","
			   "\"supportedFeatures\":\"ffffffffffffffff\"}");
}

static void text_that_is_not_utf8_is_escaped(void **state)
{
	(void)state;
	rsp.n_rejected = 1;
	rsp.rejected[0] = (struct n32_usage){ .purpose = N32_PURPOSE_ROAMING, .cause = "a\xff" };
	assert_response_is("{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\","
			   "\"rejectedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\","
			   "\"cause\":\"a\\\\xff\"}]}");
}

static void a_purpose_with_an_empty_name_stays_a_purpose(void **state)
{
	(void)state;
	rsp.n_rejected = 1;
	rsp.rejected[0] = (struct n32_usage){ .purpose = N32_PURPOSE_UNKNOWN };
	assert_response_is("{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\","
			   "\"rejectedUsagePurpose\":[{\"usagePurpose\":\"\"}]}");
}

static void a_body_is_appended_to_what_the_buffer_holds(void **state)
{
	(void)state;
	assert_int_equal(buf_add(&out, "x", 1), 0);
	assert_int_equal(n32_neg_rsp_encode(&out, &rsp), 0);
	assert_string_equal(
	    out.data, "x{\"sender\":\"b.org\",\"selectedSecCapability\":\"PRINS\"}");
}

static void a_body_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 20);
	assert_int_equal(buf_add(&small, "kept", 4), 0);
	assert_int_equal(n32_neg_req_encode(&small, &req), ERR_LIMIT);
	assert_string_equal(small.data, "kept");
	assert_int_equal(n32_neg_rsp_encode(&small, &rsp), ERR_LIMIT);
	assert_int_equal(small.len, 4);
	buf_release(&small);
}

/* The most that the types can hold is still read back by a peer with our own bounds. */
static void a_response_with_full_lists_survives(void **state)
{
	struct n32_usage usage = { .purpose = N32_PURPOSE_ROAMING };

	(void)state;
	memset(usage.cause, 'c', N32_INFO_MAX);
	rsp.n_plmns = N32_PLMNS_MAX;
	for (size_t i = 0; i < N32_PLMNS_MAX; i++)
		rsp.plmns[i] = (struct n32_plmn){ "001", "01" };
	rsp.n_rejected = N32_USAGES_MAX;
	for (size_t i = 0; i < N32_USAGES_MAX; i++)
		rsp.rejected[i] = usage;
	assert_int_equal(n32_neg_rsp_encode(&out, &rsp), 0);
	assert_int_equal(n32_neg_rsp_decode(&rsp, buf_str(&out), &lenient, &problem), 0);
	assert_int_equal(rsp.n_plmns, N32_PLMNS_MAX);
	assert_int_equal(rsp.n_rejected, N32_USAGES_MAX);
	assert_string_equal(rsp.rejected[N32_USAGES_MAX - 1].cause, usage.cause);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_least_request_has_two_attributes),
		TEST(the_least_response_has_two_attributes),
		TEST(a_request_survives_decoding_and_encoding),
		TEST(a_response_survives_decoding_and_encoding),
		TEST(the_response_of_the_digest_is_encoded),
		TEST(a_request_that_offers_tls_says_the_api_root_flag),
		TEST(no_feature_is_printed_as_zero_if_the_attribute_is_there),
		TEST(text_that_is_not_utf8_is_escaped),
		TEST(a_purpose_with_an_empty_name_stays_a_purpose),
		TEST(a_body_is_appended_to_what_the_buffer_holds),
		TEST(a_body_that_does_not_fit_leaves_the_buffer_as_it_was),
		TEST(a_response_with_full_lists_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
