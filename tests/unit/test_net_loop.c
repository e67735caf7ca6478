/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"

enum {
	TASKS = 1000,
};

/* What happened, in order: one character for each event. */
static char trace[TASKS + 1];
static size_t traced;

static void note(char what)
{
	assert_true(traced < sizeof(trace) - 1);
	trace[traced++] = what;
	trace[traced] = '\0';
}

static struct loop *loop_of_test(void)
{
	struct err e;
	struct loop *l = loop_new(&e);

	assert_non_null(l);
	traced = 0;
	trace[0] = '\0';
	return l;
}

/* --- timers */

struct named_timer {
	struct loop_timer timer;
	char name;
	bool is_last;
};

static void on_timer(struct loop_timer *t)
{
	struct named_timer *n = container_of(t, struct named_timer, timer);

	note(n->name);
	if (n->is_last)
		loop_stop(t->loop);
}

static void start_timer(struct named_timer *n, struct loop *l, char name, msec delay)
{
	n->name = name;
	n->is_last = name == 'z';
	loop_timer_init(&n->timer, l, on_timer);
	assert_false(loop_timer_is_set(&n->timer));
	loop_timer_set(&n->timer, delay);
	assert_true(loop_timer_is_set(&n->timer));
}

static void timers_fire_once_in_the_order_of_their_delays(void **state)
{
	struct loop *l = loop_of_test();
	struct named_timer t[4];

	(void)state;
	start_timer(&t[0], l, 'z', 40);
	start_timer(&t[1], l, 'b', 10);
	start_timer(&t[2], l, 'c', 20);
	start_timer(&t[3], l, 'a', 0);
	loop_run(l);
	assert_string_equal(trace, "abcz");
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_false(loop_timer_is_set(&t[i].timer));
	loop_free(l);
}

static void a_timer_that_is_set_again_or_stopped_does_not_fire_before(void **state)
{
	struct loop *l = loop_of_test();
	struct named_timer t[3];

	(void)state;
	start_timer(&t[0], l, 'b', 1);
	start_timer(&t[1], l, 'c', 1);
	start_timer(&t[2], l, 'z', 30);
	loop_timer_set(&t[0].timer, 15);
	loop_timer_stop(&t[1].timer);
	loop_timer_stop(&t[1].timer);
	assert_false(loop_timer_is_set(&t[1].timer));
	loop_run(l);
	assert_string_equal(trace, "bz");
	loop_free(l);
}

static void on_heap_timer(struct loop_timer *t)
{
	loop_stop(t->loop);
	free(container_of(t, struct named_timer, timer));
}

static void a_timer_may_free_itself(void **state)
{
	struct named_timer *t = malloc(sizeof(*t));
	struct loop *l = loop_of_test();

	(void)state;
	loop_timer_init(&t->timer, l, on_heap_timer);
	loop_timer_set(&t->timer, 0);
	loop_run(l);
	loop_free(l);
}

static void now_moves_with_the_turns_and_no_timer_fires_early(void **state)
{
	struct loop *l = loop_of_test();
	struct named_timer t;
	msec before = clock_mono();

	(void)state;
	start_timer(&t, l, 'z', 25);
	loop_run(l);
	assert_true(loop_now(l) >= before + 20);
	assert_true(loop_now(l) <= clock_mono());
	assert_true(labs((long)(loop_wall_s(l) - clock_wall_s())) <= 1);
	loop_free(l);
}

/* --- work of other threads */

static struct {
	struct loop *loop;
	struct loop_task tasks[TASKS];
	pthread_t ran_in;
	size_t next;
	bool in_order;
} work;

static void on_task(struct loop_task *task)
{
	work.in_order = work.in_order && task == &work.tasks[work.next];
	work.next++;
	work.ran_in = pthread_self();
	task->next = task; /* it is the poster's again */
	if (work.next == TASKS)
		loop_stop(work.loop);
}

static void *run_poster(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < TASKS; i++) {
		work.tasks[i].fn = on_task;
		loop_post(work.loop, &work.tasks[i]);
	}
	return NULL;
}

