/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "n32/json_pen.h"
#include "n32/json_value.h"

static void an_object_is_written_member_by_member(void **state)
{
	char text[256];
	struct json_pen p;
	size_t n;

	(void)state;
	json_pen_start(&p, text, sizeof(text));
	json_pen_open(&p, NULL, '{');
	json_pen_text(&p, "a", str_of("x"));
	json_pen_some(&p, "left_out", "");
	json_pen_some(&p, "left_out", NULL);
	json_pen_open(&p, "list", '[');
	json_pen_integer(&p, NULL, INT64_MIN);
	json_pen_integer(&p, NULL, 0);
	json_pen_bool(&p, NULL, true);
	json_pen_open(&p, NULL, '{');
	json_pen_close(&p, '}');
	json_pen_close(&p, ']');
	json_pen_bool(&p, "b", false);
	json_pen_close(&p, '}');
	n = json_pen_end(&p);
	text[n] = '\0';
	assert_string_equal(
	    text, "{\"a\":\"x\",\"list\":[-9223372036854775808,0,true,{}],\"b\":false}");
}

/* Every byte, at every place of texts of all lengths up to two words and a bit. */
static void every_text_is_read_back_as_it_was(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x80; c++) {
		for (size_t length = 1; length < 20; length++) {
			for (size_t at = 0; at < length; at++) {
				const struct json_value *root;
				char value[32], text[256];
				struct json_pen p;
				const char *why;

				memset(value, 'v', length);
				value[at] = (char)c;
				json_pen_start(&p, text, sizeof(text));
				json_pen_open(&p, NULL, '{');
				json_pen_text(&p, "k", (struct str){ value, length });
				json_pen_close(&p, '}');
				root = n32_json_parse((struct str){ text, json_pen_end(&p) }, &why);
				assert_non_null(root);
				assert_true(
				    str_eq(root->first->text, (struct str){ value, length }));
			}
		}
	}
}

static void what_is_no_utf8_is_escaped_and_what_is_stays(void **state)
{
	char text[64];
	struct json_pen p;

	(void)state;
	json_pen_start(&p, text, sizeof(text) - 1);
	json_pen_text(&p, NULL, str_of("caf\xc3\xa9"));
	text[json_pen_end(&p)] = '\0';
	assert_string_equal(text, "\"caf\xc3\xa9\"");
	json_pen_start(&p, text, sizeof(text) - 1);
	json_pen_text(&p, NULL, str_of("caf\xe9"));
	text[json_pen_end(&p)] = '\0';
	assert_string_equal(text, "\"caf\\\\xe9\"");
	json_pen_start(&p, text, sizeof(text) - 1);
	json_pen_text(&p, NULL, str_of("0123456\xe9"));
	text[json_pen_end(&p)] = '\0';
	assert_string_equal(text, "\"0123456\\\\xe9\"");
}

static void what_does_not_fit_is_nothing_and_passes_no_bound(void **state)
{
	char text[64];
	struct json_pen p;

	(void)state;
	for (size_t size = 0; size < 40; size++) {
		memset(text, '#', sizeof(text));
		json_pen_start(&p, text, size);
		json_pen_open(&p, NULL, '{');
		json_pen_text(&p, "name", str_of("a \"quoted\" text"));
		json_pen_integer(&p, "n", 123456);
		json_pen_bool(&p, "b", true);
		json_pen_close(&p, '}');
		assert_int_equal(json_pen_end(&p), 0);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_written_member_by_member),
		cmocka_unit_test(every_text_is_read_back_as_it_was),
		cmocka_unit_test(what_is_no_utf8_is_escaped_and_what_is_stays),
		cmocka_unit_test(what_does_not_fit_is_nothing_and_passes_no_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
