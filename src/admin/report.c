/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/report.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "sepp/gateway.h"

enum {
	JSON_STYLE = JSON_INDENT(2)
};

/* Takes `object`. */
static char *print(json_t *object)
{
	char *text = json_dumps(object, JSON_STYLE), *line;
	size_t n;

	ensure(object && text);
	json_decref(object);
	n = strlen(text);
	line = realloc(text, n + 2);
	ensure(line);
	line[n] = '\n';
	line[n + 1] = '\0';
	return line;
}

static json_t *utc(int64_t s)
{
	char text[24];

	return s > 0 ? json_string(clock_print_utc(text, s)) : json_null();
}

static json_t *last_reload(const struct gateway_status *s)
{
	if (s->last_reload_s == 0)
		return json_null();
	return json_pack("{s:b, s:o, s:s}", "ok", !*s->last_error, "at", utc(s->last_reload_s),
	    "error", s->last_error);
}

char *report_status(const struct gateway *g)
{
	struct gateway_status s;

	gateway_status(g, &s);
	return print(json_pack(
	    "{s:i, s:o, s:I, s:I, s:s, s:o, s:i, s:i, s:{s:I, s:I, s:I}, s:o, s:{s:I, s:I}, s:{s:o, s:b}, s:b, s:I}",
	    "pid", (int)getpid(), "started", utc(s.started_s), "uptime_s",
	    (json_int_t)(s.now_s - s.started_s), "generation", (json_int_t)s.generation, "digest",
	    s.digest, "activated", utc(s.activated_s), "partners", (int)s.n_partners, "workers",
	    (int)s.n_workers, "connections", "open", (json_int_t)s.open, "handshaking",
	    (json_int_t)s.handshaking, "closing", (json_int_t)s.closing, "last_reload",
	    last_reload(&s), "reloads", "ok", (json_int_t)s.reloads, "failed",
	    (json_int_t)s.reloads_failed, "certificate", "not_after",
	    utc(s.certificate_not_after_s), "all_of_openssl", s.is_tls_fallback, "draining",
	    s.is_draining, "log_lines_lost", (json_int_t)log_lost()));
}

static json_t *partner_object(const struct partner *p, int64_t now_s)
{
	struct assoc_view v;
	bool agreed;
	char features[20];

	assoc_read(p->association, now_s, &v);
	agreed = assoc_is_agreed(&v);
	snprintf(features, sizeof(features), "%llx", (unsigned long long)v.agreement.features);
	return json_pack(
	    "{s:s, s:s, s:b, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:b, s:i, s:I, s:I, s:i, s:i, s:s}",
	    "name", p->conf->name, "file", script_program_path(p->program), "enabled",
	    p->conf->enabled, "state", assoc_state_name(v.state), "since", utc(v.since_s), "reason",
	    v.reason, "last_failure", utc(v.failed_s), "last_failure_reason", v.failure,
	    "capability", agreed ? json_string(n32_cap_name(v.agreement.cap)) : json_null(),
	    "features", agreed ? json_string(features) : json_null(), "target_api_root",
	    agreed && v.agreement.target_api_root, "connections", (int)v.connections, "attempts",
	    (json_int_t)v.attempts, "failures", (json_int_t)v.failures, "requests_last_minute",
	    (int)v.handshakes_minute, "requests_last_hour", (int)v.handshakes_hour,
	    "certificate_fingerprint", agreed ? v.agreement.fingerprint : "");
}

char *report_partners(const struct gateway *g)
{
	const struct generation *now = gateway_current(g);
	int64_t now_s = clock_wall_s();
	json_t *list = json_array();

	for (size_t i = 0; i < now->n_partners; i++)
		ensure(json_array_append_new(list, partner_object(now->partners[i], now_s)) == 0);
	return print(json_pack("{s:o}", "partners", list));
}

char *report_reload(const struct gateway_change *change, bool dry_run, const struct err *e)
{
	if (e)
		return print(json_pack("{s:b, s:s}", "ok", 0, "error", e->text));
	return print(json_pack("{s:b, s:b, s:I, s:s, s:I}", "ok", 1, "dry_run", dry_run,
	    "generation", (json_int_t)change->generation, "digest", change->digest, "partners",
	    (json_int_t)change->n_partners));
}

char *report_error(const char *text)
{
	return print(json_pack("{s:s}", "error", text));
}

/* --- Prometheus */

static void put_head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP parley_%s %s\n# TYPE parley_%s %s\n", name, help, name, type);
}

static void put_gauge(FILE *f, const char *name, const char *help, double value)
{
	put_head(f, name, "gauge", help);
	fprintf(f, "parley_%s %.17g\n", name, value);
}

static void put_counters(FILE *f, const struct gateway_status *s)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		const struct counter_info *c = &counter_infos[i];

		if (*c->help)
			put_head(f, c->metric, "counter", c->help);
		fprintf(f, "parley_%s%s%s%s %llu\n", c->metric, *c->labels ? "{" : "", c->labels,
		    *c->labels ? "}" : "", (unsigned long long)s->counters[i]);
	}
}

/* One row for each state, as usual for an enumeration in Prometheus. */
static void put_partners(FILE *f, const struct gateway *g, int64_t now_s)
{
	const struct generation *now = gateway_current(g);

	put_head(f, "partner_state", "gauge", "1 for the state that the partner is in");
	for (size_t i = 0; i < now->n_partners; i++) {
		struct assoc_view v;

		assoc_read(now->partners[i]->association, now_s, &v);
		for (int state = 0; state < ASSOC_STATES; state++)
			fprintf(f, "parley_partner_state{partner=\"%s\",state=\"%s\"} %d\n",
			    now->partners[i]->conf->name, assoc_state_name((enum assoc_state)state),
			    v.state == (enum assoc_state)state);
	}
	put_head(f, "partner_connections", "gauge", "Connections of the partner");
	for (size_t i = 0; i < now->n_partners; i++) {
		struct assoc_view v;

		assoc_read(now->partners[i]->association, now_s, &v);
		fprintf(f, "parley_partner_connections{partner=\"%s\"} %u\n",
		    now->partners[i]->conf->name, v.connections);
	}
}

char *report_metrics(const struct gateway *g)
{
	struct gateway_status s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	ensure(f);
	gateway_status(g, &s);
	put_counters(f, &s);
	put_head(f, "connections", "gauge", "Connections by state");
	fprintf(
	    f, "parley_connections{state=\"handshake\"} %llu\n", (unsigned long long)s.handshaking);
	fprintf(f, "parley_connections{state=\"open\"} %llu\n", (unsigned long long)s.open);
	fprintf(f, "parley_connections{state=\"closing\"} %llu\n", (unsigned long long)s.closing);
	put_head(f, "reloads_total", "counter", "Reloads by outcome");
	fprintf(f, "parley_reloads_total{outcome=\"ok\"} %llu\n", (unsigned long long)s.reloads);
	fprintf(f, "parley_reloads_total{outcome=\"refused\"} %llu\n",
	    (unsigned long long)s.reloads_failed);
	put_gauge(f, "generation", "Generation in force", (double)s.generation);
	put_gauge(
	    f, "generation_activated_seconds", "When it was activated", (double)s.activated_s);
	put_gauge(f, "start_time_seconds", "When the process started", (double)s.started_s);
	put_gauge(f, "certificate_not_after_seconds", "When our certificate expires",
	    (double)s.certificate_not_after_s);
	put_gauge(f, "log_lines_lost", "Log lines that did not fit the queue", (double)log_lost());
	put_partners(f, g, s.now_s);
	fclose(f);
	return text;
}
