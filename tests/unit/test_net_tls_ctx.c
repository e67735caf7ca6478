/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "unit_tls.h"

static const struct str nothing = STR_LIT("");

/* The words with which a certificate and a key are refused; "" if they are not. */
static const char *refusal(struct world *w, struct str certificate, struct str key)
{
	struct side unused = { .asked = 0 };
	struct tls_ctx *ctx = world_context(w, &unused, certificate, key);

	if (ctx)
		w->e.text[0] = '\0';
	tls_ctx_unref(ctx);
	return w->e.text;
}

/* --- own certificates */

static void each_key_type_of_the_profile_works_with_the_reduced_library(void **state)
{
	static const struct {
		enum cert_key key;
		const char *text;
	} rows[] = { { CERT_P256, "EC 256" }, { CERT_P384, "EC 384" }, { CERT_RSA, "RSA 2048" } };
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct cert_spec spec = { .names = { GATEWAY_NAME }, .key = rows[i].key };
		struct cert *c = cert_issue(w->root, &spec);

		world_renew(w, &w->gateway, c, true);
		assert_false(tls_ctx_is_fallback(w->gateway.ctx));
		assert_true(world_connect(w));
		assert_string_equal(tls_peer_of(w->client.tls)->key, rows[i].text);
		cert_free(c);
	}
	world_free(w);
}

static void peers_may_have_another_key_type_than_we(void **state)
{
	static const enum cert_key keys[] = { CERT_P384, CERT_RSA };
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(keys); i++) {
		const struct cert_spec spec = { .names = { PARTNER_NAME }, .key = keys[i / 2] };
		struct cert *c = cert_issue(w->root, &spec);

		world_renew(w, &w->partner, c, true);
		if (i % 2)
			world_limit_to_12(&w->partner);
		assert_true(world_connect(w));
		cert_free(c);
	}
	world_free(w);
}

static void a_context_tells_the_names_and_the_end_of_its_certificate(void **state)
{
	const struct cert_spec spec = { .names = { GATEWAY_NAME, "b.org" },
		.until_s = CERT_NOW + 77 };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);
	const struct str *names;

	(void)state;
	world_renew(w, &w->gateway, c, true);
	assert_true(tls_ctx_not_after_s(w->gateway.ctx) == CERT_NOW + 77);
	assert_int_equal(tls_ctx_names(w->gateway.ctx, &names), 2);
	assert_true(str_is(names[0], GATEWAY_NAME));
	assert_true(str_is(names[1], "b.org"));
	cert_free(c);
	world_free(w);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_non_null(strstr(refusal(w, cert_pem(w->gateway_cert), cert_key_pem(w->partner_cert)),
	    "the private key is not the one of the certificate"));
	world_free(w);
}

static void a_key_of_another_type_than_the_certificate_is_refused(void **state)
{
	const struct cert_spec spec = { .names = { GATEWAY_NAME }, .key = CERT_RSA };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);

	(void)state;
	assert_non_null(strstr(refusal(w, cert_pem(w->gateway_cert), cert_key_pem(c)),
	    "the private key is not the one of the certificate"));
	assert_non_null(strstr(refusal(w, cert_pem(c), cert_key_pem(w->gateway_cert)),
	    "the private key is not the one of the certificate"));
	cert_free(c);
	world_free(w);
}

static void a_key_type_outside_the_profile_is_refused(void **state)
{
	const struct cert_spec spec = { .names = { GATEWAY_NAME }, .key = CERT_ED25519 };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);

	(void)state;
	assert_non_null(strstr(refusal(w, cert_pem(c), cert_key_pem(c)), "does not work"));
	cert_free(c);
	world_free(w);
}

static void a_key_with_a_passphrase_is_refused_without_asking_for_it(void **state)
{
	struct world *w = world_new();
	struct str locked = cert_locked_key(w->gateway_cert);

	(void)state;
	assert_non_null(strstr(refusal(w, cert_pem(w->gateway_cert), locked),
	    "cannot read the private key (PEM without a passphrase is expected)"));
	cert_text_free(locked);
	world_free(w);
}

static void texts_without_a_certificate_or_a_key_are_refused(void **state)
{
	struct world *w = world_new();
	struct str certificate = cert_pem(w->gateway_cert), key = cert_key_pem(w->gateway_cert);
	struct str half = { certificate.p, certificate.n / 2 };

	(void)state;
	assert_string_equal(refusal(w, certificate, key), "");
	assert_non_null(strstr(refusal(w, nothing, key), "cannot use the certificate"));
	assert_non_null(strstr(refusal(w, half, key), "cannot use the certificate"));
	assert_non_null(strstr(refusal(w, key, key), "cannot use the certificate"));
	assert_non_null(strstr(refusal(w, certificate, nothing), "cannot read the private key"));
	assert_non_null(
	    strstr(refusal(w, certificate, certificate), "cannot read the private key"));
	world_free(w);
}

