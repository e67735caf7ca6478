/* SPDX-License-Identifier: MIT */
/*
 * load.c - loads an N32-c responder, or any other HTTP/2 server that wants client certificates.
 *
 * One thread.  A run goes through phases (connections up, warm-up, window); in each, operations are
 * started in a closed loop or by the clock, until all are done.  Exits 0 when every operation of
 * the window had the expected answer, 1 when not, 2 when the command line was wrong.
 */
#include "base/base.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "load_conn.h"
#include "load_opt.h"
#include "load_stat.h"

enum {
	TICK_MS = 100,
	COMPLAINTS = 5,  /* printed, of all */
	UP_AT_ONCE = 16, /* connections being opened before a window */
	EVENTS = 256,
};

struct load {
	struct load_opt opt;
	struct load_stat stat;
	struct load_net net;
	size_t n_conns;
	struct load_conn *conns;
	unsigned *free; /* slots to be used next */
	size_t n_free;
	unsigned in_flight; /* slots that are not free */
	unsigned up;        /* keep: connections ready; idle: answered and held */
	unsigned first;     /* keep: the connection that is asked first */
	bool raising;       /* keep: connections are being opened, nothing is asked */
	bool stopped;
	uint64_t total, started, phase_ns;
	uint64_t barren; /* connections that ended without an answer */
	unsigned complaints;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static void complain(struct load *l, const struct err *e)
{
	if (e && l->complaints++ < COMPLAINTS)
		fprintf(stderr, "load: %s\n", e->text);
}

static uint64_t due_ns(const struct load *l, uint64_t nth)
{
	return l->phase_ns + nth * 1000000000ull / l->opt.rate;
}

/* Claims the next operation; `*since_ns` is when it was meant to start. */
static bool next_operation(struct load *l, uint64_t *since_ns)
{
	uint64_t now = load_now_ns();

	if (l->started == l->total || l->stopped)
		return false;
	if (l->opt.rate && due_ns(l, l->started) > now)
		return false;
	*since_ns = l->opt.rate ? due_ns(l, l->started) : now;
	l->started++;
	return true;
}

static void open_slot(struct load *l, uint64_t since_ns)
{
	unsigned slot = l->free[--l->n_free];

	l->in_flight++;
	load_conn_open(&l->conns[slot], &l->net, since_ns);
}

static void fill_streams(struct load *l, struct load_conn *c)
{
	uint64_t since;

	while (load_h2_can_post(&c->h2) && next_operation(l, &since))
		load_conn_post(c, since);
}

static void count_up(struct load *l, struct load_conn *c)
{
	c->up = true;
	l->up++;
}

static void keep_turn(struct load *l, struct load_conn *c)
{
	if (!c->up)
		count_up(l, c);
	if (!l->raising)
		fill_streams(l, c);
	if (c->h2.going && !c->h2.open)
		load_conn_close(c);
	c->deadline_ns = c->h2.open ? load_now_ns() + l->opt.timeout_s * 1000000000ull : 0;
}

static void on_turn(void *arg, struct load_conn *c)
{
	struct load *l = arg;

	if (l->opt.mode == LOAD_KEEP) {
		keep_turn(l, c);
		return;
	}
	if (!c->posted)
		load_conn_post(c, c->start_ns);
	if (c->answered && l->opt.mode == LOAD_CONN && !l->opt.server_closes)
		load_conn_close(c);
}

static void on_answer(void *arg, struct load_conn *c, int status, uint64_t since_ns)
{
	struct load *l = arg;

	load_stat_answer(&l->stat, status, load_now_ns() - since_ns);
	if (l->opt.mode != LOAD_IDLE)
		return;
	c->deadline_ns = 0;
	count_up(l, c);
}

static void give_up_if_hopeless(struct load *l)
{
	if (l->stopped || l->stat.failed + l->barren <= l->opt.max_errors)
		return;
	fprintf(stderr, "load: too many errors, giving up\n");
	l->complaints = COMPLAINTS;
	l->stopped = true;
}

static void on_refused(void *arg, struct load_conn *c)
{
	struct load *l = arg;
	struct err e;

	err_set(&e, ERR_H2, "the server refused the request");
	complain(l, &e);
	c->answered = c->posted; /* it will not come any more */
	load_stat_fail(&l->stat, LOAD_FAILED_H2);
	give_up_if_hopeless(l);
}

/* Operations that die with the connection. */
static unsigned unanswered(const struct load *l, const struct load_conn *c)
{
	if (l->opt.mode == LOAD_KEEP)
		return c->h2.open;
	return c->answered ? 0 : 1;
}

static void on_gone(void *arg, struct load_conn *c, enum load_failure why, const struct err *e)
{
	struct load *l = arg;
	unsigned n = unanswered(l, c);

	l->free[l->n_free++] = (unsigned)(c - l->conns);
	l->in_flight--;
	if (n || (!c->answered && l->opt.mode == LOAD_KEEP))
		complain(l, e);
	if (!n && !c->answered)
		l->barren++;
	for (unsigned i = 0; i < n && load_stat_done(&l->stat) < l->total; i++)
		load_stat_fail(&l->stat, why);
	if (c->up) {
		l->up--;
		l->stat.lost += l->opt.mode == LOAD_IDLE;
		l->stat.reopened += l->opt.mode == LOAD_KEEP;
	}
	give_up_if_hopeless(l);
}

/* Opens what may be opened now. */
static void open_more(struct load *l)
{
	uint64_t since;

	if (l->opt.mode == LOAD_KEEP) {
		while (l->n_free && l->in_flight - l->up < UP_AT_ONCE && !l->stopped)
			open_slot(l, load_now_ns());
		return;
	}
	while (l->n_free && l->in_flight - l->up < l->opt.conns && next_operation(l, &since))
		open_slot(l, since);
}

/* Posts what has come due on connections that have nothing to read. */
static void post_more(struct load *l)
{
	for (size_t i = 0; i < l->n_conns && l->started < l->total; i++) {
		struct load_conn *c = &l->conns[(l->first + i) % l->n_conns];

		if (c->state != LOAD_CONN_OPEN || c->closing || !load_h2_can_post(&c->h2))
			continue;
		keep_turn(l, c);
		load_conn_flush(c);
	}
	l->first++; /* each gets its share of an open loop */
}

static void check_deadlines(struct load *l)
{
	uint64_t now = load_now_ns();
	struct err e;

	err_set(&e, ERR_BUSY, "no answer in time");
	for (size_t i = 0; i < l->n_conns; i++) {
		struct load_conn *c = &l->conns[i];

		if (c->state != LOAD_CONN_FREE && c->deadline_ns && c->deadline_ns < now)
			load_conn_drop(c, LOAD_FAILED_TIMEOUT, &e);
	}
}

/* Until the next scheduled operation, a tick at most. */
static struct timespec patience(const struct load *l)
{
	uint64_t ns = TICK_MS * 1000000ull, now, due;