static void posted_tasks_run_in_order_in_the_thread_of_the_loop(void **state)
{
	pthread_t poster;

	(void)state;
	memset(&work, 0, sizeof(work));
	work.in_order = true;
	work.loop = loop_of_test();
	assert_int_equal(pthread_create(&poster, NULL, run_poster, NULL), 0);
	loop_run(work.loop);
	pthread_join(poster, NULL);
	assert_int_equal(work.next, TASKS);
	assert_true(work.in_order);
	assert_true(pthread_equal(work.ran_in, pthread_self()));
	loop_free(work.loop);
}

static void *run_stopper(void *arg)
{
	loop_stop(arg);
	return NULL;
}

static void another_thread_can_stop_a_loop(void **state)
{
	struct loop *l = loop_of_test();
	struct named_timer t;
	pthread_t stopper;

	(void)state;
	start_timer(&t, l, 'x', 60000);
	assert_int_equal(pthread_create(&stopper, NULL, run_stopper, l), 0);
	loop_run(l);
	pthread_join(stopper, NULL);
	assert_string_equal(trace, "");
	loop_timer_stop(&t.timer);
	loop_free(l);
}

static void on_first_task(struct loop_task *task)
{
	(void)task;
	note('1');
}

static void on_second_task(struct loop_task *task)
{
	(void)task;
	note('2');
}

static void what_was_posted_before_the_stop_still_runs(void **state)
{
	struct loop_task first = { .fn = on_first_task }, second = { .fn = on_second_task };
	struct loop *l = loop_of_test();

	(void)state;
	loop_post(l, &first);
	loop_stop(l);
	loop_post(l, &second);
	loop_run(l);
	assert_string_equal(trace, "12");
	loop_free(l);
}

static void tasks_that_never_ran_are_dropped_with_the_loop(void **state)
{
	struct loop_task task = { .fn = on_first_task };
	struct loop *l = loop_of_test();

	(void)state;
	loop_post(l, &task);
	loop_free(l);
	loop_free(NULL);
	assert_string_equal(trace, "");
}

/* --- descriptors and signals */

static struct loop_io readable, writable;

static void on_readable(struct loop_io *io, int events)
{
	char byte;

	assert_int_equal(events, LOOP_READ);
	assert_int_equal(read(io->ev.fd, &byte, 1), 1);
	note(byte);
	if (byte == 'z')
		loop_stop(io->loop);
}

static void on_writable(struct loop_io *io, int events)
{
	assert_int_equal(events, LOOP_WRITE);
	note('w');
	assert_int_equal(write(io->ev.fd, "abz", 3), 3);
	loop_io_want(io, 0);
}

static void a_descriptor_is_watched_for_what_is_wanted(void **state)
{
	struct loop *l = loop_of_test();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	loop_io_init(&readable, l, ends[0], on_readable);
	loop_io_init(&writable, l, ends[1], on_writable);
	loop_io_want(&readable, LOOP_READ);
	loop_io_want(&readable, LOOP_READ);
	loop_io_want(&writable, LOOP_WRITE);
	loop_run(l);
	assert_string_equal(trace, "wabz");
	loop_io_stop(&readable);
	loop_io_stop(&readable);
	loop_free(l);
	close(ends[0]);
	close(ends[1]);
}

/* --- what can wait */

struct named_later {
	struct loop_later later;
	char name;
	int write_to; /* -1: nothing */
	struct loop_later *next;
	bool is_last;
};

/* Takes all the time that a turn has for what can wait. */
static void on_later(struct loop_later *later)
{
	struct named_later *n = container_of(later, struct named_later, later);
	uint64_t until = clock_mono_ns() + 2 * LOOP_SPARE_USEC * (uint64_t)1000;

	note(n->name);
	if (n->write_to >= 0)
		assert_int_equal(write(n->write_to, "r", 1), 1);
	while (clock_mono_ns() < until)
		;
	if (n->next)
		loop_later_set(n->next);
	if (n->is_last)
		loop_stop(later->loop);
}

