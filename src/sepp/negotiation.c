/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "n32/json.h"
#include "sepp/caller.h"
#include "sepp/floor.h"
#include "sepp/negotiation.h"
#include "sepp/retention.h"

/* Everything that one negotiation is judged by; on the stack of negotiate(). */
struct scene {
	struct worker *w;
	struct generation *g;
	struct conn *c;
	const struct n32_identity *id;
	struct negotiation *n;
	conf_purposes allowed; /* by configuration of both sides */
};

static enum negotiation_outcome problem(
    struct negotiation *n, enum n32_problem_code code, const char *detail)
{
	n->problem.code = code;
	str_copy(n->problem.detail, sizeof(n->problem.detail), str_of(detail));
	return NEGOTIATION_PROBLEM;
}

/* The line of the policy that decided; NULL if none was asked. */
static const char *place_of(char out[128], const struct scene *s)
{
	return *s->n->decision.out.file ? decision_place(out, &s->n->decision) : NULL;
}

/* The request is answered with an error. */
static void fail(struct scene *s, enum machine_event event, const char *reason)
{
	struct partner *p = s->n->partner;
	char place[128];
	struct assoc_said said = {
		.now_s = loop_wall_s(s->w->loop),
		.reason = reason,
		.place = place_of(place, s),
	};

	assoc_fail(p->association, ASSOC_IN, event, &said);
}

/* A refusal of an authenticated partner: it also suspends what was agreed (n32.md A.10). */
static enum negotiation_outcome refuse(
    struct scene *s, enum n32_problem_code code, const char *detail, const char *reason)
{
	struct partner *p = s->n->partner;
	unsigned status = s->n->status ? s->n->status : (unsigned)n32_problem_status(code);
	char text[512], place[128];

	fail(s, status == 403 ? MACHINE_ON_REFUSE : MACHINE_ON_FAIL, reason);
	log_peer(loop_now(s->w->loop), LOG_INFO, LOG_SEPP, p->conf->name,
	    "negotiation refused cause=%s reason='%s' policy=%s generation=%llu decision=%s",
	    n32_problem_cause(code), str_escape(text, sizeof(text), str_of(reason)),
	    decision_place(place, &s->n->decision), (unsigned long long)s->g->number,
	    *s->n->decision.id ? s->n->decision.id : "-");
	return problem(s->n, code, p->conf->verbose_errors ? reason : detail);
}

/* A refusal that is a mistake of the peer, and not the opinion of a policy. */
static enum negotiation_outcome refuse_mistake(
    struct scene *s, enum n32_problem_code code, const char *detail, const char *reason)
{
	assoc_strike(s->n->partner->association, loop_wall_s(s->w->loop));
	return refuse(s, code, detail, reason);
}

/* The same before it is known who is asking: it counts against whoever has the certificate. */
static void strike(const struct scene *s)
{
	struct partner *p = caller_partner(s->g, s->id);

	if (p)
		assoc_strike(p->association, loop_wall_s(s->w->loop));
}

/* --- the floor (n32.md A.6 steps 8 to 12) */

/*
 * Steps 8 and 9: `sender` is a configured name of the partner that the certificate is of; it may be
 * another of its names than those in the certificate.  No association is touched before this.
 */
static bool identify(struct scene *s)
{
	const char *sender = s->n->req.sender.text, *why;
	struct partner *p = generation_find(s->g, sender);
	char text[300];

	if (p && floor_certifies(p->conf, s->id) &&
	    p->anchors == generation_anchors(s->g, s->id, &why)) {
		s->n->partner = p;
		return true;
	}
	log_peer(loop_now(s->w->loop), LOG_INFO, LOG_SEPP, "-",
	    "negotiation refused reason='%s' sender='%s' certificate='%s'",
	    p ? "the sender is not in the certificate" : "no partner has this sender",
	    str_escape(text, sizeof(text), str_of(sender)), s->id->names[0].text);
	strike(s);
	problem(s->n, N32_PROBLEM_NOT_ALLOWED, "");
	return false;
}

/* Step 10 */
static bool covers_networks(const struct scene *s)
{
	return floor_covers(s->n->partner->conf, s->id, &s->n->req);
}

/* Step 11 */
static bool serves_target(const struct scene *s)
{
	return floor_serves(s->g->conf, &s->n->req);
}

/* --- purposes (step 12) */

/* Sorts what was asked for into allowed and rejected; absent means all that is configured (F-22).
 */
static bool split_purposes(struct negotiation *n, conf_purposes allowed)
{
	n->rsp.n_allowed = n->rsp.n_rejected = 0;
	for (size_t i = 0; i < n->req.n_usages; i++) {
		const struct n32_usage *u = &n->req.usages[i];

		if (floor_allows(allowed, u)) {
			n->rsp.allowed[n->rsp.n_allowed++] = *u;
		} else {
			struct n32_usage *r = &n->rsp.rejected[n->rsp.n_rejected++];

			*r = *u;
			str_copy(r->cause, sizeof(r->cause), (struct str)STR_LIT("not agreed"));
		}
	}
	return n->req.n_usages == 0 || n->rsp.n_allowed > 0;
}

