/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "n32/json.h"
#include "n32/json_value.h"
#include "prog/ctl_offline.h"
#include "prog/ctl_subject.h"
#include "script/date.h"
#include "script/record.h"

enum {
	TEXT_MAX = 1 << 20
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "parleyctl: %s: %s\n", what, why);
	return ERR_CONFIG;
}

static int read_text(struct buf *text, const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char chunk[4096];
	size_t n;
	int rc = 0;

	buf_init(text, TEXT_MAX);
	if (!f)
		return fail(path, strerror(errno));
	while (rc == 0 && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		rc = buf_add(text, chunk, n);
	if (rc)
		(void)fail(path, "is larger than 1 MiB");
	else if (ferror(f))
		rc = fail(path, strerror(errno));
	if (f != stdin)
		fclose(f);
	return rc;
}

/* --- records */

/* Where the value that begins at `p` ends; the text is well-formed. */
static const char *end_of_value(const char *p, const char *end)
{
	int depth = 0;

	for (bool in_text = false; p < end; p++) {
		if (in_text && *p == '\\')
			p++;
		else if (*p == '"')
			in_text = !in_text;
		else if (!in_text && (*p == '{' || *p == '['))
			depth++;
		else if (!in_text && (*p == '}' || *p == ']'))
			depth--;
		else if (in_text || depth > 0)
			continue;
		else if (*p == ',')
			break;
		if (depth < 0)
			break;
	}
	return p;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && memchr(" \t\r\n", *p, 4))
		p++;
	return p;
}

/* Where the string that begins at `p` ends, its quotes included. */
static const char *end_of_text(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

/* The text of the member `name` of the well-formed object `json`; empty if there is none. */
static struct str find_member(struct str json, const char *name)
{
	const char *end = json.p + json.n, *p = skip_space(json.p, end) + 1;

	while ((p = skip_space(p, end)) < end && *p == '"') {
		const char *key = p + 1, *key_end = end_of_text(p, end);
		const char *value = skip_space(skip_space(key_end, end) + 1, end);
		size_t n;

		p = end_of_value(value, end);
		for (n = (size_t)(p - value); n > 0 && memchr(" \t\r\n", value[n - 1], 4);)
			n--;
		if (str_is((struct str){ key, (size_t)(key_end - 1 - key) }, name))
			return (struct str){ value, n };
		p++; /* the comma */
	}
	return (struct str){ NULL, 0 };
}

static int read_record(struct ctl_subject *s, const char *path, enum script_hook hook)
{
	struct str input = find_member(buf_str(&s->text), "input");
	struct err e = { 0 };

	s->is_record = true;
	s->then_answer = find_member(buf_str(&s->text), "answer");
	s->c = script_record_read(input, &s->is_truncated, &e);
	if (!s->c) {
		err_within(&e, "input");
		return fail(path, e.text);
	}
	if (hook != SCRIPT_HOOKS)
		s->c->in.hook = hook;
	return 0;
}

/* --- bodies */

static void read_body(struct ctl_subject *s, const struct generation *g, const struct partner *p,
    enum script_hook hook)
{
	struct n32_json_options options = { .strict_fqdn = g->conf->strict_fqdn };
	struct script_case *c;
	int rc;

	c = ctl_usual_case(g, p, hook == SCRIPT_HOOKS ? SCRIPT_SELECT_CAPABILITY : hook);
	if (hook == SCRIPT_VERIFY_SELECTION)
		rc = n32_neg_rsp_decode(&c->response, buf_str(&s->text), &options, &s->problem);
	else
		rc = n32_neg_req_decode(&c->request, buf_str(&s->text), &options, &s->problem);
	if (rc) {
		mem_free(c);
		return;
	}
	script_case_set_offer(c, g->conf);
	s->c = c;
}

int ctl_subject_read(struct ctl_subject *s, const char *path, const struct generation *g,
    const struct partner *p, enum script_hook hook)
{
	const struct json_value *root;
	const char *why;

	if (read_text(&s->text, path))
		return ERR_CONFIG;
	root = n32_json_parse(buf_str(&s->text), &why);
	if (root && n32_json_find(root, "input") && n32_json_find(root, "answer"))
		return read_record(s, path, hook);
	read_body(s, g, p, hook);
	return 0;
}

void ctl_subject_release(struct ctl_subject *s)
{
	buf_release(&s->text);
	mem_free(s->c);
	s->c = NULL;
}

/* --- what a body does not say */

enum kind {
	INTEGER, /* int64_t */
	COUNT,   /* uint64_t */
	TEXT,    /* char[SCRIPT_CASE_TEXT_MAX + 1] */
	CAP,     /* TLS, PRINS, or none */
	FLAG,    /* one more */
	EVENT,
};

#define AT(member) offsetof(struct script_case, member)

static const struct peer_field {
	const char *name;
	enum kind kind;
	size_t offset;
} peer_fields[] = {
	{ "attempts", COUNT, AT(in.peer.history.attempts) },
	{ "cert_days_left", INTEGER, AT(in.peer.certificate.days_left) },
	{ "cert_fingerprint", TEXT, AT(fingerprint) },
	{ "cert_issuer", TEXT, AT(issuer) },
	{ "cert_key", TEXT, AT(key) },
	{ "connections", COUNT, AT(in.peer.counts.connections) },
	{ "errors_in", COUNT, AT(in.peer.history.errors_in) },
	{ "errors_out", COUNT, AT(in.peer.history.errors_out) },
	{ "established", CAP, AT(in.peer.established) },
	{ "event", EVENT, AT(in.event) },
	{ "event_age_s", INTEGER, AT(in.event_age_s) },
	{ "failures", COUNT, AT(in.peer.history.failures) },
	{ "flag", FLAG, 0 },
	{ "handshakes_hour", COUNT, AT(in.peer.counts.handshakes_hour) },
	{ "handshakes_minute", COUNT, AT(in.peer.counts.handshakes_minute) },
	{ "last_capability", CAP, AT(in.peer.history.last_capability) },
	{ "last_ok", INTEGER, AT(in.peer.history.last_ok_s) },
	{ "previous_fingerprint", TEXT, AT(previous_fingerprint) },
	{ "report_count", COUNT, AT(report.in_context) },
	{ "source_address", TEXT, AT(source_address) },
	{ "strikes", COUNT, AT(in.peer.history.strikes) },
	{ "tls_cipher", TEXT, AT(tls_cipher) },
	{ "tls_version", TEXT, AT(tls_version) },
};

static const struct peer_field *find_field(struct str name)
{
	const char *names[ARRAY_LEN(peer_fields)], *near;

	for (size_t i = 0; i < ARRAY_LEN(peer_fields); i++) {
		names[i] = peer_fields[i].name;
		if (str_is(name, names[i]))
			return &peer_fields[i];
	}
	near = str_nearest(name, names, ARRAY_LEN(names));
	fprintf(stderr, "parleyctl: --peer: there is no field '%.*s'", STR_FMT(name));
	for (size_t i = 0; i < ARRAY_LEN(names) && !near; i++)
		fprintf(stderr, "%s%s", i ? ", " : "; there are ", names[i]);
	fprintf(stderr, near ? " (did you mean '%s'?)\n" : "\n", near);
	return NULL;
}

static const char *set_number(void *at, bool is_count, const char *value)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(value, &end, 10);
	if (end == value || *end || errno || (is_count && n < 0))
		return is_count ? "a number, 0 or more, expected" : "a whole number expected";
	memcpy(at, &n, sizeof(n));
	return NULL;
}

