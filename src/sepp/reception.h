/* SPDX-License-Identifier: MIT */
/*
 * reception.h - the handler of a worker's connections: who comes, who stays, who hears what.
 *
 * A connection that the peer opened is counted, bounded by the partner's limit, and its requests go
 * to the responder; one that we opened belongs to who dialled it.  Either may be kept while PRINS
 * is in force, as the retention says.
 */
#ifndef SEPP_RECEPTION_H
#define SEPP_RECEPTION_H

#include "sepp/worker.h"

/* `env->arg` is the worker. */
extern const struct conn_handler reception_handler;

/* Ends the connections that the generation in force would not have admitted, and asks its policies
 * about the kept ones.  Between turns. */
void reception_revise(struct worker *w);

#endif
