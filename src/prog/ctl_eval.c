/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "n32/identity.h"
#include "n32/json_out.h"
#include "prog/ctl.h"
#include "prog/ctl_load.h"
#include "prog/ctl_offline.h"
#include "prog/ctl_subject.h"
#include "prog/defaults.h"
#include "script/record.h"
#include "sepp/floor.h"

enum {
	ASSIGNMENTS_MAX = 64,
	TRACE_MAX = 500,  /* lines that are shown */
	FRAMES_MAX = 16,  /* calls whose variables are followed */
	SOURCE_MAX = 160, /* bytes of a source line */
	JSON_MAX = 16 << 20,
	ANSWER_MAX = 4096,
};

struct options {
	bool json, trace;
	const char *directory, *partner, *request, *time;
	enum script_hook hook;
	size_t n_assignments;
	const char *assignments[ASSIGNMENTS_MAX];
};

/* The variables of a call, as they were before the line that it is at. */
struct frame {
	size_t n;
	struct script_local locals[SCRIPT_LOCALS_MAX];
};

struct eval {
	struct ctl_load l;
	const struct partner *partner;
	struct ctl_subject subject;
	struct script_answer answer;
	uint64_t ns;
	bool would_refuse; /* the floor */
	struct n32_json_out o;
	/* of the trace */
	size_t n_lines;
	unsigned depth; /* of the line before */
	struct frame frames[FRAMES_MAX];
};

/* --- the floor: what the daemon asks before it asks a policy, in its order */

PRINTF_LIKE(4, 5)
static void put_check(struct eval *v, const char *check, bool is_ok, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n32_json_out_object(&v->o, NULL);
	n32_json_out_text(&v->o, "check", check);
	n32_json_out_bool(&v->o, "ok", is_ok);
	n32_json_out_text(&v->o, "text", text);
	n32_json_out_end_object(&v->o);
	v->would_refuse |= !is_ok;
}

static void check_sender(struct eval *v, const struct n32_identity *id)
{
	const char *sender = v->subject.c->request.sender.text;
	const struct partner *owner = generation_find(v->l.generation, sender);
	const char *name = v->partner->conf->name;

	if (!owner)
		put_check(v, "sender", false, "no partner has '%s' in its fqdns: 403", sender);
	else if (owner != v->partner)
		put_check(v, "sender", false, "'%s' is a name of '%s', not of '%s': 403", sender,
		    owner->conf->name, name);
	else if (!floor_certifies(v->partner->conf, id))
		put_check(v, "sender", false, "the certificate has no name of '%s': 403", name);
	else
		put_check(v, "sender", true, "'%s' is a name of '%s'", sender, name);
}

static void check_purposes(struct eval *v)
{
	const struct n32_neg_req *req = &v->subject.c->request;
	conf_purposes allowed = v->partner->conf->purposes & v->l.generation->conf->purposes;
	size_t n = 0;

	for (size_t i = 0; i < req->n_usages; i++)
		n += floor_allows(allowed, &req->usages[i]);
	put_check(v, "purposes", n > 0 || req->n_usages == 0,
	    req->n_usages == 0 ? "none named: all that are agreed"
	    : n > 0            ? "%zu of %zu are agreed"
			       : "%zu of %zu are agreed: 403 REQUESTED_PURPOSE_NOT_ALLOWED",
	    n, req->n_usages);
}

static void check_capabilities(struct eval *v)
{
	const struct n32_neg_req *req = &v->subject.c->request;
	const struct conf_caps *offer = &v->subject.c->in.offer;
	bool ends = n32_neg_req_offers(req, N32_CAP_NONE) &&
		    !n32_neg_req_offers(req, N32_CAP_TLS) &&
		    !n32_neg_req_offers(req, N32_CAP_PRINS);

	if (offer->n > 0)
		put_check(v, "capabilities", true, "%s%s%s can be selected",
		    n32_cap_name(offer->caps[0]), offer->n > 1 ? " or " : "",
		    offer->n > 1 ? n32_cap_name(offer->caps[1]) : "");
	else if (ends)
		put_check(v, "capabilities", false,
		    "NONE ends what is agreed, if that is TLS with the feature NFTLST (200), "
		    "or is refused (403); a policy is not asked");
	else
		put_check(v, "capabilities", false,
		    "nothing offered is within the ceilings of gateway.lua and '%s': %u",
		    v->partner->conf->name, v->l.generation->conf->no_common_status);
}

