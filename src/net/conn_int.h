/* SPDX-License-Identifier: MIT */
/*
 * conn_int.h - shared by conn*.c and by nobody else.
 */
#ifndef NET_CONN_INT_H
#define NET_CONN_INT_H

#include "net/conn.h"

enum {
	CONN_INPUT_BYTES = 64 * 1024,      /* read at once */
	CONN_OUTPUT_MAX = 4 * 1024 * 1024, /* of one turn; a session that makes more is broken */
};

enum conn_state {
	CONNECTING,
	HANDSHAKE,
	OPEN,
	FINISHING,
	CLOSING
};

struct conn {
	TAILQ_ENTRY(conn) next; /* in env->handshaking or env->open */
	struct conn_env *env;
	enum conn_state state;
	bool is_server;
	bool is_doomed; /* to be freed at the end of the turn */
	bool is_ending; /* it is being freed: orders come too late */
	bool is_shut;   /* FIN was sent */
	bool is_due;    /* the timer gives it a turn, whatever its deadline */
	bool is_kept;   /* conn_keep() was called */
	unsigned drained;
	enum conn_end end;
	const char *why;
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	msec timer_at; /* 0: not set */
	struct tls *tls;
	struct h2 *h2;
	struct buf pending; /* ciphertext that the socket did not take */
	msec opened;        /* end of the handshake */
	msec since;         /* of the state */
	msec active;        /* last time something was received or finished */
	msec blocked;       /* since when `pending` waits */
	msec idle;          /* 0: the default */
	msec until;         /* on_idle() is asked then, too; 0: never */
	msec ping;          /* 0: never */
	msec pinged;        /* when the last PING was sent */
	uint64_t exchanges_seen;
	struct addr addr;
	struct conn_guest guest;
	struct loop_later later; /* of one that yields */
	void *user;
};

/* conn.c */
void conn_on_io(struct loop_io *io, int events);
void conn_on_later(struct loop_later *later);
void conn_on_timer(struct loop_timer *timer);

/* Sets the timer so that it does not fire after the deadline of the state. */
void conn_arm(struct conn *c);

/* Ends without ceremony: on_end(), then everything is freed. */
void conn_destroy(struct conn *c);

#endif
