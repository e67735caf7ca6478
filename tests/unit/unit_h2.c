/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit_h2.h"

enum {
	OUTPUT_MAX = 4 << 20,
	PREFACE = 24,
	FRAME_HEAD = 9,
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_SETTINGS = 4,
	FRAME_GOAWAY = 7,
};

/* --- the server's owner */

static void answer(struct pair *p, struct h2_stream *s, unsigned status)
{
	struct str body = h2_message_of(s)->body;

	if (status == 204)
		body.n = 0;
	h2_answer(s, status, p->fields, p->n_fields, body);
}

static void note(struct pair *p, const struct h2_message *m)
{
	struct pair_seen *seen = &p->seen;

	(void)str_copy(seen->method, sizeof(seen->method), m->method);
	(void)str_copy(seen->path, sizeof(seen->path), m->path);
	(void)str_copy(seen->authority, sizeof(seen->authority), m->authority);
	(void)str_copy(seen->content_type, sizeof(seen->content_type), m->content_type);
	seen->content_length = m->content_length;
}

static void on_headers(void *arg, struct h2_stream *s)
{
	struct pair *p = arg;

	assert_ptr_equal(h2_owner(s), p);
	p->seen.headers++;
	note(p, h2_message_of(s));
	if (p->mode == PAIR_AT_ONCE)
		answer(p, s, 403);
}

static void on_request(void *arg, struct h2_stream *s)
{
	struct pair *p = arg;

	assert_false(h2_is_answered(s));
	p->seen.requests++;
	p->seen.body_n = h2_message_of(s)->body.n;
	if (p->mode == PAIR_LAST)
		h2_finish(p->server, H2_NO_ERROR);
	if (p->mode != PAIR_LATER)
		answer(p, s, p->mode == PAIR_EMPTY ? 204 : 200);
	else if (p->n_held < PAIR_HELD_MAX)
		p->held[p->n_held++] = s;
}

static void on_excess(void *arg, struct h2_stream *s, unsigned status)
{
	struct pair *p = arg;

	p->seen.excesses++;
	p->seen.excess_status = status;
	assert_int_equal(h2_message_of(s)->body.n, 0);
	h2_answer(s, status, NULL, 0, str_of("{}"));
}

/* --- the client's owner */

static void on_response(void *arg, struct h2_stream *s, bool complete, uint32_t code)
{
	struct pair *p = arg;
	const struct h2_message *m = h2_message_of(s);
	struct pair_got *got = &p->got;

	got->code = code;
	got->user = h2_user(s);
	got->status = m->status;
	if (!complete) {
		got->failed++;
		return;
	}
	got->complete++;
	(void)str_copy(got->content_type, sizeof(got->content_type), m->content_type);
	(void)str_copy(got->retry_after, sizeof(got->retry_after), m->retry_after);
	(void)str_copy(got->location, sizeof(got->location), m->location);
	buf_reset(&got->body);
	assert_int_equal(buf_add(&got->body, m->body.p, m->body.n), 0);
}

static const struct h2_handler handler = {
	.on_headers = on_headers,
	.on_request = on_request,
	.on_excess = on_excess,
	.on_response = on_response,
};

/* --- the pair */

static struct pair *make(enum pair_mode mode)
{
	struct pair *p = mem_alloc(sizeof(*p));

	p->mode = mode;
	p->now = 1000000;
	p->limits = (struct h2_limits){ .streams = 100,
		.header_bytes = 4096,
		.body_bytes = 65536,
		.body = 10000,
		.response = 10000 };
	p->pool = h2_pool_new();
	buf_init(&p->from_server, OUTPUT_MAX);
	buf_init(&p->from_client, OUTPUT_MAX);
	buf_init(&p->got.body, OUTPUT_MAX);
	p->server = h2_server(p->pool, &p->limits, &handler, p, p->now);
	return p;
}

struct pair *pair_new(enum pair_mode mode)
{
	struct pair *p = make(mode);

	p->client = h2_client(p->pool, &p->limits, &handler, p, p->now);
	return p;
}

struct pair *pair_new_raw(enum pair_mode mode)
{
	struct pair *p = make(mode);
	struct buf out;

