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
#define C(caps)  "{" SENDER ",\"supportedSecCapabilityList\":" caps "}"
#define U(usage) WITH("\"intendedUsagePurpose\":[{" usage "}]")
#define ROAMING  "\"usagePurpose\":\"ROAMING\","
#define TLS      "{" SENDER ",\"selectedSecCapability\":\"TLS\","

/* n32.md A.11 */
static const char example_request[] =
    "{\"sender\":\"sepp.5gc.mnc001.mcc001.3gppnetwork.org\","
    "\"supportedSecCapabilityList\":[\"PRINS\",\"TLS\"],\n"
    " \"3GppSbiTargetApiRootSupported\":true,\"plmnIdList\":[{\"mcc\":\"001\",\"mnc\":\"01\"}],\n"
    " \"targetPlmnId\":{\"mcc\":\"999\",\"mnc\":\"70\"},"
    "\"intendedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"}],\"supportedFeatures\":\"1\"}";
static const char example_response[] =
    "{\"sender\":\"sepp.5gc.mnc070.mcc999.3gppnetwork.org\",\"selectedSecCapability\":\"TLS\",\n"
    " \"3GppSbiTargetApiRootSupported\":true,\"plmnIdList\":[{\"mcc\":\"999\",\"mnc\":\"70\"}],\n"
    " \"allowedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"}],\"supportedFeatures\":\"1\"}";

static const struct n32_json_options lenient;
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

/* `n` times `item`, separated by commas, in `{"sender":...,"supportedSec...":..., name:[...]}`. */
static const char *body_with_list(const char *name, const char *item, size_t n)
{
	static char body[65536];
	int at = snprintf(body, sizeof(body), "{" SENDER ",%s\"%s\":[",
	    strcmp(name, "supportedSecCapabilityList") == 0 ? "" : CAPS ",", name);

	for (size_t i = 0; i < n; i++)
		at += snprintf(body + at, sizeof(body) - (size_t)at, "%s%s", i ? "," : "", item);
	snprintf(body + at, sizeof(body) - (size_t)at, "]}");
	return body;
}

static void the_request_of_the_digest_is_decoded(void **state)
{
	(void)state;
	assert_int_equal(decode(example_request), 0);
	assert_int_equal(problem.code, N32_PROBLEM_NONE);
	assert_string_equal(req.sender.text, "sepp.5gc.mnc001.mcc001.3gppnetwork.org");
	assert_int_equal(req.n_caps, 2);
	assert_int_equal(req.caps[0].cap, N32_CAP_PRINS);
	assert_int_equal(req.caps[1].cap, N32_CAP_TLS);
	assert_true(req.target_api_root);
	assert_int_equal(req.n_plmns, 1);
	assert_string_equal(req.plmns[0].mcc, "001");
	assert_string_equal(req.plmns[0].mnc, "01");
	assert_true(req.has_target_plmn);
	assert_string_equal(req.target_plmn.mnc, "70");
	assert_int_equal(req.n_usages, 1);
	assert_int_equal(req.usages[0].purpose, N32_PURPOSE_ROAMING);
	assert_true(req.has_features);
	assert_int_equal(req.features, N32_FEATURE_NFTLST);
}

static void the_response_of_the_digest_is_decoded(void **state)
{
	(void)state;
	assert_int_equal(decode_rsp(example_response), 0);
	assert_string_equal(rsp.sender.text, "sepp.5gc.mnc070.mcc999.3gppnetwork.org");
	assert_int_equal(rsp.selected.cap, N32_CAP_TLS);
	assert_true(rsp.has_target_api_root && rsp.target_api_root);
	assert_int_equal(rsp.n_plmns, 1);
	assert_string_equal(rsp.plmns[0].mcc, "999");
	assert_int_equal(rsp.n_allowed, 1);
	assert_int_equal(rsp.allowed[0].purpose, N32_PURPOSE_ROAMING);
	assert_int_equal(rsp.n_rejected, 0);
	assert_true(rsp.has_features);
}

