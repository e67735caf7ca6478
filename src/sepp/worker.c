/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/thread.h"
#include "net/resolve.h"
#include "sepp/worker.h"

enum {
	STACK_BYTES = 8 << 20, /* Lua's C stack needs up to 420 KiB of it */
	CROWD = 8,             /* connections of a source; more are heard after those of others */
};

/* --- following the generation in force */

/* A resolver that cannot be configured goes on with the servers that it has. */
static void follow_dns(struct worker *w, const struct conf_dns *dns)
{
	struct resolve_conf conf = { .timeout = dns->timeout, .tries = dns->tries };
	struct err e = { 0 };

	for (size_t i = 0; i < dns->n_servers; i++) {
		if (addr_parse(&conf.servers[conf.n_servers], dns->servers[i], &e))
			log_error(LOG_SEPP, "-", "gateway.lua: dns.servers: %s", e.text);
		else
			conf.n_servers++;
	}
	if (resolver_configure(w->resolver, &conf, &e))
		log_error(LOG_SEPP, "-", "name servers cannot be used: %s", e.text);
}

static void follow(struct worker *w)
{
	const struct generation *g = commons_current(w->commons);
	const struct conf_gateway *conf = g->conf;

	script_vm_set_budgets(w->vm, &conf->budgets);
	w->env.handshakes_max = conf->limits.handshakes;
	w->env.h2 = (struct h2_limits){
		.streams = conf->limits.streams,
		.header_bytes = conf->limits.header_bytes,
		.body_bytes = conf->limits.body_bytes,
		.body = conf->timeouts.body,
		.response = conf->timeouts.response,
	};
	w->env.timeouts = (struct conn_timeouts){
		.handshake = conf->timeouts.handshake,
		.first_request = conf->timeouts.first_request,
		.idle = conf->timeouts.idle,
		.close = conf->timeouts.close,
		.write = conf->timeouts.body,
	};
	follow_dns(w, &conf->dns);
}

static void on_switch(struct loop_task *task)
{
	struct worker *w = container_of(task, struct worker, switch_task);

	follow(w);
	w->duties->revise(w);
	w->duties->on_switched(w);
}

void worker_switch(struct worker *w)
{
	loop_post(w->loop, &w->switch_task);
}

/* --- connections */

static void tell_gauges(struct worker *w)
{
	atomic_store_explicit(&w->gauges.handshaking, w->env.n_handshaking, memory_order_relaxed);
	atomic_store_explicit(&w->gauges.open, w->env.n_open, memory_order_relaxed);
	atomic_store_explicit(&w->gauges.closing, w->env.n_closing, memory_order_relaxed);
}

/* The last tier that is served under the present load; GATE_STRANGER: everybody is. */
static unsigned last_tier(const struct worker *w)
{
	static const struct {
		msec turn; /* that the loop needed last */
		unsigned tier;
	} steps[] = { { 1000, 1 }, { 500, 2 }, { 250, 3 } };
	msec turn = loop_last_turn(w->loop);
	unsigned tier = atomic_load_explicit(&w->commons->last_tier, memory_order_relaxed);

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (turn >= steps[i].turn && steps[i].tier < tier)
			tier = steps[i].tier;
	}
	return tier;
}

/* Nothing is said to who is refused here: it costs as little as can be. */
static bool refuse(struct worker *w, const struct addr *from, enum counter which, const char *why)
{
	char text[ADDR_TEXT_MAX];

	count(&w->counters, which, 1);
	log_peer(loop_now(w->loop), LOG_WARN, LOG_NET, addr_print(text, from),
	    "connection refused reason='%s'", why);
	return false;
}

/* Whether one more connection from there fits; it is counted if so. */
static bool let_in(struct worker *w, const struct conf_limits *limits, const struct addr *from,
    struct gate_pass *pass)
{
	const struct gate_limits share = { limits->address_connections,
		limits->address_per_minute };
	enum gate_verdict verdict =
	    gate_enter(w->commons->gate, from, &share, loop_now(w->loop), pass);

	if (verdict == GATE_TOO_MANY)
		return refuse(w, from, COUNTER_REFUSED_MANY, "too many from this address");
	if (verdict == GATE_TOO_FAST)
		return refuse(w, from, COUNTER_REFUSED_FAST, "too fast from this address");
	/* among handshakes under way, too, those of partners do not give way to strangers */
	if (pass->tier > last_tier(w) || conn_env_is_full(&w->env, pass->tier))
		refuse(w, from, (enum counter)(COUNTER_SHED_1 + (int)pass->tier - 1), "overload");
	else if (!commons_connect(w->commons, limits->connections))
		refuse(w, from, COUNTER_OVER_LIMIT, "the gateway has too many");
	else
		return true;
	gate_leave(w->commons->gate, from, pass->place);
	return false;
}

_Static_assert((int)GATE_STRANGER < (int)CONN_RANKS, "a tier is a rank");

static void on_accept(void *arg, int fd, const struct addr *from)
{
	struct worker *w = arg;
	struct generation *g = commons_current(w->commons);
	struct gate_pass pass = { .tier = GATE_STRANGER };
	struct conn_guest guest;

	count(&w->counters, COUNTER_ACCEPTED, 1);
	if (!let_in(w, &g->conf->limits, from, &pass)) {
		close(fd);
		return;
	}
	guest = (struct conn_guest){ pass.place, pass.tier, .yields = pass.crowd > CROWD };
	count(&w->counters, COUNTER_YIELDING, guest.yields);
	conn_accept(&w->env, g->tls[w->number], fd, from, &guest);
	tell_gauges(w);
}

