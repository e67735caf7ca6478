/* SPDX-License-Identifier: MIT */
/*
 * ctl_check.h - parleyctl check: loads a directory exactly as the daemon would, and says what is in
 * it.
 */
#ifndef PROG_CTL_CHECK_H
#define PROG_CTL_CHECK_H

#include "base/base.h"

/* Returns an exit status: 0, or EXIT_LOAD after saying what is wrong. */
int ctl_check(const char *directory) MUST_CHECK;

#endif
