/* SPDX-License-Identifier: MIT */
/*
 * commons.h - what the workers share: the generation in force, and the limits of the whole gateway.
 *
 * Any function may be called by any thread.
 */
#ifndef SEPP_COMMONS_H
#define SEPP_COMMONS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "sepp/context.h"
#include "sepp/gate.h"
#include "sepp/generation.h"

struct commons {
	_Atomic(struct generation *) current;
	struct contexts *contexts; /* owned */
	bool was_interrupted;      /* before any worker: what we know may not be the latest */
	struct gate *gate;         /* owned */
	atomic_uint connections;
	atomic_uint last_tier; /* that is served while memory is short */
	/* What workers are to do about kept connections when they follow a switch, and what they
	 * did; of one switch at a time. */
	atomic_bool ask_retention, apply_retention;
	atomic_uint retention_asked, retention_released;
	pthread_mutex_t lock; /* guards the two below */
	msec second_at;
	unsigned second_spent;
};

void commons_init(struct commons *c);
void commons_release(struct commons *c);

/*
 * The generation in force.  A worker may use it for the current turn of its loop and no longer;
 * NULL before the first is published.
 */
struct generation *commons_current(const struct commons *c);

/* The one store that puts a generation in force. */
void commons_publish(struct commons *c, struct generation *g);

/* Whether one more negotiation fits `per_second` (0: no limit). */
bool commons_admit(struct commons *c, msec now, unsigned per_second) MUST_CHECK;

/* Whether one more connection fits `max` (0: no limit); counts it if so. */
bool commons_connect(struct commons *c, unsigned max) MUST_CHECK;
void commons_disconnect(struct commons *c);

#endif
