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
#include "base/str.h"
#include "n32/json_scan.h"
#include "sepp/expiry.h"
#include "sepp/gateway.h"
#include "sepp/pressure.h"

enum {
	JSON_STYLE = JSON_INDENT(2),
	TEXT_MAX = 4096,
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

/* What policies, files and paths say may be any bytes, and JSON has to be UTF-8. */
static json_t *words(const char *text)
{
	char escaped[TEXT_MAX];

	if (!n32_json_is_utf8(str_of(text)))
		text = str_escape(escaped, sizeof(escaped), str_of(text));
	return json_string(text);
}

static json_t *utc(int64_t s)
{
	char text[24];

	return s > 0 ? json_string(clock_print_utc(text, s)) : json_null();
}

static json_t *last_reload(const struct gateway_status *s)
{
	json_t *o;

	if (s->last_reload_s == 0)
		return json_null();
	o = json_pack("{s:b, s:o, s:o, s:o}", "ok", !*s->last_error, "at", utc(s->last_reload_s),
	    "error", words(s->last_error), "directory", words(s->directory));
	if (*s->last_error)
		ensure(json_object_set_new(o, "stage", json_string(s->last_stage)) == 0);
	return o;
}

static json_t *generation_object(const struct generation *g, bool in_force)
{
	return json_pack("{s:I, s:s, s:b, s:o, s:o, s:s, s:i}", "generation", (json_int_t)g->number,
	    "digest", g->directory->digest, "in_force", in_force, "loaded", utc(g->loaded_s),
	    "activated", utc(g->activated_s), "why", g->why, "partners", (int)g->n_partners);
}

/* What can be rolled back to, the one in force first. */
static json_t *generations(const struct lineage *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lineage_count(l); i++)
		ensure(json_array_append_new(list, generation_object(lineage_kept(l, i), i == 0)) ==
		       0);
	return list;
}

static json_t *state_object(const struct gateway_kept *kept)
{
	if (!kept->directory)
		return json_null();
	return json_pack("{s:o, s:I, s:o, s:o, s:I}", "directory", words(kept->directory),
	    "generation", (json_int_t)kept->generation, "written", utc(kept->written_s), "error",
	    words(kept->error), "failures", (json_int_t)kept->failures);
}

static json_t *journal_object(const struct journal_status *j)
{
	return json_pack("{s:b, s:s, s:b, s:I, s:{s:I, s:I}, s:I}", "on", j->is_on, "why", j->why,
	    "failing", j->is_failing, "records", (json_int_t)j->written, "lost", "queue",
	    (json_int_t)j->lost_queue, "write", (json_int_t)j->lost_write, "set_aside",
	    (json_int_t)j->files);
}

static json_t *store_object(const struct store_status *s)
{
	return json_pack("{s:b, s:s, s:b, s:o, s:s, s:o, s:I, s:I, s:I}", "on", s->is_on, "why",
	    s->why, "failing", s->is_failing, "error", words(s->error), "set_aside", s->set_aside,
	    "set_aside_why", words(s->aside_why), "loaded", (json_int_t)s->n_loaded, "written",
	    (json_int_t)s->written, "failures", (json_int_t)s->failures);
}

static json_t *jail_object(const struct gateway_jail *j)
{
	char abi[24];

	snprintf(abi, sizeof(abi), "abi %d", j->landlock);
	return json_pack("{s:b, s:b, s:o, s:s, s:s, s:s}", "on", j->is_on, "seccomp", j->seccomp,
	    "landlock", j->landlock ? json_string(abi) : json_false(), "capabilities",
	    j->has_no_capabilities ? "none" : "kept", "bounding_set",
	    j->is_bounded ? "empty" : "kept", "why", j->why);
}

/* Which policies are in force, and how they came to be. */
static json_t *policies(const struct gateway *g, const struct gateway_status *s)
{
	const struct generation *now = s->in_force;

	return json_pack("{s:I, s:s, s:o, s:s, s:i, s:o, s:o, s:{s:I, s:I}, s:I, s:o, s:o}",
	    "generation", (json_int_t)now->number, "digest", now->directory->digest, "activated",
	    utc(now->activated_s), "why", now->why, "partners", (int)now->n_partners, "generations",
	    generations(gateway_lineage(g)), "last_reload", last_reload(s), "reloads", "ok",
	    (json_int_t)s->reloads, "failed", (json_int_t)s->reloads_failed, "rollbacks",
	    (json_int_t)s->rollbacks, "policy_fallback", words(s->fallback), "state",
	    state_object(&s->kept));
}

