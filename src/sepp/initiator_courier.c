/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "n32/json_prins.h"
#include "sepp/initiator_int.h"
#include "sepp/retention.h"

enum {
	TRIES_MAX = 5,
	ERRANDS_MAX = 16, /* that wait for one partner */
};

static void look(struct initiator *i);
static void wait(struct initiator *i);

/* --- errands */

static void drop(struct errand *e)
{
	TAILQ_REMOVE(&e->i->courier.errands, e, next);
	call_forget(e->call);
	mem_free(e);
}

static const char *name_of(enum errand_kind kind)
{
	switch (kind) {
	case ERRAND_TERMINATE:
		return "n32f-terminate";
	case ERRAND_REPORT:
		return "n32f-error";
	case ERRAND_NONE:
		return "NONE";
	}
	return "";
}

/* When all is said, a relation that was being ended has ended. */
static void end_relation(struct initiator *i, const char *how)
{
	const struct assoc_said said = {
		.now_s = initiator_now_s(i),
		.reason = how,
	};
	const struct wish let_go =
	    wish_of(WISH_LET_GO, assoc_name(i->link->association), "the relation has ended");

	if (!i->is_ending || !TAILQ_EMPTY(&i->courier.errands))
		return;
	i->is_ending = false;
	if (!assoc_end(i->link->association, MACHINE_ON_END, &said))
		return;
	log_info(LOG_SEPP, let_go.partner, "relation ended how='%s'", how);
	worker_wish_all(i->w, &let_go); /* what was kept for it */
}

/* Whether a context would stay at the other end if this did not get there. */
static bool is_patient(const struct errand *e)
{
	return e->kind == ERRAND_TERMINATE ||
	       (e->kind == ERRAND_REPORT && strcmp(e->error, "CONTEXT_NOT_FOUND") == 0);
}

/* One more try has failed: whether it was the last.  An end of the relation does not wait for long;
 * what would leave a context behind goes on until that has expired. */
static bool gives_up(struct errand *e)
{
	if (is_patient(e) && !e->i->is_ending)
		return loop_now(e->i->w->loop) >= e->until;
	return ++e->tries >= TRIES_MAX;
}

/* Not taken, but it may be another time. */
static bool is_worth_another(const struct call_result *r)
{
	return r->status == 0 || r->status == 429 || r->status >= 500;
}

static bool is_any_under_way(const struct initiator *i)
{
	const struct errand *e;

	TAILQ_FOREACH (e, &i->courier.errands, next) {
		if (e->call)
			return true;
	}
	return false;
}

static void on_answer(void *owner, const struct call_result *r)
{
	struct errand *e = owner;
	struct initiator *i = e->i;
	const char *name = assoc_name(i->link->association);

	e->call = NULL;
	if (is_worth_another(r) && !gives_up(e)) {
		log_info(LOG_SEPP, name, "%s was not taken, it is sent again status=%u: %s",
		    name_of(e->kind), r->status, r->status ? "-" : r->why);
		wait(i);
		if (r->status > 0 && !session_of(r->s->c)->is_kept && !is_any_under_way(i))
			conn_finish(r->s->c, H2_NO_ERROR);
		return;
	}
	if (r->status == 200 || r->status == 204)
		log_info(LOG_SEPP, name, "%s was taken status=%u id=%s", name_of(e->kind),
		    r->status, *e->id ? e->id : "-");
	else /* and that is all: never a report about a report (ERR-16), and what ended has ended */
		log_warn(LOG_SEPP, name, "%s was not taken status=%u id=%s", name_of(e->kind),
		    r->status, *e->id ? e->id : "-");
	if (r->status > 0)
		i->courier.failures = 0;
	drop(e);
	end_relation(i, "ended by us");
	if (!session_of(r->s->c)->is_kept && !is_any_under_way(i))
		conn_finish(r->s->c, H2_NO_ERROR);
}

/* --- sending */

