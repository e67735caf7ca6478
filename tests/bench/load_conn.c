/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "load_conn.h"

enum {
	PLAIN_MAX = 4 << 20,
	UNSENT_MAX = 16 << 20,
	SOURCES = 4,
};

/* What a step came to. */
enum step {
	GO_ON,
	GONE
};

int load_net_init(struct load_net *n, const struct load_opt *o, struct load_stat *stat,
    const struct load_conn_events *events, struct err *e)
{
	n->opt = o;
	n->stat = stat;
	n->events = *events;
	n->next_source = 0;
	load_request_init(&n->request, o);
	buf_init(&n->plain, PLAIN_MAX);
	n->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (n->epoll < 0)
		return err_set_errno(e, "cannot make an epoll set");
	return load_tls_init(&n->tls, o, e);
}

void load_net_release(struct load_net *n)
{
	buf_release(&n->plain);
	load_tls_release(&n->tls);
	(void)close(n->epoll); /* holds no data */
}

static void on_answer(void *arg, int status, uint64_t since_ns)
{
	struct load_conn *c = arg;

	c->answered++;
	c->net->events.on_answer(c->net->events.arg, c, status, since_ns);
}

static void on_refused(void *arg)
{
	struct load_conn *c = arg;

	c->net->events.on_refused(c->net->events.arg, c);
}

void load_conn_drop(struct load_conn *c, enum load_failure why, const struct err *e)
{
	struct load_net *n = c->net;

	n->stat->resets += why == LOAD_FAILED_RESET;
	n->stat->goaways += c->h2.going;
	n->stat->notified += c->notified;
	if (c->fd >= 0)
		(void)close(c->fd); /* nothing is left to be said */
	c->fd = -1;
	SSL_free(c->ssl);
	c->ssl = NULL;
	load_h2_release(&c->h2);
	buf_release(&c->unsent);
	buf_reset(&n->plain);
	buf_reset(&n->tls.out);
	c->state = LOAD_CONN_FREE;
	n->events.on_gone(n->events.arg, c, why, e);
}

static enum step fail(struct load_conn *c, enum load_failure why, const struct err *e)
{
	load_conn_drop(c, why, e);
	return GONE;
}

static enum step fail_errno(struct load_conn *c, enum load_failure why, const char *what)
{
	struct err e;

	err_set_errno(&e, "%s", what);
	return fail(c, why, &e);
}

/* Many connections to one address need more than one source: 28,000 ports each. */
static int bind_source(struct load_conn *c)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int on = 1;

	if (!c->net->opt->rotate)
		return 0;
	from.sin_addr.s_addr = htonl(0x7f010001u + c->net->next_source++ % SOURCES);
	(void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(c->fd, (struct sockaddr *)&from, sizeof(from));
}

