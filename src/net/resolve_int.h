/* SPDX-License-Identifier: MIT */
/*
 * resolve_int.h - shared by resolve*.c and by nobody else, but for their tests.
 */
#ifndef NET_RESOLVE_INT_H
#define NET_RESOLVE_INT_H

#include <ares.h>
#include <sys/queue.h>

#include "net/loop.h"
#include "net/resolve.h"

enum {
	RESOLVE_NAME_MAX = 256, /* with the final dot and the NUL: RFC 1035 allows 254 */
	RESOLVE_TARGETS_MAX = 8,
	RESOLVE_CACHE_MAX = 1024,
	RESOLVE_TTL_MIN_S = 1,
	RESOLVE_TTL_MAX_S = 3600
};

extern const char resolve_malformed[], resolve_no_service[]; /* reasons */

enum resolve_kind {
	RESOLVE_HOST,
	RESOLVE_SRV
};

/* What an SRV record points at. */
struct resolve_target {
	char name[RESOLVE_NAME_MAX];
	unsigned priority, weight, port;
};

/* The good answer to one question, as it is remembered. */
struct resolve_found {
	unsigned ttl_s;
	size_t n;
	union {
		struct addr addrs[RESOLVE_ADDRS_MAX];               /* RESOLVE_HOST */
		struct resolve_target targets[RESOLVE_TARGETS_MAX]; /* RESOLVE_SRV */
	} u;
};

/*
 * Brings `name` into the one form in which it is asked for and remembered: lower case, with a final
 * dot, and nothing in it but letters, digits, '-' and '_'.  False if it can be no name.
 */
bool resolve_name(char out[RESOLVE_NAME_MAX], const char *name) MUST_CHECK;

/* `ttl_s` within the bounds; RFC 2181 8: with the highest bit set it means 0. */
unsigned resolve_ttl(uint32_t ttl_s);

/* Lowers `*least` to resolve_ttl(ttl_s), if that is less. */
void resolve_lower_ttl(unsigned *least, uint32_t ttl_s);

/* resolve_channel.c: the name servers of one configuration, and the questions open with them. */
struct resolve_channel {
	SLIST_ENTRY(resolve_channel) link; /* for the owner */
	size_t n_questions;                /* for the owner */
	ares_channel ares;
	struct loop *loop;
	struct loop_timer timer;
	LIST_HEAD(, resolve_socket) sockets;
};

struct resolve_channel *resolve_channel_new(
    struct loop *l, const struct resolve_conf *conf, struct err *e) MUST_CHECK;

/* Not from within a callback of c-ares; those of open questions are called. */
void resolve_channel_free(struct resolve_channel *ch);

/* After each call of c-ares: its next deadline may be another one. */
void resolve_channel_update(struct resolve_channel *ch);

/* resolve_cache.c: good answers; the oldest of RESOLVE_CACHE_MAX gives way. */
struct resolve_cache;
struct resolve_cache *resolve_cache_new(void);
void resolve_cache_free(struct resolve_cache *c);

/* Forgets everything. */
void resolve_cache_reset(struct resolve_cache *c);

/* Copies what is remembered into `out`, with what is left of its TTL; false if it is nothing. */
bool resolve_cache_find(struct resolve_cache *c, enum resolve_kind kind, const char *name, msec now,
    struct resolve_found *out) MUST_CHECK;

/* Adds or replaces.  Copies `found`, whose TTL is within the bounds. */
void resolve_cache_put(struct resolve_cache *c, enum resolve_kind kind, const char *name, msec now,
    const struct resolve_found *found);

/* resolve_srv.c: reads the answer to an SRV question.  NULL, or static text when there is none. */
const char *resolve_srv_read(
    struct resolve_found *out, const unsigned char *msg, size_t len) MUST_CHECK;

/* By priority, then by weight at random: RFC 2782, page 3. */
void resolve_srv_order(struct resolve_target *targets, size_t n);

#endif
