/* SPDX-License-Identifier: MIT */
/*
 * crowd - many SEPPs in one process, each with a certificate, a name and a port of its own: what a
 * gateway with a thousand partners has around it.
 *
 *	build/crowd DIRECTORY COUNT GATEWAY
 *
 * The directory has <i>.pem and <i>.key, COUNT of each from 0 on, and gateway-ca.pem; GATEWAY is
 *the name of the gateway.
 *
 * Prints the ports, a line of JSON, then does what standard input says, and ends with it.  Each
 * order is answered with a line of JSON, but for "forget"; times are seconds of the monotonic
 *clock.
 *
 *	count               what was answered to the gateway, and when the last of each was
 *	times               when its connections came: TLS was up, since on so many ports there are
 *	                    also strangers
 *	forget              both begin anew
 *	dial PORT CAP N     each SEPP negotiates CAP with the gateway, N at once; with PRINS also
 *the parameters, and the connection stays
 *
 * As responder it selects the first capability that it is offered.  It derives no keys: whoever
 * is measured is at the other end.  :authority says which SEPP is asked.  Whoever starts it sees to
 * the number of open files.
 */
#include "base/base.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "n32/json.h"
#include "n32/json_prins.h"
#include "n32/name.h"
#include "net/conn.h"
#include "net/listener.h"

#define API "/n32c-handshake/v1/"

enum {
	SEPPS_MAX = 10000,
	CAME_MAX = 100000,
	PEM_MAX = 16384,
	BODY_MAX = 65536,
	LINE_MAX_BYTES = 128,
	PATIENCE_MSEC = 60000,
	KEEP_MSEC = 3600000,
};

enum operation {
	CAPABILITY,
	PARAMS,
	TERMINATE,
	REPORT,
	OPERATIONS
};

static const char *const operations[OPERATIONS] = {
	[CAPABILITY] = "exchange-capability",
	[PARAMS] = "exchange-params",
	[TERMINATE] = "n32f-terminate",
	[REPORT] = "n32f-error",
};

struct sepp {
	struct crowd *crowd;
	struct tls_ctx *ctx;
	struct listener listener;
	struct n32_fqdn name;
	unsigned port;
	/* as initiator */
	bool is_calling, is_agreed;
};

/* A run of negotiations that we begin. */
struct run {
	struct addr to;
	enum n32_cap cap;
	unsigned at_once;
	size_t next, under_way, agreed, failed;
	uint64_t begun_ns;
	char why[160]; /* of the first failure */
	struct loop_timer pump;
};

struct crowd {
	struct loop *loop;
	struct tls_lib *lib;
	struct tls_anchors *anchors;
	struct conn_env env;
	size_t n;
	struct sepp *sepps;
	struct n32_fqdn gateway; /* the name that is dialled */
	struct loop_io input;
	char line[LINE_MAX_BYTES];
	size_t line_n;
	/* since the last "forget" */
	size_t n_came, answered[OPERATIONS], refused;
	uint64_t came_ns[CAME_MAX];
	uint64_t last_ns[OPERATIONS];
	uint64_t ids; /* of contexts */
	struct run run;
	struct buf body;
	struct n32_neg_req req;
	struct n32_neg_rsp rsp;
	struct n32_params_req params_req;
	struct n32_params_rsp params_rsp;
	struct n32_problem problem;
};

static const struct n32_json_options strictly = { .strict_fqdn = true };

/* --- answers */

static void set_plmn(struct n32_plmn *plmn, const char *name)
{
	struct n32_realm realm;

	ensure(n32_realm_of_fqdn(&realm, str_of(name)));
	memcpy(plmn->mcc, realm.digits, 3);
	memcpy(plmn->mnc, realm.digits + 3, 3);
	plmn->mcc[3] = plmn->mnc[3] = '\0';
}