static int dial(struct load_conn *c)
{
	const struct load_opt *o = c->net->opt;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data = { .ptr = c } };
	int on = 1;

	c->fd = socket(o->target.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || bind_source(c) < 0)
		return -1;
	(void)setsockopt(
	    c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* only slower without */
	if (connect(c->fd, (const struct sockaddr *)&o->target, o->target_len) < 0 &&
	    errno != EINPROGRESS)
		return -1;
	return epoll_ctl(c->net->epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

void load_conn_open(struct load_conn *c, struct load_net *n, uint64_t since_ns)
{
	struct load_h2_events events = { on_answer, on_refused, c };
	unsigned limit = n->opt->mode == LOAD_KEEP ? n->opt->streams : 1;

	ensure(c->state == LOAD_CONN_FREE);
	*c = (struct load_conn){ .net = n, .state = LOAD_CONN_CONNECTING, .start_ns = since_ns };
	c->deadline_ns = load_now_ns() + n->opt->timeout_s * 1000000000ull;
	buf_init(&c->unsent, UNSENT_MAX);
	load_h2_init(&c->h2, &n->request, &events, limit);
	c->ssl = load_tls_open(&n->tls);
	if (dial(c) < 0)
		(void)fail_errno(c, LOAD_FAILED_CONNECT, "cannot connect");
}

/* Sends what the session made, after what could not be sent before. */
static enum step send_out(struct load_conn *c)
{
	struct buf *out = &c->net->tls.out;
	ssize_t n = 0;

	if (!out->len)
		return GO_ON;
	if (!c->unsent.len) {
		n = send(c->fd, out->data, out->len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return fail_errno(c, LOAD_FAILED_RESET, "cannot send");
		if (n < 0)
			n = 0;
	}
	if (buf_add(&c->unsent, out->data + n, out->len - (size_t)n) < 0)
		return fail(c, LOAD_FAILED_CLOSED, NULL);
	buf_reset(out);
	return GO_ON;
}

static enum step send_unsent(struct load_conn *c)
{
	ssize_t n;

	while (c->unsent.len) {
		n = send(c->fd, c->unsent.data, c->unsent.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return fail_errno(c, LOAD_FAILED_RESET, "cannot send");
		buf_drop(&c->unsent, (size_t)n);
	}
	return GO_ON;
}

static enum step encrypt(struct load_conn *c)
{
	struct buf *plain = &c->net->plain;
	struct err e;

	if (plain->len && load_tls_write(c->ssl, plain->data, plain->len, &e) < 0)
		return fail(c, LOAD_FAILED_TLS, &e);
	buf_reset(plain);
	return GO_ON;
}

/* Our half of the end.  Nothing more is decrypted afterwards. */
static enum step say_goodbye(struct load_conn *c)
{
	bool over = c->ended || c->notified;
	struct err e;

	if (!over && load_h2_leave(&c->h2, &c->net->plain) < 0)
		return fail(c, LOAD_FAILED_H2, NULL);
	if (encrypt(c) == GONE)
		return GONE;
	load_tls_close(c->ssl);
	if (send_out(c) == GONE)
		return GONE;
	if (over) {
		err_set(&e, ERR_CLOSED, "the server closed the connection");
		return fail(c, LOAD_FAILED_CLOSED, &e);
	}
	(void)shutdown(c->fd, SHUT_WR); /* fails when the server was faster */
	c->state = LOAD_CONN_LINGERING;
	return GO_ON;
}

void load_conn_flush(struct load_conn *c)
{
	if (c->state == LOAD_CONN_OPEN && (c->closing || c->ended || c->notified))
		(void)say_goodbye(c);
	else if (encrypt(c) == GO_ON)
		(void)send_out(c);
}

static enum step shake_hands(struct load_conn *c)
{
	struct err e;

	switch (load_tls_handshake(c->ssl, &e)) {
	case LOAD_TLS_MORE:
		return GO_ON;
	case LOAD_TLS_DONE:
		c->state = LOAD_CONN_OPEN;
		if (load_h2_start(&c->h2, &c->net->plain) < 0)
			return fail(c, LOAD_FAILED_H2, NULL);
		return GO_ON;
	default:
		return fail(c, LOAD_FAILED_TLS, &e);
	}
}

static enum step decrypt(struct load_conn *c)
{
	struct load_net *n = c->net;
	enum load_tls_state state;
	struct err e;
	size_t len;

	for (;;) {
		state = load_tls_read(c->ssl, n->decrypted, sizeof(n->decrypted), &len, &e);
		if (state == LOAD_TLS_FAILED)
			return fail(c, LOAD_FAILED_TLS, &e);
		if (state == LOAD_TLS_ENDED)
			c->notified = true;
		if (!len)
			return GO_ON;
		if (load_h2_feed(&c->h2, n->decrypted, len, &n->plain, &e) < 0)
			return fail(c, LOAD_FAILED_H2, &e);
	}
}

static enum step digest(struct load_conn *c, size_t len)
{
	load_tls_feed(&c->net->tls, c->net->in, len);
	if (c->state == LOAD_CONN_HANDSHAKE && shake_hands(c) == GONE)
		return GONE;
	if (c->state == LOAD_CONN_OPEN && decrypt(c) == GONE)
		return GONE;
	return GO_ON;
}

/* Edge-triggered: reads until the socket is empty, which a short read shows unless it ended. */
static enum step receive(struct load_conn *c, bool hung_up)
{
	struct load_net *net = c->net;
	ssize_t n;

	do {
		n = recv(c->fd, net->in, sizeof(net->in), 0);
		if (n < 0 && errno == EAGAIN)
			return GO_ON;
		if (n < 0)
			return fail_errno(c, LOAD_FAILED_RESET, "cannot receive");
		if (n == 0) {
			c->ended = true;
			return GO_ON;
		}
		if (c->state != LOAD_CONN_LINGERING && digest(c, (size_t)n) == GONE)
			return GONE;
	} while (hung_up || (size_t)n == sizeof(net->in));
	return GO_ON;
}

static enum step finish_connect(struct load_conn *c)
{
	socklen_t len = sizeof(errno);
	int error = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return fail_errno(c, LOAD_FAILED_CONNECT, "cannot connect");
	errno = error;
	if (error)
		return fail_errno(c, LOAD_FAILED_CONNECT, "cannot connect");
	c->state = LOAD_CONN_HANDSHAKE;
	load_tls_feed(&c->net->tls, "", 0);
	return shake_hands(c);
}

void load_conn_turn(struct load_conn *c, uint32_t events)
{
	struct load_net *n = c->net;
	bool hung_up = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	struct err e;

	if (c->state == LOAD_CONN_CONNECTING && finish_connect(c) == GONE)
		return;
	if (c->unsent.len && events & EPOLLOUT && send_unsent(c) == GONE)
		return;
	if ((events & EPOLLIN || hung_up) && receive(c, hung_up) == GONE)
		return;
	if (c->ended && c->state != LOAD_CONN_OPEN) {
		err_set(&e, ERR_CLOSED, "the server closed the connection");
		load_conn_drop(c, LOAD_FAILED_CLOSED, &e);
		return;
	}
	if (c->state == LOAD_CONN_OPEN && !c->ended && !c->notified)
		n->events.on_turn(n->events.arg, c);
	load_conn_flush(c);
}

void load_conn_post(struct load_conn *c, uint64_t since_ns)
{
	c->posted++;
	/* the buffer holds thousands of requests and is emptied every turn */
	ensure(load_h2_post(&c->h2, since_ns, &c->net->plain) == 0);
}

void load_conn_close(struct load_conn *c)
{
	c->closing = true;
}
