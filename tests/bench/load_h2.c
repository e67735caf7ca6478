/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "load_h2.h"

enum {
	FRAME_HEAD = 9,
	FRAME_MAX = 16384, /* we leave SETTINGS_MAX_FRAME_SIZE alone */
	WINDOW_DEFAULT = 65535,
	WINDOW_CONN = 1 << 30,
	WINDOW_STREAM = 1 << 20,
	MAX_STREAMS_DEFAULT = 100,
	BLOCK_MAX = 4096, /* of the one request */
};

struct frame {
	uint32_t len, id;
	uint8_t type, flags;
	const uint8_t *p; /* payload */
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static int add_frame(
    struct buf *out, uint8_t type, uint8_t flags, uint32_t id, const void *p, size_t n)
{
	uint8_t head[FRAME_HEAD];

	ensure(n <= FRAME_MAX);
	put32(head, (uint32_t)n << 8 | type);
	head[4] = flags;
	put32(head + 5, id);
	if (buf_add(out, head, sizeof(head)) < 0)
		return ERR_LIMIT;
	return n ? buf_add(out, p, n) : 0;
}

static int add_window(struct buf *out, uint32_t more)
{
	uint8_t p[4];

	put32(p, more);
	return add_frame(out, NGHTTP2_WINDOW_UPDATE, 0, 0, p, sizeof(p));
}

static nghttp2_nv header(const char *name, const char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
		.value = (uint8_t *)(uintptr_t)value,
		.namelen = strlen(name),
		.valuelen = strlen(value) };
}

void load_request_init(struct load_request *r, const struct load_opt *o)
{
	snprintf(r->length, sizeof(r->length), "%zu", o->body_len);
	r->body = o->body;
	r->body_len = o->body_len;
	r->headers[0] = header(":method", "POST");
	r->headers[1] = header(":scheme", "https");
	r->headers[2] = header(":authority", o->authority);
	r->headers[3] = header(":path", o->path);
	r->headers[4] = header("user-agent", "SEPP");
	r->headers[5] = header("content-type", "application/json");
	r->headers[6] = header("content-length", r->length);
	r->headers[7] = header("accept", "application/json, application/problem+json");
}

void load_h2_init(struct load_h2 *h, const struct load_request *request,
    const struct load_h2_events *events, unsigned limit)
{
	*h = (struct load_h2){ .request = request,
		.events = *events,
		.next_id = 1,
		.window = WINDOW_DEFAULT,
		.stream_window = WINDOW_DEFAULT,
		.max_streams = MAX_STREAMS_DEFAULT,
		.limit = limit,
		.streams = mem_array(limit, sizeof(*h->streams)) };
	buf_init(&h->partial, 2 * (FRAME_HEAD + FRAME_MAX));
	ensure(nghttp2_hd_deflate_new(&h->deflater, 4096) == 0);
	ensure(nghttp2_hd_inflate_new(&h->inflater) == 0);
}

void load_h2_release(struct load_h2 *h)
{
	nghttp2_hd_deflate_del(h->deflater);
	nghttp2_hd_inflate_del(h->inflater);
	buf_release(&h->partial);
	mem_free(h->streams);
	h->streams = NULL;
}

int load_h2_start(struct load_h2 *h, struct buf *out)
{
	static const uint8_t settings[] = { 0, NGHTTP2_SETTINGS_ENABLE_PUSH, 0, 0, 0, 0, 0,
		NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0, WINDOW_STREAM >> 16, 0, 0 };

	(void)h; /* nothing to remember */
	if (buf_add(out, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN) < 0 ||
	    add_frame(out, NGHTTP2_SETTINGS, 0, 0, settings, sizeof(settings)) < 0)
		return ERR_LIMIT;
	return add_window(out, WINDOW_CONN);
}

bool load_h2_can_post(const struct load_h2 *h)
{
	return !h->going && h->open < h->limit && h->open < h->max_streams &&
	       h->window >= (int64_t)h->request->body_len &&
	       h->stream_window >= h->request->body_len && h->next_id < (1u << 31) - 2;
}

static struct load_stream *find(struct load_h2 *h, uint32_t id)
{
	for (unsigned i = 0; i < h->limit; i++)
		if (h->streams[i].id == id)
			return &h->streams[i];
	return NULL;
}

