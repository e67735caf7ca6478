/* SPDX-License-Identifier: MIT */
/*
 * defaults.h - what the programs agree on: paths of the FHS, exit statuses.
 */
#ifndef PROG_DEFAULTS_H
#define PROG_DEFAULTS_H

#define DEFAULT_DIRECTORY "/etc/parley"
#define DEFAULT_SOCKET    "/run/parley/parleyd.sock"
#define DEFAULT_STATE     "/var/lib/parley"

/* besides EXIT_SUCCESS and EXIT_FAILURE (1: failed, refused, differs) */
enum {
	EXIT_USAGE = 2,
	EXIT_LOAD = 3,     /* the directory does not load */
	EXIT_COVERAGE = 4, /* tests run less of the policies than was asked for */
};

#endif
