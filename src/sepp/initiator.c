/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "sepp/initiator_int.h"
#include "sepp/retention.h"

enum {
	SPREAD_MSEC = 5,         /* of the first attempts, for each partner that we initiate to */
	SPREAD_MAX_MSEC = 30000, /* and all in all */
	DOUBLINGS_MAX = 20,
};

struct initiators {
	struct worker *w;
	bool is_stopped;
	bool has_begun; /* the first generation was followed */
};

const struct generation *initiator_generation(const struct initiator *i)
{
	return commons_current(i->w->commons);
}

int64_t initiator_now_s(const struct initiator *i)
{
	return loop_wall_s(i->w->loop);
}

/* --- time */

msec initiator_delay(const struct initiator *i, unsigned failures)
{
	const struct conf_retry *retry = &initiator_generation(i)->conf->retry;
	msec bound = retry->first;

	for (unsigned k = 1; k < failures && k < DOUBLINGS_MAX && bound < retry->cap; k++)
		bound *= 2;
	return random_below(bound < retry->cap ? bound : retry->cap);
}

msec initiator_lifetime(const struct initiator *i)
{
	msec validity = initiator_generation(i)->conf->validity;

	return validity / 4 * 3 + random_below(validity / 8);
}

/* --- life */

struct partner *initiator_partner(const struct initiator *i)
{
	struct partner *p = link_partner(i->link, initiator_generation(i));

	return p && p->conf->enabled && !i->w->initiators->is_stopped ? p : NULL;
}

static struct initiator *get(struct worker *w, struct partner *p)
{
	struct link *link = links_get(w->links, p->association);
	struct initiator *i = link->initiator;

	if (i)
		return i;
	i = mem_alloc(sizeof(*i));
	i->w = w;
	i->link = link;
	attempt_init(i);
	courier_init(i);
	link->initiator = i;
	return i;
}

static void cancel(struct initiator *i)
{
	attempt_cancel(i);
	courier_cancel(i);
	i->is_ending = false;
}

static void free_initiator(struct initiator *i)
{
	cancel(i);
	i->link->initiator = NULL;
	mem_free(i);
}

struct initiators *initiators_new(struct worker *w)
{
	struct initiators *all = mem_alloc(sizeof(*all));

	all->w = w;
	return all;
}

void initiators_free(struct initiators *all)
{
	struct link *link;

	if (!all)
		return;
	TAILQ_FOREACH (link, links_all(all->w->links), next) {
		if (link->initiator)
			free_initiator(link->initiator);
	}
	mem_free(all);
}

/* Whether the two ends may differ if nothing more is done. */
static bool is_under_way(const struct initiator *i)
{
	return i->attempt.step != ATTEMPT_NONE || i->attempt.recoveries > 0 ||
	       !TAILQ_EMPTY(&i->courier.errands);
}

void initiators_stop(struct worker *w)
{
	struct link *link;

	w->initiators->is_stopped = true;
	TAILQ_FOREACH (link, links_all(w->links), next) {
		if (link->initiator && is_under_way(link->initiator))
			assoc_doubt(link->association);
		if (link->initiator)
			cancel(link->initiator);
	}
}

/* --- following the generation in force */

/* How long until the first attempt, so that a thousand of them do not begin at once. */
static msec first_delay(const struct generation *g)
{
	msec spread = SPREAD_MSEC * g->n_partners;

	return random_below(spread < SPREAD_MAX_MSEC ? spread : SPREAD_MAX_MSEC) + 1;
}

/* Contexts that a restart lost: the peer has to know (n32.md B.10), but for those of ours that a
 * negotiation of ours will take the place of. */
static void report_lost(struct initiator *i, const struct generation *g, const struct partner *p)
{
	struct assoc_context lost[ASSOC_CONTEXTS_MAX];
	size_t n = assoc_take_lost(i->link->association, lost);

	if (n > 0)
		courier_wait(i, first_delay(g));
	for (size_t k = 0; k < n; k++) {
		if (!lost[k].is_ours || !p->conf->initiate)
			courier_add(i, ERRAND_REPORT, lost[k].own, "CONTEXT_NOT_FOUND", "0");
	}
}

/* What is left of the time until the agreement has to be negotiated anew. */
static msec time_left(const struct initiator *i, const struct agreement *a)
{
	int64_t age_s = initiator_now_s(i) - a->at_s;
	msec age = age_s > 0 ? (msec)age_s * 1000 : 0, due = initiator_lifetime(i);

	return age < due ? due - age : 0;
}

