/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "unit_store.h"

/* A record in which every field has a value of its own, and those that can be are as long as they
 * can be. */
static struct assoc_record full_record(const char *name)
{
	struct assoc_record r = {
		.ways = { { .state = MACHINE_ESTABLISHED, .since_s = 101, .next_s = 102 },
		    { .state = MACHINE_RENEGOTIATING, .since_s = 103, .next_s = 104 } },
		.agreement = { .cap = N32_CAP_PRINS,
		    .way = ASSOC_OUT,
		    .target_api_root = true,
		    .features = UINT64_MAX,
		    .purposes = (1u << N32_PURPOSES) - 1,
		    .n32f_fqdn = { "n32f.sepp_1.example.org" },
		    .n32f_port = 65535,
		    .offer = UINT64_C(1) << 63,
		    .at_s = 105 },
		.failed_s = 253402300799,
		.attempts = INT64_MAX,
		.failures = 106,
		.errors_in = 107,
		.errors_out = 108,
		.n_contexts = ASSOC_CONTEXTS_MAX,
		.n_flags = ASSOC_FLAGS_MAX,
	};

	snprintf(r.name, sizeof(r.name), "%s", name);
	memset(r.ways[0].reason, 'r', ASSOC_REASON_MAX - 1);
	memset(r.ways[0].place, 'p', ASSOC_PLACE_MAX - 1);
	snprintf(r.ways[1].reason, ASSOC_REASON_MAX, "it's \"so\"; \xc3\xa4\n\xff");
	snprintf(r.ways[1].place, ASSOC_PLACE_MAX, "partners/a.lua:7");
	memset(r.failure, 'f', ASSOC_REASON_MAX - 1);
	memset(r.agreement.fingerprint, 'a', 64);
	memset(r.agreement.issuer, 'i', sizeof(r.agreement.issuer) - 1);
	memset(r.agreement.key, 'k', sizeof(r.agreement.key) - 1);
	r.agreement.not_after_s = 1798761600;
	memset(r.previous_fingerprint, 'b', 64);
	for (int i = 0; i < ASSOC_CONTEXTS_MAX; i++) {
		snprintf(r.contexts[i].own, 17, "%015dA", i);
		snprintf(r.contexts[i].peer, 17, "%015df", i);
	}
	for (int i = 0; i < ASSOC_FLAGS_MAX; i++) {
		memset(r.flags[i], 'z' - i, ASSOC_FLAG_MAX);
		r.flags[i][0] = '_';
	}
	return r;
}

/* --- what is kept */

static void every_field_is_as_it_was_after_a_restart(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r = full_record("alpha");
	struct association *a;
	char before[STORE_RECORD_TEXT];

	(void)state;
	scene_open(&s);
	a = scene_association(&s, "alpha");
	assoc_restore(a, &r);
	assoc_set_contexts(a, r.contexts, r.n_contexts, 109);
	snprintf(before, sizeof(before), "%s", record_text_of(a));
	assert_non_null(strstr(before, "context 000000000000003A 000000000000003f"));
	scene_restart(&s);
	assert_string_equal(scene_take_text(&s, "alpha"), before);
	assert_int_equal(scene_status(&s).n_loaded, 1);
	assoc_unref(a);
	scene_close(&s);
}

/* The n-th event of a life that has all of them. */
static void live(struct association *a, unsigned n)
{
	struct assoc_said said = { .now_s = STORE_NOW_S + n,
		.reason = "so",
		.place = "x.lua:1",
		.next_s = n % 3 ? 0 : STORE_NOW_S + 2 * n };
	struct assoc_context contexts[2] = { { "0123456789abcdef", "fedcba9876543210", true },
		{ "1", "", false } };
	enum assoc_way way = n / 7 % 2 ? ASSOC_IN : ASSOC_OUT;
	enum machine_event event = (enum machine_event)(n / 14 % MACHINE_EVENTS);

	switch (n % 7) {
	case 0:
		scene_agree(a, n / 7 % 3 ? N32_CAP_PRINS : N32_CAP_TLS, n);
		break;
	case 1:
		assoc_fail(a, way, MACHINE_ON_FAIL + event % 4, &said);
		break;
	case 2:
		assoc_step(a, MACHINE_ON_RESOLVE + event % 3, &said);
		break;
	case 3:
		(void)!assoc_end(a, n % 2 ? MACHINE_ON_TERMINATE : MACHINE_ON_END, &said);
		break;
	case 4:
		assoc_set_contexts(a, contexts, n / 7 % 3, STORE_NOW_S + n);
		break;
	case 5:
		assoc_set_enabled(a, STORE_NOW_S + n, n / 7 % 4 != 0);
		break;
	default:
		assoc_step(a, n % 2 ? MACHINE_ON_PARAMS : MACHINE_ON_FAIL, &said);
	}
}

