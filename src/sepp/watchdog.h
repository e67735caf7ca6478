/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - ends the process when a worker does not come back from a decision.
 *
 * Fuel, memory and the clock of script/ end every policy that is known; this is for what they
 * cannot: a loop of ours, of Lua or of a library.  Such a worker would hold its connections and
 * every reload for good, so the process says who was being decided about, and aborts.
 *
 * A thread looks every WATCH_TICK_MSEC.  It counts its own looks and not the time, so that a
 * process that was stopped or a machine that slept does not count, and it wants to see that the
 * worker did use the processor meanwhile; one that did not get any has more time.
 */
#ifndef SEPP_WATCHDOG_H
#define SEPP_WATCHDOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/str.h"

struct err;
struct watchdog;

enum {
	WATCH_TICK_MSEC = 100,
	WATCH_TICKS = 20,          /* in one decision, and at work */
	WATCH_CPU_MSEC = 500,      /* that counts as at work */
	WATCH_STARVED_TICKS = 100, /* in one decision, at work or not */
	WATCH_WORDS = 16,
};

/* What a worker decides, for another thread to read.  Written by the worker alone. */
struct watch_mark {
	_Atomic uint64_t serial; /* odd: inside a decision */
	_Atomic uint64_t words[WATCH_WORDS];
};

/* The words as text. */
struct watch_what {
	char partner[64], hook[24], digest[16], id[24];
};

/* Some stores each.  Texts that are too long are cut. */
void watch_begin(struct watch_mark *m, const char *partner, const char *hook, const char *digest,
    const char *id);
void watch_end(struct watch_mark *m);

/* What one look after the other saw of a mark. */
struct watch_state {
	uint64_t serial;
	unsigned ticks;    /* that it was the same decision */
	uint64_t since_ns; /* processor time of the worker at the first of them */
};

/*
 * One look, when the worker's thread has used `cpu_ns` since its start.  True: it is stuck, and
 * `what` says in which decision.
 */
bool watch_look(
    struct watch_state *s, struct watch_mark *m, uint64_t cpu_ns, struct watch_what *what);

struct watch_worker {
	struct watch_mark *mark; /* borrowed */
	pthread_t thread;        /* not joined before watchdog_stop() */
};

/* Copies the array.  `before_abort` (may be NULL) is called by the watchdog's thread. */
struct watchdog *watchdog_start(const struct watch_worker *workers, size_t n,
    void (*before_abort)(void *arg), void *arg, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void watchdog_stop(struct watchdog *w);

#endif
