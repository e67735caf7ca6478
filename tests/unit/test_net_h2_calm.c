/* SPDX-License-Identifier: MIT */
/* Peers that make work and do none: what they may spend, and how the session ends. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_h2.h"

enum {
	FRAME_HEADERS = 1,
	FRAME_PRIORITY = 2,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_WINDOW_UPDATE = 8,
	FRAME_CONTINUATION = 9,
	SETTING_STREAMS = 3,
	END_STREAM = 1, /* flags */
	END_HEADERS = 4,
};

static struct buf raw_buf(void)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	return b;
}

/* Adds the `i`-th frames of a flood. */
typedef void flood_fn(struct buf *raw, uint32_t i);

static void add_ping(struct buf *raw, uint32_t i)
{
	(void)i;
	raw_frame(raw, FRAME_PING, 0, 0, "12345678", 8);
}

static void add_settings(struct buf *raw, uint32_t i)
{
	(void)i;
	raw_frame(raw, FRAME_SETTINGS, 0, 0, NULL, 0);
}

static void add_reset(struct buf *raw, uint32_t i)
{
	raw_request(raw, 2 * i + 1, false);
	raw_frame(raw, FRAME_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
}

static void add_empty_data(struct buf *raw, uint32_t i)
{
	if (i == 0)
		raw_request(raw, 1, false);
	raw_data(raw, 1, 0, false);
}

static void add_tiny_data(struct buf *raw, uint32_t i)
{
	if (i == 0)
		raw_request(raw, 1, false);
	raw_data(raw, 1, 1, false);
}

static void add_window_update(struct buf *raw, uint32_t i)
{
	(void)i;
	raw_frame(raw, FRAME_WINDOW_UPDATE, 0, 0, "\0\0\0\x01", 4);
}

static void add_priority(struct buf *raw, uint32_t i)
{
	raw_frame(raw, FRAME_PRIORITY, 0, 2 * i + 1, "\0\0\0\0\x10", 5);
}

/* A header section that never ends. */
static void add_continuation(struct buf *raw, uint32_t i)
{
	if (i == 0)
		raw_frame(raw, 1, 0, 1, "\x83\x87", 2);
	raw_frame(raw, FRAME_CONTINUATION, 0, 1, NULL, 0);
}

/* Requests that are malformed, so that we have to reset them. */
static void add_malformed(struct buf *raw, uint32_t i)
{
	raw_frame(raw, 1, 5, 2 * i + 1, "\x83", 1);
}

/* Tells `n` times what `add` adds; stops when the session ends.  How many were taken. */
static uint32_t flood(struct pair *p, flood_fn *add, uint32_t n)
{
	struct buf raw = raw_buf();
	uint32_t i;

	for (i = 0; i < n; i++) {
		add(&raw, i);
		if (pair_tell(p, &raw))
			break;
	}
	buf_release(&raw);
	return i;
}

static void a_flood_of_frames_that_do_no_work_ends_the_session(void **state)
{
	static const struct {
		flood_fn *add;
		uint32_t from, to; /* how many are let through */
	} rows[] = {
		{ add_ping, 490, 500 },
		{ add_settings, 190, 200 },
		{ add_reset, 190, 200 },
		{ add_empty_data, 190, 200 },
		{ add_tiny_data, 990, 1000 },
		{ add_window_update, 990, 1000 },
		{ add_priority, 990, 1000 },
		{ add_continuation, 1, 200 },
		{ add_malformed, 190, 201 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair *p = pair_new_raw(PAIR_ECHO);
		uint32_t taken = flood(p, rows[i].add, 2000);

		assert_int_equal(p->server_rc, ERR_H2);
		assert_in_range(taken, rows[i].from, rows[i].to);
		assert_int_equal(pair_goaway(p, NULL), H2_ENHANCE_YOUR_CALM);
		assert_string_not_equal(h2_why(p->server), "");
		assert_true(h2_is_finishing(p->server));
		assert_true(h2_is_over(p->server));
		pair_free(p);
	}
}

static void a_flood_in_one_piece_ends_the_session_too(void **state)
{
	static flood_fn *const floods[] = { add_ping, add_settings, add_reset, add_continuation };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		struct pair *p = pair_new_raw(PAIR_ECHO);
		struct buf raw = raw_buf();

		for (uint32_t k = 0; k < 5000; k++)
			floods[i](&raw, k);
		assert_int_equal(pair_tell(p, &raw), ERR_H2);
		assert_int_equal(pair_goaway(p, NULL), H2_ENHANCE_YOUR_CALM);
		assert_true(p->from_server.len < 64 * 1024);
		buf_release(&raw);
		pair_free(p);
	}
}

static void nothing_more_is_taken_after_the_end(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();
	size_t said;

	(void)state;
	(void)flood(p, add_ping, 2000);
	said = p->from_server.len;
	raw_request(&raw, 1, true);
	assert_int_equal(pair_tell(p, &raw), ERR_H2);
	assert_int_equal(p->seen.headers, 0);
	assert_int_equal(p->from_server.len, said);
	buf_release(&raw);
	pair_free(p);
}

static void ten_thousand_ordinary_exchanges_spend_nothing(void **state)
{
	static const size_t sizes[] = { 0, 10, 300, 20000 };
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	for (unsigned i = 1; i <= 10000; i++) {
		pair_exchange(p, sizes[i % ARRAY_LEN(sizes)]);
		assert_int_equal(p->got.complete, i);
	}
	assert_int_equal(p->got.failed, 0);
	assert_false(h2_is_finishing(p->server));
	assert_false(h2_is_finishing(p->client));
	pair_free(p);
}

static void time_gives_the_allowance_back(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(flood(p, add_ping, 490), 490);
		p->now += 10000;
	}
	assert_int_equal(flood(p, add_ping, 499), 499);
	assert_true(flood(p, add_ping, 10) < 10);
	pair_free(p);
}

