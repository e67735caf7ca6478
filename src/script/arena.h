/* SPDX-License-Identifier: MIT */
/*
 * arena.h - the one piece of memory that a Lua state lives in.
 *
 * A mapped region with a guard page behind it.  Allocation bumps a pointer; nothing is given back
 * but the newest block.  What is in use can be copied aside (an image) and copied in again later:
 * it has not moved, so every pointer in it is right again.  That is how a decision is undone.
 */
#ifndef SCRIPT_ARENA_H
#define SCRIPT_ARENA_H

#include "base/base.h"

struct err;

struct arena {
	char *base;
	size_t size;  /* mapped, without the guard page */
	size_t limit; /* what may be used at present; <= size */
	size_t used, peak;
	uint64_t asked;    /* allocations since the start, for fault injection */
	uint64_t fail_at;  /* the allocation that is refused; 0 = none */
	bool fail_forever; /* ... and every one after it */
};

/* Maps `size` bytes.  Returns 0 or ERR_SYS. */
int arena_open(struct arena *a, size_t size, struct err *e) MUST_CHECK;
void arena_close(struct arena *a);

/* Empties, and lets `limit` bytes be used. */
void arena_reset(struct arena *a, size_t limit);

/* Makes the content the `n` bytes at `image`, and lets `scratch` more be used. */
void arena_rewind(struct arena *a, const void *image, size_t n, size_t scratch);

/*
 * As a lua_Alloc: resizes `p` of `old` bytes to `want`.  NULL when it does not fit, and for `want`
 * 0.  Making a block smaller never fails.
 */
void *arena_alloc(struct arena *a, void *p, size_t old, size_t want);

#endif
