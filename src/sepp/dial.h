/* SPDX-License-Identifier: MIT */
/*
 * dial.h - gets a connection to a partner's SEPP: where it is, TCP and TLS, and whether it is who
 * it should be (TS 33.501 13.1.2; n32.md A.8).
 *
 * Addresses come from the partner's file or from DNS (net/resolve.h), and are tried one after the
 * other.  The server's certificate has to be of the name that was dialled, be vouched for by the
 * partner's own anchors, and be one of the partner's; anything else is as if nobody had answered,
 * but is told apart.  Embedded; belongs to the thread of its worker.
 */
#ifndef SEPP_DIAL_H
#define SEPP_DIAL_H

#include "net/resolve.h"
#include "sepp/link.h"

enum dial_failure {
	DIAL_UNREACHABLE, /* no address, no connection, no TLS */
	DIAL_UNTRUSTED,   /* whoever answers is not the partner */
};

/* Another SEPP of the partner than the one in its file. */
struct dial_target {
	struct n32_fqdn name;
	unsigned port;
};

/* Reads "https://host[:port]/..."; false if it is something else.  Port 0: none is named. */
bool dial_target_parse(struct dial_target *t, struct str uri) MUST_CHECK;

/* Called from the loop, never from within a call of dial_*(); may start it again. */
struct dial_events {
	/* An address was found and is tried. */
	void (*on_address)(struct dial *d, const struct addr *a);
	/* In the turn of the connection, which is the caller's from now on: session->dial is NULL.
	 */
	void (*on_up)(struct dial *d, struct session *s);
	/* `why` is valid for the call. */
	void (*on_down)(struct dial *d, enum dial_failure failure, const char *why);
};

struct dial {
	struct worker *w;
	struct link *link;
	const struct dial_events *events;
	struct n32_fqdn name; /* that is dialled */
	unsigned port;
	bool is_busy;
	bool is_redirected; /* `name` need not be one of the partner's file */
	struct resolve_query *query;
	char sought[N32_FQDN_MAX + 1]; /* what is looked up; cut */
	struct resolve_answer addrs;
	size_t next;             /* of them */
	struct session *session; /* that is being connected */
	struct loop_timer timer; /* of the resolver, or until the next address is tried */
	enum dial_failure failure;
	char why[160];
};

void dial_init(
    struct dial *d, struct worker *w, struct link *link, const struct dial_events *events);

/*
 * Begins: to `target`, or where the partner's file says if that is NULL.  Ends with on_up() or
 * on_down().  Must not be busy.
 */
void dial_start(struct dial *d, const struct generation *g, const struct partner *p,
    const struct dial_target *target);

/* Forgets about it: no event comes any more. */
void dial_cancel(struct dial *d);

/* From the handler of connections, for a session that has a dial.  The first returns what
 * on_ready() does. */
bool dial_on_ready(struct session *s) MUST_CHECK;
void dial_on_end(struct session *s, enum conn_end end, const char *why);

#endif
