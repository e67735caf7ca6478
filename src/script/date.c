/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/arg.h"
#include "script/date.h"

/* A date in digits; what a shape leaves out is 0. */
struct date {
	int year, month, day, hour, minute, second;
};

static const char *const shapes[] = { "YYYY-MM-DD", "YYYY-MM-DD hh:mm", "YYYY-MM-DDThh:mm:ssZ" };

/* Reads `s` by `shape`: a letter that names a part stands for a digit of it. */
static bool read_shape(struct date *d, struct str s, const char *shape)
{
	size_t i = 0;

	*d = (struct date){ 0 };
	for (; shape[i] && i < s.n; i++) {
		int *part = shape[i] == 'Y'   ? &d->year
			    : shape[i] == 'M' ? &d->month
			    : shape[i] == 'D' ? &d->day
			    : shape[i] == 'h' ? &d->hour
			    : shape[i] == 'm' ? &d->minute
			    : shape[i] == 's' ? &d->second
					      : NULL;

		if (part && s.p[i] >= '0' && s.p[i] <= '9')
			*part = *part * 10 + (s.p[i] - '0');
		else if (part || s.p[i] != shape[i])
			return false;
	}
	return !shape[i] && i == s.n;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01: years begin in March, so that the leap day is their last. */
static int64_t day_number(const struct date *d)
{
	const int64_t y = d->year - (d->month <= 2);
	const int64_t m = (d->month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + d->day - 1 - 719468;
}

const char *date_parse(int64_t *out, struct str text)
{
	struct date d;
	size_t i = 0;

	while (i < ARRAY_LEN(shapes) && !read_shape(&d, text, shapes[i]))
		i++;
	if (i == ARRAY_LEN(shapes))
		return "is no date";
	if (d.year < 1970)
		return "is before 1970";
	if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > days_in(d.year, d.month))
		return "is no day of the calendar";
	if (d.hour > 23 || d.minute > 59 || d.second > 59)
		return "is no time of the day";
	*out = day_number(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
	return NULL;
}

/* sepp.date(text) -> seconds since 1970 UTC */
static int l_date(lua_State *L)
{
	int64_t seconds = 0;
	const char *why;
	struct str s;

	if (lua_type(L, 1) != LUA_TSTRING)
		return arg_expected(L, 1, "string such as \"2026-07-01\"");
	s.p = lua_tolstring(L, 1, &s.n);
	why = date_parse(&seconds, s);
	if (why)
		return arg_fail(L, 1,
		    "\"%.40s\" %s; write \"2026-07-01\", \"2026-07-01 14:30\" or "
		    "\"2026-07-01T14:30:00Z\", in UTC",
		    s.p, why);
	lua_pushinteger(L, seconds);
	return 1;
}

const struct function date_functions[] = {
	{ "date", l_date, "text: string", "integer",
	    "seconds since 1970 UTC of \"2026-07-01\", \"2026-07-01 14:30\" or "
	    "\"2026-07-01T14:30:00Z\"" },
	{ .name = NULL },
};
