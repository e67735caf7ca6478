/* SPDX-License-Identifier: MIT */
/*
 * Queries.  Each is a list of targets whose addresses are wanted: one, or those of an SRV record.
 * What c-ares is asked is a struct question; it cannot be taken back, so a query that is cancelled
 * stays until its last question has ended, and tells nobody.
 *
 * c-ares calls back from within its own functions, at times before they return.  A finished query
 * therefore waits for a timer of its own turn, where anything may be done.
 */
#include "base/base.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <string.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/loop.h"
#include "net/resolve_int.h"

TAILQ_HEAD(query_list, resolve_query);

struct resolver {
	struct loop *loop;
	struct resolve_channel *ch;          /* for new questions */
	SLIST_HEAD(, resolve_channel) older; /* each until its last question has ended */
	struct resolve_cache *cache;
	struct query_list open, done;
	size_t n_done;
	struct loop_timer settling;
};

struct host {
	struct resolve_target target;
	size_t n;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	const char *why;
};

struct resolve_query {
	TAILQ_ENTRY(resolve_query) link;
	struct resolver *r;
	resolve_fn *fn; /* NULL when nobody waits any more */
	void *arg;
	char name[RESOLVE_NAME_MAX]; /* of the service */
	bool is_done;
	size_t n_open; /* questions, and whoever is still asking */
	unsigned ttl_s;
	const char *why; /* that there are no hosts */
	size_t n_hosts;
	struct host hosts[RESOLVE_TARGETS_MAX];
};

/* Something that c-ares was asked: the addresses of a host, or an SRV record. */
struct question {
	struct resolve_channel *ch;
	struct resolve_query *q;
	struct host *host;
};

/* --- names, times, words */

bool resolve_name(char out[RESOLVE_NAME_MAX], const char *name)
{
	size_t n = 0;

	for (; name[n]; n++) {
		char c = str_lower(name[n]);

		if (n + 2 >= RESOLVE_NAME_MAX)
			return false;
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && !strchr("-_.", c))
			return false;
		out[n] = c;
	}
	if (n == 0 || (n == 1 && out[0] == '.'))
		return false;
	if (out[n - 1] != '.')
		out[n++] = '.';
	out[n] = '\0';
	return true;
}

unsigned resolve_ttl(uint32_t ttl_s)
{
	if (ttl_s < RESOLVE_TTL_MIN_S || ttl_s > INT32_MAX)
		return RESOLVE_TTL_MIN_S;
	return ttl_s < RESOLVE_TTL_MAX_S ? ttl_s : RESOLVE_TTL_MAX_S;
}

void resolve_lower_ttl(unsigned *least, uint32_t ttl_s)
{
	if (resolve_ttl(ttl_s) < *least)
		*least = resolve_ttl(ttl_s);
}

/*
 * c-ares tries the next server when one answers SERVFAIL, NOTIMP or REFUSED, and says
 * ARES_ECONNREFUSED when there is none left.
 */
static const char *why_of(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		return "no such name";
	case ARES_ENODATA:
		return "no address";
	case ARES_ECONNREFUSED:
	case ARES_EREFUSED:
	case ARES_ESERVFAIL:
	case ARES_ENOTIMP:
	case ARES_EFORMERR:
		return "the name servers refuse";
	case ARES_EBADRESP:
		return resolve_malformed;
	default:
		return "the name servers do not answer";
	}
}

/* --- queries */

static void query_free(struct resolve_query *q)
{
	struct resolver *r = q->r;

	TAILQ_REMOVE(q->is_done ? &r->done : &r->open, q, link);
	r->n_done -= q->is_done;
	mem_free(q);
}

/* Whoever was still asking for `q` does so no more; the last one ends it. */
static void query_release(struct resolve_query *q)
{
	struct resolver *r = q->r;

	if (--q->n_open > 0)
		return;
	if (!q->fn) {
		query_free(q);
		return;
	}
	TAILQ_REMOVE(&r->open, q, link);
	TAILQ_INSERT_TAIL(&r->done, q, link);
	q->is_done = true;
	r->n_done++;
	loop_timer_set(&r->settling, 0);
}

/* Starts with one that asks: the caller, until query_release(). */
static struct resolve_query *query_new(struct resolver *r, resolve_fn *fn, void *arg)
{
	struct resolve_query *q = mem_alloc(sizeof(*q));

