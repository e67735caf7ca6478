/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "script/answer.h"
#include "script/explain.h"
#include "script/fuel.h"
#include "script/image.h"
#include "script/object.h"
#include "script/script_int.h"
#include "script/value.h"
#include "script/view.h"

/* What a hook may answer. */
static bool suits(enum script_hook hook, enum script_verdict verdict)
{
	switch (hook) {
	case SCRIPT_SELECT_CAPABILITY:
		return verdict == SCRIPT_SELECT || verdict == SCRIPT_REJECT ||
		       verdict == SCRIPT_DEFER;
	case SCRIPT_RETAIN_CONNECTION:
		return verdict == SCRIPT_RETAIN || verdict == SCRIPT_RELEASE;
	default:
		return false;
	}
}

static const char *to_write(enum script_hook hook)
{
	return hook == SCRIPT_RETAIN_CONNECTION
		   ? "return sepp.retain { ... } or sepp.release(reason)"
		   : "return sepp.select(capability) or sepp.reject(reason)";
}

static void copy_answer(struct script_answer *out, const struct answer *a)
{
	out->verdict = a->verdict;
	out->cap = a->cap;
	out->has_purposes = a->has_purposes;
	out->purposes = a->purposes;
	out->defer_s = a->defer_s;
	out->idle_s = a->idle_s;
	out->max_age_s = a->max_age_s;
	out->ping_s = a->ping_s;
	out->open_reverse = a->open_reverse;
	memcpy(out->reason, a->reason, sizeof(out->reason));
	memcpy(out->file, a->place.file, sizeof(out->file));
	out->line = a->place.line;
}

/* Raises what the hook below the result on top should have returned. */
static int no_answer(lua_State *L, enum script_hook hook)
{
	char got[64];
	lua_Debug ar;

	(void)str_copy(got, sizeof(got), str_of(value_type(L, -1)));
	object_push_hook(L, hook);
	if (!lua_getinfo(L, ">S", &ar) || ar.what[0] == 'C')
		return luaL_error(L, "hook '%s' is no Lua function", script_hook_name(hook));
	return luaL_error(L, "%s:%d: '%s' must answer, got %s; write %s", ar.short_src,
	    ar.linedefined, script_hook_name(hook), got, to_write(hook));
}

/* Runs protected.  Everything of a decision that can raise is in here. */
static int ask(lua_State *L)
{
	struct script_vm *vm = script_vm_of(L);
	const struct script_input *in = vm->in;
	const struct answer *a;

	luaL_checkstack(L, 8, "no room");
	object_push_hook(L, in->hook);
	if (in->hook == SCRIPT_SELECT_CAPABILITY)
		view_push(L, &view_request, in->request, in);
	else
		view_push(L, &view_event, in, in);
	view_push(L, &view_peer, &in->peer, in);
	lua_call(L, 2, 1);
	a = answer_at(L, -1);
	if (!a || !suits(in->hook, a->verdict))
		return no_answer(L, in->hook);
	copy_answer(vm->out, a);
	return 0;
}

/* Forgets what was answered, says why, and keeps the notes. */
static void fail(struct script_answer *out, const struct script_vm *vm, const char *why)
{
	const struct script_answer notes = *out;

	memset(out, 0, sizeof(*out));
	out->verdict = SCRIPT_FAILED;
	out->n_notes = notes.n_notes;
	memcpy(out->notes, notes.notes, sizeof(out->notes));
	(void)str_copy(out->reason, sizeof(out->reason), str_of(why));
	if (vm->place.line) {
		memcpy(out->file, vm->place.file, sizeof(out->file));
		out->line = vm->place.line;
	}
}

static void run(struct script_vm *vm, const struct script_program *p, lua_State *L)
{
	struct script_answer *out = vm->out;
	char why[SCRIPT_TEXT_MAX + 1];
	int status;

	fuel_start(vm, vm->budgets.fuel);
	lua_pushcfunction(L, ask);
	status = lua_pcall(L, 0, 0, 0);
	fuel_stop(vm);
	if (status != LUA_OK || vm->killed) {
		explain_failure(vm, p->path, why, sizeof(why));
		fail(out, vm, why);
	}
	out->fuel = vm->fuel;
	out->scratch = vm->arena.peak - vm->image_size;
}

void script_decide(struct script_vm *vm, const struct script_program *p,
    const struct script_input *in, struct script_answer *out)
{
	static const struct conf_partner nobody;
	struct script_input known;
	lua_State *L;
	struct err e;

	memset(out, 0, sizeof(*out));
	vm->place.line = 0;
	if (in->hook != SCRIPT_SELECT_CAPABILITY && in->hook != SCRIPT_RETAIN_CONNECTION) {
		snprintf(out->reason, sizeof(out->reason), "%s: hook '%s' is not asked yet",
		    p->path, script_hook_name(in->hook));
		return;
	}
	if (!script_program_has(p, in->hook)) {
		snprintf(out->reason, sizeof(out->reason), "%s: no hook '%s'", p->path,
		    script_hook_name(in->hook));
		return;
	}
	L = image_enter(vm, p, &e);
	if (!L) {
		fail(out, vm, e.text);
		return;
	}
	if (!in->peer.partner) {
		known = *in;
		known.peer.partner = &nobody;
		in = &known;
	}
	vm->in = in;
	vm->out = out;
	run(vm, p, L);
	vm->in = NULL;
	vm->out = NULL;
}
