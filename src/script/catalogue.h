/* SPDX-License-Identifier: MIT */
/*
 * catalogue.h - all functions of the table `sepp`, whichever file they are in.
 */
#ifndef SCRIPT_CATALOGUE_H
#define SCRIPT_CATALOGUE_H

#include "base/base.h"
#include "script/function.h"

/* The `i`-th list of functions, or NULL behind the last. */
const struct function *catalogue_functions(size_t i);

#endif
