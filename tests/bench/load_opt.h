/* SPDX-License-Identifier: MIT */
/*
 * load_opt.h - what the command line of the load client asks for.
 *
 * Filled once by load_opt_parse(), then only read.  Strings are borrowed from argv; the body is a
 * copy and goes with load_opt_release().
 */
#ifndef LOAD_OPT_H
#define LOAD_OPT_H

#include <sys/socket.h>
#include <sys/types.h>

#include "base/base.h"
#include "base/str.h"

struct err;

enum {
	LOAD_PIDS_MAX = 8,
	LOAD_STREAMS_MAX = 100,
	LOAD_CONNS_MAX = 100000,
	LOAD_TOTAL_MAX = 10000000,
	LOAD_BODY_MAX = 16000, /* one DATA frame */
	LOAD_NAMES_MAX = 2048, /* :authority and :path */
};

enum load_mode {
	LOAD_CONN,
	LOAD_KEEP,
	LOAD_IDLE
};

struct load_opt {
	enum load_mode mode;
	struct sockaddr_storage target;
	socklen_t target_len;
	const char *cert, *key; /* PEM files; NULL = no client certificate */
	const char *sni;        /* NULL = none */
	const char *authority;
	const char *path;
	char *body;
	size_t body_len;
	unsigned total;      /* operations in the window */
	unsigned warmup;     /* operations before it */
	unsigned conns;      /* connections in flight (conn, idle) or open (keep) */
	unsigned streams;    /* concurrent requests per connection (keep) */
	unsigned rate;       /* operations per second; 0 = closed loop */
	unsigned expect;     /* the status that counts as right */
	unsigned timeout_s;  /* of one operation */
	unsigned hold_s;     /* idle: the longest time the connections are held */
	unsigned max_errors; /* the run is given up beyond */
	bool server_closes;  /* conn: wait for the server to end the connection */
	bool rotate;         /* source addresses 127.1.0.1 to 127.1.0.4 in turn */
	bool tls12;
	bool json;
	size_t n_pids;
	pid_t pids[LOAD_PIDS_MAX]; /* servers to be accounted */
};

/* ERR_NONE, or ERR_CONFIG with what is wrong with the command line. */
int load_opt_parse(struct load_opt *o, int argc, char *argv[], struct err *e) MUST_CHECK;

void load_opt_release(struct load_opt *o);

/* The help text.  Borrowed, static. */
const char *load_opt_usage(void);

#endif