	buf_init(&out, OUTPUT_MAX);
	assert_int_equal(buf_add(&out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PREFACE), 0);
	raw_frame(&out, FRAME_SETTINGS, 0, 0, NULL, 0);
	assert_int_equal(pair_tell(p, &out), 0);
	buf_release(&out);
	return p;
}

void pair_free(struct pair *p)
{
	h2_free(p->client);
	h2_free(p->server);
	h2_pool_free(p->pool);
	buf_release(&p->from_server);
	buf_release(&p->from_client);
	buf_release(&p->got.body);
	mem_free(p);
}

int pair_ask(struct pair *p, const char *path, size_t n)
{
	static char body[128 * 1024];

	assert_true(n <= sizeof(body));
	memset(body, 'b', n);
	return h2_request(p->client, "POST", str_of("sepp.example.org"), str_of(path),
	    str_of("application/json"), (struct str){ body, n }, p, p->now);
}

/* What `from` says goes into `to`.  False when it was silent. */
static bool carry(struct pair *p, struct h2 *from, struct buf *out, struct h2 *to, int *rc)
{
	assert_int_equal(h2_output(from, out), 0);
	if (out->len == 0)
		return false;
	*rc = h2_input(to, out->data, out->len, p->now);
	buf_reset(out);
	return true;
}

void pair_talk(struct pair *p)
{
	bool more = true;

	while (more) {
		more = carry(p, p->client, &p->from_client, p->server, &p->server_rc);
		more |= carry(p, p->server, &p->from_server, p->client, &p->client_rc);
	}
}

void pair_exchange(struct pair *p, size_t n)
{
	assert_int_equal(pair_ask(p, "/exchange", n), 0);
	pair_talk(p);
}

void pair_answer(struct pair *p)
{
	assert_true(p->n_held > 0);
	answer(p, p->held[0], 200);
	memmove(p->held, p->held + 1, --p->n_held * sizeof(p->held[0]));
}

/* --- hand-made frames */

void raw_frame(
    struct buf *out, unsigned type, unsigned flags, uint32_t stream, const void *payload, size_t n)
{
	const unsigned char head[FRAME_HEAD] = { (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n, (unsigned char)type, (unsigned char)flags,
		(unsigned char)(stream >> 24), (unsigned char)(stream >> 16),
		(unsigned char)(stream >> 8), (unsigned char)stream };

	assert_int_equal(buf_add(out, head, sizeof(head)), 0);
	assert_int_equal(buf_add(out, payload, n), 0);
}

void raw_request(struct buf *out, uint32_t stream, bool end)
{
	/* HPACK: POST, https, "/raw", authority "a", from the static table and as literals */
	static const char block[] = "\x83\x87\x04\x04/raw\x01\x01"
				    "a";

	raw_frame(out, FRAME_HEADERS, end ? 5 : 4, stream, block, sizeof(block) - 1);
}

void raw_data(struct buf *out, uint32_t stream, size_t n, bool end)
{
	static const char zeros[16384];

	assert_true(n <= sizeof(zeros));
	raw_frame(out, FRAME_DATA, end, stream, zeros, n);
}

int pair_tell(struct pair *p, struct buf *bytes)
{
	p->server_rc = h2_input(p->server, bytes->data, bytes->len, p->now);
	buf_reset(bytes);
	assert_int_equal(h2_output(p->server, &p->from_server), 0);
	return p->server_rc;
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The next frame of `type` at or after `*at`, and `*at` behind it; NULL at the end. */
static const unsigned char *next_frame(const struct buf *said, unsigned type, size_t *at)
{
	while (*at + FRAME_HEAD <= said->len) {
		const unsigned char *frame = (const unsigned char *)said->data + *at;

		*at += FRAME_HEAD + (word_at(frame) >> 8);
		assert_true(*at <= said->len);
		if (frame[3] == type)
			return frame;
	}
	return NULL;
}

int64_t pair_goaway(const struct pair *p, uint32_t *last)
{
	size_t at = 0;
	const unsigned char *frame = next_frame(&p->from_server, FRAME_GOAWAY, &at);

	if (!frame)
		return -1;
	if (last)
		*last = word_at(frame + FRAME_HEAD);
	return word_at(frame + FRAME_HEAD + 4);
}

size_t pair_said(const struct pair *p, unsigned type)
{
	size_t at = 0, n = 0;

	while (next_frame(&p->from_server, type, &at))
		n++;
	return n;
}