/* A partner that we initiate to, seen with a generation that is new. */
static void take_up(struct initiator *i, const struct generation *g, const struct partner *p)
{
	struct attempt *a = &i->attempt;
	struct assoc_view v;

	if (a->step != ATTEMPT_NONE) {
		if (a->offer != p->offer)
			attempt_begin(i, "our offer changed");
		return;
	}
	assoc_read(p->association, initiator_now_s(i), &v);
	if (!assoc_is_agreed(&v)) {
		if (!loop_timer_is_set(&a->timer) && v.ways[ASSOC_OUT].state != MACHINE_TERMINATED)
			attempt_plan(i, first_delay(g), "nothing is agreed");
	} else if (v.agreement.offer && v.agreement.offer != p->offer) {
		attempt_begin(i, "our offer changed");
	} else if (v.agreement.cap == N32_CAP_PRINS && v.n_contexts == 0) {
		if (!loop_timer_is_set(&a->timer))
			attempt_plan(i, first_delay(g), "there is no N32-f context");
	} else if (!loop_timer_is_set(&a->timer)) {
		attempt_plan(
		    i, time_left(i, &v.agreement) + first_delay(g), "the agreement is getting old");
	}
}

/* Who is disabled or gone keeps no keys here; a peer that comes back gets new ones. */
static void part_with(struct initiator *i)
{
	struct association *a = i->link->association;
	size_t n = contexts_end_all(i->w->commons->contexts, a, initiator_now_s(i));

	if (n > 0)
		log_info(LOG_SEPP, assoc_name(a),
		    "N32-f contexts ended, the partner is disabled or gone count=%zu", n);
	free_initiator(i);
}

/* One that we do not initiate to: only what somebody asked for, and what was negotiated by us
 * (33.501 13.5: capabilities changed). */
static void look_after(struct initiator *i, const struct partner *p)
{
	struct assoc_view v;

	assoc_read(p->association, initiator_now_s(i), &v);
	if (assoc_is_agreed(&v) && v.agreement.way == ASSOC_OUT && v.agreement.offer != p->offer) {
		i->attempt.recoveries = RECOVERIES_MAX;
		attempt_begin(i, "our offer changed");
	} else if (i->attempt.step == ATTEMPT_NONE && i->attempt.recoveries == 0) {
		attempt_unplan(i);
	}
}

/*
 * The process before us was cut off, or ended while it negotiated.  The partner may have agreed
 * with it on something that we do not know of, and nothing that it sends would tell: so whoever was
 * a partner is asked.
 */
static void make_sure(struct initiator *i, const struct generation *g, const struct partner *p)
{
	bool doubt = assoc_take_doubt(p->association), cut = i->w->commons->was_interrupted;
	struct assoc_view v;

	assoc_read(p->association, initiator_now_s(i), &v);
	if (!doubt && (!cut || v.agreement.cap == N32_CAP_UNKNOWN))
		return;
	if (v.ways[ASSOC_OUT].state == MACHINE_TERMINATED)
		return;
	i->attempt.recoveries = RECOVERIES_MAX;
	attempt_plan(i, first_delay(g), "the gateway was interrupted");
}

static void follow_partner(struct worker *w, const struct generation *g, struct partner *p)
{
	struct initiator *i;

	if (!p->conf->enabled)
		return; /* whoever looked after it is gone already */
	i = get(w, p);
	if (!w->initiators->has_begun) {
		report_lost(i, g, p);
		make_sure(i, g, p);
	}
	if (p->conf->initiate)
		take_up(i, g, p);
	else
		look_after(i, p);
}

void initiators_follow(struct worker *w)
{
	const struct generation *g = commons_current(w->commons);
	struct link *link;

	if (w->initiators->is_stopped)
		return;
	TAILQ_FOREACH (link, links_all(w->links), next) {
		if (link->initiator && !initiator_partner(link->initiator))
			part_with(link->initiator);
	}
	for (size_t k = 0; k < g->n_partners; k++) {
		if (worker_home(w, g->partners[k]->conf->name) == w)
			follow_partner(w, g, g->partners[k]);
	}
	w->initiators->has_begun = true;
}

/* --- wishes */

