/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "script/explain.h"
#include "script/fuel.h"
#include "script/image.h"
#include "script/library.h"
#include "script/module.h"
#include "script/object.h"
#include "script/script_int.h"

/* The stack is made this large before the image is kept, so that decisions need not. */
enum {
	STACK = 128,
};

static int on_panic(lua_State *L)
{
	const char *why = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no message";

	fprintf(stderr, "error policy lua: raised outside a protected call: %s\n", why);
	abort();
}

static const char *must_end_with(enum script_kind kind)
{
	static const char *const words[] = {
		[SCRIPT_GATEWAY] = "return sepp.gateway { ... }",
		[SCRIPT_PARTNER] = "return partner",
		[SCRIPT_POLICY] = "return policy",
	};

	return words[kind];
}

/* Runs protected.  (load) */
static int load_file(lua_State *L)
{
	const struct load *load = lua_touserdata(L, 1);
	char message[SCRIPT_PLACE_MAX + 96];

	fuel_look(L);
	library_open(L);
	luaL_checkstack(L, STACK, "no room");
	if (load->is_module) {
		module_need(L, load->path);
		return 0;
	}
	module_run(L, load->path);
	if (load->kind != SCRIPT_TEST && !object_at(L, -1, load->kind)) {
		snprintf(message, sizeof(message), "%s: the file must end with '%s'", load->path,
		    must_end_with(load->kind));
		lua_pushstring(L, message);
		return lua_error(L);
	}
	return 0;
}

static struct image *find_image(struct script_vm *vm, uint64_t serial)
{
	for (size_t i = 0; i < SCRIPT_IMAGES; i++) {
		if (vm->images[i].serial == serial)
			return &vm->images[i];
	}
	return NULL;
}

/* A free slot, or the one whose image was not used for the longest time. */
static struct image *take_slot(struct script_vm *vm)
{
	struct image *slot = &vm->images[0];

	for (size_t i = 0; i < SCRIPT_IMAGES; i++) {
		if (vm->images[i].serial == 0)
			return &vm->images[i];
		if (vm->images[i].last_use < slot->last_use)
			slot = &vm->images[i];
	}
	mem_free(slot->bytes);
	slot->serial = 0;
	return slot;
}

static void keep_image(struct script_vm *vm, uint64_t serial)
{
	struct image *slot = take_slot(vm);

	*slot = (struct image){
		.serial = serial,
		.last_use = ++vm->uses,
		.bytes = mem_dup(vm->arena.base, vm->arena.used),
		.n = vm->arena.used,
		.longest = vm->longest,
		.L = vm->L,
	};
}

/* An empty Lua state in an empty arena.  NULL if there is no room. */
static lua_State *open_state(struct script_vm *vm)
{
	lua_State *L;

	vm->L = NULL;
	vm->killed = ALIVE;
	vm->longest = 0;
	arena_reset(&vm->arena, SCRIPT_IMAGE_MAX);
	L = lua_newstate(fuel_alloc, vm);
	if (!L)
		return NULL;
	*(struct script_vm **)lua_getextraspace(L) = vm;
	lua_atpanic(L, on_panic);
	lua_gc(L, LUA_GCSTOP);
	vm->L = L;
	return L;
}

int image_make(struct script_vm *vm, uint64_t serial, struct load *load, struct err *e)
{
	lua_State *L = open_state(vm);
	char why[512];
	int status;

	if (!L)
		return err_set(e, ERR_LIMIT, "%s: no room for a Lua state", load->path);
	vm->load = load;
	fuel_start(vm, vm->budgets.fuel);
	lua_pushcfunction(L, load_file);
	lua_pushlightuserdata(L, load);
	status = lua_pcall(L, 1, 0, 0);
	fuel_stop(vm);
	vm->load = NULL;
	if (status != LUA_OK || vm->killed) {
		explain_failure(vm, load->path, why, sizeof(why));
		return err_set(e, ERR_POLICY, "%s", why);
	}
	lua_settop(L, 0);
	if (serial)
		keep_image(vm, serial);
	return 0;
}

/* Makes the image of a program that another vm checked. */
static int make_again(struct script_vm *vm, const struct script_program *p, struct err *e)
{
	struct load load = { .files = p->files, .path = p->path, .kind = p->kind };
	int rc = image_make(vm, p->serial, &load, e);

	conf_gateway_release(&load.gateway);
	conf_partner_release(&load.partner);
	return rc;
}

lua_State *image_enter(struct script_vm *vm, const struct script_program *p, struct err *e)
{
	struct image *image = find_image(vm, p->serial);

	if (!image) {
		if (make_again(vm, p, e))
			return NULL;
		image = find_image(vm, p->serial);
	}
	image->last_use = ++vm->uses;
	arena_rewind(&vm->arena, image->bytes, image->n, vm->budgets.scratch);
	vm->image_size = image->n;
	vm->longest = image->longest;
	vm->L = image->L;
	return vm->L;
}
