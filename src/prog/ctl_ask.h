/* SPDX-License-Identifier: MIT */
/*
 * ctl_ask.h - what the commands that ask a running daemon share: their options, one request, its
 * answer.
 */
#ifndef PROG_CTL_ASK_H
#define PROG_CTL_ASK_H

#include "base/base.h"
#include "base/buf.h"
#include "prog/ctl.h"

enum {
	CTL_OPTIONS_MAX = 6
};

/* An option of one command: with a value, or a flag. */
struct ctl_option {
	const char *name; /* NULL ends a list */
	const char **value;
	bool *flag;
};

/* Reads --socket, --json and the command's own (NULL: none); false: usage.  What follows them
 * begins at `optind`. */
bool ctl_ask_options(
    struct ctl_options *o, const struct ctl_option *own, int argc, char *argv[]) MUST_CHECK;

/* One request; prints the body with --json, and leaves it in `body` for the caller in any case. */
int ctl_ask(const struct ctl_options *o, const char *method, const char *path, long *status,
    struct buf *body) MUST_CHECK;

/* A command without arguments that shows what is at `path`. */
int ctl_ask_show(
    struct ctl_options *o, int argc, char *argv[], const char *path, int (*print)(struct str json));

/* A request whose answer says whether it was granted; `print` tells it. */
int ctl_ask_change(const struct ctl_options *o, const char *method, const char *path,
    int (*print)(struct str json, bool *ok));

/* What needs no escape in a query; the daemon says what a name has to be. */
bool ctl_ask_is_word(const char *text);

/* Whether all `n` are that; says which is not. */
bool ctl_ask_are_names(char *const names[], int n) MUST_CHECK;

#endif
