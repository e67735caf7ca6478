/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "n32/json_scan.h"
#include "n32/json_value.h"

static const char *why;

/* A body that the tests build; large enough for any bound. */
static char body[1 << 20];

static const struct json_value *parse(const char *text)
{
	const struct json_value *root = n32_json_parse(str_of(text), &why);

	if (!root)
		fail_msg("%s: %s", why, text);
	return root;
}

static void assert_refused(const char *text, const char *reason)
{
	if (n32_json_parse(str_of(text), &why))
		fail_msg("accepted: %s", text);
	assert_string_equal(why, reason);
}

/* The value of "x" in an object that has nothing else. */
static const struct json_value *parse_x(const char *value)
{
	snprintf(body, sizeof(body), "{\"x\":%s}", value);
	return n32_json_find(parse(body), "x");
}

static void assert_x_is_refused(const char *value, const char *reason)
{
	snprintf(body, sizeof(body), "{\"x\":%s}", value);
	assert_refused(body, reason);
}

static void assert_text(struct str text, const char *expected)
{
	assert_int_equal(text.n, strlen(expected));
	assert_memory_equal(text.p, expected, text.n);
}

/* An object of `n` members "0", "1", ... */
static const char *object_of(size_t n)
{
	int at = snprintf(body, sizeof(body), "{");

	for (size_t i = 0; i < n; i++)
		at +=
		    snprintf(body + at, sizeof(body) - (size_t)at, "%s\"%zu\":0", i ? "," : "", i);
	snprintf(body + at, sizeof(body) - (size_t)at, "}");
	return body;
}

/* {"":[0,0,...]} with `n` values in all. */
static const char *body_of(size_t n)
{
	size_t at = 5;

	memcpy(body, "{\"\":[", at);
	for (size_t i = 0; i < n - 2; i++) {
		body[at++] = '0';
		body[at++] = ',';
	}
	memcpy(body + at - 1, "]}", 3);
	return body;
}

/* {"x":"\n..."} where the string has `n` bytes. */
static const char *escaped_of(size_t n)
{
	memcpy(body, "{\"x\":\"\\n", 8);
	memset(body + 8, 'a', n - 2);
	memcpy(body + 6 + n, "\"}", 3);
	return body;
}

static void members_and_elements_keep_their_order(void **state)
{
	const struct json_value *root = parse("{\"b\":[1,[],{\"c\":2}],\"a\":true}");
	const struct json_value *list = root->first;

	(void)state;
	assert_int_equal(root->type, N32_JSON_OBJECT);
	assert_int_equal(root->n, 2);
	assert_text(list->key, "b");
	assert_int_equal(list->n, 3);
	assert_int_equal(list->first->integer, 1);
	assert_int_equal(list->first->next->type, N32_JSON_ARRAY);
	assert_null(list->first->next->first);
	assert_int_equal(n32_json_find(list->first->next->next, "c")->integer, 2);
	assert_null(list->first->next->next->next);
	assert_int_equal(list->next->type, N32_JSON_TRUE);
	assert_null(list->next->next);
}

static void a_member_is_found_by_its_whole_key(void **state)
{
	const struct json_value *root = parse("{\"ab\":1,\"a\":2,\"\":3}");

	(void)state;
	assert_int_equal(n32_json_find(root, "a")->integer, 2);
	assert_int_equal(n32_json_find(root, "")->integer, 3);
	assert_null(n32_json_find(root, "b"));
	assert_null(n32_json_find(parse("{}"), ""));
}

static void each_type_is_told_apart(void **state)
{
	(void)state;
	assert_int_equal(parse_x("{}")->type, N32_JSON_OBJECT);
	assert_int_equal(parse_x("[]")->type, N32_JSON_ARRAY);
	assert_int_equal(parse_x("\"\"")->type, N32_JSON_STRING);
	assert_int_equal(parse_x("false")->type, N32_JSON_FALSE);
	assert_int_equal(parse_x("null")->type, N32_JSON_NULL);
	assert_int_equal(parse_x("1.0")->type, N32_JSON_OTHER_NUMBER);
	assert_int_equal(parse_x("1e0")->type, N32_JSON_OTHER_NUMBER);
	assert_int_equal(parse_x("-0")->type, N32_JSON_INTEGER);
}

static void integers_are_read_to_the_last_bit_and_no_further(void **state)
{
	static const char *const huge[] = { "9223372036854775808", "-9223372036854775809",
		"18446744073709551617", "99999999999999999999999999999999999999999", "1e400" };

	(void)state;
	assert_true(parse_x("9223372036854775807")->integer == INT64_MAX);
	assert_true(parse_x("-9223372036854775808")->integer == INT64_MIN);
	assert_true(parse_x("-42")->integer == -42);
	for (size_t i = 0; i < ARRAY_LEN(huge); i++) {
		assert_int_equal(parse_x(huge[i])->type, N32_JSON_OTHER_NUMBER);
		assert_int_equal(parse_x(huge[i])->integer, 0);
	}
}

