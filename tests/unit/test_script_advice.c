/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/advice.h"

/* what stands in line 3 of a hook, advice */
static const char *const runs[][2] = {
	{ "local t = nil return t.x", "'t' is nil: look first, as in 'if x and x.y then'" },
	{ "local f = nil return f()", "there is no function 'f' here" },
	{ "return sepp.reject('a' .. peer.group)",
	    "'group' is nil: look first, or write tostring(x)" },
	{ "local n = nil return n + 1", "'n' is nil: look first, or write (x or 0)" },
	{ "return #peer.group", "'group' is nil: look first, or write #(x or {})" },
	{ "return 1 < nil", "one of the two is nil: look first, as in 'if x and x > 5 then'" },
	{ "return 1 < 'a'",
	    "a text is no number: write numbers without quotes, and dates as sepp.date(text)" },
	{ "return sepp.TLS < sepp.PRINS", "constants have no order: compare them with == and ~=" },
	{ "local c = sepp.TLS return c.name",
	    "'c' is a constant and has no fields: compare it with ==" },
	{ "return 'x' .. sepp.TLS", "write tostring(x)" },
	{ "return peer.owns('262-01')", "it is called with a colon: peer:owns(...)" },
};

static void what_lua_says_at_run_time_is_followed_by_what_to_do(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		const char *reason = kit_select(k, runs[i][0])->reason;
		const char *advice = strstr(reason, "; ");

		if (!advice || strcmp(advice + 2, runs[i][1]) != 0)
			fail_msg("%s\n  got  %s\n  want %s", runs[i][0], reason, runs[i][1]);
	}
	kit_close(k);
}

/* a text, advice */
static const char *const texts[][2] = {
	{ "if a = b then end", "to compare, write == instead of =" },
	{ "if a != b then end", "'not equal' is written ~=" },
	{ "if a && b then end", "'both' is written: a and b" },
	{ "if a || b then end", "'either' is written: a or b" },
	{ "if !a then end", "'not' is written: not a" },
	{ "if a return end", "write 'if condition then'" },
	{ "while a = 1 do end", "to compare, write == instead of =" },
	{ "while a return end", "write 'while condition do' or 'for ... do'" },
	{ "local t = { a = 1 b = 2 }", "a comma is missing before 'b'" },
	{ "if a then\nreturn 1\nreturn 2 end",
	    "return is the last thing in its block: write 'end' before it" },
	{ "function f()",
	    "write 'end' behind each function, if, for and while; 'else if' is one word, elseif" },
	{ "end", "there is an 'end' too many" },
	{ "local n = 1 n += 1", "there is no += or ++: write n = n + 1" },
	{ "local s = 'x", "the closing quote is missing" },
};

static void what_lua_says_of_a_text_is_followed_by_what_to_write(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *advice;

		assert_false(kit_load(k, "default.lua", texts[i][0], SCRIPT_POLICY));
		advice = strstr(k->e.text, "; ");
		if (!advice || strcmp(advice + 2, texts[i][1]) != 0)
			fail_msg("%s\n  got  %s\n  want %s", texts[i][0], k->e.text, texts[i][1]);
	}
	kit_close(k);
}

static void advice_that_does_not_fit_is_left_out(void **state)
{
	static const char said[] = "x:1: unfinished string near 'x'";
	char text[128], small[sizeof(said) + 10], none[] = "x:1: no opinion";

	(void)state;
	strcpy(text, said);
	strcpy(small, said);
	advice_add(text, sizeof(text));
	advice_add(small, sizeof(small));
	advice_add(none, sizeof(none));
	assert_string_equal(text, "x:1: unfinished string near 'x'; the closing quote is missing");
	assert_string_equal(small, said);
	assert_string_equal(none, "x:1: no opinion");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lua_says_at_run_time_is_followed_by_what_to_do),
		cmocka_unit_test(what_lua_says_of_a_text_is_followed_by_what_to_write),
		cmocka_unit_test(advice_that_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
