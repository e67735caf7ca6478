/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "sepp/watchdog.h"

_Static_assert(sizeof(struct watch_what) == WATCH_WORDS * sizeof(uint64_t), "one to one");

struct watchdog {
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* guards is_stopping */
	pthread_cond_t stop;
	bool is_stopping;
	void (*before_abort)(void *arg);
	void *arg;
	size_t n;
	struct {
		struct watch_worker worker;
		struct watch_state state;
	} watched[];
};

/* --- the worker's side */

void watch_begin(
    struct watch_mark *m, const char *partner, const char *hook, const char *digest, const char *id)
{
	uint64_t serial = atomic_load_explicit(&m->serial, memory_order_relaxed);
	struct watch_what what;
	uint64_t words[WATCH_WORDS];

	memset(&what, 0, sizeof(what));
	str_copy(what.partner, sizeof(what.partner), str_of(partner));
	str_copy(what.hook, sizeof(what.hook), str_of(hook));
	memcpy(what.digest, digest, strnlen(digest, 12));
	str_copy(what.id, sizeof(what.id), str_of(id));
	memcpy(words, &what, sizeof(words));
	/* each store is seen after the even serial that was stored before it */
	for (size_t i = 0; i < WATCH_WORDS; i++)
		atomic_store_explicit(&m->words[i], words[i], memory_order_release);
	atomic_store_explicit(&m->serial, serial + 1, memory_order_release);
}

void watch_end(struct watch_mark *m)
{
	uint64_t serial = atomic_load_explicit(&m->serial, memory_order_relaxed);

	atomic_store_explicit(&m->serial, serial + 1, memory_order_release);
}

/* --- the watchdog's */

/* The texts of the decision `serial`; false if it is over. */
static bool read_mark(struct watch_mark *m, uint64_t serial, struct watch_what *out)
{
	uint64_t words[WATCH_WORDS];

	for (size_t i = 0; i < WATCH_WORDS; i++)
		words[i] = atomic_load_explicit(&m->words[i], memory_order_acquire);
	memcpy(out, words, sizeof(*out));
	return atomic_load_explicit(&m->serial, memory_order_acquire) == serial;
}

bool watch_look(
    struct watch_state *s, struct watch_mark *m, uint64_t cpu_ns, struct watch_what *what)
{
	uint64_t serial = atomic_load_explicit(&m->serial, memory_order_acquire);
	bool is_deciding = serial & 1;

	if (!is_deciding || serial != s->serial) {
		*s = (struct watch_state){ .serial = serial, .since_ns = cpu_ns };
		return false;
	}
	s->ticks++;
	if (s->ticks < WATCH_TICKS)
		return false;
	if (s->ticks < WATCH_STARVED_TICKS &&
	    cpu_ns - s->since_ns < (uint64_t)WATCH_CPU_MSEC * 1000000)
		return false;
	return read_mark(m, serial, what);
}

static uint64_t cpu_of(pthread_t thread)
{
	struct timespec t = { 0, 0 };
	clockid_t id;

	/* a thread that has ended decides nothing */
	if (pthread_getcpuclockid(thread, &id) == 0)
		(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void bark(struct watchdog *w, const struct watch_what *what, unsigned ticks)
{
	if (w->before_abort)
		w->before_abort(w->arg);
	log_last(LOG_ERROR, LOG_POLICY, what->partner,
	    "a worker does not come back from a decision, the process ends hook=%s digest=%s decision=%s msec=%u",
	    what->hook, what->digest, what->id, ticks * WATCH_TICK_MSEC);
	abort();
}

static void look_at_all(struct watchdog *w)
{
	struct watch_what what;

	for (size_t i = 0; i < w->n; i++) {
		if (watch_look(&w->watched[i].state, w->watched[i].worker.mark,
			cpu_of(w->watched[i].worker.thread), &what))
			bark(w, &what, w->watched[i].state.ticks);
	}
}

/* Under the lock.  One look however late it is. */
static void await_tick(struct watchdog *w)
{
	struct timespec t;
	int rc = 0;

	ensure(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	t.tv_nsec += WATCH_TICK_MSEC * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	while (!w->is_stopping && rc == 0)
		rc = pthread_cond_clockwait(&w->stop, &w->lock, CLOCK_MONOTONIC, &t);
}

static void *run(void *arg)
{
	struct watchdog *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->is_stopping) {
		await_tick(w);
		look_at_all(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct watchdog *watchdog_start(const struct watch_worker *workers, size_t n,
    void (*before_abort)(void *arg), void *arg, struct err *e)
{
	struct watchdog *w = mem_alloc(sizeof(*w) + n * sizeof(w->watched[0]));

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->stop, NULL);
	w->before_abort = before_abort;
	w->arg = arg;
	w->n = n;
	for (size_t i = 0; i < n; i++)
		w->watched[i].worker = workers[i];
	w->has_thread = thread_start(&w->thread, 0, run, w, "the watchdog", e) == 0;
	if (w->has_thread)
		return w;
	watchdog_stop(w);
	return NULL;
}

void watchdog_stop(struct watchdog *w)
{
	if (!w)
		return;
	if (w->has_thread) {
		pthread_mutex_lock(&w->lock);
		w->is_stopping = true;
		pthread_cond_signal(&w->stop);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
	}
	pthread_cond_destroy(&w->stop);
	pthread_mutex_destroy(&w->lock);
	mem_free(w);
}
