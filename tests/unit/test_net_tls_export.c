/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "unit_tls.h"

enum {
	BYTES = 64,
};

#define LABEL "EXPORTER_TEST_ONE"

static const unsigned char zeros[BYTES];

/* The two versions of the profile, connected. */
static struct world *connected_world(size_t which)
{
	struct world *w = world_new();

	if (which == 1)
		world_limit_to_12(&w->partner);
	assert_true(world_connect(w));
	assert_string_equal(tls_version(w->server.tls), which == 1 ? "TLSv1.2" : "TLSv1.3");
	return w;
}

static void assert_refused(struct end *end, const char *why)
{
	unsigned char out[BYTES];

	memset(out, 'x', sizeof(out));
	assert_int_equal(tls_export(end->tls, LABEL, out, sizeof(out)), ERR_TLS);
	assert_string_equal(end->pipe.why, why);
	assert_memory_equal(out, zeros, sizeof(out));
}

/* PRM-23 */
static void both_ends_export_the_same_bytes_in_both_versions(void **state)
{
	unsigned char a[BYTES], b[BYTES];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = connected_world(i);

		assert_int_equal(tls_export(w->server.tls, LABEL, a, sizeof(a)), 0);
		assert_int_equal(tls_export(w->client.tls, LABEL, b, sizeof(b)), 0);
		assert_memory_equal(a, b, sizeof(a));
		assert_memory_not_equal(a, zeros, sizeof(a));
		world_free(w);
	}
}

static void another_label_or_connection_exports_other_bytes(void **state)
{
	unsigned char a[BYTES], b[BYTES];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = connected_world(i);

		assert_int_equal(tls_export(w->server.tls, LABEL, a, sizeof(a)), 0);
		assert_int_equal(tls_export(w->server.tls, "EXPORTER_TEST_TWO", b, sizeof(b)), 0);
		assert_memory_not_equal(a, b, sizeof(a));
		assert_true(world_connect(w));
		assert_int_equal(tls_export(w->server.tls, LABEL, b, sizeof(b)), 0);
		assert_memory_not_equal(a, b, sizeof(a));
		world_free(w);
	}
}

/* n32.md B.5: in TLS 1.2 that is not the same as no context. */
static void the_context_is_empty_and_not_absent(void **state)
{
	const size_t label_n = strlen(LABEL);
	unsigned char a[BYTES], empty[BYTES], none[BYTES];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = connected_world(i);

		assert_int_equal(tls_export(w->server.tls, LABEL, a, sizeof(a)), 0);
		assert_int_equal(SSL_export_keying_material(world_ssl(false), empty, sizeof(empty),
				     LABEL, label_n, (const unsigned char *)"", 0, 1),
		    1);
		assert_int_equal(SSL_export_keying_material(world_ssl(false), none, sizeof(none),
				     LABEL, label_n, NULL, 0, 0),
		    1);
		assert_memory_equal(a, empty, sizeof(a));
		assert_int_equal(memcmp(a, none, sizeof(a)) == 0, i == 0);
		world_free(w);
	}
}

static const char no_ems[] = "TLS 1.2 without extended_master_secret";

/* PRM-24, RFC 7627 5.3 */
static void without_extended_master_secret_a_client_is_refused(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_limit_to_12(&w->partner);
	world_forget_ems(&w->partner);
	world_dial(w, GATEWAY_NAME);
	assert_int_equal(tls_handshake(w->client.tls), TLS_MORE);
	world_carry(&w->client, &w->server);
	assert_int_equal(tls_handshake(w->server.tls), ERR_TLS);
	assert_string_equal(w->server.pipe.why, no_ems);
	assert_refused(&w->server, "the handshake is not complete");
	assert_string_equal(world_hear(&w->server, &w->client), "handshake failure");
	world_free(w);
}

/* ... and where the hello was let pass, both ends refuse what comes of it. */
static void without_extended_master_secret_no_handshake_is_done(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_limit_to_12(&w->gateway);
	world_forget_ems(&w->gateway);
	SSL_CTX_set_client_hello_cb(w->gateway.ctx->ssl, NULL, NULL);
	assert_false(world_connect(w));
	assert_int_equal(w->server.rc, ERR_TLS);
	assert_string_equal(w->server.why, no_ems);
	world_carry(&w->server, &w->client);
	assert_int_equal(tls_handshake(w->client.tls), ERR_TLS);
	assert_string_equal(w->client.pipe.why, no_ems);
	assert_null(tls_peer_of(w->client.tls));
	world_free(w);
}

static void tls_13_needs_no_extended_master_secret(void **state)
{
	struct world *w = world_new();
	unsigned char out[BYTES];

	(void)state;
	world_forget_ems(&w->partner);
	assert_true(world_connect(w));
	assert_int_equal(tls_export(w->server.tls, LABEL, out, sizeof(out)), 0);
	world_free(w);
}

static void nothing_is_exported_before_the_handshake_is_over(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_dial(w, GATEWAY_NAME);
	assert_refused(&w->server, "the handshake is not complete");
	assert_int_equal(tls_handshake(w->client.tls), TLS_MORE);
	assert_refused(&w->client, "the handshake is not complete");
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_export_the_same_bytes_in_both_versions),
		cmocka_unit_test(another_label_or_connection_exports_other_bytes),
		cmocka_unit_test(the_context_is_empty_and_not_absent),
		cmocka_unit_test(without_extended_master_secret_a_client_is_refused),
		cmocka_unit_test(without_extended_master_secret_no_handshake_is_done),
		cmocka_unit_test(tls_13_needs_no_extended_master_secret),
		cmocka_unit_test(nothing_is_exported_before_the_handshake_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
