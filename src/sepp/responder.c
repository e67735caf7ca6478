/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "n32/json.h"
#include "sepp/negotiation.h"
#include "sepp/responder.h"

enum {
	ANSWER_MAX = 64 * 1024,
	UNKNOWN_BURST = 50,        /* requests of peers that nobody configured, per worker */
	UNKNOWN_REFILL_MSEC = 200, /* one more after this long */
	TURN_MAX_MSEC = 1000,      /* a loop that needs longer for a turn is overloaded */
};

struct responder {
	struct negotiation negotiation;
	struct n32_identity identity; /* of `peer` */
	struct tls_peer *peer;        /* a reference; the last one that was asked about */
	struct decision retention;
	struct buf answer;
};

/* What a connection is to the gateway, once its TLS is done. */
struct session {
	struct association *association; /* a reference; NULL: a peer that nobody configured */
	uint64_t generation;             /* that last decided about keeping it; 0 = none did */
	msec max_age;                    /* 0 = no bound */
};

/* `identity` is about to be that of another. */
static void forget_peer(struct responder *r)
{
	tls_peer_unref(r->peer);
	r->peer = NULL;
}

struct responder *responder_new(void)
{
	struct responder *r = mem_alloc(sizeof(*r));

	buf_init(&r->answer, ANSWER_MAX);
	return r;
}

void responder_free(struct responder *r)
{
	if (!r)
		return;
	forget_peer(r);
	buf_release(&r->answer);
	mem_free(r);
}

static struct worker *worker_of(const struct conn *c)
{
	return conn_env_of(c)->arg;
}

/* --- who is there */

struct tls_anchors *responder_choose_anchors(
    void *arg, const struct str *names, size_t n, const char **why)
{
	struct worker *w = arg;
	struct n32_identity *id = &w->responder->identity;

	forget_peer(w->responder);
	if (n32_identity_parse(id, names, n)) {
		*why = "the certificate has a name that is none";
		return NULL;
	}
	return generation_anchors(commons_current(w->commons), id, why);
}

/* The identity of the peer of `c`; its names were well formed when it was admitted. */
static const struct n32_identity *identify(struct worker *w, const struct conn *c)
{
	struct responder *r = w->responder;
	struct tls_peer *peer = conn_peer(c);

	if (r->peer != peer) {
		forget_peer(r);
		ensure(n32_identity_parse(&r->identity, peer->names, peer->n_names) == 0);
		r->peer = tls_peer_ref(peer);
	}
	return &r->identity;
}

/* Whether the generation in force vouches for the peer with the anchors that once verified it. */
static bool is_still_trusted(
    const struct generation *g, const struct n32_identity *id, const struct tls_peer *peer)
{
	const char *why;
	struct tls_anchors *anchors = generation_anchors(g, id, &why);

	return anchors &&
	       memcmp(tls_anchors_digest(anchors), tls_anchors_digest(peer->anchors), 32) == 0;
}

static bool on_ready(struct conn *c)
{
	struct worker *w = worker_of(c);
	struct generation *g = commons_current(w->commons);
	const struct n32_identity *id = identify(w, c);
	struct partner *p = negotiation_partner(g, id);
	struct session *s;
	char text[ADDR_TEXT_MAX];

	count(&w->counters, COUNTER_READY, 1);
	if (w->is_draining || (p && !assoc_connect(p->association, p->conf->connections))) {
		count(&w->counters, COUNTER_OVER_LIMIT, 1);
		log_peer(loop_now(w->loop), LOG_WARN, LOG_SEPP, p ? p->conf->name : "-",
		    "connection turned away, too many from=%s", addr_print(text, conn_addr(c)));
		return false;
	}
	s = mem_alloc(sizeof(*s));
	if (p)
		s->association = assoc_ref(p->association);
	conn_set_user(c, s);
	worker_on_change(w);
	return true;
}

static enum counter counter_of_end(enum conn_end end)
{
	return (enum counter)(COUNTER_END_PEER + (int)end);
}

