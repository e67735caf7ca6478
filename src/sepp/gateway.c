/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/caller.h"
#include "sepp/gateway_int.h"
#include "sepp/initiator.h"
#include "sepp/lastgood.h"
#include "sepp/offer.h"
#include "sepp/reception.h"

enum {
	LAST_FLUSH_MSEC = 500, /* for the journal and the store, before the watchdog aborts */
};

struct generation *gateway_current(const struct gateway *g)
{
	return commons_current(&g->commons);
}

const struct lineage *gateway_lineage(const struct gateway *g)
{
	return g->lineage;
}

/* --- generations */

/* Takes `d`. */
static struct generation *build(
    struct gateway *g, struct directory *d, const char **stage, struct err *e)
{
	struct tls_lib *libs[CREW_MAX];
	void *args[CREW_MAX];
	struct generation_host host = {
		.vm = g->vm,
		.n_libs = g->crew.n,
		.libs = libs,
		.choose = caller_choose_anchors,
		.args = args,
		.stage = stage,
		.keylog = g->keylog,
		.before = gateway_current(g),
	};

	for (size_t i = 0; i < g->crew.n; i++) {
		libs[i] = g->crew.workers[i].lib;
		args[i] = &g->crew.workers[i];
	}
	return generation_build(d, &host, e);
}

/* Landlock knows directories by what they are, not by their names. */
static int check_same(const struct gateway *g, struct err *e)
{
	struct stat st;

	if (g->jail.landlock == 0 || stat(g->path, &st) != 0 ||
	    (st.st_dev == g->jailed.device && st.st_ino == g->jailed.number))
		return 0;
	return err_set(e, ERR_CONFIG,
	    "the directory '%s' is not the one that was there at the start, and no other may be "
	    "read; change the files in it instead of replacing it, or restart parleyd",
	    g->path);
}

static struct generation *load(struct gateway *g, const char **stage, struct err *e)
{
	struct directory *d;

	*stage = "reading";
	d = check_same(g, e) ? NULL : directory_read(g->path, e);
	return d ? build(g, d, stage, e) : NULL;
}

/* Writes the generation in force to the disk. */
static int try_to_keep(struct gateway *g, struct err *e)
{
	const struct generation *now = gateway_current(g);
	struct lastgood about = {
		.number = now->number,
		.highest = lineage_highest(g->lineage),
		.activated_s = now->activated_s,
	};

	memcpy(about.digest, now->directory->digest, sizeof(about.digest));
	if (lastgood_write(g->conf.state, &about, now->directory, now->conf->key, e))
		return e->code;
	g->kept_error[0] = '\0';
	g->kept.generation = now->number;
	g->kept.written_s = clock_wall_s();
	return 0;
}

/* A failure is told and changes nothing. */
static void keep(struct gateway *g)
{
	struct err e = { 0 };

	if (!g->conf.state || try_to_keep(g, &e) == 0)
		return;
	g->kept.failures++;
	str_copy(g->kept_error, sizeof(g->kept_error), str_of(e.text));
	log_error(LOG_SEPP, "-", "generation %llu is not kept over a restart: %s",
	    (unsigned long long)gateway_current(g)->number, e.text);
}

void gateway_keep_again(struct gateway *g)
{
	struct err unused = { 0 };

	if (g->kept_error[0] && try_to_keep(g, &unused) == 0)
		log_info(LOG_SEPP, "-", "generation %llu is kept over a restart after all",
		    (unsigned long long)g->kept.generation);
}

static void warn_about(const struct generation *now)
{
	for (size_t i = 0; i < now->n_tls; i++) {
		if (tls_ctx_is_fallback(now->tls[i])) {
			log_warn(LOG_TLS, "-",
			    "certificate needs all of OpenSSL, handshakes are slower");
			break;
		}
	}
}

/* What a partner that is about to be in force needs besides its file. */
static void prepare(struct gateway *g, const struct generation *next, struct partner *p)
{
	struct addr a;
	struct err unused;

	p->offer = offer_signature(next, p);
	/* whoever comes from there is no stranger, even before it was authenticated */
	if (p->conf->address && addr_parse(&a, p->conf->address, &unused) == 0)
		gate_know(g->commons.gate, &a, p->conf->tier, clock_mono());
}

typedef void activate_fn(struct lineage *l, struct generation *g, const char *why, int64_t now_s);

