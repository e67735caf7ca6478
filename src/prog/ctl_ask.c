/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "prog/ctl_ask.h"
#include "prog/ctl_http.h"
#include "prog/defaults.h"

enum {
	BODY_MAX = 64 << 20
};

bool ctl_ask_options(struct ctl_options *o, const struct ctl_option *own, int argc, char *argv[])
{
	struct option known[CTL_OPTIONS_MAX + 3] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
	};
	int c, n = 2;

	for (const struct ctl_option *p = own; p && p->name; p++) {
		ensure(n < CTL_OPTIONS_MAX + 2);
		known[n++] = (struct option){ p->name, p->value ? required_argument : no_argument,
			NULL, 256 + (int)(p - own) };
	}
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c >= 256 && own[c - 256].value)
			*own[c - 256].value = optarg;
		else if (c >= 256)
			*own[c - 256].flag = true;
		else
			return false;
	}
	return true;
}

int ctl_ask(const struct ctl_options *o, const char *method, const char *path, long *status,
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

int ctl_ask_show(
    struct ctl_options *o, int argc, char *argv[], const char *path, int (*print)(struct str json))
{
	struct buf body;
	long status = 0;
	int rc;

	if (!ctl_ask_options(o, NULL, argc, argv) || optind != argc)
		return EXIT_USAGE;
	rc = ctl_ask(o, "GET", path, &status, &body);
	if (rc == EXIT_SUCCESS && !o->json && (status != 200 || print(buf_str(&body)))) {
		fprintf(stderr, "parleyctl: unexpected answer, status %ld\n", status);
		rc = EXIT_FAILURE;
	}
	buf_release(&body);
	return rc;
}

int ctl_ask_change(const struct ctl_options *o, const char *method, const char *path,
    int (*print)(struct str json, bool *ok))
{
	struct buf body;
	long status = 0;
	bool ok = false;
	int rc = ctl_ask(o, method, path, &status, &body);

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

bool ctl_ask_is_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789-_.");

	return n >= 1 && n <= 64 && text[n] == '\0';
}

bool ctl_ask_are_names(char *const names[], int n)
{
	for (int i = 0; i < n; i++) {
		if (!ctl_ask_is_word(names[i])) {
			fprintf(stderr, "parleyctl: '%s' is no name\n", names[i]);
			return false;
		}
	}
	return true;
}
