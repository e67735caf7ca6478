/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit_conn.h"

enum {
	LONG = 60000, /* never, in a test */
	WATCHDOG = 20000,
};

/* --- what an owner does */

static struct party *party_of(const struct conn *c)
{
	return conn_env_of(c)->arg;
}

/* --- what an owner does */

static bool on_ready(struct conn *c)
{
	struct party *p = party_of(c);
	static char body[65536];
	size_t open = 0;

	for (struct conn *o = TAILQ_FIRST(&p->env.open); o; o = conn_next(o))
		open++;
	p->most_open = open > p->most_open ? open : p->most_open;
	assert_int_equal(open, p->env.n_open);
	p->ready++;
	p->last = c;
	if (p->junk)
		assert_int_equal(tls_write(c->tls, p->junk, strlen(p->junk)), 0);
	(void)str_copy(p->peer_name, sizeof(p->peer_name), conn_peer(c)->names[0]);
	(void)str_copy(p->version, sizeof(p->version), str_of(conn_tls_version(c)));
	assert_int_equal(conn_export(c, "EXPORTER_TEST", p->exported, sizeof(p->exported)), 0);
	if (p->turns_away)
		return false;
	for (size_t i = 0; p->asks && i < p->n_requests; i++)
		assert_int_equal(h2_request(conn_h2(c), "POST", str_of(SERVER_NAME), str_of("/x"),
				     str_of("text/plain"), (struct str){ body, p->body_n }, p,
				     loop_now(p->env.loop)),
		    0);
	return true;
}

static void on_headers(struct conn *c, struct h2_stream *s)
{
	assert_ptr_equal(conn_of(s), c);
	party_of(c)->headers++;
}

static void on_request(struct conn *c, struct h2_stream *s)
{
	struct party *p = party_of(c);

	p->requests++;
	if (p->keep || p->ping)
		conn_keep(c, p->keep, p->ping, 0);
	h2_answer(s, 200, NULL, 0, h2_message_of(s)->body);
	if (p->finishes)
		conn_finish(c, H2_NO_ERROR);
}

static void on_excess(struct conn *c, struct h2_stream *s, unsigned status)
{
	(void)c;
	h2_answer(s, status, NULL, 0, str_of(""));
}

static void on_response(struct conn *c, struct h2_stream *s, bool complete, uint32_t code)
{
	struct party *p = party_of(c);

	(void)code;
	p->failures += !complete;
	p->responses += complete;
	p->status = h2_message_of(s)->status;
	p->got_n = h2_message_of(s)->body.n;
	if (complete && p->finishes && h2_open_streams(conn_h2(c)) == 1)
		conn_finish(c, H2_NO_ERROR);
	if (p->goes_deaf)
		loop_timer_set(&p->deaf, 0);
}

/* Between turns: the last connection reads nothing from now on. */
static void on_deaf(struct loop_timer *t)
{
	loop_io_want(&container_of(t, struct party, deaf)->last->io, 0);
}

static bool on_idle(struct conn *c)
{
	struct party *p = party_of(c);

	return p->idles++ < p->idle_answers;
}

static void on_end(struct conn *c, enum conn_end end, const char *why)
{
	struct party *p = party_of(c);
	char byte;

	if (c == p->last)
		p->was_told = tls_read(c->tls, &byte, 1) == ERR_CLOSED;
	if (p->ends++ == 0) {
		p->end = end;
		(void)str_copy(p->why, sizeof(p->why), str_of(why));
	}
	if (p->net->server.ends + p->net->client.ends == p->net->ends_wanted)
		loop_stop(p->net->loop);
}

static const struct conn_handler handler = {
	.on_ready = on_ready,
	.on_headers = on_headers,
	.on_request = on_request,
	.on_excess = on_excess,
	.on_response = on_response,
	.on_idle = on_idle,
	.on_end = on_end,
};

/* --- the net */

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	(void)names;
	(void)n;
	(void)why;
	return ((struct net *)arg)->anchors;
}

