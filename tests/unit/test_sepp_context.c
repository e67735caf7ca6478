/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dlfcn.h>
#include <errno.h>
#include <openssl/kdf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/context_int.h"
#include "unit_table.h"

/* Stands in for the system: what it draws, before it is random again; NULL: it is interrupted. */
static const char *const *drawn;
static size_t n_drawn;

ssize_t getrandom(void *out, size_t n, unsigned flags)
{
	const char *next;

	if (n_drawn == 0)
		return syscall(SYS_getrandom, out, n, flags);
	n_drawn--;
	next = *drawn++;
	errno = EINTR;
	memset(out, 0xff, n);
	if (next)
		memcpy(out, next, n);
	return next ? (ssize_t)n : -1;
}

/* Stands in for that of the system. */
static bool can_lock = true;

int mlock(const void *p, size_t n)
{
	(void)p;
	(void)n;
	errno = EPERM;
	return can_lock ? 0 : -1;
}

/* Stands in for that of OpenSSL, which does not fail otherwise. */
static bool has_kdf = true;

CALLS_LIBRARY EVP_KDF *EVP_KDF_fetch(OSSL_LIB_CTX *lib, const char *name, const char *properties)
{
	EVP_KDF *(*fetch)(OSSL_LIB_CTX *, const char *, const char *);

	*(void **)&fetch = dlsym(RTLD_NEXT, "EVP_KDF_fetch");
	return has_kdf ? fetch(lib, name, properties) : NULL;
}

/* The own id of the one that is found. */
static const char *found(struct contexts *c, const struct association *a, const char *id)
{
	static struct context_view v;

	return contexts_find(c, a, id, &v) ? v.own : "none";
}

/* --- ids */

static void ids_are_distinct_and_sixteen_lower_case_digits(void **state)
{
	struct table *t = *state;
	char ids[200][CONTEXT_ID_MAX];

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_ptr_equal(contexts_new_id(t->contexts, ids[i]), ids[i]);
		assert_int_equal(strlen(ids[i]), 16);
		assert_int_equal(strspn(ids[i], "0123456789abcdef"), 16);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static void an_id_that_is_taken_or_zero_is_drawn_again(void **state)
{
	static const char *const draws[] = { NULL, "\x01\x23\x45\x67\x89\xab\xcd\xef", NULL,
		"\0\0\0\0\0\0\0", "\x01\x23\x45\x67\x89\xab\xcd\xef", "\0\0\0\0\0\0\0\x0a" };
	struct table *t = *state;
	char id[CONTEXT_ID_MAX];

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, "0123456789ABCDEF", B);
	drawn = draws;
	n_drawn = ARRAY_LEN(draws);
	assert_string_equal(contexts_new_id(t->contexts, id), "000000000000000a");
	assert_int_equal(n_drawn, 0);
}

static void an_id_of_a_context_that_ended_may_come_again(void **state)
{
	static const char *const draws[] = { "\x01\x23\x45\x67\x89\xab\xcd\xef" };
	struct table *t = *state;
	char id[CONTEXT_ID_MAX];

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_true(contexts_end(t->contexts, t->alpha, A, NOW_S, NULL));
	drawn = draws;
	n_drawn = 1;
	assert_string_equal(contexts_new_id(t->contexts, id), A);
}

static void an_id_that_is_in_use_cannot_be_added(void **state)
{
	struct table *t = *state;
	struct context_start start = table_start(t->beta, CONTEXT_RESPONDER, "0123456789ABCDEF", C);
	struct err e = { 0 };
	size_t ended = 99;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	assert_int_equal(contexts_add(t->contexts, &start, &ended, &e), ERR_BUSY);
	assert_string_equal(e.text, "there is an N32-f context '0123456789ABCDEF' already");
	assert_int_equal(ended, 0);
	assert_string_equal(table_view(t->contexts, A).partner, "alpha");
	assert_int_equal(table_state(t->beta), MACHINE_AGREED_PRINS);
}

/* --- keys */

static void both_ends_have_the_same_keys(void **state)
{
	struct table *t = *state;
	struct contexts *peer = contexts_new();
	struct context_view v;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, D);
	table_begin(peer, t->beta, CONTEXT_RESPONDER, D, A);
	v = table_view(t->contexts, A);
	assert_int_equal(strlen(v.check), 16);
	assert_string_equal(v.check, table_view(peer, D).check);
	contexts_free(peer);
}

/* The check of the context of which `start` tells. */
static struct context_view made(const struct context_start *start)
{
	struct contexts *c = contexts_new();
	struct context_view v;

	table_add(c, start);
	v = table_view(c, start->own);
	contexts_free(c);
	return v;
}

