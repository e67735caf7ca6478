/* SPDX-License-Identifier: MIT */
/*
 * c-ares in the loop: its sockets are watched for what it wants, and a timer follows its deadlines.
 */
#include "base/base.h"

#include <arpa/nameser.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/time.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/resolve_int.h"

struct resolve_socket {
	LIST_ENTRY(resolve_socket) link;
	struct resolve_channel *ch;
	struct loop_io io;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int library_status;

static void init_library(void)
{
	library_status = ares_library_init_mem(ARES_LIB_INIT_ALL, mem_alloc, mem_free, mem_resize);
}

void resolve_channel_update(struct resolve_channel *ch)
{
	struct timeval tv;

	/* rounded up: one that comes too early would only be set again */
	if (ares_timeout(ch->ares, NULL, &tv))
		loop_timer_set(&ch->timer, (msec)tv.tv_sec * 1000 + (msec)tv.tv_usec / 1000 + 1);
	else
		loop_timer_stop(&ch->timer);
}

static void on_deadline(struct loop_timer *t)
{
	struct resolve_channel *ch = container_of(t, struct resolve_channel, timer);

	ares_process_fd(ch->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	resolve_channel_update(ch);
}

static void on_socket(struct loop_io *io, int events)
{
	struct resolve_socket *s = container_of(io, struct resolve_socket, io);
	struct resolve_channel *ch = s->ch; /* the socket may be closed meanwhile */
	int fd = io->ev.fd;

	ares_process_fd(ch->ares, events & LOOP_READ ? fd : ARES_SOCKET_BAD,
	    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	resolve_channel_update(ch);
}

static struct resolve_socket *socket_of(struct resolve_channel *ch, int fd)
{
	struct resolve_socket *s;

	LIST_FOREACH (s, &ch->sockets, link) {
		if (s->io.ev.fd == fd)
			return s;
	}
	s = mem_alloc(sizeof(*s));
	s->ch = ch;
	loop_io_init(&s->io, ch->loop, fd, on_socket);
	LIST_INSERT_HEAD(&ch->sockets, s, link);
	return s;
}

/* c-ares wants other events of a socket, or none because it is about to close it. */
static void on_socket_state(void *arg, int fd, int readable, int writable)
{
	struct resolve_socket *s = socket_of(arg, fd);

	loop_io_want(&s->io, (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0));
	if (readable || writable)
		return;
	LIST_REMOVE(s, link);
	mem_free(s);
}

static int set_servers(struct resolve_channel *ch, const struct resolve_conf *conf)
{
	struct ares_addr_port_node nodes[RESOLVE_SERVERS_MAX];

	memset(nodes, 0, sizeof(nodes));
	for (size_t i = 0; i < conf->n_servers; i++) {
		const struct addr *a = &conf->servers[i];

		if (i > 0)
			nodes[i - 1].next = &nodes[i];
		nodes[i].family = a->sa.any.sa_family;
		if (nodes[i].family == AF_INET6)
			memcpy(&nodes[i].addr.addr6, &a->sa.in6.sin6_addr, NS_IN6ADDRSZ);
		else
			nodes[i].addr.addr4 = a->sa.in.sin_addr;
		nodes[i].udp_port = nodes[i].tcp_port = (int)addr_port(a);
	}
	return ares_set_servers_ports(ch->ares, nodes);
}

void resolve_channel_free(struct resolve_channel *ch)
{
	if (ch->ares)
		ares_destroy(ch->ares);
	ensure(LIST_EMPTY(&ch->sockets));
	loop_timer_stop(&ch->timer);
	mem_free(ch);
}

struct resolve_channel *resolve_channel_new(
    struct loop *l, const struct resolve_conf *conf, struct err *e)
{
	char lookups[] = "b"; /* DNS only */
	struct resolve_channel *ch = mem_alloc(sizeof(*ch));
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = (int)conf->timeout,
		.tries = (int)conf->tries,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = ch,
	};
	int status;

	ensure(conf->n_servers <= RESOLVE_SERVERS_MAX && conf->tries > 0 && conf->tries < 100 &&
	       conf->timeout > 0 && conf->timeout < INT_MAX);
	ch->loop = l;
	LIST_INIT(&ch->sockets);
	loop_timer_init(&ch->timer, l, on_deadline);
	(void)pthread_once(&once, init_library); /* cannot fail with these arguments */
	status = library_status;
	if (status == ARES_SUCCESS)
		status = ares_init_options(&ch->ares, &options,
		    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
			ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS && conf->n_servers > 0)
		status = set_servers(ch, conf);
	if (status == ARES_SUCCESS)
		return ch;
	err_set(e, ERR_SYS, "cannot set up name resolution: %s", ares_strerror(status));
	resolve_channel_free(ch);
	return NULL;
}