static void on_end(struct conn *c, enum conn_end end, const char *why)
{
	struct worker *w = worker_of(c);
	struct session *s = conn_user(c);
	char text[ADDR_TEXT_MAX];

	count(&w->counters, counter_of_end(end), 1);
	if (end == CONN_END_TLS)
		log_peer(loop_now(w->loop), LOG_INFO, LOG_TLS, addr_print(text, conn_addr(c)),
		    "handshake or record refused reason='%s'", why);
	else if (*why)
		log_peer(loop_now(w->loop), LOG_INFO, LOG_NET, addr_print(text, conn_addr(c)),
		    "connection ended reason='%s'", why);
	if (s && s->association) {
		assoc_disconnect(s->association);
		assoc_unref(s->association);
	}
	mem_free(s);
	commons_disconnect(w->commons);
	worker_on_change(w);
}

/* --- answers */

static void answer(struct conn *c, struct h2_stream *s, unsigned status,
    const struct h2_field *fields, size_t n, struct str body)
{
	struct worker *w = worker_of(c);
	enum counter which = counter_of_status(status);

	if (which != COUNTERS)
		count(&w->counters, which, 1);
	h2_answer(s, status, fields, n, body);
}

static void answer_problem(struct conn *c, struct h2_stream *s, const struct n32_problem *p,
    unsigned status, unsigned retry_s)
{
	struct buf *body = &worker_of(c)->responder->answer;
	struct h2_field fields[2] = { { "content-type", STR_LIT("application/problem+json") } };
	char retry[16];
	size_t n = 1;

	if (status == 0)
		status = (unsigned)n32_problem_status(p->code);
	buf_reset(body);
	ensure(n32_problem_print(body, p, (int)status) == 0);
	if (p->code == N32_PROBLEM_METHOD)
		fields[n++] = (struct h2_field){ "allow", STR_LIT("POST") };
	if (retry_s > 0) {
		snprintf(retry, sizeof(retry), "%u", retry_s);
		fields[n++] = (struct h2_field){ "retry-after", str_of(retry) };
	}
	answer(c, s, status, fields, n, buf_str(body));
}

static void answer_code(
    struct conn *c, struct h2_stream *s, enum n32_problem_code code, unsigned retry_s)
{
	struct n32_problem *p = &worker_of(c)->responder->negotiation.problem;

	p->code = code;
	p->detail[0] = '\0';
	p->n_params = p->more = 0;
	answer_problem(c, s, p, 0, retry_s);
}

/* 307 to another SEPP (Rel-18); both parts of the body are [choice] F-8. */
static void answer_redirect(struct conn *c, struct h2_stream *s, const char *target)
{
	struct buf *body = &worker_of(c)->responder->answer;
	struct h2_field fields[2] = { { "content-type", STR_LIT("application/json") } };
	char location[512];

	snprintf(
	    location, sizeof(location), "https://%s/n32c-handshake/v1/exchange-capability", target);
	buf_reset(body);
	/* `target` is letters, digits, dots, hyphens and a port: nothing to escape */
	ensure(buf_addf(body, "{\"targetSepp\":\"https://%s\"}", target) == 0);
	fields[1] = (struct h2_field){ "location", str_of(location) };
	answer(c, s, 307, fields, 2, buf_str(body));
}

/* --- what can be judged before there is a body (n32.md A.6 steps 2 to 4) */

/* The part of a path up to the next slash, which is skipped. */
static struct str next_segment(struct str *path)
{
	const char *slash = path->n ? memchr(path->p, '/', path->n) : NULL;
	struct str segment = { path->p, slash ? (size_t)(slash - path->p) : path->n };

	path->p += segment.n + (slash != NULL);
	path->n -= segment.n + (slash != NULL);
	return segment;
}

static enum n32_problem_code judge_path(struct str path)
{
	const char *query = path.n ? memchr(path.p, '?', path.n) : NULL;
	struct str whole = path;

	if (query)
		whole.n = (size_t)(query - path.p);
	path = whole;
	(void)next_segment(&path); /* in front of the first slash there is nothing */
	if (!str_is(next_segment(&path), "n32c-handshake") || !str_is(next_segment(&path), "v1"))
		return N32_PROBLEM_INVALID_API;
	if (!str_is(path, "exchange-capability"))
		return N32_PROBLEM_UNKNOWN_RESOURCE;
	return query ? N32_PROBLEM_INVALID_QUERY_PARAM : N32_PROBLEM_NONE;
}

/* "application/json", parameters allowed, in any case (RFC 9110 8.3.1). */
static bool is_json(struct str type)
{
	const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;

	if (semicolon)
		type.n = (size_t)(semicolon - type.p);
	while (type.n > 0 && (type.p[type.n - 1] == ' ' || type.p[type.n - 1] == '\t'))
		type.n--;
	return str_ieq(type, (struct str)STR_LIT("application/json"));
}

