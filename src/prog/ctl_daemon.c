/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "prog/ctl.h"
#include "prog/ctl_http.h"
#include "prog/ctl_print.h"
#include "prog/defaults.h"

enum {
	BODY_MAX = 64 << 20
};

/* Reads the options of a command that asks the daemon; false: usage.  What follows them begins at
 * `optind`. */
static bool parse_options(struct ctl_options *o, bool *dry_run, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'n' && dry_run)
			*dry_run = true;
		else
			return false;
	}
	return true;
}

/* One request; prints the body as it is, or leaves it in `body` for the caller. */
static int ask(const struct ctl_options *o, const char *method, const char *path, long *status,
    struct buf *body)
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

static int show(
    struct ctl_options *o, int argc, char *argv[], const char *path, int (*print)(struct str json))
{
	struct buf body;
	long status = 0;
	int rc;

	if (!parse_options(o, NULL, argc, argv) || optind != argc)
		return EXIT_USAGE;
	rc = ask(o, "GET", path, &status, &body);
	if (rc == EXIT_SUCCESS && !o->json && (status != 200 || print(buf_str(&body)))) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
		rc = EXIT_FAILURE;
	}
	buf_release(&body);
	return rc;
}

static int run_status(struct ctl_options *o, int argc, char *argv[])
{
	return show(o, argc, argv, "/v1/status", ctl_print_status);
}

static int run_partners(struct ctl_options *o, int argc, char *argv[])
{
	return show(o, argc, argv, "/v1/partners", ctl_print_partners);
}

/* A request whose answer says whether it was granted; `print` tells it. */
static int change(const struct ctl_options *o, const char *method, const char *path,
    int (*print)(struct str json, bool *ok))
{
	struct buf body;
	long status = 0;
	bool ok = false;
	int rc = ask(o, method, path, &status, &body);

	if (rc == EXIT_SUCCESS && o->json)
		rc = status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
	else if (rc == EXIT_SUCCESS && print(buf_str(&body), &ok)) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
		rc = EXIT_FAILURE;
	} else if (rc == EXIT_SUCCESS && !ok)
		rc = EXIT_FAILURE;
	buf_release(&body);
	return rc;
}

static int run_reload(struct ctl_options *o, int argc, char *argv[])
{
	bool dry_run = false;

	if (!parse_options(o, &dry_run, argc, argv) || optind != argc)
		return EXIT_USAGE;
	return change(o, "POST", dry_run ? "/v1/reload?dry_run=1" : "/v1/reload", ctl_print_reload);
}

static int run_rollback(struct ctl_options *o, int argc, char *argv[])
{
	char path[64] = "/v1/rollback";
	const char *number;

	if (!parse_options(o, NULL, argc, argv) || optind + 1 < argc)
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
	return change(o, "POST", path, ctl_print_rollback);
}

/* What needs no escape in a query; the daemon says what a name has to be. */
static bool is_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789-_.");

	return n >= 1 && n <= 64 && text[n] == '\0';
}

static int run_flag(struct ctl_options *o, int argc, char *argv[])
{
	char path[256];
	char **word;
	bool on;

	if (!parse_options(o, NULL, argc, argv) || (argc - optind != 1 && argc - optind != 3))
		return EXIT_USAGE;
	word = argv + optind;
	for (int i = 0; i < argc - optind && i < 2; i++) {
		if (!is_word(word[i])) {
			fprintf(stderr, "parleyctl: '%s' is no name\n", word[i]);
			return EXIT_FAILURE;
		}
	}
	if (argc - optind == 1) {
		snprintf(path, sizeof(path), "/v1/flag?partner=%s", word[0]);
		return change(o, "GET", path, ctl_print_flags);
	}
	on = strcmp(word[2], "on") == 0;
	if (!on && strcmp(word[2], "off") != 0)
		return EXIT_USAGE;
	snprintf(path, sizeof(path), "/v1/flag?partner=%s&name=%s&on=%d", word[0], word[1], on);
	return change(o, "POST", path, ctl_print_flags);
}

const struct ctl_command ctl_status = { "status", run_status, "status",
	"what runs, since when, with which policies" };
const struct ctl_command ctl_partners = { "partners", run_partners, "partners",
	"each partner, its state and the reason for it" };
const struct ctl_command ctl_reload = { "reload", run_reload, "reload [--dry-run]",
	"activate what the directory holds now" };
const struct ctl_command ctl_rollback = { "rollback", run_rollback, "rollback [GENERATION]",
	"put an older generation in force; without a number, the one before" };
const struct ctl_command ctl_flag = { "flag", run_flag, "flag PARTNER [NAME on|off]",
	"switches that the partner's policies see; those that are on" };