/* Into `body` of the worker's offer.  Returns which operation it is for. */
static const char *encode(struct initiator *i, const struct errand *e)
{
	struct n32_context_info info;
	struct n32_error_info report;
	struct offer *o = i->w->offer;

	buf_reset(&o->body);
	switch (e->kind) {
	case ERRAND_TERMINATE:
		memcpy(info.id, e->id, sizeof(info.id));
		ensure(n32_context_info_encode(&o->body, &info) == 0);
		return "n32f-terminate";
	case ERRAND_REPORT:
		memset(&report, 0, sizeof(report));
		report.error.type = n32_error_type_parse(str_of(e->error));
		memcpy(report.error.text, e->error, sizeof(report.error.text));
		memcpy(report.message_id, e->message_id, sizeof(report.message_id));
		memcpy(report.context_id, e->id, sizeof(report.context_id));
		ensure(n32_error_info_encode(&o->body, &report) == 0);
		return "n32f-error";
	case ERRAND_NONE:
		offer_make_none(o, initiator_generation(i));
		break;
	}
	return "exchange-capability";
}

static void dispatch(struct initiator *i, struct session *s, struct errand *e)
{
	const char *authority = i->courier.dial.name.text;
	const char *operation = encode(i, e);
	struct partner *p = initiator_partner(i);

	if (!*authority && p)
		authority = p->conf->fqdns[0].text;
	e->call = call_post(s, authority, operation, buf_str(&i->w->offer->body), on_answer, e);
	if (e->call && e->kind == ERRAND_REPORT) {
		count(&i->w->counters, COUNTER_REPORTS_OUT, 1);
		assoc_count_report(i->link->association, ASSOC_OUT);
		(void)contexts_count_report(
		    i->w->commons->contexts, i->link->association, e->id, ASSOC_OUT);
	}
}

/* NONE ends what is in force when it comes: never what was agreed on since it was asked for. */
static void drop_late_none(struct initiator *i)
{
	struct errand *e, *next;
	struct assoc_view v;

	assoc_read(i->link->association, initiator_now_s(i), &v);
	if (i->is_ending && v.ways[ASSOC_OUT].state == MACHINE_TERMINATING)
		return;
	for (e = TAILQ_FIRST(&i->courier.errands); e; e = next) {
		next = TAILQ_NEXT(e, next);
		if (e->kind != ERRAND_NONE || e->call)
			continue;
		log_info(LOG_SEPP, assoc_name(i->link->association),
		    "NONE is not sent, the relation is another one by now");
		drop(e);
	}
	end_relation(i, "ended by us");
}

void courier_use(struct initiator *i, struct session *s)
{
	struct errand *e;

	drop_late_none(i);
	i->courier.wants_connection = false;
	TAILQ_FOREACH (e, &i->courier.errands, next) {
		if (!e->call)
			dispatch(i, s, e);
	}
}

/* One of our own that is up. */
static struct session *find_own(const struct initiator *i)
{
	struct session *s;

	TAILQ_FOREACH (s, &i->link->sessions, next) {
		if (s->is_kept && !conn_is_server(s->c) && conn_is_usable(s->c))
			return s;
	}
	return NULL;
}

static bool has_work(const struct initiator *i)
{
	const struct errand *e;

	if (i->courier.wants_connection)
		return true;
	TAILQ_FOREACH (e, &i->courier.errands, next) {
		if (!e->call)
			return true;
	}
	return false;
}

/* Finds a connection for what waits, or opens one. */
static void look(struct initiator *i)
{
	struct courier *c = &i->courier;
	struct partner *p = initiator_partner(i);
	struct session *s;

	drop_late_none(i);
	if (!has_work(i))
		return;
	s = find_own(i);
	if (s) {
		courier_use(i, s);
		conn_flush_later(s->c);
	} else if (c->dial.is_busy || loop_timer_is_set(&c->timer)) {
		return;
	} else if (p) {
		dial_start(&c->dial, initiator_generation(i), p, NULL);
	} else {
		courier_cancel(i);
	}
}

static void on_timer(struct loop_timer *t)
{
	struct initiator *i = container_of(t, struct initiator, courier.timer);

	if (find_own(i)) /* it has lasted */
		i->courier.failures = 0;
	look(i);
}