/* No worker uses `next`: it is new, or the last switch was followed.  Takes a new one. */
static void activate(
    struct gateway *g, struct generation *next, activate_fn *how, const char *why, msec begun)
{
	int64_t now_s = clock_wall_s();

	roster_enlist(&g->roster, g->lineage, next, now_s);
	for (size_t i = 0; i < next->n_partners; i++)
		prepare(g, next, next->partners[i]);
	how(g->lineage, next, why, now_s);
	roster_trim(&g->roster, next);
	if (g->duties.journal)
		journal_configure(g->duties.journal, &next->conf->journal);
	log_info(LOG_SEPP, "-",
	    "generation activated generation=%llu digest=%.12s partners=%zu msec=%llu why='%s'",
	    (unsigned long long)next->number, next->directory->digest, next->n_partners,
	    (unsigned long long)(clock_mono() - begun), why);
	warn_about(next);
	expiry_tell(g->expiry, next, now_s);
}

/* In a worker's thread, between turns. */
static void on_switched(struct worker *w)
{
	struct gateway *g = w->duties->arg;

	lineage_follow(g->lineage, w->number);
}

static void on_tell(void *arg, size_t i)
{
	struct gateway *g = arg;

	worker_switch(&g->crew.workers[i]);
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
	if (now->lab != next->lab)
		return err_set(e, ERR_CONFIG,
		    "gateway.lua: 'lab' changed; restart parleyd to begin or end lab mode");
	return 0;
}

/* Whether there may be another generation now. */
static int check_ready(struct gateway *g, struct err *e)
{
	if (g->is_draining)
		return err_set(e, ERR_BUSY, "the gateway is ending");
	return lineage_await(g->lineage, e);
}

static void fill_change(struct gateway_change *change, const struct generation *next)
{
	memcpy(change->digest, next->directory->digest, sizeof(change->digest));
	change->n_partners = next->n_partners;
}

/* Waits until all workers have asked; a worker that takes longer does it all the same. */
static void count_retention(struct gateway *g, struct gateway_change *change)
{
	struct err late = { 0 };

	change->is_asked = lineage_await(g->lineage, &late) == 0;
	change->asked = atomic_load(&g->commons.retention_asked);
	change->released = atomic_load(&g->commons.retention_released);
	atomic_store(&g->commons.apply_retention, false);
}

static void prepare_retention(struct gateway *g, bool ask, bool apply)
{
	atomic_store(&g->commons.ask_retention, ask);
	atomic_store(&g->commons.retention_asked, 0);
	atomic_store(&g->commons.retention_released, 0);
	atomic_store(&g->commons.apply_retention, apply);
}

static int replace(
    struct gateway *g, const char *why, bool apply, struct gateway_change *change, struct err *e)
{
	struct generation *next, *before = gateway_current(g);
	msec begun = clock_mono();

	change->generation = before->number;
	change->stage = "waiting for workers";
	if (check_ready(g, e))
		return ERR_BUSY;
	next = load(g, &change->stage, e);
	if (!next)
		return ERR_CONFIG;
	change->stage = "comparing with what runs";
	if (check_fixed(before->conf, next->conf, e)) {
		generation_free(next);
		return ERR_CONFIG;
	}
	fill_change(change, next);
	if (!why) {
		generation_free(next);
		return 0;
	}
	prepare_retention(g, true, apply);
	activate(g, next, lineage_activate, why, begun);
	change->generation = next->number;
	count_retention(g, change);
	change->is_applied = apply;
	return 0;
}

int gateway_reload(
    struct gateway *g, const char *why, bool apply, struct gateway_change *change, struct err *e)
{
	int rc = replace(g, why, apply, change, e);

	if (!why)
		return rc;
	g->last_reload_s = clock_wall_s();
	g->last_stage = change->stage;
	if (rc) {
		g->reloads_failed++;
		str_copy(g->last_error, sizeof(g->last_error), str_of(e->text));
		log_error(LOG_SEPP, "-", "%s refused while %s, generation %llu goes on: %s", why,
		    change->stage, (unsigned long long)gateway_current(g)->number, e->text);
		return rc;
	}
	g->reloads++;
	g->last_error[0] = '\0';
	g->fallback[0] = '\0';
	keep(g);
	return 0;
}

static int roll_back(
    struct gateway *g, uint64_t number, struct gateway_change *change, struct err *e)
{
	struct generation *next, *before = gateway_current(g);
	char why[GENERATION_WHY_MAX];
	msec begun = clock_mono();

