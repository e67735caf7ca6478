/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "sepp/commons.h"

void commons_init(struct commons *c)
{
	atomic_init(&c->current, NULL);
	c->contexts = contexts_new();
	c->gate = gate_new();
	atomic_init(&c->connections, 0);
	atomic_init(&c->last_tier, GATE_STRANGER);
	pthread_mutex_init(&c->lock, NULL);
	c->second_at = 0;
	c->second_spent = 0;
}

void commons_release(struct commons *c)
{
	contexts_free(c->contexts);
	gate_free(c->gate);
	pthread_mutex_destroy(&c->lock);
}

struct generation *commons_current(const struct commons *c)
{
	return atomic_load_explicit(&c->current, memory_order_acquire);
}

void commons_publish(struct commons *c, struct generation *g)
{
	atomic_store_explicit(&c->current, g, memory_order_release);
}

bool commons_admit(struct commons *c, msec now, unsigned per_second)
{
	bool ok;

	if (per_second == 0)
		return true;
	pthread_mutex_lock(&c->lock);
	if (now >= c->second_at + 1000) {
		c->second_at = now;
		c->second_spent = 0;
	}
	ok = c->second_spent < per_second;
	if (ok)
		c->second_spent++;
	pthread_mutex_unlock(&c->lock);
	return ok;
}

bool commons_connect(struct commons *c, unsigned max)
{
	unsigned before = atomic_fetch_add(&c->connections, 1);

	if (max == 0 || before < max)
		return true;
	atomic_fetch_sub(&c->connections, 1);
	return false;
}

void commons_disconnect(struct commons *c)
{
	atomic_fetch_sub(&c->connections, 1);
}