/* Whoever does not answer is not pressed. */
static void wait(struct initiator *i)
{
	struct courier *c = &i->courier;

	if (!loop_timer_is_set(&c->timer))
		loop_timer_set(&c->timer, initiator_delay(i, ++c->failures));
}

/* --- the connection */

static struct initiator *of_dial(struct dial *d)
{
	return container_of(d, struct initiator, courier.dial);
}

static void on_address(struct dial *d, const struct addr *to)
{
	(void)d;
	(void)to;
}

/* PRINS keys and parameters are not exchanged again on it (TS 33.501 13.2.2.2; CON-09). */
static void on_up(struct dial *d, struct session *s)
{
	struct initiator *i = of_dial(d);
	const struct generation *g = initiator_generation(i);
	bool keeps = retention_keeps(i->w, g, s, SCRIPT_EVENT_NEGOTIATED);

	/* whoever is dialled and leaves at once is not dialled at once again */
	courier_wait(i, initiator_delay(i, ++i->courier.failures));
	log_debug(
	    LOG_SEPP, assoc_name(i->link->association), "connection of our own kept=%d", keeps);
	courier_use(i, s);
	if (!keeps && !is_any_under_way(i))
		conn_finish(s->c, H2_NO_ERROR);
}

static void on_down(struct dial *d, enum dial_failure failure, const char *why)
{
	struct initiator *i = of_dial(d);
	struct courier *c = &i->courier;
	struct errand *e, *next;
	msec delay = initiator_delay(i, ++c->failures);

	log_warn(LOG_SEPP, assoc_name(i->link->association),
	    "no connection of our own reason='%s' trusted=%s next_msec=%llu", why,
	    failure == DIAL_UNTRUSTED ? "no" : "yes", (unsigned long long)delay);
	for (e = TAILQ_FIRST(&c->errands); e; e = next) {
		next = TAILQ_NEXT(e, next);
		if (!e->call && gives_up(e))
			drop(e);
	}
	end_relation(i, "ended by us; the partner could not be told");
	if (!has_work(i))
		return;
	courier_wait(i, delay);
}

static const struct dial_events events = {
	.on_address = on_address,
	.on_up = on_up,
	.on_down = on_down,
};

/* --- orders */

void courier_init(struct initiator *i)
{
	struct courier *c = &i->courier;

	dial_init(&c->dial, i->w, i->link, &events);
	loop_timer_init(&c->timer, i->w->loop, on_timer);
	TAILQ_INIT(&c->errands);
}

void courier_cancel(struct initiator *i)
{
	struct courier *c = &i->courier;
	struct errand *e;

	dial_cancel(&c->dial);
	loop_timer_stop(&c->timer);
	c->wants_connection = false;
	while ((e = TAILQ_FIRST(&c->errands)) != NULL)
		drop(e);
}

void courier_add(struct initiator *i, enum errand_kind kind, const char *id, const char *error,
    const char *message_id)
{
	struct courier *c = &i->courier;
	struct errand *e = mem_alloc(sizeof(*e)), *other;
	size_t n = 0;

	TAILQ_FOREACH (other, &c->errands, next)
		n++;
	e->i = i;
	e->kind = kind;
	e->until = loop_now(i->w->loop) + initiator_generation(i)->conf->validity;
	(void)str_copy(e->id, sizeof(e->id), str_of(id));          /* bounded by the callers, */
	(void)str_copy(e->error, sizeof(e->error), str_of(error)); /* as these are */
	(void)str_copy(e->message_id, sizeof(e->message_id), str_of(message_id));
	TAILQ_INSERT_TAIL(&c->errands, e, next);
	if (n >= ERRANDS_MAX) {
		log_warn(LOG_SEPP, assoc_name(i->link->association),
		    "too many notices wait, the oldest is dropped");
		drop(TAILQ_FIRST(&c->errands));
	}
	look(i);
}

void courier_wait(struct initiator *i, msec delay)
{
	loop_timer_set(&i->courier.timer, delay);
}

void courier_want(struct initiator *i)
{
	if (find_own(i))
		return;
	i->courier.wants_connection = true;
	look(i);
}
