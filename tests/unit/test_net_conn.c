/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit_conn.h"

enum {
	SHORT = 30, /* a deadline that a test waits for */
};

static void assert_ends(const struct net *n, enum conn_end server, enum conn_end client)
{
	assert_int_equal(n->server.end, server);
	assert_int_equal(n->client.end, client);
}

/* --- exchanges */

static void a_client_that_finishes_closes_both_sides(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.finishes = true;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->client.responses, 1);
	assert_int_equal(n->client.status, 200);
	assert_int_equal(n->client.got_n, 100);
	assert_int_equal(n->server.headers, 1);
	assert_int_equal(n->server.requests, 1);
	assert_ends(n, CONN_END_PEER, CONN_END_DONE);
	assert_string_equal(n->client.why, "");
	net_free(n);
}

static void a_server_that_finishes_in_its_answer_still_delivers_it(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.finishes = true;
	n->client.body_n = 60000;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->client.responses, 1);
	assert_int_equal(n->client.got_n, 60000);
	assert_int_equal(n->client.failures, 0);
	assert_true(n->client.was_told);
	assert_ends(n, CONN_END_DONE, CONN_END_PEER);
	net_free(n);
}

static void both_sides_know_whom_they_speak_to(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.finishes = true;
	net_dial(n);
	net_run(n, 2);
	assert_string_equal(n->server.peer_name, CLIENT_NAME);
	assert_string_equal(n->client.peer_name, SERVER_NAME);
	assert_string_equal(n->server.version, "TLSv1.3");
	net_free(n);
}

static void both_sides_export_the_same_keying_material(void **state)
{
	static const unsigned char zeros[sizeof(((struct party *)0)->exported)];
	struct net *n = net_new();

	(void)state;
	n->client.finishes = true;
	net_dial(n);
	net_run(n, 2);
	assert_memory_equal(n->server.exported, n->client.exported, sizeof(zeros));
	assert_memory_not_equal(n->server.exported, zeros, sizeof(zeros));
	net_free(n);
}

static void many_requests_share_a_connection_and_many_connections_a_loop(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.n_requests = 20;
	n->client.body_n = 5000;
	n->server.env.timeouts.idle = SHORT;
	for (int i = 0; i < 5; i++)
		net_dial(n);
	net_run(n, 10);
	assert_int_equal(n->server.requests, 100);
	assert_int_equal(n->client.responses, 100);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void connections_that_yield_are_served_as_well(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->guest.yields = true;
	n->client.n_requests = 20;
	n->client.body_n = 5000;
	n->server.env.timeouts.idle = SHORT;
	for (int i = 0; i < 5; i++)
		net_dial(n);
	net_run(n, 10);
	assert_int_equal(n->server.requests, 100);
	assert_int_equal(n->client.responses, 100);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void the_open_connections_of_a_worker_can_be_walked(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.finishes = true;
	n->client.n_requests = 2;
	net_dial(n);
	net_dial(n);
	net_dial(n);
	net_run(n, 6);
	assert_int_equal(n->server.most_open, 3);
	assert_ptr_equal(TAILQ_FIRST(&n->server.env.open), NULL);
	net_free(n);
}

static void a_peer_that_is_turned_away_is_told_so(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.turns_away = true;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->server.ready, 1);
	assert_int_equal(n->server.headers, 0);
	assert_int_equal(n->client.responses, 0);
	assert_int_equal(n->client.failures, 1);
	assert_ends(n, CONN_END_DONE, CONN_END_PEER);
	assert_string_equal(n->server.why, "turned away");
	net_free(n);
}

/* --- deadlines */

static void a_peer_that_does_not_shake_hands_is_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.env.timeouts.handshake = SHORT;
	net_dial_raw(n);
	net_run(n, 1);
	assert_int_equal(n->server.ready, 0);
	assert_int_equal(n->server.end, CONN_END_TIMEOUT);
	assert_string_equal(n->server.why, "the handshake took too long");
	net_free(n);
}

static void a_server_that_does_not_shake_hands_is_given_up(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.env.timeouts.handshake = SHORT;
	loop_io_want(&n->listener.io, 0); /* the kernel connects, nobody accepts */
	net_dial(n);
	net_run(n, 1);
	assert_int_equal(n->client.end, CONN_END_TIMEOUT);
	assert_string_equal(n->client.why, "the handshake took too long");
	net_free(n);
}

static void a_connection_without_a_request_is_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.asks = false;
	n->server.env.timeouts.first_request = SHORT;
	net_dial(n);
	net_run(n, 2);
	assert_ends(n, CONN_END_TIMEOUT, CONN_END_PEER);
	assert_string_equal(n->server.why, "no complete request in time");
	assert_int_equal(n->server.idles, 1);
	net_free(n);
}

static void one_that_is_kept_needs_no_request(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.asks = false;
	n->server.env.timeouts.first_request = n->server.env.timeouts.idle = SHORT;
	n->server.idle_answers = 2;
	net_dial(n);
	net_run(n, 2);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	assert_int_equal(n->server.idles, 3);
	net_free(n);
}