static void a_request_needs_only_sender_and_capabilities(void **state)
{
	(void)state;
	assert_int_equal(decode("{" SENDER "," CAPS "}"), 0);
	assert_false(req.target_api_root);
	assert_int_equal(req.n_plmns + req.n_snpns + req.n_usages, 0);
	assert_false(req.has_target_plmn || req.has_target_snpn || req.has_features);
	assert_string_equal(req.n32f_fqdn.text, "");
	assert_int_equal(req.n32f_port, 0);
}

static void nothing_of_an_earlier_request_remains(void **state)
{
	(void)state;
	memset(&req, 0x55, sizeof(req));
	memset(&problem, 0x55, sizeof(problem));
	a_request_needs_only_sender_and_capabilities(state);
	assert_string_equal(req.target_plmn.mcc, "");
	assert_string_equal(req.target_snpn.nid, "");
	assert_int_equal(req.features, 0);
	assert_int_equal(problem.n_params + problem.more, 0);
	memset(&req, 0x55, sizeof(req));
	assert_int_equal(decode(WITH("\"targetSnpnId\":{\"mcc\":\"001\",\"mnc\":\"01\"},"
				     "\"intendedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"}]")),
	    0);
	assert_string_equal(req.target_snpn.nid, "");
	assert_string_equal(req.caps[0].text, "");
	assert_string_equal(req.usages[0].text, "");
	assert_string_equal(req.usages[0].additional_info, "");
	assert_string_equal(req.usages[0].cause, "");
}

static void nothing_of_an_earlier_response_remains(void **state)
{
	(void)state;
	memset(&rsp, 0x55, sizeof(rsp));
	assert_int_equal(decode_rsp("{" SENDER ",\"selectedSecCapability\":\"TLS\"}"), 0);
	assert_string_equal(rsp.selected.text, "");
	assert_false(rsp.has_target_api_root || rsp.target_api_root || rsp.has_features);
	assert_int_equal(rsp.n_plmns + rsp.n_snpns + rsp.n_allowed + rsp.n_rejected, 0);
	assert_int_equal(rsp.features, 0);
	assert_string_equal(rsp.n32f_fqdn.text, "");
	assert_int_equal(rsp.n32f_port, 0);
}

static void a_refused_body_leaves_nothing_of_an_earlier_one(void **state)
{
	(void)state;
	assert_int_equal(decode(example_request), 0);
	assert_int_equal(decode("{}"), ERR_SYNTAX);
	assert_string_equal(req.sender.text, "");
	assert_int_equal(req.n_caps, 0);
	assert_int_equal(decode_rsp("{" SENDER ",\"selectedSecCapability\":\"FOO\"}"), 0);
	assert_int_equal(decode_rsp("[]"), ERR_SYNTAX);
	assert_string_equal(rsp.sender.text, "");
	assert_string_equal(rsp.selected.text, "");
	assert_int_equal(problem.n_params, 0);
}

/* CAP-30 */
static void unknown_attributes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"x\":{}")), 0);
	assert_int_equal(decode(WITH("\"x\":null,\"n32HandshakeId\":5,\"\":[]")), 0);
	assert_int_equal(
	    decode(WITH("\"targetPlmnId\":{\"mcc\":\"001\",\"mnc\":\"01\",\"nid\":5}")), 0);
	assert_int_equal(decode(WITH("\"x\":[123456789012345678901234567890,-1e999,1.5]")), 0);
}

static void a_nid_is_kept_in_lower_case_and_may_be_absent(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"snpnIdList\":["
				     "{\"mcc\":\"001\",\"mnc\":\"01\",\"nid\":\"00000ABCdef\"},"
				     "{\"mcc\":\"001\",\"mnc\":\"001\"}]")),
	    0);
	assert_int_equal(req.n_snpns, 2);
	assert_string_equal(req.snpns[0].nid, "00000abcdef");
	assert_string_equal(req.snpns[1].nid, "");
	assert_string_equal(req.snpns[1].plmn.mnc, "001");
}