int load_h2_post(struct load_h2 *h, uint64_t since_ns, struct buf *out)
{
	struct load_stream *s = find(h, 0);
	const struct load_request *r = h->request;
	uint8_t block[BLOCK_MAX];
	ssize_t n;

	ensure(s && load_h2_can_post(h));
	n = nghttp2_hd_deflate_hd(h->deflater, block, sizeof(block), r->headers, LOAD_HEADERS);
	if (n < 0)
		return ERR_LIMIT; /* an absurdly long path */
	*s = (struct load_stream){ .id = h->next_id, .since_ns = since_ns };
	h->next_id += 2;
	h->open++;
	h->window -= (int64_t)r->body_len;
	if (add_frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, s->id, block, (size_t)n) < 0)
		return ERR_LIMIT;
	return add_frame(out, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, s->id, r->body, r->body_len);
}

static void end_stream(struct load_h2 *h, uint32_t id, bool answered)
{
	struct load_stream *s = id ? find(h, id) : NULL;
	struct load_stream was;

	if (!s)
		return; /* reset after its end: some servers do that */
	was = *s;
	s->id = 0;
	h->open--;
	if (answered)
		h->events.on_answer(h->events.arg, was.status, was.since_ns);
	else
		h->events.on_refused(h->events.arg);
}

static int status_of(const nghttp2_nv *nv)
{
	if (nv->namelen != 7 || memcmp(nv->name, ":status", 7) != 0 || nv->valuelen != 3)
		return 0;
	return (nv->value[0] - '0') * 100 + (nv->value[1] - '0') * 10 + nv->value[2] - '0';
}

/* One fragment of a header block; the status of an informational answer does not count. */
static int inflate(struct load_h2 *h, const uint8_t *p, size_t n, bool last, struct err *e)
{
	struct load_stream *s = find(h, h->block_id);
	nghttp2_nv nv;
	ssize_t used;
	int flags, status;

	do {
		used = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, p, n, last);
		if (used < 0)
			return err_set(
			    e, ERR_H2, "bad header block: %s", nghttp2_strerror((int)used));
		p += used;
		n -= (size_t)used;
		status = flags & NGHTTP2_HD_INFLATE_EMIT ? status_of(&nv) : 0;
		if (s && status >= 200)
			s->status = status;
	} while (flags & NGHTTP2_HD_INFLATE_EMIT || (n && !(flags & NGHTTP2_HD_INFLATE_FINAL)));
	if (flags & NGHTTP2_HD_INFLATE_FINAL)
		(void)nghttp2_hd_inflate_end_headers(h->inflater); /* always 0 */
	return 0;
}

static int on_block(
    struct load_h2 *h, const struct frame *f, size_t from, size_t pad, struct err *e)
{
	bool last = f->flags & NGHTTP2_FLAG_END_HEADERS;
	int code;

	if (from + pad > f->len)
		return err_set(e, ERR_H2, "bad padding");
	code = inflate(h, f->p + from, f->len - from - pad, last, e);
	if (code < 0 || !last)
		return code;
	h->block_id = 0;
	if (h->block_ends)
		end_stream(h, f->id, true);
	return 0;
}

static int on_headers(struct load_h2 *h, const struct frame *f, struct err *e)
{
	size_t from = 0, pad = 0;

	if (f->flags & NGHTTP2_FLAG_PADDED && f->len) {
		pad = f->p[0];
		from = 1;
	}
	if (f->flags & NGHTTP2_FLAG_PRIORITY)
		from += 5;
	h->block_id = f->id;
	h->block_ends = f->flags & NGHTTP2_FLAG_END_STREAM;
	return on_block(h, f, from, pad, e);
}

static int on_data(struct load_h2 *h, const struct frame *f, struct buf *out)
{
	int code = 0;

	h->received += f->len;
	if (h->received > WINDOW_CONN / 2) {
		code = add_window(out, h->received);
		h->received = 0;
	}
	if (f->flags & NGHTTP2_FLAG_END_STREAM)
		end_stream(h, f->id, true);
	return code;
}