static void escapes_are_decoded_in_texts_and_keys(void **state)
{
	const struct json_value *root = parse("{\"\\u0061\\/\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\","
					      "\"b\":\"\\u00e9\\u20AC\\ud83d\\ude00\"}");

	(void)state;
	assert_text(n32_json_find(root, "a/")->text, "\"\\/\b\f\n\r\t");
	assert_text(n32_json_find(root, "b")->text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void text_without_escapes_stays_in_the_body(void **state)
{
	static const char text[] = "{\"x\":\"plain \xc3\xa9\"}";
	const struct json_value *x = n32_json_find(parse(text), "x");

	(void)state;
	assert_ptr_equal(x->text.p, text + 6);
	assert_int_equal(x->text.n, 8);
}

static void a_second_body_takes_the_place_of_the_first(void **state)
{
	const struct json_value *first = parse("{\"a\":\"\\n\",\"b\":[1,2,3]}");
	const struct json_value *second = parse("{\"c\":\"\\t\"}");

	(void)state;
	assert_ptr_equal(first, second);
	assert_int_equal(second->n, 1);
	assert_null(n32_json_find(second, "a"));
	assert_text(n32_json_find(second, "c")->text, "\t");
}

static void half_a_surrogate_pair_is_refused(void **state)
{
	static const char *const bad[] = { "\"\\ud800\"", "\"\\uDBFF\"", "\"\\udc00\"",
		"\"\\uDFFF\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"", "\"\\ud800\\udc0\"", "\"\\ud800\\\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_x_is_refused(bad[i], "not JSON");
	assert_refused("{\"\\ud800\":1}", "not JSON");
	assert_text(parse_x("\"\\ud7ff\\ue000\"")->text, "\xed\x9f\xbf\xee\x80\x80");
	assert_text(parse_x("\"\\\\ud800\"")->text, "\\ud800");
}

static void what_only_looks_like_utf8_is_refused(void **state)
{
	static const char *const bad[] = { "\"\x80\"", "\"\xc1\xbf\"", "\"\xc3\"", "\"\xc3x\"",
		"\"\xe0\x9f\xbf\"", "\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"", "\xff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_x_is_refused(bad[i], "not UTF-8");
	assert_refused("{\"\xc0\x80\":1}", "not UTF-8");
	assert_text(
	    parse_x("\"\xf4\x8f\xbf\xbf\xef\xbf\xbf\"")->text, "\xf4\x8f\xbf\xbf\xef\xbf\xbf");
}

/* Strings are read eight bytes at a time. */
static void a_control_character_is_refused_wherever_it_stands(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x80; c++) {
		for (size_t at = 1; at <= 20; at++) {
			char value[] = "\"abcdefghijklmnopqrst\"";

			value[at] = (char)c;
			if (c < 0x20)
				assert_x_is_refused(value, "not JSON");
			else if (c != '"' && c != '\\')
				assert_int_equal(parse_x(value)->text.n, 20);
		}
	}
}

static void u0000_is_refused_however_it_is_written(void **state)
{
	static const struct str raw = STR_LIT("{\"x\":\"\0\"}");
	static const struct str behind_number = STR_LIT("{\"x\":1\0}");

	(void)state;
	assert_x_is_refused("\"a\\u0000\"", "holds the character U+0000");
	assert_refused("{\"\\u0000\":1}", "holds the character U+0000");
	assert_null(n32_json_parse(raw, &why));
	assert_null(n32_json_parse(behind_number, &why));
	assert_text(parse_x("\"\\\\u0000\"")->text, "\\u0000");
}

static void only_the_white_space_of_rfc_8259_is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse(" \t\r\n{ \"x\" :\t1\r}\n \r\t")->n, 1);
	assert_refused("{\"x\":\f1}", "not JSON");
	assert_refused("{\"x\":\v1}", "not JSON");
	assert_refused("{}\f", "text after the object");
	assert_refused("{\"x\":\xc2\xa0"
		       "1}",
	    "not JSON");
	assert_refused("\xef\xbb\xbf{}", "not JSON");
}

static void whatever_follows_the_object_is_refused(void **state)
{
	static const char *const bad[] = { "{}{}", "{}1", "{} tru", "{}\"", "{}\"abc", "{},", "{}}",
		"{}/", "{} \xff", "{}#" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_refused(bad[i], "text after the object");
}

static void what_is_cut_off_ends_too_early(void **state)
{
	static const char *const bad[] = { " ", "{", "{\"", "{\"x", "{\"x\\", "{\"x\":1",
		"{\"x\":[1}", "{\"x\":\"}", "{\"x\":\"\\\"}", "[" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_refused(bad[i], "ends too early");
	assert_refused("", "the body is empty");
}

static void what_only_looks_like_json_is_refused(void **state)
{
	static const char *const bad[] = { "01", "-", "+1", ".5", "1.", "1e", "0x1", "NaN",
		"Infinity", "True", "nul", "'a'", "a", "1 2", "[1,]", "[,]", "[1 2]", "{\"a\"}",
		"{\"a\":1,}", "{a:1}", "{1:1}", "/**/1", "1//\n", "\"\\x\"", "\"\\u12g4\"",
		"\"\\u123\"", "\"a\nb\"", "\"\x1f\"", "", ":1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_x_is_refused(bad[i], "not JSON");
	assert_refused("{]", "not JSON");
	assert_refused("[]", "not a JSON object");
	assert_refused("[{}]", "not a JSON object");
}

static void a_key_may_not_occur_twice_in_any_object(void **state)
{
	static const char twice[] = "an attribute occurs twice";

	(void)state;
	assert_refused("{\"a\":1,\"a\":1}", twice);
	assert_refused("{\"a\":1,\"b\":2,\"\\u0061\":1}", twice);
	assert_refused("{\"\":1,\"\":1}", twice);
	assert_refused("{\"x\":[0,{\"y\":{\"a\":1,\"b\":[],\"a\":{}}}]}", twice);
	assert_int_equal(parse("{\"a\":{\"a\":{\"a\":1}},\"A\":[{\"a\":1},{\"a\":1}]}")->n, 2);
}

static void an_object_holds_256_members_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(parse(object_of(N32_JSON_MEMBERS_MAX))->n, N32_JSON_MEMBERS_MAX);
	assert_refused(
	    object_of(N32_JSON_MEMBERS_MAX + 1), "more than 256 attributes in an object");
}

static void a_body_holds_16384_values_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(parse(body_of(N32_JSON_VALUES_MAX))->first->n, N32_JSON_VALUES_MAX - 2);
	assert_refused(body_of(N32_JSON_VALUES_MAX + 1), "more than 16384 values");
}

static void strings_with_escapes_have_65536_bytes_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(
	    parse(escaped_of(N32_JSON_ESCAPED_MAX))->first->text.n, N32_JSON_ESCAPED_MAX - 1);
	assert_refused(
	    escaped_of(N32_JSON_ESCAPED_MAX + 1), "more than 65536 bytes of text with escapes");
	memcpy(strchr(body, '\\'), "aa", 2);
	assert_int_equal(parse(body)->first->text.n, N32_JSON_ESCAPED_MAX + 1);
}

/* The buffer in which yajl decodes grows and grows: none of its sizes may be too much. */
static void escaped_strings_of_every_size_are_decoded(void **state)
{
	int at = snprintf(body, sizeof(body), "{\"x\":[");

	(void)state;
	for (size_t n = 1; n < 32768; n *= 2) {
		at += snprintf(body + at, sizeof(body) - (size_t)at, "\"\\n");
		memset(body + at, 'a', n);
		at += (int)n;
		at += snprintf(body + at, sizeof(body) - (size_t)at, "\",");
	}
	snprintf(body + at - 1, sizeof(body) - (size_t)at, "]}");
	for (const struct json_value *v = parse(body)->first->first; v; v = v->next) {
		assert_int_equal(v->text.p[0], '\n');
		for (size_t i = 1; i < v->text.n; i++)
			assert_int_equal(v->text.p[i], 'a');
	}
}

static void *on_thread(void *result)
{
	const char *reason;

	*(const struct json_value **)result =
	    n32_json_parse((struct str)STR_LIT("{\"b\":\"\\t\"}"), &reason);
	return NULL;
}

static void each_thread_has_its_own_tree(void **state)
{
	const struct json_value *mine = parse("{\"a\":\"\\n\"}"), *other = NULL;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, on_thread, &other), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_non_null(other);
	assert_ptr_not_equal(mine, other);
	assert_text(n32_json_find(mine, "a")->text, "\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_elements_keep_their_order),
		cmocka_unit_test(a_member_is_found_by_its_whole_key),
		cmocka_unit_test(each_type_is_told_apart),
		cmocka_unit_test(integers_are_read_to_the_last_bit_and_no_further),
		cmocka_unit_test(escapes_are_decoded_in_texts_and_keys),
		cmocka_unit_test(text_without_escapes_stays_in_the_body),
		cmocka_unit_test(a_second_body_takes_the_place_of_the_first),
		cmocka_unit_test(half_a_surrogate_pair_is_refused),
		cmocka_unit_test(what_only_looks_like_utf8_is_refused),
		cmocka_unit_test(a_control_character_is_refused_wherever_it_stands),
		cmocka_unit_test(u0000_is_refused_however_it_is_written),
		cmocka_unit_test(only_the_white_space_of_rfc_8259_is_taken),
		cmocka_unit_test(whatever_follows_the_object_is_refused),
		cmocka_unit_test(what_is_cut_off_ends_too_early),
		cmocka_unit_test(what_only_looks_like_json_is_refused),
		cmocka_unit_test(a_key_may_not_occur_twice_in_any_object),
		cmocka_unit_test(an_object_holds_256_members_and_no_more),
		cmocka_unit_test(a_body_holds_16384_values_and_no_more),
		cmocka_unit_test(strings_with_escapes_have_65536_bytes_and_no_more),
		cmocka_unit_test(escaped_strings_of_every_size_are_decoded),
		cmocka_unit_test(each_thread_has_its_own_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