static void a_certificate_without_a_dns_name_is_refused(void **state)
{
	const struct cert_spec spec = { .key = CERT_P256 };
	struct world *w = world_new();
	struct cert *c = cert_issue(w->root, &spec);

	(void)state;
	assert_string_equal(
	    refusal(w, cert_pem(c), cert_key_pem(c)), "the certificate has no DNS name");
	cert_free(c);
	world_free(w);
}

static void a_connection_outlives_the_last_other_user_of_its_context(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_dial(w, GATEWAY_NAME);
	tls_ctx_retire(w->gateway.ctx);
	tls_ctx_unref(w->gateway.ctx);
	tls_ctx_unref(w->partner.ctx);
	tls_ctx_unref(NULL);
	w->gateway.ctx = w->partner.ctx = NULL;
	world_shake(w);
	assert_int_equal(w->server.rc, 0);
	assert_int_equal(w->client.rc, 0);
	world_free(w);
}

/* --- anchors */

static void anchors_need_at_least_one_certificate(void **state)
{
	struct err e;

	(void)state;
	assert_null(tls_anchors_new(nothing, (struct tls_lists){ 0 }, &e));
	assert_non_null(strstr(e.text, "holds no certificate"));
	assert_null(tls_anchors_new(str_of("no PEM at all\n"), (struct tls_lists){ 0 }, &e));
	assert_non_null(strstr(e.text, "holds no certificate"));
}

static void a_broken_certificate_among_good_ones_is_refused_by_number(void **state)
{
	struct cert *root = cert_authority("N32 Root");
	char text[8192];
	struct err e;

	(void)state;
	assert_true(2 * cert_pem(root).n < sizeof(text));
	memcpy(text, cert_pem(root).p, cert_pem(root).n);
	memcpy(text + cert_pem(root).n, cert_pem(root).p, cert_pem(root).n);
	memset(text + cert_pem(root).n + 100, 'A', 40);
	assert_null(tls_anchors_new(
	    (struct str){ text, 2 * cert_pem(root).n }, (struct tls_lists){ 0 }, &e));
	assert_non_null(strstr(e.text, "cannot use certificate number 2"));
	cert_free(root);
}

static void a_revocation_list_must_be_one(void **state)
{
	struct cert *root = cert_authority("N32 Root");
	struct err e;

	(void)state;
	assert_null(
	    tls_anchors_new(cert_pem(root), (struct tls_lists){ .pem = cert_pem(root) }, &e));
	assert_non_null(strstr(e.text, "holds no revocation list"));
	assert_null(tls_anchors_new(cert_pem(root), (struct tls_lists){ .pem = str_of("x") }, &e));
	assert_non_null(strstr(e.text, "holds no revocation list"));
	/* an empty file is not the same as none */
	assert_null(tls_anchors_new(cert_pem(root), (struct tls_lists){ .pem = str_of("") }, &e));
	assert_non_null(strstr(e.text, "holds no revocation list"));
	cert_free(root);
}

static void equal_anchors_have_equal_digests(void **state)
{
	struct cert *a = cert_authority("A"), *b = cert_authority("B");
	struct str crl = cert_revoke(a, NULL);
	struct tls_anchors *one = tls_anchors_new(cert_pem(a), (struct tls_lists){ 0 }, NULL);
	struct tls_anchors *same = tls_anchors_new(cert_pem(a), (struct tls_lists){ 0 }, NULL);
	struct tls_anchors *other = tls_anchors_new(cert_pem(b), (struct tls_lists){ 0 }, NULL);
	struct tls_lists lists = { .pem = crl };
	struct tls_anchors *strict = tls_anchors_new(cert_pem(a), lists, NULL), *lax;
	const unsigned char *digest = tls_anchors_digest(one);

	(void)state;
	lists.accept_expired = true;
	lax = tls_anchors_new(cert_pem(a), lists, NULL);
	assert_memory_not_equal(tls_anchors_digest(strict), tls_anchors_digest(lax), 32);
	assert_memory_equal(digest, tls_anchors_digest(same), 32);
	assert_memory_not_equal(digest, tls_anchors_digest(other), 32);
	assert_memory_not_equal(digest, tls_anchors_digest(strict), 32);
	tls_anchors_unref(one);
	tls_anchors_unref(same);
	tls_anchors_unref(other);
	tls_anchors_unref(strict);
	tls_anchors_unref(lax);
	tls_anchors_unref(NULL);
	cert_text_free(crl);
	cert_free(a);
	cert_free(b);
}

/* --- data */

