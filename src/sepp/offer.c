/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "n32/json.h"
#include "sepp/caller.h"
#include "sepp/floor.h"
#include "sepp/offer.h"

enum {
	BODY_MAX = 64 * 1024
};

struct offer *offer_new(void)
{
	struct offer *o = mem_alloc(sizeof(*o));

	buf_init(&o->body, BODY_MAX);
	return o;
}

void offer_free(struct offer *o)
{
	if (!o)
		return;
	buf_release(&o->body);
	mem_free(o);
}

static void PRINTF_LIKE(2, 3) say(struct offer *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->reason, sizeof(o->reason), fmt, ap);
	va_end(ap);
}

/* What the policy said last, for the state. */
static void take_place(struct offer *o)
{
	if (*o->decision.out.file)
		decision_place(o->place, &o->decision);
}

/* --- what we offer */

static void describe_us(struct n32_neg_req *req, const struct conf_gateway *conf)
{
	memset(req, 0, sizeof(*req));
	req->sender = conf->fqdn;
	req->n_plmns = conf->n_plmns;
	memcpy(req->plmns, conf->plmns, conf->n_plmns * sizeof(conf->plmns[0]));
	req->n_snpns = conf->n_snpns;
	memcpy(req->snpns, conf->snpns, conf->n_snpns * sizeof(conf->snpns[0]));
	req->has_features = true;
	req->features = N32_FEATURE_NFTLST;
}

static void add_caps(
    struct n32_neg_req *req, const struct conf_gateway *conf, const struct conf_caps *caps)
{
	for (size_t i = 0; i < caps->n; i++) {
		req->caps[req->n_caps++].cap = caps->caps[i];
		req->target_api_root |= caps->caps[i] == N32_CAP_TLS && conf->target_api_root;
	}
}

static void add_purposes(struct n32_neg_req *req, conf_purposes purposes)
{
	for (int i = N32_PURPOSE_UNKNOWN + 1; i < N32_PURPOSES; i++) {
		if (purposes & (1u << i))
			req->usages[req->n_usages++].purpose = (enum n32_purpose)i;
	}
}

static void describe_offer(struct n32_neg_req *req, const struct generation *g,
    const struct partner *p, const struct conf_caps *caps)
{
	describe_us(req, g->conf);
	add_caps(req, g->conf, caps);
	add_purposes(req, g->conf->purposes & p->conf->purposes);
}

static void encode(struct offer *o)
{
	buf_reset(&o->body);
	ensure(n32_neg_req_encode(&o->body, &o->req) == 0);
}

/* Asks offer_capabilities, if there is one; `caps` is the ceiling before, the offer after. */
static bool ask_offer(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s, struct conf_caps *caps)
{
	struct decision *d = &o->decision;

	if (!p->hooks[SCRIPT_OFFER_CAPABILITIES])
		return true;
	memset(&d->in, 0, sizeof(d->in));
	d->generation = g;
	d->in.hook = SCRIPT_OFFER_CAPABILITIES;
	d->in.offer = *caps;
	decide(w, d, p, s->c, caller_identify(w, s->c));
	take_place(o);
	if (d->out.verdict != SCRIPT_OFFER) {
		say(o, "%s", d->out.reason);
		decision_done(w, "nothing offered");
		return false;
	}
	*caps = d->out.caps;
	decision_done(w, "offered");
	return true;
}

bool offer_make(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s, struct conf_caps *caps)
{
	o->reason[0] = o->place[0] = '\0';
	conf_offer(caps, g->conf, p->conf, NULL);
	if (caps->n == 0) {
		say(o, "the files leave nothing to offer to this partner");
		return false;
	}
	if (!ask_offer(o, w, g, p, s, caps))
		return false;
	describe_offer(&o->req, g, p, caps);
	encode(o);
	return true;
}

void offer_make_none(struct offer *o, const struct generation *g)
{
	describe_us(&o->req, g->conf);
	o->req.caps[o->req.n_caps++].cap = N32_CAP_NONE;
	encode(o);
}

static uint64_t hash(uint64_t h, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		h = (h ^ (unsigned char)bytes.p[i]) * 1099511628211u;
	return h;
}

uint64_t offer_signature(const struct generation *g, const struct partner *p)
{
	const struct script_program *policy = p->hooks[SCRIPT_OFFER_CAPABILITIES];
	struct n32_neg_req *req = mem_alloc(sizeof(*req));
	struct conf_caps caps;
	struct buf body;
	struct str text;
	uint64_t h = 14695981039346656037u;

	buf_init(&body, BODY_MAX);
	conf_offer(&caps, g->conf, p->conf, NULL);
	describe_offer(req, g, p, &caps);
	ensure(n32_neg_req_encode(&body, req) == 0);
	h = hash(h, buf_str(&body));
	/* a policy that decides about the offer may offer something else when it is another text */
	if (policy && directory_find(g->directory, script_program_path(policy), &text, NULL) == 0)
		h = hash(h, text);
	buf_release(&body);
	mem_free(req);
	return h ? h : 1;
}

