/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "n32/json.h"
#include "sepp/call.h"
#include "sepp/caller.h"
#include "sepp/exchange.h"
#include "sepp/negotiation.h"
#include "sepp/notice.h"
#include "sepp/responder.h"
#include "sepp/retention.h"

enum {
	ANSWER_MAX = 64 * 1024,
	UNKNOWN_BURST = 50,        /* requests of peers that nobody configured, per worker */
	UNKNOWN_REFILL_MSEC = 200, /* one more after this long */
	TURN_MAX_MSEC = 1000,      /* a loop that needs longer for a turn is overloaded */
};

/* The custom operations of the N32 Handshake API (TS 29.573 6.1.4). */
enum operation {
	EXCHANGE_CAPABILITY,
	EXCHANGE_PARAMS,
	N32F_TERMINATE,
	N32F_ERROR,
	OPERATIONS
};

static const char *const operations[OPERATIONS] = {
	[EXCHANGE_CAPABILITY] = "exchange-capability",
	[EXCHANGE_PARAMS] = "exchange-params",
	[N32F_TERMINATE] = "n32f-terminate",
	[N32F_ERROR] = "n32f-error",
};

struct responder {
	struct negotiation negotiation;
	struct buf answer;
};

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
	buf_release(&r->answer);
	mem_free(r);
}

/* --- answers */

static void answer(struct conn *c, struct h2_stream *s, unsigned status,
    const struct h2_field *fields, size_t n, struct str body)
{
	struct worker *w = caller_worker(c);
	enum counter which = counter_of_status(status);

	if (which != COUNTERS)
		count(&w->counters, which, 1);
	h2_answer(s, status, fields, n, body);
}

static void answer_problem(struct conn *c, struct h2_stream *s, const struct n32_problem *p,
    unsigned status, unsigned retry_s)
{
	struct buf *body = &caller_worker(c)->responder->answer;
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
	struct n32_problem *p = &caller_worker(c)->responder->negotiation.problem;

	n32_problem_reset(p, code);
	answer_problem(c, s, p, 0, retry_s);
}

