/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "n32/json_prins.h"
#include "sepp/exchange_int.h"

enum {
	BODY_MAX = 256 * 1024
};

struct exchange_desk *exchange_desk_new(void)
{
	struct exchange_desk *d = mem_alloc(sizeof(*d));

	n32_params_req_init(&d->req);
	n32_params_rsp_init(&d->rsp);
	buf_init(&d->body, BODY_MAX);
	return d;
}

void exchange_desk_free(struct exchange_desk *d)
{
	if (!d)
		return;
	n32_params_req_release(&d->req);
	n32_params_rsp_release(&d->rsp);
	buf_release(&d->body);
	mem_free(d);
}

void exchange_say(struct exchange_desk *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->reason, sizeof(d->reason), fmt, ap);
	va_end(ap);
}

/* --- what both roles do */

bool exchange_allows(const struct conf_prins *conf, enum n32_jwe jwe)
{
	for (size_t i = 0; i < conf->n_jwe; i++) {
		if (conf->jwe[i] == jwe)
			return true;
	}
	return false;
}

/* The peer may negotiate something else while parameters are exchanged: what that ended before the
 * context was there ends now. */
static bool still_has_prins(struct worker *w, const struct partner *p, const char *own)
{
	int64_t now_s = loop_wall_s(w->loop);

	if (assoc_in_force(p->association) == N32_CAP_PRINS)
		return true;
	(void)contexts_end(w->commons->contexts, p->association, own, now_s, NULL);
	exchange_say(w->exchange, "PRINS is no longer in force");
	return false;
}

int exchange_make_context(struct worker *w, const struct generation *g, const struct partner *p,
    struct session *s, const struct exchange_deal *deal)
{
	unsigned char master[N32_MASTER_BYTES];
	struct context_start start = {
		.association = p->association,
		.role = deal->role,
		.jwe = deal->jwe,
		.jws = deal->jws,
		.which = p->conf->prins.key_context,
		.master = master,
		.now = loop_now(w->loop),
		.now_s = loop_wall_s(w->loop),
		.validity = g->conf->validity,
	};
	struct err e = { 0 };
	struct assoc_view view;
	int rc = conn_export(s->c, N32_MASTER_LABEL, master, sizeof(master));

	if (rc) {
		exchange_say(w->exchange, "no keys can be exported: %s",
		    w->env.pipe.why ? w->env.pipe.why : "TLS refuses");
		return rc;
	}
	assoc_read(p->association, start.now_s, &view);
	start.agreed = view.agreed;
	(void)str_copy(start.own, sizeof(start.own), str_of(deal->own));
	(void)str_copy(start.peer, sizeof(start.peer), str_of(deal->peer));
	rc = contexts_add(w->commons->contexts, &start, NULL, &e);
	mem_wipe(master, sizeof(master));
	if (rc) {
		exchange_say(w->exchange, "no context can be made: %s", e.text);
		return rc;
	}
	if (!still_has_prins(w, p, deal->own))
		return ERR_BUSY;
	count(&w->counters, COUNTER_CONTEXTS, 1);
	log_info(LOG_SEPP, p->conf->name,
	    "N32-f context made id=%s peer_id=%s role=%s jwe=%s jws=%s", deal->own, deal->peer,
	    deal->role == CONTEXT_INITIATOR ? "initiator" : "responder", n32_jwe_name(deal->jwe),
	    n32_jws_name(deal->jws));
	return 0;
}

bool exchange_differs(const struct partner *p, const struct n32_policy *theirs)
{
	return p->has_policy && !n32_policy_eq(&p->policy, theirs);
}

void exchange_keep_policy(
    struct worker *w, const struct partner *p, const char *own, const struct n32_policy *policy)
{
	bool differs = exchange_differs(p, policy);

	(void)contexts_set_policy(w->commons->contexts, own, policy, differs);
	if (differs)
		log_warn(LOG_SEPP, p->conf->name,
		    "the partner's protection policy is not that of '%s', ours holds context=%s",
		    p->conf->prins.policy, own);
}

/* --- our requests */

static void put_suites(struct n32_params_req *req, const struct conf_prins *conf)
{
	for (size_t i = 0; i < conf->n_jwe; i++)
		req->jwe[req->n_jwe++].value = conf->jwe[i];
	req->jws[req->n_jws++].value = N32_JWS_ES256;
}