/* False: it cannot be answered with 200. */
static bool answer_capability(struct crowd *w, const struct n32_fqdn *name, struct str body)
{
	struct n32_neg_rsp *rsp = &w->rsp;

	if (n32_neg_req_decode(&w->req, body, &strictly, &w->problem) < 0)
		return false;
	memset(rsp, 0, sizeof(*rsp));
	rsp->sender = *name;
	rsp->selected = w->req.caps[0];
	rsp->has_target_api_root = rsp->selected.cap == N32_CAP_TLS;
	rsp->target_api_root = w->req.target_api_root;
	rsp->n_plmns = 1;
	set_plmn(&rsp->plmns[0], name->text);
	rsp->n_allowed = w->req.n_usages;
	memcpy(rsp->allowed, w->req.usages, sizeof(rsp->allowed));
	return n32_neg_rsp_encode(&w->body, rsp) == 0;
}

static bool answer_params(struct crowd *w, const struct n32_fqdn *name, struct str body)
{
	struct n32_params_rsp *rsp = &w->params_rsp;
	const struct n32_params_req *req = &w->params_req;

	if (n32_params_req_decode(&w->params_req, body, &strictly, &w->problem) < 0 ||
	    !req->n_jwe || !req->n_jws)
		return false;
	n32_params_rsp_reset(rsp);
	rsp->sender = *name;
	snprintf(rsp->context_id, sizeof(rsp->context_id), "%016llx", (unsigned long long)++w->ids);
	rsp->jwe = req->jwe[0];
	rsp->jws = req->jws[0];
	return n32_params_rsp_encode(&w->body, rsp) == 0;
}

static enum operation operation_of(struct str path)
{
	int i = 0;

	if (!str_starts(path, API))
		return OPERATIONS;
	path.p += sizeof(API) - 1;
	path.n -= sizeof(API) - 1;
	while (i < OPERATIONS && !str_is(path, operations[i]))
		i++;
	return (enum operation)i;
}

static void on_request(struct conn *c, struct h2_stream *s)
{
	static const struct h2_field json = { "content-type", STR_LIT("application/json") };
	struct crowd *w = conn_env_of(c)->arg;
	const struct h2_message *m = h2_message_of(s);
	enum operation operation = operation_of(m->path);
	struct n32_fqdn name;
	bool ok = n32_fqdn_parse(&name, m->authority, true, NULL) == 0;

	buf_reset(&w->body);
	if (operation == CAPABILITY)
		ok = ok && answer_capability(w, &name, m->body);
	else if (operation == PARAMS)
		ok = ok && answer_params(w, &name, m->body);
	else
		ok = ok && operation != OPERATIONS;
	if (!ok) {
		w->refused++;
		h2_answer(s, 400, NULL, 0, (struct str){ "", 0 });
		return;
	}
	w->answered[operation]++;
	w->last_ns[operation] = clock_mono_ns();
	if (operation == CAPABILITY || operation == PARAMS)
		h2_answer(s, 200, &json, 1, buf_str(&w->body));
	else
		h2_answer(s, 204, NULL, 0, (struct str){ "", 0 });
	/* TLS: the handshake connection shall be terminated (TS 29.573 5.2.2) */
	if (operation == CAPABILITY && w->rsp.selected.cap != N32_CAP_PRINS)
		conn_finish(c, H2_NO_ERROR);
}

static void on_accept(void *arg, int fd, const struct addr *from)
{
	struct sepp *s = arg;
	struct crowd *w = s->crowd;

	conn_accept(&w->env, s->ctx, fd, from, &(struct conn_guest){ .rank = 1 });
}

static void on_headers(struct conn *c, struct h2_stream *s)
{
	(void)c, (void)s; /* everything is judged when it is complete */
}

static void on_excess(struct conn *c, struct h2_stream *s, unsigned status)
{
	((struct crowd *)conn_env_of(c)->arg)->refused++;
	h2_answer(s, status, NULL, 0, (struct str){ "", 0 });
}

static bool on_idle(struct conn *c)
{
	(void)c;
	return false;
}

/* --- as initiator */

static void end_run(struct crowd *w)
{
	struct run *r = &w->run;

	printf("{\"agreed\":%zu,\"failed\":%zu,\"seconds\":%.6f,\"why\":\"%s\"}\n", r->agreed,
	    r->failed, (double)(clock_mono_ns() - r->begun_ns) / 1e9, r->why);
}

