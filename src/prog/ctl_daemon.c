/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog/ctl_ask.h"
#include "prog/ctl_print.h"
#include "prog/defaults.h"

static int run_status(struct ctl_options *o, int argc, char *argv[])
{
	return ctl_ask_show(o, argc, argv, "/v1/status", ctl_print_status);
}

static int run_partners(struct ctl_options *o, int argc, char *argv[])
{
	return ctl_ask_show(o, argc, argv, "/v1/partners", ctl_print_partners);
}

static int run_reload(struct ctl_options *o, int argc, char *argv[])
{
	bool dry_run = false, apply = false;
	const struct ctl_option own[] = { { "dry-run", NULL, &dry_run }, { "apply", NULL, &apply },
		{ NULL, NULL, NULL } };

	if (!ctl_ask_options(o, own, argc, argv) || optind != argc || (dry_run && apply))
		return EXIT_USAGE;
	return ctl_ask_change(o, "POST",
	    dry_run ? "/v1/reload?dry_run=1"
	    : apply ? "/v1/reload?apply=1"
		    : "/v1/reload",
	    ctl_print_reload);
}

static int run_rollback(struct ctl_options *o, int argc, char *argv[])
{
	char path[64] = "/v1/rollback";
	const char *number;

	if (!ctl_ask_options(o, NULL, argc, argv) || optind + 1 < argc)
		return EXIT_USAGE;
	number = argv[optind];
	if (number && (*number == '\0' || strspn(number, "0123456789") != strlen(number) ||
			  strlen(number) > 18)) {
		fprintf(stderr, "parleyctl: the number of a generation is expected, not '%s'\n",
		    number);
		return EXIT_USAGE;
	}
	if (number)
		snprintf(path, sizeof(path), "/v1/rollback?generation=%s", number);
	return ctl_ask_change(o, "POST", path, ctl_print_rollback);
}

static int run_flag(struct ctl_options *o, int argc, char *argv[])
{
	char path[256];
	char **word;
	bool on;

	if (!ctl_ask_options(o, NULL, argc, argv) || (argc - optind != 1 && argc - optind != 3))
		return EXIT_USAGE;
	word = argv + optind;
	if (!ctl_ask_are_names(word, argc - optind == 1 ? 1 : 2))
		return EXIT_FAILURE;
	if (argc - optind == 1) {
		snprintf(path, sizeof(path), "/v1/flag?partner=%s", word[0]);
		return ctl_ask_change(o, "GET", path, ctl_print_flags);
	}
	on = strcmp(word[2], "on") == 0;
	if (!on && strcmp(word[2], "off") != 0)
		return EXIT_USAGE;
	snprintf(path, sizeof(path), "/v1/flag?partner=%s&name=%s&on=%d", word[0], word[1], on);
	return ctl_ask_change(o, "POST", path, ctl_print_flags);
}

const struct ctl_command ctl_status = { "status", run_status, "status",
	"what runs, since when, with which policies" };
const struct ctl_command ctl_partners = { "partners", run_partners, "partners",
	"each partner, its state and the reason for it" };
const struct ctl_command ctl_reload = { "reload", run_reload, "reload [--dry-run | --apply]",
	"activate what the directory holds now" };
const struct ctl_command ctl_rollback = { "rollback", run_rollback, "rollback [GENERATION]",
	"put an older generation in force; without a number, the one before" };
const struct ctl_command ctl_flag = { "flag", run_flag, "flag PARTNER [NAME on|off]",
	"switches that the partner's policies see; those that are on" };
