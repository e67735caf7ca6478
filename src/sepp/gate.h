/* SPDX-License-Identifier: MIT */
/*
 * gate.h - who may connect while nothing is known of him but his address.
 *
 * Each source - an IPv4 address, or the /64 of an IPv6 address - has a share of connections and of
 * new ones per minute.  What is remembered is bounded whatever the number of sources: GATE_SETS
 * sets of GATE_WAYS places, chosen by a keyed hash; a place without connections goes to the next
 * newcomer, and newcomers that find none in their set share one.  A source that a partner was
 * authenticated from has the tier of that partner, so that under load the strangers are shed first.
 *
 * Shared by all workers; any function may be called by any thread.
 */
#ifndef SEPP_GATE_H
#define SEPP_GATE_H

#include "base/base.h"
#include "net/addr.h"

struct gate;

enum {
	GATE_SETS = 2048,
	GATE_WAYS = 16,
	GATE_TIERS = 3,    /* of partners: 1 is shed last */
	GATE_STRANGER = 4, /* the tier of sources that nobody was authenticated from */
};

/* 0: no limit. */
struct gate_limits {
	unsigned connections; /* of one source at a time */
	unsigned per_minute;  /* new ones of one source */
};

enum gate_verdict {
	GATE_OPEN,
	GATE_TOO_MANY, /* connections at a time */
	GATE_TOO_FAST, /* new ones per minute */
};

struct gate *gate_new(void);

/* NULL is allowed. */
void gate_free(struct gate *g);

/* How a connection was counted in. */
struct gate_pass {
	unsigned place; /* for gate_leave() */
	unsigned tier;  /* of the source */
	unsigned crowd; /* its connections, with this one */
};

/*
 * A connection from `from` at `now`: counted in if the verdict is GATE_OPEN; gate_leave() with its
 * pass follows then.
 */
enum gate_verdict gate_enter(struct gate *g, const struct addr *from,
    const struct gate_limits *limits, msec now, struct gate_pass *pass) MUST_CHECK;
void gate_leave(struct gate *g, const struct addr *from, unsigned place);

/* A partner of that tier was authenticated from there, or is expected to come from there. */
void gate_know(struct gate *g, const struct addr *from, unsigned tier, msec now);

/* How many sources are remembered. */
size_t gate_sources(struct gate *g);

#endif
