/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/identity.h"

#define HOME "5gc.mnc012.mcc345.3gppnetwork.org"

static struct n32_identity id;

/* The identity of a certificate with these names, which are read as given. */
static int parse(const char *const *names, size_t n)
{
	struct str views[64];

	assert_true(n <= ARRAY_LEN(views));
	for (size_t i = 0; i < n; i++)
		views[i] = str_of(names[i]);
	return n32_identity_parse(&id, views, n);
}

static bool has_plmn(const char *text)
{
	struct n32_plmn plmn;

	assert_int_equal(n32_plmn_parse(&plmn, str_of(text)), 0);
	return n32_identity_has_plmn(&id, &plmn);
}

static bool has_snpn(const char *text)
{
	struct n32_snpn snpn;

	assert_int_equal(n32_snpn_parse(&snpn, str_of(text)), 0);
	return n32_identity_has_snpn(&id, &snpn);
}

static void names_are_kept_canonical_with_their_wildcards(void **state)
{
	static const char *const names[] = { "SEPP.Example.org.", "*.Example.org" };

	(void)state;
	assert_int_equal(parse(names, 2), 0);
	assert_int_equal(id.n_names, 2);
	assert_string_equal(id.names[0].text, "sepp.example.org");
	assert_string_equal(id.names[1].text, "*.example.org");
	assert_int_equal(id.n_realms, 0);
}

static void the_realms_of_all_names_are_collected_once_each(void **state)
{
	static const char *const names[] = { "sepp." HOME, "*." HOME, "n32f.example.org",
		"sepp.5gc.mnc001.mcc001.3gppnetwork.org" };

	(void)state;
	assert_int_equal(parse(names, 4), 0);
	assert_int_equal(id.n_names, 4);
	assert_int_equal(id.n_realms, 2);
	assert_string_equal(id.realms[0].digits, "345012");
	assert_string_equal(id.realms[1].digits, "001001");
}

static void a_peer_is_called_by_its_names_and_by_what_a_wildcard_covers(void **state)
{
	static const char *const names[] = { "sepp.example.org", "*.example.net" };

	(void)state;
	assert_int_equal(parse(names, 2), 0);
	assert_true(n32_identity_has_name(&id, "sepp.example.org"));
	assert_true(n32_identity_has_name(&id, "a.example.net"));
	assert_false(n32_identity_has_name(&id, "example.net"));
	assert_false(n32_identity_has_name(&id, "a.b.example.net"));
	assert_false(n32_identity_has_name(&id, "other.example.org"));
	assert_false(n32_identity_has_name(&id, ""));
}

/* CAP-46, CAP-47, CAP-48 */
static void a_certificate_names_a_plmn_in_both_readings_of_its_mnc(void **state)
{
	static const char *const names[] = { "sepp." HOME };

	(void)state;
	assert_int_equal(parse(names, 1), 0);
	assert_true(has_plmn("345-12"));
	assert_true(has_plmn("345-012"));
	assert_false(has_plmn("345-120"));
	assert_false(has_plmn("344-12"));
}

static void an_snpn_is_named_with_its_nid_and_is_not_the_plmn(void **state)
{
	static const char *const names[] = {
		"sepp.5gc.nid00000ABCDEF.mnc012.mcc345.3gppnetwork.org"
	};

	(void)state;
	assert_int_equal(parse(names, 1), 0);
	assert_true(has_snpn("345-12-00000abcdef"));
	assert_false(has_snpn("345-12-00000abcde0"));
	assert_false(has_snpn("345-12"));
	assert_false(has_plmn("345-12"));
}

static void one_name_that_is_none_makes_the_identity_invalid(void **state)
{
	static const char *const bad[] = { "", ".", "a b.org", "a\tb.org", "*", "*.", "*.*.org",
		"a*.org", "a.*.org", "**.org", "a..org", "\xc3\xa9.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *const names[] = { "sepp." HOME, bad[i] };

		assert_int_equal(parse(names, 2), ERR_SYNTAX);
		assert_int_equal(id.n_names, 0);
		assert_int_equal(id.n_realms, 0);
	}
}

static void a_nul_byte_in_a_name_makes_the_identity_invalid(void **state)
{
	static const struct str name = STR_LIT("sepp.example.org\0.evil.org");

	(void)state;
	assert_int_equal(n32_identity_parse(&id, &name, 1), ERR_SYNTAX);
	assert_false(n32_identity_has_name(&id, "sepp.example.org"));
}

static void more_names_than_fit_are_refused(void **state)
{
	const char *names[N32_NAMES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		names[i] = "sepp." HOME;
	assert_int_equal(parse(names, N32_NAMES_MAX), 0);
	assert_int_equal(id.n_names, N32_NAMES_MAX);
	assert_int_equal(id.n_realms, 1);
	assert_int_equal(parse(names, N32_NAMES_MAX + 1), ERR_LIMIT);
	assert_int_equal(id.n_names, 0);
}

static void every_name_may_have_a_realm_of_its_own(void **state)
{
	struct str views[N32_NAMES_MAX];
	char texts[N32_NAMES_MAX][48];

	(void)state;
	for (size_t i = 0; i < N32_NAMES_MAX; i++) {
		memcpy(texts[i], HOME, sizeof(HOME));
		texts[i][7] = (char)('0' + i / 10);
		texts[i][8] = (char)('0' + i % 10);
		views[i] = str_of(texts[i]);
	}
	assert_int_equal(n32_identity_parse(&id, views, N32_NAMES_MAX), 0);
	assert_int_equal(id.n_realms, N32_NAMES_MAX);
}

static void the_longest_wildcard_still_has_253_characters(void **state)
{
	char text[N32_FQDN_MAX + 2];
	const struct str fits = { text, N32_FQDN_MAX }, longer = { text, N32_FQDN_MAX + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	text[0] = '*';
	assert_int_equal(n32_identity_parse(&id, &fits, 1), 0);
	assert_int_equal(strlen(id.names[0].text), N32_FQDN_MAX);
	text[N32_FQDN_MAX] = 'a';
	assert_int_equal(n32_identity_parse(&id, &longer, 1), ERR_SYNTAX);
}

static void nothing_of_an_earlier_certificate_remains(void **state)
{
	static const char *const names[] = { "sepp." HOME };

	(void)state;
	assert_int_equal(parse(names, 1), 0);
	assert_int_equal(parse(NULL, 0), 0);
	assert_false(n32_identity_has_name(&id, "sepp." HOME));
	assert_false(has_plmn("345-12"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_kept_canonical_with_their_wildcards),
		cmocka_unit_test(the_realms_of_all_names_are_collected_once_each),
		cmocka_unit_test(a_peer_is_called_by_its_names_and_by_what_a_wildcard_covers),
		cmocka_unit_test(a_certificate_names_a_plmn_in_both_readings_of_its_mnc),
		cmocka_unit_test(an_snpn_is_named_with_its_nid_and_is_not_the_plmn),
		cmocka_unit_test(one_name_that_is_none_makes_the_identity_invalid),
		cmocka_unit_test(a_nul_byte_in_a_name_makes_the_identity_invalid),
		cmocka_unit_test(more_names_than_fit_are_refused),
		cmocka_unit_test(every_name_may_have_a_realm_of_its_own),
		cmocka_unit_test(the_longest_wildcard_still_has_253_characters),
		cmocka_unit_test(nothing_of_an_earlier_certificate_remains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
