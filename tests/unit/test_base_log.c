/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

enum {
	MANY = 5000, /* more than the queue and a pipe hold */
};

/* What went to standard error between capture_begin() and capture_end(). */
static struct {
	int real, from;
	pthread_t reader;
	size_t n;
	char text[1 << 20];
} capture;

static void capture_begin(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	capture.real = dup(STDERR_FILENO);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	capture.from = ends[0];
	capture.n = 0;
}

static void *run_reader(void *arg)
{
	ssize_t n;

	(void)arg;
	while ((n = read(capture.from, capture.text + capture.n,
		    sizeof(capture.text) - 1 - capture.n)) > 0)
		capture.n += (size_t)n;
	return NULL;
}

/* Nothing reads the pipe before this. */
static void capture_read(void)
{
	assert_int_equal(pthread_create(&capture.reader, NULL, run_reader, NULL), 0);
}

static const char *capture_finish(void)
{
	dup2(capture.real, STDERR_FILENO);
	close(capture.real);
	pthread_join(capture.reader, NULL);
	close(capture.from);
	capture.text[capture.n] = '\0';
	return capture.text;
}

static const char *capture_end(void)
{
	capture_read();
	return capture_finish();
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_level_has_its_name_and_nothing_else(void **state)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	static const char *const bad[] = { "", "Error", "warning", "debug ", "0" };
	enum log_level level;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(log_level_parse(names[i], &level));
		assert_int_equal(level, i);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(log_level_parse(bad[i], &level));
}

static void a_line_says_level_area_and_id(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	log_error(LOG_SEPP, "alpha", "refused count=%d", 3);
	log_info(LOG_MAIN, "-", "ready");
	assert_string_equal(
	    capture_end(), "error sepp alpha: refused count=3\ninfo main -: ready\n");
}

static void lines_above_the_level_are_not_written(void **state)
{
	(void)state;
	log_setup(LOG_WARN, LOG_TEXT);
	assert_true(log_wants(LOG_ERROR));
	assert_true(log_wants(LOG_WARN));
	assert_false(log_wants(LOG_INFO));
	capture_begin();
	log_warn(LOG_NET, "-", "written");
	log_info(LOG_NET, "-", "not written");
	log_debug(LOG_NET, "-", "not written");
	log_peer(0, LOG_INFO, LOG_NET, "-", "not written");
	assert_string_equal(capture_end(), "warn net -: written\n");
}

static void each_area_has_its_name(void **state)
{
	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	for (int area = 0; area < LOG_AREAS; area++)
		log_info((enum log_area)area, "-", "x");
	assert_string_equal(capture_end(),
	    "info main -: x\ninfo net -: x\ninfo tls -: x\ninfo h2 -: x\ninfo n32 -: x\n"
	    "info policy -: x\ninfo sepp -: x\ninfo admin -: x\n");
}

static void a_line_that_is_too_long_is_cut_and_still_one_line(void **state)
{
	char message[3000];
	const char *text;

	(void)state;
	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	log_info(LOG_NET, "-", "%s", message);
	log_info(LOG_NET, "-", "next");
	text = capture_end();
	assert_int_equal(lines_of(text), 2);
	assert_true(strlen(text) < 1100);
	assert_non_null(strstr(text, "x\ninfo net -: next\n"));
}

/* The members of one JSON line are as they were given. */
static void assert_json(const char *line, const char *id, const char *message)
{
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	assert_int_equal(json_object_size(o), 5);
	assert_string_equal(json_string_value(json_object_get(o, "level")), "warn");
	assert_string_equal(json_string_value(json_object_get(o, "area")), "policy");
	assert_string_equal(json_string_value(json_object_get(o, "id")), id);
	assert_string_equal(json_string_value(json_object_get(o, "message")), message);
	assert_int_equal(json_string_length(json_object_get(o, "time")), 20);
	json_decref(o);
}

static void a_json_line_is_one_object(void **state)
{
	static const char *const messages[] = { "plain key='a value'", "quote \" and \\ slash",
		"tab\tand\x01line\nend", "" };

	(void)state;
	log_setup(LOG_INFO, LOG_JSON);
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		const char *line;

		capture_begin();
		log_warn(LOG_POLICY, "a\"b", "%s", messages[i]);
		line = capture_end();
		assert_int_equal(lines_of(line), 1);
		assert_json(line, "a\"b", messages[i]);
	}
}