/* One is over, whether or not it came to an agreement. */
static void settle(struct sepp *s, const char *why)
{
	struct run *r = &s->crowd->run;

	if (!s->is_calling)
		return;
	s->is_calling = false;
	r->under_way--;
	if (s->is_agreed)
		r->agreed++;
	else if (++r->failed == 1)
		(void)str_copy(r->why, sizeof(r->why), str_of(why)); /* cut is fine */
	if (r->agreed + r->failed == s->crowd->n)
		end_run(s->crowd);
	else
		loop_timer_set(&r->pump, 0);
}

static void make_capability(struct crowd *w, const struct sepp *s)
{
	struct n32_neg_req *req = &w->req;

	memset(req, 0, sizeof(*req));
	req->sender = s->name;
	req->n_caps = 1;
	req->caps[0].cap = w->run.cap;
	req->target_api_root = w->run.cap == N32_CAP_TLS;
	req->n_plmns = 1;
	set_plmn(&req->plmns[0], s->name.text);
	req->n_usages = 1;
	req->usages[0].purpose = N32_PURPOSE_ROAMING;
	ensure(n32_neg_req_encode(&w->body, req) == 0);
}

static void make_params(struct crowd *w, const struct sepp *s)
{
	struct n32_params_req *req = &w->params_req;

	n32_params_req_reset(req);
	req->sender = s->name;
	snprintf(req->context_id, sizeof(req->context_id), "%016llx", (unsigned long long)++w->ids);
	req->n_jwe = 2;
	req->jwe[0].value = N32_JWE_A256GCM;
	req->jwe[1].value = N32_JWE_A128GCM;
	req->n_jws = 1;
	req->jws[0].value = N32_JWS_ES256;
	ensure(n32_params_req_encode(&w->body, req) == 0);
}

static void post(struct conn *c, struct sepp *s, enum operation operation)
{
	static const struct str json = STR_LIT("application/json");
	struct crowd *w = s->crowd;
	char path[64];

	buf_reset(&w->body);
	if (operation == CAPABILITY)
		make_capability(w, s);
	else
		make_params(w, s);
	snprintf(path, sizeof(path), API "%s", operations[operation]);
	if (h2_request(conn_h2(c), "POST", str_of(w->gateway.text), str_of(path), json,
		buf_str(&w->body), (void *)(uintptr_t)operations[operation], loop_now(w->loop)) < 0)
		settle(s, "the gateway takes no request");
}

static bool on_ready(struct conn *c)
{
	struct crowd *w = conn_env_of(c)->arg;
	struct sepp *s = conn_user(c);

	if (s)
		post(c, s, CAPABILITY);
	else if (w->n_came < CAME_MAX)
		w->came_ns[w->n_came++] = clock_mono_ns();
	return true;
}

static void on_response(struct conn *c, struct h2_stream *stream, bool complete, uint32_t code)
{
	struct sepp *s = conn_user(c);
	char why[64];

	if (!complete || h2_message_of(stream)->status != 200) {
		snprintf(why, sizeof(why), "%s: status %u, code %u", (const char *)h2_user(stream),
		    complete ? h2_message_of(stream)->status : 0, code);
		settle(s, why);
	} else if (s->crowd->run.cap == N32_CAP_PRINS &&
		   h2_user(stream) == (const void *)operations[CAPABILITY]) {
		post(c, s, PARAMS);
	} else {
		s->is_agreed = true;
		/* after TLS the gateway ends the connection: over when it has */
		if (s->crowd->run.cap == N32_CAP_PRINS)
			settle(s, "");
	}
}

static void on_end(struct conn *c, enum conn_end end, const char *why)
{
	struct sepp *s = conn_user(c);

	(void)end; /* `why` is enough */
	if (s)
		settle(s, why);
}

