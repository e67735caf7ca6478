/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "sepp/gateway_int.h"

enum {
	AGEING_MSEC = 1000,
	EXPIRING_MSEC = 3600 * 1000,
	WEIGHING_MSEC = 100,
	KEEPING_MSEC = 1000,
	LOOKING_MSEC = 1000, /* a list that changed is taken when it was the same twice */
};

static void on_ageing(struct loop_timer *t)
{
	struct gateway *g = container_of(t, struct gateway, ageing);
	size_t n = contexts_expire(g->commons.contexts, clock_mono(), clock_wall_s());

	if (n > 0)
		log_info(LOG_SEPP, "-", "N32-f contexts have ended by age count=%zu", n);
	loop_timer_set(t, AGEING_MSEC);
}

/* --- revocation lists */

/* The lists are good; what keeps them from being in force is soon over, such as a busy worker. */
static void try_again(struct gateway *g, const struct err *e)
{
	revocation_forget(g->revocation);
	log_peer(clock_mono(), LOG_ERROR, LOG_SEPP, "-",
	    "changed revocation lists are not in force yet: %s", e->text);
}

static void on_looking(struct loop_timer *t)
{
	struct gateway *g = container_of(t, struct gateway, looking);
	struct directory *d =
	    g->is_draining ? NULL : revocation_look(g->revocation, gateway_current(g));
	struct err e = { 0 };

	if (d && gateway_renew(g, d, "revocation list changed", &e) == 0)
		g->renewals++;
	else if (d)
		try_again(g, &e);
	loop_timer_set(t, LOOKING_MSEC);
}

/* --- what a disk did not take */

static void on_keeping(struct loop_timer *t)
{
	struct gateway *g = container_of(t, struct gateway, keeping);

	gateway_keep_again(g);
	loop_timer_set(t, KEEPING_MSEC);
}

/* --- what expires */

static void on_expiring(struct loop_timer *t)
{
	struct gateway *g = container_of(t, struct gateway, expiring);

	expiry_tell(g->expiry, gateway_current(g), clock_wall_s());
	loop_timer_set(t, EXPIRING_MSEC);
}

/* --- memory */

static void on_weighing(struct loop_timer *t)
{
	struct gateway *g = container_of(t, struct gateway, weighing);
	unsigned limit = gateway_current(g)->conf->limits.memory_mib;

	atomic_store(&g->commons.last_tier, pressure_look(g->pressure, limit));
	loop_timer_set(t, WEIGHING_MSEC);
}

/* --- life */

void gateway_watch_start(struct gateway *g)
{
	loop_timer_init(&g->ageing, g->control, on_ageing);
	loop_timer_set(&g->ageing, AGEING_MSEC);
	loop_timer_init(&g->keeping, g->control, on_keeping);
	loop_timer_set(&g->keeping, KEEPING_MSEC);
	loop_timer_init(&g->looking, g->control, on_looking);
	loop_timer_set(&g->looking, LOOKING_MSEC);
	loop_timer_init(&g->expiring, g->control, on_expiring);
	loop_timer_init(&g->weighing, g->control, on_weighing);
	on_weighing(&g->weighing);
	on_expiring(&g->expiring); /* the store has told of the partners' certificates */
}

void gateway_watch_stop(struct gateway *g)
{
	loop_timer_stop(&g->ageing);
	loop_timer_stop(&g->keeping);
	loop_timer_stop(&g->looking);
	loop_timer_stop(&g->expiring);
	loop_timer_stop(&g->weighing);
}
