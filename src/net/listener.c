/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/listener.h"

enum {
	BACKLOG = 4096,
	PAUSE_MSEC = 200,
	LOOK_MSEC = 1000, /* at how many descriptors there may be */
	SAY_MSEC = 10000, /* that nothing can be accepted */
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

static int find_first_spare(void)
{
	struct rlimit limit;
	rlim_t reserve = LISTENER_RESERVE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
		return INT_MAX;
	if (limit.rlim_cur / 4 < reserve)
		reserve = limit.rlim_cur / 4;
	return (int)(limit.rlim_cur - reserve);
}

/* Whether `fd`, the lowest that was free, is of the reserve.  The limit may be changed at any time;
 * to look once a second costs nothing, and beyond it accept4() fails by itself. */
static bool is_reserved(struct listener *l, int fd)
{
	msec now = loop_now(l->io.loop);

	if (l->looked_at == 0 || now - l->looked_at >= LOOK_MSEC) {
		l->first_spare = find_first_spare();
		l->looked_at = now;
	}
	return fd >= l->first_spare;
}

/* The queue stays readable: without a pause this would spin. */
static void pause_for(struct listener *l, const char *why)
{
	msec now = loop_now(l->io.loop);

	if (l->on_exhausted)
		l->on_exhausted(l->arg);
	loop_io_want(&l->io, 0);
	loop_timer_set(&l->pause, PAUSE_MSEC);
	if (l->said_at && now - l->said_at < SAY_MSEC)
		return;
	l->said_at = now;
	log_warn(LOG_NET, "listener", "cannot accept connections error='%s'", why);
}

static void on_readable(struct loop_io *io, int events)
{
	struct listener *l = container_of(io, struct listener, io);
	struct addr from = { .sa.any.sa_family = AF_INET };
	socklen_t n = sizeof(from.sa);
	int fd = accept4(l->fd, &from.sa.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0 && is_reserved(l, fd)) {
		close(fd);
		pause_for(l, "the descriptors that are left are reserved");
	} else if (fd >= 0) {
		l->on_accept(l->arg, fd, &from);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		pause_for(l, strerror(errno));
	}
}

static void on_pause_over(struct loop_timer *t)
{
	struct listener *l = container_of(t, struct listener, pause);

	loop_io_want(&l->io, LOOP_READ);
}

void listener_start(struct listener *l, struct loop *loop, int fd,
    void (*on_accept)(void *arg, int fd, const struct addr *from), void (*on_exhausted)(void *arg),
    void *arg)
{
	l->fd = fd;
	l->said_at = l->looked_at = 0;
	l->arg = arg;
	l->on_accept = on_accept;
	l->on_exhausted = on_exhausted;
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
