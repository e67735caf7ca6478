/* SPDX-License-Identifier: MIT */
/*
 * parleyctl - asks a running parleyd, and checks a directory without one.  parleyctl(1) is beside
 * this file.
 */
#include "base/base.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "prog/ctl_check.h"
#include "prog/ctl_http.h"
#include "prog/ctl_print.h"
#include "prog/defaults.h"

enum {
	BODY_MAX = 64 << 20
};

struct options {
	const char *socket;
	bool json, dry_run;
	int argc; /* what is left after the command */
	char **argv;
};

static const char usage[] =
    "usage: parleyctl [--socket PATH] [--json] COMMAND\n"
    "  status             what runs, since when, with which policies\n"
    "  partners           each partner, its state and the reason for it\n"
    "  reload [--dry-run] activate what the directory holds now\n"
    "  check DIRECTORY    load a directory as the daemon would; needs no daemon\n"
    "PATH defaults to $PARLEY_SOCKET, then to " DEFAULT_SOCKET ".\n"
    "exit: 0 fine, 1 refused or no answer, 2 usage, 3 the directory does not load\n";

/* One request; prints the body as it is, or leaves it in `body` for the caller. */
static int ask(
    const struct options *o, const char *method, const char *path, long *status, struct buf *body)
{
	struct err e = { 0 };

	buf_init(body, BODY_MAX);
	if (ctl_http(o->socket, method, path, status, body, &e)) {
		fprintf(stderr, "parleyctl: %s\n", e.text);
		return EXIT_FAILURE;
	}
	if (o->json)
		fwrite(body->data, 1, body->len, stdout);
	return EXIT_SUCCESS;
}

static int show(const struct options *o, const char *path, int (*print)(struct str json))
{
	struct buf body;
	long status = 0;
	int rc;

	if (o->argc != 0)
		return EXIT_USAGE;
	rc = ask(o, "GET", path, &status, &body);
	if (rc == EXIT_SUCCESS && !o->json && (status != 200 || print(buf_str(&body)))) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
		rc = EXIT_FAILURE;
	}
	buf_release(&body);
	return rc;
}

static int run_status(const struct options *o)
{
	return show(o, "/v1/status", ctl_print_status);
}

static int run_partners(const struct options *o)
{
	return show(o, "/v1/partners", ctl_print_partners);
}

static int run_reload(const struct options *o)
{
	struct buf body;
	long status = 0;
	bool ok = false;
	int rc;

	if (o->argc != 0)
		return EXIT_USAGE;
	rc = ask(o, "POST", o->dry_run ? "/v1/reload?dry_run=1" : "/v1/reload", &status, &body);
	if (rc == EXIT_SUCCESS && o->json)
		rc = status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
	else if (rc == EXIT_SUCCESS && ctl_print_reload(buf_str(&body), &ok)) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
		rc = EXIT_FAILURE;
	} else if (rc == EXIT_SUCCESS && !ok)
		rc = EXIT_FAILURE;
	buf_release(&body);
	return rc;
}

static int run_check(const struct options *o)
{
	return o->argc == 1 ? ctl_check(o->argv[0]) : EXIT_USAGE;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *o);
} commands[] = {
	{ "status", run_status },
	{ "partners", run_partners },
	{ "reload", run_reload },
	{ "check", run_check },
};

static int parse_options(struct options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *from_env = getenv("PARLEY_SOCKET");
	int c;

	o->socket = from_env && *from_env ? from_env : DEFAULT_SOCKET;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'n')
			o->dry_run = true;
		else if (c == 'h') {
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		} else
			return ERR_SYNTAX;
	}
	o->argc = argc - optind;
	o->argv = argv + optind;
	return o->argc > 0 ? 0 : ERR_SYNTAX;
}

int main(int argc, char *argv[])
{
	struct options o = { .json = false };
	int rc = EXIT_USAGE;

	if (parse_options(&o, argc, argv) == 0) {
		const char *name = o.argv[0];

		o.argc--;
		o.argv++;
		for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
			if (strcmp(commands[i].name, name) == 0)
				rc = commands[i].run(&o);
		}
	}
	if (rc == EXIT_USAGE)
		fputs(usage, stderr);
	return rc;
}
