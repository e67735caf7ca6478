/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/context_int.h"
#include "unit_table.h"

/* --- ending */

static void the_association_is_told_of_the_first_and_of_the_last(void **state)
{
	struct table *t = *state;
	struct context_view v;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_int_equal(table_state(t->alpha), MACHINE_ESTABLISHED);
	assert_int_equal(table_seen(t->alpha).ways[ASSOC_IN].since_s, NOW_S + 1);
	assert_int_equal(table_state(t->beta), MACHINE_AGREED_PRINS);
	assert_true(contexts_end(t->contexts, t->alpha, B, NOW_S + 9, &v));
	assert_string_equal(v.own, A);
	assert_string_equal(v.partner, "alpha");
	assert_int_equal(table_state(t->alpha), MACHINE_AGREED_PRINS);
	assert_int_equal(table_seen(t->alpha).ways[ASSOC_IN].since_s, NOW_S + 9);
	assert_int_equal(table_seen(t->alpha).n_contexts, 0);
	assert_false(contexts_end(t->contexts, t->alpha, B, NOW_S + 9, NULL));
	assert_int_equal(t->contexts->n_owners + t->contexts->by_own.len, 0);
}

static void the_association_has_the_ids_of_the_newest_first(void **state)
{
	struct table *t = *state;
	struct assoc_view v;
	struct context_view newest;

	assert_false(contexts_newest(t->contexts, t->alpha, &newest));
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, C, D);
	v = table_seen(t->alpha);
	assert_int_equal(v.n_contexts, 2);
	assert_string_equal(v.contexts[0].own, C);
	assert_string_equal(v.contexts[0].peer, D);
	assert_string_equal(v.contexts[1].own, A);
	assert_true(contexts_newest(t->contexts, t->alpha, &newest));
	assert_string_equal(newest.own, C);
	assert_true(contexts_end(t->contexts, t->alpha, D, NOW_S, NULL));
	assert_int_equal(table_state(t->alpha), MACHINE_ESTABLISHED);
	assert_string_equal(table_seen(t->alpha).contexts[0].own, A);
}

static void a_newer_context_ends_the_one_of_the_same_role_only(void **state)
{
	struct table *t = *state;

	assert_int_equal(table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B), 0);
	assert_int_equal(table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, C, D), 0);
	assert_int_equal(
	    table_begin(t->contexts, t->beta, CONTEXT_INITIATOR, "1111111111111111", D), 0);
	assert_int_equal(table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, B, A), 1);
	assert_false(contexts_find_own(t->contexts, A, NULL));
	assert_true(contexts_find_own(t->contexts, C, NULL));
	assert_true(contexts_find_own(t->contexts, "1111111111111111", NULL));
	assert_int_equal(table_seen(t->alpha).n_contexts, 2);
	assert_string_equal(table_seen(t->alpha).contexts[0].own, B);
	assert_string_equal(table_seen(t->alpha).contexts[1].own, C);
}

static void a_context_of_an_older_agreement_ends_and_no_other(void **state)
{
	struct table *t = *state;
	struct context_start first = table_start(t->alpha, CONTEXT_INITIATOR, A, B);
	struct context_view v;
	struct err e = { 0 };

	first.agreed = 3;
	assert_int_equal(contexts_add(t->contexts, &first, NULL, &e), 0);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, C, D);
	assert_false(contexts_end_older(t->contexts, t->alpha, CONTEXT_INITIATOR, 3, NOW_S, NULL));
	assert_false(contexts_end_older(t->contexts, t->beta, CONTEXT_INITIATOR, 4, NOW_S, NULL));
	assert_true(contexts_end_older(t->contexts, t->alpha, CONTEXT_INITIATOR, 4, NOW_S, &v));
	assert_string_equal(v.own, A);
	assert_false(contexts_end_older(t->contexts, t->alpha, CONTEXT_INITIATOR, 4, NOW_S, &v));
	assert_true(contexts_find_own(t->contexts, C, NULL));
}

static void a_context_ends_when_its_time_is_over(void **state)
{
	struct table *t = *state;
	struct context_start late = table_start(t->beta, CONTEXT_RESPONDER, C, D);

	late.now += 1000;
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, B, A);
	table_add(t->contexts, &late);
	assert_int_equal(contexts_expire(t->contexts, NOW + VALID - 1, NOW_S + 60), 0);
	assert_int_equal(table_state(t->alpha), MACHINE_ESTABLISHED);
	assert_int_equal(contexts_expire(t->contexts, NOW + VALID, NOW_S + 61), 2);
	assert_int_equal(table_state(t->alpha), MACHINE_AGREED_PRINS);
	assert_int_equal(table_seen(t->alpha).ways[ASSOC_OUT].since_s, NOW_S + 61);
	assert_int_equal(table_state(t->beta), MACHINE_ESTABLISHED);
	assert_int_equal(contexts_expire(t->contexts, NOW + VALID + 1000, NOW_S + 62), 1);
	assert_int_equal(t->contexts->n_owners, 0);
}

