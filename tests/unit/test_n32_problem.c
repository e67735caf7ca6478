/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/problem.h"

static struct n32_problem problem;
static struct buf out;

/* The printed body, valid until the next. */
static const char *print(int status)
{
	buf_reset(&out);
	assert_int_equal(n32_problem_print(&out, &problem, status), 0);
	return out.data;
}

static int set_up(void **state)
{
	(void)state;
	problem = (struct n32_problem){ .code = N32_PROBLEM_MANDATORY_IE_MISSING };
	buf_init(&out, 16384);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void the_example_of_the_digest_is_printed(void **state)
{
	(void)state;
	n32_problem_add(&problem, "/sender", "missing");
	assert_string_equal(print(0),
	    "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
	    "\"cause\":\"MANDATORY_IE_MISSING\","
	    "\"invalidParams\":[{\"param\":\"/sender\",\"reason\":\"missing\"}]}");
}

/* n32.md A.12 */
static void every_code_has_its_status_and_its_cause(void **state)
{
	static const struct {
		enum n32_problem_code code;
		int status;
		const char *cause;
	} rows[] = {
		{ N32_PROBLEM_NONE, 0, "" },
		{ N32_PROBLEM_INVALID_MSG_FORMAT, 400, "INVALID_MSG_FORMAT" },
		{ N32_PROBLEM_OPTIONAL_IE_INCORRECT, 400, "OPTIONAL_IE_INCORRECT" },
		{ N32_PROBLEM_NO_COMMON_CAPABILITY, 403, "NEGOTIATION_NOT_ALLOWED" },
		{ N32_PROBLEM_PURPOSE_NOT_ALLOWED, 403, "REQUESTED_PURPOSE_NOT_ALLOWED" },
		{ N32_PROBLEM_UNKNOWN_RESOURCE, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND" },
		{ N32_PROBLEM_CONTEXT_NOT_FOUND, 404, "CONTEXT_NOT_FOUND" },
		{ N32_PROBLEM_PARAM_MISMATCH, 409, "REQUESTED_PARAM_MISMATCH" },
		{ N32_PROBLEM_MEDIA_TYPE, 415, "" },
		{ N32_PROBLEM_RATE, 429, "NF_CONGESTION_RISK" },
		{ N32_PROBLEM_CONGESTION, 503, "NF_CONGESTION" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(n32_problem_status(rows[i].code), rows[i].status);
		assert_string_equal(n32_problem_cause(rows[i].code), rows[i].cause);
	}
}

static void what_is_empty_is_left_out(void **state)
{
	(void)state;
	problem.code = N32_PROBLEM_METHOD;
	assert_string_equal(
	    print(0), "{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\",\"status\":405}");
	problem.code = N32_PROBLEM_NONE;
	assert_string_equal(print(0), "{\"type\":\"about:blank\"}");
}

/* F-3 */
static void a_mapped_status_brings_its_own_title_and_keeps_the_cause(void **state)
{
	(void)state;
	problem.code = N32_PROBLEM_NO_COMMON_CAPABILITY;
	assert_string_equal(print(400), "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
					"\"status\":400,\"cause\":\"NEGOTIATION_NOT_ALLOWED\"}");
	assert_string_equal(print(501), "{\"type\":\"about:blank\",\"status\":501,"
					"\"cause\":\"NEGOTIATION_NOT_ALLOWED\"}");
}

static void the_detail_stands_before_the_cause(void **state)
{
	(void)state;
	problem.code = N32_PROBLEM_INVALID_MSG_FORMAT;
	memcpy(problem.detail, "say \"no\"", 9);
	assert_non_null(
	    strstr(print(0), ",\"detail\":\"say \\\"no\\\"\",\"cause\":\"INVALID_MSG_FORMAT\"}"));
}

static void detail_that_is_not_utf8_is_escaped(void **state)
{
	(void)state;
	memcpy(problem.detail, "a\xff", 3);
	assert_non_null(strstr(print(0), "\"detail\":\"a\\\\xff\""));
}

static void offences_beyond_the_bound_are_counted_and_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < N32_INVALID_PARAMS_MAX + 3; i++)
		n32_problem_add(&problem, "/x", "missing");
	assert_int_equal(problem.n_params, N32_INVALID_PARAMS_MAX);
	assert_int_equal(problem.more, 3);
	assert_non_null(
	    strstr(print(0), "\"detail\":\"3 more invalid parameters are not listed\""));
	memcpy(problem.detail, "bad", 4);
	assert_non_null(
	    strstr(print(0), "\"detail\":\"bad; 3 more invalid parameters are not listed\""));
}

static void a_long_param_is_cut_at_its_bound(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	n32_problem_add(&problem, text, "missing");
	assert_int_equal(strlen(problem.params[0].param), sizeof(problem.params[0].param) - 1);
	assert_int_equal(problem.code, N32_PROBLEM_MANDATORY_IE_MISSING);
}

static void a_param_without_reason_has_no_reason(void **state)
{
	(void)state;
	n32_problem_add(&problem, "header accept", NULL);
	assert_non_null(strstr(print(0), "\"invalidParams\":[{\"param\":\"header accept\"}]"));
}

static void a_body_that_does_not_fit_changes_nothing(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 40);
	assert_int_equal(n32_problem_print(&small, &problem, 0), ERR_LIMIT);
	assert_int_equal(small.len, 0);
	assert_int_equal(buf_add(&small, "kept", 4), 0);
	assert_int_equal(n32_problem_print(&small, &problem, 0), ERR_LIMIT);
	assert_string_equal(small.data, "kept");
	buf_release(&small);
}

static void a_body_that_just_fits_is_printed(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, strlen(print(0)));
	assert_int_equal(n32_problem_print(&small, &problem, 0), 0);
	assert_string_equal(small.data, out.data);
	buf_release(&small);
	buf_init(&small, out.len - 1);
	assert_int_equal(n32_problem_print(&small, &problem, 0), ERR_LIMIT);
	buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_example_of_the_digest_is_printed),
		TEST(every_code_has_its_status_and_its_cause),
		TEST(what_is_empty_is_left_out),
		TEST(a_mapped_status_brings_its_own_title_and_keeps_the_cause),
		TEST(the_detail_stands_before_the_cause),
		TEST(detail_that_is_not_utf8_is_escaped),
		TEST(offences_beyond_the_bound_are_counted_and_said),
		TEST(a_long_param_is_cut_at_its_bound),
		TEST(a_param_without_reason_has_no_reason),
		TEST(a_body_that_does_not_fit_changes_nothing),
		TEST(a_body_that_just_fits_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
