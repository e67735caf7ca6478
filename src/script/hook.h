/* SPDX-License-Identifier: MIT */
/*
 * hook.h - what each hook is told, and what it may answer: one table.
 */
#ifndef SCRIPT_HOOK_H
#define SCRIPT_HOOK_H

#include "base/base.h"
#include "script/script.h"
#include "script/view.h"

struct hook {
	const char *argument; /* what the first one is called; NULL = there is only the peer */
	const struct view_def *about; /* what it is, or NULL */
	unsigned verdicts;            /* bit (1 << enum script_verdict) */
	const char *write;            /* for whoever answered something else */
};

/* Static. */
const struct hook *hook_of(enum script_hook hook);

/* What the first argument shows; NULL if the hook has the peer only. */
const void *hook_subject(const struct script_input *in);

bool hook_allows(enum script_hook hook, enum script_verdict verdict);

#endif
