/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/gateway.h"
#include "sepp/responder.h"
#include "sepp/worker.h"

enum {
	WORKERS_MAX = 64,
	FOLLOW_S = 2, /* a worker that needs longer to take over a generation is stuck */
};

/* A generation that is no longer in force, until every worker has moved on. */
struct retired {
	struct gateway *gateway;
	struct generation *generation;
	struct loop_task task;
};

struct gateway {
	char *path;
	struct loop *control;
	struct script_vm *vm; /* for checking */
	int64_t started_s;
	struct commons commons;
	struct worker_duties duties;
	size_t n_workers;
	struct worker *workers;
	size_t n_listen;
	struct addr listen[CONF_LISTEN_MAX];
	int fds[WORKERS_MAX][CONF_LISTEN_MAX]; /* until the workers take them */
	struct map associations;               /* name -> association, a reference each */

	pthread_mutex_t switching; /* guards the two below */
	pthread_cond_t followed;
	size_t not_followed;      /* workers that have not seen the newest generation */
	struct retired *retiring; /* freed when that is 0 */

	uint64_t reloads, reloads_failed;
	int64_t last_reload_s;
	char last_error[sizeof(((struct err *)0)->text)];
	bool is_draining;
	atomic_size_t ended;
	struct loop_task end_task;
	void (*on_end)(void *arg);
	void *on_end_arg;
};

struct generation *gateway_current(const struct gateway *g)
{
	return commons_current(&g->commons);
}

/* --- generations */

static struct generation *load(struct gateway *g, struct err *e)
{
	struct tls_lib *libs[WORKERS_MAX];
	void *args[WORKERS_MAX];
	struct generation_host host = {
		.vm = g->vm,
		.n_libs = g->n_workers,
		.libs = libs,
		.choose = responder_choose_anchors,
		.args = args,
	};

	for (size_t i = 0; i < g->n_workers; i++) {
		libs[i] = g->workers[i].lib;
		args[i] = &g->workers[i];
	}
	return generation_load(g->path, &host, e);
}

/* Gives each partner its association: the one that it had, or a new one. */
static void associate(struct gateway *g, struct generation *next)
{
	int64_t now_s = clock_wall_s();

	for (size_t i = 0; i < next->n_partners; i++) {
		struct partner *p = next->partners[i];
		struct str name = str_of(p->conf->name);
		struct association *a = map_find(&g->associations, name);

		if (!a) {
			a = assoc_new(p->conf->name, now_s);
			map_put(&g->associations, name, a);
		}
		p->association = assoc_ref(a);
		assoc_set_enabled(a, now_s, p->conf->enabled);
	}
}

/* Forgets what was agreed with partners that are no longer configured. */
static void dissociate(struct gateway *g, const struct generation *now)
{
	struct map kept;
	struct association *a;
	size_t at = 0;

	map_init(&kept);
	for (size_t i = 0; i < now->n_partners; i++)
		map_put(&kept, str_of(now->partners[i]->conf->name),
		    assoc_ref(now->partners[i]->association));
	while ((a = map_next(&g->associations, &at)) != NULL)
		assoc_unref(a);
	map_release(&g->associations);
	g->associations = kept;
}

static void publish(struct gateway *g, struct generation *next)
{
	struct generation *before = gateway_current(g);

	next->number = before ? before->number + 1 : 1;
	next->activated_s = clock_wall_s();
	associate(g, next);
	commons_publish(&g->commons, next);
	dissociate(g, next);
	for (size_t i = 0; i < next->n_tls; i++) {
		if (tls_ctx_is_fallback(next->tls[i])) {
			log_warn(LOG_TLS, "-",
			    "certificate needs all of OpenSSL, handshakes are slower");
			break;
		}
	}
}

/* In the control thread: nobody can be using it any more. */
static void on_retired(struct loop_task *task)
{
	struct retired *r = container_of(task, struct retired, task);

	log_debug(LOG_SEPP, "-", "generation freed generation=%llu",
	    (unsigned long long)r->generation->number);
	generation_free(r->generation);
	mem_free(r);
}

/* In a worker's thread, between turns: it reads the new one from now on. */
static void on_switched(struct worker *w)
{
	struct gateway *g = w->duties->arg;
	struct retired *done = NULL;

	pthread_mutex_lock(&g->switching);
	/* verified chains go with the thread that owns them */
	if (g->retiring)
		tls_ctx_retire(g->retiring->generation->tls[w->number]);
	if (--g->not_followed == 0) {
		done = g->retiring;
		g->retiring = NULL;
		pthread_cond_signal(&g->followed);
	}
	pthread_mutex_unlock(&g->switching);
	if (done)
		loop_post(g->control, &done->task);
}

