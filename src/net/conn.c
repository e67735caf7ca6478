/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/conn_int.h"

enum {
	DRAIN_READS = 64, /* turns of discarded input while closing */
};

/* --- lists and ends */

static void leave_list(struct conn *c)
{
	struct conn_env *env = c->env;

	switch (c->state) {
	case CONNECTING:
	case HANDSHAKE:
		TAILQ_REMOVE(&env->handshaking[c->guest.rank], c, next);
		env->n_handshaking--;
		break;
	case OPEN:
	case FINISHING:
		TAILQ_REMOVE(&env->open, c, next);
		env->n_open--;
		break;
	case CLOSING:
		TAILQ_REMOVE(&env->closing, c, next);
		env->n_closing--;
		break;
	}
}

static void enter(struct conn *c, enum conn_state state)
{
	struct conn_env *env = c->env;
	bool was_open = c->state == OPEN || c->state == FINISHING;
	bool is_open = state == OPEN || state == FINISHING;

	c->since = loop_now(env->loop);
	if (was_open && is_open) {
		c->state = state;
		return;
	}
	if (!(c->state == CONNECTING && state == HANDSHAKE)) {
		leave_list(c);
		if (is_open) {
			TAILQ_INSERT_TAIL(&env->open, c, next);
			env->n_open++;
		} else {
			TAILQ_INSERT_TAIL(&env->closing, c, next);
			env->n_closing++;
		}
	}
	c->state = state;
}

void conn_destroy(struct conn *c)
{
	c->is_ending = true;
	h2_free(c->h2); /* requests of ours that are still open fail now */
	c->h2 = NULL;
	leave_list(c);
	c->env->handler->on_end(c, c->end, c->why);
	loop_io_stop(&c->io);
	loop_timer_stop(&c->timer);
	loop_later_stop(&c->later);
	close(c->fd);
	tls_free(c->tls);
	buf_release(&c->pending);
	mem_free(c);
}

/* Records the first reason; conn_destroy() happens when no callback is on the stack. */
static void doom(struct conn *c, enum conn_end end, const char *why)
{
	if (!c->is_doomed && c->state != CLOSING && c->state != FINISHING) {
		c->end = end;
		c->why = why;
	}
	c->is_doomed = true;
}

/* --- sending */

