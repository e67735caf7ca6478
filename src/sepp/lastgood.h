/* SPDX-License-Identifier: MIT */
/*
 * lastgood.h - the generation that was in force last, as one file that outlives the process.
 *
 * First a line with SHA-256 over everything after it, so that a file is either what was written or
 * refused as a whole; then a line with digest, numbers and time; then the files as the digest of
 * the directory sees them.  Private keys are not among them: of what holds one there is only the
 * path, and it is read from the operator's directory when the file is used, so that a key which was
 * replaced does not live on in a corner of the disk.
 */
#ifndef SEPP_LASTGOOD_H
#define SEPP_LASTGOOD_H

#include "base/base.h"
#include "base/buf.h"
#include "sepp/directory.h"
#include "sepp/state.h"

struct err;

enum {
	LASTGOOD_MAX = 64 << 20
};

struct lastgood {
	char digest[65]; /* of the generation, keys included */
	uint64_t number, highest;
	int64_t activated_s;
};

/* Appends the file to `out`, which is bounded by LASTGOOD_MAX; `key` is what gateway.lua names as
 * the key.  Fails when that is not enough. */
int lastgood_pack(struct buf *out, const struct lastgood *about, const struct directory *d,
    const char *key, struct err *e) MUST_CHECK;

/* Checks `bytes` and reads what it is about. */
int lastgood_about(struct str bytes, struct lastgood *about, struct err *e) MUST_CHECK;

/*
 * The directory that `bytes` hold, with the keys that are in the directory `path` now.  Returns
 * NULL and fills `e` unless `bytes` are what lastgood_pack() wrote.  The caller owns the result.
 */
struct directory *lastgood_unpack(
    struct str bytes, const char *path, struct lastgood *about, struct err *e) MUST_CHECK;

/* The same to and from the file "last-good" of `s`. */
int lastgood_write(const struct state *s, const struct lastgood *about, const struct directory *d,
    const char *key, struct err *e) MUST_CHECK;
int lastgood_read_about(const struct state *s, struct lastgood *about, struct err *e) MUST_CHECK;
struct directory *lastgood_read(
    const struct state *s, const char *path, struct lastgood *about, struct err *e) MUST_CHECK;

#endif
