/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_h2.h"

enum {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_GOAWAY = 7,
	SETTING_WINDOW = 4,
	REFUSED = 7, /* codes of RFC 9113 7 */
	CANCEL = 8,
};

static struct buf raw_buf(void)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	return b;
}

/* --- exchanges */

static void a_request_and_its_answer_arrive_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 16384, 16385, 65535, 65536 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct pair *p = pair_new(PAIR_ECHO);

		pair_exchange(p, sizes[i]);
		assert_string_equal(p->seen.method, "POST");
		assert_string_equal(p->seen.path, "/exchange");
		assert_string_equal(p->seen.authority, "sepp.example.org");
		assert_string_equal(p->seen.content_type, "application/json");
		assert_true(p->seen.content_length == (int64_t)sizes[i]);
		assert_int_equal(p->seen.body_n, sizes[i]);
		assert_int_equal(p->got.complete, 1);
		assert_int_equal(p->got.status, 200);
		assert_int_equal(p->got.body.len, sizes[i]);
		assert_ptr_equal(p->got.user, p);
		pair_free(p);
	}
}

static void the_answer_to_head_has_no_content(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	assert_int_equal(h2_request(p->client, "HEAD", str_of("a.org"), str_of("/x"),
			     str_of("text/plain"), str_of("body"), p, p->now),
	    0);
	pair_talk(p);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->got.status, 200);
	assert_int_equal(p->got.body.len, 0);
	pair_free(p);
}

static void a_ping_is_open_until_it_is_answered(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	pair_talk(p);
	assert_false(h2_is_ping_open(p->server));
	h2_ping(p->server);
	assert_true(h2_is_ping_open(p->server));
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	assert_true(h2_is_ping_open(p->server));
	pair_talk(p);
	assert_false(h2_is_ping_open(p->server));
	pair_free(p);
}

static void an_answer_carries_its_fields(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	p->fields[0] = (struct h2_field){ "content-type", STR_LIT("application/problem+json") };
	p->fields[1] = (struct h2_field){ "retry-after", STR_LIT("7") };
	p->fields[2] = (struct h2_field){ "location", STR_LIT("https://b.example.org/x") };
	p->n_fields = 3;
	pair_exchange(p, 5);
	assert_string_equal(p->got.content_type, "application/problem+json");
	assert_string_equal(p->got.retry_after, "7");
	assert_string_equal(p->got.location, "https://b.example.org/x");
	assert_memory_equal(p->got.body.data, "bbbbb", 5);
	pair_free(p);
}

static void an_answer_may_have_no_body(void **state)
{
	struct pair *p = pair_new(PAIR_EMPTY);

	(void)state;
	pair_exchange(p, 10);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->got.status, 204);
	assert_int_equal(p->got.body.len, 0);
	pair_free(p);
}

static void a_request_may_be_answered_before_its_body_has_come(void **state)
{
	struct pair *p = pair_new(PAIR_AT_ONCE);

	(void)state;
	for (unsigned i = 1; i <= 10; i++) {
		pair_exchange(p, 60000);
		assert_int_equal(p->got.complete, i);
		assert_int_equal(p->got.status, 403);
	}
	assert_int_equal(p->seen.requests, 0);
	assert_int_equal(h2_open_streams(p->server), 0);
	pair_free(p);
}

static void requests_are_answered_in_any_order(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	for (size_t i = 0; i < 5; i++)
		pair_exchange(p, i);
	assert_int_equal(h2_open_streams(p->server), 5);
	assert_int_equal(h2_open_streams(p->client), 5);
	/* the first one comes last */
	p->held[5] = p->held[0];
	memmove(p->held, p->held + 1, 5 * sizeof(p->held[0]));
	for (unsigned i = 1; i <= 5; i++) {
		pair_answer(p);
		pair_talk(p);
		assert_int_equal(p->got.complete, i);
		assert_int_equal(p->got.body.len, i % 5);
	}
	assert_int_equal(h2_open_streams(p->server), 0);
	pair_free(p);
}

static void completed_exchanges_are_counted_on_both_sides(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	assert_int_equal(h2_exchanges(p->server), 0);
	for (int i = 0; i < 3; i++)
		pair_exchange(p, 10);
	assert_int_equal(h2_exchanges(p->server), 3);
	assert_int_equal(h2_exchanges(p->client), 3);
	pair_free(p);
}

