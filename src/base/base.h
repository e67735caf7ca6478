/* SPDX-License-Identifier: MIT */
/*
 * base.h - what every file may assume.  Always the first include.
 *
 * Only the compiler, libc, and one function: the one that ends the process when a bug showed.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Monotonic milliseconds.  Only net/loop and prog/ read a clock; others are told. */
typedef uint64_t msec;

#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK        __attribute__((warn_unused_result))

/*
 * For a function that calls what a shared library gave it a pointer to: clang's control-flow
 * integrity knows the functions of this program only, and would end it.
 */
#ifdef __clang__
#define CALLS_LIBRARY __attribute__((no_sanitize("cfi-icall")))
#else
#define CALLS_LIBRARY
#endif

/* The struct of type `type` whose member `member` is at `ptr`. */
/* clang-format off */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
/* clang-format on */

/* States what only a bug can break.  Always compiled in. */
#define ensure(cond) ((cond) ? (void)0 : ensure_failed(__FILE__, __LINE__, #cond))

/* Says file, line and expression on standard error, and aborts. */
void ensure_failed(const char *file, int line, const char *expr) __attribute__((noreturn, cold));

#endif
