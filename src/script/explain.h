/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why a run failed, in words: file, line, and reason.
 */
#ifndef SCRIPT_EXPLAIN_H
#define SCRIPT_EXPLAIN_H

#include "base/base.h"
#include "script/script_int.h"

/*
 * Prints why the protected call of `vm` ended with the error on top of its stack, and makes
 * vm->place the line, if there is one.  `path` is said where no line is known.  Never raises.
 * [-0, +0]
 */
void explain_failure(struct script_vm *vm, const char *path, char *out, size_t size);

#endif
