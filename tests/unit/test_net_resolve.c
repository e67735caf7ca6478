/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_resolve.h"

/* --- hosts */

static void a_host_has_its_addresses_of_both_kinds_with_the_port(void **state)
{
	struct resolve_answer a;

	(void)state;
	bed_add("sepp.example.org", ns_t_a, 60, "127.0.0.7");
	bed_add("sepp.example.org", ns_t_aaaa, 60, "::1");
	a = bed_host("sepp.example.org");
	assert_int_equal(a.n, 2);
	assert_non_null(strstr(bed_text(a), "127.0.0.7:443 "));
	assert_non_null(strstr(bed_text(a), "[::1]:443 "));
	assert_int_equal(bed.dns.asked, 2);
}

static void aliases_are_followed_and_their_ttl_counts(void **state)
{
	struct resolve_answer a;

	(void)state;
	bed_add("a.example.org", ns_t_cname, 50, "b.example.org");
	bed_add("b.example.org", ns_t_cname, 20, "c.example.net");
	bed_add("c.example.net", ns_t_a, 60, "192.0.2.7");
	a = bed_host("a.example.org");
	assert_found(a, "192.0.2.7:443 ");
	assert_int_equal(a.ttl_s, 20);
}

static void the_least_ttl_of_all_addresses_counts(void **state)
{
	(void)state;
	bed_add("a.example.org", ns_t_a, 600, "192.0.2.7");
	bed_add("a.example.org", ns_t_a, 400, "192.0.2.8");
	bed_add("a.example.org", ns_t_aaaa, 500, "2001:db8::7");
	assert_int_equal(bed_host("a.example.org").ttl_s, 400);
}

static void addresses_that_do_not_fit_are_left_out(void **state)
{
	static char texts[RESOLVE_ADDRS_MAX + 4][ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		snprintf(texts[i], sizeof(texts[i]), "192.0.2.%zu", i);
		bed_add("many.example.org", ns_t_a, 60, texts[i]);
	}
	assert_int_equal(bed_host("many.example.org").n, RESOLVE_ADDRS_MAX);
}

static void only_the_name_servers_are_asked_and_only_for_the_whole_name(void **state)
{
	(void)state;
	assert_int_equal(setenv("LOCALDOMAIN", "example.org", 1), 0);
	bed_configure(&bed.dns); /* reads it */
	bed_add("localhost", ns_t_a, 60, "192.0.2.7");
	bed_add("sepp.example.org", ns_t_a, 60, "192.0.2.8");
	assert_found(bed_host("localhost"), "192.0.2.7:443 ");
	assert_failed(bed_host("sepp"), "no such name");
	assert_string_equal(bed.dns.last, "sepp");
	unsetenv("LOCALDOMAIN");
}

static void a_truncated_answer_is_asked_for_over_tcp(void **state)
{
	(void)state;
	bed.dns.is_truncated = true;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
	assert_int_equal(bed.dns.asked_over_tcp, 2);
}

/* --- what is remembered */

static void a_second_query_within_the_ttl_asks_nobody(void **state)
{
	struct resolve_answer first, second;

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	first = bed_host("a.example.org");
	bed.dns.asked = 0;
	second = bed_host("A.example.ORG.");
	assert_int_equal(bed.dns.asked, 0);
	assert_found(second, "192.0.2.7:443 ");
	assert_in_range(second.ttl_s, 1, first.ttl_s);
}

static void a_query_after_the_ttl_asks_again(void **state)
{
	(void)state;
	bed_add("a.example.org", ns_t_a, 1, "192.0.2.7");
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
	bed_pause(BED_EXPIRY_MS);
	bed.dns.asked = 0;
	bed.dns.records[0].data = "192.0.2.8";
	assert_found(bed_host("a.example.org"), "192.0.2.8:443 ");
	assert_int_equal(bed.dns.asked, 2);
}

static void what_was_not_found_is_asked_for_again(void **state)
{
	(void)state;
	assert_failed(bed_host("a.example.org"), "no such name");
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
}

static void what_is_remembered_has_the_port_of_the_query(void **state)
{
	struct seen s = { 0 };

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_host("a.example.org");
	resolve_host(bed.r, "a.example.org", 8443, bed_on_answer, &s);
	bed_wait(1);
	assert_found(s.answer, "192.0.2.7:8443 ");
}

/* --- failures */

static void names_without_an_address_and_unknown_names_differ(void **state)
{
	(void)state;
	bed_add("text.example.org", ns_t_txt, 60, "a.");
	bed_add("alias.example.org", ns_t_cname, 60, "text.example.org");
	assert_failed(bed_host("text.example.org"), "no address");
	assert_failed(bed_host("alias.example.org"), "no address");
	assert_failed(bed_host("nothing.example.org"), "no such name");
}

