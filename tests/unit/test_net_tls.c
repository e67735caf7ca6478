/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "unit_tls.h"

enum {
	DAY = 86400,
};

/* The two versions of the profile. */
static const char *const versions[] = { "TLSv1.3", "TLSv1.2" };

static struct world *world_of_version(size_t which)
{
	struct world *w = world_new();

	if (which == 1)
		world_limit_to_12(&w->partner);
	return w;
}

/* A world whose partner has the certificate of `spec`, from the root that the gateway trusts. */
static struct world *world_with_partner(size_t version, const struct cert_spec *spec)
{
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, spec);

	world_renew(w, &w->partner, c, true);
	cert_free(c);
	if (version == 1)
		world_limit_to_12(&w->partner);
	return w;
}

/* The gateway refuses with these words for the log, and the partner gets this alert. */
static void assert_partner_refused(struct world *w, const char *why, const char *alert)
{
	assert_false(world_connect(w));
	assert_int_equal(w->server.rc, ERR_TLS);
	assert_non_null(strstr(w->server.why, why));
	assert_null(tls_peer_of(w->server.tls));
	assert_true(w->server.pipe.out.len > 0);
	assert_string_equal(world_hear(&w->server, &w->client), alert);
}

/* The same the other way round. */
static void assert_gateway_refused(struct world *w, const char *why, const char *alert)
{
	assert_false(world_connect(w));
	assert_int_equal(w->client.rc, ERR_TLS);
	assert_non_null(strstr(w->client.why, why));
	assert_null(tls_peer_of(w->client.tls));
	assert_true(w->client.pipe.out.len > 0);
	assert_string_equal(world_hear(&w->client, &w->server), alert);
}

/* --- success */

static void a_handshake_succeeds_in_both_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_of_version(i);

		assert_true(world_connect(w));
		assert_string_equal(tls_version(w->server.tls), versions[i]);
		assert_string_equal(tls_version(w->client.tls), versions[i]);
		assert_non_null(strstr(tls_cipher(w->server.tls), "AES"));
		assert_string_equal(tls_cipher(w->server.tls), tls_cipher(w->client.tls));
		world_free(w);
	}
}

static void assert_peer(const struct tls_peer *p, const struct cert *c, const char *name)
{
	char fingerprint[65];

	assert_non_null(p);
	assert_int_equal(p->n_names, 1);
	assert_true(str_is(p->names[0], name));
	assert_string_equal(p->issuer, "CN=N32 Root,O=Parley Tests");
	assert_string_equal(p->fingerprint, cert_fingerprint(c, fingerprint));
	assert_string_equal(p->key, "EC 256");
	assert_true(p->not_after_s == CERT_NOW + 30 * DAY);
}

static void both_sides_see_what_was_verified(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_of_version(i);

		assert_true(world_connect(w));
		assert_peer(tls_peer_of(w->server.tls), w->partner_cert, PARTNER_NAME);
		assert_peer(tls_peer_of(w->client.tls), w->gateway_cert, GATEWAY_NAME);
		assert_ptr_equal(tls_peer_of(w->server.tls)->anchors, w->trusted);
		world_free(w);
	}
}

static void the_owner_is_asked_with_the_names_of_the_certificate(void **state)
{
	const struct cert_spec spec = { .names = { PARTNER_NAME, "b.example.org", "*.c.org" } };
	struct world *w = world_with_partner(0, &spec);

	(void)state;
	assert_true(world_connect(w));
	assert_int_equal(w->gateway.asked, 1);
	assert_int_equal(w->gateway.n_names, 3);
	assert_string_equal(w->gateway.name, PARTNER_NAME);
	assert_true(str_is(tls_peer_of(w->server.tls)->names[2], "*.c.org"));
	world_free(w);
}

static void nobody_is_known_before_the_handshake_is_over(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_dial(w, GATEWAY_NAME);
	assert_int_equal(tls_handshake(w->client.tls), TLS_MORE);
	assert_null(tls_peer_of(w->client.tls));
	assert_null(tls_peer_of(w->server.tls));
	world_free(w);
}

static void a_verified_peer_outlives_its_connection(void **state)
{
	struct world *w = world_new();
	struct tls_peer *p;

	(void)state;
	assert_true(world_connect(w));
	p = tls_peer_ref(tls_peer_of(w->server.tls));
	world_hang_up(w);
	tls_ctx_retire(w->gateway.ctx);
	assert_true(str_is(p->names[0], PARTNER_NAME));
	tls_peer_unref(p);
	tls_peer_unref(NULL);
	world_free(w);
}

