/* SPDX-License-Identifier: MIT */
/*
 * partner.h - one roaming partner of one generation: its file, who answers its hooks, its anchors.
 *
 * Immutable after the generation is built; read by all workers.
 */
#ifndef SEPP_PARTNER_H
#define SEPP_PARTNER_H

#include "base/base.h"
#include "net/tls.h"
#include "script/script.h"
#include "sepp/association.h"

struct partner {
	const struct conf_partner *conf; /* borrowed from `program` */
	struct script_program *program;  /* owned */
	/* Who answers: the partner's file, what it follows, or default.lua; NULL = nobody.
	 * Borrowed. */
	const struct script_program *hooks[SCRIPT_HOOKS];
	struct tls_anchors *anchors;     /* a reference */
	struct association *association; /* a reference; NULL in an offline check */
};

/* Frees what the partner holds and the struct.  NULL is allowed. */
void partner_free(struct partner *p);

/* In order: a later candidate (NULL: none) is taken only for hooks that the earlier ones lack. */
void partner_find_hooks(
    struct partner *p, const struct script_program *const *candidates, size_t n);

#endif
