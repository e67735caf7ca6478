/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/lineage.h"
#include "unit_tls.h"

/* --- one follower that does what the test says, and generations without content */

struct line {
	struct commons commons;
	struct lineage *l;
	unsigned told;
};

static void on_tell(void *arg, size_t i)
{
	struct line *s = arg;

	assert_int_equal(i, 0);
	s->told++;
}

static struct line *line_new(void)
{
	struct line *s = mem_alloc(sizeof(*s));

	commons_init(&s->commons);
	s->l = lineage_new(&s->commons, 1, on_tell, s);
	return s;
}

static void line_free(struct line *s)
{
	lineage_free(s->l);
	commons_release(&s->commons);
	mem_free(s);
}

static struct generation *new_one(void)
{
	return mem_alloc(sizeof(struct generation));
}

/* Activates `g`, and lets the follower follow. */
static struct generation *put(struct line *s, struct generation *g)
{
	unsigned before = s->told;

	assert_int_equal(lineage_await(s->l, NULL), 0);
	lineage_activate(s->l, g, "test", 1000);
	assert_ptr_equal(commons_current(&s->commons), g);
	if (s->told > before)
		lineage_follow(s->l, 0);
	return g;
}

/* A line with `n` new generations, of which the last is in force. */
static struct line *line_of(unsigned n)
{
	struct line *s = line_new();

	while (n-- > 0)
		put(s, new_one());
	return s;
}

static void assert_numbers(const struct line *s, size_t n, const uint64_t *numbers)
{
	assert_int_equal(lineage_count(s->l), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(lineage_kept(s->l, i)->number, numbers[i]);
	assert_null(lineage_kept(s->l, n));
}

#define ASSERT_NUMBERS(s, ...)                                                                     \
	assert_numbers(                                                                            \
	    s, ARRAY_LEN(((const uint64_t[]){ __VA_ARGS__ })), (const uint64_t[]){ __VA_ARGS__ })

static void the_first_generation_is_followed_by_nobody(void **state)
{
	struct line *s = line_of(1);

	(void)state;
	assert_int_equal(s->told, 0);
	ASSERT_NUMBERS(s, 1);
	line_free(s);
}

static void the_last_four_activations_are_kept(void **state)
{
	struct line *s = line_of(6);

	(void)state;
	ASSERT_NUMBERS(s, 6, 5, 4, 3);
	assert_int_equal(s->told, 5);
	line_free(s);
}

static void a_kept_one_keeps_its_number_and_a_new_one_gets_the_next(void **state)
{
	struct line *s = line_of(4);

	(void)state;
	put(s, lineage_choose(s->l, 2, NULL));
	ASSERT_NUMBERS(s, 2, 4, 3, 1);
	put(s, new_one());
	ASSERT_NUMBERS(s, 5, 2, 4, 3);
	assert_int_equal(lineage_highest(s->l), 5);
	line_free(s);
}

static void the_oldest_by_activation_goes_whatever_its_number(void **state)
{
	struct line *s = line_of(4);

	(void)state;
	put(s, lineage_choose(s->l, 1, NULL));
	put(s, new_one());
	ASSERT_NUMBERS(s, 5, 1, 4, 3);
	line_free(s);
}

static void without_a_number_it_goes_back_and_forth(void **state)
{
	struct line *s = line_of(3);

	(void)state;
	put(s, lineage_choose(s->l, 0, NULL));
	ASSERT_NUMBERS(s, 2, 3, 1);
	put(s, lineage_choose(s->l, 0, NULL));
	ASSERT_NUMBERS(s, 3, 2, 1);
	line_free(s);
}

static void each_activation_has_a_higher_number_of_its_own(void **state)
{
	struct line *s = line_of(2);
	uint64_t before = lineage_kept(s->l, 0)->activation;

	(void)state;
	put(s, lineage_choose(s->l, 1, NULL));
	assert_true(lineage_kept(s->l, 0)->activation > before);
	line_free(s);
}

static void it_says_when_and_why_and_remembers_when_it_was_loaded(void **state)
{
	struct line *s = line_of(2);
	struct generation *g = lineage_choose(s->l, 1, NULL);

	(void)state;
	lineage_activate(s->l, g, "rollback from 2", 5000);
	assert_string_equal(g->why, "rollback from 2");
	assert_int_equal(g->loaded_s, 1000);
	assert_int_equal(g->activated_s, 5000);
	line_free(s);
}

static void numbers_of_an_earlier_process_are_not_given_again(void **state)
{
	struct line *s = line_new();
	struct generation *g = new_one();

	(void)state;
	lineage_reserve(s->l, 9);
	g->number = 7;
	put(s, g);
	put(s, new_one());
	ASSERT_NUMBERS(s, 10, 7);
	line_free(s);
}

static void what_cannot_be_chosen_is_refused_with_what_there_is(void **state)
{
	static const struct {
		unsigned n;
		uint64_t number;
		const char *why;
	} rows[] = {
		{ 1, 0, "nothing to roll back to; there is only generation 1 (in force)" },
		{ 2, 2, "generation 2 is already in force; there are 1, 2 (in force)" },
		{ 6, 2, "there is no generation 2 any more, or not yet; there are 3, 4, 5, 6 (in" },
		{ 2, 3,
		    "there is no generation 3 any more, or not yet; there are 1, 2 (in force)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct line *s = line_of(rows[i].n);
		struct err e = { 0 };

		assert_null(lineage_choose(s->l, rows[i].number, &e));
		if (!strstr(e.text, rows[i].why))
			fail_msg("'%s' is not in: %s", rows[i].why, e.text);
		line_free(s);
	}
}

static void there_is_no_switch_before_the_last_one_is_followed(void **state)
{
	struct line *s = line_of(1);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(lineage_await(s->l, NULL), 0);
	lineage_activate(s->l, new_one(), "test", 1);
	assert_int_equal(lineage_await(s->l, &e), ERR_BUSY);
	assert_string_equal(e.text, "a worker has not taken over the last generation yet");
	lineage_follow(s->l, 0);
	assert_int_equal(lineage_await(s->l, &e), 0);
	line_free(s);
}

static void one_that_supersedes_takes_the_place_in_the_history(void **state)
{
	struct line *s = line_of(4);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lineage_await(s->l, NULL), 0);
		lineage_supersede(s->l, new_one(), "a list changed", 2000);
		lineage_follow(s->l, 0);
	}
	ASSERT_NUMBERS(s, 7, 3, 2, 1);
	assert_ptr_equal(commons_current(&s->commons), lineage_kept(s->l, 0));
	assert_string_equal(lineage_kept(s->l, 0)->why, "a list changed");
	assert_null(lineage_choose(s->l, 4, NULL));
	assert_ptr_equal(lineage_choose(s->l, 0, NULL), lineage_kept(s->l, 1));
	put(s, new_one());
	ASSERT_NUMBERS(s, 8, 7, 3, 2);
	line_free(s);
}