static void an_informational_answer_is_not_the_answer(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	assert_int_equal(pair_ask(p, "/x", 0), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	raw_frame(&raw, FRAME_SETTINGS, 0, 0, NULL, 0);
	raw_frame(&raw, FRAME_HEADERS, 4, 1,
	    "\x08\x03"
	    "103",
	    5);
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(p->got.complete, 0);
	buf_reset(&raw);
	raw_frame(&raw, FRAME_HEADERS, 5, 1, "\x88", 1);
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->got.status, 200);
	buf_release(&raw);
	pair_free(p);
}

/* --- bounds */

static void a_body_that_says_it_is_too_long_is_answered_413_and_not_stored(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);

	(void)state;
	pair_exchange(p, p->limits.body_bytes + 1);
	assert_int_equal(p->seen.excesses, 1);
	assert_int_equal(p->seen.excess_status, 413);
	assert_int_equal(p->seen.headers + p->seen.requests, 0);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->got.status, 413);
	pair_exchange(p, 10);
	assert_int_equal(p->got.status, 200);
	pair_free(p);
}

static void a_body_that_does_not_say_so_is_answered_413_when_it_is_too_long(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	raw_request(&raw, 1, false);
	for (int i = 0; i < 4; i++)
		raw_data(&raw, 1, 16384, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.headers, 1);
	assert_int_equal(p->seen.excesses, 0);
	raw_data(&raw, 1, 1, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.excesses, 1);
	assert_int_equal(p->seen.excess_status, 413);
	raw_data(&raw, 1, 16384, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.excesses, 1);
	assert_int_equal(p->seen.requests, 0);
	buf_release(&raw);
	pair_free(p);
}

static void a_header_list_over_the_limit_is_answered_431(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);
	char path[8192] = "/";

	(void)state;
	memset(path + 1, 'p', 5000);
	assert_int_equal(pair_ask(p, path, 100), 0);
	pair_talk(p);
	assert_int_equal(p->seen.excesses, 1);
	assert_int_equal(p->seen.excess_status, 431);
	assert_int_equal(p->seen.headers + p->seen.requests, 0);
	assert_int_equal(p->got.status, 431);
	pair_exchange(p, 10);
	assert_int_equal(p->got.status, 200);
	pair_free(p);
}