static void on_pump(struct loop_timer *t)
{
	struct run *r = container_of(t, struct run, pump);
	struct crowd *w = container_of(r, struct crowd, run);
	struct err e;

	while (r->next < w->n && r->under_way < r->at_once) {
		struct sepp *s = &w->sepps[r->next++];
		struct conn *c = conn_connect(&w->env, s->ctx, &r->to, w->gateway.text, &e);

		s->is_calling = true;
		s->is_agreed = false;
		r->under_way++;
		if (c)
			conn_set_user(c, s);
		else
			settle(s, e.text);
	}
}

/* --- orders */

static void print_times(const struct crowd *w)
{
	printf("[");
	for (size_t i = 0; i < w->n_came; i++)
		printf("%s%.6f", i ? "," : "", (double)w->came_ns[i] / 1e9);
	printf("]\n");
}

static void print_counts(const struct crowd *w)
{
	printf("{\"came\":%zu,\"refused\":%zu,\"open\":%zu", w->n_came, w->refused, w->env.n_open);
	for (int i = 0; i < OPERATIONS; i++)
		printf(",\"%s\":{\"n\":%zu,\"last\":%.6f}", operations[i], w->answered[i],
		    (double)w->last_ns[i] / 1e9);
	printf("}\n");
}

static void forget(struct crowd *w)
{
	w->n_came = w->refused = 0;
	memset(w->answered, 0, sizeof(w->answered));
}

static void dial(struct crowd *w, char *words)
{
	char *rest, *port = strtok_r(words, " ", &rest), *cap = strtok_r(NULL, " ", &rest);
	char *at_once = strtok_r(NULL, " ", &rest), text[64];
	struct run *r = &w->run;
	struct err e;

	ensure(port && cap && at_once && r->under_way == 0);
	snprintf(text, sizeof(text), "127.0.0.1:%s", port);
	ensure(addr_parse(&r->to, text, &e) == 0);
	r->cap = n32_cap_parse(str_of(cap));
	r->at_once = (unsigned)strtoul(at_once, NULL, 10);
	r->next = r->agreed = r->failed = 0;
	r->why[0] = '\0';
	r->begun_ns = clock_mono_ns();
	loop_timer_set(&r->pump, 0);
}

/* Whoever wrote it is our own benchmark: what is not an order is its bug. */
static void obey(struct crowd *w, char *line)
{
	if (strcmp(line, "count") == 0) {
		print_counts(w);
	} else if (strcmp(line, "times") == 0) {
		print_times(w);
	} else if (strcmp(line, "forget") == 0) {
		forget(w);
	} else {
		ensure(strncmp(line, "dial ", 5) == 0);
		dial(w, line + 5);
	}
}

static void on_input(struct loop_io *io, int events)
{
	struct crowd *w = container_of(io, struct crowd, input);
	ssize_t n = read(STDIN_FILENO, w->line + w->line_n, sizeof(w->line) - w->line_n);
	char *end;

	(void)events; /* only reading */
	if (n <= 0) {
		loop_stop(w->loop);
		return;
	}
	w->line_n += (size_t)n;
	for (;;) {
		end = memchr(w->line, '\n', w->line_n);
		if (!end)
			break;
		*end++ = '\0';
		obey(w, w->line);
		w->line_n -= (size_t)(end - w->line);
		memmove(w->line, end, w->line_n);
	}
	ensure(w->line_n < sizeof(w->line));
}

/* --- life */

static int read_pem(int dir, const char *name, char text[PEM_MAX], struct str *out, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, PEM_MAX);

	if (fd >= 0)
		(void)close(fd); /* only read */
	if (n < 0)
		return err_set_errno(e, "cannot read '%s'", name);
	*out = (struct str){ text, (size_t)n };
	return 0;
}

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	struct crowd *w = arg;

	(void)names, (void)n, (void)why; /* there is one gateway */
	return w->anchors;
}