/* --- verified chains */

/* A generation that takes the gateway's context of `w`. */
static struct generation *with_context(struct world *w)
{
	struct generation *g = new_one();

	g->tls = mem_array(1, sizeof(struct tls_ctx *));
	g->n_tls = 1;
	g->tls[0] = w->gateway.ctx;
	w->gateway.ctx = NULL;
	return g;
}

/* How often a handshake under `g` asks for anchors. */
static unsigned questions(struct world *w, const struct generation *g)
{
	unsigned before = w->gateway.asked;

	w->gateway.ctx = g->tls[0];
	assert_true(world_connect(w));
	w->gateway.ctx = NULL;
	return w->gateway.asked - before;
}

static void chains_are_remembered_by_the_generation_in_force_alone(void **state)
{
	struct world *w = world_new();
	struct line *s = line_new();
	struct generation *one = with_context(w), *two;

	(void)state;
	world_renew(w, &w->gateway, NULL, true);
	two = with_context(w);
	put(s, one);
	assert_int_equal(questions(w, one) + questions(w, one), 1);
	put(s, two);
	assert_int_equal(questions(w, one) + questions(w, one), 2);
	assert_int_equal(questions(w, two) + questions(w, two), 1);
	put(s, one);
	assert_int_equal(questions(w, one) + questions(w, one), 1);
	assert_int_equal(questions(w, two) + questions(w, two), 2);
	line_free(s);
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_generation_is_followed_by_nobody),
		cmocka_unit_test(the_last_four_activations_are_kept),
		cmocka_unit_test(a_kept_one_keeps_its_number_and_a_new_one_gets_the_next),
		cmocka_unit_test(the_oldest_by_activation_goes_whatever_its_number),
		cmocka_unit_test(without_a_number_it_goes_back_and_forth),
		cmocka_unit_test(each_activation_has_a_higher_number_of_its_own),
		cmocka_unit_test(it_says_when_and_why_and_remembers_when_it_was_loaded),
		cmocka_unit_test(numbers_of_an_earlier_process_are_not_given_again),
		cmocka_unit_test(what_cannot_be_chosen_is_refused_with_what_there_is),
		cmocka_unit_test(there_is_no_switch_before_the_last_one_is_followed),
		cmocka_unit_test(one_that_supersedes_takes_the_place_in_the_history),
		cmocka_unit_test(chains_are_remembered_by_the_generation_in_force_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