struct expiry_list {
	json_t *list;
	int64_t now_s;
};

static void add_expiry(void *arg, const struct expiry_item *item)
{
	struct expiry_list *l = arg;
	enum expiry_level level = expiry_level(item, l->now_s);
	json_t *o = json_pack("{s:s, s:o, s:o, s:I, s:b, s:b}", "what",
	    expiry_what_name(item->what), "name", words(item->name), "at", utc(item->at_s), "days",
	    (json_int_t)((item->at_s - l->now_s) / 86400), "soon", level != EXPIRY_FAR, "over",
	    level == EXPIRY_OVER);

	ensure(o && json_array_append_new(l->list, o) == 0);
}

static json_t *expiry_array(const struct gateway_status *s)
{
	struct expiry_list l = { json_array(), s->now_s };

	expiry_each(s->in_force, add_expiry, &l);
	return l.list;
}

static json_t *lists_object(const struct gateway_status *s)
{
	return json_pack("{s:I, s:I, s:o}", "renewals", (json_int_t)s->renewals, "refused",
	    (json_int_t)s->n_lists_refused, "error", words(s->list_error));
}

static json_t *memory_object(const struct gateway_status *s)
{
	return json_pack("{s:I, s:i, s:o}", "bytes", (json_int_t)s->memory_bytes, "limit_mib",
	    (int)s->in_force->conf->limits.memory_mib, "refused",
	    s->refused ? json_string(s->refused) : json_null());
}

char *report_status(const struct gateway *g)
{
	struct gateway_status s;
	json_t *o, *more;

	gateway_status(g, &s);
	o = json_pack("{s:i, s:o, s:I, s:o, s:i, s:{s:I, s:I, s:I}, s:{s:o, s:b}, s:b, s:I, s:o}",
	    "pid", (int)getpid(), "started", utc(s.started_s), "uptime_s",
	    (json_int_t)(s.uptime / 1000), "directory", words(s.directory), "workers",
	    (int)s.n_workers, "connections", "open", (json_int_t)s.sums.open, "handshaking",
	    (json_int_t)s.sums.handshaking, "closing", (json_int_t)s.sums.closing, "certificate",
	    "not_after", utc(s.certificate_not_after_s), "all_of_openssl", s.is_tls_fallback,
	    "draining", s.is_draining, "log_lines_lost", (json_int_t)log_lost(), "journal",
	    journal_object(&s.journal));
	ensure(o && json_object_set_new(o, "store", store_object(&s.store)) == 0 &&
	       json_object_set_new(o, "memory", memory_object(&s)) == 0 &&
	       json_object_set_new(o, "jail", jail_object(s.jail)) == 0 &&
	       json_object_set_new(o, "lab", json_boolean(s.is_lab)) == 0 &&
	       json_object_set_new(o, "key_log", s.keylog ? words(s.keylog) : json_null()) == 0);
	ensure(json_object_set_new(o, "revocation_lists", lists_object(&s)) == 0);
	ensure(json_object_set_new(o, "expiry", expiry_array(&s)) == 0);
	more = policies(g, &s);
	ensure(o && more && json_object_update(o, more) == 0);
	json_decref(more);
	return print(o);
}

static void put_lack(FILE *f, const char *what, bool lacks, const char *why)
{
	if (lacks)
		fprintf(f, "degraded: %s%s%s\n", what, *why ? ": " : "", why);
}

char *report_ready(const struct gateway *g, bool *is_ready)
{
	struct gateway_status s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	ensure(f);
	gateway_status(g, &s);
	*is_ready = !s.is_draining;
	fputs(s.is_draining ? "ending\n" : "ready\n", f);
	put_lack(f, "policies: the directory was refused", *s.fallback, s.fallback);
	put_lack(f, "store", s.store.is_failing, s.store.error);
	put_lack(f, "journal", s.journal.is_failing, "its file takes nothing");
	put_lack(f, "last-good", *s.kept.error, s.kept.error);
	put_lack(f, "revocation lists", s.n_lists_refused > 0, s.list_error);
	put_lack(f, "memory is short, new connections are refused", s.refused != NULL,
	    s.refused ? s.refused : "");
	put_lack(f, "not jailed", !s.jail->is_on, s.jail->why);
	fclose(f);
	return text;
}

