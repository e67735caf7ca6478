/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what name servers answer.
 *
 * The first byte says how: either all that follows is one message to read for SRV records, or a
 * resolver asks a name server, here in the same loop, whose answers are made of the rest: each
 * begins with a byte for its kind and one for its length.  Names are found within their bounds, in
 * the order of RFC 2782, and every query is told once.
 */
#include "base/base.h"

#include <arpa/nameser.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "bytes.h"
#include "net/resolve_int.h"

enum {
	MESSAGE_MAX = 1024,
	HEAD = 12, /* bytes of a message before its question */
	QUERIES = 3,
	TRY_MSEC = 8,
	PATIENCE_MSEC = 5000,
	DIRECT = 1, /* bits of the first byte */
	HOST = 2,
	RECONFIGURES = 4,
	CANCELS = 8,
	IN_A_ROW = 16, /* the next query when the first is done: from memory */
	STARVES = 32,  /* the end comes while queries are open */
};

/* Kinds of an answer, and of a record in one that is composed. */
enum kind {
	COMPOSED,
	BODY,    /* what follows the question, with its number of records */
	MESSAGE, /* all but its id */
	CODE,
	CUT,
	KINDS
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct loop *loop;
	struct loop_io io; /* of the name server */
	struct loop_timer patience;
	struct addr addr;
	struct resolver *r;
	struct bytes b;
	unsigned mode, begun, told;
	struct resolve_query *queries[QUERIES];
	unsigned char out[MESSAGE_MAX];
	size_t n;
} run;

/* --- the name server */

static void put(const void *p, size_t n)
{
	n = n < MESSAGE_MAX - run.n ? n : MESSAGE_MAX - run.n;
	if (n > 0)
		memcpy(run.out + run.n, p, n);
	run.n += n;
}

static void put16(unsigned n)
{
	put((unsigned char[]){ (unsigned char)(n >> 8), (unsigned char)n }, 2);
}

/* One of a few hosts; or the name that was asked for; or anything. */
static void put_name(struct bytes *b)
{
	unsigned char label[3] = { 1, 0, 0 };
	unsigned which = bytes_pick(b, 12);

	if (which == 11) {
		put16((unsigned)bytes_number(b, 2));
	} else if (which == 10) {
		put("", 1);
	} else {
		label[1] = (unsigned char)('A' + which);
		put(label, 3);
	}
}

