/* SPDX-License-Identifier: MIT */
/*
 * err.h - why something failed, in words an operator can act on.
 *
 * Functions that can fail return 0 or a negative ERR_ code.  Those whose failure a person will
 * read also take a `struct err *`, last, and fill it once, where the cause is known.  Callers add
 * where they were with err_within() on the way out, so that the text reads from the outside in:
 *
 *	policies/gateway.lua: certificate: cannot open 'certs/gateway.pem': No such file or
 *directory
 *
 * The caller owns the `struct err`, usually on its stack.  No allocation.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

/* code, and its text when nothing better was said */
/* clang-format off */
#define ERR_TABLE(X)                        \
	X(SYS, "system call failed")        \
	X(LIMIT, "limit reached")           \
	X(SYNTAX, "malformed input")        \
	X(RANGE, "value out of range")      \
	X(CONFIG, "configuration mistake")  \
	X(TLS, "TLS failure")               \
	X(H2, "HTTP/2 failure")             \
	X(POLICY, "policy failure")         \
	X(CLOSED, "closed")                 \
	X(BUSY, "busy")
/* clang-format on */

enum err_code {
	ERR_NONE = 0,
#define X(name, text) ERR_AT_##name,
	ERR_TABLE(X)
#undef X
#define X(name, text) ERR_##name = -ERR_AT_##name,
	ERR_TABLE(X)
#undef X
};

struct err {
	int code;
	char text[768];
};

/*
 * Records `code` and the formatted reason, and returns `code`, so that
 * `return err_set(e, ERR_RANGE, ...)` reads as one step.  NULL `e` is allowed.
 */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Like err_set() with ERR_SYS, and appends ": " and the text of errno. */
int err_set_errno(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Prefixes what `e` says with "<place>: ".  Returns the code it holds; NULL `e` is allowed. */
int err_within(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * For whoever wants all mistakes and not just the first: told of each, and counts them.  A function
 * that takes one, or NULL, writes `if (step(e) && !err_report(all, e)) return e->code;`.
 */
struct err_sink {
	void (*fn)(void *arg, const struct err *e);
	void *arg;
	size_t n;
};

/* Tells `sink`.  False if there is none: the mistake is then the caller's own failure. */
bool err_report(struct err_sink *sink, const struct err *e);

/* The text for a bare code.  Borrowed, static. */
const char *err_name(int code);

#endif
