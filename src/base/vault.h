/* SPDX-License-Identifier: MIT */
/*
 * vault.h - memory for secrets, in slots of one size.
 *
 * Pages of their own, which are not written to swap and not into a core dump, as far as the system
 * allows: where it does not, secrets are kept all the same and `weak` says why.  A slot is wiped
 * when it is given back.  Not for several threads at a time.
 */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include "base/base.h"
#include "base/err.h"

struct vault_slot;

struct vault {
	size_t size; /* of a slot, with what comes before it */
	struct vault_slot *free;
	size_t n_pages;
	void **pages;
	struct err weak; /* the first protection that the system denied; code 0: none */
};

/* Slots of `size` bytes, which is less than a page.  Takes no memory yet. */
void vault_init(struct vault *v, size_t size);

/* Wipes all of it. */
void vault_release(struct vault *v);

/* A zeroed slot.  Never NULL: out of memory ends the process. */
void *vault_take(struct vault *v) MUST_CHECK;

/* Takes `secret`, which came from vault_take(), and wipes it.  NULL is allowed. */
void vault_give(struct vault *v, void *secret);

#endif