static void an_idle_connection_is_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.env.timeouts.idle = SHORT;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->client.responses, 1);
	assert_int_equal(n->server.idles, 1);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void a_connection_has_the_idle_time_that_was_said_last(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.keep = SHORT;
	net_dial(n);
	net_run(n, 2);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void the_owner_may_keep_an_idle_connection(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.keep = SHORT;
	n->server.idle_answers = 2;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->server.idles, 3);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void a_peer_that_does_not_close_after_us_is_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.env.timeouts.idle = n->server.env.timeouts.close = SHORT;
	n->client.goes_deaf = true;
	net_dial(n);
	net_run(n, 1);
	assert_int_equal(n->server.end, CONN_END_IDLE);
	assert_int_equal(n->client.ends, 0);
	conn_kill(n->client.last);
	net_free(n);
}

static void a_peer_that_does_not_read_is_closed(void **state)
{
	struct net *n = net_new();
	struct conn *c;

	(void)state;
	n->small_buffers = 8192;
	n->server.env.timeouts.write = SHORT;
	n->client.n_requests = 4; /* what fits the window */
	n->client.body_n = 60000;
	n->client.goes_deaf = true;
	c = net_dial(n);
	assert_int_equal(
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &n->small_buffers, sizeof(n->small_buffers)),
	    0);
	net_run(n, 1);
	assert_int_equal(n->server.end, CONN_END_TIMEOUT);
	assert_string_equal(n->server.why, "the peer does not read");
	conn_kill(n->client.last);
	net_free(n);
}

static void a_peer_that_answers_its_pings_may_be_silent(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.keep = 4 * SHORT;
	n->server.ping = SHORT / 3;
	net_dial(n);
	net_run(n, 2);
	assert_ends(n, CONN_END_IDLE, CONN_END_PEER);
	net_free(n);
}

static void a_peer_that_does_not_answer_a_ping_is_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.ping = SHORT;
	n->client.goes_deaf = true;
	net_dial(n);
	net_run(n, 1);
	assert_int_equal(n->server.end, CONN_END_TIMEOUT);
	assert_string_equal(n->server.why, "no answer to PING");
	conn_kill(n->client.last);
	net_free(n);
}

/* --- other ends */

static void the_oldest_of_too_many_handshakes_gives_way(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->server.env.handshakes_max = 2;
	for (int i = 0; i < 3; i++)
		net_dial_raw(n);
	net_run(n, 1);
	assert_int_equal(n->server.end, CONN_END_EVICTED);
	assert_string_equal(n->server.why, "too many handshakes under way");
	assert_int_equal(n->server.env.n_handshaking, 2);
	conn_kill_all(&n->server.env);
	assert_int_equal(n->server.ends, 3);
	net_free(n);
}

static void accept_ranked(struct net *n, unsigned rank)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	conn_accept(
	    &n->server.env, n->server.ctx, fd, &n->addr, &(struct conn_guest){ .rank = rank });
}

static void the_oldest_of_the_highest_rank_gives_way(void **state)
{
	struct net *n = net_new();
	struct conn_env *env = &n->server.env;
	struct conn *first, *last;

	(void)state;
	env->handshakes_max = 3;
	accept_ranked(n, 1);
	accept_ranked(n, 4);
	accept_ranked(n, 4);
	first = TAILQ_FIRST(&env->handshaking[1]);
	last = conn_next(TAILQ_FIRST(&env->handshaking[4]));
	assert_false(conn_env_is_full(env, 4));
	accept_ranked(n, 1); /* in the place of the first of rank 4 */
	assert_ptr_equal(TAILQ_FIRST(&env->handshaking[1]), first);
	assert_ptr_equal(TAILQ_FIRST(&env->handshaking[4]), last);
	accept_ranked(n, 1);
	assert_true(conn_env_is_full(env, 4));
	assert_true(conn_env_is_full(env, 2));
	assert_false(conn_env_is_full(env, 1));
	conn_kill_all(env);
	net_free(n);
}

static void a_connection_of_ours_gives_way_to_nobody(void **state)
{
	struct net *n = net_new();
	struct conn_env *env = &n->server.env;
	struct conn *own;

	(void)state;
	env->handshakes_max = 2;
	own = conn_connect(env, n->server.ctx, &n->addr, SERVER_NAME, &n->e);
	assert_non_null(own);
	for (int i = 0; i < 3; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		assert_true(fd >= 0);
		conn_accept(env, n->server.ctx, fd, &n->addr, &(struct conn_guest){ .rank = 1 });
	}
	assert_ptr_equal(TAILQ_FIRST(&env->handshaking[0]), own);
	assert_int_equal(env->n_handshaking, 2);
	assert_int_equal(n->server.ends, 2);
	conn_kill_all(env);
	net_free(n);
}

static void a_peer_that_goes_away_during_the_handshake_is_gone(void **state)
{
	struct net *n = net_new();

	(void)state;
	net_dial_raw(n);
	assert_int_equal(shutdown(n->raw[0], SHUT_WR), 0);
	net_run(n, 1);
	assert_int_equal(n->server.ready, 0);
	assert_int_equal(n->server.end, CONN_END_PEER);
	net_free(n);
}

