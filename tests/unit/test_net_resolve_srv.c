/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/resolve_int.h"
#include "unit_resolve.h"

enum {
	ROUNDS = 2000
};

/* --- the order of targets */

static struct resolve_target target(const char *name, unsigned priority, unsigned weight)
{
	struct resolve_target t = { .priority = priority, .weight = weight };

	snprintf(t.name, sizeof(t.name), "%s", name);
	return t;
}

/* The first letters of the names, in the order in which they are to be tried. */
static const char *ordered(const struct resolve_target *given, size_t n)
{
	static char out[RESOLVE_TARGETS_MAX + 1];
	struct resolve_target t[RESOLVE_TARGETS_MAX];

	memcpy(t, given, n * sizeof(*given));
	resolve_srv_order(t, n);
	for (size_t i = 0; i < n; i++)
		out[i] = t[i].name[0];
	out[n] = '\0';
	return out;
}

static void targets_come_by_priority(void **state)
{
	struct resolve_target t[4] = { target("c", 30, 9), target("a", 10, 0),
		target("d", 40, 65535), target("b", 20, 1) };

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_string_equal(ordered(t, ARRAY_LEN(t)), "abcd");
	assert_string_equal(ordered(t, 0), "");
}

static void within_a_priority_the_weight_decides_how_often_one_is_first(void **state)
{
	struct resolve_target t[3] = { target("a", 1, 10), target("b", 1, 30),
		target("z", 2, 60000) };
	int b_first = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const char *order = ordered(t, ARRAY_LEN(t));

		assert_int_equal(order[2], 'z');
		b_first += order[0] == 'b';
	}
	/* 3 of 4 are expected; 10 standard deviations are 0.1 of all */
	assert_in_range(b_first, ROUNDS * 65 / 100, ROUNDS * 85 / 100);
}

static void weight_0_is_seldom_first_but_can_be(void **state)
{
	struct resolve_target t[2] = { target("w", 1, 9), target("0", 1, 0) };
	int first = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		first += ordered(t, 2)[0] == '0';
	/* 1 of 10 by the algorithm of RFC 2782 */
	assert_in_range(first, ROUNDS * 3 / 100, ROUNDS * 17 / 100);
}

static void without_weights_the_order_of_the_answer_stays(void **state)
{
	struct resolve_target t[3] = { target("a", 1, 0), target("b", 1, 0), target("c", 1, 0) };

	(void)state;
	assert_string_equal(ordered(t, 3), "abc");
}

/* --- services */

static void a_service_has_the_addresses_of_its_targets_by_priority(void **state)
{
	struct resolve_answer a;

	(void)state;
	bed_add_srv("_n32._tcp.example.org", 50, 20, 0, 8444, "b.example.org");
	bed_add_srv("_n32._tcp.example.org", 50, 10, 0, 8443, "A.example.org");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_add("b.example.org", ns_t_aaaa, 40, "2001:db8::8");
	a = bed_srv("_n32._tcp.example.org");
	assert_found(a, "192.0.2.7:8443 [2001:db8::8]:8444 ");
	assert_int_equal(a.ttl_s, 40);
	bed.dns.asked = 0;
	assert_found(bed_srv("_n32._tcp.example.org"), "192.0.2.7:8443 [2001:db8::8]:8444 ");
	assert_int_equal(bed.dns.asked, 0);
}

static void the_ttl_of_the_service_counts_and_ends(void **state)
{
	(void)state;
	bed_add_srv("s.example.org", 1, 1, 0, 443, "a.example.org");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_int_equal(bed_srv("s.example.org").ttl_s, 1);
	bed.dns.records[0].port = 444;
	bed_pause(BED_EXPIRY_MS);
	bed.dns.asked = 0;
	assert_found(bed_srv("s.example.org"), "192.0.2.7:444 ");
	assert_int_equal(bed.dns.asked, 1); /* the host is remembered */
}

static void an_alias_of_a_service_is_followed(void **state)
{
	struct resolve_answer a;

	(void)state;
	bed_add("s.example.org", ns_t_cname, 30, "t.example.org");
	bed_add_srv("t.example.org", 60, 1, 0, 443, "a.example.org");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	a = bed_srv("s.example.org");
	assert_found(a, "192.0.2.7:443 ");
	assert_int_equal(a.ttl_s, 30);
}

