/* SPDX-License-Identifier: MIT */
/*
 * data.h - JSON (RFC 8259) into Lua values, for data/<name>.json.
 *
 * What the operator wrote, by the same strict reader and within the same bounds as what a peer
 * sends: one object, 16 levels, 16384 values.  A member that is null is left out; a null in an
 * array has no place in a Lua table and is refused.
 */
#ifndef SCRIPT_DATA_H
#define SCRIPT_DATA_H

#include <lua.h>

#include "base/base.h"
#include "script/script.h"

/* Raises file and reason.  [-0, +1] */
void data_push(lua_State *L, const struct script_file *file);

#endif
