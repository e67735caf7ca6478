/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "script/arg.h"
#include "script/fuel.h"
#include "script/script_int.h"

/*
 * Work is counted, not time: TICK units for as many instructions, and what library functions
 * charge. A run that spent its budget is killed: a flag that stays, a hook at every instruction, an
 * error value that our pcall hands on, and an allocator that says no.  The clock is only a
 * backstop.
 */
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

	(void)ar;
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
	lua_sethook(vm->L, on_tick, LUA_MASKCOUNT, TICK);
}

void fuel_stop(struct script_vm *vm)
{
	lua_sethook(vm->L, NULL, 0, 0);
}

/* The place of `vm` or, when it is not known, the path. */
static int print_place(const struct script_vm *vm, const char *path, char *out, size_t size)
{
	if (vm->place.line)
		return snprintf(out, size, "%s:%d: ", vm->place.file, vm->place.line);
	return snprintf(out, size, "%s: ", path);
}

static void print_kill(const struct script_vm *vm, char *out, size_t size)
{
	switch (vm->killed) {
	case KILLED_FUEL:
		snprintf(out, size, "stopped after %llu units of fuel",
		    (unsigned long long)vm->fuel_max);
		break;
	case KILLED_CLOCK:
		snprintf(out, size, "stopped after %llu ms of processor time",
		    (unsigned long long)vm->budgets.wall);
		break;
	default:
		snprintf(out, size, "stopped for asking for too much memory again and again");
	}
}

/* Takes "file:line:" off the front of an error message. */
static void place_in_text(struct place *out, const char *said)
{
	const char *colon = strchr(said, ':');
	unsigned long line = 0;

	out->line = 0;
	if (!colon || colon == said || colon[1] < '1' || colon[1] > '9')
		return;
	for (const char *p = colon + 1; *p >= '0' && *p <= '9' && line < 1000000; p++)
		line = line * 10 + (unsigned long)(*p - '0');
	if (str_copy(out->file, sizeof(out->file), (struct str){ said, (size_t)(colon - said) }))
		out->line = (int)line;
}

void fuel_explain(struct script_vm *vm, const char *path, char *out, size_t size)
{
	lua_State *L = vm->L;
	const bool text = lua_type(L, -1) == LUA_TSTRING;
	const char *said = text ? lua_tostring(L, -1) : NULL;
	int n;

	if (!vm->killed && said && strcmp(said, "not enough memory") != 0) {
		(void)str_copy(out, size, (struct str){ said, lua_rawlen(L, -1) });
		place_in_text(&vm->place, out);
		return;
	}
	n = print_place(vm, path, out, size);
	if (n < 0 || (size_t)n >= size)
		return;
	if (vm->killed)
		print_kill(vm, out + n, size - (size_t)n);
	else if (said)
		snprintf(out + n, size - (size_t)n, "not enough memory");
	else
		snprintf(out + n, size - (size_t)n, "error object (%s)", arg_type(L, -1));
}
