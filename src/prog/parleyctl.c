/* SPDX-License-Identifier: MIT */
/*
 * parleyctl - asks a running parleyd, and works on a directory without one.  parleyctl(1) is beside
 * this file.
 */
#include "base/base.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/ctl.h"
#include "prog/defaults.h"

static const struct ctl_command *const commands[] = {
	&ctl_status,
	&ctl_partners,
	&ctl_reload,
	&ctl_rollback,
	&ctl_flag,
	&ctl_negotiate,
	&ctl_contexts,
	&ctl_terminate,
	&ctl_report,
	&ctl_states,
	&ctl_check,
	&ctl_test,
	&ctl_eval,
	&ctl_bench,
	&ctl_editor,
	&ctl_journal,
};

static void print_usage(FILE *f)
{
	fputs("usage: parleyctl [--socket PATH] [--json] COMMAND\n", f);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(f, "  %s\n      %s\n", commands[i]->usage, commands[i]->help);
	fputs(
	    "PATH defaults to $PARLEY_SOCKET, then to " DEFAULT_SOCKET ".\n"
	    "exit: 0 fine, 1 refused, failed or no answer, 2 usage, 3 the directory does not load,\n"
	    "4 coverage below the minimum\n",
	    f);
}

/* The exit status: what was not written was not said. */
static int finish(int rc)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return rc;
	fprintf(stderr, "parleyctl: cannot write to the standard output\n");
	return rc == EXIT_SUCCESS ? EXIT_FAILURE : rc;
}

/* Returns where the command is in argv, or 0. */
static int parse_options(struct ctl_options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *from_env = getenv("PARLEY_SOCKET");
	int c;

	o->socket = from_env && *from_env ? from_env : DEFAULT_SOCKET;
	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'h') {
			print_usage(stdout);
			exit(finish(EXIT_SUCCESS));
		} else
			return 0;
	}
	return optind < argc ? optind : 0;
}

static const struct ctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* A file that is opened later must not become the standard output: what is printed fails instead.
 */
static void keep_standard_files(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			exit(EXIT_FAILURE);
	}
}

/* Whether a word of the command is --help; behind "--" there is no option. */
static bool asks_for_help(char *const words[])
{
	for (; *words && strcmp(*words, "--") != 0; words++) {
		if (strcmp(*words, "--help") == 0)
			return true;
	}
	return false;
}

int main(int argc, char *argv[])
{
	struct ctl_options o = { .json = false };
	const struct ctl_command *c;
	int at, rc;

	keep_standard_files();
	at = parse_options(&o, argc, argv);
	c = at ? find_command(argv[at]) : NULL;
	if (!c) {
		if (at)
			fprintf(stderr, "parleyctl: there is no command '%s'\n", argv[at]);
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (asks_for_help(argv + at + 1)) {
		printf("usage: parleyctl %s\n    %s\n", c->usage, c->help);
		return finish(EXIT_SUCCESS);
	}
	optind = 0; /* the command reads its own options */
	rc = c->run(&o, argc - at, argv + at);
	if (rc == EXIT_USAGE)
		fprintf(stderr, "usage: parleyctl %s\n", c->usage);
	return finish(rc);
}
