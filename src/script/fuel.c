/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/clock.h"
#include "script/fuel.h"
#include "script/script_int.h"

enum {
	TICK = 100,       /* instructions */
	TICK_COST = 256,  /* units a tick costs at most, unless one instruction costs more */
	TEXT_FREE = 4096, /* bytes of text that make nothing dearer */
	TEXT_UNIT = 256,  /* bytes that make an instruction one unit dearer */
	NODE = 24,        /* bytes of Lua for one key of a table */
	TEXT_HEAD = 32,   /* bytes in front of a text, rounded up */
	LOOK = 2048,      /* units that library functions charge between two looks at the clock */
	WATCHED = 16,     /* a run that is watched may take so many times as long */
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

/*
 * Whether the run took its time of the processor.  Monotonic time costs next to nothing, processor
 * time a system call: it is asked for when half of the budget is over, and then no sooner than it
 * could have run out.
 */
static bool clock_ran_out(struct script_vm *vm)
{
	const uint64_t half = vm->budgets.wall * 500000 * (vm->on_line ? WATCHED : 1);
	const uint64_t now = clock_mono_ns();
	uint64_t processor, spent = 0;

	vm->next_look = vm->fuel + LOOK;
	if (vm->clock_due == 0)
		vm->clock_due = now + half;
	if (now < vm->clock_due)
		return false;
	processor = clock_thread_ns();
	if (vm->processor_start)
		spent = processor - vm->processor_start;
	else
		vm->processor_start = processor;
	if (spent >= half)
		return true;
	vm->clock_due = now + half - spent;
	return false;
}

static void spend(struct script_vm *vm, uint64_t n)
{
	if (vm->killed)
		return;
	vm->fuel += n;
	if (vm->fuel > vm->fuel_max)
		end_run(vm, KILLED_FUEL);
	else if (vm->fuel >= vm->next_look && clock_ran_out(vm))
		end_run(vm, KILLED_CLOCK);
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
	vm->next_look = 0;
	spend(vm, (uint64_t)vm->pace * vm->price);
	fuel_rethrow(L);
}

/*
 * An instruction that compares or converts texts takes time for all of their bytes, and cannot be
 * told from the others: while there is a long text, all of them cost more and ticks are shorter.
 * The price goes up in powers of two, so that making a text longer bit by bit is no tick each time.
 */
static void set_pace(struct script_vm *vm)
{
	vm->price = 1;
	while (vm->price * TEXT_UNIT + TEXT_FREE < vm->longest)
		vm->price *= 2;
	vm->pace = TICK_COST / vm->price;
	if (vm->pace > TICK)
		vm->pace = TICK;
	else if (vm->pace == 0)
		vm->pace = 1;
	lua_sethook(
	    vm->L, on_tick, LUA_MASKCOUNT | (vm->on_line ? LUA_MASKLINE : 0), (int)vm->pace);
}

static void note_text(struct script_vm *vm, size_t n)
{
	if (n <= vm->longest)
		return;
	vm->longest = n;
	if (n <= vm->price * TEXT_UNIT + TEXT_FREE || vm->killed)
		return;
	set_pace(vm);
	spend(vm, (uint64_t)vm->pace * vm->price); /* what the last tick paid for is forfeited */
}

void fuel_charge(lua_State *L, uint64_t n)
{
	struct script_vm *vm = script_vm_of(L);

	spend(vm, n);
	fuel_rethrow(L);
}

void fuel_look(lua_State *L)
{
	script_vm_of(L)->next_look = 0;
	fuel_charge(L, 0);
}

static const char *refuse_text(size_t want)
{
	return want > SCRIPT_STRING_MAX + TEXT_HEAD ? "a text longer than 65536 bytes" : NULL;
}

/*
 * The block for the keys of a table is 24 bytes times a power of two.  Growing it puts all keys in
 * anew, in one instruction, and takes the square of their number when somebody chose them to
 * collide.  What C fills, such as the tables of sepp.data, is made large enough at once.
 */
static const char *refuse_nodes(struct script_vm *vm, size_t want)
{
	const size_t n = want / NODE;
	lua_Debug ar;

	if (n <= SCRIPT_NODES_MAX || n * NODE != want || (n & (n - 1)) || !vm->L)
		return NULL;
	if (!lua_getstack(vm->L, 0, &ar) || !lua_getinfo(vm->L, "S", &ar) || ar.what[0] == 'C')
		return NULL;
	return "a table with more than 2048 keys besides its list";
}

void *fuel_alloc(void *ud, void *p, size_t old, size_t want)
{
	struct script_vm *vm = ud;
	const bool grows = want > (p ? old : 0);
	const bool text = !p && old == LUA_TSTRING; /* Lua says there what a new block is for */
	const char *why = text ? refuse_text(want) : !p && old == 0 ? refuse_nodes(vm, want) : NULL;
	void *fresh = NULL;

	if ((!grows || !vm->killed) && !why)
		fresh = arena_alloc(&vm->arena, p, old, want);
	if (fresh && text && vm->L)
		note_text(vm, want);
	if (fresh || want == 0 || !vm->L || vm->killed)
		return fresh;
	vm->refused = why;
	vm->refusals++;
	if (vm->refusals >= REFUSALS)
		end_run(vm, KILLED_MEMORY);
	else
		(void)place_of(vm->L, 0, &vm->place);
	return NULL;
}

void fuel_start(struct script_vm *vm, uint64_t max)
{
	vm->fuel_max = max;
	vm->refusals = 0;
	vm->clock_due = vm->processor_start = 0;
	vm->killed = ALIVE;
	vm->place.line = 0;
	vm->pool_used = 0;
	set_pace(vm);
	vm->fuel = (uint64_t)vm->pace * vm->price; /* the first tick is paid in advance */
	vm->next_look = vm->fuel + LOOK;
}

void fuel_stop(struct script_vm *vm)
{
	lua_sethook(vm->L, NULL, 0, 0);
	vm->pool_used = 0;
}
