/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/name.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
/* 4 x 63 + 3 dots = 255 */
#define NAME_255 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63

static const char home[] = "sepp.5gc.mnc012.mcc345.3gppnetwork.org";

static bool well_formed(const char *text, bool strict)
{
	struct n32_fqdn fqdn;

	return n32_fqdn_parse(&fqdn, str_of(text), strict, NULL) == 0;
}

/* CAP-20 */
static void a_name_is_kept_in_lower_case_without_its_trailing_dot(void **state)
{
	struct n32_fqdn fqdn;

	(void)state;
	assert_int_equal(n32_fqdn_parse(&fqdn, str_of("SEPP.Example.ORG."), true, NULL), 0);
	assert_string_equal(fqdn.text, "sepp.example.org");
}

static void the_lenient_form_takes_what_dns_takes(void **state)
{
	static const char *const good[] = { "a", "localhost", "a_b.c", "-a-.example", "10.0.0.1",
		"a.", LABEL_63, LABEL_63 ".b" };
	static const char *const bad[] = { "", ".", "..", "a..b", ".a", "a..", "a b", "a@b",
		"*.a.org", "a/b", "a\n", "\xc3\xa9.org", LABEL_63 "4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(well_formed(good[i], false));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(well_formed(bad[i], false));
}

/* CAP-19 */
static void the_strict_form_is_the_pattern_of_release_17(void **state)
{
	static const char *const good[] = { "a.bc", "1.bc.", "a-b.example.org", home,
		LABEL_63 ".org" };
	static const char *const bad[] = { "not an fqdn!", "abcd", "a.b", "a.b1", "10.0.0.1",
		"a_b.org", "-a.org", "a-.org", "a.-org", "a.b.c", "a..org", "", LABEL_63 "4.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(well_formed(good[i], true));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(well_formed(bad[i], true));
}

static void a_name_has_at_most_253_characters(void **state)
{
	const char *longest = &NAME_255[2], *longer = &NAME_255[1];

	(void)state;
	assert_int_equal(strlen(longest), N32_FQDN_MAX);
	assert_true(well_formed(longest, false));
	assert_false(well_formed(longer, false));
}

static void the_trailing_dot_counts_in_the_strict_form_only(void **state)
{
	char text[N32_FQDN_MAX + 2];

	(void)state;
	memcpy(text, &NAME_255[2], N32_FQDN_MAX);
	memcpy(text + N32_FQDN_MAX - 4, ".org.", 6);
	assert_true(well_formed(text, false));
	assert_false(well_formed(text, true));
	assert_true(well_formed(text + 1, true));
}

static void a_refused_name_is_left_empty_with_words_for_the_peer(void **state)
{
	struct n32_fqdn fqdn = { "old" };
	const char *why = NULL;

	(void)state;
	assert_int_equal(n32_fqdn_parse(&fqdn, str_of("a b"), false, &why), ERR_SYNTAX);
	assert_string_equal(fqdn.text, "");
	assert_non_null(strstr(why, "letters, digits"));
	assert_int_equal(n32_fqdn_parse(&fqdn, str_of("a..b"), false, &why), ERR_SYNTAX);
	assert_non_null(strstr(why, "1 to 63"));
	assert_int_equal(n32_fqdn_parse(&fqdn, str_of(""), false, &why), ERR_SYNTAX);
	assert_non_null(strstr(why, "1 to 253"));
	assert_int_equal(n32_fqdn_parse(&fqdn, str_of("abcd"), true, &why), ERR_SYNTAX);
	assert_non_null(strstr(why, "two or more labels"));
}

static void a_nul_byte_is_no_part_of_a_name(void **state)
{
	static const struct str name = STR_LIT("sepp.example.org\0.evil.org");
	struct n32_fqdn fqdn;

	(void)state;
	assert_int_equal(n32_fqdn_parse(&fqdn, name, false, NULL), ERR_SYNTAX);
	assert_int_equal(n32_fqdn_parse(&fqdn, name, true, NULL), ERR_SYNTAX);
}

static void a_wildcard_covers_exactly_one_label(void **state)
{
	(void)state;
	assert_true(n32_fqdn_matches("*.example.org", "a.example.org"));
	assert_false(n32_fqdn_matches("*.example.org", "example.org"));
	assert_false(n32_fqdn_matches("*.example.org", ".example.org"));
	assert_false(n32_fqdn_matches("*.example.org", "a.b.example.org"));
	assert_false(n32_fqdn_matches("*.example.org", "aexample.org"));
	assert_false(n32_fqdn_matches("*.example.org", "localhost"));
}

static void a_pattern_without_a_wildcard_is_the_name_itself(void **state)
{
	(void)state;
	assert_true(n32_fqdn_matches("a.example.org", "a.example.org"));
	assert_false(n32_fqdn_matches("a.example.org", "b.example.org"));
	assert_false(n32_fqdn_matches("*a.example.org", "ba.example.org"));
	assert_false(n32_fqdn_matches("a.*.org", "a.b.org"));
}

static void the_absent_name_matches_nothing(void **state)
{
	(void)state;
	assert_false(n32_fqdn_matches("", ""));
	assert_false(n32_fqdn_matches("*.example.org", ""));
}

static void a_name_says_its_plmn_in_any_case(void **state)
{
	static const char *const names[] = { home, "5gc.mnc012.mcc345.3gppnetwork.org",
		"A.B.5GC.MNC012.MCC345.3GPPNETWORK.ORG", "*.5gc.mnc012.mcc345.3gppnetwork.org",
		"sepp.5gc.mnc012.mcc345.3gppnetwork.org." };
	struct n32_realm realm;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(n32_realm_of_fqdn(&realm, str_of(names[i])));
		assert_string_equal(realm.digits, "345012");
		assert_string_equal(realm.nid, "");
	}
}

static void a_name_of_an_snpn_says_its_nid_in_lower_case(void **state)
{
	struct n32_realm realm;

	(void)state;
	assert_true(n32_realm_of_fqdn(
	    &realm, str_of("sepp.5gc.nid00000ABCdef.mnc012.mcc345.3gppnetwork.org")));
	assert_string_equal(realm.digits, "345012");
	assert_string_equal(realm.nid, "00000abcdef");
}

static void a_name_of_another_form_says_nothing(void **state)
{
	static const char *const names[] = { "", ".", "org", "3gppnetwork.org", "sepp.example.org",
		"mnc012.mcc345.3gppnetwork.org", "sepp.mnc012.mcc345.3gppnetwork.org",
		"x5gc.mnc012.mcc345.3gppnetwork.org", "5gc.mnc12.mcc345.3gppnetwork.org",
		"5gc.mnc0123.mcc345.3gppnetwork.org", "5gc.mnc01a.mcc345.3gppnetwork.org",
		"5gc.mcc345.mnc012.3gppnetwork.org", "5gc.mnc012.mcc345.3gppnetwork.org.evil.org",
		"5gc.mnc012.mcc345.x3gppnetwork.org", "5gc.mnc012.mcc345.3gppnetwork.com",
		"5gc.nid0000abcdef.mnc012.mcc345.3gppnetwork.org",
		"5gc.nid0000000000g.mnc012.mcc345.3gppnetwork.org",
		"nid00000abcdef.mnc012.mcc345.3gppnetwork.org",
		"5gc.x.mnc012.mcc345.3gppnetwork.org" };
	struct n32_realm realm;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_false(n32_realm_of_fqdn(&realm, str_of(names[i])));
}

static struct n32_plmn plmn(const char *text)
{
	struct n32_plmn p;

	assert_int_equal(n32_plmn_parse(&p, str_of(text)), 0);
	return p;
}

static struct n32_snpn snpn(const char *text)
{
	struct n32_snpn s;

	assert_int_equal(n32_snpn_parse(&s, str_of(text)), 0);
	return s;
}

/* CAP-48 */
static void two_and_three_digit_mncs_share_a_realm_but_are_not_equal(void **state)
{
	struct n32_plmn two = plmn("345-12"), three = plmn("345-012");
	struct n32_realm a, b, name;

	(void)state;
	n32_realm_of_plmn(&a, &two);
	n32_realm_of_plmn(&b, &three);
	assert_true(n32_realm_of_fqdn(&name, str_of(home)));
	assert_true(n32_realm_eq(&a, &b));
	assert_true(n32_realm_eq(&a, &name));
	assert_false(n32_plmn_eq(&two, &three));
}

static void realms_differ_by_mcc_by_mnc_and_by_nid(void **state)
{
	static const char *const others[] = { "346-012", "345-112", "345-012-00000abcdee",
		"345-012" };
	struct n32_snpn one = snpn("345-012-00000abcdef");
	struct n32_realm a, b;

	(void)state;
	n32_realm_of_snpn(&a, &one);
	assert_true(n32_realm_eq(&a, &a));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct n32_snpn other = snpn(others[i]);

		n32_realm_of_snpn(&b, &other);
		assert_false(n32_realm_eq(&a, &b));
	}
}

