/* SPDX-License-Identifier: MIT */
/*
 * worker.h - one thread: its loop, listeners, connections, library context and policy machine.
 *
 * A connection lives and dies on one worker.  Which generation is in force is read from the commons
 * at each decision with one load; a worker never holds on to a generation over a turn of its loop,
 * so a generation is free to go as soon as each worker has run one task after the switch.
 */
#ifndef SEPP_WORKER_H
#define SEPP_WORKER_H

#include <pthread.h>

#include "net/conn.h"
#include "net/listener.h"
#include "script/script.h"
#include "sepp/commons.h"
#include "sepp/counters.h"
#include "sepp/journal.h"
#include "sepp/journal_line.h"
#include "sepp/watchdog.h"
#include "sepp/wish.h"

struct caller;
struct decision;
struct err;
struct exchange_desk;
struct initiators;
struct links;
struct notice;
struct offer;
struct resolver;
struct responder;
struct worker;

/* What a worker does that is not its own business; given by whoever makes it. */
struct worker_duties {
	const struct conn_handler *handler; /* of its connections; `env->arg` is the worker */
	void (*begin)(struct worker *w);    /* the first call of its thread */
	void (*revise)(struct worker *w);   /* another generation is in force; between turns */
	void (*drain)(struct worker *w);    /* begin nothing any more */
	void (*on_wish)(struct worker *w, const struct wish *wish); /* between turns */
	void (*on_switched)(struct worker *w);
	void (*on_ended)(struct worker *w); /* the last call of its thread */
	struct journal *journal;            /* borrowed; NULL = decisions are not recorded */
	void *arg;
};

/* How a worker is seen from outside; all of it may be read at any time. */
struct worker_gauges {
	_Atomic uint64_t handshaking, open, closing;
};

struct worker {
	struct commons *commons;            /* borrowed */
	const struct worker_duties *duties; /* borrowed */
	unsigned number;
	pthread_t thread;
	bool has_thread;
	struct loop *loop;
	struct tls_lib *lib;
	struct resolver *resolver;
	struct script_vm *vm;
	struct wishes wishes;
	struct conn_env env;
	size_t n_listeners;
	struct listener listeners[CONF_LISTEN_MAX];
	struct counters counters;
	struct worker_gauges gauges;
	struct loop_timer drain_timer;
	bool is_draining;
	msec unknown_at; /* requests of authenticated peers that nobody configured: one bucket */
	unsigned unknown_spent;
	int64_t zone_minute; /* the minute for which utc_offset_s holds */
	int32_t utc_offset_s;
	struct watch_mark mark;     /* of the decision under way */
	struct journal_ids ids;     /* of decisions */
	struct journal_draft draft; /* of a decision that nothing was done about yet */
	/* What others keep here for each worker; owned by whoever made the worker. */
	struct caller *caller;
	struct links *links;
	struct decision *retention;
	struct responder *responder;
	struct exchange_desk *exchange;
	struct notice *notice;
	struct offer *offer;
	struct initiators *initiators;
	struct worker *crew; /* all of them */
	size_t n_crew;
	struct loop_task switch_task, drain_task;
};

/* Makes what a generation has to be built with; no thread yet. */
int worker_init(struct worker *w, struct commons *commons, const struct worker_duties *duties,
    unsigned number, struct err *e) MUST_CHECK;

/* Waits for the end of its thread, if it has one. */
void worker_join(struct worker *w);

/* The thread was joined.  Accepts a zeroed one. */
void worker_release(struct worker *w);

/* Takes the listening sockets and starts the thread with the generation in force. */
int worker_start(struct worker *w, const int *fds, size_t n, struct err *e) MUST_CHECK;

/* From any thread: the generation in force changed; on_switched() is called when it is followed. */
void worker_switch(struct worker *w);

/* From any thread, once: no new connections, finish those that are there; then `on_ended`. */
void worker_drain(struct worker *w);

/* Called when a connection of `w` was opened, became ready or has ended. */
void worker_on_change(struct worker *w);

/* The worker that is home to the partner of that name: what we begin ourselves happens there. */
struct worker *worker_home(const struct worker *any, const char *partner);

/* From any thread: asks the home of the partner that the wish names; asks all workers. */
void worker_wish(const struct worker *any, const struct wish *wish);
void worker_wish_all(const struct worker *any, const struct wish *wish);

/* Seconds east of UTC in the gateway's zone, now. */
int32_t worker_utc_offset_s(struct worker *w);

#endif
