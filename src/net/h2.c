/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/h2_int.h"

enum {
	CALM_MAX = 1000,     /* allowance for frames that do no work */
	CALM_PER_S = 100,    /* comes back with time */
	CALM_EXCHANGE = 5,   /* comes back with a completed exchange */
	CALM_EXPIRED = 50,   /* a stream that had to be reset because its time was over */
	FIELD_OVERHEAD = 32, /* RFC 9113 6.5.2 */
	TINY_DATA = 16,
};

/* --- the allowance */

/* What a frame costs that did not bring an exchange nearer to its end. */
static int cost_of(const nghttp2_frame_hd *hd)
{
	bool ends = hd->flags & NGHTTP2_FLAG_END_STREAM;

	switch (hd->type) {
	case NGHTTP2_DATA:
		if (ends || hd->length >= TINY_DATA)
			return 0;
		return hd->length == 0 ? 5 : 1;
	case NGHTTP2_HEADERS:
		return 0;
	case NGHTTP2_WINDOW_UPDATE:
	case NGHTTP2_PRIORITY:
		return 1;
	case NGHTTP2_PING:
		return 2;
	case NGHTTP2_SETTINGS:
	case NGHTTP2_RST_STREAM:
	case NGHTTP2_CONTINUATION:
		return 5;
	default:
		return 2;
	}
}

static void refill(struct h2 *h)
{
	uint64_t back = (h->now - h->calmed_at) * CALM_PER_S / 1000;

	if (back == 0)
		return;
	h->calmed_at = h->now;
	h->calm = back >= (uint64_t)(CALM_MAX - h->calm) ? CALM_MAX : h->calm + (int)back;
}

