/* SPDX-License-Identifier: MIT */
/*
 * generation.h - one immutable set of configuration, partners, policies and certificates.
 *
 * Built aside, in the control thread, from a directory that was read once; then published with one
 * store and read by all workers; freed when each of them has moved on.  Any mistake in any file
 * means that there is no generation.
 */
#ifndef SEPP_GENERATION_H
#define SEPP_GENERATION_H

#include "base/base.h"
#include "base/map.h"
#include "n32/identity.h"
#include "net/tls.h"
#include "sepp/directory.h"
#include "sepp/partner.h"

struct err;
struct script_vm;

struct generation {
	uint64_t number; /* set when published */
	int64_t activated_s;
	struct directory *directory; /* owned */
	const struct conf_gateway *conf;
	struct script_program *gateway, *fallback; /* gateway.lua, default.lua */
	size_t n_shared, n_partners;
	struct script_program **shared; /* shared/<name>.lua */
	struct partner **partners;      /* in the order of their files */
	struct map by_fqdn;             /* canonical FQDN -> partner */
	struct map by_realm;            /* six digits, or digits "-" NID -> partner */
	struct map anchors;             /* "anchors\ncrl" paths -> tls_anchors, a reference each */
	size_t n_tls;
	struct tls_ctx **tls; /* one for each worker */
};

/* What a generation needs from whoever runs it. */
struct generation_host {
	struct script_vm *vm;
	size_t n_libs;
	struct tls_lib *const *libs; /* one context is made in each */
	tls_choose_fn *choose;       /* given the n-th of `args` */
	void *const *args;
};

/*
 * Builds from `path`.  Returns NULL and fills `e` with the file, the line where there is one, and
 * what to write instead.  The caller owns the result.
 */
struct generation *generation_load(
    const char *path, const struct generation_host *host, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void generation_free(struct generation *g);

/* The partner that has this canonical FQDN in its file, or NULL. */
struct partner *generation_find(const struct generation *g, const char *fqdn);

/*
 * The anchors for a certificate (TS 33.501 13.1.2): every PLMN or SNPN that it names has to belong
 * to the same ones.  Returns NULL with `*why` (static) otherwise.
 */
struct tls_anchors *generation_anchors(
    const struct generation *g, const struct n32_identity *id, const char **why);

#endif