static void all_of_a_partner_end_at_once(void **state)
{
	struct table *t = *state;

	assert_int_equal(contexts_end_all(t->contexts, t->alpha, NOW_S + 3), 0);
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, B, A);
	table_begin(t->contexts, t->beta, CONTEXT_RESPONDER, C, D);
	assert_int_equal(contexts_end_all(t->contexts, t->alpha, NOW_S + 3), 2);
	assert_int_equal(table_state(t->alpha), MACHINE_AGREED_PRINS);
	assert_int_equal(table_state(t->beta), MACHINE_ESTABLISHED);
	assert_false(contexts_newest(t->contexts, t->alpha, NULL));
}

/* Each change must be seen by who hears of it, who may look at the association. */
static void on_change(void *arg, struct association *a)
{
	size_t *n_contexts = arg;

	*n_contexts = table_seen(a).n_contexts;
}

static void who_listens_to_the_association_hears_of_each_change(void **state)
{
	struct table *t = *state;
	size_t heard = 99;

	assoc_on_change(t->alpha, on_change, &heard);
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_int_equal(heard, 1);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, C, D);
	assert_int_equal(heard, 2);
	assert_int_equal(contexts_end_all(t->contexts, t->alpha, NOW_S), 2);
	assert_int_equal(heard, 0);
}

static void the_end_of_the_table_leaves_what_a_restart_has_to_know(void **state)
{
	struct table *t = *state;
	struct assoc_record r;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	contexts_free(t->contexts);
	t->contexts = NULL;
	assoc_save(t->alpha, &r);
	assert_int_equal(r.n_contexts, 1);
	assert_string_equal(r.contexts[0].own, A);
}

/* --- use */

static void reports_are_counted_by_direction_and_context(void **state)
{
	struct table *t = *state;
	struct contexts *c = t->contexts;

	table_begin(c, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(c, t->alpha, CONTEXT_RESPONDER, C, D);
	assert_int_equal(contexts_count_report(c, t->alpha, A, ASSOC_IN), 1);
	assert_int_equal(contexts_count_report(c, t->alpha, B, ASSOC_IN), 2);
	assert_int_equal(contexts_count_report(c, t->alpha, A, ASSOC_OUT), 1);
	assert_int_equal(contexts_count_report(c, t->alpha, C, ASSOC_IN), 1);
	assert_int_equal(contexts_count_report(c, t->alpha, "1111111111111111", ASSOC_IN), 0);
	assert_int_equal(table_view(c, A).reports_in, 2);
	assert_int_equal(table_view(c, A).reports_out, 1);
	assert_int_equal(table_view(c, C).reports_in, 1);
	assert_int_equal(table_view(c, C).reports_out, 0);
}

static void nonces_count_up_for_each_key(void **state)
{
	struct table *t = *state;
	const struct context *x;
	unsigned char nonce[CONTEXT_NONCE_LEN];

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	x = map_find(&t->contexts->by_own, str_of(A));
	for (unsigned i = 0; i < 600; i++) {
		assert_true(contexts_take_nonce(t->contexts, A, N32_PARALLEL_REQUEST, nonce));
		assert_memory_equal(nonce, x->keys->salt[N32_PARALLEL_REQUEST], 8);
		assert_memory_equal(
		    nonce + 8, ((unsigned char[]){ 0, 0, i >> 8 & 255, i & 255 }), 4);
	}
	assert_true(contexts_take_nonce(t->contexts, A, N32_REVERSE_RESPONSE, nonce));
	assert_memory_equal(nonce, x->keys->salt[N32_REVERSE_RESPONSE], 8);
	assert_memory_equal(nonce + 8, "\0\0\0\0", 4);
	assert_int_equal(table_view(t->contexts, A).sequence[N32_PARALLEL_REQUEST], 600);
	assert_int_equal(table_view(t->contexts, A).sequence[N32_REVERSE_RESPONSE], 1);
	assert_false(contexts_take_nonce(t->contexts, B, N32_PARALLEL_REQUEST, nonce));
}

static void the_two_ends_never_give_nonces_of_the_same_key(void **state)
{
	struct table *t = *state;
	unsigned char nonce[CONTEXT_NONCE_LEN];
	int n = 0;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(t->contexts, t->beta, CONTEXT_RESPONDER, B, A);
	for (int i = 0; i < N32_MESSAGES; i++) {
		const bool ours = contexts_take_nonce(t->contexts, A, (enum n32_message)i, nonce);

		assert_true(
		    contexts_take_nonce(t->contexts, B, (enum n32_message)i, nonce) != ours);
		n += ours;
	}
	assert_int_equal(n, 2);
}

static void a_sequence_that_is_used_up_gives_no_more_nonces(void **state)
{
	struct table *t = *state;
	struct context *x;
	unsigned char nonce[CONTEXT_NONCE_LEN];

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	x = map_find(&t->contexts->by_own, str_of(A));
	x->sequence[N32_PARALLEL_REQUEST] = UINT32_MAX;
	assert_true(contexts_take_nonce(t->contexts, A, N32_PARALLEL_REQUEST, nonce));
	assert_memory_equal(nonce + 8, "\xff\xff\xff\xff", 4);
	assert_false(contexts_take_nonce(t->contexts, A, N32_PARALLEL_REQUEST, nonce));
	assert_false(contexts_take_nonce(t->contexts, A, N32_PARALLEL_REQUEST, nonce));
	assert_true(contexts_take_nonce(t->contexts, A, N32_REVERSE_RESPONSE, nonce));
}

static void the_last_policy_of_the_peer_is_kept(void **state)
{
	static const char *const terms[] = { "encrypt A\n", "encrypt B\n" };
	struct table *t = *state;
	struct n32_policy said, kept;

	n32_policy_init(&said);
	n32_policy_init(&kept);
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_false(contexts_copy_policy(t->contexts, A, &kept));
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		n32_policy_reset(&said);
		assert_int_equal(buf_addf(&said.terms, "%s", terms[i]), 0);
		assert_true(contexts_set_policy(t->contexts, A, &said, i == 0));
		assert_true(contexts_copy_policy(t->contexts, A, &kept));
		assert_true(n32_policy_eq(&said, &kept));
		assert_true(table_view(t->contexts, A).has_policy);
		assert_int_equal(table_view(t->contexts, A).policy_differs, i == 0);
	}
	assert_false(contexts_set_policy(t->contexts, B, &said, true));
	n32_policy_release(&said);
	n32_policy_release(&kept);
}