/* Peers with a valid certificate that no file names get no state of their own, only this. */
static bool admit_unknown(struct worker *w)
{
	msec now = loop_now(w->loop);
	uint64_t back = (now - w->unknown_at) / UNKNOWN_REFILL_MSEC;

	if (back > 0) {
		w->unknown_spent = back >= w->unknown_spent ? 0 : w->unknown_spent - (unsigned)back;
		w->unknown_at = now;
	}
	if (w->unknown_spent == UNKNOWN_BURST)
		return false;
	w->unknown_spent++;
	return true;
}

/* A mistake of the peer. */
static void strike(struct conn *c)
{
	struct worker *w = worker_of(c);
	struct partner *p = negotiation_partner(commons_current(w->commons), identify(w, c));

	if (p)
		assoc_strike(p->association, loop_wall_s(w->loop));
}

/* Steps 2 and the load of the whole gateway.  False: answered. */
static bool admit(struct conn *c, struct h2_stream *s)
{
	struct worker *w = worker_of(c);
	const struct generation *g = commons_current(w->commons);
	const struct session *session = conn_user(c);
	struct partner *p = negotiation_partner(g, identify(w, c));
	msec now = loop_now(w->loop);
	unsigned retry_s = 1;
	bool ok;

	if (p && session->association)
		ok = assoc_admit(p->association, now, loop_wall_s(w->loop),
		    p->conf->handshakes_per_minute, &retry_s);
	else
		ok = admit_unknown(w);
	if (!ok) {
		strike(c);
		answer_code(c, s, N32_PROBLEM_RATE, retry_s);
		return false;
	}
	if (loop_last_turn(w->loop) > TURN_MAX_MSEC ||
	    !commons_admit(w->commons, now, g->conf->limits.negotiations_per_second)) {
		answer_code(c, s, N32_PROBLEM_CONGESTION, 1);
		return false;
	}
	return true;
}

static void on_headers(struct conn *c, struct h2_stream *s)
{
	const struct h2_message *m = h2_message_of(s);
	enum n32_problem_code code;

	if (!admit(c, s))
		return;
	code = judge_path(m->path);
	if (code == N32_PROBLEM_NONE && !str_is(m->method, "POST"))
		code = N32_PROBLEM_METHOD;
	if (code == N32_PROBLEM_NONE && !is_json(m->content_type))
		code = N32_PROBLEM_MEDIA_TYPE;
	if (code == N32_PROBLEM_NONE)
		return;
	if (n32_problem_status(code) == 400)
		strike(c);
	answer_code(c, s, code, 0);
}

static void on_excess(struct conn *c, struct h2_stream *s, unsigned status)
{
	answer_code(c, s, status == 431 ? N32_PROBLEM_HEADERS_TOO_LARGE : N32_PROBLEM_TOO_LARGE, 0);
}

/* --- which connections to keep (TS 29.573 5.2.2: with PRINS the SEPPs may keep them) */

/* Asks the policy; true keeps the connection as it says. */
static bool retain(
    struct conn *c, const struct generation *g, struct partner *p, enum script_event event)
{
	struct worker *w = worker_of(c);
	struct decision *d = &w->responder->retention;
	struct session *session = conn_user(c);
	msec age = loop_now(w->loop) - conn_opened_at(c), idle, left;
	char text[512];
	bool keeps;

	memset(&d->in, 0, sizeof(d->in));
	d->generation = g;
	d->in.hook = SCRIPT_RETAIN_CONNECTION;
	d->in.event = event;
	d->in.event_age_s = (int64_t)(age / 1000);
	decide(w, d, p, c, identify(w, c));
	session->generation = g->number;
	if (d->out.verdict != SCRIPT_RETAIN) {
		log_debug(LOG_SEPP, p->conf->name, "connection released decision=%s reason='%s'",
		    d->id, str_escape(text, sizeof(text), str_of(d->out.reason)));
		decision_done(w, "released");
		return false;
	}
	session->max_age = (msec)d->out.max_age_s * 1000;
	if (session->max_age && age >= session->max_age) {
		keeps = event == SCRIPT_EVENT_MAX_AGE; /* it was asked, and wants to keep it */
		decision_done(w, keeps ? "kept" : "released");
		return keeps;
	}
	idle = (msec)d->out.idle_s * 1000;
	left = session->max_age ? session->max_age - age : 0;
	conn_keep(c, left && (idle == 0 || left < idle) ? left : idle, (msec)d->out.ping_s * 1000);
	decision_done(w, "kept");
	return true;
}

