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
#define POLICY                                                                                     \
	"{\"apiIeMappingList\":[{\"apiSignature\":\"x\",\"apiMethod\":\"GET\",\"IeList\":["        \
	"{\"ieLoc\":\"BODY\",\"ieType\":\"UEID\"}]}]}"
#define PROVIDERS                                                                                  \
	"\"ipxProviderSecInfoList\":[{\"ipxProviderId\":\"a.org\",\"certificateList\":[\"MII\"]}]"

/* Every attribute, in the order and the form in which it is sent. */
static const char full_request[] =
    "{" ID ",\"jweCipherSuiteList\":[\"FOO\",\"A256GCM\"],"
    "\"jwsCipherSuiteList\":[\"ES256\"],"
    "\"protectionPolicyInfo\":" POLICY "," PROVIDERS ",\"sender\":\"a.org\"}";
static const char full_response[] =
    "{" ID ",\"selectedJweCipherSuite\":\"A128GCM\","
    "\"selectedJwsCipherSuite\":\"ES256\","
    "\"selProtectionPolicyInfo\":" POLICY "," PROVIDERS ",\"sender\":\"b.org\"}";
static const char full_report[] =
    "{\"n32fMessageId\":\"17\",\"n32fErrorType\":\"MODIFICATIONS_INSTRUCTIONS_FAILED\"," ID ","
    "\"failedModificationList\":[{\"ipxId\":\"ipx.org\",\"n32fErrorType\":\"X\"}],"
    "\"errorDetailsList\":[{\"attribute\":\"/a\",\"msgReconstructFailReason\":\"Y\"}]}";

static const struct n32_json_options lenient;
static struct n32_params_req req;
static struct n32_params_rsp rsp;
static struct n32_error_info error;
static struct n32_problem problem;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	buf_init(&out, 1 << 18);
	n32_params_req_init(&req);
	n32_params_rsp_init(&rsp);
	(void)str_copy(req.context_id, sizeof(req.context_id), str_of("0123456789abCDEF"));
	(void)str_copy(rsp.context_id, sizeof(rsp.context_id), str_of("0123456789abCDEF"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	n32_params_req_release(&req);
	n32_params_rsp_release(&rsp);
	return 0;
}

static void what_is_absent_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(n32_params_req_encode(&out, &req), 0);
	assert_string_equal(out.data, "{" ID "}");
	buf_reset(&out);
	assert_int_equal(n32_params_rsp_encode(&out, &rsp), 0);
	assert_string_equal(out.data, "{" ID "}");
}

/* B.1 step 1 */
static void the_exchange_of_cipher_suites_is_encoded(void **state)
{
	(void)state;
	(void)str_copy(req.sender.text, sizeof(req.sender.text), str_of("a.org"));
	req.n_jwe = 2;
	req.jwe[0].value = N32_JWE_A256GCM;
	req.jwe[1].value = N32_JWE_A128GCM;
	req.n_jws = 1;
	req.jws[0].value = N32_JWS_ES256;
	assert_int_equal(n32_params_req_encode(&out, &req), 0);
	assert_string_equal(out.data, "{" ID ",\"jweCipherSuiteList\":[\"A256GCM\",\"A128GCM\"],"
				      "\"jwsCipherSuiteList\":[\"ES256\"],\"sender\":\"a.org\"}");
	buf_reset(&out);
	rsp.jwe.value = N32_JWE_A256GCM;
	rsp.jws.value = N32_JWS_ES256;
	assert_int_equal(n32_params_rsp_encode(&out, &rsp), 0);
	assert_string_equal(out.data, "{" ID ",\"selectedJweCipherSuite\":\"A256GCM\","
				      "\"selectedJwsCipherSuite\":\"ES256\"}");
}

static void a_request_survives_decoding_and_encoding(void **state)
{
	(void)state;
	assert_int_equal(n32_params_req_decode(&req, str_of(full_request), &lenient, &problem), 0);
	assert_int_equal(n32_params_req_encode(&out, &req), 0);
	assert_string_equal(out.data, full_request);
}

static void a_response_survives_decoding_and_encoding(void **state)
{
	(void)state;
	assert_int_equal(n32_params_rsp_decode(&rsp, str_of(full_response), &lenient, &problem), 0);
	assert_int_equal(n32_params_rsp_encode(&out, &rsp), 0);
	assert_string_equal(out.data, full_response);
}

static void a_report_survives_decoding_and_encoding(void **state)
{
	(void)state;
	assert_int_equal(n32_error_info_decode(&error, str_of(full_report), &lenient, &problem), 0);
	assert_int_equal(n32_error_info_encode(&out, &error), 0);
	assert_string_equal(out.data, full_report);
}

static void the_least_report_has_two_attributes(void **state)
{
	const struct n32_error_info least = { .message_id = "17",
		.error = { N32_ERROR_DECIPHERING_FAILED, "" } };

	(void)state;
	assert_int_equal(n32_error_info_encode(&out, &least), 0);
	assert_string_equal(
	    out.data, "{\"n32fMessageId\":\"17\",\"n32fErrorType\":\"DECIPHERING_FAILED\"}");
}

static void a_context_is_encoded_with_the_digits_as_they_are(void **state)
{
	const struct n32_context_info info = { "0123456789abCDEF" };

	(void)state;
	assert_int_equal(n32_context_info_encode(&out, &info), 0);
	assert_string_equal(out.data, "{" ID "}");
}

static void a_body_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
	const struct n32_context_info info = { "0123456789abCDEF" };
	struct buf small;

	(void)state;
	buf_init(&small, 20);
	assert_int_equal(buf_add(&small, "kept", 4), 0);
	assert_int_equal(n32_params_req_encode(&small, &req), ERR_LIMIT);
	assert_int_equal(n32_params_rsp_encode(&small, &rsp), ERR_LIMIT);
	assert_int_equal(n32_context_info_encode(&small, &info), ERR_LIMIT);
	assert_int_equal(n32_error_info_encode(&small, &error), ERR_LIMIT);
	assert_string_equal(small.data, "kept");
	buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_absent_is_not_sent),
		TEST(the_exchange_of_cipher_suites_is_encoded),
		TEST(a_request_survives_decoding_and_encoding),
		TEST(a_response_survives_decoding_and_encoding),
		TEST(a_report_survives_decoding_and_encoding),
		TEST(the_least_report_has_two_attributes),
		TEST(a_context_is_encoded_with_the_digits_as_they_are),
		TEST(a_body_that_does_not_fit_leaves_the_buffer_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
