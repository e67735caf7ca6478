/* SPDX-License-Identifier: MIT */
/*
 * caller.h - who is at the other end of a connection, by its certificate (TS 33.501 13.1.2).
 *
 * The names of the last certificate that was asked about are kept parsed, one for each worker: most
 * turns ask several times about one connection.
 */
#ifndef SEPP_CALLER_H
#define SEPP_CALLER_H

#include "n32/identity.h"
#include "net/conn.h"
#include "sepp/worker.h"

struct caller;

struct caller *caller_new(void);

/* NULL is allowed. */
void caller_free(struct caller *c);

/* The worker whose connection it is. */
struct worker *caller_worker(const struct conn *c);

/* The identity of the peer of `c`, whose handshake is done.  Borrowed until the worker's next call
 * for another connection. */
const struct n32_identity *caller_identify(struct worker *w, const struct conn *c);

/* The partner that a certificate belongs to: the first of its names that is configured, or NULL. */
struct partner *caller_partner(const struct generation *g, const struct n32_identity *id);

/* Whether `g`, which is in force, vouches for the peer of `c`: with the anchors that once verified
 * it, or it is verified again, and then with others. */
bool caller_is_trusted(struct worker *w, const struct generation *g, const struct conn *c);

/* Anchors for a certificate of the generation in force; for struct tls_conf, `arg` is the worker.
 */
struct tls_anchors *caller_choose_anchors(
    void *arg, const struct str *names, size_t n, const char **why);

#endif
