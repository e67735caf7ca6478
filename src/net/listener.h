/* SPDX-License-Identifier: MIT */
/*
 * listener.h - a listening TCP socket of one worker.
 *
 * Each worker opens its own on the same address with SO_REUSEPORT, so that the kernel spreads
 * connections and no worker waits for another.  One connection is accepted a turn: those that are
 * established get their share while a burst arrives.
 *
 * The last LISTENER_RESERVE descriptors are not for connections that others open, but for the admin
 * socket, files, DNS and our own.  When only those are left, it accepts nothing for a moment, and
 * tries again.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/base.h"
#include "net/addr.h"
#include "net/loop.h"

struct err;

enum {
	LISTENER_RESERVE = 32, /* or a quarter of what the process may open, if that is less */
};

struct listener {
	struct loop_io io;
	struct loop_timer pause; /* no descriptor was free: tries again when it fires */
	int fd;
	msec said_at;    /* that none was free */
	int first_spare; /* the lowest descriptor of the reserve, when it was looked at last */
	msec looked_at;  /* 0: never */
	void *arg;
	/* Takes `fd`, which is non-blocking and close-on-exec. */
	void (*on_accept)(void *arg, int fd, const struct addr *from);
	/* One could not be accepted; NULL: nobody wants to know. */
	void (*on_exhausted)(void *arg);
};

/*
 * Opens a socket that listens on `a`; port 0 is replaced in `a` by the one that the kernel chose.
 * Returns the descriptor, owned by the caller, or a negative code.
 */
int listener_bind(struct addr *a, struct err *e) MUST_CHECK;

/* Takes `fd`. */
void listener_start(struct listener *l, struct loop *loop, int fd,
    void (*on_accept)(void *arg, int fd, const struct addr *from), void (*on_exhausted)(void *arg),
    void *arg);

/* Closes the socket; what was accepted is not touched. */
void listener_stop(struct listener *l);

#endif
