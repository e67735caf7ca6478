/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request and as a response.  What is accepted is encoded, and what was encoded is
 * accepted again and encoded the same; what is refused has a code and a body to say so.
 *
 * jansson is the oracle for JSON itself: what it refuses we refuse too, and what it accepts is the
 * same tree for us, but for our own bounds and for numbers that it finds too large.
 */
#include "base/base.h"

#include <string.h>

#include <jansson.h>

#include "n32/json.h"
#include "n32/json_value.h"

enum {
	BODY_MAX = 1 << 20, /* all lists full, each character escaped */
	PROBLEM_MAX = 1 << 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct n32_problem problem;
static struct buf first, second;

static void check_refusal(void)
{
	struct buf out;

	ensure(problem.code != N32_PROBLEM_NONE);
	ensure(problem.n_params > 0 || problem.detail[0] != '\0');
	buf_init(&out, PROBLEM_MAX);
	ensure(n32_problem_print(&out, &problem, 0) == 0);
	buf_release(&out);
}

static void try_request(struct str body, const struct n32_json_options *options)
{
	static struct n32_neg_req req;

	if (n32_neg_req_decode(&req, body, options, &problem)) {
		check_refusal();
		return;
	}
	buf_reset(&first);
	buf_reset(&second);
	ensure(n32_neg_req_encode(&first, &req) == 0);
	ensure(n32_neg_req_decode(&req, buf_str(&first), options, &problem) == 0);
	ensure(n32_neg_req_encode(&second, &req) == 0);
	ensure(str_eq(buf_str(&first), buf_str(&second)));
}

static void try_response(struct str body, const struct n32_json_options *options)
{
	static struct n32_neg_rsp rsp;

	if (n32_neg_rsp_decode(&rsp, body, options, &problem)) {
		check_refusal();
		return;
	}
	buf_reset(&first);
	buf_reset(&second);
	ensure(n32_neg_rsp_encode(&first, &rsp) == 0);
	ensure(n32_neg_rsp_decode(&rsp, buf_str(&first), options, &problem) == 0);
	ensure(n32_neg_rsp_encode(&second, &rsp) == 0);
	ensure(str_eq(buf_str(&first), buf_str(&second)));
}

static void compare(const struct json_value *v, const json_t *j);

static void compare_object(const struct json_value *v, const json_t *j)
{
	size_t n = 0;

	ensure(v->type == N32_JSON_OBJECT && v->n == json_object_size(j));
	for (const struct json_value *member = v->first; member; member = member->next, n++) {
		char key[4096];

		if (!str_copy(key, sizeof(key), member->key))
			continue;
		ensure(json_object_get(j, key));
		compare(member, json_object_get(j, key));
	}
	ensure(n == v->n);
}

static void compare_array(const struct json_value *v, const json_t *j)
{
	size_t n = 0;

	ensure(v->type == N32_JSON_ARRAY && v->n == json_array_size(j));
	for (const struct json_value *element = v->first; element; element = element->next)
		compare(element, json_array_get(j, n++));
	ensure(n == v->n);
}

static void compare(const struct json_value *v, const json_t *j)
{
	static const enum json_type types[] = {
		[JSON_REAL] = N32_JSON_OTHER_NUMBER,
		[JSON_TRUE] = N32_JSON_TRUE,
		[JSON_FALSE] = N32_JSON_FALSE,
		[JSON_NULL] = N32_JSON_NULL,
	};
	struct str text = { json_string_value(j), json_string_length(j) };

	if (json_is_object(j))
		compare_object(v, j);
	else if (json_is_array(j))
		compare_array(v, j);
	else if (json_is_string(j))
		ensure(v->type == N32_JSON_STRING && str_eq(v->text, text));
	else if (json_is_integer(j))
		ensure(v->type == N32_JSON_INTEGER && v->integer == json_integer_value(j));
	else
		ensure(v->type == types[json_typeof(j)]);
}

static void try_oracle(struct str body)
{
	json_error_t error;
	json_t *oracle = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error);
	const char *why;
	const struct json_value *root = n32_json_parse(body, &why);

	if (!oracle)
		ensure(!root || json_error_code(&error) == json_error_numeric_overflow);
	else if (root)
		compare(root, oracle);
	else if (!memchr(body.p, '\0', body.n)) /* jansson skips one behind a number or a word */
		ensure(json_is_array(oracle) || strncmp(why, "more than ", 10) == 0 ||
		       strncmp(why, "nested deeper ", 14) == 0);
	json_decref(oracle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct n32_json_options lenient, strict = { .strict_fqdn = true };
	struct str body = { (const char *)data, size };

	first.max = second.max = BODY_MAX;
	try_oracle(body);
	try_request(body, &lenient);
	try_request(body, &strict);
	try_response(body, &lenient);
	try_response(body, &strict);
	return 0;
}
