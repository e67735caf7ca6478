/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - names to addresses: DNS, without blocking the loop.
 *
 * A resolver belongs to one loop and its thread.  It asks name servers and nobody else: no
 * /etc/hosts, no search domains; every name is taken as absolute.  Numeric addresses are not names;
 * callers deal with them.  What was found is remembered for as long as its TTL says, at least a
 * second and at most an hour; what was not found is asked for again.
 *
 * A query lives from resolve_host() or resolve_srv() until its function is called, which happens
 * once, later and not from within those, or until it is cancelled.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/base.h"
#include "net/addr.h"

struct err;
struct loop;
struct resolver;
struct resolve_query;

enum {
	RESOLVE_ADDRS_MAX = 16,
	RESOLVE_SERVERS_MAX = 4
};

struct resolve_conf {
	size_t n_servers; /* 0: those of the system, as /etc/resolv.conf says now */
	struct addr servers[RESOLVE_SERVERS_MAX];
	msec timeout;   /* of one try; each round through the servers doubles it; over 0 */
	unsigned tries; /* with each server; over 0 */
};

struct resolve_answer {
	size_t n;
	struct addr addrs[RESOLVE_ADDRS_MAX]; /* with ports, in the order to try them */
	unsigned ttl_s;  /* what is left of the least of all records: 1 to 3600; 0 with `why` */
	const char *why; /* when `n` is 0: static text */
};

/* Borrows `answer`.  May start and cancel other queries, but not free the resolver. */
typedef void resolve_fn(void *arg, const struct resolve_answer *answer);

/* Borrows `l`.  The caller owns the resolver, and frees it before the loop. */
struct resolver *resolver_new(
    struct loop *l, const struct resolve_conf *conf, struct err *e) MUST_CHECK;

/*
 * Other servers for queries from now on, and nothing is remembered.  Open queries go on with the
 * servers that they have.  A failure changes nothing.
 */
int resolver_configure(
    struct resolver *r, const struct resolve_conf *conf, struct err *e) MUST_CHECK;

/* Open queries are forgotten: their functions are not called.  NULL is allowed. */
void resolver_free(struct resolver *r);

/*
 * The addresses of `name`, IPv6 and IPv4, in the order of RFC 6724, with `port`.  Copies `name`.
 * The query is borrowed, valid until `fn` is called.
 */
struct resolve_query *resolve_host(
    struct resolver *r, const char *name, unsigned port, resolve_fn *fn, void *arg);

/*
 * The addresses and ports of the service `name`, such as "_n32._tcp.example.org" (RFC 2782): its
 * targets by priority, then by weight at random, anew for each query.  At most 8 targets, those of
 * the highest priority; they share RESOLVE_ADDRS_MAX evenly, so that the last has its place.
 * Otherwise as resolve_host().
 */
struct resolve_query *resolve_srv(struct resolver *r, const char *name, resolve_fn *fn, void *arg);

/* Ends a query whose function was not called yet, and now never is. */
void resolve_cancel(struct resolve_query *q);

#endif
