/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/wish.h"

enum {
	THREADS = 4,
	EACH = 500,
};

struct heard {
	struct loop *loop;
	struct wishes queue;
	unsigned n, wanted;
	unsigned last[THREADS]; /* number of the last wish of each thread */
	bool in_order;
	bool adds_one;
};

static void on_wish(void *arg, const struct wish *w)
{
	struct heard *h = arg;
	unsigned thread, number;

	h->n++;
	if (sscanf(w->why, "%u %u", &thread, &number) == 2) {
		h->in_order = h->in_order && number > h->last[thread];
		h->last[thread] = number;
	}
	if (h->adds_one) {
		const struct wish more = wish_of(WISH_CONNECT, "alpha", "");

		h->adds_one = false;
		wishes_add(&h->queue, &more);
	}
	if (h->n == h->wanted)
		loop_stop(h->loop);
}

static void begin(struct heard *h, unsigned wanted)
{
	struct err e = { 0 };

	memset(h, 0, sizeof(*h));
	h->loop = loop_new(&e);
	assert_non_null(h->loop);
	h->wanted = wanted;
	h->in_order = true;
	wishes_init(&h->queue, h->loop, on_wish, h);
}

static void end(struct heard *h)
{
	wishes_release(&h->queue);
	loop_free(h->loop);
}

static void a_wish_is_heard_once_as_it_was_said(void **state)
{
	struct heard h;
	struct wish w = wish_of(WISH_REPORT, "alpha", "why");

	(void)state;
	begin(&h, 1);
	assert_string_equal(w.partner, "alpha");
	assert_string_equal(w.why, "why");
	assert_int_equal(w.kind, WISH_REPORT);
	wishes_add(&h.queue, &w);
	loop_run(h.loop);
	assert_int_equal(h.n, 1);
	end(&h);
}

static void one_that_is_added_while_another_is_heard_is_heard_too(void **state)
{
	struct heard h;
	const struct wish w = wish_of(WISH_CONNECT, "alpha", "");

	(void)state;
	begin(&h, 2);
	h.adds_one = true;
	wishes_add(&h.queue, &w);
	loop_run(h.loop);
	assert_int_equal(h.n, 2);
	end(&h);
}

static void what_nobody_heard_goes_with_the_queue(void **state)
{
	struct heard h;
	const struct wish w = wish_of(WISH_CONNECT, "alpha", "");

	(void)state;
	begin(&h, 1);
	for (int i = 0; i < 10; i++)
		wishes_add(&h.queue, &w);
	end(&h); /* a leak would be found by the sanitizer */
	assert_int_equal(h.n, 0);
}

struct speaker {
	struct heard *h;
	unsigned number;
};

static void *speak(void *arg)
{
	const struct speaker *s = arg;

	for (unsigned i = 1; i <= EACH; i++) {
		char why[32];
		struct wish w;

		snprintf(why, sizeof(why), "%u %u", s->number, i);
		w = wish_of(WISH_NEGOTIATE, "alpha", why);
		wishes_add(&s->h->queue, &w);
	}
	return NULL;
}

static void every_wish_of_many_threads_is_heard_in_the_order_of_each(void **state)
{
	struct heard h;
	pthread_t threads[THREADS];
	struct speaker speakers[THREADS];

	(void)state;
	begin(&h, THREADS * EACH);
	for (unsigned i = 0; i < THREADS; i++) {
		speakers[i] = (struct speaker){ &h, i };
		assert_int_equal(pthread_create(&threads[i], NULL, speak, &speakers[i]), 0);
	}
	loop_run(h.loop);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(h.n, THREADS * EACH);
	assert_true(h.in_order);
	end(&h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_is_heard_once_as_it_was_said),
		cmocka_unit_test(one_that_is_added_while_another_is_heard_is_heard_too),
		cmocka_unit_test(what_nobody_heard_goes_with_the_queue),
		cmocka_unit_test(every_wish_of_many_threads_is_heard_in_the_order_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