/* --- answers */

static void describe_us(struct negotiation *n, const struct conf_gateway *conf)
{
	struct n32_neg_rsp *rsp = &n->rsp;

	rsp->sender = conf->fqdn;
	rsp->n_plmns = conf->n_plmns;
	memcpy(rsp->plmns, conf->plmns, conf->n_plmns * sizeof(conf->plmns[0]));
	rsp->n_snpns = conf->n_snpns;
	memcpy(rsp->snpns, conf->snpns, conf->n_snpns * sizeof(conf->snpns[0]));
	rsp->has_features = n->req.has_features;
	rsp->features = n->req.features & N32_FEATURE_NFTLST;
	rsp->n32f_fqdn.text[0] = '\0';
	rsp->n32f_port = 0;
}

static void select_cap(struct negotiation *n, const struct conf_gateway *conf, enum n32_cap cap)
{
	n->rsp.selected.cap = cap;
	n->rsp.has_target_api_root = cap == N32_CAP_TLS;
	n->rsp.target_api_root = conf->target_api_root;
}

static void wish_home(const struct scene *s, enum wish_kind kind, const char *why)
{
	const struct wish wish = wish_of(kind, s->n->partner->conf->name, why);

	worker_wish(s->w, &wish);
}

/* ["NONE"]: the peer ends an N32-f TLS relation (n32.md A.4). */
static enum negotiation_outcome terminate(struct scene *s)
{
	static const char nothing[] = "nothing that NONE could end";
	struct partner *p = s->n->partner;

	if (!assoc_terminate(p->association, loop_wall_s(s->w->loop))) {
		/* nothing to end, or no right to end it this way: what is agreed stays */
		fail(s, MACHINE_ON_FAIL, nothing);
		log_peer(loop_now(s->w->loop), LOG_INFO, LOG_SEPP, p->conf->name,
		    "negotiation refused reason='%s'", nothing);
		return problem(s->n, N32_PROBLEM_NOT_ALLOWED, nothing);
	}
	log_info(LOG_SEPP, p->conf->name, "agreement ended by the peer with NONE");
	wish_home(s, WISH_COME_BACK, "the peer ended the relation with NONE");
	count(&s->w->counters, COUNTER_SELECTED_NONE, 1);
	select_cap(s->n, s->g->conf, N32_CAP_NONE);
	s->n->rsp.n_allowed = s->n->rsp.n_rejected = 0;
	return NEGOTIATION_AGREED;
}

static void commit(struct scene *s)
{
	struct negotiation *n = s->n;
	struct agreement a = {
		.cap = n->rsp.selected.cap,
		.way = ASSOC_IN,
		.target_api_root = n->req.target_api_root && s->g->conf->target_api_root,
		.features = n->rsp.has_features ? n->rsp.features : 0,
		.purposes = floor_purposes(&n->rsp),
		.n32f_fqdn = n->req.n32f_fqdn,
		.n32f_port = n->req.n32f_port,
		.at_s = loop_wall_s(s->w->loop),
	};
	enum log_level level;
	char place[128];

	agreement_certify(&a, conn_peer(s->c));
	level = assoc_agree(n->partner->association, &a, place_of(place, s)) ? LOG_INFO : LOG_DEBUG;
	retention_certify(s->w, n->partner->conf->name, &n->decision.view.agreement, &a);
	if (a.cap != N32_CAP_PRINS)
		/* whatever was agreed before: another worker may have agreed on PRINS since */
		retention_leave_prins(s->w, n->partner->association, a.at_s,
		    n->decision.view.agreement.cap == N32_CAP_PRINS);
	count(&s->w->counters, a.cap == N32_CAP_TLS ? COUNTER_SELECTED_TLS : COUNTER_SELECTED_PRINS,
	    1);
	if (log_wants(level))
		log_line(level, LOG_SEPP, n->partner->conf->name,
		    "negotiated selected=%s from=%s policy=%s generation=%llu fuel=%llu decision=%s",
		    n32_cap_name(a.cap), n->decision.source, decision_place(place, &n->decision),
		    (unsigned long long)s->g->number, (unsigned long long)n->decision.out.fuel,
		    n->decision.id);
}

/* --- the policy */

/* `on_policy_error = sepp.KEEP_LAST`: what is in force outlives a policy that fails, as long as the
 * request and the files still allow it. */
static bool keeps_last(const struct scene *s)
{
	const struct assoc_view *v = &s->n->decision.view;

	return s->n->partner->conf->keep_last_on_policy_error && assoc_is_agreed(v) &&
	       conf_caps_have(&s->n->offer, v->agreement.cap);
}

static enum negotiation_outcome fail_closed(struct scene *s)
{
	const struct agreement *last = &s->n->decision.view.agreement;