static void a_record_of_another_name_is_not_used(void **state)
{
	static const struct unit_dns_record stray = { "other.example.org", ns_t_srv, 1, 0, 0, 666,
		"a.example.org" };

	struct resolve_answer a;

	(void)state;
	bed.dns.stray = &stray;
	bed_add_srv("s.example.org", 60, 1, 0, 443, "a.example.org");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	a = bed_srv("s.example.org");
	assert_found(a, "192.0.2.7:443 ");
	assert_int_equal(a.ttl_s, 60);
}

static void a_service_that_is_not_there_is_told(void **state)
{
	(void)state;
	bed_add_srv("dot.example.org", 60, 0, 0, 0, ".");
	bed_add("host.example.org", ns_t_a, 60, "192.0.2.7");
	bed_add("alias.example.org", ns_t_cname, 60, "host.example.org");
	bed_add_srv("odd.example.org", 60, 0, 0, 443, "a b.example.org");
	assert_failed(bed_srv("dot.example.org"), "no service there");
	assert_failed(bed_srv("host.example.org"), "no service there");
	assert_failed(bed_srv("alias.example.org"), "no service there");
	assert_failed(bed_srv("odd.example.org"), "malformed answer");
	assert_failed(bed_srv("nothing.example.org"), "no such name");
}

static void a_target_without_an_address_is_left_out(void **state)
{
	(void)state;
	bed_add_srv("s.example.org", 60, 1, 0, 443, "nothing.example.org");
	bed_add_srv("s.example.org", 60, 2, 0, 443, "text.example.org");
	bed_add("text.example.org", ns_t_txt, 60, "a.");
	assert_failed(bed_srv("s.example.org"), "no such name");
	bed.dns.records[0].data = "text.example.org";
	bed.dns.records[1].data = "a.example.org";
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_add_srv("t.example.org", 60, 1, 0, 443, "text.example.org");
	bed_add_srv("t.example.org", 60, 2, 0, 443, "a.example.org");
	assert_found(bed_srv("t.example.org"), "192.0.2.7:443 ");
}

static void only_the_eight_best_targets_are_used_and_each_has_its_place(void **state)
{
	struct resolve_answer a;

	(void)state;
	for (unsigned i = RESOLVE_TARGETS_MAX + 3; i > 0; i--)
		bed_add_srv("s.example.org", 60, i, 0, i, "a.example.org");
	for (size_t i = 0; i < 3; i++)
		bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	a = bed_srv("s.example.org");
	assert_int_equal(a.n, RESOLVE_ADDRS_MAX);
	for (unsigned i = 0; i < RESOLVE_TARGETS_MAX; i++) {
		assert_int_equal(addr_port(&a.addrs[2 * i]), i + 1);
		assert_int_equal(addr_port(&a.addrs[2 * i + 1]), i + 1);
	}
}

static void targets_of_one_priority_take_turns_without_new_questions(void **state)
{
	unsigned first[2] = { 0, 0 };

	(void)state;
	bed_add_srv("s.example.org", 60, 1, 5, 1, "a.example.org");
	bed_add_srv("s.example.org", 60, 1, 5, 2, "a.example.org");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_srv("s.example.org");
	bed.dns.asked = 0;
	for (int i = 0; i < 200; i++) {
		struct resolve_answer a = bed_srv("s.example.org");

		assert_int_equal(a.n, 2);
		first[addr_port(&a.addrs[0]) - 1]++;
	}
	assert_true(first[0] > 20 && first[1] > 20);
	assert_int_equal(bed.dns.asked, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_come_by_priority),
		cmocka_unit_test(within_a_priority_the_weight_decides_how_often_one_is_first),
		cmocka_unit_test(weight_0_is_seldom_first_but_can_be),
		cmocka_unit_test(without_weights_the_order_of_the_answer_stays),
		BED_TEST(a_service_has_the_addresses_of_its_targets_by_priority),
		BED_TEST(the_ttl_of_the_service_counts_and_ends),
		BED_TEST(an_alias_of_a_service_is_followed),
		BED_TEST(a_record_of_another_name_is_not_used),
		BED_TEST(a_service_that_is_not_there_is_told),
		BED_TEST(a_target_without_an_address_is_left_out),
		BED_TEST(only_the_eight_best_targets_are_used_and_each_has_its_place),
		BED_TEST(targets_of_one_priority_take_turns_without_new_questions),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
