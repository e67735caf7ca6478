/* SPDX-License-Identifier: MIT */
/*
 * ctl_watch.h - waits for a change of an operator's directory.
 *
 * One at a time; SIGINT and SIGTERM end the waiting instead of the process from the first call on.
 */
#ifndef PROG_CTL_WATCH_H
#define PROG_CTL_WATCH_H

#include "base/base.h"

struct err;

/* Begins to look at `directory` and its known folders.  Returns a descriptor, or -1 and fills `e`.
 * ctl_watch_close() ends it. */
int ctl_watch_open(const char *directory, struct err *e) MUST_CHECK;
void ctl_watch_close(int fd);

/* Waits until something changed since the last call, and has been quiet for a moment; folders that
 * are new are looked at from then on.  False: a signal asks to end. */
bool ctl_watch_wait(int fd, const char *directory);

/* Whether such a signal came. */
bool ctl_watch_ended(void);

#endif
