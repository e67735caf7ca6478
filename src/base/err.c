/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int err_set_errno(struct err *e, const char *fmt, ...)
{
	const int why = errno;
	char reason[128];
	va_list ap;
	size_t n;

	if (!e)
		return ERR_SYS;
	e->code = ERR_SYS;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror_r(why, reason, sizeof(reason)));
	return ERR_SYS;
}

int err_within(struct err *e, const char *fmt, ...)
{
	char place[256], cause[sizeof(e->text)];
	va_list ap;

	if (!e)
		return ERR_NONE;
	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	memcpy(cause, e->text, sizeof(cause));
	/* a long chain loses its innermost tail, never its head */
	if (snprintf(e->text, sizeof(e->text), "%s: %s", place, cause) < 0)
		e->text[0] = '\0';
	return e->code;
}

bool err_report(struct err_sink *sink, const struct err *e)
{
	if (!sink)
		return false;
	sink->n++;
	sink->fn(sink->arg, e);
	return true;
}

const char *err_name(int code)
{
	switch (code) {
	case ERR_NONE:
		return "no error";
#define X(name, text)                                                                              \
	case ERR_##name:                                                                           \
		return text;
		ERR_TABLE(X)
#undef X
	default:
		return "unknown error";
	}
}
