/* SPDX-License-Identifier: MIT */
/*
 * jail_int.h - shared by jail.c and jail_calls.c.
 */
#ifndef PROG_JAIL_INT_H
#define PROG_JAIL_INT_H

#include "base/err.h"

/* From here on the process makes no call but those that are listed. */
int jail_filter_calls(struct err *e) MUST_CHECK;

#endif
