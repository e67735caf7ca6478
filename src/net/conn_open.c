/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/conn_int.h"

/* --- life */

void conn_env_init(struct conn_env *env)
{
	env->pool = h2_pool_new();
	env->input = mem_alloc(CONN_INPUT_BYTES);
	env->plain = mem_alloc(TLS_RECORD_MAX);
	buf_init(&env->frames, CONN_OUTPUT_MAX);
	buf_init(&env->pipe.out, CONN_OUTPUT_MAX);
	for (size_t rank = 0; rank < CONN_RANKS; rank++)
		TAILQ_INIT(&env->handshaking[rank]);
	TAILQ_INIT(&env->open);
	TAILQ_INIT(&env->closing);
}

void conn_env_release(struct conn_env *env)
{
	ensure(env->n_handshaking + env->n_open + env->n_closing == 0);
	h2_pool_free(env->pool);
	mem_free(env->input);
	mem_free(env->plain);
	buf_release(&env->frames);
	buf_release(&env->pipe.out);
}

/* The oldest of the highest rank, of those that others began: nobody who only connects keeps us
 * from connecting.  NULL: there is none. */
static struct conn *find_oldest(const struct conn_env *env)
{
	struct conn *c = NULL;

	for (size_t rank = CONN_RANKS; !c && --rank > 0;)
		c = TAILQ_FIRST(&env->handshaking[rank]);
	return c;
}

bool conn_env_is_full(const struct conn_env *env, unsigned rank)
{
	const struct conn *c;

	if (env->n_handshaking < env->handshakes_max)
		return false;
	c = find_oldest(env);
	return c && c->guest.rank < rank;
}

static void evict_oldest(struct conn_env *env)
{
	struct conn *c = find_oldest(env);

	if (!c)
		return;
	c->end = CONN_END_EVICTED;
	c->why = "too many handshakes under way";
	conn_destroy(c);
}

/* `guest` NULL: we are the client. */
static struct conn *make(
    struct conn_env *env, int fd, const struct addr *addr, const struct conn_guest *guest)
{
	const bool is_server = guest != NULL;
	struct conn *c = mem_alloc(sizeof(*c));

	if (is_server) {
		ensure(guest->rank > 0 && guest->rank < CONN_RANKS);
		if (env->n_handshaking >= env->handshakes_max)
			evict_oldest(env);
		c->guest = *guest;
	}
	c->env = env;
	c->fd = fd;
	c->addr = *addr;
	c->is_server = is_server;
	c->why = "";
	c->end = CONN_END_DONE;
	c->state = is_server ? HANDSHAKE : CONNECTING;
	c->since = loop_now(env->loop);
	buf_init(&c->pending, CONN_OUTPUT_MAX);
	loop_io_init(&c->io, env->loop, fd, conn_on_io);
	loop_timer_init(&c->timer, env->loop, conn_on_timer);
	loop_later_init(&c->later, env->loop, conn_on_later);
	loop_io_want(&c->io, is_server ? LOOP_READ : LOOP_WRITE);
	TAILQ_INSERT_TAIL(&env->handshaking[c->guest.rank], c, next);
	env->n_handshaking++;
	return c;
}

void conn_accept(struct conn_env *env, struct tls_ctx *ctx, int fd, const struct addr *from,
    const struct conn_guest *guest)
{
	struct conn *c = make(env, fd, from, guest);

	c->tls = tls_accept(ctx, &env->pipe);
	conn_arm(c);
}

struct conn *conn_connect(struct conn_env *env, struct tls_ctx *ctx, const struct addr *to,
    const char *name, struct err *e)
{
	const int on = 1;
	struct conn *c;
	int fd = socket(to->sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		err_set_errno(e, "cannot create a socket");
		return NULL;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* only slower without */
	if (connect(fd, &to->sa.any, addr_len(to)) != 0 && errno != EINPROGRESS) {
		err_set_errno(e, "cannot connect");
		close(fd);
		return NULL;
	}
	c = make(env, fd, to, NULL);
	c->tls = tls_connect(ctx, &env->pipe, name);
	conn_arm(c);
	return c;
}

/* --- asking */

struct conn *conn_of(const struct h2_stream *s)
{
	return h2_owner(s);
}

struct conn_env *conn_env_of(const struct conn *c)
{
	return c->env;
}

unsigned conn_tag(const struct conn *c)
{
	return c->guest.tag;
}

bool conn_is_server(const struct conn *c)
{
	return c->is_server;
}

bool conn_is_usable(const struct conn *c)
{
	return c->state == OPEN && !c->is_doomed && !c->is_ending && !h2_is_finishing(c->h2) &&
	       !h2_is_over(c->h2) && (c->is_server || h2_takes_requests(c->h2));
}

struct h2 *conn_h2(struct conn *c)
{
	return c->h2;
}

const struct addr *conn_addr(const struct conn *c)
{
	return &c->addr;
}

struct tls_peer *conn_peer(const struct conn *c)
{
	return tls_peer_of(c->tls);
}

const char *conn_tls_version(const struct conn *c)
{
	return tls_version(c->tls);
}

const char *conn_tls_cipher(const struct conn *c)
{
	return tls_cipher(c->tls);
}

msec conn_opened_at(const struct conn *c)
{
	return c->opened;
}

int conn_export(struct conn *c, const char *label, unsigned char *out, size_t n)
{
	return tls_export(c->tls, label, out, n);
}

void conn_set_user(struct conn *c, void *user)
{
	c->user = user;
}

void *conn_user(const struct conn *c)
{
	return c->user;
}

struct conn *conn_next(const struct conn *c)
{
	return TAILQ_NEXT(c, next);
}
