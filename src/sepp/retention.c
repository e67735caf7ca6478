/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "sepp/caller.h"
#include "sepp/retention.h"

struct decision *retention_new(void)
{
	return mem_alloc(sizeof(struct decision));
}

void retention_free(struct decision *d)
{
	mem_free(d);
}

/* Whether PRINS is in force with the partner of the session, which is there and enabled:
 * `*partner`. */
static bool applies(const struct generation *g, const struct session *s, struct partner **partner)
{
	struct partner *p = session_partner(s, g);

	if (!p || !p->conf->enabled)
		return false;
	*partner = p;
	return assoc_in_force(p->association) == N32_CAP_PRINS;
}

static msec age_of(const struct worker *w, const struct session *s)
{
	return loop_now(w->loop) - conn_opened_at(s->c);
}

/* The answer is in w->retention->out; what was done about it is still to be told. */
static bool ask(struct worker *w, const struct generation *g, struct session *s, struct partner *p,
    enum script_event event)
{
	struct decision *d = w->retention;
	char text[512];

	memset(&d->in, 0, sizeof(d->in));
	d->generation = g;
	d->in.hook = SCRIPT_RETAIN_CONNECTION;
	d->in.event = event;
	d->in.event_age_s = (int64_t)(age_of(w, s) / 1000);
	decide(w, d, p, s->c, caller_identify(w, s->c));
	if (d->out.verdict == SCRIPT_RETAIN)
		return true;
	log_debug(LOG_SEPP, p->conf->name, "connection released event=%s decision=%s reason='%s'",
	    script_event_name(event), d->id, str_escape(text, sizeof(text), str_of(d->out.reason)));
	return false;
}

/* Until which age the terms of the answer let the connection live; 0 = no bound.  False: it is past
 * that. */
static bool find_limit(
    const struct worker *w, const struct session *s, enum script_event event, msec *limit)
{
	msec max_age = (msec)w->retention->out.max_age_s * 1000, age = age_of(w, s);

	*limit = max_age;
	if (max_age == 0 || age < max_age)
		return true;
	if (event == SCRIPT_EVENT_MAX_AGE)
		*limit = age + max_age; /* it was asked, and kept for as long again */
	else
		*limit = s->max_age;
	return *limit > age;
}

/* Puts the terms of the answer into force; false if the connection is too old for them. */
static bool agree(struct worker *w, struct session *s, enum script_event event)
{
	const struct script_answer *out = &w->retention->out;
	msec limit;

	if (!find_limit(w, s, event, &limit))
		return false;
	conn_keep(s->c, (msec)out->idle_s * 1000, (msec)out->ping_s * 1000,
	    limit ? conn_opened_at(s->c) + limit : 0);
	s->max_age = limit;
	s->is_kept = true;
	return true;
}

/* A policy that fails: the terms of its last answer go on, if the partner's file says so. */
static bool keeps_last(const struct worker *w, const struct session *s, const struct partner *p)
{
	return w->retention->out.verdict == SCRIPT_FAILED && s->is_kept &&
	       p->conf->keep_last_on_policy_error;
}

bool retention_keeps(
    struct worker *w, const struct generation *g, struct session *s, enum script_event event)
{
	struct partner *p;
	bool keeps;

	if (!applies(g, s, &p))
		return false;
	keeps = ask(w, g, s, p, event) ? agree(w, s, event) : keeps_last(w, s, p);
	decision_done(w, keeps ? "kept" : "released");
	s->kept_by = g->number;
	if (keeps && w->retention->out.open_reverse && conn_is_server(s->c)) {
		const struct wish wish = wish_of(WISH_CONNECT, p->conf->name, "open_reverse");

		worker_wish(w, &wish);
	}
	return keeps;
}

bool retention_stays(struct worker *w, const struct generation *g, struct session *s)
{
	bool is_old = session_is_old(s, loop_now(w->loop));

	if (s->is_kept && s->kept_by == g->number && !is_old)
		return true;
	return retention_keeps(w, g, s, is_old ? SCRIPT_EVENT_MAX_AGE : SCRIPT_EVENT_NEGOTIATED);
}

