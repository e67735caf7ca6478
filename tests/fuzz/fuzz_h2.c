/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a client says to a server session.
 *
 * The first byte says whether a preface goes before them and how the owner answers; each chunk is
 * as long as the byte in front of it says (0: the rest), and time goes on between chunks.  What the
 * session has to say is taken after each; all of it together stays bounded.
 */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "net/h2.h"

enum {
	OUTPUT_MAX = 4 << 20,
	HELD_MAX = 4,
	HAS_PREFACE = 1, /* bits of the first byte */
	AT_ONCE = 2,
	FINISHES = 4,
	LATE = 8,
	SLOW = 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

static struct {
	struct h2 *h;
	unsigned mode, headers;
	size_t total;
	struct buf out;
} run;

static const struct h2_limits limits = {
	.streams = 8,
	.header_bytes = 2048,
	.body_bytes = 4096,
	.body = 1000,
	.response = 1000,
};

static void answer(struct h2_stream *s, unsigned status)
{
	static const struct h2_field fields[] = {
		{ "content-type", STR_LIT("application/problem+json") },
		{ "retry-after", STR_LIT("5") },
	};
	static char body[600];

	ensure(!h2_is_answered(s));
	h2_answer(s, status, fields, ARRAY_LEN(fields), (struct str){ body, sizeof(body) });
	ensure(h2_is_answered(s));
}

static void on_headers(void *arg, struct h2_stream *s)
{
	const struct h2_message *m = h2_message_of(s);

	ensure(arg == &run && h2_owner(s) == arg);
	ensure(m->method.n + m->path.n + m->authority.n <= limits.header_bytes);
	run.headers++;
	if (run.mode & AT_ONCE && run.headers % 2)
		answer(s, m->content_length > 100 ? 415 : 404);
}

static void on_request(void *arg, struct h2_stream *s)
{
	ensure(arg == &run);
	ensure(h2_message_of(s)->body.n <= limits.body_bytes);
	if (run.mode & LATE && run.headers % 3 == 0)
		return; /* never: its deadline ends it */
	answer(s, 200);
	if (run.mode & FINISHES && run.headers % 2 == 0)
		h2_finish(run.h, H2_NO_ERROR);
}

static void on_excess(void *arg, struct h2_stream *s, unsigned status)
{
	ensure(arg == &run && (status == 413 || status == 431));
	answer(s, status);
}

static const struct h2_handler handler = {
	.on_headers = on_headers,
	.on_request = on_request,
	.on_excess = on_excess,
};

static void drain(void)
{
	ensure(h2_output(run.h, &run.out) == 0);
	run.total += run.out.len;
	ensure(run.total <= OUTPUT_MAX);
	buf_reset(&run.out);
	ensure(h2_open_streams(run.h) <= limits.streams);
}

/* Hands over one chunk.  False when the session is over. */
static bool say(const uint8_t *p, size_t n, msec now)
{
	bool ok = h2_input(run.h, (const char *)p, n, now) == 0;
	msec deadline;

	drain();
	deadline = h2_deadline(run.h);
	if (deadline && deadline <= now) {
		h2_expire(run.h, now);
		drain();
	}
	if (!ok)
		ensure(h2_is_finishing(run.h) && *h2_why(run.h) && h2_is_over(run.h));
	return ok && !h2_is_over(run.h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h2_pool *pool;
	msec now = 1000000;
	bool more = true;

	if (size == 0)
		return 0;
	pool = h2_pool_new();
	memset(&run, 0, sizeof(run));
	buf_init(&run.out, OUTPUT_MAX);
	run.mode = *data++;
	size--;
	run.h = h2_server(pool, &limits, &handler, &run, now);
	if (run.mode & HAS_PREFACE)
		more = say((const uint8_t *)preface, sizeof(preface) - 1, now);
	while (more && size > 0) {
		size_t n = *data++;

		size--;
		n = n == 0 || n > size ? size : n;
		now += run.mode & SLOW ? 200 + n : n;
		more = say(data, n, now);
		data += n;
		size -= n;
	}
	h2_free(run.h);
	h2_pool_free(pool);
	buf_release(&run.out);
	return 0;
}