static void what_can_be_no_name_is_told_later_as_well(void **state)
{
	(void)state;
	assert_failed(bed_host(""), "no such name");
	assert_failed(bed_host("a..example.org"), "no such name");
	assert_failed(bed_host("a b"), "no such name");
	assert_failed(bed_srv("."), "no such name");
	assert_int_equal(bed.dns.asked, 0);
}

static void a_server_that_refuses_is_told(void **state)
{
	(void)state;
	bed.dns.rcode = ns_r_servfail;
	assert_failed(bed_host("a.example.org"), "the name servers refuse");
	bed.dns.rcode = ns_r_refused;
	assert_failed(bed_srv("a.example.org"), "the name servers refuse");
	bed.dns.rcode = ns_r_formerr;
	assert_failed(bed_host("a.example.org"), "the name servers refuse");
}

static void a_server_that_is_silent_is_told_after_all_tries(void **state)
{
	(void)state;
	bed.dns.is_silent = true;
	assert_failed(bed_host("a.example.org"), "the name servers do not answer");
	bed_pause(20); /* what is on its way to the server */
	assert_int_equal(bed.dns.asked, 4);
}

static void garbage_is_told(void **state)
{
	(void)state;
	bed.dns.is_garbled = true;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_add("a.example.org", ns_t_aaaa, 60, "::1");
	bed_add_srv("s.example.org", 60, 1, 1, 443, "a.example.org");
	assert_failed(bed_host("a.example.org"), "malformed answer");
	assert_failed(bed_srv("s.example.org"), "malformed answer");
}

static void an_answer_to_another_question_is_not_believed(void **state)
{
	(void)state;
	bed.dns.is_off_subject = true;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_failed(bed_host("a.example.org"), "the name servers do not answer");
}

static void speak_again(struct unit_dns *dns)
{
	dns->is_silent = dns->asked <= 2;
}

static void a_server_that_is_slow_once_is_asked_again(void **state)
{
	struct resolve_conf conf = bed_conf(&bed.dns);
	struct err e;

	(void)state;
	conf.timeout = 40;
	conf.tries = 8; /* a busy machine may be late, too */
	assert_int_equal(resolver_configure(bed.r, &conf, &e), 0);
	bed.dns.on_question = speak_again;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
}

static void the_next_server_is_asked_when_one_refuses(void **state)
{
	struct resolve_conf conf;
	struct unit_dns other;
	struct err e;

	(void)state;
	unit_dns_start(&other, bed.loop);
	conf = bed_conf(&other);
	conf.n_servers = 2;
	conf.servers[1] = bed.dns.addr;
	other.rcode = ns_r_servfail;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_int_equal(resolver_configure(bed.r, &conf, &e), 0);
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
	assert_int_equal(other.asked, 2);
	unit_dns_stop(&other);
}

/* --- ends */

static void a_cancelled_query_says_nothing(void **state)
{
	struct seen s[3] = { { 0 }, { 0 }, { 0 } };
	struct resolve_query *q[2];

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_add_srv("s.example.org", 60, 1, 0, 443, "t.example.org");
	q[0] = resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s[0]);
	q[1] = resolve_srv(bed.r, "s.example.org", bed_on_answer, &s[1]);
	resolve_cancel(q[0]);
	resolve_cancel(q[1]);
	resolve_host(bed.r, "b.example.org", 443, bed_on_answer, &s[2]);
	bed_wait(1);
	assert_int_equal(s[0].calls + s[1].calls, 0);
	assert_int_equal(s[2].calls, 1);
	/* nobody waited for the targets any more */
	assert_int_equal(bed.dns.asked, 5);
}

static void a_query_that_has_its_answer_can_be_cancelled(void **state)
{
	struct seen s[2] = { { 0 }, { 0 } };

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	bed_host("a.example.org");
	resolve_cancel(resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s[0]));
	resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s[1]);
	bed_wait(1);
	assert_int_equal(s[0].calls, 0);
	assert_int_equal(s[1].calls, 1);
}

static void cancel_victim(struct seen *s)
{
	resolve_cancel(s->victim);
}

static void an_answer_may_cancel_a_query_that_is_ready_as_well(void **state)
{
	struct seen s[3] = { { .then = cancel_victim }, { 0 }, { 0 } };

	(void)state;
	resolve_host(bed.r, "", 443, bed_on_answer, &s[0]);
	s[0].victim = resolve_host(bed.r, "", 443, bed_on_answer, &s[1]);
	resolve_host(bed.r, "", 443, bed_on_answer, &s[2]);
	bed_wait(2);
	assert_int_equal(s[0].calls, 1);
	assert_int_equal(s[1].calls, 0);
	assert_int_equal(s[2].calls, 1);
}