	q->r = r;
	q->fn = fn;
	q->arg = arg;
	q->ttl_s = RESOLVE_TTL_MAX_S;
	q->n_open = 1;
	TAILQ_INSERT_TAIL(&r->open, q, link);
	return q;
}

static struct question *question_new(struct resolve_query *q, struct host *host)
{
	struct question *question = mem_alloc(sizeof(*question));

	question->ch = q->r->ch;
	question->q = q;
	question->host = host;
	question->ch->n_questions++;
	q->n_open++;
	return question;
}

/* An older channel goes with its last question, but not from within c-ares. */
static void question_end(struct question *question)
{
	struct resolver *r = question->q->r;

	question->ch->n_questions--;
	if (question->ch != r->ch && question->ch->n_questions == 0)
		loop_timer_set(&r->settling, 0);
	query_release(question->q);
	mem_free(question);
}

/* What was learnt from servers that are not asked any more is not remembered. */
static void remember(const struct question *question, enum resolve_kind kind, const char *name,
    const struct resolve_found *found)
{
	struct resolver *r = question->q->r;

	if (question->ch == r->ch)
		resolve_cache_put(r->cache, kind, name, loop_now(r->loop), found);
}

/* --- addresses of a host */

static void use_addrs(struct resolve_query *q, struct host *host, const struct resolve_found *found)
{
	host->n = found->n;
	memcpy(host->addrs, found->u.addrs, found->n * sizeof(host->addrs[0]));
	resolve_lower_ttl(&q->ttl_s, found->ttl_s);
}

static void read_addrs(struct resolve_found *out, const struct ares_addrinfo *ai)
{
	memset(out, 0, sizeof(*out));
	out->ttl_s = RESOLVE_TTL_MAX_S;
	for (const struct ares_addrinfo_cname *c = ai->cnames; c; c = c->next)
		resolve_lower_ttl(&out->ttl_s, (uint32_t)c->ttl);
	for (const struct ares_addrinfo_node *n = ai->nodes; n; n = n->ai_next) {
		resolve_lower_ttl(&out->ttl_s, (uint32_t)n->ai_ttl);
		if (out->n < RESOLVE_ADDRS_MAX && n->ai_addrlen <= sizeof(out->u.addrs[0]))
			memcpy(&out->u.addrs[out->n++], n->ai_addr, n->ai_addrlen);
	}
}

static void on_addrs(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct question *question = arg;
	struct host *host = question->host;
	struct resolve_found found;

	(void)timeouts;
	if (status == ARES_SUCCESS) {
		read_addrs(&found, ai);
		remember(question, RESOLVE_HOST, host->target.name, &found);
		use_addrs(question->q, host, &found);
	} else {
		host->why = why_of(status);
	}
	if (ai)
		ares_freeaddrinfo(ai);
	question_end(question);
}

static void ask_addrs(struct resolve_query *q, struct host *host)
{
	struct resolver *r = q->r;
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC };
	struct resolve_found found;

	if (resolve_cache_find(
		r->cache, RESOLVE_HOST, host->target.name, loop_now(r->loop), &found)) {
		use_addrs(q, host, &found);
		return;
	}
	ares_getaddrinfo(
	    r->ch->ares, host->target.name, NULL, &hints, on_addrs, question_new(q, host));
	resolve_channel_update(r->ch);
}

/* --- targets of a service */

static void use_targets(struct resolve_query *q, struct resolve_found *found)
{
	resolve_lower_ttl(&q->ttl_s, found->ttl_s);
	resolve_srv_order(found->u.targets, found->n);
	q->n_hosts = found->n;
	for (size_t i = 0; i < found->n; i++)
		q->hosts[i].target = found->u.targets[i];
	for (size_t i = 0; i < found->n; i++)
		ask_addrs(q, &q->hosts[i]);
}

static void on_targets(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
	struct question *question = arg;
	struct resolve_query *q = question->q;
	struct resolve_found found;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		q->why = resolve_srv_read(&found, msg, (size_t)len);
	else
		q->why = status == ARES_ENODATA ? resolve_no_service : why_of(status);
	if (!q->why)
		remember(question, RESOLVE_SRV, q->name, &found);
	if (!q->why && q->fn)
		use_targets(q, &found);
	question_end(question);
}