static int open_sepp(struct sepp *s, int dir, size_t i, struct err *e)
{
	static char certificate[PEM_MAX], key[PEM_MAX];
	struct crowd *w = s->crowd;
	struct tls_conf conf = { .choose = on_choose, .arg = w, .chain_cache = true };
	const struct str *names;
	struct addr a;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%zu.pem", i);
	if (read_pem(dir, name, certificate, &conf.certificate, e) < 0)
		return e->code;
	snprintf(name, sizeof(name), "%zu.key", i);
	if (read_pem(dir, name, key, &conf.key, e) < 0)
		return e->code;
	s->ctx = tls_ctx_new(w->lib, &conf, e);
	if (!s->ctx)
		return e->code;
	if (tls_ctx_names(s->ctx, &names) == 0 ||
	    n32_fqdn_parse(&s->name, names[0], true, NULL) < 0)
		return err_set(e, ERR_CONFIG, "certificate %zu has no name", i);
	ensure(addr_parse(&a, "127.0.0.1:0", e) == 0);
	fd = listener_bind(&a, e);
	if (fd < 0)
		return e->code;
	s->port = addr_port(&a);
	listener_start(&s->listener, w->loop, fd, on_accept, NULL, s);
	return 0;
}

static int open_all(struct crowd *w, int dir, struct err *e)
{
	static char ca[PEM_MAX];
	struct str pem;

	w->loop = loop_new(e);
	w->lib = w->loop ? tls_lib_new(true, e) : NULL;
	if (!w->lib || read_pem(dir, "gateway-ca.pem", ca, &pem, e) < 0)
		return e->code;
	w->anchors = tls_anchors_new(pem, (struct tls_lists){ 0 }, e);
	if (!w->anchors)
		return e->code;
	for (size_t i = 0; i < w->n; i++) {
		w->sepps[i].crowd = w;
		if (open_sepp(&w->sepps[i], dir, i, e) < 0)
			return e->code;
	}
	return 0;
}

static void open_env(struct crowd *w)
{
	static const struct conn_handler handler = {
		.on_ready = on_ready,
		.on_headers = on_headers,
		.on_request = on_request,
		.on_excess = on_excess,
		.on_idle = on_idle,
		.on_response = on_response,
		.on_end = on_end,
	};

	w->env = (struct conn_env){
		.loop = w->loop,
		.h2 = { .streams = 100,
		    .header_bytes = 32768,
		    .body_bytes = BODY_MAX,
		    .body = PATIENCE_MSEC,
		    .response = PATIENCE_MSEC },
		.timeouts = { .handshake = PATIENCE_MSEC,
		    .first_request = PATIENCE_MSEC,
		    .idle = KEEP_MSEC,
		    .close = 2000,
		    .write = PATIENCE_MSEC },
		.handshakes_max = CAME_MAX,
		.handler = &handler,
		.arg = w,
	};
	conn_env_init(&w->env);
	buf_init(&w->body, BODY_MAX);
	n32_params_req_init(&w->params_req);
	n32_params_rsp_init(&w->params_rsp);
	loop_timer_init(&w->run.pump, w->loop, on_pump);
}

static void serve(struct crowd *w)
{
	printf("{\"ports\":[");
	for (size_t i = 0; i < w->n; i++)
		printf("%s%u", i ? "," : "", w->sepps[i].port);
	printf("]}\n");
	loop_io_init(&w->input, w->loop, STDIN_FILENO, on_input);
	loop_io_want(&w->input, LOOP_READ);
	loop_run(w->loop);
}

int main(int argc, char *argv[])
{
	static struct crowd w;
	struct err e = { 0 };
	int dir = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	w.n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	if (dir < 0 || w.n == 0 || w.n > SEPPS_MAX) {
		fputs("usage: crowd DIRECTORY COUNT GATEWAY\n", stderr);
		return 2;
	}
	log_setup(LOG_ERROR, LOG_TEXT);
	ensure(setvbuf(stdout, NULL, _IOLBF, 0) == 0);
	ensure(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	w.sepps = mem_array(w.n, sizeof(*w.sepps));
	if (n32_fqdn_parse(&w.gateway, str_of(argv[3]), true, NULL) < 0 ||
	    open_all(&w, dir, &e) < 0) {
		fprintf(stderr, "crowd: %s\n", e.text);
		return 1;
	}
	open_env(&w);
	serve(&w);
	return 0; /* the system takes everything back */
}