static json_t *flags(const struct assoc_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n_flags; i++)
		ensure(json_array_append_new(list, json_string(v->flags[i])) == 0);
	return list;
}

static json_t *way_object(const struct assoc_way_view *w)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "state", machine_state_name(w->state),
	    "since", utc(w->since_s), "reason", words(w->reason), "place", words(w->place), "next",
	    utc(w->next_s));
}

/* `attempts` are those since the start. */
static json_t *out_object(const struct assoc_view *v)
{
	json_t *out = way_object(&v->ways[ASSOC_OUT]);

	ensure(json_object_set_new(out, "attempts", json_integer((json_int_t)v->begun)) == 0);
	ensure(json_object_set_new(out, "under_way", json_boolean(v->is_under_way)) == 0);
	return out;
}

/* Of the last agreement, also of one that has ended. */
static json_t *certificate_object(const struct assoc_view *v)
{
	const struct agreement *a = &v->agreement;

	if (!*a->fingerprint)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:s, s:o}", "fingerprint", a->fingerprint,
	    "previous_fingerprint", v->previous_fingerprint, "issuer", words(a->issuer), "key",
	    a->key, "not_after", utc(a->not_after_s));
}

static json_t *partner_object(const struct partner *p, int64_t now_s)
{
	struct assoc_view v;
	const struct assoc_way_view *latest;
	bool agreed;
	char features[20];

	assoc_read(p->association, now_s, &v);
	latest = &v.ways[v.latest];
	agreed = assoc_is_agreed(&v);
	snprintf(features, sizeof(features), "%llx", (unsigned long long)v.agreement.features);
	return json_pack(
	    "{s:s, s:o, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:o, s:s, s:o}",
	    "name", p->conf->name, "file", words(script_program_path(p->program)), "enabled",
	    p->conf->enabled, "state", machine_state_name(assoc_state(&v)), "since",
	    utc(latest->since_s), "reason", words(latest->reason), "in",
	    way_object(&v.ways[ASSOC_IN]), "out", out_object(&v), "last_failure", utc(v.failed_s),
	    "last_failure_reason", words(v.failure), "capability",
	    agreed ? json_string(n32_cap_name(v.agreement.cap)) : json_null(), "features",
	    agreed ? json_string(features) : json_null(), "target_api_root",
	    agreed && v.agreement.target_api_root, "connections", (int)v.connections, "contexts",
	    (int)v.n_contexts, "reports_in", (json_int_t)v.errors_in, "reports_out",
	    (json_int_t)v.errors_out, "attempts", (json_int_t)v.attempts, "failures",
	    (json_int_t)v.failures, "requests_last_minute", (int)v.handshakes_minute,
	    "requests_last_hour", (int)v.handshakes_hour, "strikes_last_hour", (int)v.strikes,
	    "flags", flags(&v), "certificate_fingerprint", agreed ? v.agreement.fingerprint : "",
	    "certificate", certificate_object(&v));
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
		return print(json_pack(
		    "{s:b, s:o, s:s}", "ok", 0, "error", words(e->text), "stage", change->stage));
	return print(json_pack("{s:b, s:b, s:I, s:s, s:I, s:{s:b, s:b, s:I, s:I}}", "ok", 1,
	    "dry_run", dry_run, "generation", (json_int_t)change->generation, "digest",
	    change->digest, "partners", (json_int_t)change->n_partners, "connections", "complete",
	    change->is_asked, "applied", change->is_applied, "kept", (json_int_t)change->asked,
	    "released", (json_int_t)change->released));
}

char *report_rollback(const struct gateway_change *change, const struct err *e)
{
	if (e)
		return print(json_pack("{s:b, s:o}", "ok", 0, "error", words(e->text)));
	return print(
	    json_pack("{s:b, s:I, s:s, s:I}", "ok", 1, "generation", (json_int_t)change->generation,
		"digest", change->digest, "partners", (json_int_t)change->n_partners));
}

char *report_flags(const struct partner *p, const struct err *e)
{
	struct assoc_view v;

	if (e)
		return print(json_pack("{s:b, s:o}", "ok", 0, "error", words(e->text)));
	assoc_read(p->association, clock_wall_s(), &v);
	return print(
	    json_pack("{s:b, s:s, s:o}", "ok", 1, "partner", p->conf->name, "flags", flags(&v)));
}

