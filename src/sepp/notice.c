/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "n32/json_prins.h"
#include "sepp/caller.h"
#include "sepp/notice.h"

enum {
	BODY_MAX = 1024,
	REPORTS_TO_ASK = 10, /* error reports about a context until ERRORS is asked, each time */
};

struct notice *notice_new(void)
{
	struct notice *n = mem_alloc(sizeof(*n));

	buf_init(&n->body, BODY_MAX);
	return n;
}

void notice_free(struct notice *n)
{
	if (!n)
		return;
	buf_release(&n->body);
	mem_free(n);
}

static unsigned refuse(struct notice *n, enum n32_problem_code code)
{
	n32_problem_reset(&n->problem, code);
	return (unsigned)n32_problem_status(code);
}

static unsigned malformed(struct worker *w, struct partner *p, const struct notice *n)
{
	assoc_strike(p->association, loop_wall_s(w->loop));
	return (unsigned)n32_problem_status(n->problem.code);
}

static void wish(struct worker *w, enum wish_kind kind, const struct partner *p, const char *why)
{
	const struct wish what = wish_of(kind, p->conf->name, why);

	worker_wish(w, &what);
}

/* --- n32f-terminate */

static void encode_id(struct notice *n)
{
	/* the id that the requester allocated (n32.md A.9) */
	(void)str_copy(n->info.id, sizeof(n->info.id), str_of(n->context.peer));
	buf_reset(&n->body);
	ensure(n32_context_info_encode(&n->body, &n->info) == 0);
}

unsigned notice_terminate(
    struct worker *w, const struct generation *g, struct partner *p, struct str body)
{
	struct notice *n = w->notice;
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };

	if (n32_context_info_decode(&n->info, body, &options, &n->problem))
		return malformed(w, p, n);
	if (!contexts_end(w->commons->contexts, p->association, n->info.id, loop_wall_s(w->loop),
		&n->context)) {
		log_peer(loop_now(w->loop), LOG_INFO, LOG_SEPP, p->conf->name,
		    "n32f-terminate of a context that is not there id=%s", n->info.id);
		return refuse(n, N32_PROBLEM_CONTEXT_NOT_FOUND);
	}
	log_info(LOG_SEPP, p->conf->name, "N32-f context ended by the peer id=%s peer_id=%s",
	    n->context.own, n->context.peer);
	encode_id(n);
	if (!contexts_newest(w->commons->contexts, p->association, &n->context))
		wish(w, WISH_COME_BACK, p, "the peer ended the last N32-f context");
	return 200;
}

/* --- n32f-error */

/* Whether the context is of no more use to either side (n32.md B.10). */
static bool is_fatal(enum n32_error_type type)
{
	return type == N32_ERROR_CONTEXT_NOT_FOUND || type == N32_ERROR_INTEGRITY_KEY_EXPIRED ||
	       type == N32_ERROR_ENCRYPTION_KEY_EXPIRED;
}

static void ask(struct worker *w, const struct generation *g, struct partner *p, struct session *s,
    uint64_t in_context)
{
	struct notice *n = w->notice;
	struct decision *d = &n->decision;

	n->seen = (struct script_report){ .error = n->report.error.type, .in_context = in_context };
	memcpy(n->seen.error_text, n->report.error.text, sizeof(n->seen.error_text));
	memcpy(n->seen.context, n->report.context_id, sizeof(n->seen.context));
	memcpy(n->seen.message_id, n->report.message_id, sizeof(n->seen.message_id));
	memset(&d->in, 0, sizeof(d->in));
	d->generation = g;
	d->in.hook = SCRIPT_ON_ERROR_REPORT;
	d->in.report = &n->seen;
	decide(w, d, p, s->c, caller_identify(w, s->c));
}

/* The operator's policy about the report; without one, or with one that fails, it is only counted.
 */
static void obey(struct worker *w, const struct generation *g, struct partner *p, struct session *s,
    uint64_t in_context)
{
	const struct script_answer *out = &w->notice->decision.out;

	if (!p->hooks[SCRIPT_ON_ERROR_REPORT])
		return;
	ask(w, g, p, s, in_context);
	switch (out->verdict) {
	case SCRIPT_RENEGOTIATE:
		wish(w, WISH_RECOVER, p, out->reason);
		decision_done(w, "204 negotiates anew");
		break;
	case SCRIPT_TERMINATE:
		wish(w, WISH_END, p, out->reason);
		decision_done(w, "204 ends the relation");
		break;
	default:
		decision_done(w, "204");
		break;
	}
}

/* The context, if the report names one, or the newest there is. */
static bool find_context(struct worker *w, const struct partner *p)
{
	struct notice *n = w->notice;

	if (*n->report.context_id)
		return contexts_find(
		    w->commons->contexts, p->association, n->report.context_id, &n->context);
	return contexts_newest(w->commons->contexts, p->association, &n->context);
}

static void tell(const struct worker *w, const struct partner *p, const struct notice *n)
{
	char type[4 * N32_TEXT_MAX], id[4 * N32_TEXT_MAX];

	log_peer(loop_now(w->loop), LOG_WARN, LOG_SEPP, p->conf->name,
	    "the peer reports an error in an N32-f message type=%s message=%s context=%s",
	    str_escape(type, sizeof(type), str_of(n32_error_text(&n->report.error))),
	    str_escape(id, sizeof(id), str_of(n->report.message_id)), n->context.own);
}

unsigned notice_report(struct worker *w, const struct generation *g, struct partner *p,
    struct session *s, struct str body)
{
	struct notice *n = w->notice;
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };
	uint64_t count_here;

	n->retry_s = 0;
	if (!assoc_admit_report(
		p->association, loop_now(w->loop), p->conf->reports_per_minute, &n->retry_s))
		return refuse(n, N32_PROBLEM_RATE);
	if (n32_error_info_decode(&n->report, body, &options, &n->problem))
		return malformed(w, p, n);
	if (!find_context(w, p))
		return refuse(n, N32_PROBLEM_CONTEXT_NOT_FOUND);
	count(&w->counters, COUNTER_REPORTS_IN, 1);
	assoc_count_report(p->association, ASSOC_IN);
	count_here =
	    contexts_count_report(w->commons->contexts, p->association, n->context.own, ASSOC_IN);
	tell(w, p, n);
	if (is_fatal(n->report.error.type)) {
		(void)contexts_end(w->commons->contexts, p->association, n->context.own,
		    loop_wall_s(w->loop), NULL);
		wish(w, WISH_RECOVER, p, "the peer does not know the N32-f context any more");
		return 204;
	}
	obey(w, g, p, s, count_here);
	if (count_here % REPORTS_TO_ASK == 0) {
		struct wish review = wish_of(WISH_REVIEW, p->conf->name, "error reports");

		review.event = SCRIPT_EVENT_ERRORS;
		worker_wish_all(w, &review);
	}
	return 204;
}