static void a_chain_over_an_intermediate_is_verified_up_to_the_root(void **state)
{
	struct world *w = world_new();
	struct cert *between = cert_intermediate(w->root, "N32 Issuing", CERT_P256);
	struct cert *leaf = cert_for(between, PARTNER_NAME);
	struct str chain = cert_chain(leaf, between);

	(void)state;
	tls_ctx_unref(w->partner.ctx);
	w->partner.ctx = world_context(w, &w->partner, chain, cert_key_pem(leaf));
	assert_non_null(w->partner.ctx);
	assert_true(world_connect(w));
	assert_string_equal(tls_peer_of(w->server.tls)->issuer, "CN=N32 Issuing,O=Parley Tests");
	cert_text_free(chain);
	cert_free(leaf);
	cert_free(between);
	world_free(w);
}

static void an_intermediate_that_is_not_presented_is_missed(void **state)
{
	struct world *w = world_new();
	struct cert *between = cert_intermediate(w->root, "N32 Issuing", CERT_P256);
	struct cert *leaf = cert_for(between, PARTNER_NAME);

	(void)state;
	world_renew(w, &w->partner, leaf, true);
	assert_partner_refused(w, "unable to get local issuer certificate", "unknown CA");
	cert_free(leaf);
	cert_free(between);
	world_free(w);
}

/* --- refusals */

static void a_certificate_of_another_root_is_refused_by_either_side(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_of_version(i);

		w->partner.anchors = w->untrusted;
		assert_gateway_refused(w, "unable to get local issuer certificate", "unknown CA");
		w->partner.anchors = w->trusted;
		w->gateway.anchors = w->untrusted;
		assert_partner_refused(w, "unable to get local issuer certificate", "unknown CA");
		world_free(w);
	}
}

static void a_certificate_is_valid_between_its_two_dates_only(void **state)
{
	const struct cert_spec spec = {
		.names = { PARTNER_NAME }, .from_s = CERT_NOW, .until_s = CERT_NOW + DAY
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_with_partner(i, &spec);

		w->now_s = CERT_NOW + DAY + 1;
		assert_partner_refused(w, "certificate has expired", "certificate expired");
		w->now_s = CERT_NOW - 1;
		assert_partner_refused(w, "certificate is not yet valid", "bad certificate");
		w->now_s = CERT_NOW + DAY - 1;
		assert_true(world_connect(w));
		world_free(w);
	}
}

static void a_certificate_must_be_for_the_role_it_is_used_in(void **state)
{
	const struct cert_spec server = { .names = { PARTNER_NAME }, .use = CERT_SERVER };
	const struct cert_spec client = { .names = { GATEWAY_NAME }, .use = CERT_CLIENT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_with_partner(i, &server);
		struct cert *c = cert_issue(w->root, &client);

		assert_partner_refused(
		    w, "unsuitable certificate purpose", "unsupported certificate");
		world_renew(w, &w->partner, NULL, true);
		world_renew(w, &w->gateway, c, true);
		assert_gateway_refused(
		    w, "unsuitable certificate purpose", "unsupported certificate");
		cert_free(c);
		world_free(w);
	}
}

static void a_client_certificate_needs_no_server_usage(void **state)
{
	const struct cert_spec spec = { .names = { PARTNER_NAME }, .use = CERT_CLIENT };
	struct world *w = world_with_partner(0, &spec);

	(void)state;
	assert_true(world_connect(w));
	world_free(w);
}

static void names_that_nobody_vouches_for_are_refused_in_the_words_of_the_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_of_version(i);

		w->gateway.anchors = NULL;
		assert_partner_refused(w, "nobody may vouch for it", "unknown CA");
		world_free(w);
	}
}

static void a_server_that_is_not_the_one_that_was_dialled_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world *w = world_of_version(i);

		world_dial(w, "sepp.5gc.mnc003.mcc003.3gppnetwork.org");
		world_shake(w);
		assert_int_equal(w->client.rc, ERR_TLS);
		assert_string_equal(
		    w->client.why, "the certificate is not of the name that was dialled");
		assert_int_equal(w->partner.asked, 0);
		assert_string_equal(world_hear(&w->client, &w->server), "bad certificate");
		world_free(w);
	}
}

static void a_revoked_certificate_is_refused_and_its_neighbour_is_not(void **state)
{
	struct world *w = world_new();
	struct str crl = cert_revoke(w->root, w->partner_cert);
	struct tls_anchors *strict =
	    tls_anchors_new(cert_pem(w->root), (struct tls_lists){ .pem = crl }, &w->e);
	struct cert *other = cert_for(w->root, PARTNER_NAME);

	(void)state;
	assert_non_null(strict);
	w->gateway.anchors = strict;
	assert_partner_refused(w, "certificate revoked", "certificate revoked");
	world_renew(w, &w->partner, other, true);
	assert_true(world_connect(w));
	world_hang_up(w);
	tls_ctx_retire(w->gateway.ctx);
	tls_anchors_unref(strict);
	cert_text_free(crl);
	cert_free(other);
	world_free(w);
}

