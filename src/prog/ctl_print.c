/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "prog/ctl_print.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

static long long int_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static json_t *parse(struct str json)
{
	return json_loadb(json.p ? json.p : "", json.n, 0, NULL);
}

/* An answer that says whether something was granted: `*ok`.  NULL: it does not. */
static json_t *parse_granted(struct str json, bool *ok)
{
	json_t *r = parse(json);

	if (!json_is_object(r)) {
		json_decref(r);
		return NULL;
	}
	*ok = json_is_true(json_object_get(r, "ok"));
	return r;
}

static void print_last_reload(const json_t *last)
{
	if (!json_is_object(last))
		printf("last reload   none since the start\n");
	else if (json_is_true(json_object_get(last, "ok")))
		printf("last reload   accepted at %s from %s\n", text_of(last, "at"),
		    text_of(last, "directory"));
	else
		printf("last reload   REFUSED at %s, %s, while %s: %s\n", text_of(last, "at"),
		    text_of(last, "directory"), text_of(last, "stage"), text_of(last, "error"));
}

/* What can be rolled back to; the one in force has its own line. */
static void print_generations(const json_t *list)
{
	const json_t *g;
	size_t i;

	json_array_foreach(list, i, g)
	{
		if (!json_is_true(json_object_get(g, "in_force")))
			printf(
			    "kept          %lld, %.12s, loaded %s, last activated %s, %lld partners\n",
			    int_of(g, "generation"), text_of(g, "digest"), text_of(g, "loaded"),
			    text_of(g, "activated"), int_of(g, "partners"));
	}
}

static void print_state(const json_t *s)
{
	const json_t *state = json_object_get(s, "state");
	const char *fallback = json_string_value(json_object_get(s, "policy_fallback"));
	const char *error = json_string_value(json_object_get(state, "error"));

	if (fallback && *fallback)
		printf("FALLBACK      the directory was refused at start: %s\n", fallback);
	if (!json_is_object(state))
		printf("state         nothing is kept over a restart\n");
	else if (error && *error)
		printf("state         NOT WRITTEN to %s: %s\n", text_of(state, "directory"), error);
	else
		printf("state         generation %lld is kept in %s\n", int_of(state, "generation"),
		    text_of(state, "directory"));
}

static void print_store(const json_t *s)
{
	const char *aside = json_string_value(json_object_get(s, "set_aside"));

	if (!json_is_true(json_object_get(s, "on")))
		printf(
		    "store         off, agreements end with the process: %s\n", text_of(s, "why"));
	else if (json_is_true(json_object_get(s, "failing")))
		printf("store         FAILING: %s\n", text_of(s, "error"));
	else
		printf("store         %lld partners known at start, %lld records written\n",
		    int_of(s, "loaded"), int_of(s, "written"));
	if (aside && *aside)
		printf("STORE         a damaged file was set aside as %s: %s\n", aside,
		    text_of(s, "set_aside_why"));
}

static void print_expiry(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		bool is_over = json_is_true(json_object_get(item, "over"));

		if (json_is_true(json_object_get(item, "soon")))
			printf("%s       %s %s, %s\n", is_over ? "EXPIRED" : "EXPIRES",
			    text_of(item, "what"), text_of(item, "name"), text_of(item, "at"));
	}
}

static void print_lists(const json_t *l)
{
	const char *error = json_string_value(json_object_get(l, "error"));

	if (error && *error)
		printf("CRL           %lld on the disk REFUSED, what was read before goes on: %s\n",
		    int_of(l, "refused"), error);
}

static void print_journal(const json_t *j)
{
	const json_t *lost = json_object_get(j, "lost");
	long long n = int_of(lost, "queue") + int_of(lost, "write");

	if (!json_is_true(json_object_get(j, "on")))
		printf("journal       off: %s\n", text_of(j, "why"));
	else
		printf("journal       %lld decisions recorded, %lld lost%s\n", int_of(j, "records"),
		    n, json_is_true(json_object_get(j, "failing")) ? ", FAILING, see the log" : "");
}

