/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as each body of the PRINS control plane, as a refusal, and as an operator's file.  What
 * is accepted is encoded, and what was encoded is accepted again and encoded the same; a policy is
 * then still equal to itself.  What is refused has a code and a body, or words, to say so.
 */
#include "base/base.h"

#include <string.h>

#include "n32/json_prins.h"
#include "n32/json_scan.h"

enum {
	BODY_MAX = 1 << 20,
	PROBLEM_MAX = 1 << 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct n32_problem problem;
static struct buf first, second;
static struct n32_policy policy, again;

static void check_refusal(void)
{
	struct buf out;

	ensure(problem.code != N32_PROBLEM_NONE);
	ensure(problem.n_params > 0 || problem.detail[0] != '\0');
	buf_init(&out, PROBLEM_MAX);
	ensure(n32_problem_print(&out, &problem, 0) == 0);
	buf_release(&out);
}

/* Sorted, none twice, each with its end. */
static void check_terms(struct str terms)
{
	struct str last = { NULL, 0 };

	while (terms.n > 0) {
		const char *end = memchr(terms.p, '\n', terms.n);
		struct str line = { terms.p, 0 };

		ensure(end);
		line.n = (size_t)(end + 1 - terms.p);
		ensure(!last.p || memcmp(last.p, line.p, last.n < line.n ? last.n : line.n) < 0);
		last = line;
		terms.p += line.n;
		terms.n -= line.n;
	}
}

/* What is kept of a policy is a policy that says the same. */
static void check_policy(const struct n32_policy *p)
{
	struct err e;

	check_terms(buf_str(&p->terms));
	ensure(n32_policy_parse(&again, buf_str(&p->json), &e) == 0);
	ensure(n32_policy_eq(&again, p));
	ensure(str_eq(buf_str(&again.json), buf_str(&p->json)));
}

static void check_same(void)
{
	ensure(str_eq(buf_str(&first), buf_str(&second)));
	buf_reset(&first);
	buf_reset(&second);
}

static void try_request(struct str body, const struct n32_json_options *options)
{
	static struct n32_params_req req;

	if (req.policy.json.max == 0)
		n32_params_req_init(&req);
	if (n32_params_req_decode(&req, body, options, &problem)) {
		check_refusal();
		return;
	}
	if (req.has_policy)
		check_policy(&req.policy);
	ensure(n32_params_req_encode(&first, &req) == 0);
	ensure(n32_params_req_decode(&req, buf_str(&first), options, &problem) == 0);
	ensure(n32_params_req_encode(&second, &req) == 0);
	check_same();
}

static void try_response(struct str body, const struct n32_json_options *options)
{
	static struct n32_params_rsp rsp;

	if (rsp.policy.json.max == 0)
		n32_params_rsp_init(&rsp);
	if (n32_params_rsp_decode(&rsp, body, options, &problem)) {
		check_refusal();
		return;
	}
	if (rsp.has_policy)
		check_policy(&rsp.policy);
	ensure(n32_params_rsp_encode(&first, &rsp) == 0);
	ensure(n32_params_rsp_decode(&rsp, buf_str(&first), options, &problem) == 0);
	ensure(n32_params_rsp_encode(&second, &rsp) == 0);
	check_same();
}

static void try_context(struct str body, const struct n32_json_options *options)
{
	struct n32_context_info info, same;

	if (n32_context_info_decode(&info, body, options, &problem)) {
		check_refusal();
		return;
	}
	ensure(n32_context_info_encode(&first, &info) == 0);
	ensure(n32_context_info_decode(&same, buf_str(&first), options, &problem) == 0);
	ensure(n32_context_id_eq(info.id, same.id) && strcmp(info.id, same.id) == 0);
	buf_reset(&first);
}

static void try_error(struct str body, const struct n32_json_options *options)
{
	static struct n32_error_info info;

	if (n32_error_info_decode(&info, body, options, &problem)) {
		check_refusal();
		return;
	}
	ensure(n32_error_info_encode(&first, &info) == 0);
	ensure(n32_error_info_decode(&info, buf_str(&first), options, &problem) == 0);
	ensure(n32_error_info_encode(&second, &info) == 0);
	check_same();
}

static void check_text(const char *text)
{
	ensure(n32_json_is_utf8(str_of(text)));
	for (; *text != '\0'; text++)
		ensure((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void try_answers(struct str body)
{
	struct n32_redirect redirect;
	struct n32_problem_info info;

	n32_redirect_decode(&redirect, body);
	check_text(redirect.target_sepp);
	check_text(redirect.cause);
	n32_problem_decode(&info, body);
	ensure(info.status == 0 || (info.status >= 100 && info.status <= 599));
	check_text(info.cause);
	check_text(info.detail);
}

static void try_files(struct str text)
{
	static struct n32_providers providers;
	struct err e = { .text = "" };

	if (providers.json.max == 0)
		n32_providers_init(&providers);
	if (n32_policy_parse(&policy, text, &e))
		ensure(e.text[0] != '\0' && policy.json.len + policy.terms.len == 0);
	else
		check_policy(&policy);
	e.text[0] = '\0';
	if (n32_providers_parse(&providers, text, &e))
		ensure(e.text[0] != '\0' && providers.n + providers.json.len == 0);
	else
		ensure(providers.n > 0 && providers.json.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct n32_json_options lenient, strict = { .strict_fqdn = true };
	struct str body = { (const char *)data, size };

	first.max = second.max = BODY_MAX;
	if (policy.json.max == 0) {
		n32_policy_init(&policy);
		n32_policy_init(&again);
	}
	try_request(body, &lenient);
	try_request(body, &strict);
	try_response(body, &lenient);
	try_context(body, &lenient);
	try_error(body, &lenient);
	try_error(body, &strict);
	try_answers(body);
	try_files(body);
	return 0;
}
