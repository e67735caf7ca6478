/* SPDX-License-Identifier: MIT */
/*
 * gateway_int.h - shared by gateway.c, which runs it, gateway_watch.c, which looks after what
 * becomes old, and gateway_ask.c, which operators ask.
 */
#ifndef SEPP_GATEWAY_INT_H
#define SEPP_GATEWAY_INT_H

#include <sys/types.h>

#include "sepp/expiry.h"
#include "sepp/gateway.h"
#include "sepp/pressure.h"
#include "sepp/revocation.h"
#include "sepp/roster.h"
#include "sepp/watchdog.h"

struct gateway {
	struct gateway_conf conf;
	char *path;
	struct loop *control;
	struct script_vm *vm; /* for checking */
	int64_t started_s;
	msec started;
	struct commons commons;
	struct lineage *lineage;
	struct roster roster;
	struct worker_duties duties;
	struct crew crew;
	struct watchdog *watchdog;
	struct store *store;
	struct loop_timer ageing;  /* of N32-f contexts */
	struct loop_timer keeping; /* of a generation that could not be written */
	struct loop_timer looking; /* at revocation lists on the disk */
	struct revocation *revocation;
	struct loop_timer expiring; /* of certificates and lists */
	struct expiry *expiry;
	struct loop_timer weighing; /* of the process's memory */
	struct pressure *pressure;
	uint64_t renewals;
	int keylog; /* descriptor; 0 = none */
	struct gateway_jail jail;
	struct {
		dev_t device;
		ino_t number;
	} jailed; /* the directory that the jail lets us read */

	uint64_t reloads, reloads_failed, rollbacks;
	int64_t last_reload_s;
	const char *last_stage;
	char last_error[sizeof(((struct err *)0)->text)];
	char fallback[sizeof(((struct err *)0)->text)]; /* why the directory was refused at start */
	struct gateway_kept kept;
	char kept_error[sizeof(((struct err *)0)->text)];
	bool is_draining;
	struct loop_task end_task;
	void (*on_end)(void *arg);
	void *on_end_arg;
};

/* Puts the files of `d` in force in place of those that are.  Takes `d`; on failure nothing
 * changes. */
int gateway_renew(
    struct gateway *g, struct directory *d, const char *why, struct err *e) MUST_CHECK;

/* Writes the generation in force to the disk if that has failed. */
void gateway_keep_again(struct gateway *g);

/* What is done again and again while the gateway runs; its store must be open. */
void gateway_watch_start(struct gateway *g);
void gateway_watch_stop(struct gateway *g);

#endif