	if (l->opt.rate && l->started < l->total && !l->raising) {
		now = load_now_ns();
		due = due_ns(l, l->started);
		if (due <= now)
			due = now + 1000; /* all slots are busy: an answer will wake us */
		if (due - now < ns)
			ns = due - now;
	}
	return (struct timespec){ .tv_nsec = (long)ns };
}

/* One wait and what it brought; false when standard input ended. */
static bool spin(struct load *l)
{
	struct epoll_event events[EVENTS];
	struct timespec wait = patience(l);
	int n = epoll_pwait2(l->net.epoll, events, EVENTS, &wait, NULL);
	static uint64_t checked_ns;
	bool more = true;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			load_conn_turn(events[i].data.ptr, events[i].events);
		else
			more = false;
	}
	if (load_now_ns() - checked_ns > TICK_MS * 1000000ull) {
		checked_ns = load_now_ns();
		check_deadlines(l);
	}
	if (interrupted) {
		l->total = l->started; /* what is under way comes to its end */
		l->stopped = l->raising;
	}
	return more;
}

static bool is_done(const struct load *l)
{
	if (l->raising)
		return l->up == l->n_conns;
	if (load_stat_done(&l->stat) < l->total)
		return false;
	return l->opt.mode != LOAD_CONN || !l->in_flight;
}

static void run_phase(struct load *l, uint64_t total)
{
	l->total = total;
	l->started = 0;
	l->phase_ns = load_now_ns();
	while (!l->stopped && !is_done(l)) {
		open_more(l);
		if (l->opt.mode == LOAD_KEEP && !l->raising)
			post_more(l);
		(void)spin(l); /* standard input is not watched yet */
	}
}

static void drop_all(struct load *l)
{
	for (size_t i = 0; i < l->n_conns; i++)
		if (l->conns[i].state != LOAD_CONN_FREE)
			load_conn_drop(&l->conns[i], LOAD_FAILED_CLOSED, NULL);
}

