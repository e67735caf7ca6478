/* SPDX-License-Identifier: MIT */
/*
 * ctl.h - the commands of parleyctl: one row each, in the file of what it is about.
 */
#ifndef PROG_CTL_H
#define PROG_CTL_H

#include "base/base.h"

/* Before the command; commands that ask the daemon take them behind it as well. */
struct ctl_options {
	const char *socket;
	bool json;
};

struct ctl_command {
	const char *name;
	/* argv[0] is the command.  Returns an exit status; EXIT_USAGE prints `usage`. */
	int (*run)(struct ctl_options *o, int argc, char *argv[]);
	const char *usage; /* "status", "reload [--dry-run]" */
	const char *help;  /* one line */
};

/* ctl_daemon.c: ask a running daemon */
extern const struct ctl_command ctl_status, ctl_partners, ctl_reload, ctl_rollback, ctl_flag;

/* ctl_peers.c: ask it to begin something with a partner */
extern const struct ctl_command ctl_negotiate, ctl_contexts, ctl_terminate, ctl_report;

/* ctl_<name>.c: need no daemon */
extern const struct ctl_command ctl_states, ctl_check, ctl_eval, ctl_bench, ctl_editor, ctl_journal;

/* ctl_test.c: the tests of a directory */
extern const struct ctl_command ctl_test;

#endif