char *report_done(const char *partner, const struct err *e)
{
	if (e)
		return print(json_pack("{s:b, s:o}", "ok", 0, "error", words(e->text)));
	return print(json_pack("{s:b, s:o}", "ok", 1, "partner", words(partner)));
}

static void add_context(void *arg, const struct context_view *v)
{
	json_t *providers = json_array(), *o;

	for (size_t i = 0; i < v->n_providers; i++)
		ensure(json_array_append_new(providers, json_string(v->providers[i].text)) == 0);
	o = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:b, s:b, s:o, s:[I,I,I,I], s:s}",
	    "partner", v->partner, "id", v->own, "peer_id", v->peer, "role",
	    v->role == CONTEXT_INITIATOR ? "initiator" : "responder", "jwe", n32_jwe_name(v->jwe),
	    "jws", n32_jws_name(v->jws), "created", utc(v->created_s), "expires", utc(v->expires_s),
	    "reports_in", (json_int_t)v->reports_in, "reports_out", (json_int_t)v->reports_out,
	    "policy", v->has_policy, "policy_differs", v->policy_differs, "providers", providers,
	    "sequence", (json_int_t)v->sequence[0], (json_int_t)v->sequence[1],
	    (json_int_t)v->sequence[2], (json_int_t)v->sequence[3], "check", v->check);
	ensure(o && json_array_append_new(arg, o) == 0);
}

char *report_contexts(const struct gateway *g)
{
	json_t *list = json_array();

	(void)contexts_each(gateway_contexts(g), add_context, list);
	return print(json_pack("{s:o}", "contexts", list));
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
		    *c->labels ? "}" : "", (unsigned long long)s->sums.counters[i]);
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
		for (int state = 0; state < MACHINE_STATES; state++)
			fprintf(f, "parley_partner_state{partner=\"%s\",state=\"%s\"} %d\n",
			    now->partners[i]->conf->name,
			    machine_state_name((enum machine_state)state),
			    assoc_state(&v) == (enum machine_state)state);
	}
	put_head(f, "partner_connections", "gauge", "Connections of the partner");
	for (size_t i = 0; i < now->n_partners; i++) {
		struct assoc_view v;

		assoc_read(now->partners[i]->association, now_s, &v);
		fprintf(f, "parley_partner_connections{partner=\"%s\"} %u\n",
		    now->partners[i]->conf->name, v.connections);
	}
}

static void put_policies(FILE *f, const struct gateway_status *s)
{
	const struct generation *now = s->in_force;

	put_head(f, "reloads_total", "counter", "Reloads by outcome");
	fprintf(f, "parley_reloads_total{outcome=\"ok\"} %llu\n", (unsigned long long)s->reloads);
	fprintf(f, "parley_reloads_total{outcome=\"refused\"} %llu\n",
	    (unsigned long long)s->reloads_failed);
	put_head(f, "rollbacks_total", "counter", "Older generations put in force again");
	fprintf(f, "parley_rollbacks_total %llu\n", (unsigned long long)s->rollbacks);
	put_gauge(f, "generation", "Generation in force", (double)now->number);
	put_head(f, "generation_info", "gauge", "The generation in force");
	fprintf(f, "parley_generation_info{generation=\"%llu\",digest=\"%s\"} 1\n",
	    (unsigned long long)now->number, now->directory->digest);
	put_gauge(
	    f, "generation_activated_seconds", "When it was activated", (double)now->activated_s);
	put_gauge(f, "generation_is_on_disk", "1 when last-good holds the generation in force",
	    s->kept.generation == now->number && !*s->kept.error);
	put_head(f, "generation_write_failures_total", "counter",
	    "Generations that could not be written to the disk");
	fprintf(f, "parley_generation_write_failures_total %llu\n",
	    (unsigned long long)s->kept.failures);
	put_gauge(f, "policy_fallback",
	    "1 while the last good generation replaces a directory that was refused at start",
	    *s->fallback != '\0');
}