/* Whether `c` may stay after PRINS was selected on it; asked once, and again when policies changed.
 */
static bool stays(struct conn *c, const struct generation *g, struct partner *p)
{
	struct worker *w = worker_of(c);
	struct session *session = conn_user(c);
	msec age = loop_now(w->loop) - conn_opened_at(c);

	if (session->max_age && age >= session->max_age)
		return retain(c, g, p, SCRIPT_EVENT_MAX_AGE);
	if (session->generation == g->number)
		return true;
	return retain(c, g, p, SCRIPT_EVENT_NEGOTIATED);
}

static bool on_idle(struct conn *c)
{
	struct worker *w = worker_of(c);
	const struct generation *g = commons_current(w->commons);
	struct session *session = conn_user(c);
	struct partner *p;

	if (session->generation == 0)
		return false;
	p = negotiation_partner(g, identify(w, c));
	if (!p || !p->conf->enabled)
		return false;
	if (session->max_age && loop_now(w->loop) - conn_opened_at(c) >= session->max_age)
		return retain(c, g, p, SCRIPT_EVENT_MAX_AGE);
	return retain(c, g, p, SCRIPT_EVENT_IDLE);
}

/* --- the request */

static void answer_agreed(
    struct conn *c, struct h2_stream *s, const struct generation *g, struct negotiation *n)
{
	static const struct h2_field json = { "content-type", STR_LIT("application/json") };
	struct buf *body = &worker_of(c)->responder->answer;

	buf_reset(body);
	ensure(n32_neg_rsp_encode(body, &n->rsp) == 0);
	answer(c, s, 200, &json, 1, buf_str(body));
	decision_done(worker_of(c), "200 %s", n32_cap_name(n->rsp.selected.cap));
	/* anything but PRINS: the handshake connection shall be terminated (TS 29.573 5.2.2) */
	if (n->rsp.selected.cap != N32_CAP_PRINS || !stays(c, g, n->partner))
		conn_finish(c, H2_NO_ERROR);
}

static void on_request(struct conn *c, struct h2_stream *s)
{
	struct worker *w = worker_of(c);
	struct negotiation *n = &w->responder->negotiation;
	const struct n32_identity *id = identify(w, c);
	/* one for all of it: another may be put in force meanwhile */
	struct generation *g = commons_current(w->commons);

	if (!is_still_trusted(g, id, conn_peer(c))) {
		answer_code(c, s, N32_PROBLEM_NOT_ALLOWED, 0);
		conn_finish(c, H2_NO_ERROR);
		return;
	}
	switch (negotiate(w, g, n, c, id, h2_message_of(s)->body)) {
	case NEGOTIATION_AGREED:
		answer_agreed(c, s, g, n);
		break;
	case NEGOTIATION_PROBLEM:
		answer_problem(c, s, &n->problem, n->status, n->retry_s);
		decision_done(
		    w, "%d", n->status ? (int)n->status : n32_problem_status(n->problem.code));
		break;
	case NEGOTIATION_REDIRECT:
		answer_redirect(c, s, n->redirect);
		break;
	}
}

/* This end is never a client yet, so there is no response to come. */
static void on_response(struct conn *c, struct h2_stream *s, bool complete, uint32_t code)
{
	(void)c;
	(void)s;
	(void)complete;
	(void)code;
}

const struct conn_handler responder_handler = {
	.on_ready = on_ready,
	.on_headers = on_headers,
	.on_request = on_request,
	.on_excess = on_excess,
	.on_response = on_response,
	.on_idle = on_idle,
	.on_end = on_end,
};

void responder_revise(struct worker *w)
{
	struct generation *g = commons_current(w->commons);
	struct conn *c, *next;
	char text[ADDR_TEXT_MAX];

	for (c = TAILQ_FIRST(&w->env.open); c; c = next) {
		next = conn_next(c);
		if (is_still_trusted(g, identify(w, c), conn_peer(c)))
			continue;
		log_info(LOG_SEPP, addr_print(text, conn_addr(c)),
		    "connection ended, its certificate is no longer vouched for");
		conn_finish(c, H2_NO_ERROR);
	}
}
