/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "n32/keys.h"

#define ONE   "0123456789abcdef"
#define OTHER "fedcba9876543210"

/* n32.md B.5: the master secret is 00..3f, and both ids are ONE */
static const char *const vector_keys[N32_MESSAGES] = {
	[N32_PARALLEL_REQUEST] = "0d50a84ea2496a08d990dc3fbf58f803"
				 "6342cb3fd28d515295c933d697041d0f",
	[N32_PARALLEL_RESPONSE] = "e342aaa74e0b9383501ac58ea856d9ce"
				  "7785963152f5dfa51061cad75fff73ee",
	[N32_REVERSE_REQUEST] = "d7ac7de68714c135c598568b57c7a410"
				"bf6c62e38842b60b624d24b91b525e60",
	[N32_REVERSE_RESPONSE] = "1fdc2dbce2ada257365629910e6701fd"
				 "7a303c3215477994f731fc6498273781",
};
static const char *const vector_salts[N32_MESSAGES] = {
	[N32_PARALLEL_REQUEST] = "18b4a8842e1f0b24",
	[N32_PARALLEL_RESPONSE] = "7cd8309cf77881fd",
	[N32_REVERSE_REQUEST] = "3084200ad31f7994",
	[N32_REVERSE_RESPONSE] = "9cc429cb3f26280c",
};

static struct err e;

static struct n32_keys derive(
    enum n32_jwe jwe, const char *initiator, const char *responder, enum n32_key_context which)
{
	unsigned char master[N32_MASTER_BYTES];
	struct n32_keys keys;

	for (size_t i = 0; i < sizeof(master); i++)
		master[i] = (unsigned char)i;
	memset(&keys, 0xff, sizeof(keys));
	if (n32_keys_derive(&keys, master, jwe, initiator, responder, which, &e))
		fail_msg("%s", e.text);
	return keys;
}

/* Whether key and salt of a message are those of the vector, which was made with ONE. */
static bool is_of_one(const struct n32_keys *keys, size_t i)
{
	char key[2 * N32_KEY_MAX + 1], salt[2 * N32_SALT_BYTES + 1];
	bool same_salt = strcmp(str_hex(salt, keys->salt[i], N32_SALT_BYTES), vector_salts[i]) == 0;

	str_hex(key, keys->key[i], keys->key_n);
	assert_true(same_salt == (strncmp(key, vector_keys[i], strlen(key)) == 0));
	return same_salt;
}

static void the_keys_of_the_digest_are_derived(void **state)
{
	struct n32_keys a128 = derive(N32_JWE_A128GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER);
	struct n32_keys a256 = derive(N32_JWE_A256GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER);

	(void)state;
	assert_int_equal(a128.key_n, 16);
	assert_int_equal(a256.key_n, 32);
	for (size_t i = 0; i < N32_MESSAGES; i++) {
		assert_true(is_of_one(&a128, i));
		assert_true(is_of_one(&a256, i));
	}
}

static void the_id_is_the_one_that_the_option_says(void **state)
{
	static const struct {
		enum n32_key_context which;
		bool initiator[N32_MESSAGES]; /* whose id it is */
	} rows[] = {
		{ N32_KEY_CONTEXT_RECEIVER,
		    { [N32_PARALLEL_RESPONSE] = true, [N32_REVERSE_REQUEST] = true } },
		{ N32_KEY_CONTEXT_INITIATOR, { true, true, true, true } },
		{ N32_KEY_CONTEXT_RESPONDER, { false, false, false, false } },
	};

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		struct n32_keys a = derive(N32_JWE_A256GCM, ONE, OTHER, rows[r].which);
		struct n32_keys b = derive(N32_JWE_A256GCM, OTHER, ONE, rows[r].which);

		for (size_t i = 0; i < N32_MESSAGES; i++) {
			assert_int_equal(is_of_one(&a, i), rows[r].initiator[i]);
			assert_int_equal(is_of_one(&b, i), !rows[r].initiator[i]);
		}
	}
}

/* n32.md A.9: the exact characters, although ids are equal in any case */
static void the_case_of_the_digits_makes_other_keys(void **state)
{
	struct n32_keys keys =
	    derive(N32_JWE_A128GCM, "0123456789ABCDEF", ONE, N32_KEY_CONTEXT_INITIATOR);

	(void)state;
	for (size_t i = 0; i < N32_MESSAGES; i++)
		assert_false(is_of_one(&keys, i));
}

static void another_master_secret_makes_other_keys(void **state)
{
	static const unsigned char zeros[N32_MASTER_BYTES];
	struct n32_keys keys;

	(void)state;
	assert_int_equal(
	    n32_keys_derive(&keys, zeros, N32_JWE_A128GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER, &e),
	    0);
	for (size_t i = 0; i < N32_MESSAGES; i++)
		assert_false(is_of_one(&keys, i));
}

/* what sha256sum says of the vector */
static void the_check_is_a_digest_of_all_keys_and_salts(void **state)
{
	struct n32_keys a128 = derive(N32_JWE_A128GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER);
	struct n32_keys a256 = derive(N32_JWE_A256GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER);
	char check[N32_CHECK_MAX];

	(void)state;
	assert_ptr_equal(n32_keys_check(&a128, check), check);
	assert_string_equal(check, "c0891761c30750e4");
	assert_string_equal(n32_keys_check(&a256, check), "96e657f286d44f49");
}

static void nothing_is_left_of_wiped_keys_or_behind_short_ones(void **state)
{
	static const struct n32_keys none;
	struct n32_keys keys = derive(N32_JWE_A128GCM, ONE, ONE, N32_KEY_CONTEXT_RECEIVER);

	(void)state;
	for (size_t i = 0; i < N32_MESSAGES; i++)
		assert_memory_equal(keys.key[i] + 16, none.key[i], 16);
	n32_keys_wipe(&keys);
	assert_memory_equal(&keys, &none, sizeof(keys));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_of_the_digest_are_derived),
		cmocka_unit_test(the_id_is_the_one_that_the_option_says),
		cmocka_unit_test(the_case_of_the_digits_makes_other_keys),
		cmocka_unit_test(another_master_secret_makes_other_keys),
		cmocka_unit_test(the_check_is_a_digest_of_all_keys_and_salts),
		cmocka_unit_test(nothing_is_left_of_wiped_keys_or_behind_short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