	if (keeps_last(s)) {
		log_warn(LOG_SEPP, s->n->partner->conf->name,
		    "the policy failed, what is in force is kept selected=%s decision=%s",
		    n32_cap_name(last->cap), s->n->decision.id);
		select_cap(s->n, s->g->conf, last->cap);
		commit(s);
		return NEGOTIATION_AGREED;
	}
	fail(s, MACHINE_ON_FAIL, s->n->decision.out.reason);
	return problem(s->n, N32_PROBLEM_FAILURE, "");
}

static enum negotiation_outcome defer(struct scene *s, const struct script_answer *out)
{
	fail(s, MACHINE_ON_FAIL, out->reason);
	s->n->retry_s = out->defer_s;
	return problem(
	    s->n, N32_PROBLEM_CONGESTION, s->n->partner->conf->verbose_errors ? out->reason : "");
}

/* Does what the policy said, as far as the floor allows it. */
static enum negotiation_outcome obey(struct scene *s)
{
	const struct script_answer *out = &s->n->decision.out;

	switch (out->verdict) {
	case SCRIPT_REJECT:
		return refuse(s, N32_PROBLEM_NOT_ALLOWED, "", out->reason);
	case SCRIPT_DEFER:
		return defer(s, out);
	case SCRIPT_SELECT:
		break;
	default:
		return fail_closed(s);
	}
	if (!conf_caps_have(&s->n->offer, out->cap)) /* the engine checks too; this is the floor */
		return fail_closed(s);
	if (out->has_purposes && !split_purposes(s->n, s->allowed & out->purposes))
		return refuse(s, N32_PROBLEM_PURPOSE_NOT_ALLOWED, "",
		    "the policy allows none of the purposes that were asked for");
	select_cap(s->n, s->g->conf, out->cap);
	commit(s);
	return NEGOTIATION_AGREED;
}

static enum negotiation_outcome ask(struct scene *s)
{
	struct decision *d = &s->n->decision;

	memset(&d->in, 0, sizeof(d->in));
	d->generation = s->g;
	d->in.hook = SCRIPT_SELECT_CAPABILITY;
	d->in.request = &s->n->req;
	d->in.purposes_allowed = s->allowed;
	d->in.offer = s->n->offer;
	decide(s->w, d, s->n->partner, s->c, s->id);
	return obey(s);
}

/* --- all of it */

static enum negotiation_outcome judge(struct scene *s)
{
	struct negotiation *n = s->n;
	const struct conf_partner *conf = n->partner->conf;

	if (!conf->enabled)
		return refuse(s, N32_PROBLEM_NOT_ALLOWED, "", "the partner is disabled");
	if (!covers_networks(s))
		return refuse_mistake(s, N32_PROBLEM_NOT_ALLOWED, "",
		    "a PLMN or SNPN is neither in the certificate nor in the partner's file");
	if (!serves_target(s))
		return refuse_mistake(
		    s, N32_PROBLEM_NOT_ALLOWED, "", "the target PLMN or SNPN is not ours");
	if (conf->redirect) {
		n->redirect = conf->redirect;
		return NEGOTIATION_REDIRECT;
	}
	describe_us(n, s->g->conf);
	conf_offer(&s->n->offer, s->g->conf, s->n->partner->conf, &s->n->req);
	if (n->offer.n == 0 && n32_neg_req_offers(&n->req, N32_CAP_NONE) &&
	    !n32_neg_req_offers(&n->req, N32_CAP_TLS) &&
	    !n32_neg_req_offers(&n->req, N32_CAP_PRINS))
		return terminate(s);
	s->allowed = conf->purposes & s->g->conf->purposes;
	if (!split_purposes(n, s->allowed))
		return refuse_mistake(s, N32_PROBLEM_PURPOSE_NOT_ALLOWED, "",
		    "none of the purposes that were asked for is agreed");
	if (n->offer.n == 0) {
		n->status = s->g->conf->no_common_status; /* F-3 */
		return refuse(s, N32_PROBLEM_NO_COMMON_CAPABILITY, "no common security capability",
		    "no common security capability");
	}
	return ask(s);
}

enum negotiation_outcome negotiate(struct worker *w, struct generation *g, struct negotiation *n,
    struct conn *c, const struct n32_identity *id, struct str body)
{
	struct scene s = { .w = w, .g = g, .c = c, .id = id, .n = n };
	struct n32_json_options options = { .strict_fqdn = s.g->conf->strict_fqdn };

	n32_problem_reset(&n->problem, N32_PROBLEM_NONE);
	n->status = n->retry_s = 0;
	n->partner = NULL;
	n->decision.out.file[0] = '\0'; /* nothing decided yet */
	n->decision.id[0] = '\0';
	if (n32_neg_req_decode(&n->req, body, &options, &n->problem)) {
		log_debug(LOG_N32, id->names[0].text, "malformed request cause=%s offences=%zu",
		    n32_problem_cause(n->problem.code), n->problem.n_params + n->problem.more);
		strike(&s);
		return NEGOTIATION_PROBLEM;
	}
	if (!identify(&s))
		return NEGOTIATION_PROBLEM;
	return judge(&s);
}
