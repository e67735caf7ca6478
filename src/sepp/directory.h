/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the operator's directory, read once.
 *
 * Everything that later happens with a generation - compiling, checking certificates, deciding,
 * replaying - works on these bytes, so that what was checked is what runs.  Only regular files that
 * nobody but their owner can write are accepted, and no symbolic links; what is not one of the
 * known places and endings (an editor's backup, a README) is not part of the directory.
 *
 * The digest is SHA-256 over the sorted files: length of the path, path, length, bytes.
 */
#ifndef SEPP_DIRECTORY_H
#define SEPP_DIRECTORY_H

#include "base/base.h"
#include "base/str.h"
#include "script/script.h"

struct err;

struct directory {
	char *path;
	struct script_files files;
	char digest[65]; /* hexadecimal */
	struct script_file *storage;
	size_t cap;
};

/* The caller owns the result.  Returns NULL and fills `e` with the file and what is wrong with it.
 */
struct directory *directory_read(const char *path, struct err *e) MUST_CHECK;

/* Wipes the texts, which may hold a private key.  NULL is allowed. */
void directory_free(struct directory *d);

/* The text of a file; ERR_CONFIG with "no such file" if it is not there. */
int directory_find(
    const struct directory *d, const char *path, struct str *text, struct err *e) MUST_CHECK;

#endif