static void a_revocation_list_that_is_too_old_refuses_everybody(void **state)
{
	struct world *w = world_new();
	struct str crl = cert_revoke(w->root, NULL);
	struct tls_anchors *strict =
	    tls_anchors_new(cert_pem(w->root), (struct tls_lists){ .pem = crl }, &w->e);

	(void)state;
	assert_non_null(strict);
	w->gateway.anchors = strict;
	assert_true(world_connect(w));
	w->now_s = CERT_NOW + 8 * DAY;
	assert_partner_refused(w, "CRL has expired", "certificate expired");
	world_hang_up(w);
	tls_anchors_unref(strict);
	cert_text_free(crl);
	world_free(w);
}

static void a_revocation_list_that_is_too_old_counts_where_it_is_accepted(void **state)
{
	struct world *w = world_new();
	struct str crl = cert_revoke(w->root, w->partner_cert);
	const struct tls_lists lists = { .pem = crl, .accept_expired = true };
	struct tls_anchors *lax = tls_anchors_new(cert_pem(w->root), lists, &w->e);
	struct cert *other = cert_for(w->root, PARTNER_NAME);

	(void)state;
	assert_non_null(lax);
	assert_int_equal(tls_anchors_next_update_s(lax), CERT_NOW + 6 * DAY);
	w->gateway.anchors = lax;
	assert_partner_refused(w, "certificate revoked", "certificate revoked");
	world_renew(w, &w->partner, other, true);
	assert_true(world_connect(w));
	assert_false(tls_peer_of(w->server.tls)->is_list_expired);
	w->now_s = CERT_NOW + 8 * DAY;
	assert_true(world_connect(w));
	assert_true(tls_peer_of(w->server.tls)->is_list_expired);
	world_renew(w, &w->partner, w->partner_cert, true);
	assert_partner_refused(w, "certificate revoked", "certificate revoked");
	world_hang_up(w);
	tls_anchors_unref(lax);
	cert_text_free(crl);
	cert_free(other);
	world_free(w);
}

static void a_peer_is_judged_again_with_other_anchors(void **state)
{
	struct world *w = world_new();
	struct str crls[] = { cert_revoke(w->root, NULL), cert_revoke(w->root, w->partner_cert) };
	struct tls_anchors *lists[2];
	struct tls_peer *peer;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		lists[i] =
		    tls_anchors_new(cert_pem(w->root), (struct tls_lists){ .pem = crls[i] }, &w->e);
	assert_true(world_connect(w));
	peer = tls_peer_of(w->server.tls);
	assert_true(tls_ctx_vouches(w->gateway.ctx, peer, lists[0], CERT_NOW));
	assert_ptr_equal(peer->anchors, lists[0]);
	assert_false(tls_ctx_vouches(w->gateway.ctx, peer, lists[1], CERT_NOW));
	assert_false(tls_ctx_vouches(w->gateway.ctx, peer, w->untrusted, CERT_NOW));
	assert_false(tls_ctx_vouches(w->gateway.ctx, peer, w->trusted, CERT_NOW + 31 * DAY));
	assert_ptr_equal(peer->anchors, lists[0]);
	world_hang_up(w);
	tls_ctx_retire(w->gateway.ctx);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		tls_anchors_unref(lists[i]);
		cert_text_free(crls[i]);
	}
	world_free(w);
}

static void a_certificate_without_a_dns_name_or_with_too_many_is_refused(void **state)
{
	struct cert_spec many = { .names = { PARTNER_NAME } };
	char names[TLS_NAMES_MAX + 1][16];
	struct world *w = world_new();
	struct side unused = { .asked = 0 };

	(void)state;
	for (size_t i = 0; i <= TLS_NAMES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu.org", i);
		many.names[i] = names[i];
	}
	for (int i = 0; i < 2; i++) {
		struct cert *c = cert_issue(w->root, &many);

		/* our own certificate is read in the same way as a peer's */
		assert_null(world_context(w, &unused, cert_pem(c), cert_key_pem(c)));
		assert_non_null(strstr(w->e.text, i ? "no DNS name" : "too many DNS names"));
		cert_free(c);
		memset(many.names, 0, sizeof(many.names));
	}
	world_free(w);
}

static void bytes_that_are_no_tls_are_refused(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_dial(w, GATEWAY_NAME);
	w->server.pipe.in = str_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	assert_int_equal(tls_handshake(w->server.tls), ERR_TLS);
	assert_non_null(w->server.pipe.why);
	assert_string_not_equal(w->server.pipe.why, "");
	world_free(w);
}

static void an_alert_is_the_reason_of_who_gets_it(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->gateway.anchors = NULL;
	assert_partner_refused(w, "nobody may vouch for it", "unknown CA");
	/* the partner had verified the gateway's certificate, and found nothing wrong with it */
	assert_string_equal(w->client.pipe.why, "tlsv1 alert unknown ca");
	world_free(w);
}