static void keys_differ_with_ids_role_suite_and_master(void **state)
{
	static const unsigned char other[64] = "another secret";
	struct table *t = *state;
	const struct context_start first = table_start(t->alpha, CONTEXT_INITIATOR, A, B);
	struct context_start others[] = { first, first, first, first, first, first };
	char check[N32_CHECK_MAX];

	strcpy(check, made(&first).check);
	others[0].own[15] = '0';
	others[1].peer[0] = 'F'; /* each digit counts as it was exchanged */
	others[2].role = CONTEXT_RESPONDER;
	others[3].jwe = N32_JWE_A256GCM;
	others[4].master = other;
	others[5].which = N32_KEY_CONTEXT_INITIATOR;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_string_not_equal(made(&others[i]).check, check);
	assert_string_equal(made(&first).check, check);
}

static void without_keys_nothing_is_added(void **state)
{
	struct table *t = *state;
	struct context_start start = table_start(t->alpha, CONTEXT_INITIATOR, C, D);
	struct err e = { 0 };
	size_t ended = 99;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	has_kdf = false;
	assert_int_equal(contexts_add(t->contexts, &start, &ended, &e), ERR_TLS);
	has_kdf = true;
	assert_string_equal(e.text, "cannot derive the keys of an N32-f context");
	assert_int_equal(ended, 0);
	assert_false(contexts_find_own(t->contexts, C, NULL));
	assert_true(contexts_find_own(t->contexts, A, NULL));
}

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *bytes = p;

	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n == 0;
}

static void the_end_of_a_context_wipes_its_keys(void **state)
{
	struct table *t = *state;
	struct context *x;
	struct n32_keys *keys;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	x = map_find(&t->contexts->by_own, str_of(A));
	keys = x->keys;
	for (int i = 0; i < N32_MESSAGES; i++)
		assert_false(is_zero(keys->key[i], 16) || is_zero(keys->salt[i], 8));
	assert_true(contexts_end(t->contexts, t->alpha, A, NOW_S, NULL));
	assert_true(is_zero(keys, sizeof(*keys)));
}

/* What is logged between the two, to `out`. */
static int capture(FILE *out)
{
	int before = dup(STDERR_FILENO);

	assert_true(out && before >= 0 && dup2(fileno(out), STDERR_FILENO) >= 0);
	return before;
}

static void release(FILE *out, int before, char *text, size_t size)
{
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	rewind(out);
	text[fread(text, 1, size - 1, out)] = '\0';
	fclose(out);
}

static void keys_that_cannot_be_locked_are_kept_and_told_of_once(void **state)
{
	static const char line[] = "warn sepp -: the keys of N32-f contexts are less protected "
				   "than they could be: cannot lock memory: ";
	struct table *t = *state;
	FILE *out = tmpfile();
	int before = capture(out);
	char text[1000];

	can_lock = false;
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	table_begin(t->contexts, t->beta, CONTEXT_INITIATOR, C, D);
	can_lock = true;
	release(out, before, text, sizeof(text));
	assert_ptr_equal(strstr(text, line), text);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_true(contexts_find_own(t->contexts, C, NULL));
}

/* --- finding */

static void a_context_is_found_by_either_id_in_any_case(void **state)
{
	struct table *t = *state;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, D);
	assert_string_equal(found(t->contexts, t->alpha, A), A);
	assert_string_equal(found(t->contexts, t->alpha, "0123456789aBCDEf"), A);
	assert_string_equal(found(t->contexts, t->alpha, D), A);
	assert_string_equal(found(t->contexts, t->alpha, "aaaaAAAA00000002"), A);
	assert_true(contexts_find_own(t->contexts, "0123456789ABCDEF", NULL));
	assert_false(contexts_find_own(t->contexts, D, NULL));
	assert_string_equal(table_view(t->contexts, A).peer, D);
}

static void what_is_no_id_of_a_context_finds_none(void **state)
{
	static const char *const ids[] = { "", "0123456789abcde", "0123456789abcdef0",
		"0123456789abcdeg", "aaaaaaaa0000000", "aaaaaaaa000000022",
		"0123456789abcdef0123456789abcdef0123456789abcdef" };
	struct table *t = *state;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, D);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_false(contexts_find(t->contexts, t->alpha, ids[i], NULL));
		assert_false(contexts_find_own(t->contexts, ids[i], NULL));
	}
}

static void a_context_of_another_partner_is_not_found_nor_ended(void **state)
{
	struct table *t = *state;

	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, A, B);
	for (int has_one = 0; has_one < 2; has_one++) {
		if (has_one)
			table_begin(t->contexts, t->beta, CONTEXT_INITIATOR, C, D);
		assert_false(contexts_find(t->contexts, t->beta, A, NULL));
		assert_false(contexts_find(t->contexts, t->beta, B, NULL));
		assert_false(contexts_end(t->contexts, t->beta, A, NOW_S, NULL));
		assert_int_equal(contexts_count_report(t->contexts, t->beta, B, ASSOC_IN), 0);
	}
	assert_string_equal(found(t->contexts, t->alpha, B), A);
}

