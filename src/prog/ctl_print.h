/* SPDX-License-Identifier: MIT */
/*
 * ctl_print.h - the daemon's JSON, for people.
 */
#ifndef PROG_CTL_PRINT_H
#define PROG_CTL_PRINT_H

#include "base/base.h"
#include "base/str.h"

/* Print to standard output; ERR_SYNTAX if `json` is not what the daemon sends. */
int ctl_print_status(struct str json) MUST_CHECK;
int ctl_print_partners(struct str json) MUST_CHECK;

/* `*ok` is whether it was accepted; a refusal is printed to standard error. */
int ctl_print_reload(struct str json, bool *ok) MUST_CHECK;
int ctl_print_rollback(struct str json, bool *ok) MUST_CHECK;

int ctl_print_contexts(struct str json) MUST_CHECK;

/* "asked for", or why it was not; and only the latter. */
int ctl_print_begun(struct str json, bool *ok) MUST_CHECK;
int ctl_print_nothing(struct str json, bool *ok) MUST_CHECK;

/* Those that are on, one on a line; what went wrong to standard error. */
int ctl_print_flags(struct str json, bool *ok) MUST_CHECK;

#endif