static void additional_info_has_at_most_255_bytes(void **state)
{
	char body[1024], info[257];

	(void)state;
	memset(info, 'i', sizeof(info));
	info[N32_INFO_MAX] = '\0';
	snprintf(body, sizeof(body), U(ROAMING "\"additionalInfo\":\"%s\""), info);
	assert_int_equal(decode(body), 0);
	assert_string_equal(req.usages[0].additional_info, info);
	info[N32_INFO_MAX] = 'i';
	info[N32_INFO_MAX + 1] = '\0';
	snprintf(body, sizeof(body), U(ROAMING "\"additionalInfo\":\"%s\""), info);
	assert_int_equal(decode(body), ERR_SYNTAX);
	assert_non_null(find_param("/intendedUsagePurpose/0/additionalInfo"));
}

/* CAP-12 to CAP-16 */
static void unknown_capabilities_keep_their_place_and_their_text(void **state)
{
	(void)state;
	assert_int_equal(decode(C("[\"FOO\",\"TLS\",\"tls\",\"ALS\",\"TLS\",\"\"]")), 0);
	assert_int_equal(req.n_caps, 6);
	assert_int_equal(req.caps[0].cap, N32_CAP_UNKNOWN);
	assert_string_equal(req.caps[0].text, "FOO");
	assert_int_equal(req.caps[1].cap, N32_CAP_TLS);
	assert_string_equal(req.caps[1].text, "");
	assert_string_equal(req.caps[2].text, "tls");
	assert_string_equal(req.caps[3].text, "ALS");
	assert_int_equal(req.caps[4].cap, N32_CAP_TLS);
	assert_int_equal(req.caps[5].cap, N32_CAP_UNKNOWN);
}

/* CAP-54 */
static void unknown_purposes_keep_their_text(void **state)
{
	(void)state;
	assert_int_equal(decode(U("\"usagePurpose\":\"X\",\"additionalInfo\":\"\xc3\xa9\"")), 0);
	assert_int_equal(req.usages[0].purpose, N32_PURPOSE_UNKNOWN);
	assert_string_equal(req.usages[0].text, "X");
	assert_string_equal(req.usages[0].additional_info, "\xc3\xa9");
}

static void a_long_unknown_word_is_cut_between_characters(void **state)
{
	char body[512], word[101];

	(void)state;
	memset(word, 'w', sizeof(word));
	word[100] = '\0';
	snprintf(body, sizeof(body), C("[\"%s\"]"), word);
	assert_int_equal(decode(body), 0);
	assert_int_equal(strlen(req.caps[0].text), N32_TEXT_MAX);
	memcpy(word + N32_TEXT_MAX - 2, "\xe2\x82\xac", 3);
	snprintf(body, sizeof(body), C("[\"%s\"]"), word);
	assert_int_equal(decode(body), 0);
	assert_int_equal(strlen(req.caps[0].text), N32_TEXT_MAX - 2);
}