	if (check_ready(g, e))
		return ERR_BUSY;
	next = lineage_choose(g->lineage, number, e);
	if (!next || check_fixed(before->conf, next->conf, e))
		return ERR_CONFIG;
	prepare_retention(g, true, false);
	snprintf(why, sizeof(why), "rollback from %llu", (unsigned long long)before->number);
	activate(g, next, lineage_activate, why, begun);
	revocation_forget(g->revocation); /* its lists may be older than what is on the disk */
	fill_change(change, next);
	change->generation = next->number;
	g->rollbacks++;
	keep(g);
	return 0;
}

int gateway_rollback(
    struct gateway *g, uint64_t number, struct gateway_change *change, struct err *e)
{
	int rc = roll_back(g, number, change, e);

	if (rc)
		log_error(LOG_SEPP, "-", "rollback refused, generation %llu goes on: %s",
		    (unsigned long long)gateway_current(g)->number, e->text);
	return rc;
}

int gateway_renew(struct gateway *g, struct directory *d, const char *why, struct err *e)
{
	struct generation *next;
	msec begun = clock_mono();
	const char *stage;

	if (check_ready(g, e)) {
		directory_free(d);
		return ERR_BUSY;
	}
	next = build(g, d, &stage, e);
	if (!next)
		return ERR_CONFIG;
	prepare_retention(g, false, false);
	activate(g, next, lineage_supersede, why, begun);
	keep(g);
	return 0;
}

/* --- start */

static void on_all_ended(struct loop_task *task)
{
	struct gateway *g = container_of(task, struct gateway, end_task);

	g->on_end(g->on_end_arg);
}

static void on_worker_ended(struct worker *w)
{
	struct gateway *g = w->duties->arg;

	if (crew_count_ended(&g->crew))
		loop_post(g->control, &g->end_task);
}

/* Only a laboratory may have the secrets of its sessions written down. */
static int open_keylog(struct gateway *g, bool is_lab, struct err *e)
{
	if (!g->conf.keylog || g->keylog || !is_lab)
		return 0;
	g->keylog = tls_keylog_open(g->conf.keylog, e);
	if (g->keylog > 0)
		return 0;
	g->keylog = 0;
	return err_within(e, "SSLKEYLOGFILE");
}

/* What has to be known of gateway.lua before the rest can be built. */
static int read_first(struct gateway *g, const struct directory *d, unsigned *n, struct err *e)
{
	struct script_program *p =
	    script_program_new(g->vm, &d->files, "gateway.lua", SCRIPT_GATEWAY, e);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	if (!p)
		return ERR_CONFIG;
	*n = script_program_gateway(p)->workers;
	if (*n == 0)
		*n = cores > 0 ? (unsigned)cores : 1;
	if (*n > CREW_MAX)
		*n = CREW_MAX;
	rc = open_keylog(g, script_program_gateway(p)->lab, e);
	script_program_free(p);
	return rc;
}

/* Makes the workers and the first generation.  Takes `d`; a failure leaves nothing. */
static struct generation *begin_with(struct gateway *g, struct directory *d, struct err *e)
{
	struct generation *first;
	const char *stage;
	unsigned n;

	if (read_first(g, d, &n, e) || crew_make(&g->crew, n, &g->commons, &g->duties, e)) {
		directory_free(d);
		return NULL;
	}
	first = build(g, d, &stage, e);
	if (first && crew_place(&g->crew, first->conf, e)) {
		generation_free(first);
		first = NULL;
	}
	if (!first)
		crew_release(&g->crew);
	return first;
}

/* What was kept of the last process: `e` says why the directory was refused, and why this is. */
static struct generation *fall_back(struct gateway *g, struct lastgood *about, struct err *e)
{
	struct generation *first = NULL;
	struct directory *d = NULL;
	struct err why = { 0 };

	str_copy(g->fallback, sizeof(g->fallback), str_of(e->text));
	if (!g->conf.state)
		err_set(&why, ERR_CONFIG, "there is no state directory");
	else
		d = lastgood_read(g->conf.state, g->path, about, &why);
	if (d)
		first = begin_with(g, d, &why);
	if (!first) {
		err_set(
		    e, ERR_CONFIG, "%s; and no last good generation: %s", g->fallback, why.text);
		return NULL;
	}
	log_error(LOG_SEPP, "-",
	    "the directory is refused, the last good generation %llu is in force: %s",
	    (unsigned long long)about->number, g->fallback);
	first->number = g->kept.generation = about->number;
	return first;
}

