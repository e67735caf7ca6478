/* SPDX-License-Identifier: MIT */
/*
 * fuel.h - the budget of a run: work, memory, and a clock behind both.
 *
 * Work is counted, not time: instructions, and what library functions charge for what they do.  An
 * instruction costs more while there are long texts, which it may compare or read as a number.
 * What cannot be counted at all (fmod of floats, printing of numbers, keys that collide, compiling)
 * is left to the clock, which costs nothing before the first tick and no system call before half
 * of its budget.
 *
 * A run that spent its budget is killed: a flag that stays, a hook at every instruction, an error
 * value that our pcall hands on, and an allocator that says no from then on.
 */
#ifndef SCRIPT_FUEL_H
#define SCRIPT_FUEL_H

#include <lua.h>

#include "base/base.h"
#include "script/script_int.h"

enum {
	FUEL_PRINT = 64, /* units for printing a number */
	FUEL_ERROR = 64, /* ... for wording and catching an error */
};

/* The allocator of every state.  Never raises. */
void *fuel_alloc(void *vm, void *p, size_t old, size_t want);

/* Begins a run within `max` units.  Never raises. */
void fuel_start(struct script_vm *vm, uint64_t max);
void fuel_stop(struct script_vm *vm);

/* Spends `n` units; does not come back when there are not so many. */
void fuel_charge(lua_State *L, uint64_t n);

/* Looks at the clock: for what cannot be counted in units. */
void fuel_look(lua_State *L);

/* Raises what no pcall keeps, if the run was killed. */
void fuel_rethrow(lua_State *L);

/* The nearest line of Lua at or above `level` of the stack.  False if none.  Never raises. */
bool place_of(lua_State *L, int level, struct place *out);

#endif
