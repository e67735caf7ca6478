/* SPDX-License-Identifier: MIT */
/*
 * loop.h - one thread's events: sockets, timers, signals, and work posted by other threads.
 *
 * A loop belongs to the thread that runs it; only loop_post() and loop_stop() may be called from
 * another one.  Watchers are embedded in the structs that use them and must be stopped before those
 * go away.  A watcher may stop or free itself and its owner from its own callback.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <ev.h>
#include <sys/queue.h>

#include "base/base.h"

struct err;
struct loop;

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_SPARE_USEC = 250,
};

struct loop_io {
	ev_io ev;
	struct loop *loop;
	void (*fn)(struct loop_io *io, int events);
};

struct loop_timer {
	ev_timer ev;
	struct loop *loop;
	void (*fn)(struct loop_timer *t);
};

struct loop_signal {
	ev_signal ev;
	struct loop *loop;
	void (*fn)(struct loop_signal *s);
};

/* Work that can wait until the events of a turn are served. */
struct loop_later {
	TAILQ_ENTRY(loop_later) next;
	struct loop *loop;
	msec since;
	bool is_set;
	void (*fn)(struct loop_later *later);
};

/* Work for another thread's loop; embedded, owned by who posts until `fn` has begun. */
struct loop_task {
	struct loop_task *next;
	void (*fn)(struct loop_task *task);
};

struct loop *loop_new(struct err *e) MUST_CHECK;

/* Every watcher must be stopped; tasks that were posted and not run are dropped.  NULL is allowed.
 */
void loop_free(struct loop *l);

/*
 * The time is now: for a thread that begins with a loop that was made a while ago, before it sets
 * timers or runs it.
 */
void loop_begin(struct loop *l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);

/* From any thread. */
void loop_stop(struct loop *l);

/* Monotonic milliseconds, and wall-clock seconds, as of the current turn. */
msec loop_now(const struct loop *l);
int64_t loop_wall_s(const struct loop *l);

/* How long the turn before this one worked, waiting not counted; or since when the oldest
 * loop_later waits, if that is longer. */
msec loop_last_turn(const struct loop *l);

/* From any thread: runs `task->fn` once in the thread of `l`, in order of posting. */
void loop_post(struct loop *l, struct loop_task *task);

/* Starts with no event wanted. */
void loop_io_init(
    struct loop_io *io, struct loop *l, int fd, void (*fn)(struct loop_io *io, int events));

/* Replaces the set of wanted events (LOOP_READ | LOOP_WRITE); 0 stops. */
void loop_io_want(struct loop_io *io, int events);
void loop_io_stop(struct loop_io *io);

void loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(struct loop_timer *t));

/* Fires once, `delay` from now; replaces a pending firing. */
void loop_timer_set(struct loop_timer *t, msec delay);
bool loop_timer_is_set(const struct loop_timer *t);
void loop_timer_stop(struct loop_timer *t);

void loop_later_init(
    struct loop_later *later, struct loop *l, void (*fn)(struct loop_later *later));

/*
 * Runs `fn` once, after the events of this turn.  Of all that waits a turn does what it can in
 * LOOP_SPARE_USEC, at least one, in the order of asking.  Does nothing while it waits already.
 */
void loop_later_set(struct loop_later *later);
void loop_later_stop(struct loop_later *later);

/* A signal is watched by one loop of the process; other threads must block it or not mind. */
void loop_signal_start(
    struct loop_signal *s, struct loop *l, int signum, void (*fn)(struct loop_signal *s));
void loop_signal_stop(struct loop_signal *s);

#endif
