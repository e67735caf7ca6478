/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/clock.h"
#include "script/fuel.h"
#include "script/script_int.h"

enum {
	TICK = 100,       /* instructions */
	CLOCK_EVERY = 32, /* ticks */
	REFUSALS = 3,     /* Lua asks twice each time, with a collection in between */
};

static const char sentinel;

struct script_vm *script_vm_of(lua_State *L)
{
	return *(struct script_vm **)lua_getextraspace(L);
}

bool place_of(lua_State *L, int level, struct place *out)
{
	lua_Debug ar;

	for (; lua_getstack(L, level, &ar); level++) {
		if (!lua_getinfo(L, "Sl", &ar) || ar.currentline <= 0)
			continue;
		/* the source is "@path" */
		(void)str_copy(out->file, sizeof(out->file), str_of(ar.source + 1));
		out->line = ar.currentline;
		return true;
	}
	return false;
}

static void on_tick(lua_State *L, lua_Debug *ar);

static void end_run(struct script_vm *vm, enum kill why)
{
	if (vm->killed)
		return;
	vm->killed = why;
	(void)place_of(vm->L, 0, &vm->place);
	lua_sethook(vm->L, on_tick, LUA_MASKCOUNT, 1);
}

void fuel_rethrow(lua_State *L)
{
	if (!script_vm_of(L)->killed)
		return;
	lua_pushlightuserdata(L, (void *)&sentinel);
	lua_error(L);
}

/* Processor time of this thread since the first look at the clock. */
static bool clock_ran_out(struct script_vm *vm)
{
	uint64_t now;

	if (++vm->ticks % CLOCK_EVERY)
		return false;
	now = clock_thread_ns();
	if (vm->clock_start == 0)
		vm->clock_start = now;
	return now - vm->clock_start > vm->budgets.wall * 1000000;
}

static void on_tick(lua_State *L, lua_Debug *ar)
{
	struct script_vm *vm = script_vm_of(L);

	if (ar->event == LUA_HOOKLINE) {
		/* the source is "@path" */
		if (!vm->killed && lua_getinfo(L, "S", ar))
			vm->on_line(vm->on_line_arg, ar->source + 1, ar->currentline);
		return;
	}
	if (!vm->killed) {
		vm->fuel += TICK;
		if (vm->fuel > vm->fuel_max)
			end_run(vm, KILLED_FUEL);
		else if (clock_ran_out(vm))
			end_run(vm, KILLED_CLOCK);
	}
	fuel_rethrow(L);
}

void fuel_charge(lua_State *L, uint64_t n)
{
	struct script_vm *vm = script_vm_of(L);

	if (!vm->killed) {
		vm->fuel += n;
		if (vm->fuel > vm->fuel_max)
			end_run(vm, KILLED_FUEL);
	}
	fuel_rethrow(L);
}

void *fuel_alloc(void *ud, void *p, size_t old, size_t want)
{
	struct script_vm *vm = ud;
	bool grows = want > (p ? old : 0);
	void *fresh = NULL;

	if (!grows || !vm->killed)
		fresh = arena_alloc(&vm->arena, p, old, want);
	if (fresh || want == 0 || !vm->L || vm->killed)
		return fresh;
	vm->refusals++;
	if (vm->refusals >= REFUSALS)
		end_run(vm, KILLED_MEMORY);
	else
		(void)place_of(vm->L, 0, &vm->place);
	return NULL;
}

void fuel_start(struct script_vm *vm, uint64_t max)
{
	vm->fuel = TICK; /* the first tick is paid in advance */
	vm->fuel_max = max;
	vm->ticks = vm->refusals = 0;
	vm->clock_start = 0;
	vm->killed = ALIVE;
	vm->place.line = 0;
	vm->pool_used = 0;
	lua_sethook(vm->L, on_tick, LUA_MASKCOUNT | (vm->on_line ? LUA_MASKLINE : 0), TICK);
}

void fuel_stop(struct script_vm *vm)
{
	lua_sethook(vm->L, NULL, 0, 0);
}