static void check_floor(struct eval *v)
{
	const struct script_case *c = v->subject.c;
	const struct conf_partner *conf = v->partner->conf;
	struct n32_identity *id = mem_alloc(sizeof(*id));
	bool covers;

	if (n32_identity_parse(id, c->dns_name_views, c->n_dns_names))
		put_check(v, "certificate", false, "it has a name that is none: an alert");
	check_sender(v, id);
	put_check(v, "enabled", conf->enabled,
	    conf->enabled ? "the partner is enabled" : "enabled = false in its file: 403");
	covers = floor_covers(conf, id, &c->request);
	put_check(v, "networks", covers,
	    covers ? "its file or its certificate has every PLMN and SNPN that it claims"
		   : "a PLMN or SNPN is neither in its file nor in its certificate: 403");
	covers = floor_serves(v->l.generation->conf, &c->request);
	put_check(v, "target", covers,
	    covers ? "the target is ours, or none is named"
		   : "the target PLMN or SNPN is not one of gateway.lua: 403");
	if (conf->redirect)
		put_check(v, "redirect", false, "the partner is sent to %s: 307", conf->redirect);
	check_purposes(v);
	check_capabilities(v);
	mem_free(id);
}

/* --- the trace */

static void put_changes(
    struct n32_json_out *o, const struct frame *before, const struct script_local *now, size_t n)
{
	n32_json_out_array(o, "variables");
	for (size_t i = 0; i < n; i++) {
		if (before && i < before->n && strcmp(before->locals[i].name, now[i].name) == 0 &&
		    strcmp(before->locals[i].value, now[i].value) == 0)
			continue;
		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "name", now[i].name);
		n32_json_out_text(o, "value", now[i].value);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_source(struct eval *v, const char *path, int line)
{
	char text[SOURCE_MAX * 4 + 1];
	struct str rest;

	if (directory_find(v->l.generation->directory, path, &rest, NULL))
		return;
	for (int i = 1; rest.n > 0; i++) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		if (i == line) {
			struct str source = { rest.p, n < SOURCE_MAX ? n : SOURCE_MAX };

			(void)str_copy(text, sizeof(text), source);
			n32_json_out_text(&v->o, "source", text);
			return;
		}
		n += end != NULL;
		rest = (struct str){ rest.p + n, rest.n - n };
	}
}

/* Before each line: what the line before it in the same call changed, then the line. */
static void on_line(void *arg, const char *path, int line)
{
	struct eval *v = arg;
	struct script_local now[SCRIPT_LOCALS_MAX];
	unsigned depth = script_vm_depth(v->l.vm);
	size_t n;

	if (v->n_lines++ >= TRACE_MAX)
		return;
	n = script_vm_locals(v->l.vm, now);
	n32_json_out_object(&v->o, NULL);
	n32_json_out_text(&v->o, "file", path);
	n32_json_out_integer(&v->o, "line", line);
	n32_json_out_integer(&v->o, "depth", depth);
	put_source(v, path, line);
	if (depth < FRAMES_MAX) {
		struct frame *f = &v->frames[depth];

		/* a call that is deeper than the line before has just begun */
		put_changes(&v->o, depth > v->depth ? NULL : f, now, n);
		f->n = n;
		memcpy(f->locals, now, sizeof(now));
	}
	n32_json_out_end_object(&v->o);
	v->depth = depth;
}

/* --- the answer */