/* --- what carries no data */

/* What the gateway makes of so many changes of keys, each of which asks for one in return. */
static int hear_key_updates(struct world *w, unsigned n)
{
	char byte;
	int rc;

	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(SSL_key_update(world_ssl(false), SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(world_ssl(false)), 1);
	}
	world_carry(&w->client, &w->server);
	w->server.pipe.wall_s = w->now_s;
	rc = tls_read(w->server.tls, &byte, 1);
	assert_int_equal(w->server.pipe.in.n, 0);
	buf_reset(&w->server.in);
	return rc;
}

static struct world *talking_world(void)
{
	struct world *w = world_new();

	assert_true(world_connect(w));
	return w;
}

static void keys_may_change_now_and_then(void **state)
{
	struct world *w = talking_world();

	(void)state;
	for (int minute = 0; minute < 10; minute++) {
		assert_int_equal(hear_key_updates(w, 16), 0);
		w->now_s += 60;
	}
	assert_int_equal(tls_write(w->client.tls, "x", 1), 0);
	world_carry(&w->client, &w->server);
	assert_int_equal(tls_read(w->server.tls, (char[8]){ 0 }, 8), 1);
	world_free(w);
}

static void a_flood_of_new_keys_is_not_read_to_its_end(void **state)
{
	struct world *w = talking_world();

	(void)state;
	assert_int_equal(hear_key_updates(w, 1000), ERR_TLS);
	assert_string_equal(w->server.pipe.why, "too many records or messages that carry no data");
	assert_in_range(w->server.pipe.out.len, 1, 64 * 32); /* few were answered */
	assert_int_equal(hear_key_updates(w, 1), ERR_TLS);
	world_free(w);
}

static void a_flood_of_wishes_to_negotiate_again_is_not_read_to_its_end(void **state)
{
	struct world *w = world_new();
	char byte;

	(void)state;
	world_limit_to_12(&w->partner);
	assert_true(world_connect(w));
	SSL_clear_options(world_ssl(true), SSL_OP_NO_RENEGOTIATION);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(SSL_renegotiate(world_ssl(true)), 1); /* HelloRequest */
		assert_int_equal(SSL_do_handshake(world_ssl(true)), 1);
	}
	assert_in_range(w->server.pipe.out.len, 1000 * 25, 1000 * 64);
	world_carry(&w->server, &w->client);
	w->client.pipe.wall_s = w->now_s;
	assert_int_equal(tls_read(w->client.tls, &byte, 1), ERR_TLS);
	assert_string_equal(w->client.pipe.why, "too many records or messages that carry no data");
	assert_in_range(w->client.pipe.out.len, 1, 64 * 32); /* few were refused */
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_succeeds_in_both_versions),
		cmocka_unit_test(both_sides_see_what_was_verified),
		cmocka_unit_test(the_owner_is_asked_with_the_names_of_the_certificate),
		cmocka_unit_test(nobody_is_known_before_the_handshake_is_over),
		cmocka_unit_test(a_verified_peer_outlives_its_connection),
		cmocka_unit_test(a_chain_over_an_intermediate_is_verified_up_to_the_root),
		cmocka_unit_test(an_intermediate_that_is_not_presented_is_missed),
		cmocka_unit_test(a_certificate_of_another_root_is_refused_by_either_side),
		cmocka_unit_test(a_certificate_is_valid_between_its_two_dates_only),
		cmocka_unit_test(a_certificate_must_be_for_the_role_it_is_used_in),
		cmocka_unit_test(a_client_certificate_needs_no_server_usage),
		cmocka_unit_test(
		    names_that_nobody_vouches_for_are_refused_in_the_words_of_the_owner),
		cmocka_unit_test(a_server_that_is_not_the_one_that_was_dialled_is_refused),
		cmocka_unit_test(a_revoked_certificate_is_refused_and_its_neighbour_is_not),
		cmocka_unit_test(a_revocation_list_that_is_too_old_refuses_everybody),
		cmocka_unit_test(a_peer_is_judged_again_with_other_anchors),
		cmocka_unit_test(a_revocation_list_that_is_too_old_counts_where_it_is_accepted),
		cmocka_unit_test(a_certificate_without_a_dns_name_or_with_too_many_is_refused),
		cmocka_unit_test(bytes_that_are_no_tls_are_refused),
		cmocka_unit_test(an_alert_is_the_reason_of_who_gets_it),
		cmocka_unit_test(keys_may_change_now_and_then),
		cmocka_unit_test(a_flood_of_new_keys_is_not_read_to_its_end),
		cmocka_unit_test(a_flood_of_wishes_to_negotiate_again_is_not_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
