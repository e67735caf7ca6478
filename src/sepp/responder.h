/* SPDX-License-Identifier: MIT */
/*
 * responder.h - the responding SEPP: who is there, what is asked, what is answered
 * (TS 29.573 5.2.2, in the order of n32.md A.6).
 *
 * Knows nothing of sockets: it is called with a connection whose TLS is done and with streams of
 * it.
 */
#ifndef SEPP_RESPONDER_H
#define SEPP_RESPONDER_H

#include "sepp/worker.h"

struct responder;

/* Buffers for one request at a time. */
struct responder *responder_new(void);

/* NULL is allowed. */
void responder_free(struct responder *r);

/* The handler of a worker's connections; `env->arg` is the worker. */
extern const struct conn_handler responder_handler;

/* Anchors for a certificate of the generation in force; for struct tls_conf, `arg` is the worker.
 */
struct tls_anchors *responder_choose_anchors(
    void *arg, const struct str *names, size_t n, const char **why);

/* Ends the connections that the generation in force would not have admitted.  Between turns. */
void responder_revise(struct worker *w);

#endif
