/* SPDX-License-Identifier: MIT */
/*
 * date.h - dates that a policy writes, as seconds: sepp.date "2026-07-01".
 */
#ifndef SCRIPT_DATE_H
#define SCRIPT_DATE_H

#include "base/base.h"
#include "base/str.h"
#include "script/function.h"

/*
 * Seconds since 1970 UTC of "2026-07-01", "2026-07-01 14:30" or "2026-07-01T14:30:00Z", all UTC.
 * Returns what is wrong, or NULL.
 */
const char *date_parse(int64_t *out, struct str text) MUST_CHECK;

extern const struct function date_functions[];

#endif
