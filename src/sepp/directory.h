/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the operator's directory, read once.
 *
 * Everything that later happens with a generation - compiling, checking certificates, deciding,
 * replaying - works on these bytes, so that what was checked is what runs.  Only regular files that
 * nobody but their owner can write are accepted, and no symbolic links; what is not one of the
 * known places and endings (an editor's backup, a README, *.d.lua) is not part of the directory.
 *
 * Tests decide nothing: they are no part of what is activated, and are read by themselves. Offline,
 * where nothing is activated, it does not matter who may write a file, nor are there keys.
 *
 * The digest is SHA-256 over the sorted files: length of the path, path, length, bytes.
 */
#ifndef SEPP_DIRECTORY_H
#define SEPP_DIRECTORY_H

#include <sys/types.h>

#include "base/base.h"
#include "base/str.h"
#include "script/script.h"

struct err;
struct err_sink;

enum {
	DIRECTORY_PATH_MAX = 512 /* of a file in it */
};

enum directory_part {
	DIRECTORY_WHOLE,    /* what the daemon runs on */
	DIRECTORY_POLICIES, /* offline: the same without keys, certificates and anchors */
	DIRECTORY_TESTS     /* offline: tests/ and its fixtures */
};

struct directory {
	enum directory_part part;
	char *path;
	struct script_files files;
	char digest[65]; /* hexadecimal */
	struct script_file *storage;
	size_t cap;
	struct err_sink *all; /* while it is read: told of mistakes; or NULL */
};

/*
 * Says, once and before anything is read, which user the process will be, where that is not who it
 * is: private keys belong to that one, to this one or to root, and only their owner may read them.
 */
void directory_set_key_user(uid_t uid);

/* The caller owns the result.  Returns NULL and fills `e` with the file and what is wrong with it.
 */
struct directory *directory_read(const char *path, struct err *e) MUST_CHECK;
struct directory *directory_read_part(
    const char *path, enum directory_part part, struct err *e) MUST_CHECK;

/*
 * The same, but tells `all` (NULL: nobody) what is wrong with each file and goes on: with the file
 * if only its mode is wrong, else without it.
 */
struct directory *directory_read_all(
    const char *path, enum directory_part part, struct err_sink *all, struct err *e) MUST_CHECK;

/* Adds one file to what was read, as `name`; for tests that are somewhere else.  The order and the
 * digest of the files are as if it had been there. */
int directory_add(
    struct directory *d, const char *path, const char *name, struct err *e) MUST_CHECK;

/*
 * The parts of directory_read(), for a directory that comes from elsewhere.  directory_add_text()
 * copies; directory_add_file() reads the file `file` of the directory `d->path`, with all its
 * checks; directory_seal() comes last.
 */
struct directory *directory_new(const char *path) MUST_CHECK;
void directory_add_text(struct directory *d, const char *file, struct str text);
int directory_add_file(struct directory *d, const char *file, struct err *e) MUST_CHECK;
void directory_seal(struct directory *d);

/* A copy of `d` in which the files of `news`, all of which `d` has, are as in `news`. */
struct directory *directory_renew(
    const struct directory *d, const struct directory *news) MUST_CHECK;

/* SHA-256 of `bytes`, in 64 hexadecimal digits and a NUL. */
void directory_hash(char out[65], struct str bytes);

/* Wipes the texts, which may hold a private key.  NULL is allowed. */
void directory_free(struct directory *d);

/* The text of a file; ERR_CONFIG with "no such file" if it is not there. */
int directory_find(
    const struct directory *d, const char *path, struct str *text, struct err *e) MUST_CHECK;

#endif