/* False when there is nothing left. */
static bool spend(struct h2 *h, int cost)
{
	if (cost == 0)
		return true;
	refill(h);
	h->calm -= cost;
	return h->calm >= 0;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	if (spend(h, cost_of(hd)))
		return 0;
	h->why = "too many frames that do no work";
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* --- streams */

struct h2_stream *h2_begin_stream(struct h2 *h, int32_t id)
{
	struct h2_stream *s = h2_pool_take(h->pool, h->limits->body_bytes);

	s->h = h;
	s->id = id;
	s->begun = h->now;
	s->message.content_length = -1;
	TAILQ_INSERT_TAIL(&h->open, s, next);
	h->n_open++;
	return s;
}

void h2_end_stream(struct h2_stream *s)
{
	struct h2 *h = s->h;

	if (s->held > 0)
		(void)nghttp2_session_consume_connection(h->session, s->held);
	TAILQ_REMOVE(&h->open, s, next);
	h->n_open--;
	h2_pool_give(h->pool, s);
}

static struct h2_stream *stream_of(struct h2 *h, int32_t id)
{
	return nghttp2_session_get_stream_user_data(h->session, id);
}

/* The body so far is of no more use: its room in the connection's window goes back. */
static void drop_body(struct h2_stream *s)
{
	s->is_dropping = true;
	buf_reset(&s->body);
	if (s->held > 0)
		(void)nghttp2_session_consume_connection(s->h->session, s->held);
	s->held = 0;
}

static void reset(struct h2 *h, int32_t id, enum h2_code code)
{
	(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, id, code);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	int32_t id = frame->hd.stream_id;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	if ((h->is_finishing && id > h->last_id) || h->n_open >= h->limits->streams) {
		reset(h, id, H2_REFUSED_STREAM);
		return 0;
	}
	nghttp2_session_set_stream_user_data(session, id, h2_begin_stream(h, id));
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = stream_of(h, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (!s)
		return 0;
	s->header_bytes += name_n + value_n + FIELD_OVERHEAD;
	if (s->header_bytes > h->limits->header_bytes || s->is_begun)
		return 0; /* too many are answered when all are read; trailers are of no interest */
	h2_take_field(s, (struct str){ (const char *)name, name_n },
	    (struct str){ (const char *)value, value_n });
	return 0;
}

/* The answer to our request is not waited for: what has come of it is worth nothing. */
static void give_up(struct h2 *h, struct h2_stream *s, enum h2_code code)
{
	if (s->is_answered)
		return;
	s->is_answered = true;
	reset(h, s->id, code);
	h->handler->on_response(h->arg, s, false, code);
}

/* The message is longer than it may be: the peer hears `status`, or no more is heard of it. */
static void exceed(struct h2 *h, struct h2_stream *s, unsigned status)
{
	drop_body(s);
	if (h->is_server)
		h->handler->on_excess(h->arg, s, status);
	else
		give_up(h, s, H2_CANCEL);
}

static int on_data(
    nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = stream_of(h, id);

	(void)flags;
	if (!s || s->is_dropping || s->is_answered) {
		(void)nghttp2_session_consume(session, id, n);
		return 0;
	}
	(void)nghttp2_session_consume_stream(session, id, n);
	s->held += n;
	if (buf_add(&s->body, p, n) != 0)
		exceed(h, s, 413);
	return 0;
}

static void on_headers_complete(struct h2 *h, struct h2_stream *s)
{
	s->is_begun = true;
	if (s->header_bytes > h->limits->header_bytes)
		exceed(h, s, 431);
	else if (h->is_server && s->message.content_length > (int64_t)h->limits->body_bytes)
		exceed(h, s, 413);
	else if (h->is_server)
		h->handler->on_headers(h->arg, s);
}

/* 1xx is not the answer yet; all of them together are no longer than one may be. */
static void on_interim(struct h2 *h, struct h2_stream *s)
{
	s->message = (struct h2_message){ .content_length = -1 };
	s->text_used = 0;
	if (s->header_bytes > h->limits->header_bytes && !s->is_dropping)
		exceed(h, s, 431);
}

/* The header section of an answer: of the last one, of one before it, or of nothing that HTTP knows
 * (RFC 9110 15), for which nghttp2 lets pass any three digits. */
static void on_answer_headers(struct h2 *h, struct h2_stream *s)
{
	if (s->message.status >= 200)
		on_headers_complete(h, s);
	else if (s->message.status >= 100 || s->header_bytes > h->limits->header_bytes)
		on_interim(h, s);
	else
		give_up(h, s, H2_PROTOCOL_ERROR);
}

static void on_message_complete(struct h2 *h, struct h2_stream *s)
{
	s->message.body = buf_str(&s->body);
	h->exchanges++;
	if (s->is_answered)
		return;
	if (h->is_server) {
		h->handler->on_request(h->arg, s);
	} else {
		s->is_answered = true;
		h->handler->on_response(h->arg, s, true, H2_NO_ERROR);
	}
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s;

	(void)session;
	if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK))
		h->is_ping_open = false;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s = stream_of(h, frame->hd.stream_id);
	if (!s)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && !s->is_begun) {
		if (h->is_server)
			on_headers_complete(h, s);
		else
			on_answer_headers(h, s);
	}
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		on_message_complete(h, s);
	return 0;
}

/* What a peer made us reset costs it, or malformed frames would be a rapid reset by proxy. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		h->calm -= cost_of(&frame->hd);
	if (frame->hd.type == NGHTTP2_GOAWAY && !h->is_finishing) {
		/* nghttp2 found a connection error and ended the session itself */
		h->is_failed = h->is_finishing = true;
		h->why = "the peer broke the protocol";
	}
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = stream_of(h, id);

	if (!s)
		return 0;
	if (!h->is_server && !s->is_answered) {
		s->is_answered = true;
		h->handler->on_response(h->arg, s, false, code);
	}
	/* a request that was reset by its sender is no work done */
	if (code == NGHTTP2_NO_ERROR)
		h->calm = h->calm + CALM_EXCHANGE > CALM_MAX ? CALM_MAX : h->calm + CALM_EXCHANGE;
	nghttp2_session_set_stream_user_data(session, id, NULL);
	h2_end_stream(s);
	return 0;
}

