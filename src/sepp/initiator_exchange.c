/* SPDX-License-Identifier: MIT */
/* The second half of an attempt: what follows when PRINS was selected. */
#include "base/base.h"

#include <stdio.h>

#include "n32/json_prins.h"
#include "sepp/initiator_int.h"
#include "sepp/retention.h"

enum {
	DETAIL_MAX = 200,
};

static void on_parameters(void *owner, const struct call_result *r);

static void post_parameters(struct initiator *i, struct session *s)
{
	struct attempt *a = &i->attempt;

	a->session = s;
	a->call = call_post(s, a->dial.name.text, "exchange-params", buf_str(&i->w->exchange->body),
	    on_parameters, i);
}

/* Half an exchange leaves no context behind, on either side; nor what it had taken the place of. */
static void undo(struct initiator *i)
{
	struct attempt *a = &i->attempt;

	if (!contexts_end(i->w->commons->contexts, i->link->association, a->exchange.own,
		initiator_now_s(i), NULL))
		return;
	courier_add(i, ERRAND_TERMINATE, a->exchange.peer, "", "");
	if (*a->old_context)
		courier_add(i, ERRAND_TERMINATE, a->old_context, "", "");
}

/* The peer did not keep the connection for it: once, another one is opened, and the exchange begun
 * anew (CON-07). */
static void reopen(struct initiator *i, const char *why)
{
	struct attempt *a = &i->attempt;
	struct partner *p = initiator_partner(i);
	struct dial_target same = { .name = a->dial.name, .port = a->dial.port };
	char reason[ASSOC_REASON_MAX];

	attempt_doubt(i);
	if (a->is_reopened || a->exchange.done || !p) {
		undo(i);
		snprintf(reason, sizeof(reason), "exchange of parameters: %s", why);
		attempt_fail(i, reason);
		return;
	}
	a->is_reopened = true;
	attempt_let_go(i);
	dial_start(&a->dial, initiator_generation(i), p, a->dial.is_redirected ? &same : NULL);
}

bool attempt_is_prins(const struct initiator *i)
{
	return assoc_in_force(i->link->association) == N32_CAP_PRINS;
}

void attempt_exchange(struct initiator *i, struct session *s, const struct partner *p)
{
	struct attempt *a = &i->attempt;

	a->step = ATTEMPT_EXCHANGE;
	attempt_step(i, MACHINE_ON_PARAMS, "");
	exchange_begin(&a->exchange, i->w, initiator_generation(i), p);
	post_parameters(i, s);
	if (!a->call)
		reopen(i, "the connection takes no more requests");
}

/* PRINS is established: the connection may stay, if the policy says so. */
static void establish(struct initiator *i, struct session *s, const struct partner *p)
{
	struct attempt *a = &i->attempt;
	bool keeps = retention_keeps(i->w, initiator_generation(i), s, SCRIPT_EVENT_NEGOTIATED);

	if (*a->old_context)
		courier_add(i, ERRAND_TERMINATE, a->old_context, "", "");
	if (keeps)
		courier_use(i, s);
	else
		conn_finish(s->c, H2_NO_ERROR);
	attempt_succeed(i, p);
}

void attempt_name_refusal(char out[ASSOC_REASON_MAX], const char *what, const struct call_result *r)
{
	struct n32_problem_info info;

	n32_problem_decode(&info, r->message->body);
	snprintf(out, ASSOC_REASON_MAX, "the partner answers %s with %u%s%s%s%.*s", what, r->status,
	    *info.cause ? " " : "", info.cause, *info.detail ? ": " : "", DETAIL_MAX, info.detail);
}

static void on_parameters(void *owner, const struct call_result *r)
{
	struct initiator *i = owner;
	struct attempt *a = &i->attempt;
	const struct partner *p = initiator_partner(i);
	enum n32_cap in_force = assoc_in_force(i->link->association);
	char reason[ASSOC_REASON_MAX];

	a->call = NULL;
	if (p && in_force != N32_CAP_PRINS && in_force != N32_CAP_UNKNOWN) {
		/* the peer has negotiated something else: there is nothing left to exchange */
		undo(i);
		attempt_let_go(i);
		attempt_succeed(i, p);
		return;
	}
	if (r->status == 0) {
		reopen(i, r->why);
		return;
	}
	if (in_force != N32_CAP_PRINS) {
		undo(i);
		attempt_fail(i, "PRINS is no longer in force");
		return;
	}
	if (!p || r->status != 200 || !r->is_json) {
		attempt_name_refusal(reason, "exchange-params", r);
		undo(i);
		attempt_fail_with(
		    i, MACHINE_ON_FAIL, p ? reason : "the partner is gone", NULL, r->retry_s);
		return;
	}
	switch (exchange_go_on(
	    &a->exchange, i->w, initiator_generation(i), p, r->s, r->message->body)) {
	case EXCHANGE_NEXT:
		post_parameters(i, r->s);
		if (!a->call) {
			undo(i);
			attempt_fail(
			    i, "the connection ended in the middle of the exchange of parameters");
		}
		break;
	case EXCHANGE_DONE:
		establish(i, r->s, p);
		break;
	case EXCHANGE_FAILED:
		undo(i);
		attempt_fail(i, i->w->exchange->reason);
		break;
	}
}
