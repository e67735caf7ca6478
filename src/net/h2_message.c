/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/h2_int.h"

enum {
	FIELDS_MAX = 8
};

/* --- receiving */

/* Copies a value to where the views point; what does not fit makes the header list too long. */
static struct str keep_text(struct h2_stream *s, struct str value)
{
	size_t room = sizeof(s->text) - s->text_used;
	struct str kept = { s->text + s->text_used, value.n };

	if (value.n > room) {
		s->header_bytes = s->h->limits->header_bytes + 1;
		return (struct str){ NULL, 0 };
	}
	memcpy(s->text + s->text_used, value.p, kept.n);
	s->text_used += kept.n;
	return kept;
}

static int64_t parse_length(struct str v)
{
	int64_t n = 0;

	if (v.n == 0 || v.n > 18)
		return v.n ? INT64_MAX : -1;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
		n = n * 10 + (v.p[i] - '0');
	}
	return n;
}

void h2_take_field(struct h2_stream *s, struct str name, struct str value)
{
	struct h2_message *m = &s->message;

	if (str_is(name, ":method"))
		m->method = keep_text(s, value);
	else if (str_is(name, ":path"))
		m->path = keep_text(s, value);
	else if (str_is(name, ":authority"))
		m->authority = keep_text(s, value);
	else if (str_is(name, ":status"))
		m->status = (unsigned)parse_length(value);
	else if (str_is(name, "content-type"))
		m->content_type = keep_text(s, value);
	else if (str_is(name, "content-length"))
		m->content_length = parse_length(value);
	else if (str_is(name, "retry-after"))
		m->retry_after = keep_text(s, value);
	else if (str_is(name, "location"))
		m->location = keep_text(s, value);
}

/* --- asking */

const struct h2_message *h2_message_of(const struct h2_stream *s)
{
	return &s->message;
}

bool h2_is_answered(const struct h2_stream *s)
{
	return s->is_answered;
}

void *h2_user(const struct h2_stream *s)
{
	return s->user;
}

void *h2_owner(const struct h2_stream *s)
{
	return s->h->arg;
}

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_stream *s = source->ptr;
	size_t n = s->answer.len - s->sent;

	(void)session;
	(void)id;
	(void)arg;
	n = n < room ? n : room;
	if (n)
		memcpy(to, s->answer.data + s->sent, n);
	s->sent += n;
	if (s->sent == s->answer.len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* Names are static; values are copied by nghttp2. */
static nghttp2_nv field(const char *name, struct str value)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value.p,
		strlen(name), value.n, NGHTTP2_NV_FLAG_NO_COPY_NAME };
}

static void set_body(struct h2_stream *s, struct str body)
{
	buf_reset(&s->answer);
	s->sent = 0;
	ensure(buf_add(&s->answer, body.p, body.n) == 0);
}

void h2_answer(
    struct h2_stream *s, unsigned status, const struct h2_field *fields, size_t n, struct str body)
{
	nghttp2_data_provider provider = { { .ptr = s }, read_answer };
	char status_text[STR_NUMBER_MAX], length[STR_NUMBER_MAX];
	nghttp2_nv nv[FIELDS_MAX + 2];
	size_t n_nv = 0;

	ensure(!s->is_answered && n <= FIELDS_MAX && status >= 100 && status <= 999);
	s->is_answered = true;
	(void)str_number(status_text, status);
	(void)str_number(length, body.n);
	nv[n_nv++] = field(":status", str_of(status_text));
	for (size_t i = 0; i < n; i++)
		nv[n_nv++] = field(fields[i].name, fields[i].value);
	if (status != 204) /* RFC 9110 8.6 */
		nv[n_nv++] = field("content-length", str_of(length));
	set_body(s, body);
	/* RFC 9110 9.3.2: the fields of the answer, never its content */
	if (str_is(s->message.method, "HEAD"))
		body.n = 0;
	(void)nghttp2_submit_response(s->h->session, s->id, nv, n_nv, body.n ? &provider : NULL);
}

bool h2_takes_requests(const struct h2 *h)
{
	return !h->is_finishing && nghttp2_session_check_request_allowed(h->session);
}

int h2_request(struct h2 *h, const char *method, struct str authority, struct str path,
    struct str content_type, struct str body, void *user, msec now)
{
	nghttp2_data_provider provider = { { .ptr = NULL }, read_answer };
	struct h2_stream *s;
	nghttp2_nv nv[6];
	char length[STR_NUMBER_MAX];
	int32_t id;

	ensure(!h->is_server);
	if (!h2_takes_requests(h))
		return ERR_CLOSED;
	h->now = now;
	s = h2_begin_stream(h, 0);
	s->user = user;
	provider.source.ptr = s;
	set_body(s, body);
	(void)str_number(length, body.n);
	nv[0] = field(":method", str_of(method));
	nv[1] = field(":scheme", (struct str)STR_LIT("https"));
	nv[2] = field(":authority", authority);
	nv[3] = field(":path", path);
	nv[4] = field("content-type", content_type);
	nv[5] = field("content-length", str_of(length));
	id = nghttp2_submit_request(h->session, NULL, nv, ARRAY_LEN(nv), &provider, s);
	if (id < 0) {
		h2_end_stream(s);
		return ERR_CLOSED;
	}
	s->id = id;
	return 0;
}