static void a_json_line_of_any_length_and_bytes_is_still_json(void **state)
{
	static const char fillers[] = { 'x', '"', '\\', '\n', '\x7f', (char)0xc3 };
	char message[2000];

	(void)state;
	log_setup(LOG_INFO, LOG_JSON);
	for (size_t i = 0; i < sizeof(fillers); i++) {
		json_t *o;

		memset(message, fillers[i], sizeof(message) - 1);
		message[sizeof(message) - 1] = '\0';
		capture_begin();
		log_warn(LOG_POLICY, message, "%s", message);
		o = json_loads(capture_end(), 0, NULL);
		assert_int_equal(lines_of(capture.text), 1);
		assert_non_null(o);
		json_decref(o);
	}
}

static void a_peer_causes_twenty_lines_in_a_row_and_then_two_a_second(void **state)
{
	const msec now = 1000000;

	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	for (int i = 0; i < 100; i++)
		log_peer(now, LOG_INFO, LOG_TLS, "p", "x");
	assert_int_equal(lines_of(capture_end()), 20);
	capture_begin();
	for (msec t = now + 1; t <= now + 10000; t++)
		log_peer(t, LOG_INFO, LOG_TLS, "p", "x");
	assert_int_equal(lines_of(capture_end()), 20);
}

static void the_next_line_says_how_many_were_left_out(void **state)
{
	const msec now = 2000000;

	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	for (int i = 0; i < 27; i++)
		log_peer(now, LOG_INFO, LOG_H2, "p", "x");
	assert_null(strstr(capture_end(), "left_out"));
	capture_begin();
	log_peer(now + 60000, LOG_INFO, LOG_H2, "p", "key=%d", 1);
	log_peer(now + 60000, LOG_INFO, LOG_H2, "p", "key=%d", 2);
	assert_string_equal(capture_end(), "info h2 p: key=1 left_out=7\ninfo h2 p: key=2\n");
}

static void one_area_does_not_spend_the_lines_of_another(void **state)
{
	const msec now = 3000000;

	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	capture_begin();
	for (int i = 0; i < 100; i++)
		log_peer(now, LOG_INFO, LOG_N32, "p", "x");
	log_peer(now, LOG_INFO, LOG_SEPP, "p", "another area");
	log_info(LOG_N32, "p", "not by a peer");
	assert_non_null(strstr(capture_end(),
	    "info n32 p: x\ninfo sepp p: another area\ninfo n32 p: not by a peer\n"));
	assert_int_equal(lines_of(capture.text), 22);
}

static void queued_lines_are_written_in_order_before_the_end(void **state)
{
	char expected[16000];
	size_t at = 0;
	struct err e;

	(void)state;
	for (int i = 0; i < 500; i++)
		at += (size_t)snprintf(
		    expected + at, sizeof(expected) - at, "info main -: line %d\n", i);
	log_setup(LOG_INFO, LOG_TEXT);
	assert_int_equal(log_start(&e), 0);
	assert_int_equal(log_start(&e), 0);
	capture_begin();
	for (int i = 0; i < 500; i++)
		log_info(LOG_MAIN, "-", "line %d", i);
	log_stop();
	log_stop();
	assert_string_equal(capture_end(), expected);
}

static void a_queue_that_nobody_reads_loses_lines_and_counts_them(void **state)
{
	uint64_t before = log_lost(), lost;
	struct err e;

	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	assert_int_equal(log_start(&e), 0);
	capture_begin();
	for (int i = 0; i < MANY; i++)
		log_info(LOG_MAIN, "-", "a line of some length for the pipe, number %d", i);
	lost = log_lost() - before;
	capture_read();
	log_stop();
	assert_int_equal(lines_of(capture_finish()), MANY - lost);
	assert_true(lost > 0 && lost <= MANY - 1024);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_has_its_name_and_nothing_else),
		cmocka_unit_test(a_line_says_level_area_and_id),
		cmocka_unit_test(lines_above_the_level_are_not_written),
		cmocka_unit_test(each_area_has_its_name),
		cmocka_unit_test(a_line_that_is_too_long_is_cut_and_still_one_line),
		cmocka_unit_test(a_json_line_is_one_object),
		cmocka_unit_test(a_json_line_of_any_length_and_bytes_is_still_json),
		cmocka_unit_test(a_peer_causes_twenty_lines_in_a_row_and_then_two_a_second),
		cmocka_unit_test(the_next_line_says_how_many_were_left_out),
		cmocka_unit_test(one_area_does_not_spend_the_lines_of_another),
		cmocka_unit_test(queued_lines_are_written_in_order_before_the_end),
		cmocka_unit_test(a_queue_that_nobody_reads_loses_lines_and_counts_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
