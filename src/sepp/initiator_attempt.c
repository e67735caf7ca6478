/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "n32/json_prins.h"
#include "sepp/initiator_int.h"
#include "sepp/retention.h"

enum {
	SETTLE_MSEC = 1000, /* after contradictory simultaneous negotiations */
};

void attempt_step(struct initiator *i, enum machine_event event, const char *reason)
{
	const struct assoc_said said = { .now_s = initiator_now_s(i), .reason = reason };

	assoc_step(i->link->association, event, &said);
}

/* --- when */

static void set_timer(struct initiator *i, msec delay)
{
	loop_timer_set(&i->attempt.timer, delay);
	assoc_plan(i->link->association, initiator_now_s(i) + (int64_t)((delay + 999) / 1000));
}

void attempt_plan(struct initiator *i, msec delay, const char *why)
{
	struct attempt *a = &i->attempt;

	if (a->step != ATTEMPT_NONE)
		return;                                      /* its end plans the next */
	(void)str_copy(a->why, sizeof(a->why), str_of(why)); /* cut is fine */
	set_timer(i, delay);
}

void attempt_unplan(struct initiator *i)
{
	loop_timer_stop(&i->attempt.timer);
	i->attempt.recoveries = 0;
	i->attempt.is_again = false;
	assoc_plan(i->link->association, 0);
}

static void plan_renewal(struct initiator *i, const struct partner *p);

static void on_timer(struct loop_timer *t)
{
	struct initiator *i = container_of(t, struct initiator, attempt.timer);
	struct attempt *a = &i->attempt;
	const struct partner *p = initiator_partner(i);
	struct assoc_view v;

	assoc_read(i->link->association, initiator_now_s(i), &v);
	if (a->settled_at && v.agreed != a->settled_at && p) {
		/* the other end has settled it */
		a->settled_at = 0;
		plan_renewal(i, p);
		return;
	}
	a->settled_at = 0;
	attempt_begin(i, a->why);
}

/* Some time before what was agreed is too old. */
static void plan_renewal(struct initiator *i, const struct partner *p)
{
	if (p->conf->initiate)
		attempt_plan(i, initiator_lifetime(i), "the agreement is getting old");
	else
		attempt_unplan(i);
}

/* --- the end of an attempt */

/* Whatever it came to: that was said before. */
static void finish(struct initiator *i)
{
	i->attempt.step = ATTEMPT_NONE;
	assoc_finish(i->link->association);
}

void attempt_let_go(struct initiator *i)
{
	struct session *s = i->attempt.session;

	i->attempt.session = NULL;
	if (s)
		conn_finish(s->c, H2_NO_ERROR);
}

/* Whether somebody asked for another one meanwhile. */
static bool begin_again(struct initiator *i)
{
	char why[sizeof(i->attempt.why)];

	if (!i->attempt.is_again)
		return false;
	i->attempt.is_again = false;
	memcpy(why, i->attempt.why, sizeof(why));
	attempt_begin(i, why);
	return true;
}

void attempt_succeed(struct initiator *i, const struct partner *p)
{
	struct attempt *a = &i->attempt;

	finish(i);
	a->session = NULL;
	a->failures = a->recoveries = 0;
	if (begin_again(i))
		return;
	if (a->settles) {
		struct assoc_view v;

		assoc_read(p->association, initiator_now_s(i), &v);
		a->settled_at = v.agreed;
		a->recoveries = 1;
		attempt_plan(i, a->settles + random_below(a->settles),
		    "simultaneous negotiations disagreed");
		a->settles = 0;
	} else {
		plan_renewal(i, p);
	}
}

static enum counter counter_of(enum machine_event event)
{
	switch (event) {
	case MACHINE_ON_REFUSE:
		return COUNTER_ATTEMPT_REFUSED;
	case MACHINE_ON_WRONG:
		return COUNTER_ATTEMPT_WRONG;
	case MACHINE_ON_UNTRUSTED:
		return COUNTER_ATTEMPT_UNTRUSTED;
	default:
		return COUNTER_ATTEMPT_FAILED;
	}
}

