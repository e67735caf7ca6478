/* SPDX-License-Identifier: MIT */
/*
 * jail.h - the process gives up, for good, what it will not need again.
 *
 * Three walls, each by itself: no capability, a Landlock ruleset for files, a seccomp filter for
 * system calls.  All are entered by the first thread, before there is another and before a
 * connection is accepted, since threads inherit them and two of the three do not reach threads that
 * there are already.  What the kernel does not have is told and left out; the rest is done.
 *
 * What is allowed is what the daemon does after its start, and no more: it never executes a file,
 * makes a process, binds a socket or maps memory that can be executed.  The list of calls is in
 * jail_calls.c.
 */
#ifndef PROG_JAIL_H
#define PROG_JAIL_H

#include "base/base.h"
#include "sepp/gateway.h"

/* What is reachable afterwards; all are there already.  Other files are as if closed. */
struct jail_paths {
	const char *directory; /* read, with all that is in it */
	const char *state;     /* read, written, made, renamed and removed; NULL: there is none */
	const char *socket;    /* removed at the end */
};

/* Why this program can have no jail, static, or NULL: sanitizers do what it forbids. */
const char *jail_obstacle(void);

/*
 * Empties the bounding set of capabilities, where that is allowed, which takes a capability: to be
 * called before the process becomes another user.  Those it has stay.
 */
void jail_prepare(void);

/* Locks the process in; `out` is how far that went. */
void jail_enter(const struct jail_paths *paths, struct gateway_jail *out);

#endif