static void two_partners_may_use_the_same_id(void **state)
{
	struct table *t = *state;

	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, A, D);
	table_begin(t->contexts, t->beta, CONTEXT_RESPONDER, B, D);
	assert_string_equal(found(t->contexts, t->alpha, D), A);
	assert_string_equal(found(t->contexts, t->beta, D), B);
	assert_true(contexts_end(t->contexts, t->alpha, D, NOW_S, NULL));
	assert_string_equal(found(t->contexts, t->alpha, D), "none");
	assert_string_equal(found(t->contexts, t->beta, D), B);
}

static void two_associations_of_one_name_are_two_partners(void **state)
{
	struct table *t = *state;
	struct association *again = table_partner("alpha");

	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, A, D);
	table_begin(t->contexts, again, CONTEXT_RESPONDER, B, D);
	assert_string_equal(found(t->contexts, t->alpha, D), A);
	assert_string_equal(found(t->contexts, again, D), B);
	assert_int_equal(contexts_end_all(t->contexts, again, NOW_S), 1);
	assert_string_equal(found(t->contexts, t->alpha, D), A);
	assoc_unref(again);
}

static void an_id_of_ours_goes_before_an_equal_one_of_the_peer(void **state)
{
	struct table *t = *state;

	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, A, B);
	table_begin(t->contexts, t->alpha, CONTEXT_INITIATOR, C, A);
	assert_string_equal(found(t->contexts, t->alpha, A), A);
	assert_true(contexts_end(t->contexts, t->alpha, A, NOW_S, NULL));
	assert_string_equal(found(t->contexts, t->alpha, A), C);
}

static void a_view_shows_what_a_context_was_made_of(void **state)
{
	struct table *t = *state;
	struct context_start start = table_start(t->alpha, CONTEXT_RESPONDER, A, D);
	struct context_view v;

	start.jwe = N32_JWE_A256GCM;
	table_add(t->contexts, &start);
	v = table_view(t->contexts, A);
	assert_string_equal(v.partner, "alpha");
	assert_int_equal(v.role, CONTEXT_RESPONDER);
	assert_string_equal(v.own, A);
	assert_string_equal(v.peer, D);
	assert_int_equal(v.jwe, N32_JWE_A256GCM);
	assert_int_equal(v.jws, N32_JWS_ES256);
	assert_int_equal(v.created_s, NOW_S + 1);
	assert_int_equal(v.expires_s, NOW_S + 61);
	assert_false(v.has_policy || v.policy_differs);
	assert_int_equal(v.n_providers + v.reports_in + v.reports_out, 0);
}

static void each_is_shown_by_partner_and_the_newest_first(void **state)
{
	struct table *t = *state;
	struct association *aaa = table_partner("aaa");
	char text[TABLE_TEXT_MAX] = "";

	assert_int_equal(contexts_each(t->contexts, table_print, text), 0);
	table_begin(t->contexts, t->beta, CONTEXT_INITIATOR, A, D);
	table_begin(t->contexts, t->alpha, CONTEXT_RESPONDER, B, D);
	table_begin(t->contexts, t->beta, CONTEXT_RESPONDER, C, D);
	table_begin(t->contexts, aaa, CONTEXT_RESPONDER, D, D);
	assert_int_equal(contexts_each(t->contexts, table_print, text), 4);
	assert_string_equal(text, "aaa AaAa, alpha fedc, beta aaaa, beta 0123, ");
	assoc_unref(aaa);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(ids_are_distinct_and_sixteen_lower_case_digits),
		TEST(an_id_that_is_taken_or_zero_is_drawn_again),
		TEST(an_id_of_a_context_that_ended_may_come_again),
		TEST(an_id_that_is_in_use_cannot_be_added),
		TEST(both_ends_have_the_same_keys),
		TEST(keys_differ_with_ids_role_suite_and_master),
		TEST(without_keys_nothing_is_added),
		TEST(the_end_of_a_context_wipes_its_keys),
		TEST(keys_that_cannot_be_locked_are_kept_and_told_of_once),
		TEST(a_context_is_found_by_either_id_in_any_case),
		TEST(what_is_no_id_of_a_context_finds_none),
		TEST(a_context_of_another_partner_is_not_found_nor_ended),
		TEST(two_partners_may_use_the_same_id),
		TEST(two_associations_of_one_name_are_two_partners),
		TEST(an_id_of_ours_goes_before_an_equal_one_of_the_peer),
		TEST(a_view_shows_what_a_context_was_made_of),
		TEST(each_is_shown_by_partner_and_the_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
