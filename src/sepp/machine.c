/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "sepp/machine.h"

#define S(state) (1u << MACHINE_##state)
#define BACK     MACHINE_STATES

enum {
	ALL = (1u << MACHINE_STATES) - 1,
	ENABLED = ALL & ~S(DISABLED),
	AGREED = S(AGREED_TLS) | S(AGREED_PRINS) | S(EXCHANGING_PARAMS) | S(ESTABLISHED),
	ATTEMPT = S(RESOLVING) | S(CONNECTING) | S(NEGOTIATING),
	RESTING = S(IDLE) | S(BACKING_OFF) | S(REFUSED) | S(QUARANTINED) | S(TERMINATED) |
		  S(FAILED_TRUST),
};

static const struct machine_row rows[] = {
	{ MACHINE_ON_DISABLE, ALL, MACHINE_DISABLED },
	{ MACHINE_ON_ENABLE, S(DISABLED), MACHINE_IDLE },

	{ MACHINE_ON_RESOLVE, RESTING | ATTEMPT, MACHINE_RESOLVING },
	{ MACHINE_ON_RESOLVE, AGREED, MACHINE_RENEGOTIATING },
	{ MACHINE_ON_CONNECT, S(RESOLVING) | S(CONNECTING), MACHINE_CONNECTING },
	{ MACHINE_ON_NEGOTIATE, S(CONNECTING), MACHINE_NEGOTIATING },

	{ MACHINE_ON_AGREE_TLS, ENABLED, MACHINE_AGREED_TLS },
	{ MACHINE_ON_AGREE_PRINS, ENABLED, MACHINE_AGREED_PRINS },

	{ MACHINE_ON_PARAMS, S(AGREED_PRINS) | S(ESTABLISHED), MACHINE_EXCHANGING_PARAMS },
	{ MACHINE_ON_CONTEXT, S(AGREED_PRINS) | S(EXCHANGING_PARAMS) | S(ESTABLISHED),
	    MACHINE_ESTABLISHED },
	{ MACHINE_ON_NO_CONTEXT, S(EXCHANGING_PARAMS) | S(ESTABLISHED), MACHINE_AGREED_PRINS },

	/* a failed renegotiation leaves the former agreement in force (n32.md A.10) */
	{ MACHINE_ON_FAIL, S(RENEGOTIATING) | S(EXCHANGING_PARAMS), BACK },
	{ MACHINE_ON_FAIL, ATTEMPT | S(TERMINATING), MACHINE_BACKING_OFF },
	{ MACHINE_ON_WRONG, S(RENEGOTIATING), BACK },
	{ MACHINE_ON_WRONG, ATTEMPT, MACHINE_QUARANTINED },
	/* ... but for a 403 and a failure of the authentication */
	{ MACHINE_ON_REFUSE, ENABLED, MACHINE_REFUSED },
	{ MACHINE_ON_UNTRUSTED, ENABLED, MACHINE_FAILED_TRUST },

	{ MACHINE_ON_TERMINATE, AGREED | S(RENEGOTIATING), MACHINE_TERMINATING },
	/* where nothing is in force, what ends is our trying, if anybody does */
	{ MACHINE_ON_END, ENABLED & ~S(IDLE), MACHINE_TERMINATED },
	{ MACHINE_ON_LEFT, ENABLED, MACHINE_IDLE },
};

static const struct {
	const char *name, *help;
	bool is_open;
} states[] = {
#define X(id, text, open, meaning) [MACHINE_##id] = { text, meaning, open },
	MACHINE_STATE_TABLE(X)
#undef X
};

static const struct {
	const char *name, *help;
} events[] = {
#define X(id, text, meaning) [MACHINE_ON_##id] = { text, meaning },
	MACHINE_EVENT_TABLE(X)
#undef X
};

enum machine_state machine_next(
    enum machine_state state, enum machine_event event, enum machine_state settled)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].event == event && (rows[i].from & (1u << state)))
			return rows[i].to == BACK ? settled : rows[i].to;
	}
	return state;
}

const char *machine_state_name(enum machine_state state)
{
	return states[state].name;
}

const char *machine_state_help(enum machine_state state)
{
	return states[state].help;
}

const char *machine_event_name(enum machine_event event)
{
	return events[event].name;
}

const char *machine_event_help(enum machine_event event)
{
	return events[event].help;
}

bool machine_state_parse(const char *name, enum machine_state *out)
{
	for (int i = 0; i < MACHINE_STATES; i++) {
		if (strcmp(states[i].name, name) == 0) {
			*out = (enum machine_state)i;
			return true;
		}
	}
	return false;
}

bool machine_is_open(enum machine_state state)
{
	return states[state].is_open;
}

bool machine_is_busy(enum machine_state state)
{
	return (ATTEMPT | S(RENEGOTIATING) | S(EXCHANGING_PARAMS) | S(TERMINATING)) & (1u << state);
}

const struct machine_row *machine_rows(size_t *n)
{
	*n = ARRAY_LEN(rows);
	return rows;
}
