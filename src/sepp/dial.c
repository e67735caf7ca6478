/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sepp/caller.h"
#include "sepp/dial.h"
#include "sepp/floor.h"

enum {
	HTTPS_PORT = 443
};

static void on_timer(struct loop_timer *t);

void dial_init(
    struct dial *d, struct worker *w, struct link *link, const struct dial_events *events)
{
	memset(d, 0, sizeof(*d));
	d->w = w;
	d->link = link;
	d->events = events;
	loop_timer_init(&d->timer, w->loop, on_timer);
}

/* The reason that is told at the end: that of an impostor counts more than that of a silence. */
static void note(struct dial *d, enum dial_failure failure, const char *why)
{
	if (d->failure == DIAL_UNTRUSTED && failure != DIAL_UNTRUSTED)
		return;
	d->failure = failure;
	(void)str_copy(d->why, sizeof(d->why), str_of(why)); /* cut is fine */
}

static void end(struct dial *d)
{
	d->is_busy = false;
	loop_timer_stop(&d->timer);
	d->events->on_down(d, d->failure, d->why);
}

/* RFC 3986 3.2.3: digits and nothing else. */
static bool parse_port(unsigned *port, struct str text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text.p[i] - '0');
		if (n > UINT16_MAX)
			return false;
	}
	*port = n;
	return n > 0;
}

bool dial_target_parse(struct dial_target *t, struct str uri)
{
	static const char scheme[] = "https://";
	const char *end, *colon, *why;
	struct str host;

	if (!str_starts(uri, scheme))
		return false;
	host = (struct str){ uri.p + sizeof(scheme) - 1, uri.n - (sizeof(scheme) - 1) };
	end = memchr(host.p, '/', host.n);
	if (end)
		host.n = (size_t)(end - host.p);
	colon = memchr(host.p, ':', host.n);
	t->port = 0;
	if (colon) {
		end = host.p + host.n;
		if (!parse_port(&t->port, (struct str){ colon + 1, (size_t)(end - colon - 1) }))
			return false;
		host.n = (size_t)(colon - host.p);
	}
	return n32_fqdn_parse(&t->name, host, false, &why) == 0;
}

/* --- where it is */

/* What was looked up is not found. */
static void note_lost(struct dial *d, const char *reason)
{
	char why[sizeof(d->why)];

	snprintf(why, sizeof(why), "cannot find '%.100s': %s", d->sought, reason);
	note(d, DIAL_UNREACHABLE, why);
}

static void on_resolved(void *arg, const struct resolve_answer *answer)
{
	struct dial *d = arg;

	d->query = NULL;
	d->addrs = *answer;
	if (answer->n == 0)
		note_lost(d, answer->why);
	loop_timer_set(&d->timer, 0);
}

/* What is looked up, for whoever has to see to it. */
static void seek(struct dial *d, const char *name)
{
	(void)str_copy(d->sought, sizeof(d->sought), str_of(name)); /* cut is fine */
}

/* "host:port" of the partner's file: an address, or a name to look up. */
static bool place_static(struct dial *d, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct addr a;
	struct err e;
	char host[N32_FQDN_MAX + 1];

	if (addr_parse(&a, text, &e) == 0) {
		d->addrs.n = 1;
		d->addrs.addrs[0] = a;
		return true;
	}
	ensure(colon); /* the constructor has looked */
	(void)str_copy(host, sizeof(host), (struct str){ text, (size_t)(colon - text) });
	seek(d, host);
	d->query = resolve_host(
	    d->w->resolver, host, (unsigned)strtoul(colon + 1, NULL, 10), on_resolved, d);
	return false;
}

/* Whether the addresses are there already. */
static bool place(struct dial *d, const struct conf_partner *conf)
{
	if (!d->is_redirected && conf->address)
		return place_static(d, conf->address);
	seek(d, !d->is_redirected && conf->srv ? conf->srv : d->name.text);
	if (!d->is_redirected && conf->srv)
		d->query = resolve_srv(d->w->resolver, conf->srv, on_resolved, d);
	else
		d->query = resolve_host(d->w->resolver, d->name.text, d->port, on_resolved, d);
	return false;
}

