/* SPDX-License-Identifier: MIT */
/*
 * module.h - the files of the directory, as chunks, as sepp.require and as sepp.data.
 */
#ifndef SCRIPT_MODULE_H
#define SCRIPT_MODULE_H

#include <lua.h>

#include "base/base.h"
#include "script/script.h"

/* The file of the directory, or NULL.  Never raises. */
const struct script_file *module_find(const struct script_files *files, const char *path);

/* Checks, compiles and runs `path` of the directory that loads.  [-0, +1] */
void module_run(lua_State *L, const char *path);

/* data.c: decodes JSON.  [-0, +1] */
void data_push(lua_State *L, const struct script_file *file);

#endif