/* --- sessions */

static nghttp2_session_callbacks *make_callbacks(void)
{
	nghttp2_session_callbacks *c;

	ensure(nghttp2_session_callbacks_new(&c) == 0);
	nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(c, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
	return c;
}

static nghttp2_option *make_options(void)
{
	nghttp2_option *o;

	ensure(nghttp2_option_new(&o) == 0);
	nghttp2_option_set_no_auto_window_update(o, 1);
	nghttp2_option_set_no_closed_streams(o, 1);
	nghttp2_option_set_max_outbound_ack(o, 256);
	return o;
}

static void submit_preface(struct h2 *h)
{
	nghttp2_settings_entry settings[3] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, h->is_server ? INT32_MAX : 0 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, h->limits->header_bytes },
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
	};

	ensure(nghttp2_submit_settings(
		   h->session, NGHTTP2_FLAG_NONE, settings, h->is_server ? 2 : 3) == 0);
	ensure(nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, H2_WINDOW) ==
	       0);
}

static struct h2 *make(struct h2_pool *pool, const struct h2_limits *limits,
    const struct h2_handler *handler, void *arg, msec now, bool is_server)
{
	struct h2 *h = mem_alloc(sizeof(*h));
	struct h2_recipe *recipe = h2_pool_recipe(pool);
	int rc;

	if (!recipe->callbacks) {
		recipe->callbacks = make_callbacks();
		recipe->options = make_options();
	}
	TAILQ_INIT(&h->open);
	h->pool = pool;
	h->limits = limits;
	h->handler = handler;
	h->arg = arg;
	h->is_server = is_server;
	h->now = now;
	h->calm = CALM_MAX;
	h->calmed_at = now;
	h->why = "";
	if (is_server)
		rc = nghttp2_session_server_new3(
		    &h->session, recipe->callbacks, h, recipe->options, h2_pool_mem(pool));
	else
		rc = nghttp2_session_client_new3(
		    &h->session, recipe->callbacks, h, recipe->options, h2_pool_mem(pool));
	ensure(rc == 0);
	submit_preface(h);
	return h;
}

struct h2 *h2_server(struct h2_pool *pool, const struct h2_limits *limits,
    const struct h2_handler *handler, void *arg, msec now)
{
	return make(pool, limits, handler, arg, now, true);
}

struct h2 *h2_client(struct h2_pool *pool, const struct h2_limits *limits,
    const struct h2_handler *handler, void *arg, msec now)
{
	return make(pool, limits, handler, arg, now, false);
}

void h2_free(struct h2 *h)
{
	struct h2_stream *s;

	if (!h)
		return;
	while ((s = TAILQ_FIRST(&h->open)) != NULL) {
		if (!h->is_server && !s->is_answered) {
			s->is_answered = true;
			h->handler->on_response(h->arg, s, false, H2_CANCEL);
		}
		TAILQ_REMOVE(&h->open, s, next);
		h2_pool_give(h->pool, s);
	}
	nghttp2_session_del(h->session);
	mem_free(h);
}

static int fail(struct h2 *h, enum h2_code code, const char *why)
{
	h->is_failed = true;
	h->is_finishing = true;
	h->is_goaway_due = false;
	if (!*h->why)
		h->why = why;
	(void)nghttp2_session_terminate_session(h->session, code);
	return ERR_H2;
}