/* --- what comes back */

/* Whether `sender` is the server that we dialled, or another name of the partner, and is in the
 * certificate. */
static bool is_sender(
    const struct partner *p, const struct n32_identity *id, const char *dialled, const char *sender)
{
	return n32_identity_has_name(id, sender) &&
	       (strcmp(sender, dialled) == 0 || floor_names(p->conf, sender));
}

/* The networks that the answer claims are the partner's (the floor takes them from a request). */
static bool covers(struct offer *o, const struct partner *p, const struct n32_identity *id)
{
	struct n32_neg_req *claim = &o->req;

	claim->n_plmns = o->rsp.n_plmns;
	memcpy(claim->plmns, o->rsp.plmns, sizeof(claim->plmns));
	claim->n_snpns = o->rsp.n_snpns;
	memcpy(claim->snpns, o->rsp.snpns, sizeof(claim->snpns));
	return floor_covers(p->conf, id, claim);
}

static void name_cap(struct offer *o, const char *what)
{
	const struct n32_cap_item *item = &o->rsp.selected;
	char text[3 * N32_TEXT_MAX + 1];

	if (item->cap == N32_CAP_UNKNOWN)
		say(o, "the answer selects '%s', %s",
		    str_escape(text, sizeof(text), str_of(item->text)), what);
	else
		say(o, "the answer selects %s, %s", n32_cap_name(item->cap), what);
}

static bool is_right(struct offer *o, const struct partner *p, const struct n32_identity *id,
    const char *dialled, const struct conf_caps *caps)
{
	char text[300];

	if (!conf_caps_have(caps, o->rsp.selected.cap)) {
		name_cap(o, "which was not offered");
		return false;
	}
	if (!is_sender(p, id, dialled, o->rsp.sender.text)) {
		say(o, "the answer is of '%s', which is not the server that was asked",
		    str_escape(text, sizeof(text), str_of(o->rsp.sender.text)));
		return false;
	}
	if (!covers(o, p, id)) {
		say(o,
		    "the answer names a PLMN or SNPN that is neither in the certificate nor in the "
		    "partner's file");
		return false;
	}
	return true;
}

static bool decode(struct offer *o, const struct generation *g, struct str body)
{
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };

	if (n32_neg_rsp_decode(&o->rsp, body, &options, &o->problem) == 0)
		return true;
	say(o, "malformed answer: %s%s%s%s", n32_problem_cause(o->problem.code),
	    o->problem.n_params ? " " : "", o->problem.n_params ? o->problem.params[0].param : "",
	    o->problem.detail);
	return false;
}

/* verify_selection, if there is one. */
static enum offer_verdict ask_verdict(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s)
{
	struct decision *d = &o->decision;

	if (!p->hooks[SCRIPT_VERIFY_SELECTION])
		return OFFER_AGREED;
	memset(&d->in, 0, sizeof(d->in));
	d->generation = g;
	d->in.hook = SCRIPT_VERIFY_SELECTION;
	d->in.response = &o->rsp;
	decide(w, d, p, s->c, caller_identify(w, s->c));
	take_place(o);
	say(o, "%s", d->out.reason);
	switch (d->out.verdict) {
	case SCRIPT_ACCEPT:
		decision_done(w, "agreed %s", n32_cap_name(o->rsp.selected.cap));
		return OFFER_AGREED;
	case SCRIPT_REJECT:
		decision_done(w, "rejected");
		return OFFER_REJECTED;
	default:
		decision_done(w, "failed");
		return OFFER_FAILED;
	}
}

static void agree(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, const struct session *s)
{
	struct agreement *a = &o->agreement;

	*a = (struct agreement){
		.cap = o->rsp.selected.cap,
		.way = ASSOC_OUT,
		.target_api_root = o->rsp.selected.cap == N32_CAP_TLS && g->conf->target_api_root &&
				   o->rsp.target_api_root,
		.features = o->rsp.has_features ? o->rsp.features & N32_FEATURE_NFTLST : 0,
		.purposes = floor_purposes(&o->rsp) & g->conf->purposes & p->conf->purposes,
		.n32f_fqdn = o->rsp.n32f_fqdn,
		.n32f_port = o->rsp.n32f_port,
		.offer = p->offer,
		.at_s = loop_wall_s(w->loop),
	};
	agreement_certify(a, conn_peer(s->c));
}

enum offer_verdict offer_judge(struct offer *o, struct worker *w, const struct generation *g,
    const struct partner *p, struct session *s, const char *dialled, const struct conf_caps *caps,
    struct str body)
{
	enum offer_verdict verdict;

	o->reason[0] = o->place[0] = '\0';
	if (!decode(o, g, body) || !is_right(o, p, caller_identify(w, s->c), dialled, caps))
		return OFFER_WRONG;
	verdict = ask_verdict(o, w, g, p, s);
	if (verdict == OFFER_AGREED)
		agree(o, w, g, p, s);
	return verdict;
}
