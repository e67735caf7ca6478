/* SPDX-License-Identifier: MIT */
/*
 * ctl_load.h - a directory, loaded to decide with: for the commands that need no daemon.
 *
 * What a policy says counts as it does in the daemon: syntax, fields, hooks, who answers for whom.
 * Keys, certificates and anchors are not read, since policies in version control come without them;
 * `parleyctl check` looks at those.
 */
#ifndef PROG_CTL_LOAD_H
#define PROG_CTL_LOAD_H

#include "base/base.h"
#include "script/script.h"
#include "sepp/generation.h"

struct ctl_load {
	struct script_vm *vm;          /* owned; has the budgets of gateway.lua */
	struct generation *generation; /* owned; its partners have no anchors, and it no TLS */
};

/* Returns 0, or EXIT_LOAD after a line on standard error.  ctl_load_end() follows in both cases. */
int ctl_load_begin(struct ctl_load *l, const char *directory) MUST_CHECK;
void ctl_load_end(struct ctl_load *l);

/* The partner of that name, or NULL.  Borrowed. */
const struct partner *ctl_load_partner(const struct ctl_load *l, const char *name);

/* The policy shared/<name>, or default.lua for "default"; NULL if there is none.  Borrowed. */
const struct script_program *ctl_load_policy(const struct ctl_load *l, const char *name);

#endif