static const char *set_cap(enum n32_cap *cap, const char *value)
{
	*cap = n32_cap_parse(str_of(value));
	if (*cap != N32_CAP_TLS && *cap != N32_CAP_PRINS && strcmp(value, "none") != 0)
		return "TLS, PRINS or none expected";
	if (strcmp(value, "none") == 0)
		*cap = N32_CAP_UNKNOWN;
	return NULL;
}

static const char *add_flag(struct script_case *c, const char *value)
{
	if (c->n_flags == SCRIPT_CASE_FLAGS_MAX)
		return "too many flags";
	if (!*value || !str_copy(c->flags[c->n_flags], sizeof(c->flags[0]), str_of(value)))
		return "the name of a flag expected";
	c->n_flags++;
	return NULL;
}

static const char *set_event(enum script_event *event, const char *value)
{
	for (int i = 0; i < SCRIPT_EVENTS; i++) {
		if (strcmp(script_event_name((enum script_event)i), value) == 0) {
			*event = (enum script_event)i;
			return NULL;
		}
	}
	return "NEGOTIATED, IDLE, MAX_AGE, LOST, LIMIT, CERTIFICATE_CHANGED, POLICY_CHANGED or "
	       "ERRORS expected";
}

/* What is wrong with the value, or NULL. */
static const char *set_field(struct script_case *c, const struct peer_field *f, const char *value)
{
	void *at = (char *)c + f->offset;

	switch (f->kind) {
	case INTEGER:
	case COUNT:
		return set_number(at, f->kind == COUNT, value);
	case TEXT:
		return str_copy(at, SCRIPT_CASE_TEXT_MAX + 1, str_of(value)) ? NULL : "too long";
	case CAP:
		return set_cap(at, value);
	case FLAG:
		return add_flag(c, value);
	default:
		return set_event(at, value);
	}
}

int ctl_subject_set(struct ctl_subject *s, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	const struct peer_field *f;
	const char *why;

	if (!equals)
		return fail("--peer", "write FIELD=VALUE, as in cert_days_left=6");
	f = find_field((struct str){ assignment, (size_t)(equals - assignment) });
	if (!f)
		return ERR_CONFIG;
	why = set_field(s->c, f, equals + 1);
	if (why) {
		fprintf(stderr, "parleyctl: --peer %s: %s\n", assignment, why);
		return ERR_CONFIG;
	}
	script_case_point(s->c);
	return 0;
}

int ctl_subject_set_time(struct ctl_subject *s, const char *text)
{
	const char *why;

	if (!set_number(&s->c->in.now_s, true, text))
		return 0;
	why = date_parse(&s->c->in.now_s, str_of(text));
	if (why) {
		fprintf(stderr, "parleyctl: --time '%s': %s\n", text, why);
		return ERR_CONFIG;
	}
	return 0;
}
