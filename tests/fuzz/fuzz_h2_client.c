/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a server says to a client session with open requests.
 *
 * The first byte says whether SETTINGS go before them and how the owner behaves, the second how
 * many requests there are at first; each chunk is as long as the byte in front of it says (0: the
 * rest), and time goes on between chunks.  Each request is told once how it ended, whatever the
 * server says; what it was told with is within its bounds.
 */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "bytes.h"
#include "net/h2.h"

enum {
	OUTPUT_MAX = 4 << 20,
	REQUESTS_MAX = 24,
	HAS_SETTINGS = 1, /* bits of the first byte */
	AGAIN = 2,        /* an answer leads to the next request */
	MORE = 4,         /* so does each chunk */
	FINISHES = 8,
	PINGS = 16,
	SLOW = 32,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings[] = "\0\0\0\4\0\0\0\0\0";

/* Freed as it is told, so that whatever is told twice is found. */
struct ask {
	unsigned number;
};

static struct {
	struct h2 *h;
	unsigned mode;
	unsigned asked, told;
	bool is_freeing;
	size_t total;
	struct buf out;
	msec now;
} run;

static const struct h2_limits limits = {
	.streams = 8,
	.header_bytes = 2048,
	.body_bytes = 4096,
	.body = 1000,
	.response = 1000,
};

static void ask(void)
{
	static char body[300];
	struct ask *a;

	if (run.asked == REQUESTS_MAX || run.is_freeing)
		return;
	a = mem_alloc(sizeof(*a));
	a->number = run.asked;
	if (h2_request(run.h, "POST", (struct str)STR_LIT("sepp.example.org"),
		(struct str)STR_LIT("/n32c-handshake/v1/exchange-capability"),
		(struct str)STR_LIT("application/json"), (struct str){ body, sizeof(body) }, a,
		run.now) == 0)
		run.asked++;
	else
		mem_free(a);
}

static void on_response(void *arg, struct h2_stream *s, bool complete, uint32_t code)
{
	const struct h2_message *m = h2_message_of(s);
	struct ask *a = h2_user(s);

	ensure(arg == &run && h2_owner(s) == arg);
	ensure(a->number < run.asked && h2_is_answered(s));
	ensure(m->body.n <= limits.body_bytes);
	ensure(m->content_type.n + m->retry_after.n + m->location.n <= limits.header_bytes);
	ensure(m->content_length >= -1);
	if (complete)
		ensure(code == H2_NO_ERROR && m->status >= 200 && m->status <= 999);
	mem_free(a);
	run.told++;
	if (run.mode & AGAIN)
		ask();
	if (run.mode & FINISHES && run.told == 3 && !run.is_freeing)
		h2_finish(run.h, H2_NO_ERROR);
}

static const struct h2_handler handler = {
	.on_response = on_response,
};

static void drain(void)
{
	ensure(h2_output(run.h, &run.out) == 0);
	run.total += run.out.len;
	ensure(run.total <= OUTPUT_MAX);
	buf_reset(&run.out);
	/* each is told when its answer is there or when its stream has ended */
	ensure(run.asked - run.told <= h2_open_streams(run.h));
}

/* Hands over one chunk.  False when the session is over. */
static bool say(const char *p, size_t n)
{
	bool ok = h2_input(run.h, p, n, run.now) == 0;
	msec deadline;

	if (run.mode & MORE)
		ask();
	if (run.mode & PINGS && !h2_is_ping_open(run.h))
		h2_ping(run.h);
	drain();
	deadline = h2_deadline(run.h);
	ensure(!deadline == !h2_open_streams(run.h));
	if (deadline && deadline <= run.now) {
		h2_expire(run.h, run.now);
		drain();
	}
	if (!ok)
		ensure(h2_is_finishing(run.h) && *h2_why(run.h) && h2_is_over(run.h));
	return ok && !h2_is_over(run.h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	struct h2_pool *pool = h2_pool_new();
	bool more = true;

	memset(&run, 0, sizeof(run));
	buf_init(&run.out, OUTPUT_MAX);
	run.now = 1000000;
	run.mode = bytes_take(&b);
	run.h = h2_client(pool, &limits, &handler, &run, run.now);
	for (unsigned n = bytes_pick(&b, 8); n > 0; n--)
		ask();
	drain();
	if (run.mode & HAS_SETTINGS)
		more = say(settings, sizeof(settings) - 1);
	while (more && b.n > 0) {
		struct str chunk = { (const char *)b.p + 1, b.n - 1 };

		if (*b.p != 0)
			chunk = bytes_str(&b);
		else
			b.n = 0;
		run.now += run.mode & SLOW ? 200 + chunk.n : chunk.n;
		more = say(chunk.p, chunk.n);
	}
	run.is_freeing = true;
	h2_free(run.h);
	ensure(run.asked == run.told);
	h2_pool_free(pool);
	buf_release(&run.out);
	return 0;
}
