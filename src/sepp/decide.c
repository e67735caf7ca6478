/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sepp/decide.h"

enum {
	DAY_S = 86400
};

static void fill_certificate(
    struct decision *d, const struct tls_peer *tls, const struct n32_identity *id)
{
	struct script_certificate *c = &d->in.peer.certificate;
	size_t n = 0;

	for (size_t i = 0; i < id->n_realms; i++) {
		struct n32_plmn *plmn = &d->plmns[n];

		if (*id->realms[i].nid)
			continue;
		memcpy(plmn->mcc, id->realms[i].digits, 3);
		memcpy(plmn->mnc, id->realms[i].digits + 3, 3);
		plmn->mcc[3] = plmn->mnc[3] = '\0';
		n++;
	}
	c->n_dns_names = tls->n_names;
	c->dns_names = tls->names;
	c->n_plmns = n;
	c->plmns = d->plmns;
	c->issuer = str_of(tls->issuer);
	c->fingerprint = str_of(tls->fingerprint);
	c->key = str_of(tls->key);
	c->days_left = (tls->not_after_s - d->in.now_s) / DAY_S;
}

static void fill_peer(struct decision *d, const struct partner *partner, struct conn *c,
    const struct n32_identity *id)
{
	struct script_peer *p = &d->in.peer;
	const struct assoc_view *v = &d->view;

	memset(p, 0, sizeof(*p));
	p->partner = partner->conf;
	p->we_initiate = !conn_is_server(c);
	p->source_address = str_of(addr_print(d->source, conn_addr(c)));
	p->tls_version = str_of(conn_tls_version(c));
	p->tls_cipher = str_of(conn_tls_cipher(c));
	fill_certificate(d, conn_peer(c), id);
	p->established = assoc_established(v);
	p->history.last_capability = v->agreement.cap;
	p->history.last_ok_s = v->agreement.at_s;
	p->history.attempts = v->attempts;
	p->history.failures = v->failures;
	p->history.errors_in = v->errors_in;
	p->history.errors_out = v->errors_out;
	p->history.strikes = v->strikes;
	p->history.previous_fingerprint = str_of(v->previous_fingerprint);
	p->counts.handshakes_minute = v->handshakes_minute;
	p->counts.handshakes_hour = v->handshakes_hour;
	p->counts.connections = v->connections;
	for (size_t i = 0; i < v->n_flags; i++)
		d->flags[i] = str_of(v->flags[i]);
	p->n_flags = v->n_flags;
	p->flags = d->flags;
}

char *decision_place(char out[SCRIPT_PLACE_TEXT_MAX], const struct decision *d)
{
	if (script_place(out, &d->out) == out)
		memcpy(out, "-", 2);
	return out;
}

static void tell(struct worker *w, const struct decision *d, const struct partner *partner)
{
	const char *hook = script_hook_name(d->in.hook);
	char place[128], text[512];
	msec now = loop_now(w->loop);

	for (size_t i = 0; i < d->out.n_notes; i++)
		log_debug(LOG_POLICY, partner->conf->name, "note hook=%s text='%s'", hook,
		    str_escape(text, sizeof(text), str_of(d->out.notes[i])));
	if (d->out.verdict != SCRIPT_FAILED)
		return;
	log_peer(now, LOG_ERROR, LOG_POLICY, partner->conf->name,
	    "no valid answer, the door stays closed hook=%s at=%s generation=%llu decision=%s reason='%s'",
	    hook, decision_place(place, d), (unsigned long long)d->generation->number, d->id,
	    str_escape(text, sizeof(text), str_of(d->out.reason)));
}

void decision_done(struct worker *w, const char *fmt, ...)
{
	char outcome[64];
	va_list ap;

	if (w->draft.n == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(outcome, sizeof(outcome), fmt, ap);
	va_end(ap);
	journal_line_end(&w->draft, outcome);
	journal_add(w->duties->journal, (struct str){ w->draft.text, w->draft.n });
	w->draft.n = 0;
}

/* All of the record but what is done about it: what the input points to may be gone by then. */
static void record(struct worker *w, const struct decision *d, uint64_t wall_ms, uint64_t ns)
{
	const struct generation *g = d->generation;
	struct journal_fact fact = {
		.id = d->id,
		.time_ms = wall_ms,
		.generation = g->number,
		.digest = g->directory->digest,
		.in = &d->in,
		.out = &d->out,
		.us = (ns + 500) / 1000,
	};

	if (journal_wants(w->duties->journal))
		journal_line_begin(&w->draft, &fact);
}

static void ask(struct worker *w, struct decision *d, const struct partner *partner)
{
	const struct script_program *program = partner->hooks[d->in.hook];
	const char *hook = script_hook_name(d->in.hook);

	if (program) {
		watch_begin(
		    &w->mark, partner->conf->name, hook, d->generation->directory->digest, d->id);
		script_decide(w->vm, program, &d->in, &d->out);
		watch_end(&w->mark);
		return;
	}
	memset(&d->out, 0, sizeof(d->out));
	d->out.verdict = SCRIPT_FAILED;
	snprintf(d->out.reason, sizeof(d->out.reason),
	    "nobody defines %s: neither the partner's file, nor what it follows, nor default.lua",
	    hook);
}

void decide(struct worker *w, struct decision *d, const struct partner *partner, struct conn *c,
    const struct n32_identity *id)
{
	uint64_t wall_ms = clock_wall_ms(), begun;

	decision_done(w, "unknown");
	journal_id(d->id, &w->ids, wall_ms);
	d->in.now_s = loop_wall_s(w->loop);
	d->in.utc_offset_s = worker_utc_offset_s(w);
	assoc_read(partner->association, d->in.now_s, &d->view);
	fill_peer(d, partner, c, id);
	begun = clock_mono_ns();
	ask(w, d, partner);
	record(w, d, wall_ms, clock_mono_ns() - begun);
	count(&w->counters, COUNTER_DECISIONS, 1);
	count(&w->counters, COUNTER_FUEL, d->out.fuel);
	if (d->out.verdict == SCRIPT_FAILED)
		count(&w->counters, COUNTER_POLICY_FAILED, 1);
	tell(w, d, partner);
}