static void completed_exchanges_give_the_allowance_back(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		raw_request(&raw, 2 * i + 1, true);
		add_ping(&raw, i);
		assert_int_equal(pair_tell(p, &raw), 0);
	}
	assert_int_equal(p->seen.requests, 3000);
	buf_release(&raw);
	pair_free(p);
}

static void a_request_that_its_sender_resets_gives_nothing_back(void **state)
{
	struct pair *p = pair_new_raw(PAIR_AT_ONCE);

	(void)state;
	/* each is answered, and each is reset: the rapid reset of CVE-2023-44487 */
	assert_true(flood(p, add_reset, 2000) <= 1000);
	assert_int_equal(pair_goaway(p, NULL), H2_ENHANCE_YOUR_CALM);
	pair_free(p);
}

static void many_unfinished_streams_end_the_session(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		raw_request(&raw, 2 * i + 1, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	p->now += p->limits.body;
	h2_expire(p->server, p->now);
	assert_int_equal(h2_output(p->server, &p->from_server), 0);
	assert_int_equal(pair_goaway(p, NULL), H2_ENHANCE_YOUR_CALM);
	assert_string_equal(h2_why(p->server), "too many streams were left unfinished");
	assert_true(h2_is_over(p->server));
	buf_release(&raw);
	pair_free(p);
}

static void a_few_unfinished_streams_do_not(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	for (uint32_t i = 0; i < 15; i++)
		raw_request(&raw, 2 * i + 1, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	p->now += p->limits.body;
	h2_expire(p->server, p->now);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(pair_goaway(p, NULL), -1);
	assert_int_equal(pair_said(p, FRAME_RST_STREAM), 15);
	buf_release(&raw);
	pair_free(p);
}

static void pings_are_answered_as_long_as_there_is_allowance(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);

	(void)state;
	assert_int_equal(flood(p, add_ping, 100), 100);
	assert_int_equal(pair_said(p, FRAME_PING), 100);
	pair_free(p);
}

static void bytes_that_are_no_http2_end_the_session(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);
	static const char hello[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	assert_int_equal(h2_input(p->server, hello, sizeof(hello) - 1, p->now), ERR_H2);
	assert_int_equal(h2_output(p->server, &p->from_server), 0);
	assert_int_equal(pair_goaway(p, NULL), H2_PROTOCOL_ERROR);
	assert_string_not_equal(h2_why(p->server), "");
	assert_true(h2_is_over(p->server));
	pair_free(p);
}

static void a_connection_error_has_a_reason_and_ends_the_session(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	raw_data(&raw, 0, 5, false); /* RFC 9113 6.1: DATA on stream 0 */
	(void)pair_tell(p, &raw);
	assert_int_equal(pair_goaway(p, NULL), H2_PROTOCOL_ERROR);
	assert_string_not_equal(h2_why(p->server), "");
	assert_true(h2_is_finishing(p->server));
	raw_request(&raw, 1, true);
	assert_int_equal(pair_tell(p, &raw), ERR_H2);
	buf_release(&raw);
	pair_free(p);
}

static void a_path_that_does_not_fit_is_never_taken_for_a_shorter_one(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);
	char authority[1024];

	(void)state;
	p->limits.header_bytes = 32768;
	memset(authority, 'a', sizeof(authority));
	/* "POST", the authority and "/known" are all that is kept of a request: 1024 bytes */
	assert_int_equal(
	    h2_request(p->client, "POST", (struct str){ authority, 1024 - 4 - 6 },
		str_of("/known-and-more"), str_of("text/plain"), str_of("x"), p, p->now),
	    0);
	pair_talk(p);
	assert_string_not_equal(p->seen.path, "/known");
	assert_int_equal(p->got.status, 431);
	pair_free(p);
}