static void put_data(unsigned type, struct bytes *b)
{
	struct str raw;

	switch (type) {
	case ns_t_srv:
		put16(bytes_take(b) % 4);
		put16(bytes_take(b));
		put16(bytes_take(b) * 257);
		put_name(b);
		break;
	case ns_t_cname:
		put_name(b);
		break;
	case ns_t_a:
		put((unsigned char[]){ 127, 0, (unsigned char)bytes_take(b), 1 }, 4);
		break;
	case ns_t_aaaa:
		put("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		break;
	default:
		raw = bytes_str(b);
		put(raw.p, raw.n);
	}
}

static void put_record(struct bytes *b)
{
	static const unsigned types[] = { ns_t_srv, ns_t_a, ns_t_aaaa, ns_t_cname, ns_t_txt };
	unsigned how = bytes_take(b), type = types[how % ARRAY_LEN(types)];
	size_t at;

	if (how & 0x80)
		put_name(b);
	else
		put16(0xc00c); /* what was asked for */
	put16(how & 0x40 ? bytes_take(b) : type);
	put16(ns_c_in);
	put16(how & 0x20 ? bytes_take(b) << 8 : 0);
	put16(how & 0x20 ? bytes_take(b) : 300);
	at = run.n;
	put16(0);
	put_data(type, b);
	if (at + 2 <= run.n)
		run.out[at + 1] = (unsigned char)(run.n - at - 2);
}

/* The number of records is known when they are there. */
static void compose(struct bytes *b)
{
	unsigned n = 0;

	for (; b->n > 0 && n < 40; n++)
		put_record(b);
	run.out[7] = (unsigned char)n;
}

/* Into run.out; `query` has a header and a question. */
static void make_answer(const unsigned char *query, size_t n, struct bytes *all)
{
	unsigned kind = bytes_pick(all, KINDS);
	struct str part = bytes_str(all);
	struct bytes b = { (const uint8_t *)part.p, part.n };

	run.n = 0;
	if (kind == MESSAGE) {
		put(query, 2);
		put(b.p, b.n);
		return;
	}
	put(query, n);
	memcpy(run.out + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
	if (kind == COMPOSED) {
		compose(&b);
	} else if (kind == BODY) {
		run.out[7] = (unsigned char)bytes_pick(&b, 40);
		put(b.p, b.n);
	} else if (kind == CODE) {
		run.out[3] = (unsigned char)(0x80 | bytes_pick(&b, 16));
	} else {
		run.out[2] |= 2;
	}
}

/* The question alone: what c-ares adds behind it is not wanted. */
static size_t question_end(const unsigned char *query, size_t n)
{
	size_t at = HEAD;

	while (at < n && query[at] != 0)
		at += query[at] + 1u;
	ensure(at + 5 <= n);
	return at + 5;
}

static void on_query(struct loop_io *io, int events)
{
	unsigned char query[MESSAGE_MAX];
	struct addr from;
	socklen_t from_n = sizeof(from.sa);
	ssize_t n = recvfrom(io->ev.fd, query, sizeof(query), MSG_DONTWAIT, &from.sa.any, &from_n);

	(void)events;
	if (n < HEAD)
		return;
	if (run.b.n > 0) {
		make_answer(query, question_end(query, (size_t)n), &run.b);
	} else {
		run.n = 0;
		put(query, question_end(query, (size_t)n));
		memcpy(run.out + 2, "\x81\x83\0\1\0\0\0\0\0\0", 10); /* no such name */
	}
	(void)sendto(io->ev.fd, run.out, run.n, 0, &from.sa.any, from_n); /* lost is fine */
}

/* --- queries */

static struct resolve_conf make_conf(void)
{
	return (struct resolve_conf){
		.n_servers = 1, .servers = { run.addr }, .timeout = TRY_MSEC, .tries = 1
	};
}

static void ask(void);

static void on_answer(void *arg, const struct resolve_answer *a)
{
	struct resolve_query **q = arg;

	ensure(*q);
	*q = NULL;
	run.told++;
	ensure(a->n <= RESOLVE_ADDRS_MAX && (a->n == 0) == (a->why != NULL));
	if (a->n > 0)
		ensure(a->ttl_s >= RESOLVE_TTL_MIN_S && a->ttl_s <= RESOLVE_TTL_MAX_S);
	else
		ensure(a->ttl_s == 0 && *a->why);
	for (size_t i = 0; i < a->n; i++) {
		const int family = a->addrs[i].sa.any.sa_family;

		ensure(family == AF_INET || family == AF_INET6);
		ensure(!(run.mode & HOST) || addr_port(&a->addrs[i]) == 443);
	}
	if (run.mode & IN_A_ROW && run.begun < QUERIES)
		ask();
	if (run.told == (run.mode & STARVES ? 1 : run.begun))
		loop_stop(run.loop); /* once, or it stops the next run as well */
}

static void ask(void)
{
	struct resolve_query **q = &run.queries[run.begun++];

	if (run.mode & HOST)
		*q = resolve_host(run.r, "A", 443, on_answer, q);
	else
		*q = resolve_srv(run.r, "_n32._tcp.Example.org", on_answer, q);
	ensure(*q);
}

static void on_impatience(struct loop_timer *t)
{
	(void)t;
	ensure(!"every query ends");
}

static void try_resolver(void)
{
	struct resolve_conf conf = make_conf();

	run.r = resolver_new(run.loop, &conf, NULL);
	ensure(run.r);
	ask();
	if (!(run.mode & IN_A_ROW))
		ask();
	if (run.mode & RECONFIGURES)
		ensure(resolver_configure(run.r, &conf, NULL) == 0);
	if (run.mode & CANCELS && run.queries[1]) {
		resolve_cancel(run.queries[1]);
		run.queries[1] = NULL;
		run.begun--;
	}
	loop_timer_set(&run.patience, PATIENCE_MSEC);
	loop_run(run.loop);
	loop_timer_stop(&run.patience);
	ensure(run.mode & STARVES || run.told == run.begun);
	resolver_free(run.r);
}

/* --- a message */

static void check_order(const struct resolve_target *t, size_t n)
{
	for (size_t i = 1; i < n; i++)
		ensure(t[i - 1].priority <= t[i].priority);
}

static void try_message(void)
{
	struct resolve_found found;
	char name[RESOLVE_NAME_MAX];
	unsigned sum = 0;
	const char *why = resolve_srv_read(&found, run.b.p, run.b.n);

	if (why) {
		ensure(why == resolve_malformed || why == resolve_no_service);
		return;
	}
	ensure(found.n > 0 && found.n <= RESOLVE_TARGETS_MAX);
	ensure(found.ttl_s >= RESOLVE_TTL_MIN_S && found.ttl_s <= RESOLVE_TTL_MAX_S);
	for (size_t i = 0; i < found.n; i++) {
		const struct resolve_target *t = &found.u.targets[i];

		ensure(resolve_name(name, t->name) && strcmp(name, t->name) == 0);
		ensure(
		    t->priority <= UINT16_MAX && t->weight <= UINT16_MAX && t->port <= UINT16_MAX);
		sum += t->port + t->weight;
	}
	resolve_srv_order(found.u.targets, found.n);
	check_order(found.u.targets, found.n);
	for (size_t i = 0; i < found.n; i++)
		sum -= found.u.targets[i].port + found.u.targets[i].weight;
	ensure(sum == 0);
}

static void start(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr any;

	ensure(fd >= 0 && addr_parse(&any, "127.0.0.1:0", NULL) == 0);
	ensure(bind(fd, &any.sa.any, addr_len(&any)) == 0);
	ensure(addr_of_socket(&run.addr, fd, NULL) == 0);
	run.loop = loop_new(NULL);
	ensure(run.loop);
	loop_timer_init(&run.patience, run.loop, on_impatience);
	loop_io_init(&run.io, run.loop, fd, on_query);
	loop_io_want(&run.io, LOOP_READ);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!run.loop)
		start();
	run.b = (struct bytes){ data, size };
	run.mode = bytes_take(&run.b);
	run.begun = run.told = 0;
	memset(run.queries, 0, sizeof(run.queries));
	if (run.mode & DIRECT)
		try_message();
	else
		try_resolver();
	return 0;
}