static void whatever_an_association_can_be_is_taken_back(void **state)
{
	enum {
		LIVES = 600
	};
	struct store_scene s = { 0 };
	struct association *all[LIVES];
	unsigned seed = 1;
	char name[16];

	(void)state;
	scene_open(&s);
	for (int i = 0; i < LIVES; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		all[i] = scene_agreed(&s, name, 7);
		for (int step = 0; step < 40; step++)
			live(all[i], (unsigned)rand_r(&seed) % 100000);
		store_on_change(s.store, all[i]); /* steps are not worth it */
	}
	scene_restart(&s);
	for (int i = 0; i < LIVES; i++) {
		assert_string_equal(
		    scene_take_text(&s, assoc_name(all[i])), record_text_of(all[i]));
		assoc_unref(all[i]);
	}
	assert_int_equal(scene_status(&s).n_loaded, LIVES);
	scene_close(&s);
}

static void a_record_is_taken_once(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r;

	(void)state;
	scene_open(&s);
	assert_false(store_take(s.store, "alpha", &r));
	assoc_unref(scene_agreed(&s, "alpha", 7));
	scene_flush(&s);
	assert_false(store_take(s.store, "alpha", &r));
	scene_restart(&s);
	assert_true(store_take(s.store, "alpha", &r));
	assert_int_equal(r.agreement.features, 7);
	assert_false(store_take(s.store, "alpha", &r));
	assert_false(store_take(s.store, "beta", &r));
	scene_restart(&s);
	assert_true(store_take(s.store, "alpha", &r));
	scene_close(&s);
}

static void a_change_is_on_the_disk_after_a_flush(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;

	(void)state;
	scene_open(&s);
	a = scene_agreed(&s, "alpha", 7);
	scene_flush(&s);
	assert_string_equal(scene_sql(&s, "SELECT features FROM partner"), "7");
	scene_agree(a, N32_CAP_PRINS, 8);
	scene_flush(&s);
	assert_string_equal(scene_sql(&s, "SELECT state_in || capability || features FROM partner"),
	    "agreed_prinsPRINS8");
	assert_int_equal(scene_status(&s).written, 2);
	assoc_unref(a);
	scene_close(&s);
}

static void a_flush_does_not_wait_for_more(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;
	msec began, least = STORE_LIMIT_MSEC;

	(void)state;
	scene_open(&s);
	a = scene_association(&s, "alpha");
	for (int i = 0; i < 20; i++) {
		began = clock_mono();
		assoc_count_report(a, ASSOC_IN);
		scene_flush(&s);
		if (clock_mono() - began < least)
			least = clock_mono() - began;
	}
	assert_in_range(least, 0, 45); /* changes are gathered for 50 */
	assoc_unref(a);
	scene_close(&s);
}

static void without_a_flush_it_is_written_soon(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "alpha", 7));
	for (int i = 0; i < 100000 && scene_status(&s).written == 0; i++)
		usleep(100);
	assert_string_equal(scene_sql(&s, "SELECT features FROM partner"), "7");
	scene_close(&s);
}

static void many_changes_at_once_are_one_record(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;

	(void)state;
	scene_open(&s);
	a = scene_association(&s, "alpha");
	for (int i = 0; i < 1000; i++)
		assoc_count_report(a, ASSOC_IN);
	scene_flush(&s);
	assert_in_range(scene_status(&s).written, 1, 10);
	assert_string_equal(scene_sql(&s, "SELECT errors_in FROM partner"), "1000");
	assoc_unref(a);
	scene_close(&s);
}

enum {
	PARTNERS = 1000,
	THREADS = 4,
	ROUNDS = 5,
};

static struct association *partners[PARTNERS];

static void *change_all(void *arg)
{
	struct store_scene *s = arg;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PARTNERS; i++)
			assoc_count_report(partners[i], ASSOC_OUT);
		if (!store_flush(s->store, STORE_LIMIT_MSEC))
			return NULL;
	}
	return s;
}

static void a_thousand_partners_that_four_threads_change_lose_nothing(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r;
	pthread_t threads[THREADS];
	char name[16];
	void *rc;

	(void)state;
	scene_open(&s);
	for (int i = 0; i < PARTNERS; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		partners[i] = scene_association(&s, name);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, change_all, &s), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &rc), 0);
		assert_ptr_equal(rc, &s);
	}
	assert_string_equal(
	    scene_sql(&s, "SELECT count(*) FROM partner WHERE errors_out = 20"), "1000");
	scene_restart(&s);
	for (int i = 0; i < PARTNERS; i++) {
		assert_true(store_take(s.store, assoc_name(partners[i]), &r));
		assert_int_equal(r.errors_out, THREADS * ROUNDS);
		assoc_unref(partners[i]);
	}
	scene_close(&s);
}