static int on_settings(struct load_h2 *h, const struct frame *f, struct buf *out, struct err *e)
{
	if (f->flags & NGHTTP2_FLAG_ACK)
		return 0;
	for (uint32_t i = 0; i + 6 <= f->len; i += 6) {
		uint32_t value = get32(f->p + i + 2);

		switch (f->p[i] << 8 | f->p[i + 1]) {
		case NGHTTP2_SETTINGS_HEADER_TABLE_SIZE:
			if (nghttp2_hd_deflate_change_table_size(h->deflater, value) != 0)
				return err_set(e, ERR_H2, "cannot resize the header table");
			break;
		case NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS:
			h->max_streams = value;
			break;
		case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE:
			if (value < h->request->body_len)
				return err_set(
				    e, ERR_H2, "window %u is too small for the body", value);
			h->stream_window = value;
			break;
		}
	}
	return add_frame(out, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
}

/* RFC 9113 6.8: streams above the last identifier were not looked at. */
static int on_goaway(struct load_h2 *h, const struct frame *f, struct err *e)
{
	uint32_t last = f->len >= 8 ? get32(f->p) & 0x7fffffffu : 0;
	uint32_t code = f->len >= 8 ? get32(f->p + 4) : NGHTTP2_FRAME_SIZE_ERROR;

	h->going = true;
	for (unsigned i = 0; i < h->limit; i++)
		if (h->streams[i].id > last)
			end_stream(h, h->streams[i].id, false);
	if (code != NGHTTP2_NO_ERROR)
		return err_set(
		    e, ERR_H2, "the server ended the connection: %s", nghttp2_http2_strerror(code));
	return 0;
}

static int on_frame(struct load_h2 *h, const struct frame *f, struct buf *out, struct err *e)
{
	if (h->block_id && (f->type != NGHTTP2_CONTINUATION || f->id != h->block_id))
		return err_set(e, ERR_H2, "frame inside a header block");
	switch (f->type) {
	case NGHTTP2_DATA:
		return on_data(h, f, out);
	case NGHTTP2_HEADERS:
		return on_headers(h, f, e);
	case NGHTTP2_CONTINUATION:
		return on_block(h, f, 0, 0, e);
	case NGHTTP2_RST_STREAM:
		end_stream(h, f->id, false);
		return 0;
	case NGHTTP2_SETTINGS:
		return on_settings(h, f, out, e);
	case NGHTTP2_PING:
		if (f->flags & NGHTTP2_FLAG_ACK)
			return 0;
		return add_frame(out, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, f->p, f->len);
	case NGHTTP2_GOAWAY:
		return on_goaway(h, f, e);
	case NGHTTP2_WINDOW_UPDATE:
		if (f->id == 0 && f->len == 4)
			h->window += get32(f->p) & 0x7fffffffu;
		return 0;
	default:
		return 0; /* RFC 9113 4.1: unknown types are ignored */
	}
}

/* Reads whole frames; `*used` of the `n` bytes are done. */
static int read_frames(
    struct load_h2 *h, const uint8_t *p, size_t n, size_t *used, struct buf *out, struct err *e)
{
	int code;

	*used = 0;
	while (n - *used >= FRAME_HEAD) {
		const uint8_t *head = p + *used;
		struct frame f = { .len = get32(head) >> 8,
			.type = head[3],
			.flags = head[4],
			.id = get32(head + 5) & 0x7fffffffu,
			.p = head + FRAME_HEAD };

		if (f.len > FRAME_MAX)
			return err_set(e, ERR_H2, "frame of %u bytes", f.len);
		if (n - *used < FRAME_HEAD + f.len)
			break;
		*used += FRAME_HEAD + f.len;
		code = on_frame(h, &f, out, e);
		if (code < 0)
			return code;
	}
	return 0;
}

int load_h2_feed(struct load_h2 *h, const char *p, size_t n, struct buf *out, struct err *e)
{
	size_t used;
	int code;

	if (!h->partial.len) {
		code = read_frames(h, (const uint8_t *)p, n, &used, out, e);
		if (code < 0 || used == n)
			return code;
		return buf_add(&h->partial, p + used, n - used);
	}
	code = buf_add(&h->partial, p, n);
	if (code < 0)
		return err_set(e, code, "too much at once");
	code = read_frames(h, (const uint8_t *)h->partial.data, h->partial.len, &used, out, e);
	buf_drop(&h->partial, used);
	return code;
}

int load_h2_leave(struct load_h2 *h, struct buf *out)
{
	static const uint8_t goaway[8] = { 0 };

	(void)h; /* the server opens no streams */
	return add_frame(out, NGHTTP2_GOAWAY, 0, 0, goaway, sizeof(goaway));
}
