/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sepp/call.h"
#include "sepp/caller.h"

struct call {
	call_fn *fn; /* NULL: nobody wants to know */
	void *owner;
};

struct call *call_post(struct session *s, const char *authority, const char *operation,
    struct str body, call_fn *fn, void *owner)
{
	struct call *c;
	char path[64];

	if (!conn_is_usable(s->c))
		return NULL;
	c = mem_alloc(sizeof(*c));
	c->fn = fn;
	c->owner = owner;
	snprintf(path, sizeof(path), "/n32c-handshake/v1/%s", operation);
	if (h2_request(conn_h2(s->c), "POST", str_of(authority), str_of(path),
		(struct str)STR_LIT("application/json"), body, c,
		loop_now(caller_worker(s->c)->loop)) == 0)
		return c;
	mem_free(c);
	return NULL;
}

void call_forget(struct call *c)
{
	if (c)
		c->fn = NULL;
}

unsigned call_retry_s(struct str text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 60;
		n = n * 10 + (unsigned)(text.p[i] - '0');
		if (n > CALL_RETRY_MAX_S)
			return CALL_RETRY_MAX_S;
	}
	return n;
}

bool call_is_json(struct str type)
{
	const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;

	if (semicolon)
		type.n = (size_t)(semicolon - type.p);
	while (type.n > 0 && (type.p[type.n - 1] == ' ' || type.p[type.n - 1] == '\t'))
		type.n--;
	return str_ieq(type, (struct str)STR_LIT("application/json"));
}

static const char *reason_of(uint32_t code)
{
	switch (code) {
	case H2_CANCEL:
		return "no whole answer in time, or the connection ended";
	case H2_REFUSED_STREAM:
		return "the request was refused by the server";
	default:
		return "the request was reset";
	}
}

void call_on_response(struct conn *c, struct h2_stream *s, bool complete, uint32_t code)
{
	const struct h2_message *m = h2_message_of(s);
	struct call *call = h2_user(s);
	struct call_result r = { .s = session_of(c), .message = m, .why = "" };

	if (complete && m->status >= 200) {
		r.status = m->status;
		r.retry_s = call_retry_s(m->retry_after);
		r.is_json = call_is_json(m->content_type);
	} else {
		r.why = reason_of(code);
	}
	if (call->fn)
		call->fn(call->owner, &r);
	mem_free(call);
}