static void an_answer_that_is_too_long_fails_the_request(void **state)
{
	struct pair *p = pair_new(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	assert_int_equal(pair_ask(p, "/x", 0), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	raw_frame(&raw, FRAME_SETTINGS, 0, 0, NULL, 0);
	raw_frame(&raw, FRAME_HEADERS, 4, 1, "\x88", 1);
	for (int i = 0; i < 5; i++)
		raw_data(&raw, 1, 16000, false);
	assert_int_equal(h2_input(p->client, raw.data, raw.len, p->now), 0);
	assert_int_equal(h2_output(p->client, &p->from_client), 0);
	assert_int_equal(p->got.complete, 0);
	assert_int_equal(p->got.failed, 1);
	assert_int_equal(p->got.code, CANCEL);
	buf_release(&raw);
	pair_free(p);
}

static void streams_over_the_limit_are_refused_and_the_others_go_on(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	p->limits.streams = 2;
	raw_request(&raw, 1, false);
	raw_request(&raw, 3, false);
	raw_request(&raw, 5, true);
	raw_request(&raw, 7, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.headers, 2);
	assert_int_equal(pair_said(p, FRAME_RST_STREAM), 2);
	assert_int_equal(pair_goaway(p, NULL), -1);
	raw_data(&raw, 1, 10, true);
	raw_data(&raw, 7, 10, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.requests, 1);
	raw_request(&raw, 9, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.requests, 2);
	buf_release(&raw);
	pair_free(p);
}

static void the_number_of_streams_is_announced_and_a_client_waits(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	p->limits.streams = 2;
	pair_talk(p);
	for (int i = 0; i < 4; i++)
		pair_exchange(p, 10);
	assert_int_equal(p->seen.requests, 2);
	for (unsigned i = 1; i <= 4; i++) {
		pair_answer(p);
		pair_talk(p);
		assert_int_equal(p->got.complete, i);
	}
	assert_int_equal(p->got.failed, 0);
	pair_free(p);
}

static void unfinished_bodies_are_held_back_at_the_window(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	for (int i = 0; i < 5; i++)
		pair_exchange(p, 64000);
	assert_int_equal(p->seen.headers, 5);
	assert_int_equal(p->seen.requests, H2_WINDOW / 64000);
	while (p->n_held > 0)
		pair_answer(p);
	pair_talk(p);
	assert_int_equal(p->seen.requests, 5);
	pair_answer(p);
	pair_talk(p);
	assert_int_equal(p->got.complete, 5);
	pair_free(p);
}

static void the_window_comes_back_with_every_exchange(void **state)
{
	static const enum pair_mode modes[] = { PAIR_ECHO, PAIR_AT_ONCE, PAIR_EMPTY };

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct pair *p = pair_new(modes[m]);

		for (unsigned i = 1; i <= 20; i++) {
			/* every third one is refused with 413 */
			pair_exchange(p, i % 3 ? 60000 : 70000);
			assert_int_equal(p->got.complete, i);
		}
		pair_free(p);
	}
}

/* --- the end */

static void finishing_lets_the_answer_out_before_the_goaway(void **state)
{
	struct pair *p = pair_new_raw(PAIR_LAST);
	struct buf raw = raw_buf();
	uint32_t last = 0;
	size_t before;

	(void)state;
	before = p->from_server.len;
	raw_request(&raw, 1, false);
	raw_data(&raw, 1, 2000, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->from_server.data[before + 3], FRAME_HEADERS);
	assert_int_equal(p->from_server.data[p->from_server.len - 17 + 3], FRAME_GOAWAY);
	assert_int_equal(pair_said(p, FRAME_DATA), 1);
	assert_int_equal(pair_goaway(p, &last), H2_NO_ERROR);
	assert_int_equal(last, 1);
	assert_true(h2_is_over(p->server));
	assert_true(h2_is_finishing(p->server));
	buf_release(&raw);
	pair_free(p);
}

static void both_sides_are_over_after_the_last_answer(void **state)
{
	struct pair *p = pair_new(PAIR_LAST);

	(void)state;
	assert_false(h2_is_over(p->server));
	assert_false(h2_is_over(p->client));
	pair_exchange(p, 1000);
	assert_int_equal(p->got.complete, 1);
	assert_true(h2_is_over(p->server));
	assert_true(h2_is_over(p->client));
	assert_int_equal(pair_ask(p, "/x", 0), ERR_CLOSED);
	pair_free(p);
}

static void what_was_begun_is_finished_and_what_comes_later_is_refused(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();
	uint32_t last = 0;

	(void)state;
	raw_request(&raw, 1, false);
	raw_request(&raw, 3, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	h2_finish(p->server, H2_NO_ERROR);
	h2_finish(p->server, H2_INTERNAL_ERROR);
	raw_request(&raw, 5, true);
	raw_data(&raw, 1, 10, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(pair_goaway(p, &last), H2_NO_ERROR);
	assert_int_equal(last, 3);
	assert_int_equal(p->seen.headers, 2);
	assert_int_equal(p->seen.requests, 1);
	assert_false(h2_is_over(p->server));
	raw_data(&raw, 3, 10, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.requests, 2);
	assert_true(h2_is_over(p->server));
	buf_release(&raw);
	pair_free(p);
}

static void a_client_that_finishes_still_gets_its_answers(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	pair_exchange(p, 10);
	h2_finish(p->client, H2_NO_ERROR);
	assert_int_equal(pair_ask(p, "/x", 0), ERR_CLOSED);
	pair_talk(p);
	pair_answer(p);
	pair_talk(p);
	assert_int_equal(p->got.complete, 1);
	assert_true(h2_is_over(p->client));
	pair_free(p);
}

static void a_request_that_the_server_did_not_begin_fails_as_refused(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	pair_exchange(p, 10);
	h2_finish(p->server, H2_NO_ERROR);
	assert_int_equal(pair_ask(p, "/late", 10), 0);
	pair_talk(p);
	assert_int_equal(p->got.failed, 1);
	assert_int_equal(p->got.code, REFUSED);
	pair_answer(p);
	pair_talk(p);
	assert_int_equal(p->got.complete, 1);
	assert_int_equal(p->seen.requests, 1);
	pair_free(p);
}

static void requests_without_an_answer_fail_with_their_session(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	pair_exchange(p, 10);
	assert_int_equal(pair_ask(p, "/never-sent", 10), 0);
	h2_free(p->client);
	p->client = NULL;
	assert_int_equal(p->got.failed, 2);
	assert_int_equal(p->got.code, CANCEL);
	assert_ptr_equal(p->got.user, p);
	h2_free(NULL);
	pair_free(p);
}

/* --- deadlines */

static void a_stream_that_is_not_finished_in_time_is_reset(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	assert_int_equal(h2_deadline(p->server), 0);
	raw_request(&raw, 1, false);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_true(h2_deadline(p->server) == p->now + p->limits.body);
	h2_expire(p->server, p->now + p->limits.body - 1);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(pair_said(p, FRAME_RST_STREAM), 0);
	h2_expire(p->server, p->now + p->limits.body);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(pair_said(p, FRAME_RST_STREAM), 1);
	assert_int_equal(h2_open_streams(p->server), 0);
	assert_int_equal(h2_deadline(p->server), 0);
	assert_int_equal(pair_goaway(p, NULL), -1);
	buf_release(&raw);
	pair_free(p);
}

static void only_the_streams_whose_time_is_over_are_reset(void **state)
{
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();
	msec begun = p->now;

	(void)state;
	for (uint32_t id = 1; id <= 9; id += 2) {
		raw_request(&raw, id, false);
		assert_int_equal(pair_tell(p, &raw), 0);
		p->now += 1000;
	}
	h2_expire(p->server, begun + 2000 + p->limits.body);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(pair_said(p, FRAME_RST_STREAM), 3);
	assert_int_equal(h2_open_streams(p->server), 2);
	assert_true(h2_deadline(p->server) == begun + 3000 + p->limits.body);
	buf_release(&raw);
	pair_free(p);
}

static void a_request_that_is_not_answered_in_time_fails(void **state)
{
	struct pair *p = pair_new(PAIR_LATER);

	(void)state;
	pair_exchange(p, 10);
	assert_int_equal(pair_ask(p, "/never-sent", 10), 0);
	p->now += p->limits.body;
	h2_expire(p->client, p->now);
	pair_talk(p);
	assert_int_equal(p->got.failed, 2);
	assert_int_equal(p->got.code, CANCEL);
	assert_int_equal(h2_open_streams(p->client), 0);
	pair_free(p);
}

static void an_answer_that_is_not_read_in_time_ends_the_session(void **state)
{
	static const unsigned char no_window[] = { 0, SETTING_WINDOW, 0, 0, 0, 0 };
	struct pair *p = pair_new_raw(PAIR_ECHO);
	struct buf raw = raw_buf();

	(void)state;
	raw_frame(&raw, FRAME_SETTINGS, 0, 0, no_window, sizeof(no_window));
	raw_request(&raw, 1, false);
	raw_data(&raw, 1, 10, true);
	assert_int_equal(pair_tell(p, &raw), 0);
	assert_int_equal(p->seen.requests, 1);
	assert_int_equal(h2_open_streams(p->server), 1);
	h2_expire(p->server, p->now + p->limits.body);
	assert_int_equal(h2_output(p->server, &p->from_server), 0);
	assert_int_equal(pair_goaway(p, NULL), H2_ENHANCE_YOUR_CALM);
	assert_string_equal(h2_why(p->server), "an answer was not read in time");
	assert_true(h2_is_over(p->server));
	buf_release(&raw);
	pair_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_and_its_answer_arrive_whole),
		cmocka_unit_test(the_answer_to_head_has_no_content),
		cmocka_unit_test(a_ping_is_open_until_it_is_answered),
		cmocka_unit_test(an_answer_carries_its_fields),
		cmocka_unit_test(an_answer_may_have_no_body),
		cmocka_unit_test(a_request_may_be_answered_before_its_body_has_come),
		cmocka_unit_test(requests_are_answered_in_any_order),
		cmocka_unit_test(completed_exchanges_are_counted_on_both_sides),
		cmocka_unit_test(an_informational_answer_is_not_the_answer),
		cmocka_unit_test(a_body_that_says_it_is_too_long_is_answered_413_and_not_stored),
		cmocka_unit_test(a_body_that_does_not_say_so_is_answered_413_when_it_is_too_long),
		cmocka_unit_test(a_header_list_over_the_limit_is_answered_431),
		cmocka_unit_test(an_answer_that_is_too_long_fails_the_request),
		cmocka_unit_test(streams_over_the_limit_are_refused_and_the_others_go_on),
		cmocka_unit_test(the_number_of_streams_is_announced_and_a_client_waits),
		cmocka_unit_test(unfinished_bodies_are_held_back_at_the_window),
		cmocka_unit_test(the_window_comes_back_with_every_exchange),
		cmocka_unit_test(finishing_lets_the_answer_out_before_the_goaway),
		cmocka_unit_test(both_sides_are_over_after_the_last_answer),
		cmocka_unit_test(what_was_begun_is_finished_and_what_comes_later_is_refused),
		cmocka_unit_test(a_client_that_finishes_still_gets_its_answers),
		cmocka_unit_test(a_request_that_the_server_did_not_begin_fails_as_refused),
		cmocka_unit_test(requests_without_an_answer_fail_with_their_session),
		cmocka_unit_test(a_stream_that_is_not_finished_in_time_is_reset),
		cmocka_unit_test(only_the_streams_whose_time_is_over_are_reset),
		cmocka_unit_test(a_request_that_is_not_answered_in_time_fails),
		cmocka_unit_test(an_answer_that_is_not_read_in_time_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