/* --- what is not */

static void what_is_forgotten_does_not_come_back(void **state)
{
	struct store_scene s = { 0 };
	struct association *a, *b;
	struct assoc_record r;

	(void)state;
	scene_open(&s);
	a = scene_agreed(&s, "alpha", 7);
	b = scene_agreed(&s, "beta", 8);
	scene_flush(&s);
	scene_agree(a, N32_CAP_TLS, 9); /* queued */
	store_forget(s.store, "alpha");
	store_forget(s.store, "nobody");
	scene_flush(&s);
	assert_string_equal(scene_sql(&s, "SELECT group_concat(name) FROM partner"), "beta");
	scene_restart(&s);
	assert_false(store_take(s.store, "alpha", &r));
	store_forget(s.store, "beta");
	assert_false(store_take(s.store, "beta", &r));
	scene_restart(&s);
	assert_int_equal(scene_status(&s).n_loaded, 0);
	assoc_unref(a);
	assoc_unref(b);
	scene_close(&s);
}

static void its_flags_and_contexts_go_as_well(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;
	bool changed;

	(void)state;
	scene_open(&s);
	a = scene_agreed(&s, "alpha", 7);
	assert_int_equal(assoc_set_flag(a, "drill", true, &changed, NULL), 0);
	assoc_set_contexts(a, &(struct assoc_context){ "1", "2", false }, 1, 8);
	scene_flush(&s);
	assert_string_equal(
	    scene_sql(&s, "SELECT name || own || peer FROM flag, context"), "drill12");
	store_forget(s.store, "alpha");
	scene_flush(&s);
	assert_string_equal(
	    scene_sql(&s, "SELECT count(*) + (SELECT count(*) FROM context) FROM flag"), "0");
	assoc_unref(a);
	scene_close(&s);
}

static void a_flag_that_was_switched_off_is_off_after_a_restart(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;
	struct assoc_record r;
	bool changed;

	(void)state;
	scene_open(&s);
	a = scene_association(&s, "alpha");
	assert_int_equal(assoc_set_flag(a, "drill", true, &changed, NULL), 0);
	assert_int_equal(assoc_set_flag(a, "audit", true, &changed, NULL), 0);
	scene_flush(&s);
	assert_int_equal(assoc_set_flag(a, "drill", false, &changed, NULL), 0);
	scene_restart(&s);
	assert_true(store_take(s.store, "alpha", &r));
	assert_int_equal(r.n_flags, 1);
	assert_string_equal(r.flags[0], "audit");
	assoc_unref(a);
	scene_close(&s);
}

static void who_changes_after_being_forgotten_is_written_again(void **state)
{
	struct store_scene s = { 0 };
	struct association *a;
	struct assoc_record r;

	(void)state;
	scene_open(&s);
	a = scene_agreed(&s, "alpha", 7);
	store_forget(s.store, "alpha");
	scene_agree(a, N32_CAP_TLS, 8);
	scene_restart(&s);
	assert_true(store_take(s.store, "alpha", &r));
	assert_int_equal(r.agreement.features, 8);
	assoc_unref(a);
	scene_close(&s);
}

static void another_association_of_the_name_takes_its_place(void **state)
{
	struct store_scene s = { 0 };
	struct association *old, *new;
	struct assoc_record r;

	(void)state;
	scene_open(&s);
	old = scene_agreed(&s, "alpha", 7);
	store_forget(s.store, "alpha");
	new = scene_agreed(&s, "alpha", 8);
	scene_agree(old, N32_CAP_TLS, 9);
	scene_agree(new, N32_CAP_TLS, 10);
	scene_restart(&s);
	assert_true(store_take(s.store, "alpha", &r));
	assert_int_equal(r.agreement.features, 10);
	assoc_unref(old);
	assoc_unref(new);
	scene_close(&s);
}

static void without_a_directory_nothing_is_kept_and_it_says_why(void **state)
{
	struct err e = { 0 };
	struct store_scene s = { .store = store_open(NULL, &e) };
	struct association *a = scene_agreed(&s, "alpha", 7);
	struct assoc_record r;

	(void)state;
	store_forget(s.store, "alpha");
	assert_true(store_flush(s.store, 0));
	assert_false(store_take(s.store, "alpha", &r));
	assert_false(scene_status(&s).is_on);
	assert_string_equal(scene_status(&s).why, "there is no state directory");
	store_close(s.store);
	store_close(NULL);
	assoc_unref(a);
}

