/* SPDX-License-Identifier: MIT */
/*
 * coverage.h - which lines of the policies of a directory ran.
 *
 * Partners, shared policies, default.lua and libraries; not tests, nor gateway.lua, which decides
 * nothing.  Which lines could have run is another matter: see lua/coverage.lua.
 */
#ifndef SCRIPT_COVERAGE_H
#define SCRIPT_COVERAGE_H

#include "base/base.h"
#include "script/script.h"

struct coverage;

/* Borrows `files`. */
struct coverage *coverage_new(const struct script_files *files);

/* NULL is allowed. */
void coverage_free(struct coverage *c);

/* For script_vm_watch(); `arg` is the coverage. */
script_line_fn coverage_on_line;

/* The files that count, in the order of their paths. */
size_t coverage_files(const struct coverage *c);
const struct script_file *coverage_file(const struct coverage *c, size_t i);
bool coverage_ran(const struct coverage *c, size_t i, int line);

#endif
