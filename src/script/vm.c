/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dlfcn.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "script/library.h"
#include "script/script_int.h"

struct script_vm *script_vm_new(const struct conf_budgets *budgets, struct err *e)
{
	struct script_vm *vm = mem_alloc(sizeof(*vm));

	vm->pool = mem_alloc(SCRIPT_POOL);
	script_vm_set_budgets(vm, budgets);
	if (arena_open(&vm->arena, SCRIPT_IMAGE_MAX + SCRIPT_SCRATCH_MAX, e))
		goto fail;
	if (library_find_math(vm, e))
		goto fail;
	return vm;

fail:
	script_vm_free(vm);
	return NULL;
}

void script_vm_free(struct script_vm *vm)
{
	if (!vm)
		return;
	arena_close(&vm->arena);
	for (size_t i = 0; i < SCRIPT_IMAGES; i++)
		mem_free(vm->images[i].bytes);
	mem_free(vm->pool);
	mem_free(vm);
}

void script_vm_set_budgets(struct script_vm *vm, const struct conf_budgets *budgets)
{
	vm->budgets = *budgets;
	if (vm->budgets.scratch > SCRIPT_SCRATCH_MAX)
		vm->budgets.scratch = SCRIPT_SCRATCH_MAX;
}

void script_vm_watch(struct script_vm *vm, script_line_fn *fn, void *arg)
{
	vm->on_line = fn;
	vm->on_line_arg = arg;
}

void script_vm_fail(struct script_vm *vm, uint64_t k, bool forever)
{
	vm->arena.asked = 0;
	vm->arena.fail_at = k;
	vm->arena.fail_forever = forever;
}

uint64_t script_vm_asked(const struct script_vm *vm)
{
	return vm->arena.asked;
}

size_t script_vm_image_size(const struct script_vm *vm, const struct script_program *p)
{
	for (size_t i = 0; i < SCRIPT_IMAGES; i++) {
		if (vm->images[i].serial == p->serial)
			return vm->images[i].n;
	}
	return 0;
}

enum {
	RELEASE_WANTED = 7, /* of 5.4 */
};

/*
 * Looked up by name: to a program that names it, the linker copies the text in the size of the
 * library that it was built with.
 */
const char *script_lua_version(void)
{
	static char version[16] = LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE;
	const char *ident = dlsym(RTLD_DEFAULT, "lua_ident");
	const char *at = ident ? strstr(ident, "Lua 5.") : NULL;

	if (at)
		(void)str_copy(
		    version, sizeof(version), (struct str){ at + 4, strcspn(at + 4, " ") });
	return version;
}

bool script_lua_is_old(void)
{
	const char *version = script_lua_version();

	return strncmp(version, "5.4.", 4) == 0 && strtoul(version + 4, NULL, 10) < RELEASE_WANTED;
}