static void put_journal(FILE *f, const struct journal_status *j)
{
	put_gauge(f, "journal_on", "1 when decisions are recorded", j->is_on);
	put_gauge(f, "journal_failing", "1 while the journal's file takes nothing", j->is_failing);
	put_head(f, "journal_records_total", "counter", "Decisions that were recorded");
	fprintf(f, "parley_journal_records_total %llu\n", (unsigned long long)j->written);
	put_head(f, "journal_lost_total", "counter",
	    "Decisions that were not recorded: too many at once, or the file took nothing");
	fprintf(f, "parley_journal_lost_total{reason=\"queue\"} %llu\n",
	    (unsigned long long)j->lost_queue);
	fprintf(f, "parley_journal_lost_total{reason=\"write\"} %llu\n",
	    (unsigned long long)j->lost_write);
}

static void put_store(FILE *f, const struct store_status *s)
{
	put_gauge(f, "store_on", "1 when agreements are kept over a restart", s->is_on);
	put_gauge(f, "store_failing", "1 while the store cannot be written", s->is_failing);
	put_gauge(f, "store_set_aside", "1 when a damaged store was set aside since the start",
	    *s->set_aside != '\0');
	put_head(f, "store_records_total", "counter", "Records written to the store");
	fprintf(f, "parley_store_records_total %llu\n", (unsigned long long)s->written);
	put_head(f, "store_failures_total", "counter", "Attempts to write the store that failed");
	fprintf(f, "parley_store_failures_total %llu\n", (unsigned long long)s->failures);
}

static void put_jail(FILE *f, const struct gateway_status *s)
{
	const struct gateway_jail *j = s->jail;

	put_head(f, "jail", "gauge", "1 for each wall around the process that is in force");
	fprintf(f, "parley_jail{part=\"seccomp\"} %d\n", j->seccomp);
	fprintf(f, "parley_jail{part=\"landlock\"} %d\n", j->landlock > 0);
	fprintf(f, "parley_jail{part=\"capabilities\"} %d\n", j->has_no_capabilities);
	put_gauge(f, "lab", "1 in lab mode, which is not for production", s->is_lab);
}

/* As the value of a label: a file's name may be anything. */
static void put_label(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		fputs(*text == '\n' ? "\\n" : (char[]){ *text, '\0' }, f);
	}
}

static void put_expiry(void *arg, const struct expiry_item *item)
{
	FILE *f = arg;

	fprintf(f, "parley_expiry_seconds{what=\"%s\",name=\"", expiry_what_name(item->what));
	put_label(f, item->name);
	fprintf(f, "\"} %lld\n", (long long)item->at_s);
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
	fprintf(f, "parley_connections{state=\"handshake\"} %llu\n",
	    (unsigned long long)s.sums.handshaking);
	fprintf(f, "parley_connections{state=\"open\"} %llu\n", (unsigned long long)s.sums.open);
	fprintf(
	    f, "parley_connections{state=\"closing\"} %llu\n", (unsigned long long)s.sums.closing);
	put_policies(f, &s);
	put_gauge(f, "start_time_seconds", "When the process started", (double)s.started_s);
	put_gauge(f, "memory_bytes", "Resident memory of the process", (double)s.memory_bytes);
	put_gauge(f, "memory_allocated_bytes", "Memory that is in use, without what was freed",
	    (double)pressure_allocated());
	put_gauge(f, "memory_limit_bytes", "limits.memory_mib in bytes; 0 when there is none",
	    (double)s.in_force->conf->limits.memory_mib * (1 << 20));
	put_gauge(f, "memory_short", "1 while new connections are refused since memory is short",
	    s.refused != NULL);
	put_gauge(f, "certificate_not_after_seconds", "When our certificate expires",
	    (double)s.certificate_not_after_s);
	put_gauge(f, "log_lines_lost", "Log lines that did not fit the queue", (double)log_lost());
	put_journal(f, &s.journal);
	put_store(f, &s.store);
	put_jail(f, &s);
	put_head(f, "expiry_seconds", "gauge", "When it expires, in seconds since 1970");
	expiry_each(s.in_force, put_expiry, f);
	put_head(f, "crl_renewals_total", "counter", "Revocation lists taken without a reload");
	fprintf(f, "parley_crl_renewals_total %llu\n", (unsigned long long)s.renewals);
	put_gauge(f, "crl_refused", "Revocation lists on the disk that cannot be used",
	    (double)s.n_lists_refused);
	put_gauge(f, "n32f_contexts", "N32-f contexts that there are",
	    (double)contexts_count(gateway_contexts(g)));
	put_partners(f, g, s.now_s);
	fclose(f);
	return text;
}
