/* SPDX-License-Identifier: MIT */
/*
 * initiator_int.h - shared by initiator*.c and by nobody else.
 *
 * All of it belongs to the thread of the partner's home worker.
 */
#ifndef SEPP_INITIATOR_INT_H
#define SEPP_INITIATOR_INT_H

#include "sepp/call.h"
#include "sepp/dial.h"
#include "sepp/exchange.h"
#include "sepp/initiator.h"
#include "sepp/offer.h"

enum {
	REDIRECTS_MAX = 3,
	RECOVERIES_MAX = 20, /* attempts for a partner that we do not initiate to */
};

enum attempt_step {
	ATTEMPT_NONE, /* nothing is under way */
	ATTEMPT_NEGOTIATE,
	ATTEMPT_EXCHANGE
};

/* One negotiation with all that follows from it. */
struct attempt {
	struct dial dial;
	struct loop_timer timer; /* the next one begins when it fires */
	enum attempt_step step;
	char why[160];       /* it was begun */
	bool is_again;       /* wanted once more while one is under way */
	unsigned failures;   /* in a row */
	unsigned recoveries; /* that may still follow without `initiate` */
	unsigned redirects;
	bool is_reopened;    /* the exchange had to begin on another connection */
	msec settles;        /* not 0: negotiate again that long after this one */
	uint64_t settled_at; /* agreements when that was planned; 0 = it was not */
	uint64_t agreed;     /* agreements with the partner when it began */
	uint64_t offer;      /* stands for what we offer in it */
	struct conf_caps offered;
	struct exchange exchange;
	char old_context[N32_CONTEXT_ID_LEN + 1]; /* of the peer: ours before this one; "" = none */
	struct session *session;                  /* once it is up; until the attempt is over */
	struct call *call;
};

enum errand_kind {
	ERRAND_TERMINATE, /* n32f-terminate */
	ERRAND_REPORT,    /* n32f-error */
	ERRAND_NONE       /* exchange-capability with NONE */
};

struct errand {
	TAILQ_ENTRY(errand) next;
	struct initiator *i;
	enum errand_kind kind;
	char id[N32_CONTEXT_ID_LEN + 1];
	char error[N32_TEXT_MAX + 1], message_id[N32_TEXT_MAX + 1];
	unsigned tries;
	msec until;        /* by then a context of ours has expired at the peer, too */
	struct call *call; /* under way */
};

TAILQ_HEAD(errand_list, errand);

/* Notices, and the connection that they need; or a connection that is wanted for its own sake. */
struct courier {
	struct dial dial;
	struct loop_timer timer; /* not before it fires is the partner dialled again */
	bool wants_connection;
	unsigned failures;
	struct errand_list errands;
};

struct initiator {
	struct worker *w;
	struct link *link;
	struct attempt attempt;
	struct courier courier;
	unsigned damages; /* the relation was damaged that often, each time soon after another */
	msec damaged;     /* the last time */
	bool is_ending;   /* END is under way: the relation has ended when the errands are done */
};

/* The partner as the generation in force has it; NULL: gone, disabled, or we are ending. */
struct partner *initiator_partner(const struct initiator *i);

/* The generation in force, and the time. */
const struct generation *initiator_generation(const struct initiator *i);
int64_t initiator_now_s(const struct initiator *i);

/* A random time below the bound for so many failures in a row. */
msec initiator_delay(const struct initiator *i, unsigned failures);

/* How long an agreement lasts until it is negotiated anew, some time before it is too old. */
msec initiator_lifetime(const struct initiator *i);

/* --- initiator_attempt.c */

void attempt_init(struct initiator *i);

/* Forgets what is under way; no call comes back. */
void attempt_cancel(struct initiator *i);

/* Begins now, or when the present one is over. */
void attempt_begin(struct initiator *i, const char *why);

/* Begins in `delay`, and not when it was planned before; nothing happens while one is under way. */
void attempt_plan(struct initiator *i, msec delay, const char *why);

/* Nothing is planned any more. */
void attempt_unplan(struct initiator *i);

/* For its two halves: what the attempt comes to. */
void attempt_succeed(struct initiator *i, const struct partner *p);
void attempt_fail(struct initiator *i, const char *reason);
void attempt_fail_with(struct initiator *i, enum machine_event event, const char *reason,
    const char *place, unsigned retry_s);

/* It was asked, and nobody knows what came of it at the other end. */
void attempt_doubt(struct initiator *i);

/* Ends the connection of the attempt, if it has one. */
void attempt_let_go(struct initiator *i);

/* Says how far it is. */
void attempt_step(struct initiator *i, enum machine_event event, const char *reason);

/* --- initiator_exchange.c */

/* PRINS was selected on `s`: exchanges parameters, to the end of the attempt. */
void attempt_exchange(struct initiator *i, struct session *s, const struct partner *p);

/* Whether PRINS is in force: the peer may have negotiated something else meanwhile. */
bool attempt_is_prins(const struct initiator *i);

/* "the partner answers <what> with 403 CAUSE: detail" */
void attempt_name_refusal(
    char out[ASSOC_REASON_MAX], const char *what, const struct call_result *r);

/* --- initiator_courier.c */

void courier_init(struct initiator *i);
void courier_cancel(struct initiator *i);

/* Copies; sent as soon as there is a connection. */
void courier_add(struct initiator *i, enum errand_kind kind, const char *id, const char *error,
    const char *message_id);

/* For so long no connection is opened; what waits goes out on one that comes up anyway. */
void courier_wait(struct initiator *i, msec delay);

/* Have a connection of our own. */
void courier_want(struct initiator *i);

/* A connection of ours may be used for what waits. */
void courier_use(struct initiator *i, struct session *s);

#endif
