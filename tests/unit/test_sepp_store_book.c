/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sepp/store_book.h"

/* A book that knows an association "alpha", which has changed. */
static struct association *changed_alpha(struct store_book *b)
{
	struct association *a = assoc_new("alpha", 0);

	store_book_init(b);
	assert_true(assoc_mark(a));
	store_book_change(b, a);
	return a;
}

/* What is to be done, as "write alpha, forget beta"; static, until the next call.  Leaves it done.
 */
static const char *todo(struct store_book *b)
{
	static const char *const verbs[] = { "nothing", "write", "forget" };
	static char text[256];
	struct store_jobs jobs;
	size_t at = 0;

	store_book_collect(b, &jobs);
	text[0] = '\0';
	for (size_t i = 0; i < jobs.n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %s", i ? ", " : "",
		    verbs[jobs.jobs[i].op], jobs.jobs[i].name);
	store_book_settle(b, &jobs, true);
	return text;
}

static void the_last_that_was_asked_for_is_done(void **state)
{
	struct store_book b;
	struct association *a = changed_alpha(&b);

	(void)state;
	store_book_forget(&b, "beta");
	assert_int_equal(store_book_count(&b), 2);
	assert_string_equal(todo(&b), "write alpha, forget beta");
	assert_string_equal(todo(&b), "");
	store_book_change(&b, a);
	store_book_forget(&b, "alpha");
	assert_string_equal(todo(&b), "forget alpha");
	store_book_forget(&b, "alpha");
	store_book_change(&b, a);
	assert_string_equal(todo(&b), "write alpha");
	store_book_release(&b);
	assoc_unref(a);
}

static void what_is_forgotten_while_it_is_written_is_forgotten_after_it(void **state)
{
	for (int are_done = 0; are_done < 2; are_done++) {
		struct store_book b;
		struct association *a = changed_alpha(&b);
		struct store_jobs jobs;

		(void)state;
		store_book_collect(&b, &jobs);
		store_book_forget(&b, "alpha");
		store_book_settle(&b, &jobs, are_done);
		assert_string_equal(todo(&b), "forget alpha");
		assert_int_equal(b.n, 0);
		store_book_release(&b);
		assoc_unref(a);
	}
}

static void who_changes_while_it_is_forgotten_is_written_after_it(void **state)
{
	for (int are_done = 0; are_done < 2; are_done++) {
		struct store_book b;
		struct association *a = changed_alpha(&b);
		struct store_jobs jobs;

		(void)state;
		store_book_forget(&b, "alpha");
		store_book_collect(&b, &jobs);
		store_book_change(&b, a);
		store_book_settle(&b, &jobs, are_done);
		assert_string_equal(todo(&b), "write alpha");
		store_book_release(&b);
		assoc_unref(a);
	}
}

static void what_came_to_nothing_is_to_be_done_again(void **state)
{
	struct store_book b;
	struct association *a = changed_alpha(&b);
	struct store_jobs jobs;

	(void)state;
	store_book_forget(&b, "beta");
	store_book_collect(&b, &jobs);
	assert_int_equal(store_book_count(&b), 0);
	store_book_settle(&b, &jobs, false);
	assert_string_equal(todo(&b), "write alpha, forget beta");
	store_book_release(&b);
	assoc_unref(a);
}

static void a_mark_ends_when_it_is_collected_forgotten_or_over(void **state)
{
	struct store_book b;
	struct association *a = changed_alpha(&b);

	(void)state;
	assert_string_equal(todo(&b), "write alpha");
	assert_true(assoc_mark(a));
	store_book_change(&b, a);
	store_book_forget(&b, "alpha");
	assert_true(assoc_mark(a));
	store_book_change(&b, a);
	store_book_release(&b);
	assert_true(assoc_mark(a));
	assoc_unref(a);
}

static void all_that_is_known_is_what_was_loaded_and_what_changed(void **state)
{
	const struct assoc_record loaded = { .name = "old" }, gone = { .name = "gone" };
	struct store_book b;
	struct association *a = changed_alpha(&b);
	struct assoc_record r;

	(void)state;
	store_book_load(&b, &loaded);
	store_book_load(&b, &gone);
	assert_true(store_book_take(&b, "old", &r));
	store_book_forget(&b, "gone");
	assert_string_equal(todo(&b), "write alpha, forget gone");
	store_book_change_all(&b);
	assert_string_equal(todo(&b), "write alpha, write old");
	assert_false(store_book_take(&b, "old", &r));
	assert_false(store_book_take(&b, "gone", &r));
	store_book_release(&b);
	assoc_unref(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_that_was_asked_for_is_done),
		cmocka_unit_test(what_is_forgotten_while_it_is_written_is_forgotten_after_it),
		cmocka_unit_test(who_changes_while_it_is_forgotten_is_written_after_it),
		cmocka_unit_test(what_came_to_nothing_is_to_be_done_again),
		cmocka_unit_test(a_mark_ends_when_it_is_collected_forgotten_or_over),
		cmocka_unit_test(all_that_is_known_is_what_was_loaded_and_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
