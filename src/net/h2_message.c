/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/h2_int.h"

enum {
	FIELDS_MAX = 8
};

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