static void tell_failure(const struct initiator *i, enum machine_event event, const char *reason,
    const char *place, msec delay)
{
	char text[512];
	bool is_alarm = event == MACHINE_ON_WRONG || event == MACHINE_ON_UNTRUSTED;

	log_line(is_alarm ? LOG_ERROR : LOG_WARN, LOG_SEPP, assoc_name(i->link->association),
	    "negotiation failed outcome='%s' reason='%s' policy=%s failures=%u next_msec=%llu",
	    machine_event_name(event), str_escape(text, sizeof(text), str_of(reason)),
	    place && *place ? place : "-", i->attempt.failures, (unsigned long long)delay);
}

/* How long until the next one; 0: there is none. */
static msec next_delay(
    struct initiator *i, const struct partner *p, enum machine_event event, unsigned retry_s)
{
	struct attempt *a = &i->attempt;
	msec cap = initiator_generation(i)->conf->retry.cap, delay;

	if (!p || (!p->conf->initiate && a->recoveries == 0))
		return 0;
	if (a->recoveries > 0)
		a->recoveries--;
	/* who breaks the protocol is not pressed */
	delay = event == MACHINE_ON_WRONG ? cap / 2 + random_below(cap / 2)
					  : initiator_delay(i, a->failures);
	return delay < (msec)retry_s * 1000 ? (msec)retry_s * 1000 : delay + 1;
}

void attempt_fail_with(struct initiator *i, enum machine_event event, const char *reason,
    const char *place, unsigned retry_s)
{
	struct attempt *a = &i->attempt;
	struct assoc_said said = { .now_s = initiator_now_s(i), .reason = reason, .place = place };
	msec delay;

	a->failures++;
	count(&i->w->counters, counter_of(event), 1);
	delay = next_delay(i, initiator_partner(i), event, retry_s);
	if (delay)
		said.next_s = said.now_s + (int64_t)((delay + 999) / 1000);
	assoc_fail(i->link->association, ASSOC_OUT, event, &said);
	finish(i);
	tell_failure(i, event, reason, place, delay);
	attempt_let_go(i);
	if (!begin_again(i) && delay)
		loop_timer_set(&a->timer, delay);
}

void attempt_fail(struct initiator *i, const char *reason)
{
	attempt_fail_with(i, MACHINE_ON_FAIL, reason, NULL, 0);
}

/* It was asked, and nobody knows what came of it at the other end: the two may differ until a
 * negotiation has an answer, so that even a partner that we do not initiate to is asked again. */
void attempt_doubt(struct initiator *i)
{
	struct attempt *a = &i->attempt;

	if (a->recoveries == 0)
		a->recoveries = RECOVERIES_MAX;
}

/* --- the negotiation */

/* Simultaneous negotiations that contradict each other: that of the smaller name holds at both
 * ends (n32.md A.10), and whoever noticed asks once more, since the other end may not have. */
static bool yields(struct initiator *i, const struct assoc_view *before)
{
	const struct agreement *ours = &i->w->offer->agreement;
	const char *own = initiator_generation(i)->conf->fqdn.text;
	const char *theirs = i->attempt.dial.name.text;
	bool is_smaller = strcmp(own, theirs) < 0;

	if (before->agreed == i->attempt.agreed || before->agreement.way != ASSOC_IN ||
	    before->agreement.cap == ours->cap)
		return false;
	log_warn(LOG_SEPP, assoc_name(i->link->association),
	    "two simultaneous negotiations disagree, that of '%s' holds ours=%s theirs=%s",
	    is_smaller ? own : theirs, n32_cap_name(ours->cap),
	    n32_cap_name(before->agreement.cap));
	i->attempt.settles = is_smaller ? SETTLE_MSEC : 3 * SETTLE_MSEC;
	return !is_smaller;
}

static void commit(struct initiator *i, const struct partner *p, struct session *s)
{
	const struct offer *o = i->w->offer;
	struct assoc_view before;
	char why[512];
	bool changed;

	assoc_read(p->association, initiator_now_s(i), &before);
	count(&i->w->counters, COUNTER_ATTEMPT_AGREED, 1);
	if (yields(i, &before)) {
		attempt_let_go(i);
		attempt_succeed(i, p);
		return;
	}
	changed = assoc_agree(p->association, &o->agreement, o->place);
	log_line(changed ? LOG_INFO : LOG_DEBUG, LOG_SEPP, p->conf->name,
	    "negotiated by us selected=%s with='%s' policy=%s why='%s'",
	    n32_cap_name(o->agreement.cap), i->attempt.dial.name.text, *o->place ? o->place : "-",
	    str_escape(why, sizeof(why), str_of(i->attempt.why)));
	retention_certify(i->w, p->conf->name, &before.agreement, &o->agreement);
	if (o->agreement.cap == N32_CAP_PRINS) {
		attempt_exchange(i, s, p);
		return;
	}
	retention_leave_prins(i->w, p->association, initiator_now_s(i), true);
	attempt_let_go(i);
	attempt_succeed(i, p);
}

