/* SPDX-License-Identifier: MIT */
/*
 * module.h - the files of the directory, as chunks, as sepp.require and as sepp.data.
 */
#ifndef SCRIPT_MODULE_H
#define SCRIPT_MODULE_H

#include <lua.h>

#include "base/base.h"

/* Checks, compiles and runs `path` of the directory that loads.  [-0, +1] */
void module_run(lua_State *L, const char *path);

/* Asks for lib/<name>.lua or data/<name>.json as a policy would.  [-0, +0] */
void module_need(lua_State *L, const char *path);

#endif
