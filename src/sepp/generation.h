/* SPDX-License-Identifier: MIT */
/*
 * generation.h - one immutable set of configuration, partners, policies and certificates.
 *
 * Built aside, in the control thread, from a directory that was read once; then given to the
 * lineage, which publishes it with one store, keeps it for a while after it was replaced, and frees
 * it.  Any mistake in any file means that there is no generation.
 */
#ifndef SEPP_GENERATION_H
#define SEPP_GENERATION_H

#include "base/base.h"
#include "base/map.h"
#include "n32/identity.h"
#include "net/tls.h"
#include "sepp/directory.h"
#include "sepp/partner.h"
#include "sepp/programs.h"

struct err;
struct err_sink;
struct script_vm;

enum {
	GENERATION_WHY_MAX = 64,
	GENERATION_PLACE_MAX = 160
};

struct generation {
	/* Set by the lineage before it is published. */
	uint64_t number;     /* of this set of files; 0 = never in force */
	uint64_t activation; /* grows with each activation, also of an older generation */
	int64_t loaded_s, activated_s;
	char why[GENERATION_WHY_MAX]; /* it was activated: "start", "reload", "rollback from 7" */

	struct directory *directory; /* owned */
	struct programs *programs;   /* a reference; those below are of these */
	const struct conf_gateway *conf;
	struct script_program *gateway, *fallback; /* gateway.lua, default.lua */
	size_t n_shared, n_partners;
	struct script_program **shared; /* shared/<name>.lua */
	struct partner **partners;      /* in the order of their files */
	struct map by_name;             /* name -> partner */
	struct map by_fqdn;             /* canonical FQDN -> partner */
	struct map by_realm;            /* six digits, or digits "-" NID -> partner */
	struct map anchors; /* "anchors\ncrl\nexpired_crl" -> tls_anchors, a reference each */
	size_t n_tls;
	struct tls_ctx **tls; /* one for each worker */
};

/* What a generation needs from whoever runs it. */
struct generation_host {
	struct script_vm *vm;
	size_t n_libs; /* 0: only to decide with, offline; keys, certificates and anchors are not
			  read */
	struct tls_lib *const *libs; /* one context is made in each */
	tls_choose_fn *choose;       /* given the n-th of `args` */
	void *const *args;
	int keylog; /* see struct tls_conf */
	/* What is the same in this one is taken from it instead of being made again; or NULL. */
	const struct generation *before;
	const char **stage; /* NULL, or told what is being done; static text */
	/* Told of every mistake that can be found without another; NULL: the first ends it. */
	struct err_sink *all;
};

/*
 * Builds from `path`.  Returns NULL and fills `e` with the file, the line where there is one, and
 * what to write instead.  The caller owns the result.
 */
struct generation *generation_load(
    const char *path, const struct generation_host *host, struct err *e) MUST_CHECK;

/* The same from a directory that was read.  Takes `d`, also when it fails. */
struct generation *generation_build(
    struct directory *d, const struct generation_host *host, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void generation_free(struct generation *g);

/* The partner that has this canonical FQDN in its file, or NULL. */
struct partner *generation_find(const struct generation *g, const char *fqdn);

/* The partner of this name, or NULL. */
struct partner *generation_named(const struct generation *g, const char *name);

/*
 * The anchors for a certificate (TS 33.501 13.1.2): every PLMN or SNPN that it names has to belong
 * to the same ones.  Returns NULL with `*why` (static) otherwise.
 */
struct tls_anchors *generation_anchors(
    const struct generation *g, const struct n32_identity *id, const char **why);

/*
 * For messages: "partners/a.lua:12", where the table of the file sets `field`, or the path alone if
 * that is not to be seen.  Returns `out`.
 */
const char *generation_place(char out[GENERATION_PLACE_MAX], const struct generation *g,
    const char *path, const char *field);

#endif