static void what_can_wait_is_done_in_order_and_after_the_events_of_its_turn(void **state)
{
	struct loop *l = loop_of_test();
	struct named_later a = { .name = 'a' }, b = { .name = 'b', .write_to = -1 },
			   c = { .name = 'c', .write_to = -1, .is_last = true };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	loop_io_init(&readable, l, ends[0], on_readable);
	loop_io_want(&readable, LOOP_READ);
	a.write_to = ends[1]; /* becomes readable while b waits, and goes first */
	a.next = &a.later;    /* once more, behind the others, where it is stopped by the end */
	loop_later_init(&a.later, l, on_later);
	loop_later_init(&b.later, l, on_later);
	loop_later_init(&c.later, l, on_later);
	loop_later_set(&a.later);
	loop_later_set(&b.later);
	loop_later_set(&a.later);
	loop_later_set(&c.later);
	loop_run(l);
	assert_string_equal(trace, "arbc");
	loop_later_stop(&a.later);
	loop_later_stop(&a.later);
	loop_io_stop(&readable);
	loop_free(l);
	close(ends[0]);
	close(ends[1]);
}

static msec turn_before;

static void on_waited(struct loop_later *later)
{
	note('w');
	turn_before = loop_last_turn(later->loop);
	loop_stop(later->loop);
}

static void what_waits_is_part_of_the_load(void **state)
{
	struct loop *l = loop_of_test();
	struct named_later a = { .name = 'a', .write_to = -1 };
	struct loop_later w;
	msec made = loop_now(l), spent = 20;

	(void)state;
	loop_later_init(&a.later, l, on_later);
	loop_later_init(&w, l, on_waited);
	loop_later_set(&a.later);
	loop_later_set(&w);
	while (clock_mono() < made + spent)
		;
	loop_begin(l);
	loop_run(l);
	assert_string_equal(trace, "aw");
	assert_true(turn_before >= spent);
	loop_free(l);
}

static void on_signal(struct loop_signal *s)
{
	note('s');
	loop_stop(s->loop);
}

static void a_signal_becomes_an_event_of_the_loop(void **state)
{
	struct loop *l = loop_of_test();
	struct loop_signal s;

	(void)state;
	loop_signal_start(&s, l, SIGUSR1, on_signal);
	assert_int_equal(raise(SIGUSR1), 0);
	loop_run(l);
	loop_signal_stop(&s);
	assert_string_equal(trace, "s");
	loop_free(l);
}

static void on_first_turn(struct loop_task *task)
{
	(void)task;
	note('t');
}

/* As when policies are loaded between making a worker and its start. */
static void a_loop_that_begins_late_has_lost_no_time(void **state)
{
	struct loop *l = loop_of_test();
	msec made = loop_now(l), spent = 50;
	struct loop_task task = { .fn = on_first_turn };
	struct named_timer t = { .name = 'a', .is_last = true };

	(void)state;
	while (clock_mono() < made + spent)
		;
	loop_begin(l);
	assert_true(loop_now(l) >= made + spent);
	loop_timer_init(&t.timer, l, on_timer);
	loop_timer_set(&t.timer, spent / 2);
	loop_post(l, &task);
	loop_run(l);
	assert_string_equal(trace, "ta");
	assert_true(loop_now(l) >= made + spent + spent / 2);
	loop_free(l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_once_in_the_order_of_their_delays),
		cmocka_unit_test(a_timer_that_is_set_again_or_stopped_does_not_fire_before),
		cmocka_unit_test(a_timer_may_free_itself),
		cmocka_unit_test(now_moves_with_the_turns_and_no_timer_fires_early),
		cmocka_unit_test(posted_tasks_run_in_order_in_the_thread_of_the_loop),
		cmocka_unit_test(another_thread_can_stop_a_loop),
		cmocka_unit_test(what_was_posted_before_the_stop_still_runs),
		cmocka_unit_test(tasks_that_never_ran_are_dropped_with_the_loop),
		cmocka_unit_test(a_descriptor_is_watched_for_what_is_wanted),
		cmocka_unit_test(what_can_wait_is_done_in_order_and_after_the_events_of_its_turn),
		cmocka_unit_test(what_waits_is_part_of_the_load),
		cmocka_unit_test(a_signal_becomes_an_event_of_the_loop),
		cmocka_unit_test(a_loop_that_begins_late_has_lost_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
