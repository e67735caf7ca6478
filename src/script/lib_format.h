/* SPDX-License-Identifier: MIT */
/*
 * lib_format.h - string.format, and the texts of answers and notes.
 *
 * Every conversion is taken apart, checked, and put together again for snprintf().  No address is
 * ever printed: there is no %p, and %s says no more than tostring().
 */
#ifndef SCRIPT_LIB_FORMAT_H
#define SCRIPT_LIB_FORMAT_H

#include <lua.h>

#include "base/base.h"

/* Formats argument `i` with the arguments behind it.  [-0, +1] */
void format_push(lua_State *L, int i);

#endif
