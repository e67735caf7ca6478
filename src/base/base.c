/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void ensure_failed(const char *file, int line, const char *expr)
{
	fprintf(
	    stderr, "error base bug: ensure failed at=%s:%d expression='%s'\n", file, line, expr);
	abort();
}