static void decide(struct eval *v, bool trace)
{
	const struct script_input *in = &v->subject.c->in;
	const struct script_program *who = v->partner->hooks[in->hook];
	uint64_t start;

	if (!who) {
		snprintf(v->answer.reason, sizeof(v->answer.reason), "nobody defines %s",
		    script_hook_name(in->hook));
		return;
	}
	script_decide(v->l.vm, who, in, &v->answer); /* the first one makes the image */
	start = clock_mono_ns();
	script_decide(v->l.vm, who, in, &v->answer);
	v->ns = clock_mono_ns() - start;
	if (!trace)
		return;
	n32_json_out_array(&v->o, "trace");
	script_vm_watch(v->l.vm, on_line, v);
	script_decide(v->l.vm, who, in, &v->answer);
	script_vm_watch(v->l.vm, NULL, NULL);
	n32_json_out_end_array(&v->o);
	n32_json_out_integer(&v->o, "lines", (int64_t)v->n_lines);
}

static void put_who(struct eval *v)
{
	const struct partner *p = v->partner;
	const struct script_program *who = p->hooks[v->subject.c->in.hook];
	char why[CONF_NAME_MAX * 2 + 64];

	if (!who)
		snprintf(why, sizeof(why),
		    "neither its own file, nor what it follows, nor "
		    "default.lua defines it");
	else if (who == p->program)
		snprintf(why, sizeof(why), "its own file defines it");
	else if (who == v->l.generation->fallback)
		snprintf(why, sizeof(why), "neither its own file%s defines it",
		    p->conf->follows ? " nor what it follows" : "");
	else
		snprintf(why, sizeof(why), "'%s' follows '%s'", p->conf->name, p->conf->follows);
	if (who == v->l.generation->fallback && !p->conf->follows)
		snprintf(why, sizeof(why), "its own file does not define it");
	n32_json_out_text(&v->o, "answered_by", who ? script_program_path(who) : "nobody");
	n32_json_out_text(&v->o, "because", why);
}

/* Whether a record says the same. */
static bool put_comparison(struct eval *v, struct str now)
{
	bool is_same = str_eq(now, v->subject.then_answer);

	n32_json_out_json(&v->o, "recorded", buf_str(&v->subject.text));
	n32_json_out_bool(&v->o, "differs", !is_same);
	n32_json_out_bool(&v->o, "truncated", v->subject.is_truncated);
	return is_same;
}

/* Returns the exit status that the answer gives. */
static int put_answer(struct eval *v)
{
	const struct script_answer *a = &v->answer;
	char json[ANSWER_MAX];
	struct str now = { json, script_record_answer(json, sizeof(json), a) };
	char place[sizeof(a->file) + 16];
	bool is_same = true;

	n32_json_out_json(&v->o, "answer", now);
	snprintf(place, sizeof(place), a->line ? "%s:%d" : "%s", a->file, a->line);
	n32_json_out_text(&v->o, "at", place);
	n32_json_out_text(&v->o, "reason", a->reason);
	n32_json_out_array(&v->o, "notes");
	for (size_t i = 0; i < a->n_notes; i++)
		n32_json_out_text(&v->o, NULL, a->notes[i]);
	n32_json_out_end_array(&v->o);
	n32_json_out_integer(&v->o, "fuel", (int64_t)a->fuel);
	n32_json_out_integer(&v->o, "scratch_bytes", (int64_t)a->scratch);
	n32_json_out_integer(&v->o, "nanoseconds", (int64_t)v->ns);
	if (v->subject.is_record)
		is_same = put_comparison(v, now);
	return v->would_refuse || a->verdict == SCRIPT_FAILED || !is_same ? EXIT_FAILURE
									  : EXIT_SUCCESS;
}

/* --- all of it */

static void put_input(struct eval *v)
{
	char *json = mem_alloc(JSON_MAX / 16);
	size_t n = script_record_input(json, JSON_MAX / 16, &v->subject.c->in);

	ensure(n > 0);
	n32_json_out_json(&v->o, "input", (struct str){ json, n });
	mem_free(json);
}