/* --- the file */

static unsigned mode_of(const struct store_scene *s, const char *name)
{
	struct stat st;

	assert_int_equal(lstat(dir_path(s->dir, name), &st), 0);
	return st.st_mode & 07777u;
}

static void its_files_are_for_their_owner_alone(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	umask(0);
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "alpha", 7));
	scene_flush(&s);
	assert_int_equal(mode_of(&s, "parley.db"), 0600);
	assert_int_equal(mode_of(&s, "parley.db-wal"), 0600);
	assert_int_equal(mode_of(&s, "parley.db-shm"), 0600);
	scene_close_store(&s);
	dir_chmod(s.dir, "parley.db", 0644);
	scene_open(&s);
	assert_int_equal(mode_of(&s, "parley.db"), 0600);
	umask(022);
	scene_close(&s);
}

/* Whoever adds a column adds it here, and asks whether it may be on a disk: no key material. */
static void these_are_all_its_columns(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	scene_open(&s);
	assert_string_equal(scene_sql(&s, "SELECT group_concat(t.name || '.' || c.name, ' ')"
					  " FROM sqlite_schema t, pragma_table_info(t.name) c"
					  " WHERE t.type = 'table' ORDER BY t.rowid, c.cid"),
	    "partner.name partner.state_in partner.since_in partner.next_in partner.reason_in"
	    " partner.place_in partner.state_out partner.since_out partner.next_out"
	    " partner.reason_out partner.place_out partner.capability partner.agreed_at"
	    " partner.asked_by partner.target_api_root partner.features partner.purposes"
	    " partner.n32f_fqdn partner.n32f_port partner.fingerprint partner.offer"
	    " partner.previous_fingerprint partner.failed_at partner.failure partner.attempts"
	    " partner.failures partner.errors_in partner.errors_out"
	    " partner.certificate_issuer partner.certificate_key partner.certificate_not_after"
	    " flag.partner flag.position flag.name"
	    " context.partner context.position context.own context.peer context.ours");
	assert_string_equal(scene_sql(&s, "PRAGMA user_version"), "2");
	assert_string_equal(scene_sql(&s, "PRAGMA application_id"), "1348563564");
	assert_string_equal(scene_sql(&s, "PRAGMA journal_mode"), "wal");
	scene_close(&s);
}

static void a_file_of_version_1_is_brought_up_to_date(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r;

	(void)state;
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "alpha", 7));
	scene_close_store(&s);
	(void)scene_sql(&s, "ALTER TABLE partner DROP COLUMN certificate_issuer;"
			    "ALTER TABLE partner DROP COLUMN certificate_key;"
			    "ALTER TABLE partner DROP COLUMN certificate_not_after;"
			    "PRAGMA user_version = 1");
	scene_open(&s);
	assert_string_equal(scene_status(&s).set_aside, "");
	assert_true(store_take(s.store, "alpha", &r));
	assert_int_equal(r.agreement.at_s, 7);
	assert_string_equal(r.agreement.issuer, "");
	assert_int_equal(r.agreement.not_after_s, 0);
	assert_string_equal(scene_sql(&s, "PRAGMA user_version"), "2");
	scene_close(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_as_it_was_after_a_restart),
		cmocka_unit_test(whatever_an_association_can_be_is_taken_back),
		cmocka_unit_test(a_record_is_taken_once),
		cmocka_unit_test(a_change_is_on_the_disk_after_a_flush),
		cmocka_unit_test(a_flush_does_not_wait_for_more),
		cmocka_unit_test(without_a_flush_it_is_written_soon),
		cmocka_unit_test(many_changes_at_once_are_one_record),
		cmocka_unit_test(a_thousand_partners_that_four_threads_change_lose_nothing),
		cmocka_unit_test(what_is_forgotten_does_not_come_back),
		cmocka_unit_test(its_flags_and_contexts_go_as_well),
		cmocka_unit_test(a_flag_that_was_switched_off_is_off_after_a_restart),
		cmocka_unit_test(who_changes_after_being_forgotten_is_written_again),
		cmocka_unit_test(another_association_of_the_name_takes_its_place),
		cmocka_unit_test(without_a_directory_nothing_is_kept_and_it_says_why),
		cmocka_unit_test(its_files_are_for_their_owner_alone),
		cmocka_unit_test(these_are_all_its_columns),
		cmocka_unit_test(a_file_of_version_1_is_brought_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