static void a_plmn_is_three_digits_a_hyphen_and_two_or_three_digits(void **state)
{
	static const char *const bad[] = { "", "001", "001-1", "001-0001", "00-01", "001_01",
		"00a-01", "001-0a", "001-01 ", "00101", "001-01-" };
	struct n32_plmn p = plmn("262-001");

	(void)state;
	assert_string_equal(p.mcc, "262");
	assert_string_equal(p.mnc, "001");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(n32_plmn_parse(&p, str_of(bad[i])), ERR_SYNTAX);
}

static void an_snpn_is_a_plmn_and_perhaps_a_nid(void **state)
{
	static const char *const bad[] = { "", "001", "001-01-", "001-01-00000abcde",
		"001-0100000abcdef", "001-01-00000abcdeg", "001-01-00000abcdef0",
		"001-01_00000abcdef", "0a1-01-00000abcdef", "-00000abcdef" };
	struct n32_snpn s = snpn("001-01-00000ABCDEF");

	(void)state;
	assert_string_equal(s.nid, "00000abcdef");
	s = snpn("001-01");
	assert_string_equal(s.nid, "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(n32_snpn_parse(&s, str_of(bad[i])), ERR_SYNTAX);
}

static void snpns_are_equal_by_plmn_and_nid(void **state)
{
	struct n32_snpn a = snpn("001-01-00000abcdef"), b = snpn("001-01-00000ABCDEF");
	struct n32_snpn other_nid = snpn("001-01-00000abcde0"),
			other_plmn = snpn("001-02-00000abcdef");

	(void)state;
	assert_true(n32_snpn_eq(&a, &b));
	assert_false(n32_snpn_eq(&a, &other_nid));
	assert_false(n32_snpn_eq(&a, &other_plmn));
}

static void identities_are_printed_as_they_are_parsed(void **state)
{
	static const char *const texts[] = { "001-01", "262-001", "001-01-00000abcdef",
		"262-001-0123456789a" };
	char out[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct n32_snpn s = snpn(texts[i]);

		assert_string_equal(n32_snpn_print(out, &s), texts[i]);
		if (i < 2)
			assert_string_equal(n32_plmn_print(out, &s.plmn), texts[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_kept_in_lower_case_without_its_trailing_dot),
		cmocka_unit_test(the_lenient_form_takes_what_dns_takes),
		cmocka_unit_test(the_strict_form_is_the_pattern_of_release_17),
		cmocka_unit_test(a_name_has_at_most_253_characters),
		cmocka_unit_test(the_trailing_dot_counts_in_the_strict_form_only),
		cmocka_unit_test(a_refused_name_is_left_empty_with_words_for_the_peer),
		cmocka_unit_test(a_nul_byte_is_no_part_of_a_name),
		cmocka_unit_test(a_wildcard_covers_exactly_one_label),
		cmocka_unit_test(a_pattern_without_a_wildcard_is_the_name_itself),
		cmocka_unit_test(the_absent_name_matches_nothing),
		cmocka_unit_test(a_name_says_its_plmn_in_any_case),
		cmocka_unit_test(a_name_of_an_snpn_says_its_nid_in_lower_case),
		cmocka_unit_test(a_name_of_another_form_says_nothing),
		cmocka_unit_test(two_and_three_digit_mncs_share_a_realm_but_are_not_equal),
		cmocka_unit_test(realms_differ_by_mcc_by_mnc_and_by_nid),
		cmocka_unit_test(a_plmn_is_three_digits_a_hyphen_and_two_or_three_digits),
		cmocka_unit_test(an_snpn_is_a_plmn_and_perhaps_a_nid),
		cmocka_unit_test(snpns_are_equal_by_plmn_and_nid),
		cmocka_unit_test(identities_are_printed_as_they_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
