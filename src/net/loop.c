/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/loop.h"

struct loop {
	struct ev_loop *ev;
	ev_check woken;     /* first thing after waiting */
	ev_prepare waiting; /* last thing before */
	ev_idle busy; /* while something waits in `later`: looks for events, but not for long */
	TAILQ_HEAD(, loop_later) later;
	ev_async posted;
	msec now, last_turn;
	bool stop; /* guarded by `lock`; read in the loop's thread */
	pthread_mutex_t lock;
	struct loop_task *first, **last;
};

static void on_woken(struct ev_loop *ev, ev_check *w, int events)
{
	struct loop *l = container_of(w, struct loop, woken);

	(void)ev;
	(void)events;
	l->now = clock_mono();
}

/* Does some of what could wait. */
static void serve_later(struct loop *l)
{
	const uint64_t until = clock_mono_ns() + LOOP_SPARE_USEC * (uint64_t)1000;
	struct loop_later *later;

	do {
		later = TAILQ_FIRST(&l->later);
		loop_later_stop(later);
		later->fn(later); /* it may be gone then */
	} while (!TAILQ_EMPTY(&l->later) && clock_mono_ns() < until);
}

static void on_waiting(struct ev_loop *ev, ev_prepare *w, int events)
{
	struct loop *l = container_of(w, struct loop, waiting);
	const struct loop_later *oldest;

	(void)events;
	if (!TAILQ_EMPTY(&l->later))
		serve_later(l);
	oldest = TAILQ_FIRST(&l->later);
	l->last_turn = clock_mono() - (oldest ? oldest->since : l->now);
	if (oldest)
		ev_idle_start(ev, &l->busy);
	else
		ev_idle_stop(ev, &l->busy);
}

static void on_busy(struct ev_loop *ev, ev_idle *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
}

static void on_posted(struct ev_loop *ev, ev_async *w, int events)
{
	struct loop *l = container_of(w, struct loop, posted);
	struct loop_task *task, *next;
	bool stop;

	(void)events;
	pthread_mutex_lock(&l->lock);
	task = l->first;
	l->first = NULL;
	l->last = &l->first;
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	for (; task; task = next) {
		next = task->next; /* the task may be gone when it returns */
		task->fn(task);
	}
	if (stop)
		ev_break(ev, EVBREAK_ALL);
}

/* An allocator of libev. */
static void *resize(void *p, long size)
{
	if (size > 0)
		return mem_resize(p, (size_t)size);
	mem_free(p);
	return NULL;
}

static void use_memory(void)
{
	ev_set_allocator(resize);
}

struct loop *loop_new(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct loop *l = mem_alloc(sizeof(*l));

	pthread_once(&once, use_memory);
	/* signals are delivered by signal watchers of whichever loop starts them */
	l->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!l->ev) {
		err_set(e, ERR_SYS, "cannot create an event loop (epoll)");
		mem_free(l);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	l->last = &l->first;
	l->now = clock_mono();
	ev_check_init(&l->woken, on_woken);
	ev_set_priority(&l->woken, EV_MAXPRI);
	ev_check_start(l->ev, &l->woken);
	ev_prepare_init(&l->waiting, on_waiting);
	ev_prepare_start(l->ev, &l->waiting);
	ev_idle_init(&l->busy, on_busy);
	TAILQ_INIT(&l->later);
	ev_async_init(&l->posted, on_posted);
	ev_async_start(l->ev, &l->posted);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	ev_loop_destroy(l->ev);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

void loop_begin(struct loop *l)
{
	ev_now_update(l->ev);
	l->now = clock_mono();
}

void loop_run(struct loop *l)
{
	ev_run(l->ev, 0);
}

void loop_stop(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_mutex_unlock(&l->lock);
	ev_async_send(l->ev, &l->posted);
}

msec loop_now(const struct loop *l)
{
	return l->now;
}

int64_t loop_wall_s(const struct loop *l)
{
	return (int64_t)ev_now(l->ev);
}

msec loop_last_turn(const struct loop *l)
{
	return l->last_turn;
}

void loop_post(struct loop *l, struct loop_task *task)
{
	task->next = NULL;
	pthread_mutex_lock(&l->lock);
	*l->last = task;
	l->last = &task->next;
	pthread_mutex_unlock(&l->lock);
	ev_async_send(l->ev, &l->posted);
}

static void on_io(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop_io *io = container_of(w, struct loop_io, ev);

	(void)ev;
	io->fn(io, (events & EV_READ ? LOOP_READ : 0) | (events & EV_WRITE ? LOOP_WRITE : 0));
}

void loop_io_init(
    struct loop_io *io, struct loop *l, int fd, void (*fn)(struct loop_io *io, int events))
{
	io->loop = l;
	io->fn = fn;
	ev_io_init(&io->ev, on_io, fd, 0);
}

void loop_io_want(struct loop_io *io, int events)
{
	int want = (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);

	if (ev_is_active(&io->ev) ? (io->ev.events & (EV_READ | EV_WRITE)) == want : want == 0)
		return;
	ev_io_stop(io->loop->ev, &io->ev);
	ev_io_modify(&io->ev, want);
	if (want)
		ev_io_start(io->loop->ev, &io->ev);
}

void loop_io_stop(struct loop_io *io)
{
	ev_io_stop(io->loop->ev, &io->ev);
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop_timer *t = container_of(w, struct loop_timer, ev);

	(void)ev;
	(void)events;
	t->fn(t);
}

void loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(struct loop_timer *t))
{
	t->loop = l;
	t->fn = fn;
	ev_timer_init(&t->ev, on_timer, 0, 0);
}

void loop_timer_set(struct loop_timer *t, msec delay)
{
	ev_timer_stop(t->loop->ev, &t->ev);
	ev_timer_set(&t->ev, (double)delay / 1000, 0);
	ev_timer_start(t->loop->ev, &t->ev);
}

bool loop_timer_is_set(const struct loop_timer *t)
{
	return ev_is_active(&t->ev);
}

void loop_timer_stop(struct loop_timer *t)
{
	ev_timer_stop(t->loop->ev, &t->ev);
}

void loop_later_init(struct loop_later *later, struct loop *l, void (*fn)(struct loop_later *later))
{
	later->loop = l;
	later->fn = fn;
	later->is_set = false;
}

void loop_later_set(struct loop_later *later)
{
	if (later->is_set)
		return;
	later->is_set = true;
	later->since = later->loop->now;
	TAILQ_INSERT_TAIL(&later->loop->later, later, next);
}

void loop_later_stop(struct loop_later *later)
{
	if (later->is_set)
		TAILQ_REMOVE(&later->loop->later, later, next);
	later->is_set = false;
}

static void on_signal(struct ev_loop *ev, ev_signal *w, int events)
{
	struct loop_signal *s = container_of(w, struct loop_signal, ev);

	(void)ev;
	(void)events;
	s->fn(s);
}

void loop_signal_start(
    struct loop_signal *s, struct loop *l, int signum, void (*fn)(struct loop_signal *s))
{
	s->loop = l;
	s->fn = fn;
	ev_signal_init(&s->ev, on_signal, signum);
	ev_signal_start(l->ev, &s->ev);
}

void loop_signal_stop(struct loop_signal *s)
{
	ev_signal_stop(s->loop->ev, &s->ev);
}