/* One switch at a time; the workers do not wait for this thread, so it may wait for them. */
static int await_followed(struct gateway *g, struct err *e)
{
	struct timespec until;
	int rc = 0;

	ensure(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_sec += FOLLOW_S;
	pthread_mutex_lock(&g->switching);
	while (g->not_followed > 0 && rc == 0)
		rc = pthread_cond_clockwait(&g->followed, &g->switching, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&g->switching);
	return rc ? err_set(e, ERR_BUSY, "a worker has not taken over the last generation yet") : 0;
}

static void retire(struct gateway *g, struct generation *before)
{
	struct retired *r = mem_alloc(sizeof(*r));

	r->gateway = g;
	r->generation = before;
	r->task.fn = on_retired;
	pthread_mutex_lock(&g->switching);
	g->retiring = r;
	g->not_followed = g->n_workers;
	pthread_mutex_unlock(&g->switching);
	for (size_t i = 0; i < g->n_workers; i++)
		worker_switch(&g->workers[i]);
}

/* A running gateway keeps its sockets and threads. */
static int check_fixed(
    const struct conf_gateway *now, const struct conf_gateway *next, struct err *e)
{
	bool same = now->n_listen == next->n_listen;

	for (size_t i = 0; same && i < now->n_listen; i++)
		same = strcmp(now->listen[i], next->listen[i]) == 0;
	if (!same)
		return err_set(e, ERR_CONFIG,
		    "gateway.lua: 'n32c.listen' changed; a running gateway keeps its listeners, restart parleyd to move them");
	if (now->workers != next->workers)
		return err_set(e, ERR_CONFIG,
		    "gateway.lua: 'workers' changed; restart parleyd to change their number");
	return 0;
}

static int replace(struct gateway *g, bool dry_run, struct gateway_change *change, struct err *e)
{
	struct generation *next, *before = gateway_current(g);

	if (g->is_draining)
		return err_set(e, ERR_BUSY, "the gateway is ending");
	if (await_followed(g, e))
		return ERR_BUSY;
	next = load(g, e);
	if (!next)
		return ERR_CONFIG;
	if (check_fixed(before->conf, next->conf, e)) {
		generation_free(next);
		return ERR_CONFIG;
	}
	memcpy(change->digest, next->directory->digest, sizeof(change->digest));
	change->n_partners = next->n_partners;
	change->generation = before->number;
	if (dry_run) {
		generation_free(next);
		return 0;
	}
	publish(g, next);
	change->generation = next->number;
	retire(g, before);
	return 0;
}

int gateway_reload(struct gateway *g, bool dry_run, struct gateway_change *change, struct err *e)
{
	msec begun = clock_mono();
	int rc = replace(g, dry_run, change, e);

	if (dry_run)
		return rc;
	g->last_reload_s = clock_wall_s();
	if (rc) {
		g->reloads_failed++;
		str_copy(g->last_error, sizeof(g->last_error), str_of(e->text));
		log_error(LOG_SEPP, "-", "reload refused, generation %llu goes on: %s",
		    (unsigned long long)gateway_current(g)->number, e->text);
		return rc;
	}
	g->reloads++;
	g->last_error[0] = '\0';
	log_info(LOG_SEPP, "-",
	    "generation activated generation=%llu digest=%.12s partners=%zu msec=%llu",
	    (unsigned long long)change->generation, change->digest, change->n_partners,
	    (unsigned long long)(clock_mono() - begun));
	return 0;
}

/* --- start */

/* The first socket of an address fixes its port; every worker gets its own. */
static int open_listeners(struct gateway *g, const struct conf_gateway *conf, struct err *e)
{
	for (size_t i = 0; i < conf->n_listen; i++) {
		if (addr_parse(&g->listen[i], conf->listen[i], e))
			return err_within(e, "gateway.lua: n32c.listen");
		for (size_t w = 0; w < g->n_workers; w++) {
			int fd = listener_bind(&g->listen[i], e);

			if (fd < 0)
				return err_within(e, "gateway.lua: n32c.listen");
			g->fds[w][i] = fd;
		}
		g->n_listen++;
	}
	return 0;
}

static void on_all_ended(struct loop_task *task)
{
	struct gateway *g = container_of(task, struct gateway, end_task);

	g->on_end(g->on_end_arg);
}

static void on_worker_ended(struct worker *w)
{
	struct gateway *g = w->duties->arg;

	if (atomic_fetch_add(&g->ended, 1) + 1 == g->n_workers)
		loop_post(g->control, &g->end_task);
}

static int make_workers(struct gateway *g, unsigned n, struct err *e)
{
	g->workers = mem_array(n, sizeof(struct worker));
	for (; g->n_workers < n; g->n_workers++) {
		struct worker *w = &g->workers[g->n_workers];

		if (worker_init(w, &g->commons, &g->duties, (unsigned)g->n_workers, e)) {
			worker_release(w);
			return ERR_SYS;
		}
		w->responder = responder_new();
	}
	return 0;
}

/* How many workers gateway.lua asks for, which has to be known before the rest can be built. */
static int count_workers(struct gateway *g, unsigned *n, struct err *e)
{
	struct directory *d = directory_read(g->path, e);
	struct script_program *p;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!d)
		return ERR_CONFIG;
	p = script_program_new(g->vm, &d->files, "gateway.lua", SCRIPT_GATEWAY, e);
	if (p) {
		*n = script_program_gateway(p)->workers;
		if (*n == 0)
			*n = cores > 0 ? (unsigned)cores : 1;
		if (*n > WORKERS_MAX)
			*n = WORKERS_MAX;
	}
	script_program_free(p);
	directory_free(d);
	return p ? 0 : ERR_CONFIG;
}