/* What `to` reads of what `from` writes, through `steps` bytes at a time. */
static void assert_carried(struct end *from, struct end *to, size_t n, size_t step)
{
	static char sent[70000], got[70000], turn[TLS_RECORD_MAX];
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < n; i++)
		sent[i] = (char)(i * 7 + i / 251);
	assert_int_equal(tls_write(from->tls, sent, n), 0);
	for (size_t done = 0; done < from->pipe.out.len; done += step) {
		size_t left = from->pipe.out.len - done;

		to->pipe.in = (struct str){ from->pipe.out.data + done, left < step ? left : step };
		while ((rc = tls_read(to->tls, turn, sizeof(turn))) > 0) {
			memcpy(got + at, turn, (size_t)rc);
			at += (size_t)rc;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(to->pipe.in.n, 0);
	}
	assert_int_equal(at, n);
	assert_memory_equal(got, sent, n);
	buf_reset(&from->pipe.out);
}

static void data_of_any_length_goes_both_ways_in_any_pieces(void **state)
{
	static const size_t sizes[] = { 1, 100, TLS_RECORD_MAX, TLS_RECORD_MAX + 1, 70000 };
	static const size_t steps[] = { 1, 1000, 1 << 20 };

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct world *w = world_new();

		if (v)
			world_limit_to_12(&w->partner);
		assert_true(world_connect(w));
		for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(steps); i++) {
			size_t n = sizes[i % ARRAY_LEN(sizes)], step = steps[i / ARRAY_LEN(sizes)];

			assert_carried(&w->client, &w->server, n, step);
			assert_carried(&w->server, &w->client, n, step);
		}
		world_free(w);
	}
}

static void close_notify_ends_the_reading_after_the_data(void **state)
{
	struct world *w = world_new();
	char got[16];

	(void)state;
	assert_true(world_connect(w));
	assert_int_equal(tls_write(w->client.tls, "last", 4), 0);
	tls_close(w->client.tls);
	world_carry(&w->client, &w->server);
	assert_int_equal(tls_read(w->server.tls, got, sizeof(got)), 4);
	assert_memory_equal(got, "last", 4);
	assert_int_equal(tls_read(w->server.tls, got, sizeof(got)), ERR_CLOSED);
	assert_int_equal(tls_read(w->server.tls, got, sizeof(got)), ERR_CLOSED);
	world_free(w);
}

static void nothing_can_be_written_after_closing(void **state)
{
	struct world *w = world_new();

	(void)state;
	assert_true(world_connect(w));
	tls_close(w->client.tls);
	assert_int_equal(tls_write(w->client.tls, "x", 1), ERR_TLS);
	world_free(w);
}

static void a_record_that_was_changed_is_refused_with_an_alert(void **state)
{
	struct world *w = world_new();
	char got[16];

	(void)state;
	assert_true(world_connect(w));
	assert_int_equal(tls_write(w->client.tls, "data", 4), 0);
	w->client.pipe.out.data[10] ^= 1;
	world_carry(&w->client, &w->server);
	assert_int_equal(tls_read(w->server.tls, got, sizeof(got)), ERR_TLS);
	assert_string_equal(world_hear(&w->server, &w->client), "bad record mac");
	world_free(w);
}

static void an_output_that_may_not_grow_is_a_failure(void **state)
{
	static const char data[1000];
	struct world *w = world_new();

	(void)state;
	assert_true(world_connect(w));
	w->client.pipe.out.max = 500;
	assert_int_equal(tls_write(w->client.tls, data, sizeof(data)), ERR_TLS);
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_type_of_the_profile_works_with_the_reduced_library),
		cmocka_unit_test(peers_may_have_another_key_type_than_we),
		cmocka_unit_test(a_context_tells_the_names_and_the_end_of_its_certificate),
		cmocka_unit_test(a_key_of_another_certificate_is_refused),
		cmocka_unit_test(a_key_of_another_type_than_the_certificate_is_refused),
		cmocka_unit_test(a_key_type_outside_the_profile_is_refused),
		cmocka_unit_test(a_key_with_a_passphrase_is_refused_without_asking_for_it),
		cmocka_unit_test(texts_without_a_certificate_or_a_key_are_refused),
		cmocka_unit_test(a_certificate_without_a_dns_name_is_refused),
		cmocka_unit_test(a_connection_outlives_the_last_other_user_of_its_context),
		cmocka_unit_test(anchors_need_at_least_one_certificate),
		cmocka_unit_test(a_broken_certificate_among_good_ones_is_refused_by_number),
		cmocka_unit_test(a_revocation_list_must_be_one),
		cmocka_unit_test(equal_anchors_have_equal_digests),
		cmocka_unit_test(data_of_any_length_goes_both_ways_in_any_pieces),
		cmocka_unit_test(close_notify_ends_the_reading_after_the_data),
		cmocka_unit_test(nothing_can_be_written_after_closing),
		cmocka_unit_test(a_record_that_was_changed_is_refused_with_an_alert),
		cmocka_unit_test(an_output_that_may_not_grow_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
