/* SPDX-License-Identifier: MIT */
/*
 * revocation.h - sees when a revocation list on the disk is another than the one in force.
 *
 * Only the files that partners name in `crl` are looked at, and each by itself: what else is in the
 * directory may be half done, and waits for a reload.  A list is read when its size, time and inode
 * are not what they were and have stayed the same for two looks, so that one that is being written
 * is left alone; it is checked as the directory's files are.  One that cannot be used is told once,
 * and the one in force goes on.  For one thread.
 */
#ifndef SEPP_REVOCATION_H
#define SEPP_REVOCATION_H

#include "base/base.h"
#include "sepp/generation.h"

struct revocation;

struct revocation *revocation_new(void);

/* NULL is allowed. */
void revocation_free(struct revocation *r);

/*
 * Looks at every list of `g`, which is in force.  Returns NULL, or the directory of `g` with the
 * lists that changed in place of theirs: the caller owns it.
 */
struct directory *revocation_look(struct revocation *r, const struct generation *g);

/* Forgets what was seen: every list is read again. */
void revocation_forget(struct revocation *r);

/* What is wrong with a list on the disk, "" if with none; `*n` is how many are wrong.  Borrowed
 * until the next look. */
const char *revocation_error(const struct revocation *r, size_t *n);

#endif
