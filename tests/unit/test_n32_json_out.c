/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "n32/json_out.h"

static struct n32_json_out o;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	buf_init(&out, 65536);
	n32_json_out_start(&o, &out);
	n32_json_out_object(&o, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void assert_object_is(const char *expected)
{
	n32_json_out_end_object(&o);
	assert_int_equal(n32_json_out_end(&o), 0);
	assert_string_equal(out.data, expected);
}

static void an_object_without_members_is_two_brackets(void **state)
{
	(void)state;
	assert_object_is("{}");
}

static void members_and_elements_come_out_as_they_went_in(void **state)
{
	(void)state;
	n32_json_out_array(&o, "list");
	n32_json_out_text(&o, NULL, "a");
	n32_json_out_object(&o, NULL);
	n32_json_out_bool(&o, "yes", true);
	n32_json_out_bool(&o, "no", false);
	n32_json_out_end_object(&o);
	n32_json_out_integer(&o, NULL, INT64_MIN);
	n32_json_out_end_array(&o);
	n32_json_out_array(&o, "none");
	n32_json_out_end_array(&o);
	assert_object_is("{\"list\":[\"a\",{\"yes\":true,\"no\":false},-9223372036854775808],"
			 "\"none\":[]}");
}

static void only_text_that_is_there_is_put_as_some(void **state)
{
	(void)state;
	n32_json_out_some(&o, "a", NULL);
	n32_json_out_some(&o, "b", "");
	n32_json_out_some(&o, "c", "d");
	n32_json_out_text(&o, "e", "");
	assert_object_is("{\"c\":\"d\",\"e\":\"\"}");
}

static void a_view_is_a_key_where_one_is_due(void **state)
{
	(void)state;
	n32_json_out_str(&o, "a", (struct str){ NULL, 0 });
	n32_json_out_str(&o, NULL, (struct str){ "k\"x", 2 });
	n32_json_out_bool(&o, NULL, true);
	assert_object_is("{\"a\":\"\",\"k\\\"\":true}");
}

static void what_json_wants_escaped_is_escaped(void **state)
{
	(void)state;
	n32_json_out_text(&o, "x", "\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80");
	assert_object_is("{\"x\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\xc3\xa9"
			 "\xf0\x9f\x98\x80\"}");
}

static void what_only_looks_like_utf8_is_escaped(void **state)
{
	(void)state;
	n32_json_out_text(&o, "a", "\xc0\x80");
	n32_json_out_text(&o, "b", "\xed\xa0\x80");
	n32_json_out_text(&o, "c", "x\xe2\x82");
	assert_object_is("{\"a\":\"\\\\xc0\\\\x80\",\"b\":\"\\\\xed\\\\xa0\\\\x80\","
			 "\"c\":\"x\\\\xe2\\\\x82\"}");
}

static void long_texts_are_whole(void **state)
{
	char text[3001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	n32_json_out_text(&o, "x", "short");
	n32_json_out_text(&o, "y", text);
	n32_json_out_text(&o, "z", "short");
	n32_json_out_end_object(&o);
	assert_int_equal(n32_json_out_end(&o), 0);
	assert_int_equal(out.len, strlen("{\"x\":\"short\",\"y\":\"\",\"z\":\"short\"}") + 3000);
	assert_memory_equal(out.data, "{\"x\":\"short\",\"y\":\"aaa", 20);
	assert_memory_equal(out.data + out.len - 16, "aa\",\"z\":\"short\"}", 16);
}

/* It fits, does not, and would again: the end counts. */
static void one_text_too_long_undoes_the_whole_object(void **state)
{
	static char text[5000];

	(void)state;
	buf_release(&out);
	buf_init(&out, 1000);
	assert_int_equal(buf_add(&out, "kept", 4), 0);
	n32_json_out_start(&o, &out);
	n32_json_out_object(&o, NULL);
	memset(text, 'a', sizeof(text) - 1);
	n32_json_out_text(&o, "x", text);
	n32_json_out_text(&o, "y", "short");
	n32_json_out_end_object(&o);
	assert_int_equal(n32_json_out_end(&o), ERR_LIMIT);
	assert_string_equal(out.data, "kept");
	assert_int_equal(out.len, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_object_without_members_is_two_brackets),
		TEST(members_and_elements_come_out_as_they_went_in),
		TEST(only_text_that_is_there_is_put_as_some),
		TEST(a_view_is_a_key_where_one_is_due),
		TEST(what_json_wants_escaped_is_escaped),
		TEST(what_only_looks_like_utf8_is_escaped),
		TEST(long_texts_are_whole),
		TEST(one_text_too_long_undoes_the_whole_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
