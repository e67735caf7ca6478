/* SPDX-License-Identifier: MIT */
/*
 * crew.h - the workers of a gateway and the sockets that they listen on.
 *
 * How many there are, and where they listen, is fixed when they start.  Control thread only.
 */
#ifndef SEPP_CREW_H
#define SEPP_CREW_H

#include "net/addr.h"
#include "sepp/worker.h"

enum {
	CREW_MAX = 64
};

struct crew {
	size_t n;
	struct worker *workers;
	size_t n_listen;
	struct addr listen[CONF_LISTEN_MAX]; /* with actual ports once they are open */
	int fds[CREW_MAX][CONF_LISTEN_MAX];  /* until the workers take them */
	atomic_size_t ended;
};

/* All sums over the workers. */
struct crew_sums {
	uint64_t handshaking, open, closing;
	uint64_t counters[COUNTERS];
};

void crew_init(struct crew *c);

/* The threads are joined: they must have ended, or be about to.  The crew is empty afterwards. */
void crew_release(struct crew *c);

/* Makes `n` workers without threads; on failure there is none. */
int crew_make(struct crew *c, unsigned n, struct commons *commons,
    const struct worker_duties *duties, struct err *e) MUST_CHECK;

/* Reads the addresses that `conf` wants to listen on; opens them, a socket for each worker. */
int crew_place(struct crew *c, const struct conf_gateway *conf, struct err *e) MUST_CHECK;
int crew_listen(struct crew *c, struct err *e) MUST_CHECK;

/* Starts the threads. */
int crew_start(struct crew *c, struct err *e) MUST_CHECK;

void crew_drain(struct crew *c);

/* In a worker's thread, as its last call: whether it was the last worker. */
bool crew_count_ended(struct crew *c);

void crew_sum(const struct crew *c, struct crew_sums *out);

#endif
