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

/* Of struct conn_handler, for the requests of peers. */
void responder_on_headers(struct conn *c, struct h2_stream *s);
void responder_on_request(struct conn *c, struct h2_stream *s);
void responder_on_excess(struct conn *c, struct h2_stream *s, unsigned status);

#endif