static int send_some(struct conn *c, const char *p, size_t n, size_t *sent)
{
	ssize_t rc;

	*sent = 0;
	do {
		rc = send(c->fd, p, n, MSG_NOSIGNAL);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == EAGAIN ? 0 : ERR_CLOSED;
	*sent = (size_t)rc;
	return 0;
}

/* Sends what waits, and keeps what the socket does not take. */
static int send_output(struct conn *c)
{
	struct buf *out = &c->env->pipe.out;
	size_t sent = 0;
	int rc;

	if (c->pending.len > 0) {
		if (out->len > 0 && buf_add(&c->pending, out->data, out->len))
			return ERR_LIMIT;
		buf_reset(out);
		rc = send_some(c, c->pending.data, c->pending.len, &sent);
		buf_drop(&c->pending, sent);
		if (sent > 0)
			c->blocked = loop_now(c->env->loop);
		if (c->pending.len == 0)
			buf_release(&c->pending);
		return rc;
	}
	if (out->len == 0)
		return 0;
	rc = send_some(c, out->data, out->len, &sent);
	if (rc == 0 && sent < out->len) {
		c->blocked = loop_now(c->env->loop);
		rc = buf_add(&c->pending, out->data + sent, out->len - sent);
	}
	buf_reset(out);
	return rc;
}

/* Moves what the session has to say through TLS into the output. */
static int produce(struct conn *c)
{
	struct buf *frames = &c->env->frames;
	int rc = h2_output(c->h2, frames);

	if (rc == 0 && frames->len > 0)
		rc = tls_write(c->tls, frames->data, frames->len);
	buf_reset(frames);
	return rc;
}

static void begin_closing(struct conn *c)
{
	if (c->state == OPEN) {
		/* its GOAWAY was the last word, or it gave cause for ours */
		c->why = h2_why(c->h2);
		c->end = *c->why ? CONN_END_H2 : CONN_END_PEER;
	}
	tls_close(c->tls);
	enter(c, CLOSING);
}

/* --- deadlines */

static msec idle_of(const struct conn *c)
{
	return c->idle ? c->idle : c->env->timeouts.idle;
}

/* When on_idle() is to be asked, if no stream is open. */
static msec rest_at(const struct conn *c)
{
	msec at = c->active + idle_of(c);

	return c->until && c->until < at ? c->until : at;
}

/* When the next PING is due; 0 when none is. */
static msec ping_at(const struct conn *c)
{
	if (c->ping == 0)
		return 0;
	return (c->pinged > c->active ? c->pinged : c->active) + c->ping;
}

/* A client has to say what it came for; but not one that is kept for later. */
static bool awaits_first(const struct conn *c)
{
	return c->is_server && !c->is_kept && h2_exchanges(c->h2) == 0;
}

static msec deadline_of(const struct conn *c)
{
	const struct conn_timeouts *t = &c->env->timeouts;
	msec at, streams;

	switch (c->state) {
	case CONNECTING:
	case HANDSHAKE:
		return c->since + t->handshake;
	case FINISHING:
	case CLOSING:
		return c->since + t->close;
	case OPEN:
		break;
	}
	if (awaits_first(c))
		at = c->since + t->first_request;
	else
		at = h2_open_streams(c->h2) ? UINT64_MAX : rest_at(c);
	streams = h2_deadline(c->h2);
	if (streams && streams < at)
		at = streams;
	if (ping_at(c) && ping_at(c) < at)
		at = ping_at(c);
	if (c->pending.len > 0 && c->blocked + t->write < at)
		at = c->blocked + t->write;
	return at;
}

/* The timer is only moved when it would fire too late: most deadlines are never reached. */
void conn_arm(struct conn *c)
{
	msec now = loop_now(c->env->loop), at = deadline_of(c);

	if (c->timer_at && c->timer_at <= at)
		return;
	c->timer_at = at;
	loop_timer_set(&c->timer, at > now ? at - now : 1);
}

/* --- the end of a turn */

/* What the session has to say may make it end a request of ours, and whoever made that has more to
 * say; nothing is freed meanwhile. */
static int produce_all(struct conn *c)
{
	int rc;

	c->env->turn = c;
	do
		rc = produce(c);
	while (rc == 0 && h2_is_goaway_due(c->h2));
	c->env->turn = NULL;
	return rc;
}

static void settle(struct conn *c)
{
	int want;

	if (!c->is_doomed && c->h2 && (c->state == OPEN || c->state == FINISHING)) {
		if (produce_all(c))
			doom(c, CONN_END_H2, "the session cannot go on");
		else if (h2_is_over(c->h2))
			begin_closing(c);
	}
	if (send_output(c))
		doom(c, CONN_END_PEER, "");
	if (c->is_doomed) {
		buf_reset(&c->env->pipe.out);
		conn_destroy(c);
		return;
	}
	if (c->state == CLOSING && c->pending.len == 0 && !c->is_shut) {
		c->is_shut = true;
		shutdown(c->fd, SHUT_WR);
	}
	/* while output waits, nothing more is read: that is the peer's own flow control */
	want = c->pending.len > 0 || c->state == CONNECTING ? LOOP_WRITE : LOOP_READ;
	loop_io_want(&c->io, want);
	conn_arm(c);
}

/* Until end_turn() the worker's buffers are this connection's, and nothing is freed. */
static void begin_turn(struct conn *c)
{
	ensure(!c->env->turn);
	c->env->turn = c;
}

static void end_turn(struct conn *c)
{
	c->env->turn = NULL;
	if (c->h2 && h2_exchanges(c->h2) != c->exchanges_seen) {
		c->exchanges_seen = h2_exchanges(c->h2);
		c->active = loop_now(c->env->loop);
	}
	settle(c);
}

/* No more than what the peer has begun; the connection closes when that is done. */
static void finish(struct conn *c, enum h2_code code, enum conn_end end, const char *why)
{
	if (c->state != OPEN)
		return;
	c->end = end;
	c->why = why;
	h2_finish(c->h2, code);
	enter(c, FINISHING);
}

/* --- receiving */

/* Alert or not: what is in the output goes out, then the connection ends in the orderly way. */
static void fail_tls(struct conn *c)
{
	c->end = c->env->pipe.refused ? CONN_END_TRUST : CONN_END_TLS;
	c->why = c->env->pipe.why ? c->env->pipe.why : "";
	enter(c, CLOSING);
}

static const struct h2_handler stream_handler;

static void on_handshake_done(struct conn *c)
{
	struct conn_env *env = c->env;
	msec now = loop_now(env->loop);

	c->h2 = c->is_server ? h2_server(env->pool, &env->h2, &stream_handler, c, now)
			     : h2_client(env->pool, &env->h2, &stream_handler, c, now);
	enter(c, OPEN);
	c->active = c->opened = now;
	if (!env->handler->on_ready(c))
		finish(c, H2_ENHANCE_YOUR_CALM, CONN_END_DONE, "turned away");
}

/* The peer says no more (RFC 8446 6.1), but what it asked before is answered. */
static void answer_close(struct conn *c)
{
	if (produce(c))
		doom(c, CONN_END_PEER, "");
	else
		begin_closing(c);
}

static void read_plain(struct conn *c)
{
	struct conn_env *env = c->env;
	int n;

	while ((n = tls_read(c->tls, env->plain, TLS_RECORD_MAX)) > 0) {
		if (c->state == CLOSING)
			continue;
		if (h2_input(c->h2, env->plain, (size_t)n, loop_now(env->loop)) &&
		    c->state == OPEN) {
			c->end = CONN_END_H2;
			c->why = h2_why(c->h2);
			enter(c, FINISHING);
		}
	}
	if (n == ERR_CLOSED && c->state == CLOSING)
		doom(c, CONN_END_PEER, ""); /* nothing but FIN can follow */
	else if (n == ERR_CLOSED)
		answer_close(c);
	else if (n < 0 && c->state == CLOSING)
		doom(c, c->end, c->why);
	else if (n < 0)
		fail_tls(c);
}

static void process(struct conn *c, size_t n)
{
	c->env->pipe.in = (struct str){ c->env->input, n };
	c->env->pipe.wall_s = loop_wall_s(c->env->loop);
	c->env->pipe.why = NULL;
	c->env->pipe.refused = false;
	if (c->state == HANDSHAKE) {
		int rc = tls_handshake(c->tls);

		if (rc < 0)
			fail_tls(c);
		else if (rc == 0)
			on_handshake_done(c);
	}
	if (c->h2)
		read_plain(c);
	c->env->pipe.in.n = 0;
}

static void receive(struct conn *c)
{
	ssize_t n = recv(c->fd, c->env->input, CONN_INPUT_BYTES, 0);

	if (n > 0) {
		if (c->state == CLOSING && ++c->drained > DRAIN_READS)
			doom(c, c->end, c->why);
		else
			process(c, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		doom(c, CONN_END_PEER, n ? "reset" : "");
	}
}

static void on_connected(struct conn *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error != 0) {
		doom(c, CONN_END_PEER, strerrordesc_np(error));
		return;
	}
	enter(c, HANDSHAKE);
	process(c, 0); /* ClientHello */
}

void conn_on_io(struct loop_io *io, int events)
{
	struct conn *c = container_of(io, struct conn, io);

	if (c->guest.yields && events == LOOP_READ) {
		loop_later_set(&c->later);
		return;
	}
	begin_turn(c);
	if (c->state == CONNECTING)
		on_connected(c);
	else if (events & LOOP_READ)
		receive(c);
	end_turn(c);
}

void conn_on_later(struct loop_later *later)
{
	struct conn *c = container_of(later, struct conn, later);

	begin_turn(c);
	receive(c);
	end_turn(c);
}

static void on_deadline(struct conn *c, msec now)
{
	const struct conn_timeouts *t = &c->env->timeouts;
	bool was_used;

	switch (c->state) {
	case CONNECTING:
	case HANDSHAKE:
		doom(c, CONN_END_TIMEOUT, "the handshake took too long");
		return;
	case FINISHING:
	case CLOSING:
		c->is_doomed = true;
		return;
	case OPEN:
		break;
	}
	h2_expire(c->h2, now);
	was_used = !awaits_first(c);
	if (c->pending.len > 0 && c->blocked + t->write <= now) {
		doom(c, CONN_END_TIMEOUT, "the peer does not read");
	} else if (!was_used && c->since + t->first_request <= now) {
		if (h2_open_streams(c->h2) == 0 && c->env->handler->on_idle(c)) {
			c->is_kept = true;
			c->active = now;
		} else {
			finish(c, H2_NO_ERROR, CONN_END_TIMEOUT, "no complete request in time");
		}
	} else if (was_used && h2_open_streams(c->h2) == 0 && rest_at(c) <= now) {
		c->active = now;
		c->until = 0;
		if (!c->env->handler->on_idle(c))
			finish(c, H2_NO_ERROR, CONN_END_IDLE, "");
	} else if (ping_at(c) && ping_at(c) <= now) {
		if (h2_is_ping_open(c->h2)) {
			doom(c, CONN_END_TIMEOUT, "no answer to PING");
			return;
		}
		h2_ping(c->h2);
		c->pinged = now;
	}
}

void conn_on_timer(struct loop_timer *timer)
{
	struct conn *c = container_of(timer, struct conn, timer);
	msec now = loop_now(c->env->loop);

	c->timer_at = 0;
	if (!c->is_due && deadline_of(c) > now) {
		conn_arm(c);
		return;
	}
	c->is_due = false;
	begin_turn(c);
	if (deadline_of(c) <= now)
		on_deadline(c, now);
	end_turn(c);
}

/* --- from the session to the owner */

static void on_headers(void *arg, struct h2_stream *s)
{
	struct conn *c = arg;

	c->env->handler->on_headers(c, s);
}

static void on_request(void *arg, struct h2_stream *s)
{
	struct conn *c = arg;

	c->env->handler->on_request(c, s);
}

static void on_excess(void *arg, struct h2_stream *s, unsigned status)
{
	struct conn *c = arg;

	c->env->handler->on_excess(c, s, status);
}

static void on_response(void *arg, struct h2_stream *s, bool complete, uint32_t code)
{
	struct conn *c = arg;

	c->env->handler->on_response(c, s, complete, code);
}

static const struct h2_handler stream_handler = {
	.on_headers = on_headers,
	.on_request = on_request,
	.on_excess = on_excess,
	.on_response = on_response,
};

/* --- orders of the owner */

void conn_finish(struct conn *c, enum h2_code code)
{
	if (c->is_ending)
		return;
	if (c->state == CONNECTING || c->state == HANDSHAKE)
		doom(c, CONN_END_DONE, "");
	else
		finish(c, code, CONN_END_DONE, "");
	conn_flush(c);
}

void conn_flush_later(struct conn *c)
{
	if (c->is_ending)
		return;
	c->is_due = true;
	c->timer_at = loop_now(c->env->loop);
	loop_timer_set(&c->timer, 0);
}

void conn_finish_later(struct conn *c, enum h2_code code)
{
	if (c->is_ending)
		return;
	finish(c, code, CONN_END_DONE, "");
	conn_flush_later(c);
}

void conn_kill(struct conn *c)
{
	ensure(!c->env->turn);
	c->end = CONN_END_KILLED;
	conn_destroy(c);
}

static void kill_list(struct conn_list *list)
{
	while (!TAILQ_EMPTY(list))
		conn_kill(TAILQ_FIRST(list));
}

void conn_kill_all(struct conn_env *env)
{
	for (size_t rank = 0; rank < CONN_RANKS; rank++)
		kill_list(&env->handshaking[rank]);
	kill_list(&env->open);
	kill_list(&env->closing);
}

void conn_flush(struct conn *c)
{
	if (c->is_ending || c->env->turn == c)
		return; /* the turn ends with this */
	ensure(!c->env->turn);
	settle(c);
}

void conn_keep(struct conn *c, msec idle, msec ping, msec until)
{
	c->is_kept = true;
	c->idle = idle;
	c->ping = ping;
	c->until = until;
	if (c->timer_at)
		conn_arm(c);
}
