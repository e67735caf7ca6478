/* SPDX-License-Identifier: MIT */
/*
 * state.h - the daemon's own directory: what it keeps over a restart.
 *
 * Nobody but its owner may write in it, one daemon at a time uses it (a lock says so), and
 * everything is done relative to the directory that was opened, wherever its path leads later.
 * Files have mode 0600.
 */
#ifndef SEPP_STATE_H
#define SEPP_STATE_H

#include <sys/types.h>

#include "base/base.h"
#include "base/str.h"

struct err;
struct state;

/* Who will use it: the user that the process is, or becomes. */
struct state_owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Opens `path`; with `create`, makes it when it is not there (its parent has to be).  Returns NULL
 * and fills `e` when it is not a directory, not the owner's, writable by others, or in use.  It may
 * be on a read-only disk.
 */
struct state *state_open(
    const char *path, bool create, struct state_owner owner, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void state_close(struct state *s);

/* Absolute, without symbolic links.  Borrowed. */
const char *state_path(const struct state *s);

/* For openat(2).  Borrowed. */
int state_fd(const struct state *s);

/*
 * Replaces the file `name` by `bytes`: on the disk afterwards, whole or, on failure, as it was
 * before.
 */
int state_write(
    const struct state *s, const char *name, struct str bytes, struct err *e) MUST_CHECK;

/* Reads the regular file `name` of at most `max` bytes; mem_free(text->p) ends it. */
int state_read(const struct state *s, const char *name, size_t max, struct str *text,
    struct err *e) MUST_CHECK;

#endif