/* The first generation; numbers go on where the last process left them. */
static int begin(struct gateway *g, struct err *e)
{
	struct lastgood about = { .highest = 0 };
	struct generation *first;
	msec begun = clock_mono();
	struct directory *d = directory_read(g->path, e);
	struct err unknown;

	first = d ? begin_with(g, d, e) : NULL;
	if (!first && g->conf.last_good)
		first = fall_back(g, &about, e);
	else if (first && g->conf.state && lastgood_read_about(g->conf.state, &about, &unknown))
		about.highest = 0; /* there is none yet, or none that can be read */
	if (!first)
		return ERR_CONFIG;
	g->lineage = lineage_new(&g->commons, g->crew.n, on_tell, g);
	lineage_reserve(g->lineage, about.highest);
	activate(g, first, lineage_activate, *g->fallback ? "fallback: last-good" : "start", begun);
	if (g->conf.keylog && !g->keylog)
		log_error(LOG_TLS, "-",
		    "SSLKEYLOGFILE is ignored: session keys are written in a laboratory only, with "
		    "lab = true in gateway.lua");
	return crew_listen(&g->crew, e);
}

struct gateway *gateway_new(const struct gateway_conf *conf, struct loop *control, struct err *e)
{
	struct gateway *g = mem_alloc(sizeof(*g));

	crew_init(&g->crew);
	commons_init(&g->commons);
	roster_init(&g->roster);
	g->duties = (struct worker_duties){
		.handler = &reception_handler,
		.begin = initiators_follow,
		.revise = reception_revise,
		.drain = initiators_stop,
		.on_wish = initiators_on_wish,
		.on_switched = on_switched,
		.on_ended = on_worker_ended,
		.arg = g,
	};
	g->conf = *conf;
	g->path = mem_strdup(conf->path);
	g->control = control;
	g->started_s = clock_wall_s();
	g->started = clock_mono();
	g->revocation = revocation_new();
	g->expiry = expiry_new();
	g->end_task.fn = on_all_ended;
	g->vm = script_vm_new(&script_default_budgets, e);
	g->pressure = pressure_new(e);
	if (!g->vm || !g->pressure || begin(g, e)) {
		gateway_free(g);
		return NULL;
	}
	return g;
}

static void before_abort(void *arg)
{
	struct gateway *g = arg;

	/* what was decided before is recorded; if not, the end is more important */
	(void)journal_flush(g->duties.journal, LAST_FLUSH_MSEC);
	(void)store_flush(g->store, LAST_FLUSH_MSEC);
}

static int watch_workers(struct gateway *g, struct err *e)
{
	struct watch_worker watched[CREW_MAX];

	for (size_t i = 0; i < g->crew.n; i++)
		watched[i] =
		    (struct watch_worker){ &g->crew.workers[i].mark, g->crew.workers[i].thread };
	g->watchdog = watchdog_start(watched, g->crew.n, before_abort, g, e);
	return g->watchdog ? 0 : ERR_SYS;
}

/* What was agreed before the start; agreements that cannot be read are negotiated anew. */
static int recall(struct gateway *g, struct err *e)
{
	g->store = store_open(g->conf.state, e);
	if (!g->store)
		return ERR_SYS;
	g->commons.was_interrupted = store_was_interrupted(g->store);
	roster_keep(
	    &g->roster, g->conf.state ? g->store : NULL, gateway_current(g), clock_wall_s());
	gateway_watch_start(g);
	return 0;
}

int gateway_start(struct gateway *g, struct err *e)
{
	int state = g->conf.state ? state_fd(g->conf.state) : -1;

	g->duties.journal = journal_open(state, &gateway_current(g)->conf->journal, NULL, e);
	if (!g->duties.journal || recall(g, e) || crew_start(&g->crew, e) || watch_workers(g, e))
		return ERR_SYS;
	if (!*g->fallback)
		keep(g);
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
	crew_drain(&g->crew);
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	watchdog_stop(g->watchdog);
	if (g->store)
		gateway_watch_stop(g);
	crew_release(&g->crew);
	roster_keep(&g->roster, NULL, NULL, 0);
	store_close(g->store);
	journal_close(g->duties.journal);
	lineage_free(g->lineage);
	roster_release(&g->roster);
	revocation_free(g->revocation);
	expiry_free(g->expiry);
	pressure_free(g->pressure);
	script_vm_free(g->vm);
	if (g->keylog)
		close(g->keylog);
	mem_free(g->path);
	commons_release(&g->commons);
	mem_free(g);
}
