/* SPDX-License-Identifier: MIT */
/*
 * ctl_offline.h - small things that the commands without a daemon share.
 *
 * What they find out they write as JSON, which is what --json prints; the modules of lua/ make text
 * of it.  What an operator got wrong is said on standard error, here, in words.
 */
#ifndef PROG_CTL_OFFLINE_H
#define PROG_CTL_OFFLINE_H

#include "base/base.h"
#include "script/case.h"
#include "sepp/generation.h"

/* The partner of that name; if there is none, says so with the nearest name, and returns NULL. */
const struct partner *ctl_need_partner(const struct generation *g, const char *name);

/* The hook of that name, or SCRIPT_HOOKS after a line that names all. */
enum script_hook ctl_need_hook(const char *name);

/* A usual decision of `p` for `hook`: a valid case (script/case.h) of the partner's own.  The
 * caller frees it with mem_free(). */
struct script_case *ctl_usual_case(
    const struct generation *g, const struct partner *p, enum script_hook hook);

/* Calls <module>.main of lua/ with what a command found out, to print it. */
int ctl_show(const char *module, struct str json);

/* Calls <module>.main of lua/ with the arguments; returns the exit status that it gives. */
int ctl_run_lua(const char *module, int argc, char *argv[]);

#endif
