/* SPDX-License-Identifier: MIT */
/* What we begin ourselves towards partners: negotiations, the end of a relation, error reports. */
#include "base/base.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "prog/ctl_ask.h"
#include "prog/ctl_print.h"
#include "prog/defaults.h"
#include "sepp/machine.h"

enum {
	PATH_MAX_BYTES = 400,
	POLL_MSEC = 50,
	WAIT_MSEC = 30000, /* for the end of an attempt */
};

/* The only argument, a name; or NULL after usage or a line. */
static const char *only_name(int argc, char *argv[], int *rc)
{
	*rc = EXIT_USAGE;
	if (optind + 1 != argc)
		return NULL;
	if (ctl_ask_are_names(argv + optind, 1))
		return argv[optind];
	*rc = EXIT_FAILURE;
	return NULL;
}

/* --- negotiate */

/* The partner in the answer to /v1/partners: a new reference; NULL: there is none, or `rc` says
 * that there was no answer, which is told. */
static json_t *find_partner(const struct ctl_options *o, const char *name, int *rc)
{
	struct ctl_options quiet = { .socket = o->socket };
	json_t *root = NULL, *p, *found = NULL;
	struct buf body;
	long status;
	size_t i;

	*rc = ctl_ask(&quiet, "GET", "/v1/partners", &status, &body);
	if (*rc == EXIT_SUCCESS)
		root = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
	buf_release(&body);
	json_array_foreach(json_object_get(root, "partners"), i, p)
	{
		const char *other = json_string_value(json_object_get(p, "name"));

		if (other && strcmp(other, name) == 0)
			found = json_incref(p);
	}
	json_decref(root);
	return found;
}

static const json_t *out_of(const json_t *p, const char *key)
{
	return json_object_get(json_object_get(p, "out"), key);
}

static const char *text_of(const json_t *p, const char *key)
{
	const char *text = json_string_value(out_of(p, key));

	return text ? text : "";
}

/* Of the daemon: the negotiations that the partner opens do not count. */
static json_int_t attempts_of(const json_t *p)
{
	return json_integer_value(out_of(p, "attempts"));
}

/* Whether one that began after the first `before` is over. */
static bool is_over(const json_t *p, json_int_t before)
{
	return attempts_of(p) != before && !json_is_true(out_of(p, "under_way"));
}

static void wait_a_little(void)
{
	const struct timespec t = { .tv_nsec = POLL_MSEC * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Waits for the end of the attempt that was asked for when there had been `before`. */
static json_t *await_attempt(
    const struct ctl_options *o, const char *name, json_int_t before, int *rc)
{
	msec until = clock_mono() + WAIT_MSEC;
	json_t *p = find_partner(o, name, rc);

	while (p && !is_over(p, before) && clock_mono() < until) {
		json_decref(p);
		wait_a_little();
		p = find_partner(o, name, rc);
	}
	return p;
}

/* Returns whether the attempt succeeded. */
static bool tell_attempt(const struct ctl_options *o, const char *name, json_int_t before)
{
	int rc;
	json_t *p = await_attempt(o, name, before, &rc);
	bool ended = p && is_over(p, before), ok;
	enum machine_state state;

	ok = ended && machine_state_parse(text_of(p, "state"), &state) && machine_is_open(state) &&
	     !*text_of(p, "reason");
	if (o->json && p)
		ok = json_dumpf(p, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF && ok;
	else if (!p && rc == EXIT_SUCCESS)
		fprintf(stderr, "parleyctl: there is no partner '%s' any more\n", name);
	else if (p && !ended)
		fprintf(stderr, "parleyctl: the negotiation goes on, see parleyctl partners\n");
	else if (ok)
		printf("%s: %s\n", name, text_of(p, "state"));
	else if (p)
		fprintf(stderr, "%s: %s: %s\n", name, text_of(p, "state"), text_of(p, "reason"));
	json_decref(p);
	return ok;
}

static int run_negotiate(struct ctl_options *o, int argc, char *argv[])
{
	struct ctl_options quiet;
	char path[PATH_MAX_BYTES];
	const char *name;
	json_int_t before;
	json_t *p;
	int rc;

	if (!ctl_ask_options(o, NULL, argc, argv))
		return EXIT_USAGE;
	name = only_name(argc, argv, &rc);
	if (!name)
		return rc;
	p = find_partner(o, name, &rc);
	if (rc != EXIT_SUCCESS)
		return rc;
	before = attempts_of(p);
	json_decref(p);
	quiet = (struct ctl_options){ .socket = o->socket };
	snprintf(path, sizeof(path), "/v1/negotiate?partner=%s", name);
	rc = ctl_ask_change(&quiet, "POST", path, ctl_print_nothing);
	if (rc != EXIT_SUCCESS)
		return rc;
	return tell_attempt(o, name, before) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- contexts, terminate, report */

static int run_contexts(struct ctl_options *o, int argc, char *argv[])
{
	return ctl_ask_show(o, argc, argv, "/v1/contexts", ctl_print_contexts);
}

/* 16 hexadecimal digits are a context; no partner needs such a name. */
static bool is_context(const char *text)
{
	return strlen(text) == 16 && strspn(text, "0123456789abcdefABCDEF") == 16;
}

static int run_terminate(struct ctl_options *o, int argc, char *argv[])
{
	char path[PATH_MAX_BYTES];
	const char *name;
	int rc;

	if (!ctl_ask_options(o, NULL, argc, argv))
		return EXIT_USAGE;
	name = only_name(argc, argv, &rc);
	if (!name)
		return rc;
	snprintf(path, sizeof(path), "/v1/terminate?%s=%s",
	    is_context(name) ? "context" : "partner", name);
	return ctl_ask_change(o, "POST", path, ctl_print_begun);
}

static int run_report(struct ctl_options *o, int argc, char *argv[])
{
	const char *type = NULL, *message = NULL, *context = "", *name;
	const struct ctl_option own[] = { { "type", &type, NULL }, { "message", &message, NULL },
		{ "context", &context, NULL }, { NULL, NULL, NULL } };
	char path[PATH_MAX_BYTES];
	int rc;

	if (!ctl_ask_options(o, own, argc, argv) || !type || !message)
		return EXIT_USAGE;
	name = only_name(argc, argv, &rc);
	if (!name)
		return rc;
	if (!ctl_ask_is_word(type) || !ctl_ask_is_word(message) ||
	    (*context && !is_context(context))) {
		fprintf(stderr,
		    "parleyctl: a type like INTEGRITY_CHECK_FAILED, a message id of letters, digits, "
		    "'-', '_', '.', and a context of 16 hexadecimal digits are expected\n");
		return EXIT_FAILURE;
	}
	snprintf(path, sizeof(path), "/v1/report?partner=%s&type=%s&message=%s%s%s", name, type,
	    message, *context ? "&context=" : "", context);
	return ctl_ask_change(o, "POST", path, ctl_print_begun);
}

const struct ctl_command ctl_negotiate = { "negotiate", run_negotiate, "negotiate PARTNER",
	"negotiate with the partner now, and wait for the end" };
const struct ctl_command ctl_contexts = { "contexts", run_contexts, "contexts",
	"the N32-f contexts, without their keys" };
const struct ctl_command ctl_terminate = { "terminate", run_terminate, "terminate PARTNER|CONTEXT",
	"end the relation with a partner, or one N32-f context, and tell the peer" };
const struct ctl_command ctl_report = { "report", run_report,
	"report PARTNER --type TYPE --message ID [--context ID]",
	"report an error in an N32-f message to the partner" };
