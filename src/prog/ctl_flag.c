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
	BODY_MAX = 64 << 10,
	PATH_MAX_BYTES = 256,
};

static bool parse_options(struct ctl_options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'j')
			o->json = true;
		else
			return false;
	}
	return argc - optind == 1 || argc - optind == 3;
}

static int ask(const struct ctl_options *o, const char *method, const char *path)
{
	struct err e = { 0 };
	struct buf body;
	long status = 0;
	bool ok = false;
	int rc = EXIT_FAILURE;

	buf_init(&body, BODY_MAX);
	if (ctl_http(o->socket, method, path, &status, &body, &e)) {
		fprintf(stderr, "parleyctl: %s\n", e.text);
	} else if (o->json) {
		fwrite(body.data, 1, body.len, stdout);
		rc = status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
	} else if (ctl_print_flags(buf_str(&body), &ok)) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
	} else if (ok) {
		rc = EXIT_SUCCESS;
	}
	buf_release(&body);
	return rc;
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
	char path[PATH_MAX_BYTES];
	char **word;
	bool on;

	if (!parse_options(o, argc, argv))
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
		return ask(o, "GET", path);
	}
	on = strcmp(word[2], "on") == 0;
	if (!on && strcmp(word[2], "off") != 0)
		return EXIT_USAGE;
	snprintf(path, sizeof(path), "/v1/flag?partner=%s&name=%s&on=%d", word[0], word[1], on);
	return ask(o, "POST", path);
}

const struct ctl_command ctl_flag = { "flag", run_flag, "flag PARTNER [NAME on|off]",
	"switches that the partner's policies see; those that are on" };