/* Politely where that is possible; within the time of one operation. */
static void close_all(struct load *l)
{
	uint64_t end_ns = load_now_ns() + l->opt.timeout_s * 1000000000ull;

	interrupted = 0;
	l->stopped = true;
	for (size_t i = 0; i < l->n_conns; i++) {
		struct load_conn *c = &l->conns[i];

		if (c->state == LOAD_CONN_CONNECTING || c->state == LOAD_CONN_HANDSHAKE)
			load_conn_drop(c, LOAD_FAILED_CLOSED, NULL);
		if (c->state != LOAD_CONN_OPEN)
			continue;
		c->deadline_ns = end_ns;
		load_conn_close(c);
		load_conn_flush(c);
	}
	while (l->in_flight && load_now_ns() < end_ns && !interrupted)
		(void)spin(l); /* standard input has ended */
	drop_all(l);
}

/* Holds the connections until standard input ends, a signal comes, or the time is over. */
static int hold(struct load *l)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLHUP };
	uint64_t end_ns = load_now_ns() + l->opt.hold_s * 1000000000ull;
	char ignored[256];
	bool more = true;
	uint64_t lost;

	if (epoll_ctl(l->net.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &ev) < 0)
		more = false; /* a file, which is at its end at once */
	while (more && !interrupted && load_now_ns() < end_ns)
		if (!spin(l))
			more = read(STDIN_FILENO, ignored, sizeof(ignored)) > 0;
	(void)epoll_ctl(l->net.epoll, EPOLL_CTL_DEL, STDIN_FILENO, &ev); /* may not be in it */
	lost = l->stat.lost;
	printf(l->opt.json ? "{\"held\":%u,\"lost\":%llu}\n" : "%u held, %llu lost\n", l->up,
	    (unsigned long long)lost);
	close_all(l);
	return lost ? 1 : 0;
}

static void make_slots(struct load *l)
{
	l->n_conns = l->opt.mode == LOAD_IDLE ? l->opt.total : l->opt.conns;
	l->conns = mem_array(l->n_conns, sizeof(*l->conns));
	l->free = mem_array(l->n_conns, sizeof(*l->free));
	l->n_free = l->n_conns;
	for (size_t i = 0; i < l->n_conns; i++) {
		l->conns[i].fd = -1;
		l->free[i] = (unsigned)(l->n_conns - 1 - i);
	}
}

static int warm_up(struct load *l, struct err *e)
{
	unsigned want = l->opt.warmup;

	if (want)
		run_phase(l, want);
	if (l->stat.ok == want)
		return 0;
	return err_set(e, ERR_H2, "warm-up: %llu of %u operations had the expected answer",
	    (unsigned long long)l->stat.ok, want);
}

static int run(struct load *l, struct err *e)
{
	int code;

	if (l->opt.mode == LOAD_KEEP) {
		l->raising = true;
		run_phase(l, 0);
		l->raising = false;
	}
	code = warm_up(l, e);
	if (code == 0)
		code = load_stat_begin(&l->stat, e);
	if (code < 0)
		return code;
	l->net.tls.tickets = 0;
	run_phase(l, l->opt.total);
	l->stat.tickets = l->net.tls.tickets;
	return load_stat_end(&l->stat, e);
}

/* The exit code. */
static int finish(struct load *l)
{
	bool is_whole = l->opt.mode != LOAD_IDLE || l->total == l->opt.total;
	bool right = is_whole && l->stat.ok == l->total && !l->stat.failed;
	int code = 0;

	load_stat_print(&l->stat, l->opt.json);
	if (l->opt.mode == LOAD_IDLE && right)
		code = hold(l);
	else
		close_all(l);
	return right ? code : 1;
}

static void prepare_process(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	struct rlimit files;

	ensure(sigaction(SIGINT, &stop, NULL) == 0 && sigaction(SIGTERM, &stop, NULL) == 0);
	ensure(sigaction(SIGPIPE, &ignore, NULL) == 0);
	ensure(getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* too few show when a connection is opened */
}

int main(int argc, char *argv[])
{
	struct load *l = mem_alloc(sizeof(*l));
	struct load_conn_events events = { on_turn, on_answer, on_refused, on_gone, l };
	struct err e;
	int code = 2;

	prepare_process();
	if (load_opt_parse(&l->opt, argc, argv, &e) < 0) {
		fprintf(stderr, "load: %s\n%s", e.text, load_opt_usage());
		goto out;
	}
	load_stat_init(&l->stat, &l->opt);
	make_slots(l);
	code = 1;
	if (load_net_init(&l->net, &l->opt, &l->stat, &events, &e) < 0 || run(l, &e) < 0)
		fprintf(stderr, "load: %s\n", e.text);
	else
		code = finish(l);
	load_net_release(&l->net);
	load_stat_release(&l->stat);
out:
	load_opt_release(&l->opt);
	mem_free(l->conns);
	mem_free(l->free);
	mem_free(l);
	return code;
}
