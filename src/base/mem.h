/* SPDX-License-Identifier: MIT */
/*
 * mem.h - the only way to the heap.
 *
 * Out of memory ends the process with a line that says so: every size that comes from outside is
 * bounded before it gets here.  What these return is never NULL and the caller owns it.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/base.h"

/* Ends the process with that line; for whoever has memory from elsewhere. */
void mem_exhausted(size_t size) __attribute__((noreturn, cold));

/* Zeroed. */
void *mem_alloc(size_t size) MUST_CHECK;

/* Zeroed array; an overflowing product ends the process. */
void *mem_array(size_t n, size_t size) MUST_CHECK;

/* `size` > 0.  What is beyond the old size is not initialised. */
void *mem_resize(void *p, size_t size) MUST_CHECK;

/* NULL is allowed. */
void mem_free(void *p);

/* A copy of `n` bytes at `p`, followed by a NUL that does not count. */
char *mem_dup(const void *p, size_t n) MUST_CHECK;
char *mem_strdup(const char *s) MUST_CHECK;

/* Overwrites what must not be found later; never optimised away. */
void mem_wipe(void *p, size_t n);

#endif
