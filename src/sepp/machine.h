/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the states of a partner in one direction, and what leads from one to the other.
 *
 * The one table of the relation to a partner: transitions, the gauge of the metrics, the columns of
 * `parleyctl partners` and the diagram of `parleyctl states` are made from it.  Pure: an event that
 * means nothing in a state leaves it as it is.
 *
 * Each partner has two directions: the peer opens a negotiation (in), or we do (out).  The result
 * of either is valid for both (TS 29.573 5.2.2), so what settles an agreement is an event of both.
 */
#ifndef SEPP_MACHINE_H
#define SEPP_MACHINE_H

#include "base/base.h"

/* state, name, whether N32-f signalling is allowed in it, what it means */
/* clang-format off */
#define MACHINE_STATE_TABLE(X) \
	X(IDLE, "idle", false, "nothing was agreed, nobody tries") \
	X(RESOLVING, "resolving", false, "we look for the partner's address") \
	X(CONNECTING, "connecting", false, "TCP and TLS to the partner are under way") \
	X(NEGOTIATING, "negotiating", false, "our offer was sent, the answer is awaited") \
	X(AGREED_TLS, "agreed_tls", true, "TLS was agreed") \
	X(AGREED_PRINS, "agreed_prins", true, "PRINS was agreed, there is no N32-f context") \
	X(EXCHANGING_PARAMS, "exchanging_params", true, "PRINS was agreed, parameters are exchanged") \
	X(ESTABLISHED, "established", true, "PRINS was agreed and there is an N32-f context") \
	X(RENEGOTIATING, "renegotiating", true, "an agreement is in force and we negotiate the next") \
	X(BACKING_OFF, "backing_off", false, "an attempt failed, another may be planned") \
	X(REFUSED, "refused", false, "a negotiation was refused by one side") \
	X(QUARANTINED, "quarantined", false, "the partner's answer broke the protocol") \
	X(TERMINATING, "terminating", false, "we tell the partner that the relation ends") \
	X(TERMINATED, "terminated", false, "one side ended the relation") \
	X(FAILED_TRUST, "failed_trust", false, "the partner's server could not prove who it is") \
	X(DISABLED, "disabled", false, "switched off in the partner's file")

/* event, name, what happened */
#define MACHINE_EVENT_TABLE(X) \
	X(ENABLE, "enable", "the operator enabled the partner") \
	X(DISABLE, "disable", "the operator disabled the partner") \
	X(RESOLVE, "resolve", "an attempt begins") \
	X(CONNECT, "connect", "there is an address to try") \
	X(NEGOTIATE, "negotiate", "the server is verified, our offer goes out") \
	X(AGREE_TLS, "agree TLS", "a negotiation selected TLS") \
	X(AGREE_PRINS, "agree PRINS", "a negotiation selected PRINS") \
	X(PARAMS, "exchange", "an exchange of parameters begins") \
	X(CONTEXT, "context", "there is an N32-f context") \
	X(NO_CONTEXT, "no context", "the last N32-f context ended, or none could be made") \
	X(FAIL, "fail", "an attempt came to nothing, the former agreement holds") \
	X(REFUSE, "refuse", "a negotiation was refused, what was agreed is suspended") \
	X(WRONG, "wrong answer", "the partner's answer broke the protocol") \
	X(UNTRUSTED, "untrusted", "the server's certificate is not the partner's") \
	X(TERMINATE, "terminate", "we begin to end the relation") \
	X(END, "end", "the relation has ended") \
	X(LEFT, "left", "the peer ended the relation; we may come back")
/* clang-format on */

enum machine_state {
#define X(name, text, open, help) MACHINE_##name,
	MACHINE_STATE_TABLE(X)
#undef X
	MACHINE_STATES
};

enum machine_event {
#define X(name, text, help) MACHINE_ON_##name,
	MACHINE_EVENT_TABLE(X)
#undef X
	MACHINE_EVENTS
};

/* What `event` leads to; `settled` is the state of the agreement that a failed attempt leaves in
 * force: IDLE if there is none. */
enum machine_state machine_next(
    enum machine_state state, enum machine_event event, enum machine_state settled);

/* Names, one-line meanings; static. */
const char *machine_state_name(enum machine_state state);
const char *machine_state_help(enum machine_state state);
const char *machine_event_name(enum machine_event event);
const char *machine_event_help(enum machine_event event);

/* The state of that name; false if there is none. */
bool machine_state_parse(const char *name, enum machine_state *out) MUST_CHECK;

/* Whether N32-f signalling is allowed in it. */
bool machine_is_open(enum machine_state state);

/* Whether an attempt of ours is under way in it. */
bool machine_is_busy(enum machine_state state);

/* One row of the table: `event` leads from each state whose bit is in `from` to `to`. */
struct machine_row {
	enum machine_event event;
	uint32_t from;
	enum machine_state to; /* MACHINE_STATES: back to what is in force */
};

/* The rows, for documentation; the first that fits holds. */
const struct machine_row *machine_rows(size_t *n);

#endif
