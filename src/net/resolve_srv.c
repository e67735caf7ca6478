/* SPDX-License-Identifier: MIT */
/*
 * SRV records (RFC 2782): what an answer holds, and in which order its targets are to be tried.
 * The message is read with libresolv: c-ares reads SRV records as well, but drops their TTL.
 */
#include "base/base.h"

#include <arpa/nameser.h>
#include <string.h>
#include <strings.h>

#include "base/random.h"
#include "net/resolve_int.h"

const char resolve_malformed[] = "malformed answer";
const char resolve_no_service[] = "no service there";

enum {
	SRV_FIXED = 6 /* octets before the target */
};

/* Adds, or replaces the one of the lowest priority if the new one is better. */
static void keep(struct resolve_found *out, const struct resolve_target *t)
{
	struct resolve_target *slot = &out->u.targets[0];

	if (out->n < RESOLVE_TARGETS_MAX) {
		out->u.targets[out->n++] = *t;
		return;
	}
	for (size_t i = 1; i < out->n; i++) {
		if (out->u.targets[i].priority > slot->priority)
			slot = &out->u.targets[i];
	}
	if (t->priority < slot->priority)
		*slot = *t;
}

/* Leaves out ".", which says that there is no service, and what is no name of a host. */
static bool read_target(struct resolve_found *out, const ns_msg *m, const ns_rr *rr, bool *is_odd)
{
	const unsigned char *p = ns_rr_rdata(*rr);
	struct resolve_target t;
	char name[NS_MAXDNAME];
	int n;

	if (ns_rr_rdlen(*rr) <= SRV_FIXED)
		return false;
	t.priority = ns_get16(p);
	t.weight = ns_get16(p + 2);
	t.port = ns_get16(p + 4);
	n = ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), p + SRV_FIXED, name, sizeof(name));
	if (n != ns_rr_rdlen(*rr) - SRV_FIXED)
		return false;
	if (resolve_name(t.name, name))
		keep(out, &t);
	else if (strcmp(name, ".") != 0)
		*is_odd = true;
	return true;
}

/* One record of the answer; `owner` is the name that is looked for, and follows aliases. */
static bool read_record(struct resolve_found *out, const ns_msg *m, const ns_rr *rr,
    char owner[NS_MAXDNAME], bool *is_odd)
{
	if (ns_rr_class(*rr) != ns_c_in || strcasecmp(ns_rr_name(*rr), owner) != 0)
		return true;
	if (ns_rr_type(*rr) == ns_t_srv) {
		resolve_lower_ttl(&out->ttl_s, ns_rr_ttl(*rr));
		return read_target(out, m, rr, is_odd);
	}
	if (ns_rr_type(*rr) == ns_t_cname) {
		resolve_lower_ttl(&out->ttl_s, ns_rr_ttl(*rr));
		return ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), ns_rr_rdata(*rr), owner,
			   NS_MAXDNAME) >= 0;
	}
	return true;
}

const char *resolve_srv_read(struct resolve_found *out, const unsigned char *msg, size_t len)
{
	char owner[NS_MAXDNAME];
	bool is_odd = false;
	ns_msg m;
	ns_rr rr;

	memset(out, 0, sizeof(*out));
	out->ttl_s = RESOLVE_TTL_MAX_S;
	if (len > NS_MAXMSG || ns_initparse(msg, (int)len, &m) != 0 ||
	    ns_parserr(&m, ns_s_qd, 0, &rr) != 0)
		return resolve_malformed;
	(void)str_copy(owner, sizeof(owner), str_of(ns_rr_name(rr))); /* of the same size */
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) != 0 ||
		    !read_record(out, &m, &rr, owner, &is_odd))
			return resolve_malformed;
	}
	if (out->n > 0)
		return NULL;
	return is_odd ? resolve_malformed : resolve_no_service;
}

/* Whether `a` belongs before `b`: weight 0 first, as the algorithm of RFC 2782 wants it. */
static bool is_before(const struct resolve_target *a, const struct resolve_target *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight > 0;
}

static void move(struct resolve_target *targets, size_t from, size_t to)
{
	struct resolve_target t = targets[from];

	memmove(&targets[to + 1], &targets[to], (from - to) * sizeof(t));
	targets[to] = t;
}

/* One of those that share the priority of the first: in proportion to its weight. */
static size_t choose(const struct resolve_target *targets, size_t n)
{
	unsigned sum = 0, left;
	size_t same, i = 0;

	for (same = 0; same < n && targets[same].priority == targets[0].priority; same++)
		sum += targets[same].weight;
	left = (unsigned)random_below(sum + 1u);
	while (i + 1 < same && targets[i].weight < left)
		left -= targets[i++].weight;
	return i;
}

void resolve_srv_order(struct resolve_target *targets, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t to = i;

		while (to > 0 && is_before(&targets[i], &targets[to - 1]))
			to--;
		move(targets, i, to);
	}
	for (size_t i = 0; i < n; i++)
		move(targets, i + choose(targets + i, n - i), i);
}