/* The request of the steps in `x->pending`. */
static void make_request(
    struct exchange *x, struct worker *w, const struct generation *g, const struct partner *p)
{
	struct exchange_desk *d = w->exchange;
	struct n32_params_req *req = &d->req;

	n32_params_req_reset(req);
	req->sender = g->conf->fqdn;
	(void)str_copy(req->context_id, sizeof(req->context_id), str_of(x->own));
	if (x->pending & STEP_SUITES)
		put_suites(req, &p->conf->prins);
	if (x->pending & STEP_POLICY) {
		req->has_policy = true;
		n32_policy_copy(&req->policy, &p->policy);
	}
	if (x->pending & STEP_PROVIDERS)
		n32_providers_copy(&req->providers, p->providers);
	buf_reset(&d->body);
	ensure(n32_params_req_encode(&d->body, req) == 0); /* a file is smaller than BODY_MAX */
}

/* What the partner's file asks for. */
static unsigned steps_of(const struct partner *p)
{
	return STEP_SUITES | (p->has_policy ? STEP_POLICY : 0) |
	       (p->providers && p->providers->n > 0 ? STEP_PROVIDERS : 0);
}

/* The next of those that are not done; 0 when all are. */
static unsigned next_steps(const struct exchange *x, const struct partner *p)
{
	unsigned left = steps_of(p) & ~x->done;

	return p->conf->prins.combined ? left : left & -left;
}

void exchange_begin(
    struct exchange *x, struct worker *w, const struct generation *g, const struct partner *p)
{
	memset(x, 0, sizeof(*x));
	contexts_new_id(w->commons->contexts, x->own);
	x->pending = next_steps(x, p);
	make_request(x, w, g, p);
}

/* --- their answers */

static bool decode(struct exchange_desk *d, const struct generation *g, struct str body)
{
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };

	if (n32_params_rsp_decode(&d->rsp, body, &options, &d->problem) == 0)
		return true;
	exchange_say(d, "malformed answer to exchange-params: %s %s%s",
	    n32_problem_cause(d->problem.code),
	    d->problem.n_params ? d->problem.params[0].param : "", d->problem.detail);
	return false;
}

static bool take_suites(struct exchange *x, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s)
{
	struct exchange_desk *d = w->exchange;
	const struct n32_params_rsp *rsp = &d->rsp;
	struct exchange_deal deal = {
		.role = CONTEXT_INITIATOR,
		.own = x->own,
		.peer = x->peer,
		.jwe = (enum n32_jwe)rsp->jwe.value,
		.jws = (enum n32_jws)rsp->jws.value,
	};

	if (!exchange_allows(&p->conf->prins, deal.jwe) || deal.jws != N32_JWS_ES256) {
		exchange_say(d,
		    "the answer selects cipher suites that were not offered: '%s', '%s'",
		    n32_jwe_text(&rsp->jwe), n32_jws_text(&rsp->jws));
		return false;
	}
	if (n32_context_id_eq(rsp->context_id, x->own)) {
		exchange_say(d, "the answer has our own context id");
		return false;
	}
	(void)str_copy(x->peer, sizeof(x->peer), str_of(rsp->context_id));
	return exchange_make_context(w, g, p, s, &deal) == 0;
}

enum exchange_outcome exchange_go_on(struct exchange *x, struct worker *w,
    const struct generation *g, const struct partner *p, struct session *s, struct str body)
{
	struct exchange_desk *d = w->exchange;

	if (!decode(d, g, body))
		return EXCHANGE_FAILED;
	if ((x->pending & STEP_SUITES) && !take_suites(x, w, g, p, s))
		return EXCHANGE_FAILED;
	if (!n32_context_id_eq(d->rsp.context_id, x->peer)) {
		exchange_say(d, "the answer has another context id than before");
		return EXCHANGE_FAILED;
	}
	if (!contexts_find(w->commons->contexts, p->association, x->own, NULL)) {
		exchange_say(d, "the N32-f context has ended meanwhile");
		return EXCHANGE_FAILED;
	}
	if (d->rsp.has_policy)
		exchange_keep_policy(w, p, x->own, &d->rsp.policy);
	if (d->rsp.providers.n > 0)
		(void)contexts_set_providers(w->commons->contexts, x->own, &d->rsp.providers);
	x->done |= x->pending;
	x->pending = next_steps(x, p);
	if (x->pending == 0)
		return EXCHANGE_DONE;
	make_request(x, w, g, p);
	return EXCHANGE_NEXT;
}
