/* SPDX-License-Identifier: MIT */
/*
 * scan.h - a look at the words of a text before Lua sees it.
 */
#ifndef SCRIPT_SCAN_H
#define SCRIPT_SCAN_H

#include "base/base.h"
#include "base/str.h"

struct err;

/*
 * Refuses what is too long, binary, or has too many suffixes in a row (a.b.c...).  Returns 0, or an
 * ERR_ code and a text that names file and line.
 */
int scan_check(const char *path, struct str text, struct err *e);

#endif