static void judge_answer(struct initiator *i, const struct partner *p, const struct call_result *r)
{
	struct offer *o = i->w->offer;
	struct attempt *a = &i->attempt;

	if (!r->is_json) {
		attempt_fail_with(
		    i, MACHINE_ON_WRONG, "the answer is no application/json", NULL, 0);
		return;
	}
	switch (offer_judge(o, i->w, initiator_generation(i), p, r->s, a->dial.name.text,
	    &a->offered, r->message->body)) {
	case OFFER_AGREED:
		commit(i, p, r->s);
		break;
	case OFFER_WRONG:
		attempt_fail_with(i, MACHINE_ON_WRONG, o->reason, NULL, 0);
		break;
	case OFFER_REJECTED:
		attempt_fail_with(i, MACHINE_ON_REFUSE, o->reason, o->place, 0);
		break;
	case OFFER_FAILED:
		attempt_fail_with(i, MACHINE_ON_FAIL, o->reason, o->place, 0);
		break;
	}
}

/* --- redirection (Rel-18) */

/* Only another SEPP of the same networks: its certificate is verified against their anchors. */
static bool is_of_partner(
    const struct generation *g, const struct partner *p, const struct n32_fqdn *name)
{
	const struct str text = str_of(name->text);
	const struct partner *known = generation_find(g, name->text);
	struct n32_identity id;
	const char *why;

	if (known) /* others may have the same anchors */
		return known == p;
	return n32_identity_parse(&id, &text, 1) == 0 &&
	       generation_anchors(g, &id, &why) == p->anchors;
}

static void follow_redirect(
    struct initiator *i, const struct partner *p, const struct call_result *r)
{
	struct attempt *a = &i->attempt;
	struct n32_redirect redirect;
	struct dial_target target;
	struct str uri = r->message->location;

	if (uri.n == 0) {
		n32_redirect_decode(&redirect, r->message->body);
		uri = str_of(redirect.target_sepp);
	}
	if (!dial_target_parse(&target, uri)) {
		attempt_fail_with(i, MACHINE_ON_WRONG, "a redirection to nowhere", NULL, 0);
	} else if (!is_of_partner(initiator_generation(i), p, &target.name)) {
		attempt_fail_with(
		    i, MACHINE_ON_WRONG, "a redirection to a SEPP of other networks", NULL, 0);
	} else if (++a->redirects > REDIRECTS_MAX) {
		attempt_fail(i, "redirected too often");
	} else {
		log_info(LOG_SEPP, p->conf->name, "redirected to='%s'", target.name.text);
		attempt_let_go(i);
		attempt_step(i, MACHINE_ON_RESOLVE, "redirected");
		dial_start(&a->dial, initiator_generation(i), p, &target);
	}
}

/* --- the answer */

static void refuse(struct initiator *i, const struct partner *p, const struct call_result *r)
{
	struct assoc_view v;
	char reason[ASSOC_REASON_MAX];
	bool refuses;

	assoc_read(p->association, initiator_now_s(i), &v);
	attempt_name_refusal(reason, "exchange-capability", r);
	/* what is in force is suspended by a 403 only (n32.md A.10); 409 may be chance (F-24) */
	refuses = r->status == 403 || (r->status >= 400 && r->status < 500 && r->status != 429 &&
					  r->status != 409 && !assoc_is_agreed(&v));
	attempt_fail_with(
	    i, refuses ? MACHINE_ON_REFUSE : MACHINE_ON_FAIL, reason, NULL, r->retry_s);
}

