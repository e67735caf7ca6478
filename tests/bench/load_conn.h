/* SPDX-License-Identifier: MIT */
/*
 * load_conn.h - one connection of the load client, from connect to the last close.
 *
 * The slots of a run are made once and used again and again.  One event of the socket is one turn:
 * everything is read, answered by the callbacks, and sent with a single call.  What the connection
 * is for (one request, many, none) is the business of the callbacks, in load.c.
 */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include "base/base.h"
#include "base/buf.h"
#include "load_h2.h"
#include "load_opt.h"
#include "load_stat.h"
#include "load_tls.h"

struct err;
struct load_conn;

struct load_conn_events {
	/* HTTP/2 is up and the turn is about to end: post, close, or do nothing. */
	void (*on_turn)(void *arg, struct load_conn *c);
	void (*on_answer)(void *arg, struct load_conn *c, int status, uint64_t since_ns);
	void (*on_refused)(void *arg, struct load_conn *c);
	/* The connection is over and the slot is free; `e` says what went wrong, if something did.
	 */
	void (*on_gone)(void *arg, struct load_conn *c, enum load_failure why, const struct err *e);
	void *arg;
};

enum load_conn_state {
	LOAD_CONN_FREE,
	LOAD_CONN_CONNECTING,
	LOAD_CONN_HANDSHAKE,
	LOAD_CONN_OPEN,
	LOAD_CONN_LINGERING, /* we said everything; reading to the end avoids a reset */
};

/* What all connections share. */
struct load_net {
	int epoll;
	const struct load_opt *opt;
	struct load_stat *stat;
	struct load_request request;
	struct load_tls tls;
	struct load_conn_events events;
	struct buf plain; /* HTTP/2 of the connection whose turn it is */
	unsigned next_source;
	char in[65536], decrypted[16384];
};

struct load_conn {
	struct load_net *net;
	int fd;
	enum load_conn_state state;
	SSL *ssl;
	struct load_h2 h2;
	struct buf unsent;
	uint64_t start_ns;
	uint64_t deadline_ns; /* 0 = none */
	unsigned posted;      /* requests so far */
	unsigned answered;
	bool up;       /* for the callbacks: counted as up */
	bool closing;  /* load_conn_close() was called */
	bool notified; /* the server's close_notify came */
	bool ended;    /* the server's FIN came */
};

int load_net_init(struct load_net *n, const struct load_opt *o, struct load_stat *stat,
    const struct load_conn_events *events, struct err *e) MUST_CHECK;
void load_net_release(struct load_net *n);

/*
 * Opens a connection in a free slot; the operation counts from `since_ns`.  What goes wrong is told
 * with on_gone(), from here if it shows at once.
 */
void load_conn_open(struct load_conn *c, struct load_net *n, uint64_t since_ns);

/* Handles what epoll said. */
void load_conn_turn(struct load_conn *c, uint32_t events);

/* Posts the request; load_h2_can_post() must be true.  Outside a turn, load_conn_flush() follows.
 */
void load_conn_post(struct load_conn *c, uint64_t since_ns);
void load_conn_flush(struct load_conn *c);

/* Ends the connection when the turn ends: GOAWAY, close_notify, FIN. */
void load_conn_close(struct load_conn *c);

/* Gives up, without a word to the server. */
void load_conn_drop(struct load_conn *c, enum load_failure why, const struct err *e);

#endif
