/* SPDX-License-Identifier: MIT */
/*
 * buf.h - bytes that grow up to a bound given at creation.
 *
 * Used for what is read from and written to peers, so the bound is part of the type: adding past
 * it fails with ERR_LIMIT and changes nothing.  `data` is always NUL-terminated once something was
 * added; the NUL does not count.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"
#include "base/str.h"

struct buf {
	char *data; /* NULL until something is added */
	size_t len;
	size_t cap;
	size_t max;
};

/* Empty, no storage yet. */
void buf_init(struct buf *b, size_t max);

/* Frees the storage; the buffer is empty and usable afterwards. */
void buf_release(struct buf *b);

/* Empties, keeps the storage. */
void buf_reset(struct buf *b);

/* ERR_LIMIT when `n` more bytes would pass the bound. */
int buf_add(struct buf *b, const void *p, size_t n) MUST_CHECK;
int buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Room for `n` bytes after the end, to be filled and then counted with buf_grow(); NULL at the
 * bound. */
char *buf_room(struct buf *b, size_t n) MUST_CHECK;
void buf_grow(struct buf *b, size_t n);

/* Removes the first `n` bytes. */
void buf_drop(struct buf *b, size_t n);

/* Borrowed, valid until the buffer changes. */
struct str buf_str(const struct buf *b);

#endif
