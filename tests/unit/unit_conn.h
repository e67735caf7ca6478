/* SPDX-License-Identifier: MIT */
/*
 * unit_conn.h - a server and a client over the loopback interface, in one loop.
 *
 * A net has an authority, a party that listens on a port of the kernel's choice, and a party that
 * dials.  What their owners do is said in the party; what they were told is counted there.  All
 * deadlines are far away until a test sets one.
 */
#ifndef UNIT_CONN_H
#define UNIT_CONN_H

#include "base/base.h"
#include "base/err.h"
#include "net/conn_int.h"
#include "net/listener.h"
#include "unit_cert.h"

#define SERVER_NAME "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
#define CLIENT_NAME "sepp.5gc.mnc002.mcc002.3gppnetwork.org"

enum {
	NET_RAW_MAX = 4,
};

struct net;

/* One role: what its owner does, and what it was told. */
struct party {
	struct conn_env env;
	struct net *net;
	struct tls_ctx *ctx;
	struct conn *last; /* that became ready */
	bool turns_away, asks, finishes, goes_deaf;
	bool was_told;    /* close_notify came before the end */
	const char *junk; /* sent before the session says anything */
	struct loop_timer deaf;
	unsigned idle_answers;     /* how often on_idle() says to keep the connection */
	msec keep, ping;           /* 0: as it is */
	size_t body_n, n_requests; /* of a client */
	unsigned ready, headers, requests, responses, failures, idles, ends;
	unsigned status;
	size_t got_n, most_open;
	char peer_name[128], version[16];
	unsigned char exported[32];
	enum conn_end end; /* of the first that ended */
	char why[128];
};

struct net {
	struct loop *loop;
	struct loop_timer watchdog;
	struct tls_lib *lib;
	struct cert *root;
	struct tls_anchors *anchors;
	struct listener listener;
	struct addr addr;
	struct party server, client;
	unsigned ends_wanted;    /* of both parties together */
	int small_buffers;       /* bytes; 0: the kernel's choice */
	struct conn_guest guest; /* of what the server accepts */
	int raw[NET_RAW_MAX];    /* sockets that the test holds itself */
	size_t n_raw;
	bool too_late;
	struct err e;
};

/* The caller owns the net. */
struct net *net_new(void);
void net_free(struct net *n);

/* A context for a certificate of `root` that is valid today.  The caller owns a reference. */
struct tls_ctx *net_context(struct net *n, const struct cert *root, const char *name);

/* The client connects; borrowed. */
struct conn *net_dial(struct net *n);

/* A TCP connection that says nothing, in n->raw. */
void net_dial_raw(struct net *n);

/* Runs until `ends` connections, counted at both sides, have ended; fails the test after long. */
void net_run(struct net *n, unsigned ends);

#endif