/* At once, but a peer that damages one relation after the other is dialled less and less often. */
static void recover(struct initiator *i, const char *why)
{
	msec cap = initiator_generation(i)->conf->retry.cap, now = loop_now(i->w->loop);
	msec delay = 0;
	char text[512];

	if (i->is_ending)
		return;
	i->attempt.recoveries = RECOVERIES_MAX;
	if (i->attempt.step != ATTEMPT_NONE)
		return; /* what comes of that is new */
	if (i->damages == 0 || now - i->damaged > 2 * cap)
		i->damages = 0;
	else
		delay = initiator_delay(i, i->damages) + 1;
	i->damages++;
	i->damaged = now;
	log_info(LOG_SEPP, assoc_name(i->link->association),
	    "the relation is damaged, it is negotiated anew msec=%llu why='%s'",
	    (unsigned long long)delay, str_escape(text, sizeof(text), str_of(why)));
	if (delay)
		attempt_plan(i, delay, why);
	else
		attempt_begin(i, why);
}

static void come_back(struct initiator *i, const struct partner *p, const char *why)
{
	msec cap = initiator_generation(i)->conf->retry.cap;

	if (p->conf->initiate && !i->is_ending)
		attempt_plan(i, cap / 2 + random_below(cap / 2), why);
}

/* Ends what is in force, whether or not the peer can be told. */
static void end_relation(struct initiator *i, const char *why)
{
	struct association *a = i->link->association;
	int64_t now_s = initiator_now_s(i);
	struct assoc_said said = { .now_s = now_s, .reason = why };
	struct assoc_view v;

	assoc_read(a, now_s, &v);
	attempt_cancel(i);
	(void)contexts_end_all(i->w->commons->contexts, a, now_s);
	if (!assoc_end(a, MACHINE_ON_TERMINATE, &said)) {
		if (!i->is_ending) /* nothing was in force, so that nobody has to be told */
			(void)assoc_end(a, MACHINE_ON_END, &said);
		return;
	}
	i->is_ending = true;
	for (size_t k = 0; k < v.n_contexts; k++)
		courier_add(i, ERRAND_TERMINATE, v.contexts[k].peer, "", "");
	if (v.agreement.cap == N32_CAP_TLS && (v.agreement.features & N32_FEATURE_NFTLST))
		courier_add(i, ERRAND_NONE, "", "", "");
	if (TAILQ_EMPTY(&i->courier.errands)) {
		i->is_ending = false;
		said.reason = "ended by us; there is no way to tell the partner";
		(void)assoc_end(a, MACHINE_ON_END, &said);
	}
}

static void on_home_wish(struct worker *w, const struct wish *wish, struct partner *p)
{
	struct initiator *i = get(w, p);

	switch (wish->kind) {
	case WISH_NEGOTIATE:
		i->is_ending = false;
		attempt_begin(i, wish->why);
		break;
	case WISH_RECOVER:
		recover(i, wish->why);
		break;
	case WISH_COME_BACK:
		come_back(i, p, wish->why);
		break;
	case WISH_CONNECT:
		courier_want(i);
		break;
	case WISH_END:
		end_relation(i, wish->why);
		break;
	case WISH_END_CONTEXT:
		courier_add(i, ERRAND_TERMINATE, wish->id, "", "");
		break;
	default:
		courier_add(i, ERRAND_REPORT, wish->id, wish->error, wish->message_id);
		break;
	}
}

/* What every worker does with its own connections. */
static void on_local_wish(struct worker *w, const struct wish *wish)
{
	struct link *link = links_find(w->links, wish->partner);

	if (!link)
		return;
	if (wish->kind == WISH_REVIEW)
		retention_review(w, link, wish->event);
	else if (wish->kind == WISH_LET_GO)
		retention_let_go(link);
	else
		(void)retention_makes_room(w, link); /* the next one may find it */
}

void initiators_on_wish(struct worker *w, const struct wish *wish)
{
	struct partner *p = generation_named(commons_current(w->commons), wish->partner);

	if (w->initiators->is_stopped || !p)
		return;
	if (wish->kind >= WISH_REVIEW)
		on_local_wish(w, wish);
	else if (p->conf->enabled)
		on_home_wish(w, wish, p);
}

void initiators_want_back(struct worker *w, const char *partner)
{
	const struct wish wish = wish_of(WISH_CONNECT, partner, "a connection was lost");

	worker_wish(w, &wish);
}
