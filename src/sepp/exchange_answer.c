/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "n32/json_prins.h"
#include "sepp/caller.h"
#include "sepp/exchange_int.h"
#include "sepp/floor.h"

/* Everything that one request is judged by. */
struct scene {
	struct worker *w;
	const struct generation *g;
	struct partner *p;
	struct session *s;
	struct exchange_desk *d;
	struct context_view context; /* of a later step */
	enum n32_jwe jwe;
	enum n32_jws jws;
};

/* --- refusals */

static unsigned refuse_as(
    struct scene *x, enum n32_problem_code code, const char *detail, const char *why)
{
	struct n32_problem *problem = &x->d->problem;
	char text[512];

	problem->code = code;
	(void)str_copy(problem->detail, sizeof(problem->detail),
	    str_of(x->p->conf->verbose_errors ? why : detail)); /* cut is fine */
	log_peer(loop_now(x->w->loop), LOG_INFO, LOG_SEPP, x->p->conf->name,
	    "exchange of parameters refused cause=%s reason='%s'", n32_problem_cause(code),
	    str_escape(text, sizeof(text), str_of(why)));
	return (unsigned)n32_problem_status(code);
}

static unsigned miss(struct scene *x, const char *first, const char *second)
{
	struct n32_problem *problem = &x->d->problem;

	if (first)
		n32_problem_add(problem, first, "missing");
	if (second)
		n32_problem_add(problem, second, "missing");
	return refuse_as(
	    x, N32_PROBLEM_MANDATORY_IE_MISSING, "", "no cipher suites for a new context");
}

/* --- the floor */

/* Who sends has a name of the certificate or of the partner's file, if it says so at all. */
static bool is_sender(const struct scene *x)
{
	const char *sender = x->d->req.sender.text;
	const struct n32_identity *id = caller_identify(x->w, x->s->c);

	return !*sender || n32_identity_has_name(id, sender) || floor_names(x->p->conf, sender);
}

/* Both lists or, for a context that is there already, none.  0 if it is so. */
static unsigned check_lists(struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;
	bool is_new = req->n_jwe > 0 || req->n_jws > 0;

	if (is_new && req->n_jwe == 0)
		return miss(x, "/jweCipherSuiteList", NULL);
	if (is_new && req->n_jws == 0)
		return miss(x, "/jwsCipherSuiteList", NULL);
	if (is_new)
		return 0;
	if (contexts_find(
		x->w->commons->contexts, x->p->association, req->context_id, &x->context) &&
	    x->context.role == CONTEXT_RESPONDER)
		return 0;
	return miss(x, "/jweCipherSuiteList", "/jwsCipherSuiteList");
}

/* --- cipher suites */

static bool is_usable_jwe(const struct scene *x, int value)
{
	return exchange_allows(&x->p->conf->prins, (enum n32_jwe)value);
}

static bool has_common(const struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;
	bool jwe = false, jws = false;

	for (size_t i = 0; i < req->n_jwe; i++)
		jwe |= is_usable_jwe(x, req->jwe[i].value);
	for (size_t i = 0; i < req->n_jws; i++)
		jws |= req->jws[i].value == N32_JWS_ES256;
	return jwe && jws;
}

/* Without a policy that says otherwise: the first of the peer's that may be used. */
static void take_first(struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;

	for (size_t i = 0; i < req->n_jwe && x->jwe == N32_JWE_UNKNOWN; i++) {
		if (is_usable_jwe(x, req->jwe[i].value))
			x->jwe = (enum n32_jwe)req->jwe[i].value;
	}
	if (req->n_jws > 0)
		x->jws = N32_JWS_ES256;
}

/* --- the policy */

static void fill_params(struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;
	struct script_params *params = &x->d->params;

	memset(params, 0, sizeof(*params));
	params->sender = req->sender;
	for (size_t i = 0; i < req->n_jwe && i < ARRAY_LEN(params->jwe); i++)
		params->jwe[params->n_jwe++] = req->jwe[i];
	for (size_t i = 0; i < req->n_jws && i < ARRAY_LEN(params->jws); i++)
		params->jws[params->n_jws++] = req->jws[i];
	params->has_policy = req->has_policy;
	params->policy_differs = req->has_policy && exchange_differs(x->p, &req->policy);
}

static void ask_policy(struct scene *x)
{
	struct decision *d = &x->d->decision;

	fill_params(x);
	memset(&d->in, 0, sizeof(d->in));
	d->generation = x->g;
	d->in.hook = SCRIPT_SELECT_PARAMETERS;
	d->in.params = &x->d->params;
	decide(x->w, d, x->p, x->s->c, caller_identify(x->w, x->s->c));
}

