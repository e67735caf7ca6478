/* SPDX-License-Identifier: MIT */
/*
 * expiry.h - when what the gateway depends on expires, and telling the operator in time.
 *
 * That is our certificate, the anchors and revocation lists that partners name, and the certificate
 * that each partner had at the last agreement.  The log is told of each 60, 30 and 7 days before
 * and at the end, once: the state of what was told lives as long as the process.  A list that is
 * made anew more often than that is not yet late: days that are half of its life or more do not
 * count.  For one thread.
 */
#ifndef SEPP_EXPIRY_H
#define SEPP_EXPIRY_H

#include "base/base.h"
#include "sepp/generation.h"

enum expiry_what {
	EXPIRY_CERTIFICATE, /* ours, by its path */
	EXPIRY_ANCHORS,     /* the first of a file, by its path */
	EXPIRY_CRL,         /* the next update of the first list of a file, by its path */
	EXPIRY_PARTNER      /* a partner's certificate, by its name */
};

/* How near it is. */
enum expiry_level {
	EXPIRY_FAR,
	EXPIRY_60_DAYS,
	EXPIRY_30_DAYS,
	EXPIRY_7_DAYS,
	EXPIRY_OVER
};

struct expiry_item {
	enum expiry_what what;
	const char *name; /* borrowed from the generation */
	int64_t at_s;
	int64_t life_s; /* from beginning to end; 0 = it does not matter */
};

typedef void expiry_fn(void *arg, const struct expiry_item *item);

/* "certificate", "anchors", "crl", "partner". */
const char *expiry_what_name(enum expiry_what what);

/* Every item of `g` whose end is known, each once; what is ours first. */
void expiry_each(const struct generation *g, expiry_fn *fn, void *arg);

enum expiry_level expiry_level(const struct expiry_item *item, int64_t now_s);

/* --- telling */

struct expiry;

struct expiry *expiry_new(void);

/* NULL is allowed. */
void expiry_free(struct expiry *x);

/* Logs what has come nearer than when it was last told. */
void expiry_tell(struct expiry *x, const struct generation *g, int64_t now_s);

#endif
