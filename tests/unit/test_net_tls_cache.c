/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "unit_tls.h"

enum {
	DAY = 86400,
	TTL_S = 300,
};

/* How often the gateway was asked for one more connection; it must succeed. */
static unsigned questions(struct world *w)
{
	unsigned before = w->gateway.asked;

	assert_true(world_connect(w));
	assert_non_null(tls_peer_of(w->server.tls));
	return w->gateway.asked - before;
}

static void a_chain_that_was_just_verified_is_not_verified_again(void **state)
{
	struct world *w = world_new();
	const struct tls_peer *first;

	(void)state;
	assert_int_equal(questions(w), 1);
	first = tls_peer_of(w->server.tls);
	assert_int_equal(questions(w), 0);
	assert_ptr_equal(tls_peer_of(w->server.tls), first);
	assert_int_equal(w->partner.asked, 1);
	world_free(w);
}

static void it_is_remembered_for_both_versions(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	world_limit_to_12(&w->partner);
	assert_int_equal(questions(w), 0);
	assert_string_equal(tls_version(w->server.tls), "TLSv1.2");
	world_free(w);
}

static void a_remembered_chain_ends_after_five_minutes(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	w->now_s = CERT_NOW + TTL_S - 1;
	assert_int_equal(questions(w), 0);
	w->now_s = CERT_NOW + TTL_S;
	assert_int_equal(questions(w), 1);
	w->now_s = CERT_NOW + 2 * TTL_S - 1;
	assert_int_equal(questions(w), 0);
	world_free(w);
}

static void a_remembered_chain_ends_with_its_certificate(void **state)
{
	const struct cert_spec spec = { .names = { PARTNER_NAME }, .until_s = CERT_NOW + 100 };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);

	(void)state;
	world_renew(w, &w->partner, c, true);
	assert_int_equal(questions(w), 1);
	w->now_s = CERT_NOW + 99;
	assert_int_equal(questions(w), 0);
	w->now_s = CERT_NOW + 101;
	assert_false(world_connect(w));
	assert_string_equal(w->server.why, "certificate has expired");
	assert_int_equal(w->gateway.asked, 2);
	cert_free(c);
	world_free(w);
}

static void a_clock_that_was_set_back_proves_nothing(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	w->now_s = CERT_NOW - 1;
	assert_int_equal(questions(w), 1);
	w->now_s = CERT_NOW;
	assert_int_equal(questions(w), 0);
	world_free(w);
}

static void a_retired_context_remembers_nothing_and_works_on(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	tls_ctx_retire(w->gateway.ctx);
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 1);
	world_free(w);
}

static void a_context_that_serves_again_begins_with_an_empty_cache(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	tls_ctx_retire(w->gateway.ctx);
	tls_ctx_resume(w->gateway.ctx);
	tls_ctx_resume(w->gateway.ctx);
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 0);
	world_free(w);
}

static void a_context_without_a_cache_gets_none_by_serving_again(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_renew(w, &w->gateway, NULL, false);
	tls_ctx_retire(w->gateway.ctx);
	tls_ctx_resume(w->gateway.ctx);
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 1);
	world_free(w);
}

static void without_the_cache_every_handshake_asks(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_renew(w, &w->gateway, NULL, false);
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 1);
	world_free(w);
}

static void a_new_context_begins_with_an_empty_cache(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	world_renew(w, &w->gateway, NULL, true);
	assert_int_equal(questions(w), 1);
	world_free(w);
}

static void a_failure_is_never_remembered(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->gateway.anchors = w->untrusted;
	assert_false(world_connect(w));
	assert_false(world_connect(w));
	assert_int_equal(w->gateway.asked, 2);
	w->gateway.anchors = w->trusted;
	assert_int_equal(questions(w), 1);
	world_free(w);
}

static void another_certificate_of_the_same_name_is_verified_itself(void **state)
{
	struct world *w = world_new();
	struct cert *forged = cert_for(w->other_root, PARTNER_NAME);

	(void)state;
	assert_int_equal(questions(w), 1);
	world_renew(w, &w->partner, forged, true);
	assert_false(world_connect(w));
	assert_string_equal(w->server.why, "unable to get local issuer certificate");
	cert_free(forged);
	world_free(w);
}

static void a_chain_is_remembered_for_the_role_it_was_verified_for(void **state)
{
	const struct cert_spec spec = { .names = { PARTNER_NAME }, .use = CERT_CLIENT };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);
	struct side swap;

	(void)state;
	world_renew(w, &w->partner, c, true);
	assert_int_equal(questions(w), 1);
	swap = w->gateway;
	w->gateway = w->partner;
	w->partner = swap;
	world_dial(w, PARTNER_NAME);
	world_shake(w);
	assert_int_equal(w->client.rc, ERR_TLS);
	assert_non_null(strstr(w->client.why, "unsuitable certificate purpose"));
	cert_free(c);
	world_free(w);
}

static void a_remembered_server_must_still_have_the_name_that_is_dialled(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_int_equal(questions(w), 1);
	world_dial(w, "sepp.5gc.mnc003.mcc003.3gppnetwork.org");
	world_shake(w);
	assert_int_equal(w->client.rc, ERR_TLS);
	world_free(w);
}

static void nothing_is_remembered_where_a_revocation_list_is_read(void **state)
{
	struct world *w = world_new();
	struct str crl = cert_revoke(w->root, NULL);
	struct tls_anchors *strict =
	    tls_anchors_new(cert_pem(w->root), (struct tls_lists){ .pem = crl }, &w->e);

	(void)state;
	assert_non_null(strict);
	w->gateway.anchors = strict;
	assert_int_equal(questions(w), 1);
	assert_int_equal(questions(w), 1);
	world_hang_up(w);
	tls_anchors_unref(strict);
	cert_text_free(crl);
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_that_was_just_verified_is_not_verified_again),
		cmocka_unit_test(it_is_remembered_for_both_versions),
		cmocka_unit_test(a_remembered_chain_ends_after_five_minutes),
		cmocka_unit_test(a_remembered_chain_ends_with_its_certificate),
		cmocka_unit_test(a_clock_that_was_set_back_proves_nothing),
		cmocka_unit_test(a_retired_context_remembers_nothing_and_works_on),
		cmocka_unit_test(a_context_that_serves_again_begins_with_an_empty_cache),
		cmocka_unit_test(a_context_without_a_cache_gets_none_by_serving_again),
		cmocka_unit_test(without_the_cache_every_handshake_asks),
		cmocka_unit_test(a_new_context_begins_with_an_empty_cache),
		cmocka_unit_test(a_failure_is_never_remembered),
		cmocka_unit_test(another_certificate_of_the_same_name_is_verified_itself),
		cmocka_unit_test(a_chain_is_remembered_for_the_role_it_was_verified_for),
		cmocka_unit_test(a_remembered_server_must_still_have_the_name_that_is_dialled),
		cmocka_unit_test(nothing_is_remembered_where_a_revocation_list_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