/* CAP-56 to CAP-59 */
static void features_are_the_last_64_bits_of_a_hexadecimal_mask(void **state)
{
	static const struct {
		const char *body;
		uint64_t features;
	} good[] = {
		{ WITH("\"supportedFeatures\":\"1\""), 1 },
		{ WITH("\"supportedFeatures\":\"F3\""), 0xf3 },
		{ WITH("\"supportedFeatures\":\"\""), 0 },
		{ WITH("\"supportedFeatures\":\"00000000000000000000000000000aBc\""), 0xabc },
		{ WITH("\"supportedFeatures\":\"123456789abcdef01\""), 0x23456789abcdef01 },
		{ WITH("\"supportedFeatures\":\"ffffffffffffffffffffffffffffffff\""), UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(decode(good[i].body), 0);
		assert_true(req.has_features);
		assert_true(req.features == good[i].features);
	}
}

/* CAP-65, CAP-66, F-7 */
static void both_port_shapes_are_read_in_both_directions(void **state)
{
	(void)state;
	assert_int_equal(decode(WITH("\"senderN32fPort\":8443,\"senderN32fFqdn\":\"F.org\"")), 0);
	assert_int_equal(req.n32f_port, 8443);
	assert_string_equal(req.n32f_fqdn.text, "f.org");
	assert_int_equal(decode(WITH("\"senderN32fPortList\":[65535,1]")), 0);
	assert_int_equal(req.n32f_port, 65535);
	assert_int_equal(decode(WITH("\"senderN32fPort\":1,\"senderN32fPortList\":[2]")), 0);
	assert_int_equal(req.n32f_port, 1);
	assert_int_equal(decode_rsp(TLS "\"senderN32fPort\":8443}"), 0);
	assert_int_equal(rsp.n32f_port, 8443);
	assert_int_equal(decode_rsp(TLS "\"senderN32fPortList\":[8444,8445]}"), 0);
	assert_int_equal(rsp.n32f_port, 8444);
}

static void lists_hold_up_to_their_bound_and_no_more(void **state)
{
	static const struct {
		const char *name, *item;
		size_t max;
	} lists[] = {
		{ "supportedSecCapabilityList", "\"TLS\"", N32_CAPS_MAX },
		{ "plmnIdList", "{\"mcc\":\"001\",\"mnc\":\"01\"}", N32_PLMNS_MAX },
		{ "snpnIdList", "{\"mcc\":\"001\",\"mnc\":\"01\"}", N32_SNPNS_MAX },
		{ "intendedUsagePurpose", "{\"usagePurpose\":\"ROAMING\"}", N32_USAGES_MAX },
	};
	char param[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		assert_int_equal(
		    decode(body_with_list(lists[i].name, lists[i].item, lists[i].max)), 0);
		assert_int_equal(
		    decode(body_with_list(lists[i].name, lists[i].item, lists[i].max + 1)),
		    ERR_SYNTAX);
		snprintf(param, sizeof(param), "/%s", lists[i].name);
		assert_int_equal(problem.n_params, 1);
		assert_non_null(find_param(param));
	}
}

static void a_response_without_the_api_root_flag_does_not_have_it(void **state)
{
	(void)state;
	assert_int_equal(decode_rsp(TLS "\"3GppSbiTargetApiRootSupported\":false}"), 0);
	assert_true(rsp.has_target_api_root);
	assert_false(rsp.target_api_root);
	assert_int_equal(decode_rsp(TLS "\"x\":1}"), 0);
	assert_false(rsp.has_target_api_root);
}

/* INI-05 */
static void an_unknown_selection_is_kept_with_its_text(void **state)
{
	(void)state;
	assert_int_equal(decode_rsp("{" SENDER ",\"selectedSecCapability\":\"FOO\"}"), 0);
	assert_int_equal(rsp.selected.cap, N32_CAP_UNKNOWN);
	assert_string_equal(rsp.selected.text, "FOO");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_of_the_digest_is_decoded),
		cmocka_unit_test(the_response_of_the_digest_is_decoded),
		cmocka_unit_test(a_request_needs_only_sender_and_capabilities),
		cmocka_unit_test(nothing_of_an_earlier_request_remains),
		cmocka_unit_test(nothing_of_an_earlier_response_remains),
		cmocka_unit_test(a_refused_body_leaves_nothing_of_an_earlier_one),
		cmocka_unit_test(unknown_attributes_are_ignored),
		cmocka_unit_test(a_nid_is_kept_in_lower_case_and_may_be_absent),
		cmocka_unit_test(additional_info_has_at_most_255_bytes),
		cmocka_unit_test(unknown_capabilities_keep_their_place_and_their_text),
		cmocka_unit_test(unknown_purposes_keep_their_text),
		cmocka_unit_test(a_long_unknown_word_is_cut_between_characters),
		cmocka_unit_test(features_are_the_last_64_bits_of_a_hexadecimal_mask),
		cmocka_unit_test(both_port_shapes_are_read_in_both_directions),
		cmocka_unit_test(lists_hold_up_to_their_bound_and_no_more),
		cmocka_unit_test(a_response_without_the_api_root_flag_does_not_have_it),
		cmocka_unit_test(an_unknown_selection_is_kept_with_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