bool retention_wants_back(struct worker *w, const struct generation *g, struct session *s)
{
	struct partner *p;
	bool wants;

	if (!s->is_kept || !applies(g, s, &p))
		return false;
	wants = ask(w, g, s, p, SCRIPT_EVENT_LOST);
	decision_done(w, wants ? "opened again" : "let go");
	return wants;
}

static struct session *next_kept(struct session *s)
{
	while (s && !(s->is_kept && conn_is_usable(s->c)))
		s = TAILQ_NEXT(s, next);
	return s;
}

void retention_review(struct worker *w, struct link *link, enum script_event event)
{
	const struct generation *g = commons_current(w->commons);
	struct session *s, *next;

	for (s = next_kept(TAILQ_FIRST(&link->sessions)); s; s = next) {
		next = next_kept(TAILQ_NEXT(s, next));
		if (!retention_keeps(w, g, s, event))
			conn_finish_later(s->c, H2_NO_ERROR);
	}
}

void retention_certify(struct worker *w, const char *partner, const struct agreement *before,
    const struct agreement *now)
{
	struct wish review = wish_of(WISH_REVIEW, partner, "the certificate changed");
	const char *news = agreement_news(before, now);

	if (!*news)
		return;
	log_warn(LOG_SEPP, partner, "the partner has another certificate new='%s' fingerprint=%s",
	    news, now->fingerprint);
	review.event = SCRIPT_EVENT_CERTIFICATE_CHANGED;
	if (now->cap == N32_CAP_PRINS)
		worker_wish_all(w, &review);
}

void retention_leave_prins(struct worker *w, struct association *a, int64_t now_s, bool may_be)
{
	const struct wish wish = wish_of(WISH_LET_GO, assoc_name(a), "PRINS is no longer in force");

	if (contexts_end_all(w->commons->contexts, a, now_s) > 0 || may_be)
		worker_wish_all(w, &wish);
}

void retention_let_go(struct link *link)
{
	struct session *s;

	for (s = next_kept(TAILQ_FIRST(&link->sessions)); s; s = next_kept(TAILQ_NEXT(s, next)))
		conn_finish_later(s->c, H2_NO_ERROR);
}

bool retention_makes_room(struct worker *w, struct link *link)
{
	const struct generation *g = commons_current(w->commons);
	struct session *s;

	for (s = next_kept(TAILQ_FIRST(&link->sessions)); s; s = next_kept(TAILQ_NEXT(s, next))) {
		if (h2_open_streams(conn_h2(s->c)) > 0)
			continue;
		if (!retention_keeps(w, g, s, SCRIPT_EVENT_LIMIT)) {
			conn_finish_later(s->c, H2_NO_ERROR);
			return true;
		}
	}
	return false;
}

static bool would_keep(struct worker *w, const struct generation *g, struct session *s)
{
	struct partner *p;
	bool keeps;
	msec limit;

	if (!applies(g, s, &p))
		return false;
	keeps = ask(w, g, s, p, SCRIPT_EVENT_POLICY_CHANGED)
		    ? find_limit(w, s, SCRIPT_EVENT_POLICY_CHANGED, &limit)
		    : keeps_last(w, s, p);
	decision_done(w, keeps ? "would be kept" : "would be released");
	return keeps;
}

void retention_follow(struct worker *w, bool apply, unsigned *asked, unsigned *released)
{
	const struct generation *g = commons_current(w->commons);
	struct link *link;
	struct session *s, *next;

	TAILQ_FOREACH (link, links_all(w->links), next) {
		for (s = next_kept(TAILQ_FIRST(&link->sessions)); s; s = next) {
			next = next_kept(TAILQ_NEXT(s, next));
			++*asked;
			if (apply ? retention_keeps(w, g, s, SCRIPT_EVENT_POLICY_CHANGED)
				  : would_keep(w, g, s))
				continue;
			++*released;
			if (apply)
				conn_finish_later(s->c, H2_NO_ERROR);
		}
	}
}