static void the_last_providers_of_the_peer_are_kept(void **state)
{
	struct table *t = *state;
	struct n32_providers said, kept;

	n32_providers_init(&said);
	n32_providers_init(&kept);
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_false(contexts_copy_providers(t->contexts, A, &kept));
	for (said.n = 1; said.n <= 2; said.n++) {
		strcpy(said.ids[said.n - 1].text, "ipx.example");
		assert_int_equal(buf_addf(&said.json, "[%zu]", said.n), 0);
		assert_true(contexts_set_providers(t->contexts, A, &said));
		assert_true(contexts_copy_providers(t->contexts, A, &kept));
		assert_int_equal(kept.n, said.n);
		assert_string_equal(kept.json.data, said.json.data);
		assert_int_equal(table_view(t->contexts, A).n_providers, said.n);
		assert_string_equal(
		    table_view(t->contexts, A).providers[said.n - 1].text, "ipx.example");
	}
	assert_false(contexts_set_providers(t->contexts, B, &said));
	n32_providers_release(&said);
	n32_providers_release(&kept);
}

/* --- threads */

static void *make_and_end(void *arg)
{
	const struct table *t = arg;
	unsigned char nonce[CONTEXT_NONCE_LEN];
	struct context_view v;
	char own[CONTEXT_ID_MAX];

	for (int i = 0; i < 200; i++) {
		struct association *a = i % 3 ? t->alpha : t->beta;

		contexts_new_id(t->contexts, own);
		table_begin(t->contexts, a, (enum context_role)(i & 1), own, D);
		/* others may have ended it before each of these */
		if (contexts_find(t->contexts, a, own, &v))
			assert_string_equal(v.own, own);
		if (contexts_take_nonce(t->contexts, own, N32_PARALLEL_REQUEST, nonce))
			assert_memory_equal(nonce + 8, "\0\0\0\0", 4);
		(void)contexts_count_report(t->contexts, a, D, ASSOC_IN);
		if (i % 5 == 0 && contexts_end(t->contexts, a, own, NOW_S, &v))
			assert_string_equal(v.own, own);
		if (i % 7 == 0)
			(void)contexts_expire(t->contexts, NOW + VALID, NOW_S);
	}
	return NULL;
}

static void four_threads_agree_on_what_there_is(void **state)
{
	struct table *t = *state;
	pthread_t threads[4];
	char text[TABLE_TEXT_MAX] = "";

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_end, t), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(contexts_each(t->contexts, table_print, text), t->contexts->by_own.len);
	assert_int_equal(table_seen(t->alpha).n_contexts + table_seen(t->beta).n_contexts,
	    t->contexts->by_own.len);
	(void)contexts_expire(t->contexts, NOW + VALID, NOW_S);
	assert_int_equal(table_state(t->alpha), MACHINE_AGREED_PRINS);
	assert_int_equal(table_state(t->beta), MACHINE_AGREED_PRINS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(the_association_is_told_of_the_first_and_of_the_last),
		TEST(the_association_has_the_ids_of_the_newest_first),
		TEST(a_newer_context_ends_the_one_of_the_same_role_only),
		TEST(a_context_of_an_older_agreement_ends_and_no_other),
		TEST(a_context_ends_when_its_time_is_over),
		TEST(all_of_a_partner_end_at_once),
		TEST(who_listens_to_the_association_hears_of_each_change),
		TEST(the_end_of_the_table_leaves_what_a_restart_has_to_know),
		TEST(reports_are_counted_by_direction_and_context),
		TEST(nonces_count_up_for_each_key),
		TEST(the_two_ends_never_give_nonces_of_the_same_key),
		TEST(a_sequence_that_is_used_up_gives_no_more_nonces),
		TEST(the_last_policy_of_the_peer_is_kept),
		TEST(the_last_providers_of_the_peer_are_kept),
		TEST(four_threads_agree_on_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