struct gateway *gateway_new(const char *path, struct loop *control, struct err *e)
{
	struct gateway *g = mem_alloc(sizeof(*g));
	struct generation *first;
	unsigned n;

	memset(g->fds, -1, sizeof(g->fds));
	pthread_mutex_init(&g->switching, NULL);
	pthread_cond_init(&g->followed, NULL);
	commons_init(&g->commons);
	g->duties = (struct worker_duties){
		.handler = &responder_handler,
		.revise = responder_revise,
		.on_switched = on_switched,
		.on_ended = on_worker_ended,
		.arg = g,
	};
	map_init(&g->associations);
	g->path = mem_strdup(path);
	g->control = control;
	g->started_s = clock_wall_s();
	g->end_task.fn = on_all_ended;
	g->vm = script_vm_new(&script_default_budgets, e);
	if (!g->vm || count_workers(g, &n, e) || make_workers(g, n, e))
		goto fail;
	first = load(g, e);
	if (!first)
		goto fail;
	publish(g, first);
	if (open_listeners(g, first->conf, e))
		goto fail;
	return g;

fail:
	gateway_free(g);
	return NULL;
}

int gateway_start(struct gateway *g, struct err *e)
{
	for (size_t i = 0; i < g->n_workers; i++) {
		if (worker_start(&g->workers[i], g->fds[i], g->n_listen, e))
			return ERR_SYS;
		memset(g->fds[i], -1, sizeof(g->fds[i]));
	}
	return 0;
}

/* --- end */

void gateway_drain(struct gateway *g, void (*on_end)(void *arg), void *arg)
{
	if (g->is_draining)
		return;
	g->is_draining = true;
	g->on_end = on_end;
	g->on_end_arg = arg;
	for (size_t i = 0; i < g->n_workers; i++)
		worker_drain(&g->workers[i]);
}

void gateway_free(struct gateway *g)
{
	struct association *a;
	size_t at = 0;

	if (!g)
		return;
	for (size_t i = 0; i < g->n_workers; i++) {
		worker_release(&g->workers[i]);
		responder_free(g->workers[i].responder);
		for (size_t j = 0; j < CONF_LISTEN_MAX; j++) {
			if (g->fds[i][j] >= 0)
				close(g->fds[i][j]);
		}
	}
	if (g->retiring) {
		generation_free(g->retiring->generation);
		mem_free(g->retiring);
	}
	generation_free(gateway_current(g));
	while ((a = map_next(&g->associations, &at)) != NULL)
		assoc_unref(a);
	map_release(&g->associations);
	script_vm_free(g->vm);
	mem_free(g->workers);
	mem_free(g->path);
	pthread_mutex_destroy(&g->switching);
	pthread_cond_destroy(&g->followed);
	commons_release(&g->commons);
	mem_free(g);
}

/* --- asking */

const struct addr *gateway_listeners(const struct gateway *g, size_t *n)
{
	*n = g->n_listen;
	return g->listen;
}

void gateway_status(const struct gateway *g, struct gateway_status *out)
{
	const struct generation *now = gateway_current(g);

	memset(out, 0, sizeof(*out));
	out->started_s = g->started_s;
	out->now_s = clock_wall_s();
	out->generation = now->number;
	out->digest = now->directory->digest;
	out->activated_s = now->activated_s;
	out->n_partners = now->n_partners;
	out->n_workers = g->n_workers;
	out->reloads = g->reloads;
	out->reloads_failed = g->reloads_failed;
	out->last_reload_s = g->last_reload_s;
	out->last_error = g->last_error;
	out->certificate_not_after_s = tls_ctx_not_after_s(now->tls[0]);
	out->is_draining = g->is_draining;
	out->is_tls_fallback = tls_ctx_is_fallback(now->tls[0]);
	for (size_t i = 0; i < g->n_workers; i++) {
		const struct worker *w = &g->workers[i];

		counters_add(out->counters, &w->counters);
		out->handshaking +=
		    atomic_load_explicit(&w->gauges.handshaking, memory_order_relaxed);
		out->open += atomic_load_explicit(&w->gauges.open, memory_order_relaxed);
		out->closing += atomic_load_explicit(&w->gauges.closing, memory_order_relaxed);
	}
}