/* What the operator's policy selects, or what follows without one.  0, or the status. */
static unsigned choose(struct scene *x)
{
	const struct script_answer *out = &x->d->decision.out;
	bool differs = x->d->req.has_policy && exchange_differs(x->p, &x->d->req.policy);
	enum script_mismatch on_mismatch = SCRIPT_MISMATCH_REFUSE;

	if (x->p->hooks[SCRIPT_SELECT_PARAMETERS]) {
		ask_policy(x);
		if (out->verdict == SCRIPT_REJECT)
			return refuse_as(x, N32_PROBLEM_PARAM_MISMATCH, "", out->reason);
		if (out->verdict != SCRIPT_PARAMETERS)
			return refuse_as(x, N32_PROBLEM_FAILURE, "", out->reason);
		x->jwe = (enum n32_jwe)out->jwe;
		x->jws = (enum n32_jws)out->jws;
		on_mismatch = out->on_mismatch;
		if (x->d->req.n_jwe > 0 && !exchange_allows(&x->p->conf->prins, x->jwe))
			return refuse_as(x, N32_PROBLEM_PARAM_MISMATCH, "",
			    "the policy selects encryption that the partner's file does not allow");
	} else {
		take_first(x);
	}
	if (differs && on_mismatch == SCRIPT_MISMATCH_REFUSE)
		return refuse_as(x, N32_PROBLEM_PARAM_MISMATCH, "",
		    "the partner's protection policy is not ours");
	return 0;
}

/* --- the answer */

/*
 * The peer negotiated anew after a context of ours was there: it may have lost that one, and the
 * new one replaces it in any case.  Only ours, as the peer had it before we did; where both ends
 * negotiate at the same time, ours is for the same agreement or a later one.
 */
static void leave_older(struct scene *x)
{
	struct association *a = x->p->association;
	int64_t now_s = loop_wall_s(x->w->loop);
	struct context_view old;
	struct assoc_view v;
	struct wish wish;

	assoc_read(a, now_s, &v);
	if (v.agreement.way != ASSOC_IN || !contexts_end_older(x->w->commons->contexts, a,
					       CONTEXT_INITIATOR, v.agreed, now_s, &old))
		return;
	log_info(LOG_SEPP, x->p->conf->name,
	    "N32-f context ended, the peer has negotiated anew id=%s peer_id=%s", old.own,
	    old.peer);
	wish = wish_of(WISH_END_CONTEXT, x->p->conf->name, "replaced");
	(void)str_copy(wish.id, sizeof(wish.id), str_of(old.peer));
	worker_wish(x->w, &wish);
}

static unsigned commit(struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;
	struct exchange_deal deal = {
		.role = CONTEXT_RESPONDER,
		.own = x->context.own,
		.peer = req->context_id,
		.jwe = x->jwe,
		.jws = x->jws,
	};

	if (req->n_jwe > 0) {
		do
			contexts_new_id(x->w->commons->contexts, x->context.own);
		while (n32_context_id_eq(x->context.own, req->context_id));
		if (exchange_make_context(x->w, x->g, x->p, x->s, &deal))
			return refuse_as(x, N32_PROBLEM_FAILURE, "", x->d->reason);
		leave_older(x);
	}
	if (req->has_policy)
		exchange_keep_policy(x->w, x->p, x->context.own, &req->policy);
	if (req->providers.n > 0)
		(void)contexts_set_providers(
		    x->w->commons->contexts, x->context.own, &req->providers);
	return 200;
}

/* Ours, or what the peer said if there is none of ours to hold against it. */
static void put_policy(struct scene *x)
{
	struct n32_params_rsp *rsp = &x->d->rsp;

	rsp->has_policy = true;
	n32_policy_copy(&rsp->policy, x->p->has_policy ? &x->p->policy : &x->d->req.policy);
}

static void encode(struct scene *x)
{
	const struct n32_params_req *req = &x->d->req;
	struct n32_params_rsp *rsp = &x->d->rsp;

	n32_params_rsp_reset(rsp);
	rsp->sender = x->g->conf->fqdn;
	(void)str_copy(rsp->context_id, sizeof(rsp->context_id), str_of(x->context.own));
	if (req->n_jwe > 0) {
		rsp->jwe.value = x->jwe;
		rsp->jws.value = x->jws;
	}
	if (req->has_policy)
		put_policy(x);
	if (req->providers.n > 0 && x->p->providers)
		n32_providers_copy(&rsp->providers, x->p->providers);
	buf_reset(&x->d->body);
	ensure(n32_params_rsp_encode(&x->d->body, rsp) == 0);
}

static unsigned judge(struct scene *x)
{
	unsigned status;

	if (assoc_in_force(x->p->association) != N32_CAP_PRINS)
		return refuse_as(x, N32_PROBLEM_NOT_ALLOWED, "", "PRINS is not in force");
	if (!is_sender(x)) {
		assoc_strike(x->p->association, loop_wall_s(x->w->loop));
		return refuse_as(
		    x, N32_PROBLEM_NOT_ALLOWED, "", "the sender is none of the partner's names");
	}
	status = check_lists(x);
	if (status)
		return status;
	if (x->d->req.n_jwe > 0 && !has_common(x))
		return refuse_as(x, N32_PROBLEM_PARAM_MISMATCH, "no common cipher suite",
		    "no common cipher suite");
	status = choose(x);
	return status ? status : commit(x);
}

unsigned exchange_answer(struct worker *w, const struct generation *g, struct partner *p,
    struct session *s, struct str body)
{
	struct scene x = { .w = w, .g = g, .p = p, .s = s, .d = w->exchange };
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };
	unsigned status;

	if (n32_params_req_decode(&x.d->req, body, &options, &x.d->problem)) {
		assoc_strike(p->association, loop_wall_s(w->loop));
		return (unsigned)n32_problem_status(x.d->problem.code);
	}
	status = judge(&x);
	if (status == 200)
		encode(&x);
	decision_done(w, "%u", status);
	return status;
}
