/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <time.h>

#include "script_kit.h"

#include "script/date.h"

static int64_t seconds_of(const char *text)
{
	int64_t out = -1;
	const char *why = date_parse(&out, str_of(text));

	if (why)
		fail_msg("%s: %s", text, why);
	return out;
}

static void a_date_is_its_seconds_in_utc(void **state)
{
	(void)state;
	assert_int_equal(seconds_of("1970-01-01"), 0);
	assert_int_equal(seconds_of("1970-01-01 00:01"), 60);
	assert_int_equal(seconds_of("2000-02-29"), 951782400);
	assert_int_equal(seconds_of("2026-07-01"), 1782864000);
	assert_int_equal(seconds_of("2026-07-01 14:30"), 1782864000 + 52200);
	assert_int_equal(seconds_of("2026-07-01T14:30:00Z"), 1782864000 + 52200);
	assert_int_equal(seconds_of("2026-07-01T23:59:59Z"), 1782864000 + 86399);
	assert_int_equal(seconds_of("9999-12-31T23:59:59Z"), 253402300799);
}

static void every_day_of_the_calendar_is_what_the_c_library_says(void **state)
{
	int64_t day = 0;
	char text[32];
	struct tm tm;

	(void)state;
	for (; day < 253402300800 / 86400; day++) {
		const time_t t = (time_t)(day * 86400);

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(text, sizeof(text), "%Y-%m-%d", &tm), 10);
		assert_int_equal(seconds_of(text), t);
	}
}

/* text, what is said of it */
static const char *const wrong[][2] = {
	{ "", "is no date" },
	{ "2026", "is no date" },
	{ "2026-7-1", "is no date" },
	{ "2026-07-1", "is no date" },
	{ "2026-07-011", "is no date" },
	{ " 2026-07-01", "is no date" },
	{ "2026-07-01 ", "is no date" },
	{ "2026/07/01", "is no date" },
	{ "-026-07-01", "is no date" },
	{ "2026-07-+1", "is no date" },
	{ "YYYY-MM-DD", "is no date" },
	{ "2026-07-01 1:30", "is no date" },
	{ "2026-07-01T14:30", "is no date" },
	{ "2026-07-01 14:30:00", "is no date" },
	{ "2026-07-01T14:30:00", "is no date" },
	{ "2026-07-01t14:30:00z", "is no date" },
	{ "2026-07-01T14:30:00+01:00", "is no date" },
	{ "1969-12-31", "is before 1970" },
	{ "0000-01-01", "is before 1970" },
	{ "2026-00-01", "is no day of the calendar" },
	{ "2026-13-01", "is no day of the calendar" },
	{ "2026-01-00", "is no day of the calendar" },
	{ "2026-01-32", "is no day of the calendar" },
	{ "2026-04-31", "is no day of the calendar" },
	{ "2026-02-29", "is no day of the calendar" },
	{ "2100-02-29", "is no day of the calendar" },
	{ "2026-07-01 24:00", "is no time of the day" },
	{ "2026-07-01 12:60", "is no time of the day" },
	{ "2026-06-30T23:59:60Z", "is no time of the day" },
};

static void everything_else_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		int64_t out = -1;
		const char *why = date_parse(&out, str_of(wrong[i][0]));

		if (!why || strcmp(why, wrong[i][1]) != 0)
			fail_msg("%s: %s", wrong[i][0], why ? why : "accepted");
		assert_int_equal(out, -1);
	}
}

static void a_nul_is_no_end(void **state)
{
	int64_t out;

	(void)state;
	assert_non_null(date_parse(&out, (struct str)STR_LIT("2026-07-01\0")));
	assert_non_null(date_parse(&out, (struct str)STR_LIT("2026-07-\0001")));
}

static void policies_have_dates_while_they_load_and_while_they_decide(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_true(kit_partner(k, "local day = sepp.date \"2001-09-09\"\n"
				   "function partner.select_capability(request)\n"
				   "return sepp.reject(\"%d %s %s\", day, request.time >= day, "
				   "request.time >= sepp.date(\"2001-09-09 01:47\")) end"));
	assert_string_equal(kit_decide(k)->reason, "999993600 true false");
	assert_string_equal(kit_eval(k, "math.type(sepp.date \"2026-07-01\")"), "integer");
	kit_close(k);
}

static void a_wrong_date_is_answered_with_the_accepted_forms(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	assert_string_equal(kit_eval(k, "sepp.date(\"2026-02-30\")"),
	    "partners/p.lua:3: bad argument #1 to 'date' (\"2026-02-30\" is no day of the calendar; "
	    "write \"2026-07-01\", \"2026-07-01 14:30\" or \"2026-07-01T14:30:00Z\", in UTC)");
	assert_string_equal(kit_eval(k, "sepp.date(20260701)"),
	    "partners/p.lua:3: bad argument #1 to 'date' (string such as \"2026-07-01\" expected, got "
	    "number)");
	assert_false(kit_partner(k, "local day = sepp.date()"));
	assert_string_equal(k->e.text,
	    "partners/p.lua:2: bad argument #1 to 'date' (string such as \"2026-07-01\" expected, got "
	    "no value)");
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_its_seconds_in_utc),
		cmocka_unit_test(every_day_of_the_calendar_is_what_the_c_library_says),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(policies_have_dates_while_they_load_and_while_they_decide),
		cmocka_unit_test(a_wrong_date_is_answered_with_the_accepted_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
