/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/log.h"
#include "sepp/call.h"
#include "sepp/caller.h"
#include "sepp/dial.h"
#include "sepp/initiator.h"
#include "sepp/reception.h"
#include "sepp/responder.h"
#include "sepp/retention.h"

/* --- who comes */

static bool turn_away(struct worker *w, const struct conn *c, const char *partner)
{
	char text[ADDR_TEXT_MAX];

	count(&w->counters, COUNTER_OVER_LIMIT, 1);
	log_peer(loop_now(w->loop), LOG_WARN, LOG_SEPP, partner,
	    "connection turned away, too many from=%s", addr_print(text, conn_addr(c)));
	return false;
}

/* One more of the partner's connections, if need be in place of another. */
static bool admit(struct worker *w, const struct partner *p, struct link *link)
{
	const struct wish room = wish_of(WISH_ROOM, p->conf->name, "the limit is reached");

	if (assoc_connect(p->association, p->conf->connections))
		return true;
	if (retention_makes_room(w, link))
		return assoc_connect(p->association, 0);
	worker_wish_all(w, &room); /* another worker may have one that can go, for the next */
	return false;
}

static bool on_peer_ready(struct worker *w, struct conn *c)
{
	const struct generation *g = commons_current(w->commons);
	struct partner *p = caller_partner(g, caller_identify(w, c));
	struct link *link = p ? links_get(w->links, p->association) : NULL;

	if (w->is_draining || (p && !admit(w, p, link)))
		return turn_away(w, c, p ? p->conf->name : "-");
	session_new(link, c)->is_counted = link != NULL;
	if (p)
		gate_know(w->commons->gate, conn_addr(c), p->conf->tier, loop_now(w->loop));
	return true;
}

/* `expired_crl = sepp.crl.ACCEPT`: nobody knows what was revoked since. */
static void tell_expired_crl(struct worker *w, const struct conn *c)
{
	const struct partner *p =
	    caller_partner(commons_current(w->commons), caller_identify(w, c));
	char text[ADDR_TEXT_MAX];

	count(&w->counters, COUNTER_EXPIRED_CRL, 1);
	log_peer(loop_now(w->loop), LOG_WARN, LOG_TLS, p ? p->conf->name : "-",
	    "certificate accepted although the revocation list has expired peer=%s",
	    addr_print(text, conn_addr(c)));
}

static bool on_ready(struct conn *c)
{
	struct worker *w = caller_worker(c);
	struct session *s = session_of(c);
	bool stays;

	count(&w->counters, COUNTER_READY, 1);
	if (conn_peer(c)->is_list_expired)
		tell_expired_crl(w, c);
	if (s && s->dial)
		stays = !w->is_draining && dial_on_ready(s);
	else
		stays = !s && on_peer_ready(w, c); /* ours that nobody waits for goes */
	worker_on_change(w);
	return stays;
}

/* --- who stays */

static bool on_idle(struct conn *c)
{
	struct worker *w = caller_worker(c);
	struct session *s = session_of(c);
	enum script_event event;

	if (!s)
		return false;
	event = session_is_old(s, loop_now(w->loop)) ? SCRIPT_EVENT_MAX_AGE : SCRIPT_EVENT_IDLE;
	return retention_keeps(w, commons_current(w->commons), s, event);
}

/* --- who goes */

static enum counter counter_of_end(enum conn_end end)
{
	return (enum counter)(COUNTER_END_PEER + (int)end);
}

static void tell_end(struct worker *w, const struct conn *c, enum conn_end end, const char *why)
{
	char text[ADDR_TEXT_MAX];

	count(&w->counters, counter_of_end(end), 1);
	if (end == CONN_END_TLS || end == CONN_END_TRUST)
		log_peer(loop_now(w->loop), LOG_INFO, LOG_TLS, addr_print(text, conn_addr(c)),
		    "handshake or record refused reason='%s'", why);
	else if (*why)
		log_peer(loop_now(w->loop), LOG_INFO, LOG_NET, addr_print(text, conn_addr(c)),
		    "connection ended reason='%s'", why);
}

/* The peer ended it, or is not there any more. */
static bool was_lost(enum conn_end end)
{
	return end == CONN_END_PEER || end == CONN_END_TIMEOUT || end == CONN_END_TLS ||
	       end == CONN_END_H2;
}

static void on_end(struct conn *c, enum conn_end end, const char *why)
{
	struct worker *w = caller_worker(c);
	struct session *s = session_of(c);

	tell_end(w, c, end, why);
	if (s) {
		if (s->dial)
			dial_on_end(s, end, why);
		else if (was_lost(end) && !w->is_draining &&
			 retention_wants_back(w, commons_current(w->commons), s))
			initiators_want_back(w, assoc_name(s->link->association));
		if (s->is_counted)
			assoc_disconnect(s->link->association);
		session_free(s);
	}
	if (conn_is_server(c))
		gate_leave(w->commons->gate, conn_addr(c), conn_tag(c));
	commons_disconnect(w->commons);
	worker_on_change(w);
}

const struct conn_handler reception_handler = {
	.on_ready = on_ready,
	.on_headers = responder_on_headers,
	.on_request = responder_on_request,
	.on_excess = responder_on_excess,
	.on_response = call_on_response,
	.on_idle = on_idle,
	.on_end = on_end,
};

/* --- another generation */

static void end_untrusted(struct worker *w, const struct generation *g)
{
	struct conn *c, *next;
	char text[ADDR_TEXT_MAX];

	for (c = TAILQ_FIRST(&w->env.open); c; c = next) {
		next = conn_next(c);
		if (caller_is_trusted(w, g, c))
			continue;
		log_info(LOG_SEPP, addr_print(text, conn_addr(c)),
		    "connection ended, its certificate is no longer vouched for");
		conn_finish(c, H2_NO_ERROR);
	}
}

static void ask_about_kept(struct worker *w)
{
	unsigned asked = 0, released = 0;

	if (!atomic_load(&w->commons->ask_retention))
		return;
	retention_follow(w, atomic_load(&w->commons->apply_retention), &asked, &released);
	atomic_fetch_add(&w->commons->retention_asked, asked);
	atomic_fetch_add(&w->commons->retention_released, released);
}

void reception_revise(struct worker *w)
{
	const struct generation *g = commons_current(w->commons);

	end_untrusted(w, g);
	ask_about_kept(w);
	initiators_follow(w);
	links_trim(w->links, g);
}