static void on_exhausted(void *arg)
{
	struct worker *w = arg;

	count(&w->counters, COUNTER_EXHAUSTED, 1);
}

/* --- draining */

static void stop_when_empty(struct worker *w)
{
	if (w->is_draining && w->env.n_handshaking + w->env.n_open + w->env.n_closing == 0) {
		loop_timer_stop(&w->drain_timer);
		loop_stop(w->loop);
	}
}

static void on_drain_over(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, drain_timer);

	log_warn(LOG_SEPP, "-", "drain took too long, connections are cut worker=%u open=%zu",
	    w->number, w->env.n_handshaking + w->env.n_open + w->env.n_closing);
	loop_stop(w->loop);
}

static void on_drain(struct loop_task *task)
{
	struct worker *w = container_of(task, struct worker, drain_task);
	struct conn *c, *next;

	w->is_draining = true;
	w->duties->drain(w);
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_stop(&w->listeners[i]);
	for (c = TAILQ_FIRST(&w->env.open); c; c = next) {
		next = conn_next(c);
		conn_finish(c, H2_NO_ERROR);
	}
	loop_timer_set(&w->drain_timer, commons_current(w->commons)->conf->timeouts.drain);
	stop_when_empty(w);
}

void worker_drain(struct worker *w)
{
	loop_post(w->loop, &w->drain_task);
}

void worker_on_change(struct worker *w)
{
	tell_gauges(w);
	stop_when_empty(w);
}

/* --- the thread */

static void *run(void *arg)
{
	struct worker *w = arg;

	loop_begin(w->loop);
	w->duties->begin(w);
	loop_run(w->loop);
	for (size_t i = 0; i < w->n_listeners; i++)
		listener_stop(&w->listeners[i]);
	conn_kill_all(&w->env);
	loop_timer_stop(&w->drain_timer);
	w->duties->drain(w);
	w->duties->on_ended(w);
	return NULL;
}

static int start_thread(struct worker *w, struct err *e)
{
	char name[24];
	int rc;

	snprintf(name, sizeof(name), "worker %u", w->number);
	rc = thread_start(&w->thread, STACK_BYTES, run, w, name, e);
	w->has_thread = rc == 0;
	return rc;
}

static void on_wish(void *arg, const struct wish *wish)
{
	struct worker *w = arg;

	w->duties->on_wish(w, wish);
}

int worker_init(struct worker *w, struct commons *commons, const struct worker_duties *duties,
    unsigned number, struct err *e)
{
	memset(w, 0, sizeof(*w));
	w->commons = commons;
	w->duties = duties;
	w->number = number;
	w->switch_task.fn = on_switch;
	w->drain_task.fn = on_drain;
	w->zone_minute = -1;
	w->ids.worker = number;
	w->loop = loop_new(e);
	w->lib = tls_lib_new(true, e);
	w->vm = script_vm_new(&script_default_budgets, e);
	if (w->loop)
		w->resolver =
		    resolver_new(w->loop, &(struct resolve_conf){ .timeout = 2000, .tries = 2 }, e);
	wishes_init(&w->wishes, w->loop, on_wish, w);
	if (!w->resolver || !w->loop || !w->lib || !w->vm)
		return ERR_SYS;

	w->env.loop = w->loop;
	w->env.handler = duties->handler;
	w->env.arg = w;
	conn_env_init(&w->env);
	loop_timer_init(&w->drain_timer, w->loop, on_drain_over);
	return 0;
}

void worker_join(struct worker *w)
{
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	w->has_thread = false;
}

void worker_release(struct worker *w)
{
	worker_join(w);
	if (w->env.pool)
		conn_env_release(&w->env);
	script_vm_free(w->vm);
	tls_lib_free(w->lib);
	resolver_free(w->resolver);
	if (w->loop)
		wishes_release(&w->wishes);
	loop_free(w->loop);
}

int worker_start(struct worker *w, const int *fds, size_t n, struct err *e)
{
	follow(w);
	for (size_t i = 0; i < n; i++)
		listener_start(
		    &w->listeners[w->n_listeners++], w->loop, fds[i], on_accept, on_exhausted, w);
	return start_thread(w, e);
}

struct worker *worker_home(const struct worker *any, const char *partner)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *partner; partner++)
		hash = (hash ^ (unsigned char)*partner) * 16777619u;
	return &any->crew[hash % any->n_crew];
}

void worker_wish(const struct worker *any, const struct wish *wish)
{
	wishes_add(&worker_home(any, wish->partner)->wishes, wish);
}

void worker_wish_all(const struct worker *any, const struct wish *wish)
{
	for (size_t i = 0; i < any->n_crew; i++)
		wishes_add(&any->crew[i].wishes, wish);
}

int32_t worker_utc_offset_s(struct worker *w)
{
	int64_t now_s = loop_wall_s(w->loop);

	if (w->zone_minute != now_s / 60) {
		time_t t = (time_t)now_s;
		struct tm tm;

		localtime_r(&t, &tm);
		w->utc_offset_s = (int32_t)tm.tm_gmtoff;
		w->zone_minute = now_s / 60;
	}
	return w->utc_offset_s;
}
