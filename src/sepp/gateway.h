/* SPDX-License-Identifier: MIT */
/*
 * gateway.h - the whole: workers, the generation in force, the associations; start, reload, end.
 *
 * Everything here is called from the control thread.
 */
#ifndef SEPP_GATEWAY_H
#define SEPP_GATEWAY_H

#include "base/base.h"
#include "net/addr.h"
#include "net/loop.h"
#include "sepp/counters.h"
#include "sepp/generation.h"

struct err;
struct gateway;

struct gateway_status {
	int64_t started_s, now_s;
	uint64_t generation;
	const char *digest; /* borrowed until the next reload */
	int64_t activated_s;
	size_t n_partners, n_workers;
	uint64_t handshaking, open, closing;
	uint64_t reloads, reloads_failed;
	int64_t last_reload_s;  /* 0 = never */
	const char *last_error; /* "" = the last one succeeded; borrowed until the next reload */
	int64_t certificate_not_after_s;
	bool is_draining;
	bool is_tls_fallback;
	uint64_t counters[COUNTERS];
};

/* What a reload did. */
struct gateway_change {
	uint64_t generation;
	char digest[65];
	size_t n_partners;
};

/* Reads `path`, opens the listeners, makes the workers; nothing is served yet. */
struct gateway *gateway_new(const char *path, struct loop *control, struct err *e) MUST_CHECK;

/* Starts the workers. */
int gateway_start(struct gateway *g, struct err *e) MUST_CHECK;

/* All workers must have ended.  NULL is allowed. */
void gateway_free(struct gateway *g);

/* The addresses that are listened on, with actual ports.  Borrowed. */
const struct addr *gateway_listeners(const struct gateway *g, size_t *n);

/*
 * Replaces configuration, partners, policies and certificates by what the directory holds now.  On
 * failure nothing changes and `e` says file, line and reason; `dry_run` only tries.
 */
int gateway_reload(
    struct gateway *g, bool dry_run, struct gateway_change *change, struct err *e) MUST_CHECK;

/* Ends: no new connections, what is in flight is finished; `on_end` is called in the control
 * thread. */
void gateway_drain(struct gateway *g, void (*on_end)(void *arg), void *arg);

void gateway_status(const struct gateway *g, struct gateway_status *out);

/* The generation in force.  Borrowed until the next reload. */
struct generation *gateway_current(const struct gateway *g);

#endif
