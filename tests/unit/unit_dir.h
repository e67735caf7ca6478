/* SPDX-License-Identifier: MIT */
/*
 * unit_dir.h - an operator's directory of one test, in a temporary folder that ends with it.
 */
#ifndef UNIT_DIR_H
#define UNIT_DIR_H

#include "base/base.h"
#include "base/str.h"

struct dir {
	char path[64];
};

/* An empty one; the caller owns it. */
struct dir *dir_new(void);

/* Removes everything. */
void dir_free(struct dir *d);

/* Writes a file with mode 0644, or 0600 for a ".key"; folders are made on the way. */
void dir_write(struct dir *d, const char *name, struct str text);
void dir_write_text(struct dir *d, const char *name, const char *text);
void dir_chmod(struct dir *d, const char *name, unsigned mode);
void dir_remove(struct dir *d, const char *name);

/* The whole path of `name`.  Static, until the next call. */
const char *dir_path(const struct dir *d, const char *name);

#endif
