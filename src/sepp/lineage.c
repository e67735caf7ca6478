/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/lineage.h"

enum {
	FOLLOW_S = 2, /* a follower that needs longer is stuck */
};

struct lineage {
	struct commons *commons;
	size_t n_followers;
	lineage_tell_fn *tell;
	void *arg;
	uint64_t highest, activations;
	size_t n;
	struct generation *kept[LINEAGE_KEPT]; /* the latest activation first */
	struct generation *superseded;         /* no more kept; freed with the next activation */

	pthread_mutex_t lock; /* guards the two below */
	pthread_cond_t followed;
	size_t not_followed;        /* followers that have not seen the last switch */
	struct generation *from;    /* what that switch replaced, */
	struct generation *towards; /* and with what; written while nobody has to follow */
};

struct lineage *lineage_new(
    struct commons *commons, size_t n_followers, lineage_tell_fn *tell, void *arg)
{
	struct lineage *l = mem_alloc(sizeof(*l));

	l->commons = commons;
	l->n_followers = n_followers;
	l->tell = tell;
	l->arg = arg;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->followed, NULL);
	return l;
}

void lineage_free(struct lineage *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		generation_free(l->kept[i]);
	generation_free(l->superseded);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->followed);
	mem_free(l);
}

void lineage_reserve(struct lineage *l, uint64_t highest)
{
	if (l->highest < highest)
		l->highest = highest;
}

/* --- switching */

int lineage_await(struct lineage *l, struct err *e)
{
	struct timespec until;
	int rc = 0;

	ensure(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_sec += FOLLOW_S;
	pthread_mutex_lock(&l->lock);
	while (l->not_followed > 0 && rc == 0)
		rc = pthread_cond_clockwait(&l->followed, &l->lock, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&l->lock);
	return rc ? err_set(e, ERR_BUSY, "a worker has not taken over the last generation yet") : 0;
}

static size_t place_of(const struct lineage *l, const struct generation *g)
{
	size_t i = 0;

	while (i < l->n && l->kept[i] != g)
		i++;
	return i;
}

/* Nobody uses `g`: it is neither in force nor was it at the last switch that is followed. */
static void drop(struct generation *g)
{
	log_debug(LOG_SEPP, "-", "generation freed generation=%llu", (unsigned long long)g->number);
	generation_free(g);
}

static void drop_superseded(struct lineage *l)
{
	if (l->superseded)
		drop(l->superseded);
	l->superseded = NULL;
}

/* Makes `g` the first, wherever it was. */
static void put_first(struct lineage *l, struct generation *g)
{
	size_t at = place_of(l, g);

	if (at == l->n) {
		if (l->n == LINEAGE_KEPT)
			drop(l->kept[--l->n]);
		at = l->n++;
	}
	memmove(&l->kept[1], &l->kept[0], at * sizeof(l->kept[0]));
	l->kept[0] = g;
}

/* What is said of `g` from now on. */
static void label(struct lineage *l, struct generation *g, const char *why, int64_t now_s)
{
	if (g->number == 0)
		g->number = l->highest + 1;
	lineage_reserve(l, g->number);
	if (!lineage_has(l, g))
		g->loaded_s = now_s;
	g->activated_s = now_s;
	g->activation = ++l->activations;
	str_copy(g->why, sizeof(g->why), str_of(why));
}

static void publish(struct lineage *l, struct generation *before, struct generation *g)
{
	pthread_mutex_lock(&l->lock);
	ensure(l->not_followed == 0);
	l->from = before;
	l->towards = g;
	l->not_followed = before ? l->n_followers : 0;
	pthread_mutex_unlock(&l->lock);
	commons_publish(l->commons, g);
	for (size_t i = 0; before && i < l->n_followers; i++)
		l->tell(l->arg, i);
}

void lineage_activate(struct lineage *l, struct generation *g, const char *why, int64_t now_s)
{
	struct generation *before = l->n ? l->kept[0] : NULL;

	ensure(g != before);
	drop_superseded(l);
	label(l, g, why, now_s);
	put_first(l, g);
	publish(l, before, g);
}

void lineage_supersede(struct lineage *l, struct generation *g, const char *why, int64_t now_s)
{
	struct generation *before = l->kept[0];

	ensure(before && !lineage_has(l, g));
	drop_superseded(l);
	label(l, g, why, now_s);
	l->kept[0] = g;
	l->superseded = before;
	publish(l, before, g);
}

void lineage_follow(struct lineage *l, size_t i)
{
	struct generation *from, *towards;

	pthread_mutex_lock(&l->lock);
	ensure(l->not_followed > 0);
	from = l->from;
	towards = l->towards;
	pthread_mutex_unlock(&l->lock);
	/* verified chains belong to one thread and to one set of anchors */
	if (i < from->n_tls)
		tls_ctx_retire(from->tls[i]);
	if (i < towards->n_tls)
		tls_ctx_resume(towards->tls[i]);
	pthread_mutex_lock(&l->lock);
	if (--l->not_followed == 0)
		pthread_cond_signal(&l->followed);
	pthread_mutex_unlock(&l->lock);
}

/* --- asking */

struct generation *lineage_kept(const struct lineage *l, size_t i)
{
	return i < l->n ? l->kept[i] : NULL;
}

size_t lineage_count(const struct lineage *l)
{
	return l->n;
}

bool lineage_has(const struct lineage *l, const struct generation *g)
{
	return place_of(l, g) < l->n;
}

uint64_t lineage_highest(const struct lineage *l)
{
	return l->highest;
}

/* "5, 6 (in force), 7" */
static void list(const struct lineage *l, char *out, size_t size)
{
	uint64_t last = 0;

	out[0] = '\0';
	for (size_t turn = 0; turn < l->n; turn++) {
		const struct generation *next = NULL;
		size_t at = strlen(out);

		for (size_t i = 0; i < l->n; i++) {
			if (l->kept[i]->number > last &&
			    (!next || l->kept[i]->number < next->number))
				next = l->kept[i];
		}
		last = next->number;
		snprintf(out + at, size - at, "%s%llu%s", turn ? ", " : "",
		    (unsigned long long)last, next == l->kept[0] ? " (in force)" : "");
	}
}

struct generation *lineage_choose(const struct lineage *l, uint64_t number, struct err *e)
{
	char there[128];

	if (number == 0 && l->n > 1)
		return l->kept[1];
	list(l, there, sizeof(there));
	if (number == 0) {
		err_set(
		    e, ERR_CONFIG, "nothing to roll back to; there is only generation %s", there);
		return NULL;
	}
	if (number == l->kept[0]->number) {
		err_set(e, ERR_CONFIG, "generation %llu is already in force; there are %s",
		    (unsigned long long)number, there);
		return NULL;
	}
	for (size_t i = 1; i < l->n; i++) {
		if (l->kept[i]->number == number)
			return l->kept[i];
	}
	err_set(e, ERR_CONFIG, "there is no generation %llu any more, or not yet; there are %s",
	    (unsigned long long)number, there);
	return NULL;
}
