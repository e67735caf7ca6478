/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "n32/prins.h"

static void every_algorithm_is_parsed_from_its_name(void **state)
{
	(void)state;
	for (enum n32_jwe jwe = N32_JWE_UNKNOWN + 1; jwe < N32_JWES; jwe++)
		assert_int_equal(n32_jwe_parse(str_of(n32_jwe_name(jwe))), jwe);
	for (enum n32_jws jws = N32_JWS_UNKNOWN + 1; jws < N32_JWSS; jws++)
		assert_int_equal(n32_jws_parse(str_of(n32_jws_name(jws))), jws);
	assert_string_equal(n32_jwe_name(N32_JWE_A256GCM), "A256GCM");
	assert_string_equal(n32_jws_name(N32_JWS_ES256), "ES256");
}

/* PRM-03 */
static void other_words_are_the_unknown_algorithm(void **state)
{
	static const char *const words[] = { "", "FOO", "a128gcm", "A128GCM ", "RS256", "none",
		"UNKNOWN" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_int_equal(n32_jwe_parse(str_of(words[i])), N32_JWE_UNKNOWN);
		assert_int_equal(n32_jws_parse(str_of(words[i])), N32_JWS_UNKNOWN);
	}
}

/* ERR-04 */
static void every_error_type_is_parsed_from_its_name(void **state)
{
	(void)state;
	for (enum n32_error_type t = N32_ERROR_UNKNOWN + 1; t < N32_ERROR_TYPES; t++)
		assert_int_equal(n32_error_type_parse(str_of(n32_error_type_name(t))), t);
	assert_string_equal(n32_error_type_name(N32_ERROR_CONTEXT_NOT_FOUND), "CONTEXT_NOT_FOUND");
	assert_int_equal(n32_error_type_parse(str_of("X")), N32_ERROR_UNKNOWN);
	assert_int_equal(n32_error_type_parse(str_of("UNKNOWN")), N32_ERROR_UNKNOWN);
	assert_int_equal(n32_error_type_parse(str_of("NETWORK_MAINTENANCE")), N32_ERROR_UNKNOWN);
}

static void a_value_outside_the_enumerations_is_named_unknown(void **state)
{
	(void)state;
	assert_string_equal(n32_jwe_name(N32_JWES), "UNKNOWN");
	assert_string_equal(n32_jws_name((enum n32_jws)99), "UNKNOWN");
	assert_string_equal(n32_error_type_name(N32_ERROR_TYPES), "UNKNOWN");
}

static void an_unknown_value_speaks_in_its_own_words(void **state)
{
	const struct n32_suite known = { N32_JWE_A128GCM, "" }, unknown = { 0, "FOO" };
	const struct n32_error_item error = { N32_ERROR_POLICY_MISMATCH, "" }, other = { 0, "X" };

	(void)state;
	assert_string_equal(n32_jwe_text(&known), "A128GCM");
	assert_string_equal(n32_jwe_text(&unknown), "FOO");
	assert_string_equal(n32_jws_text(&known), "ES256");
	assert_string_equal(n32_jws_text(&unknown), "FOO");
	assert_string_equal(n32_error_text(&error), "POLICY_MISMATCH");
	assert_string_equal(n32_error_text(&other), "X");
}

/* n32.md A.9 */
static void context_ids_are_equal_in_any_case(void **state)
{
	(void)state;
	assert_true(n32_context_id_eq("0123456789abcdef", "0123456789ABCdef"));
	assert_false(n32_context_id_eq("0123456789abcdef", "0123456789abcdee"));
}

static void an_absent_context_id_is_equal_to_nothing(void **state)
{
	(void)state;
	assert_false(n32_context_id_eq("", ""));
	assert_false(n32_context_id_eq("", "0123456789abcdef"));
	assert_false(n32_context_id_eq("0123456789abcdef", ""));
}

static void parameters_are_absent_after_init_reset_and_release(void **state)
{
	static struct n32_params_req req;

	(void)state;
	memset(&req, 'x', sizeof(req));
	n32_params_req_init(&req);
	assert_true(req.n_jwe + req.n_jws + req.providers.n == 0 && !req.has_policy);
	assert_int_equal(buf_add(&req.policy.json, "{}", 2), 0);
	assert_int_equal(buf_add(&req.providers.json, "[]", 2), 0);
	req.has_policy = true;
	req.providers.n = 1;
	n32_params_req_reset(&req);
	assert_true(req.providers.n == 0 && !req.has_policy);
	assert_int_equal(req.policy.json.len + req.providers.json.len, 0);
	assert_non_null(req.policy.json.data);
	n32_params_req_release(&req);
	assert_null(req.policy.json.data);
	assert_null(req.providers.json.data);
}

static void an_answer_is_absent_after_init_and_release(void **state)
{
	static struct n32_params_rsp rsp;

	(void)state;
	memset(&rsp, 'x', sizeof(rsp));
	n32_params_rsp_init(&rsp);
	assert_string_equal(n32_jwe_text(&rsp.jwe), "");
	assert_string_equal(n32_jws_text(&rsp.jws), "");
	assert_true(rsp.providers.n == 0 && !rsp.has_policy && rsp.context_id[0] == '\0');
	assert_int_equal(buf_add(&rsp.policy.json, "{}", 2), 0);
	n32_params_rsp_release(&rsp);
	assert_null(rsp.policy.json.data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_is_parsed_from_its_name),
		cmocka_unit_test(other_words_are_the_unknown_algorithm),
		cmocka_unit_test(every_error_type_is_parsed_from_its_name),
		cmocka_unit_test(a_value_outside_the_enumerations_is_named_unknown),
		cmocka_unit_test(an_unknown_value_speaks_in_its_own_words),
		cmocka_unit_test(context_ids_are_equal_in_any_case),
		cmocka_unit_test(an_absent_context_id_is_equal_to_nothing),
		cmocka_unit_test(parameters_are_absent_after_init_reset_and_release),
		cmocka_unit_test(an_answer_is_absent_after_init_and_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