static int put_refusal(struct eval *v)
{
	struct buf body;

	buf_init(&body, JSON_MAX / 16);
	ensure(n32_problem_print(&body, &v->subject.problem, 0) == 0);
	n32_json_out_json(&v->o, "refused", buf_str(&body));
	n32_json_out_text(&v->o, "body", body.data);
	buf_release(&body);
	return EXIT_FAILURE;
}

static int put_decision(struct eval *v, const struct options *o)
{
	n32_json_out_text(&v->o, "hook", script_hook_name(v->subject.c->in.hook));
	put_input(v);
	if (v->subject.c->in.hook == SCRIPT_SELECT_CAPABILITY && !v->subject.is_record) {
		n32_json_out_array(&v->o, "floor");
		check_floor(v);
		n32_json_out_end_array(&v->o);
	}
	put_who(v);
	decide(v, o->trace);
	return put_answer(v);
}

static int explain(struct eval *v, const struct options *o)
{
	struct buf out;
	int rc, shown;

	buf_init(&out, JSON_MAX);
	n32_json_out_start(&v->o, &out);
	n32_json_out_object(&v->o, NULL);
	n32_json_out_text(&v->o, "partner", v->partner->conf->name);
	rc = v->subject.c ? put_decision(v, o) : put_refusal(v);
	n32_json_out_end_object(&v->o);
	ensure(n32_json_out_end(&v->o) == 0);
	if (o->json)
		printf("%.*s\n", STR_FMT(buf_str(&out)));
	shown = o->json ? 0 : ctl_show("eval", buf_str(&out));
	buf_release(&out);
	return shown ? shown : rc;
}

static int complete(struct eval *v, const struct options *o)
{
	if (!v->subject.c)
		return 0;
	for (size_t i = 0; i < o->n_assignments; i++) {
		if (ctl_subject_set(&v->subject, o->assignments[i]))
			return EXIT_USAGE;
	}
	return o->time && ctl_subject_set_time(&v->subject, o->time) ? EXIT_USAGE : 0;
}

static int eval(const struct options *o)
{
	struct eval *v = mem_alloc(sizeof(*v));
	int rc = ctl_load_begin(&v->l, o->directory);

	if (rc == 0) {
		v->partner = ctl_need_partner(v->l.generation, o->partner);
		rc = v->partner ? 0 : EXIT_USAGE;
	}
	if (rc == 0 &&
	    ctl_subject_read(&v->subject, o->request, v->l.generation, v->partner, o->hook))
		rc = EXIT_FAILURE;
	if (rc == 0)
		rc = complete(v, o);
	if (rc == 0)
		rc = explain(v, o);
	ctl_subject_release(&v->subject);
	ctl_load_end(&v->l);
	mem_free(v);
	return rc;
}

static bool take_option(struct options *o, int c)
{
	switch (c) {
	case 'j':
		o->json = true;
		return true;
	case 't':
		o->trace = true;
		return true;
	case 'T':
		o->time = optarg;
		return true;
	case 'h':
		o->hook = ctl_need_hook(optarg);
		return o->hook != SCRIPT_HOOKS;
	case 'p':
		if (o->n_assignments == ASSIGNMENTS_MAX)
			return false;
		o->assignments[o->n_assignments++] = optarg;
		return true;
	default:
		return false;
	}
}

static int run_eval(struct ctl_options *co, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "trace", no_argument, NULL, 't' },
		{ "time", required_argument, NULL, 'T' },
		{ "hook", required_argument, NULL, 'h' },
		{ "peer", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .json = co->json, .hook = SCRIPT_HOOKS };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (!take_option(&o, c))
			return EXIT_USAGE;
	}
	if (argc - optind != 3)
		return EXIT_USAGE;
	o.directory = argv[optind];
	o.partner = argv[optind + 1];
	o.request = argv[optind + 2];
	return eval(&o);
}

const struct ctl_command ctl_eval = { "eval", run_eval,
	"eval DIRECTORY PARTNER REQUEST.json [--trace] [--hook NAME] [--time T] [--peer FIELD=VALUE]... "
	"[--json]",
	"one decision, explained" };
