/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/caller.h"
#include "sepp/crew.h"
#include "sepp/exchange.h"
#include "sepp/initiator.h"
#include "sepp/link.h"
#include "sepp/notice.h"
#include "sepp/offer.h"
#include "sepp/responder.h"
#include "sepp/retention.h"

void crew_init(struct crew *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->fds, -1, sizeof(c->fds));
}

static void close_sockets(struct crew *c)
{
	for (size_t w = 0; w < CREW_MAX; w++) {
		for (size_t i = 0; i < CONF_LISTEN_MAX; i++) {
			if (c->fds[w][i] >= 0)
				close(c->fds[w][i]);
		}
	}
}

/* What the modules above the worker keep in it. */
static void furnish(struct worker *w)
{
	w->caller = caller_new();
	w->links = links_new();
	w->retention = retention_new();
	w->responder = responder_new();
	w->exchange = exchange_desk_new();
	w->notice = notice_new();
	w->offer = offer_new();
	w->initiators = initiators_new(w);
}

static void furnish_not(struct worker *w)
{
	initiators_free(w->initiators);
	offer_free(w->offer);
	notice_free(w->notice);
	exchange_desk_free(w->exchange);
	responder_free(w->responder);
	retention_free(w->retention);
	links_free(w->links);
	caller_free(w->caller);
}

void crew_release(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++) {
		worker_join(&c->workers[i]);
		furnish_not(&c->workers[i]);
		worker_release(&c->workers[i]);
	}
	mem_free(c->workers);
	close_sockets(c);
	crew_init(c);
}

int crew_make(struct crew *c, unsigned n, struct commons *commons,
    const struct worker_duties *duties, struct err *e)
{
	ensure(n <= CREW_MAX);
	c->workers = mem_array(n, sizeof(struct worker));
	for (; c->n < n; c->n++) {
		struct worker *w = &c->workers[c->n];

		if (worker_init(w, commons, duties, (unsigned)c->n, e)) {
			worker_release(w);
			crew_release(c);
			return ERR_SYS;
		}
		furnish(w);
		w->crew = c->workers;
		w->n_crew = n;
	}
	return 0;
}

int crew_place(struct crew *c, const struct conf_gateway *conf, struct err *e)
{
	for (c->n_listen = 0; c->n_listen < conf->n_listen; c->n_listen++) {
		if (addr_parse(&c->listen[c->n_listen], conf->listen[c->n_listen], e))
			return err_within(e, "gateway.lua: n32c.listen");
	}
	return 0;
}

/* The first socket of an address fixes its port. */
int crew_listen(struct crew *c, struct err *e)
{
	for (size_t i = 0; i < c->n_listen; i++) {
		for (size_t w = 0; w < c->n; w++) {
			c->fds[w][i] = listener_bind(&c->listen[i], e);
			if (c->fds[w][i] < 0)
				return err_within(e, "gateway.lua: n32c.listen");
		}
	}
	return 0;
}

int crew_start(struct crew *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		if (worker_start(&c->workers[i], c->fds[i], c->n_listen, e))
			return ERR_SYS;
		memset(c->fds[i], -1, sizeof(c->fds[i]));
	}
	return 0;
}

void crew_drain(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		worker_drain(&c->workers[i]);
}

bool crew_count_ended(struct crew *c)
{
	return atomic_fetch_add(&c->ended, 1) + 1 == c->n;
}

void crew_sum(const struct crew *c, struct crew_sums *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < c->n; i++) {
		const struct worker_gauges *g = &c->workers[i].gauges;

		counters_add(out->counters, &c->workers[i].counters);
		out->handshaking += atomic_load_explicit(&g->handshaking, memory_order_relaxed);
		out->open += atomic_load_explicit(&g->open, memory_order_relaxed);
		out->closing += atomic_load_explicit(&g->closing, memory_order_relaxed);
	}
}