static void a_peer_that_speaks_no_tls_is_refused(void **state)
{
	static const char words[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct net *n = net_new();

	(void)state;
	net_dial_raw(n);
	assert_int_equal(write(n->raw[0], words, sizeof(words) - 1), sizeof(words) - 1);
	assert_int_equal(shutdown(n->raw[0], SHUT_WR), 0);
	net_run(n, 1);
	assert_int_equal(n->server.end, CONN_END_TLS);
	assert_string_not_equal(n->server.why, "");
	net_free(n);
}

static void a_certificate_of_a_stranger_ends_both_sides_with_a_reason(void **state)
{
	struct net *n = net_new();
	struct cert *stranger = cert_authority("Stranger");

	(void)state;
	tls_ctx_unref(n->client.ctx);
	n->client.ctx = net_context(n, stranger, CLIENT_NAME);
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->server.ready, 0);
	assert_int_equal(n->client.responses, 0);
	assert_ends(n, CONN_END_TRUST, CONN_END_TLS);
	assert_string_equal(n->server.why, "unable to get local issuer certificate");
	cert_free(stranger);
	net_free(n);
}

static void nobody_at_the_address_is_an_end_with_a_reason(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct net *n = net_new();

	(void)state;
	/* bound, so that nobody else can listen there */
	addr_set_port(&n->addr, 0);
	assert_int_equal(bind(fd, &n->addr.sa.any, addr_len(&n->addr)), 0);
	assert_int_equal(addr_of_socket(&n->addr, fd, &n->e), 0);
	net_dial(n);
	net_run(n, 1);
	assert_int_equal(n->client.end, CONN_END_PEER);
	assert_string_equal(n->client.why, "Connection refused");
	close(fd);
	net_free(n);
}

static void a_peer_that_breaks_the_protocol_is_told_and_closed(void **state)
{
	struct net *n = net_new();

	(void)state;
	n->client.junk = "no preface of HTTP/2 at all";
	n->client.asks = false;
	net_dial(n);
	net_run(n, 2);
	assert_int_equal(n->server.ready, 1);
	assert_int_equal(n->server.end, CONN_END_H2);
	assert_string_not_equal(n->server.why, "");
	net_free(n);
}

static void a_connection_can_be_ended_at_once(void **state)
{
	struct net *n = net_new();
	struct conn *c = net_dial(n);

	(void)state;
	conn_kill(c);
	assert_int_equal(n->client.ends, 1);
	assert_int_equal(n->client.end, CONN_END_KILLED);
	net_free(n);
}

static void finishing_before_the_handshake_is_over_ends_at_once(void **state)
{
	struct net *n = net_new();
	struct conn *c = net_dial(n);

	(void)state;
	conn_finish(c, H2_NO_ERROR);
	assert_int_equal(n->client.ends, 1);
	assert_int_equal(n->client.end, CONN_END_DONE);
	net_free(n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_finishes_closes_both_sides),
		cmocka_unit_test(a_server_that_finishes_in_its_answer_still_delivers_it),
		cmocka_unit_test(both_sides_know_whom_they_speak_to),
		cmocka_unit_test(both_sides_export_the_same_keying_material),
		cmocka_unit_test(many_requests_share_a_connection_and_many_connections_a_loop),
		cmocka_unit_test(connections_that_yield_are_served_as_well),
		cmocka_unit_test(the_open_connections_of_a_worker_can_be_walked),
		cmocka_unit_test(a_peer_that_is_turned_away_is_told_so),
		cmocka_unit_test(a_peer_that_does_not_shake_hands_is_closed),
		cmocka_unit_test(a_server_that_does_not_shake_hands_is_given_up),
		cmocka_unit_test(a_connection_without_a_request_is_closed),
		cmocka_unit_test(one_that_is_kept_needs_no_request),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_connection_has_the_idle_time_that_was_said_last),
		cmocka_unit_test(the_owner_may_keep_an_idle_connection),
		cmocka_unit_test(a_peer_that_does_not_close_after_us_is_closed),
		cmocka_unit_test(a_peer_that_does_not_read_is_closed),
		cmocka_unit_test(a_peer_that_answers_its_pings_may_be_silent),
		cmocka_unit_test(a_peer_that_does_not_answer_a_ping_is_closed),
		cmocka_unit_test(the_oldest_of_too_many_handshakes_gives_way),
		cmocka_unit_test(the_oldest_of_the_highest_rank_gives_way),
		cmocka_unit_test(a_connection_of_ours_gives_way_to_nobody),
		cmocka_unit_test(a_peer_that_goes_away_during_the_handshake_is_gone),
		cmocka_unit_test(a_peer_that_speaks_no_tls_is_refused),
		cmocka_unit_test(a_certificate_of_a_stranger_ends_both_sides_with_a_reason),
		cmocka_unit_test(nobody_at_the_address_is_an_end_with_a_reason),
		cmocka_unit_test(a_peer_that_breaks_the_protocol_is_told_and_closed),
		cmocka_unit_test(a_connection_can_be_ended_at_once),
		cmocka_unit_test(finishing_before_the_handshake_is_over_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
