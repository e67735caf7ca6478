/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - Lua 5.4 patterns (manual, 6.4.1) that cannot run away.
 *
 * A pattern is compiled into a short list of items; matching walks it with a stack of its own that
 * is as deep as the pattern is long, and reports every step it takes.  Knows nothing of Lua states.
 * Unlike stock Lua a malformed pattern is refused whatever the subject is.
 */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

#include "base/base.h"
#include "base/str.h"

enum {
	PATTERN_MAX = 256, /* bytes */
	PATTERN_SETS = 96,
	PATTERN_CAPTURES = 32,
};

struct pattern_item {
	uint8_t kind, repeat;
	uint8_t a, b; /* a character, class or capture; the second of %b */
	uint8_t set;
};

struct pattern {
	bool anchored;
	size_t n_items, n_sets, n_captures;
	struct pattern_item items[PATTERN_MAX + 1];
	uint32_t sets[PATTERN_SETS][8];
};

struct pattern_capture {
	size_t start, end;
	bool position; /* of an empty pair of brackets: `start` is all */
};

struct pattern_match {
	size_t start, end; /* of the whole, in the subject */
	size_t n_captures;
	struct pattern_capture captures[PATTERN_CAPTURES];
};

/* Called now and then with the steps since the last call; need not return. */
typedef void pattern_step(void *arg, uint64_t steps);

/*
 * With `anchors` a '^' in front is one.  Returns 0, or ERR_SYNTAX with `*why`, borrowed and static.
 */
int pattern_compile(struct pattern *p, struct str text, bool anchors, const char **why) MUST_CHECK;

/* Whether a match begins exactly at `start`. */
bool pattern_match_at(const struct pattern *p, struct str subject, size_t start,
    struct pattern_match *m, pattern_step *step, void *arg) MUST_CHECK;

/* The first match from `start` on. */
bool pattern_find(const struct pattern *p, struct str subject, size_t start,
    struct pattern_match *m, pattern_step *step, void *arg) MUST_CHECK;

#endif