/* 307 to another SEPP (Rel-18); both parts of the body are [choice] F-8. */
static void answer_redirect(struct conn *c, struct h2_stream *s, const char *target)
{
	struct buf *body = &caller_worker(c)->responder->answer;
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

static enum operation operation_of(struct str name)
{
	int i = 0;

	while (i < OPERATIONS && !str_is(name, operations[i]))
		i++;
	return (enum operation)i;
}

static enum n32_problem_code judge_path(struct str path, enum operation *operation)
{
	const char *query = path.n ? memchr(path.p, '?', path.n) : NULL;
	struct str whole = path;

	if (query)
		whole.n = (size_t)(query - path.p);
	path = whole;
	(void)next_segment(&path); /* in front of the first slash there is nothing */
	if (!str_is(next_segment(&path), "n32c-handshake") || !str_is(next_segment(&path), "v1"))
		return N32_PROBLEM_INVALID_API;
	*operation = operation_of(path);
	if (*operation == OPERATIONS)
		return N32_PROBLEM_UNKNOWN_RESOURCE;
	return query ? N32_PROBLEM_INVALID_QUERY_PARAM : N32_PROBLEM_NONE;
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
	struct worker *w = caller_worker(c);
	struct partner *p = caller_partner(commons_current(w->commons), caller_identify(w, c));

	if (p)
		assoc_strike(p->association, loop_wall_s(w->loop));
}

/* Steps 2 and the load of the whole gateway.  False: answered. */
static bool admit(struct conn *c, struct h2_stream *s)
{
	struct worker *w = caller_worker(c);
	const struct generation *g = commons_current(w->commons);
	struct partner *p = caller_partner(g, caller_identify(w, c));
	msec now = loop_now(w->loop);
	unsigned retry_s = 1;
	bool ok;

	if (p && session_of(c)->link)
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

void responder_on_headers(struct conn *c, struct h2_stream *s)
{
	const struct h2_message *m = h2_message_of(s);
	enum n32_problem_code code;
	enum operation operation;

	if (!admit(c, s))
		return;
	code = judge_path(m->path, &operation);
	if (code == N32_PROBLEM_NONE && !str_is(m->method, "POST"))
		code = N32_PROBLEM_METHOD;
	if (code == N32_PROBLEM_NONE && !call_is_json(m->content_type))
		code = N32_PROBLEM_MEDIA_TYPE;
	if (code == N32_PROBLEM_NONE)
		return;
	if (n32_problem_status(code) == 400)
		strike(c);
	answer_code(c, s, code, 0);
}

void responder_on_excess(struct conn *c, struct h2_stream *s, unsigned status)
{
	answer_code(c, s, status == 431 ? N32_PROBLEM_HEADERS_TOO_LARGE : N32_PROBLEM_TOO_LARGE, 0);
}

/* --- the request */

static void answer_agreed(
    struct conn *c, struct h2_stream *s, const struct generation *g, struct negotiation *n)
{
	static const struct h2_field json = { "content-type", STR_LIT("application/json") };
	struct worker *w = caller_worker(c);
	struct buf *body = &w->responder->answer;

	buf_reset(body);
	ensure(n32_neg_rsp_encode(body, &n->rsp) == 0);
	answer(c, s, 200, &json, 1, buf_str(body));
	decision_done(w, "200 %s", n32_cap_name(n->rsp.selected.cap));
	/* a certificate may name several partners: it is the one that asked */
	session_move(session_of(c), links_get(w->links, n->partner->association));
	/* anything but PRINS: the handshake connection shall be terminated (TS 29.573 5.2.2) */
	if (n->rsp.selected.cap != N32_CAP_PRINS || !retention_stays(w, g, session_of(c)))
		conn_finish(c, H2_NO_ERROR);
}

static void on_capability(struct conn *c, struct h2_stream *s, struct generation *g)
{
	struct worker *w = caller_worker(c);
	struct negotiation *n = &w->responder->negotiation;

	switch (negotiate(w, g, n, c, caller_identify(w, c), h2_message_of(s)->body)) {
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

/* --- the requests that PRINS knows */

static void answer_prins(struct conn *c, struct h2_stream *s, unsigned status,
    const struct n32_problem *problem, unsigned retry_s, const struct buf *body)
{
	static const struct h2_field json = { "content-type", STR_LIT("application/json") };
	static const struct str empty = { "", 0 };

	if (status == 200)
		answer(c, s, status, &json, 1, buf_str(body));
	else if (status == 204)
		answer(c, s, status, NULL, 0, empty);
	else
		answer_problem(c, s, problem, status, retry_s);
}

static void on_prins(
    struct conn *c, struct h2_stream *s, struct generation *g, enum operation operation)
{
	struct worker *w = caller_worker(c);
	struct session *session = session_of(c);
	struct partner *p = session_partner(session, g);
	struct str body = h2_message_of(s)->body;
	struct notice *n = w->notice;
	unsigned status;

	if (!p || !p->conf->enabled) {
		answer_code(c, s, N32_PROBLEM_NOT_ALLOWED, 0);
		return;
	}
	switch (operation) {
	case EXCHANGE_PARAMS:
		status = exchange_answer(w, g, p, session, body);
		answer_prins(c, s, status, &w->exchange->problem, 0, &w->exchange->body);
		break;
	case N32F_TERMINATE:
		status = notice_terminate(w, g, p, body);
		answer_prins(c, s, status, &n->problem, 0, &n->body);
		break;
	default:
		status = notice_report(w, g, p, session, body);
		answer_prins(c, s, status, &n->problem, n->retry_s, &n->body);
		break;
	}
}

void responder_on_request(struct conn *c, struct h2_stream *s)
{
	struct worker *w = caller_worker(c);
	/* one for all of it: another may be put in force meanwhile */
	struct generation *g = commons_current(w->commons);
	enum operation operation;

	if (!caller_is_trusted(w, g, c)) {
		answer_code(c, s, N32_PROBLEM_NOT_ALLOWED, 0);
		conn_finish(c, H2_NO_ERROR);
		return;
	}
	ensure(judge_path(h2_message_of(s)->path, &operation) == N32_PROBLEM_NONE);
	if (operation == EXCHANGE_CAPABILITY)
		on_capability(c, s, g);
	else
		on_prins(c, s, g, operation);
}