static void on_answer(void *owner, const struct call_result *r)
{
	struct initiator *i = owner;
	const struct partner *p = initiator_partner(i);

	i->attempt.call = NULL;
	if (!p)
		attempt_fail(i, "the partner is gone");
	else if (r->status == 0) {
		attempt_doubt(i);
		attempt_fail(i, r->why);
	} else if (r->status == 200)
		judge_answer(i, p, r);
	else if (r->status == 307)
		follow_redirect(i, p, r);
	else
		refuse(i, p, r);
}

static void negotiate(struct initiator *i, struct session *s, const struct partner *p)
{
	struct offer *o = i->w->offer;
	struct attempt *a = &i->attempt;

	if (!offer_make(o, i->w, initiator_generation(i), p, s, &a->offered)) {
		attempt_fail_with(i, MACHINE_ON_FAIL, o->reason, o->place, 0);
		return;
	}
	attempt_step(i, MACHINE_ON_NEGOTIATE, a->why);
	a->call =
	    call_post(s, a->dial.name.text, "exchange-capability", buf_str(&o->body), on_answer, i);
	if (!a->call)
		attempt_fail(i, "the connection takes no request");
}

/* --- the connection */

static struct initiator *of_dial(struct dial *d)
{
	return container_of(d, struct initiator, attempt.dial);
}

static void on_address(struct dial *d, const struct addr *to)
{
	char text[ADDR_TEXT_MAX];

	attempt_step(of_dial(d), MACHINE_ON_CONNECT, addr_print(text, to));
}

static void on_up(struct dial *d, struct session *s)
{
	struct initiator *i = of_dial(d);
	const struct partner *p = initiator_partner(i);

	i->attempt.session = s;
	if (!p)
		attempt_fail(i, "the partner is gone");
	else if (i->attempt.step == ATTEMPT_EXCHANGE && !attempt_is_prins(i))
		attempt_fail(i, "PRINS is no longer in force");
	else if (i->attempt.step == ATTEMPT_EXCHANGE)
		attempt_exchange(i, s, p);
	else
		negotiate(i, s, p);
}

static void on_down(struct dial *d, enum dial_failure failure, const char *why)
{
	attempt_fail_with(of_dial(d),
	    failure == DIAL_UNTRUSTED ? MACHINE_ON_UNTRUSTED : MACHINE_ON_FAIL, why, NULL, 0);
}

static const struct dial_events events = {
	.on_address = on_address,
	.on_up = on_up,
	.on_down = on_down,
};

/* --- orders */

void attempt_init(struct initiator *i)
{
	dial_init(&i->attempt.dial, i->w, i->link, &events);
	loop_timer_init(&i->attempt.timer, i->w->loop, on_timer);
}

void attempt_cancel(struct initiator *i)
{
	struct attempt *a = &i->attempt;

	if (a->step != ATTEMPT_NONE)
		attempt_step(i, MACHINE_ON_FAIL, "given up");
	dial_cancel(&a->dial);
	call_forget(a->call);
	a->call = NULL;
	finish(i);
	a->failures = 0;
	a->settles = a->settled_at = 0;
	attempt_let_go(i);
	attempt_unplan(i);
}

/* Ours that a new one will take the place of. */
static void remember_context(struct initiator *i)
{
	struct assoc_view v;

	i->attempt.old_context[0] = '\0';
	assoc_read(i->link->association, initiator_now_s(i), &v);
	i->attempt.agreed = v.agreed;
	for (size_t k = 0; k < v.n_contexts; k++) {
		if (v.contexts[k].is_ours)
			memcpy(i->attempt.old_context, v.contexts[k].peer,
			    sizeof(i->attempt.old_context));
	}
}

void attempt_begin(struct initiator *i, const char *why)
{
	struct attempt *a = &i->attempt;
	const struct partner *p = initiator_partner(i);
	const struct assoc_said said = { .now_s = initiator_now_s(i), .reason = a->why };

	if (why != a->why)
		(void)str_copy(a->why, sizeof(a->why), str_of(why)); /* cut is fine */
	if (!p)
		return;
	if (a->step != ATTEMPT_NONE) {
		a->is_again = true;
		return;
	}
	loop_timer_stop(&a->timer);
	a->step = ATTEMPT_NEGOTIATE;
	a->redirects = 0;
	a->is_reopened = false;
	a->offer = p->offer;
	remember_context(i);
	assoc_begin(i->link->association, &said);
	dial_start(&a->dial, initiator_generation(i), p, NULL);
}