/* 103 with a media type. */
static void add_interim(struct buf *raw, uint32_t stream)
{
	static const char fields[] = "\x08\x03"
				     "103"
				     "\x0f\x10\x10"
				     "application/json";

	raw_frame(raw, FRAME_HEADERS, END_HEADERS, stream, fields, sizeof(fields) - 1);
}

static void fields_of_an_interim_answer_are_not_those_of_the_answer(void **state)
{
	struct pair *p = pair_new(PAIR_EMPTY);
	struct buf raw = raw_buf();

	(void)state;
	pair_exchange(p, 10);
	assert_int_equal(pair_ask(p, "/again", 10), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	add_interim(&raw, 3);
	raw_frame(&raw, FRAME_HEADERS, END_HEADERS | END_STREAM, 3, "\x89", 1); /* 204 */
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(p->got.complete, 2);
	assert_int_equal(p->got.status, 204);
	assert_string_equal(p->got.content_type, "");
	buf_release(&raw);
	pair_free(p);
}

static void interim_answers_without_end_are_reset(void **state)
{
	struct pair *p = pair_new(PAIR_EMPTY);
	struct buf raw = raw_buf();

	(void)state;
	pair_exchange(p, 10);
	assert_int_equal(pair_ask(p, "/again", 10), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	for (int i = 0; i < 100; i++)
		add_interim(&raw, 3);
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	assert_int_equal(p->got.failed, 1);
	assert_int_equal(h2_open_streams(p->client), 0);
	buf_release(&raw);
	pair_free(p);
}

static void assert_answer_is_not_taken(const char *fields, size_t n)
{
	struct pair *p = pair_new(PAIR_EMPTY);
	struct buf raw = raw_buf();

	pair_exchange(p, 10);
	assert_int_equal(pair_ask(p, "/again", 10), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	raw_frame(&raw, FRAME_HEADERS, END_HEADERS | END_STREAM, 3, fields, n);
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->got.failed, 1);
	assert_int_equal(h2_open_streams(p->client), 0);
	buf_release(&raw);
	pair_free(p);
}

static void an_answer_with_a_status_that_is_none_is_not_taken(void **state)
{
	static const char fields[] = "\x08\x03"
				     "006";

	(void)state;
	assert_answer_is_not_taken(fields, sizeof(fields) - 1);
}

/* 200 and a location that does not fit; it ends the stream. */
static void an_answer_whose_fields_are_too_long_is_not_taken(void **state)
{
	char fields[6 + 1500] = "\x88\x0f\x1f\x7f\xdd\x0a";

	(void)state;
	memset(fields + 6, 'l', sizeof(fields) - 6);
	assert_answer_is_not_taken(fields, sizeof(fields));
}

static void a_request_that_no_stream_was_granted_for_fails_in_time(void **state)
{
	static const unsigned char no_streams[] = { 0, SETTING_STREAMS, 0, 0, 0, 0 };
	struct pair *p = pair_new(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	pair_exchange(p, 10);
	raw_frame(&raw, FRAME_SETTINGS, 0, 0, no_streams, sizeof(no_streams));
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(pair_ask(p, "/waits", 10), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	for (int i = 0; i < 2; i++) {
		p->now += p->limits.response;
		h2_expire(p->client, p->now);
		assert_int_equal(h2_output(p->client, &p->from_client), 0);
	}
	assert_true(h2_is_over(p->client));
	h2_free(p->client);
	p->client = NULL;
	assert_int_equal(p->got.failed, 1);
	buf_release(&raw);
	pair_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_an_interim_answer_are_not_those_of_the_answer),
		cmocka_unit_test(interim_answers_without_end_are_reset),
		cmocka_unit_test(an_answer_with_a_status_that_is_none_is_not_taken),
		cmocka_unit_test(an_answer_whose_fields_are_too_long_is_not_taken),
		cmocka_unit_test(a_request_that_no_stream_was_granted_for_fails_in_time),
		cmocka_unit_test(a_flood_of_frames_that_do_no_work_ends_the_session),
		cmocka_unit_test(a_flood_in_one_piece_ends_the_session_too),
		cmocka_unit_test(nothing_more_is_taken_after_the_end),
		cmocka_unit_test(ten_thousand_ordinary_exchanges_spend_nothing),
		cmocka_unit_test(time_gives_the_allowance_back),
		cmocka_unit_test(completed_exchanges_give_the_allowance_back),
		cmocka_unit_test(a_request_that_its_sender_resets_gives_nothing_back),
		cmocka_unit_test(many_unfinished_streams_end_the_session),
		cmocka_unit_test(a_few_unfinished_streams_do_not),
		cmocka_unit_test(pings_are_answered_as_long_as_there_is_allowance),
		cmocka_unit_test(bytes_that_are_no_http2_end_the_session),
		cmocka_unit_test(a_connection_error_has_a_reason_and_ends_the_session),
		cmocka_unit_test(a_path_that_does_not_fit_is_never_taken_for_a_shorter_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