struct tls_ctx *net_context(struct net *n, const struct cert *root, const char *name)
{
	const struct cert_spec spec = {
		.names = { name }, .from_s = CERT_EARLY, .until_s = CERT_LATE
	};
	struct cert *c = cert_issue(root, &spec);
	const struct tls_conf conf = {
		.certificate = cert_pem(c), .key = cert_key_pem(c), .choose = on_choose, .arg = n
	};
	struct tls_ctx *ctx = tls_ctx_new(n->lib, &conf, &n->e);

	assert_non_null(ctx);
	cert_free(c);
	return ctx;
}

static void open_party(struct net *n, struct party *p, const char *name)
{
	p->net = n;
	p->ctx = net_context(n, n->root, name);
	p->n_requests = 1;
	p->body_n = 100;
	p->env = (struct conn_env){ .loop = n->loop,
		.h2 = { .streams = 100,
		    .header_bytes = 16384,
		    .body_bytes = 65536,
		    .body = LONG,
		    .response = LONG },
		.timeouts = { LONG, LONG, LONG, LONG, LONG },
		.handshakes_max = 100,
		.handler = &handler,
		.arg = p };
	conn_env_init(&p->env);
	loop_timer_init(&p->deaf, n->loop, on_deaf);
}

static void on_accept(void *arg, int fd, const struct addr *from)
{
	struct net *n = arg;

	if (n->small_buffers)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n->small_buffers,
				     sizeof(n->small_buffers)),
		    0);
	conn_accept(&n->server.env, n->server.ctx, fd, from, &n->guest);
}

static void on_watchdog(struct loop_timer *t)
{
	container_of(t, struct net, watchdog)->too_late = true;
	loop_stop(t->loop);
}

struct net *net_new(void)
{
	struct net *n = mem_alloc(sizeof(*n));
	int fd;

	n->loop = loop_new(&n->e);
	n->lib = tls_lib_new(true, &n->e);
	assert_true(n->loop && n->lib);
	n->root = cert_authority("N32 Root");
	n->anchors = tls_anchors_new(cert_pem(n->root), (struct tls_lists){ 0 }, &n->e);
	assert_non_null(n->anchors);
	open_party(n, &n->server, SERVER_NAME);
	open_party(n, &n->client, CLIENT_NAME);
	n->client.asks = true;
	n->guest.rank = 1;
	assert_int_equal(addr_parse(&n->addr, "127.0.0.1:0", &n->e), 0);
	fd = listener_bind(&n->addr, &n->e);
	assert_true(fd >= 0);
	listener_start(&n->listener, n->loop, fd, on_accept, NULL, n);
	loop_timer_init(&n->watchdog, n->loop, on_watchdog);
	return n;
}

static void close_party(struct party *p)
{
	loop_timer_stop(&p->deaf);
	conn_env_release(&p->env);
	tls_ctx_unref(p->ctx);
}

void net_free(struct net *n)
{
	for (size_t i = 0; i < n->n_raw; i++)
		close(n->raw[i]);
	listener_stop(&n->listener);
	listener_stop(&n->listener);
	close_party(&n->server);
	close_party(&n->client);
	tls_anchors_unref(n->anchors);
	cert_free(n->root);
	tls_lib_free(n->lib);
	loop_timer_stop(&n->watchdog);
	loop_free(n->loop);
	mem_free(n);
}

struct conn *net_dial(struct net *n)
{
	struct conn *c = conn_connect(&n->client.env, n->client.ctx, &n->addr, SERVER_NAME, &n->e);

	assert_non_null(c);
	return c;
}

void net_dial_raw(struct net *n)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && n->n_raw < NET_RAW_MAX);
	assert_int_equal(connect(fd, &n->addr.sa.any, addr_len(&n->addr)), 0);
	n->raw[n->n_raw++] = fd;
}

void net_run(struct net *n, unsigned ends)
{
	n->ends_wanted = ends;
	loop_timer_set(&n->watchdog, WATCHDOG);
	loop_run(n->loop);
	assert_false(n->too_late);
}