static void print_jail(const json_t *s)
{
	const json_t *j = json_object_get(s, "jail");
	const char *why = json_string_value(json_object_get(j, "why"));

	if (json_is_true(json_object_get(s, "lab")))
		printf("LAB MODE      not for production; session keys are written to %s\n",
		    json_is_string(json_object_get(s, "key_log")) ? text_of(s, "key_log")
								  : "no file");
	if (!json_is_true(json_object_get(j, "on")))
		printf("JAIL          OFF: %s\n", text_of(j, "why"));
	else
		printf("jail          seccomp %s, Landlock %s, capabilities %s%s%s\n",
		    json_is_true(json_object_get(j, "seccomp")) ? "on" : "OFF",
		    json_is_string(json_object_get(j, "landlock")) ? text_of(j, "landlock") : "OFF",
		    text_of(j, "capabilities"), why && *why ? ": " : "", why ? why : "");
}

static void print_memory(const json_t *m)
{
	const char *refused = json_string_value(json_object_get(m, "refused"));
	json_int_t limit = int_of(m, "limit_mib");

	printf("memory        %lld MiB", int_of(m, "bytes") >> 20);
	if (limit > 0)
		printf(" of %lld", limit);
	if (refused)
		printf(", SHORT: new connections of %s are refused", refused);
	printf("\n");
}

int ctl_print_status(struct str json)
{
	json_t *s = parse(json), *c;

	if (!s)
		return ERR_SYNTAX;
	c = json_object_get(s, "connections");
	printf("parleyd       pid %lld, since %s, %lld workers%s\n", int_of(s, "pid"),
	    text_of(s, "started"), int_of(s, "workers"),
	    json_is_true(json_object_get(s, "draining")) ? ", ENDING" : "");
	printf("generation    %lld, %.12s, activated %s, %s\n", int_of(s, "generation"),
	    text_of(s, "digest"), text_of(s, "activated"), text_of(s, "why"));
	print_jail(s);
	print_generations(json_object_get(s, "generations"));
	printf("partners      %lld\n", int_of(s, "partners"));
	printf("connections   %lld open, %lld in handshake, %lld closing\n", int_of(c, "open"),
	    int_of(c, "handshaking"), int_of(c, "closing"));
	print_memory(json_object_get(s, "memory"));
	printf("certificate   until %s\n", text_of(json_object_get(s, "certificate"), "not_after"));
	print_last_reload(json_object_get(s, "last_reload"));
	print_expiry(json_object_get(s, "expiry"));
	print_lists(json_object_get(s, "revocation_lists"));
	print_state(s);
	print_store(json_object_get(s, "store"));
	print_journal(json_object_get(s, "journal"));
	json_decref(s);
	return 0;
}

/* "at ...: reason", or "-" when nothing was refused. */
static const char *last_failure(const json_t *p)
{
	static char text[512];

	if (!json_is_string(json_object_get(p, "last_failure")))
		return "-";
	snprintf(text, sizeof(text), "%s: %s", text_of(p, "last_failure"),
	    text_of(p, "last_failure_reason"));
	return text;
}

/* " [a b]", or "" when no flag is on. */
static const char *flags_of(const json_t *p)
{
	static char text[640];
	const json_t *flag;
	size_t i, n = 0;

	text[0] = '\0';
	json_array_foreach(json_object_get(p, "flags"), i, flag)
	{
		if (n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : " [",
			    json_string_value(flag));
	}
	if (n > 0 && n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, "]");
	return text;
}

int ctl_print_partners(struct str json)
{
	json_t *root = parse(json), *p;
	size_t i;

	if (!root)
		return ERR_SYNTAX;
	printf("%-24s %-16s %-16s %-20s %-20s %5s %4s %6s %7s  %s\n", "PARTNER", "IN", "OUT",
	    "SINCE", "NEXT", "CONNS", "CTXS", "ASKED", "REFUSED", "LAST FAILURE");
	json_array_foreach(json_object_get(root, "partners"), i, p) printf(
	    "%-24s %-16s %-16s %-20s %-20s %5lld %4lld %6lld %7lld  %s%s\n", text_of(p, "name"),
	    text_of(json_object_get(p, "in"), "state"), text_of(json_object_get(p, "out"), "state"),
	    text_of(p, "since"), text_of(json_object_get(p, "out"), "next"),
	    int_of(p, "connections"), int_of(p, "contexts"), int_of(p, "attempts"),
	    int_of(p, "failures"), last_failure(p), flags_of(p));
	json_decref(root);
	return 0;
}

