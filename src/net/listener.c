/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/listener.h"

enum {
	BACKLOG = 4096,
	PAUSE_MSEC = 200,
};

int listener_bind(struct addr *a, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	const int on = 1;
	int fd = socket(a->sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_set_errno(e, "cannot create a socket");
	/* TCP_NODELAY is inherited by what is accepted */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
		err_set_errno(e, "cannot set options of a socket");
		goto fail;
	}
	if (bind(fd, &a->sa.any, addr_len(a)) != 0 || listen(fd, BACKLOG) != 0) {
		err_set_errno(e, "cannot listen on %s", addr_print(text, a));
		goto fail;
	}
	if (addr_of_socket(a, fd, e) == 0)
		return fd;
fail:
	close(fd);
	return ERR_SYS;
}

static void on_readable(struct loop_io *io, int events)
{
	struct listener *l = container_of(io, struct listener, io);
	struct addr from = { .sa.any.sa_family = AF_INET };
	socklen_t n = sizeof(from.sa);
	int fd = accept4(l->fd, &from.sa.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		l->on_accept(l->arg, fd, &from);
		return;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	log_peer(loop_now(io->loop), LOG_WARN, LOG_NET, "listener",
	    "cannot accept a connection error='%s'", strerror(errno));
	/* the queue stays readable: without a pause this would spin */
	loop_io_want(&l->io, 0);
	loop_timer_set(&l->pause, PAUSE_MSEC);
}

static void on_pause_over(struct loop_timer *t)
{
	struct listener *l = container_of(t, struct listener, pause);

	loop_io_want(&l->io, LOOP_READ);
}

void listener_start(struct listener *l, struct loop *loop, int fd,
    void (*on_accept)(void *arg, int fd, const struct addr *from), void *arg)
{
	l->fd = fd;
	l->arg = arg;
	l->on_accept = on_accept;
	loop_io_init(&l->io, loop, fd, on_readable);
	loop_timer_init(&l->pause, loop, on_pause_over);
	loop_io_want(&l->io, LOOP_READ);
}

void listener_stop(struct listener *l)
{
	if (l->fd < 0)
		return;
	loop_io_stop(&l->io);
	loop_timer_stop(&l->pause);
	close(l->fd);
	l->fd = -1;
}