void dial_start(struct dial *d, const struct generation *g, const struct partner *p,
    const struct dial_target *target)
{
	ensure(!d->is_busy);
	d->is_busy = true;
	d->is_redirected = target != NULL;
	d->name = target ? target->name : p->conf->fqdns[0];
	d->port = target && target->port ? target->port : HTTPS_PORT;
	d->next = 0;
	d->addrs.n = 0;
	d->failure = DIAL_UNREACHABLE;
	d->why[0] = '\0';
	if (place(d, p->conf))
		loop_timer_set(&d->timer, 0);
	else
		loop_timer_set(&d->timer, g->conf->timeouts.resolve);
}

static void forget(struct dial *d)
{
	if (d->query)
		resolve_cancel(d->query);
	d->query = NULL;
	loop_timer_stop(&d->timer);
}

void dial_cancel(struct dial *d)
{
	if (!d->is_busy)
		return;
	forget(d);
	d->is_busy = false;
	if (d->session) {
		d->session->dial = NULL;
		conn_finish(d->session->c, H2_NO_ERROR);
		d->session = NULL;
	}
}

/* --- getting there */

static void try_address(struct dial *d, const struct addr *a)
{
	struct generation *g = commons_current(d->w->commons);
	struct err e = { 0 };
	struct conn *c;

	ensure(commons_connect(d->w->commons, 0)); /* our own are counted, not limited */
	c = conn_connect(&d->w->env, g->tls[d->w->number], a, d->name.text, &e);
	if (!c) {
		commons_disconnect(d->w->commons);
		note(d, DIAL_UNREACHABLE, e.text);
		loop_timer_set(&d->timer, 0);
		return;
	}
	d->session = session_new(d->link, c);
	d->session->dial = d;
	worker_on_change(d->w);
	d->events->on_address(d, a);
}

static void on_timer(struct loop_timer *t)
{
	struct dial *d = container_of(t, struct dial, timer);

	if (d->query) {
		forget(d);
		note_lost(d, "the name servers took too long");
	}
	if (d->next < d->addrs.n)
		try_address(d, &d->addrs.addrs[d->next++]);
	else
		end(d);
}

/* --- whether it is the one */

/* What is wrong with whoever answered, or NULL. */
static const char *judge(struct dial *d, struct conn *c)
{
	const struct generation *g = commons_current(d->w->commons);
	const struct n32_identity *id = caller_identify(d->w, c);
	const struct partner *p = link_partner(d->link, g);
	const char *why;

	if (!p)
		return "the partner is gone";
	if (generation_anchors(g, id, &why) != p->anchors)
		return "the certificate is not of the partner's networks";
	if (!d->is_redirected && !floor_certifies(p->conf, id))
		return "the certificate has none of the partner's names";
	return NULL;
}

bool dial_on_ready(struct session *s)
{
	struct dial *d = s->dial;
	const char *why = judge(d, s->c);

	if (why) {
		note(d, DIAL_UNTRUSTED, why);
		return false;
	}
	s->dial = NULL;
	s->is_counted = assoc_connect(d->link->association, 0);
	d->session = NULL;
	d->is_busy = false;
	d->events->on_up(d, s);
	return true;
}

void dial_on_end(struct session *s, enum conn_end end_, const char *why)
{
	struct dial *d = s->dial;
	char text[ADDR_TEXT_MAX], all[160];

	s->dial = NULL;
	d->session = NULL;
	snprintf(all, sizeof(all), "%s: %s", addr_print(text, conn_addr(s->c)),
	    *why ? why : "the connection was closed");
	note(d, end_ == CONN_END_TRUST ? DIAL_UNTRUSTED : DIAL_UNREACHABLE, all);
	loop_timer_set(&d->timer, 0);
}
