/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void views_are_equal_byte_for_byte(void **state)
{
	static const struct str nul = STR_LIT("a\0b");

	(void)state;
	assert_true(str_eq(str_of("ab"), (struct str){ "abc", 2 }));
	assert_true(str_eq(str_of(NULL), str_of("")));
	assert_true(str_is(str_of("ab"), "ab"));
	assert_false(str_is(str_of("ab"), "aB"));
	assert_false(str_is(str_of("ab"), "abc"));
	assert_false(str_is(nul, "a"));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(str_ieq(str_of("aZ-9"), str_of("Az-9")));
	assert_false(str_ieq(str_of("a"), str_of("ab")));
	assert_false(str_ieq(str_of("@"), str_of("`")));
	assert_false(str_ieq(str_of("["), str_of("{")));
	assert_false(str_ieq(str_of("\xc3\x84"), str_of("\xc3\xa4")));
}

static void a_view_starts_with_its_prefixes(void **state)
{
	(void)state;
	assert_true(str_starts(str_of("partners/a"), "partners/"));
	assert_true(str_starts(str_of("a"), ""));
	assert_true(str_starts(str_of("a"), "a"));
	assert_false(str_starts(str_of("a"), "ab"));
	assert_false(str_starts(str_of("ba"), "a"));
	assert_true(str_ends(str_of("certs/a.key"), ".key"));
	assert_true(str_ends(str_of("a"), "") && str_ends(str_of("a"), "a"));
	assert_false(str_ends(str_of("a.key.pem"), ".key") || str_ends(str_of("y"), "key"));
}

static void a_number_is_printed_in_decimal_digits(void **state)
{
	char out[STR_NUMBER_MAX];

	(void)state;
	assert_ptr_equal(str_number(out, 0), out + 1);
	assert_string_equal(out, "0");
	assert_ptr_equal(str_number(out, 1090), out + 4);
	assert_string_equal(out, "1090");
	assert_ptr_equal(str_number(out, UINT64_MAX), out + STR_NUMBER_MAX - 1);
	assert_string_equal(out, "18446744073709551615");
}

static void a_copy_says_whether_it_was_cut(void **state)
{
	char out[4] = "xxx";

	(void)state;
	assert_true(str_copy(out, sizeof(out), str_of("abc")));
	assert_string_equal(out, "abc");
	assert_false(str_copy(out, sizeof(out), str_of("abcd")));
	assert_string_equal(out, "abc");
	assert_true(str_copy(out, sizeof(out), str_of(NULL)));
	assert_string_equal(out, "");
	assert_false(str_copy(out, 1, str_of("a")));
	assert_string_equal(out, "");
}

static void escaped_text_is_printable_and_unambiguous(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} rows[] = {
		{ STR_LIT("plain ~text"), "plain ~text" },
		{ STR_LIT("a\0b"), "a\\x00b" },
		{ STR_LIT("a\r\nlevel=error"), "a\\x0d\\x0alevel=error" },
		{ STR_LIT("it's \"x\""), "it\\'s \\\"x\\\"" },
		{ STR_LIT("\\x00"), "\\\\x00" },
		{ STR_LIT("\xc3\xa9\x7f\x1b[0m"), "\\xc3\\xa9\\x7f\\x1b[0m" },
		{ STR_LIT(""), "" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(str_escape(out, sizeof(out), rows[i].in), rows[i].out);
}

static void escaped_text_that_does_not_fit_ends_in_dots(void **state)
{
	static const char in[] = "ab\n\n\n\n\n\n\n\n\n\n";
	char out[64];

	(void)state;
	for (size_t size = 8; size <= 40; size++) {
		memset(out, '#', sizeof(out));
		str_escape(out, size, str_of(in));
		assert_true(strlen(out) < size);
		assert_memory_equal(out, "ab", 2);
		assert_string_equal(out + strlen(out) - 3, "...");
		/* an escape is never cut in two, and nothing is written behind the end */
		assert_int_equal((strlen(out) - 5) % 4, 0);
		assert_int_equal(out[size], '#');
	}
}

static void bytes_are_printed_as_lower_case_digits(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0x0f, 0xa0, 0xff };
	char out[9];

	(void)state;
	assert_string_equal(str_hex(out, bytes, 4), "000fa0ff");
	assert_string_equal(str_hex(out, bytes, 0), "");
}

static void a_misspelt_name_finds_the_one_that_was_meant(void **state)
{
	static const char *const names[] = { "capabilities", "purposes", "anchors",
		"handshakes_per_minute" };
	static const struct {
		const char *given, *meant;
	} rows[] = {
		{ "capabilites", "capabilities" },
		{ "Purposes", "purposes" },
		{ "porpose", "purposes" },
		{ "anchor", "anchors" },
		{ "handshake_per_minutes", "handshakes_per_minute" },
		{ "timeout", NULL },
		{ "certificate", NULL },
		{ "", NULL },
		{ "capabilitiescapabilitiescapabilitiescapab", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *found = str_nearest(str_of(rows[i].given), names, ARRAY_LEN(names));

		if (rows[i].meant)
			assert_string_equal(found, rows[i].meant);
		else
			assert_null(found);
	}
}

static void names_that_are_too_long_are_never_suggested(void **state)
{
	static const char *const names[] = { "a234567890123456789012345678901234567890x" };

	(void)state;
	assert_null(str_nearest(
	    str_of("a234567890123456789012345678901234567890"), names, ARRAY_LEN(names)));
	assert_null(str_nearest(str_of("a"), NULL, 0));
}

static void lower_case_is_that_of_ascii(void **state)
{
	(void)state;
	for (int c = -128; c < 128; c++)
		assert_int_equal(str_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_are_equal_byte_for_byte),
		cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
		cmocka_unit_test(a_view_starts_with_its_prefixes),
		cmocka_unit_test(a_copy_says_whether_it_was_cut),
		cmocka_unit_test(a_number_is_printed_in_decimal_digits),
		cmocka_unit_test(escaped_text_is_printable_and_unambiguous),
		cmocka_unit_test(escaped_text_that_does_not_fit_ends_in_dots),
		cmocka_unit_test(bytes_are_printed_as_lower_case_digits),
		cmocka_unit_test(lower_case_is_that_of_ascii),
		cmocka_unit_test(a_misspelt_name_finds_the_one_that_was_meant),
		cmocka_unit_test(names_that_are_too_long_are_never_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