/* What the new policies say of the connections that are kept. */
static void print_retention(const json_t *c)
{
	long long kept = int_of(c, "kept"), released = int_of(c, "released");

	if (released > 0)
		printf("%lld of %lld kept connections are not wanted by its policies%s\n", released,
		    kept,
		    json_is_true(json_object_get(c, "applied")) ? " and were ended"
								: "; reload --apply ends them");
	if (json_is_false(json_object_get(c, "complete")))
		printf("not all workers have asked yet\n");
}

int ctl_print_reload(struct str json, bool *ok)
{
	json_t *r = parse_granted(json, ok);

	if (!r)
		return ERR_SYNTAX;
	if (!*ok)
		fprintf(stderr, "refused, nothing changed: %s\n", text_of(r, "error"));
	else if (json_is_true(json_object_get(r, "dry_run")))
		printf(
		    "would be accepted: %.12s, %lld partners (dry run, generation %lld goes on)\n",
		    text_of(r, "digest"), int_of(r, "partners"), int_of(r, "generation"));
	else {
		printf("generation %lld is active: %.12s, %lld partners\n", int_of(r, "generation"),
		    text_of(r, "digest"), int_of(r, "partners"));
		print_retention(json_object_get(r, "connections"));
	}
	json_decref(r);
	return 0;
}

int ctl_print_rollback(struct str json, bool *ok)
{
	json_t *r = parse_granted(json, ok);

	if (!r)
		return ERR_SYNTAX;
	if (!*ok)
		fprintf(stderr, "refused, nothing changed: %s\n", text_of(r, "error"));
	else
		printf("generation %lld is active again: %.12s, %lld partners\n",
		    int_of(r, "generation"), text_of(r, "digest"), int_of(r, "partners"));
	json_decref(r);
	return 0;
}

static void print_context(const json_t *c)
{
	const json_t *provider;
	size_t i;

	printf("%-24s %-16s %-16s %-9s %-7s %-16s %-20s %4lld %4lld  %s%s", text_of(c, "partner"),
	    text_of(c, "id"), text_of(c, "peer_id"), text_of(c, "role"), text_of(c, "jwe"),
	    text_of(c, "check"), text_of(c, "expires"), int_of(c, "reports_in"),
	    int_of(c, "reports_out"), json_is_true(json_object_get(c, "policy")) ? "policy" : "-",
	    json_is_true(json_object_get(c, "policy_differs")) ? " DIFFERS" : "");
	json_array_foreach(json_object_get(c, "providers"), i, provider)
	    printf(" %s", json_string_value(provider));
	printf("\n");
}

int ctl_print_contexts(struct str json)
{
	json_t *root = parse(json), *c;
	size_t i;

	if (!root)
		return ERR_SYNTAX;
	printf("%-24s %-16s %-16s %-9s %-7s %-16s %-20s %4s %4s  %s\n", "PARTNER", "ID",
	    "PEER'S ID", "WE ARE", "JWE", "CHECK OF KEYS", "EXPIRES", "ERRS", "SENT",
	    "POLICY, PROVIDERS");
	json_array_foreach(json_object_get(root, "contexts"), i, c) print_context(c);
	json_decref(root);
	return 0;
}

int ctl_print_nothing(struct str json, bool *ok)
{
	json_t *r = parse_granted(json, ok);

	if (!r)
		return ERR_SYNTAX;
	if (!*ok)
		fprintf(stderr, "parleyctl: %s\n", text_of(r, "error"));
	json_decref(r);
	return 0;
}

int ctl_print_begun(struct str json, bool *ok)
{
	int rc = ctl_print_nothing(json, ok);

	if (rc == 0 && *ok)
		printf("asked for; see parleyctl partners and contexts\n");
	return rc;
}

int ctl_print_flags(struct str json, bool *ok)
{
	json_t *r = parse_granted(json, ok), *flag;
	size_t i;

	if (!r)
		return ERR_SYNTAX;
	if (!*ok)
		fprintf(stderr, "parleyctl: %s\n", text_of(r, "error"));
	json_array_foreach(json_object_get(r, "flags"), i, flag)
	    printf("%s\n", json_string_value(flag));
	json_decref(r);
	return 0;
}