static void ask_once_more(struct seen *s)
{
	unsigned calls = s->calls;

	if (calls < 5)
		resolve_host(bed.r, "a.example.org", 443, bed_on_answer, s);
	assert_int_equal(s->calls, calls);
}

static void an_answer_may_start_the_next_query(void **state)
{
	struct seen s = { .then = ask_once_more };

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s);
	bed_wait(5);
	assert_int_equal(s.calls, 5);
	assert_int_equal(bed.dns.asked, 2);
}

static void stop_loop(struct unit_dns *dns)
{
	dns->is_silent = true;
	if (dns->asked == 3)
		loop_stop(bed.loop);
}

static void open_queries_are_forgotten_with_the_resolver(void **state)
{
	struct seen s = { 0 };

	(void)state;
	bed.dns.on_question = stop_loop;
	resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s);
	resolve_srv(bed.r, "s.example.org", bed_on_answer, &s);
	resolve_cancel(resolve_host(bed.r, "c.example.org", 443, bed_on_answer, &s));
	bed_wait(0);
	resolve_host(bed.r, "", 443, bed_on_answer, &s); /* is ready */
	resolver_free(bed.r);
	bed.r = NULL;
	bed_pause(1);
	assert_int_equal(s.calls, 0);
}

/* --- other servers */

static void other_servers_are_asked_anew(void **state)
{
	struct unit_dns other;

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	assert_found(bed_host("a.example.org"), "192.0.2.7:443 ");
	unit_dns_start(&other, bed.loop);
	unit_dns_add(
	    &other, (struct unit_dns_record){ "a.example.org", ns_t_a, 60, 0, 0, 0, "192.0.2.8" });
	bed_configure(&other);
	bed.dns.asked = 0;
	assert_found(bed_host("a.example.org"), "192.0.2.8:443 ");
	assert_int_equal(bed.dns.asked, 0);
	unit_dns_stop(&other);
}

static void open_queries_end_with_the_servers_that_they_have(void **state)
{
	struct unit_dns other;
	struct seen s = { 0 };

	(void)state;
	bed_add("a.example.org", ns_t_a, 60, "192.0.2.7");
	unit_dns_start(&other, bed.loop);
	resolve_host(bed.r, "a.example.org", 443, bed_on_answer, &s);
	bed_configure(&other);
	bed_wait(1);
	assert_found(s.answer, "192.0.2.7:443 ");
	/* and what they said is not remembered */
	assert_failed(bed_host("a.example.org"), "no such name");
	unit_dns_stop(&other);
}

static void without_servers_those_of_the_system_are_used(void **state)
{
	struct resolve_conf conf = { .timeout = 10, .tries = 1 };
	struct resolver *r;
	struct err e;

	(void)state;
	r = resolver_new(bed.loop, &conf, &e);
	assert_non_null(r);
	resolver_free(r);
	resolver_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BED_TEST(a_host_has_its_addresses_of_both_kinds_with_the_port),
		BED_TEST(aliases_are_followed_and_their_ttl_counts),
		BED_TEST(the_least_ttl_of_all_addresses_counts),
		BED_TEST(addresses_that_do_not_fit_are_left_out),
		BED_TEST(only_the_name_servers_are_asked_and_only_for_the_whole_name),
		BED_TEST(a_truncated_answer_is_asked_for_over_tcp),
		BED_TEST(a_second_query_within_the_ttl_asks_nobody),
		BED_TEST(a_query_after_the_ttl_asks_again),
		BED_TEST(what_was_not_found_is_asked_for_again),
		BED_TEST(what_is_remembered_has_the_port_of_the_query),
		BED_TEST(names_without_an_address_and_unknown_names_differ),
		BED_TEST(what_can_be_no_name_is_told_later_as_well),
		BED_TEST(a_server_that_refuses_is_told),
		BED_IMPATIENT_TEST(a_server_that_is_silent_is_told_after_all_tries),
		BED_TEST(a_server_that_is_slow_once_is_asked_again),
		BED_TEST(garbage_is_told),
		BED_IMPATIENT_TEST(an_answer_to_another_question_is_not_believed),
		BED_TEST(the_next_server_is_asked_when_one_refuses),
		BED_TEST(a_cancelled_query_says_nothing),
		BED_TEST(a_query_that_has_its_answer_can_be_cancelled),
		BED_TEST(an_answer_may_cancel_a_query_that_is_ready_as_well),
		BED_TEST(an_answer_may_start_the_next_query),
		BED_TEST(open_queries_are_forgotten_with_the_resolver),
		BED_TEST(other_servers_are_asked_anew),
		BED_TEST(open_queries_end_with_the_servers_that_they_have),
		BED_TEST(without_servers_those_of_the_system_are_used),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
