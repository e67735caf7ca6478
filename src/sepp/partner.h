/* SPDX-License-Identifier: MIT */
/*
 * partner.h - one roaming partner of one generation: its file, who answers its hooks, its anchors.
 *
 * Immutable after the generation is built; read by all workers.
 */
#ifndef SEPP_PARTNER_H
#define SEPP_PARTNER_H

#include "base/base.h"
#include "n32/prins.h"
#include "net/tls.h"
#include "script/script.h"
#include "sepp/association.h"

struct partner {
	const struct conf_partner *conf;      /* borrowed from `program` */
	const struct script_program *program; /* borrowed from the generation */
	/* Who answers: the partner's file, what it follows, or default.lua; NULL = nobody.
	 * Borrowed. */
	const struct script_program *hooks[SCRIPT_HOOKS];
	struct tls_anchors *anchors; /* a reference */
	bool has_policy;             /* `policy` is what `prins.policy` names */
	struct n32_policy policy;
	struct n32_providers *providers; /* owned; NULL: none are named */
	uint64_t offer;                  /* stands for what we offer to it; set before activation */
	struct association *association; /* a reference; NULL in an offline check */
};

/* Zeroed. */
struct partner *partner_new(void);

/* Frees what the partner holds and the struct.  NULL is allowed. */
void partner_free(struct partner *p);

/* Those that the file names: from here on there are some.  Borrowed. */
struct n32_providers *partner_providers(struct partner *p);

/* In order: a later candidate (NULL: none) is taken only for hooks that the earlier ones lack. */
void partner_find_hooks(
    struct partner *p, const struct script_program *const *candidates, size_t n);

#endif
