/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request and as a response.  What is accepted is encoded, and what was encoded is
 * accepted again and encoded the same; what is refused has a code and a body to say so.
 */
#include "base/base.h"

#include "n32/json.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct n32_json_options lenient, strict = { .strict_fqdn = true };
	struct str body = { (const char *)data, size };

	first.max = second.max = BODY_MAX;
	try_request(body, &lenient);
	try_request(body, &strict);
	try_response(body, &lenient);
	try_response(body, &strict);
	return 0;
}