static void ask_targets(struct resolve_query *q)
{
	struct resolver *r = q->r;
	struct resolve_found found;

	if (resolve_cache_find(r->cache, RESOLVE_SRV, q->name, loop_now(r->loop), &found)) {
		use_targets(q, &found);
		return;
	}
	ares_query(r->ch->ares, q->name, ns_c_in, ns_t_srv, on_targets, question_new(q, NULL));
	resolve_channel_update(r->ch);
}

/* --- answers */

/* The addresses of all hosts, in their order; each has its share of the room. */
static void fill_answer(struct resolve_answer *out, const struct resolve_query *q)
{
	size_t share = q->n_hosts > 0 ? RESOLVE_ADDRS_MAX / q->n_hosts : 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < q->n_hosts; i++) {
		const struct host *host = &q->hosts[i];

		for (size_t j = 0; j < host->n && j < share; j++) {
			struct addr *a = &out->addrs[out->n++];

			*a = host->addrs[j];
			addr_set_port(a, host->target.port);
		}
	}
	if (out->n > 0)
		out->ttl_s = q->ttl_s;
	else
		out->why = q->n_hosts > 0 ? q->hosts[0].why : q->why;
}

static void deliver(struct resolve_query *q)
{
	struct resolve_answer answer;
	resolve_fn *fn = q->fn;
	void *arg = q->arg;

	fill_answer(&answer, q);
	query_free(q);
	fn(arg, &answer);
}

static void free_older(struct resolver *r, bool even_busy)
{
	struct resolve_channel *ch, *next;

	for (ch = SLIST_FIRST(&r->older); ch; ch = next) {
		next = SLIST_NEXT(ch, link);
		if (ch->n_questions > 0 && !even_busy)
			continue;
		SLIST_REMOVE(&r->older, ch, resolve_channel, link);
		resolve_channel_free(ch);
	}
}

/* As many as are done now: each may start another one that is done at once, from memory. */
static void on_settling(struct loop_timer *t)
{
	struct resolver *r = container_of(t, struct resolver, settling);

	for (size_t n = r->n_done; n > 0 && r->n_done > 0; n--)
		deliver(TAILQ_FIRST(&r->done));
	if (r->n_done > 0)
		loop_timer_set(&r->settling, 0);
	free_older(r, false);
}

/* --- what others call */

struct resolver *resolver_new(struct loop *l, const struct resolve_conf *conf, struct err *e)
{
	struct resolver *r = mem_alloc(sizeof(*r));

	r->loop = l;
	r->cache = resolve_cache_new();
	SLIST_INIT(&r->older);
	TAILQ_INIT(&r->open);
	TAILQ_INIT(&r->done);
	loop_timer_init(&r->settling, l, on_settling);
	r->ch = resolve_channel_new(l, conf, e);
	if (r->ch)
		return r;
	resolver_free(r);
	return NULL;
}

int resolver_configure(struct resolver *r, const struct resolve_conf *conf, struct err *e)
{
	struct resolve_channel *ch = resolve_channel_new(r->loop, conf, e);

	if (!ch)
		return ERR_SYS;
	SLIST_INSERT_HEAD(&r->older, r->ch, link);
	r->ch = ch;
	resolve_cache_reset(r->cache);
	loop_timer_set(&r->settling, 0);
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	free_older(r, true);
	if (r->ch)
		resolve_channel_free(r->ch);
	/* with their channels all queries have ended */
	ensure(TAILQ_EMPTY(&r->open));
	while (r->n_done > 0)
		query_free(TAILQ_FIRST(&r->done));
	loop_timer_stop(&r->settling);
	resolve_cache_free(r->cache);
	mem_free(r);
}

struct resolve_query *resolve_host(
    struct resolver *r, const char *name, unsigned port, resolve_fn *fn, void *arg)
{
	struct resolve_query *q = query_new(r, fn, arg);
	struct host *host = &q->hosts[0];

	q->n_hosts = 1;
	host->target.port = port;
	if (resolve_name(host->target.name, name))
		ask_addrs(q, host);
	else
		host->why = why_of(ARES_EBADNAME);
	query_release(q);
	return q;
}

struct resolve_query *resolve_srv(struct resolver *r, const char *name, resolve_fn *fn, void *arg)
{
	struct resolve_query *q = query_new(r, fn, arg);

	if (resolve_name(q->name, name))
		ask_targets(q);
	else
		q->why = why_of(ARES_EBADNAME);
	query_release(q);
	return q;
}

void resolve_cancel(struct resolve_query *q)
{
	q->fn = NULL;
	if (q->is_done)
		query_free(q);
}
