/* SPDX-License-Identifier: MIT */
/*
 * image.h - loaded programs, as bytes to be copied into the arena of a vm.
 */
#ifndef SCRIPT_IMAGE_H
#define SCRIPT_IMAGE_H

#include <lua.h>

#include "base/base.h"
#include "script/script_int.h"

struct err;

/* Makes the Lua state current, loaded and rewound.  NULL fills `e`.  Never raises. */
lua_State *image_enter(struct script_vm *vm, const struct script_program *p, struct err *e);

/* Loads `load` into an empty arena and keeps the image as `serial` (0: not at all).  Never raises.
 */
int image_make(struct script_vm *vm, uint64_t serial, struct load *load, struct err *e);

#endif
