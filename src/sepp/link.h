/* SPDX-License-Identifier: MIT */
/*
 * link.h - one partner as one worker sees it: the connections with it that live there.
 *
 * Made with the first connection or duty, freed when there is none and the partner is gone. One
 * worker of all is the partner's home: what we begin ourselves - attempts, connections of our own -
 * happens there, so that it needs no lock.  Of the worker's thread alone.
 */
#ifndef SEPP_LINK_H
#define SEPP_LINK_H

#include <sys/queue.h>

#include "net/conn.h"
#include "sepp/generation.h"
#include "sepp/worker.h"

struct dial;
struct initiator;
struct link;
struct links;

/* What a connection is to the gateway. */
struct session {
	TAILQ_ENTRY(session) next; /* of the link */
	struct conn *c;
	struct link *link; /* NULL: of a peer that nobody configured */
	struct dial *dial; /* that opened it and still waits for it; or NULL */
	bool is_counted;   /* among the partner's connections */
	bool is_kept;      /* PRINS: a policy has decided to keep it, */
	uint64_t kept_by;  /* of the generation of this number */
	msec max_age;      /* 0 = no bound */
};

TAILQ_HEAD(sessions, session);

struct link {
	TAILQ_ENTRY(link) next;
	struct association *association; /* a reference */
	struct sessions sessions;        /* oldest first */
	struct initiator *initiator;     /* of the home worker; made and freed by initiator.c */
};

TAILQ_HEAD(link_list, link);

struct links *links_new(void);

/* All sessions must be gone.  NULL is allowed. */
void links_free(struct links *l);

/* The link of that partner; made if there is none.  Borrowed until links_trim(). */
struct link *links_get(struct links *l, struct association *a);

/* By name: NULL if there is none. */
struct link *links_find(const struct links *l, const char *name);

/* Every link: for TAILQ_FOREACH. */
struct link_list *links_all(struct links *l);

/* Frees the links that have neither sessions nor an initiator and whose association is not that of
 * a partner of `g`. */
void links_trim(struct links *l, const struct generation *g);

/* Adds and removes; `link` NULL is allowed. */
struct session *session_new(struct link *link, struct conn *c);
void session_free(struct session *s);

/* It turned out to be of another partner, which the certificate names as well: it is counted there
 * from now on. */
void session_move(struct session *s, struct link *to);

/* Whether it has reached the age that it may live to. */
bool session_is_old(const struct session *s, msec now);

/* The session of a connection, or NULL. */
struct session *session_of(const struct conn *c);

/* The partner of the link as `g` has it: NULL if it is gone or was replaced by another of the same
 * name. */
struct partner *link_partner(const struct link *l, const struct generation *g);

/* The partner that the session is of, as `g` has it: NULL if it is nobody's, or of a partner that
 * is gone or was replaced by another of the same name. */
struct partner *session_partner(const struct session *s, const struct generation *g);

#endif