int h2_input(struct h2 *h, const char *p, size_t n, msec now)
{
	ssize_t rc;

	if (h->is_failed)
		return ERR_H2;
	h->now = now;
	rc = nghttp2_session_mem_recv(h->session, (const uint8_t *)p, n);
	if (rc == NGHTTP2_ERR_CALLBACK_FAILURE || rc == NGHTTP2_ERR_FLOODED ||
	    rc == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
		return fail(h, H2_ENHANCE_YOUR_CALM, "too many frames that do no work");
	if (rc < 0)
		return fail(h, H2_PROTOCOL_ERROR, nghttp2_strerror((int)rc));
	if (h->calm < 0)
		return fail(h, H2_ENHANCE_YOUR_CALM, "too many streams had to be reset");
	return 0;
}

/*
 * nghttp2 ends the whole connection when a peer passes the announced number of streams, where
 * RFC 9113 5.1.2 asks for a stream error.  So it is told that there is no limit, the peer is told
 * the real one, and on_begin_headers() refuses what is too many.
 */
static void announce_streams(const struct h2 *h, unsigned char *frame, size_t n)
{
	unsigned char *entry = frame + 9;

	ensure(n >= 15 && frame[3] == NGHTTP2_SETTINGS && entry[0] == 0 &&
	       entry[1] == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	for (int i = 0; i < 4; i++)
		entry[2 + i] = (unsigned char)(h->limits->streams >> (24 - 8 * i));
}

static int output_some(struct h2 *h, struct buf *out)
{
	const uint8_t *p;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(h->session, &p)) > 0) {
		if (buf_add(out, p, (size_t)n))
			return ERR_LIMIT;
		if (h->is_server && !h->is_announced)
			announce_streams(h, (unsigned char *)out->data + out->len - n, (size_t)n);
		h->is_announced = true;
	}
	return n < 0 ? ERR_H2 : 0;
}

int h2_output(struct h2 *h, struct buf *out)
{
	int rc = output_some(h, out);

	/* answers first: nghttp2 would send GOAWAY before the DATA of an answer that is ready */
	if (rc || !h->is_goaway_due)
		return rc;
	h->is_goaway_due = false;
	(void)nghttp2_submit_goaway(
	    h->session, NGHTTP2_FLAG_NONE, h->last_id, h->goaway_code, NULL, 0);
	return output_some(h, out);
}

bool h2_is_goaway_due(const struct h2 *h)
{
	return h->is_goaway_due;
}

void h2_finish(struct h2 *h, enum h2_code code)
{
	if (h->is_finishing)
		return;
	h->is_finishing = true;
	h->last_id = nghttp2_session_get_last_proc_stream_id(h->session);
	h->goaway_code = code;
	h->is_goaway_due = true;
}

bool h2_is_over(const struct h2 *h)
{
	return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

bool h2_is_finishing(const struct h2 *h)
{
	return h->is_finishing;
}

size_t h2_open_streams(const struct h2 *h)
{
	return h->n_open;
}

void h2_ping(struct h2 *h)
{
	h->is_ping_open = true;
	(void)nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
}

bool h2_is_ping_open(const struct h2 *h)
{
	return h->is_ping_open;
}

uint64_t h2_exchanges(const struct h2 *h)
{
	return h->exchanges;
}

static msec patience(const struct h2 *h)
{
	return h->is_server ? h->limits->body : h->limits->response;
}

msec h2_deadline(const struct h2 *h)
{
	const struct h2_stream *s = TAILQ_FIRST(&h->open);

	return s ? s->begun + patience(h) : 0;
}

void h2_expire(struct h2 *h, msec now)
{
	struct h2_stream *s;

	h->now = now;
	TAILQ_FOREACH (s, &h->open, next) {
		if (s->begun + patience(h) > now)
			break;
		if (h->is_server && s->is_answered) {
			(void)fail(h, H2_ENHANCE_YOUR_CALM, "an answer was not read in time");
			return;
		}
		/* nghttp2 does not take back a request that waits for the peer to allow a stream */
		if (!h->is_server && s->is_expired) {
			(void)fail(h, H2_NO_ERROR, "the peer allows no streams");
			return;
		}
		s->is_expired = true;
		h->calm -= CALM_EXPIRED;
		reset(h, s->id, H2_CANCEL);
		s->begun = now; /* the reset itself may have to wait for the peer to read */
	}
	if (h->calm < 0)
		(void)fail(h, H2_ENHANCE_YOUR_CALM, "too many streams were left unfinished");
}

const char *h2_why(const struct h2 *h)
{
	return h->why;
}
