/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "script/answer.h"
#include "script/explain.h"
#include "script/fuel.h"
#include "script/hook.h"
#include "script/image.h"
#include "script/object.h"
#include "script/offer.h"
#include "script/script_int.h"
#include "script/value.h"
#include "script/view.h"

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
	out->jwe = a->jwe;
	out->jws = a->jws;
	out->on_mismatch = a->on_mismatch;
	memcpy(out->reason, a->reason, sizeof(out->reason));
	memcpy(out->file, a->place.file, sizeof(out->file));
	out->line = a->place.line;
}

/* Where the hook is defined; line 0 if it is not in Lua.  [-0, +0] */
static void find_definition(lua_State *L, enum script_hook hook, struct place *out)
{
	lua_Debug ar;

	memset(out, 0, sizeof(*out));
	object_push_hook(L, hook);
	if (!lua_getinfo(L, ">S", &ar) || ar.what[0] == 'C')
		return;
	(void)str_copy(out->file, sizeof(out->file), str_of(ar.source + 1)); /* "@path" */
	out->line = ar.linedefined;
}

/* Raises what the hook should have returned instead of the value on top. */
static int no_answer(lua_State *L, enum script_hook hook, const struct place *place)
{
	const struct answer *a = answer_at(L, -1);
	char got[64];

	if (a)
		snprintf(got, sizeof(got), "sepp.%s", script_verdict_name(a->verdict));
	else
		(void)str_copy(got, sizeof(got), str_of(value_type(L, -1)));
	return luaL_error(L, "%s:%d: '%s' must answer, got %s; write %s", place->file, place->line,
	    script_hook_name(hook), got, hook_of(hook)->write);
}

/* The value on top is what offer_capabilities returned. */
static void take_list(lua_State *L, const struct script_input *in, struct script_answer *out)
{
	char where[SCRIPT_PLACE_MAX + 16];
	struct place place;

	find_definition(L, in->hook, &place);
	if (!lua_istable(L, -1))
		no_answer(L, in->hook, &place);
	snprintf(where, sizeof(where), "%s:%d: ", place.file, place.line);
	offer_read(L, where, &in->offer, &out->caps);
	memcpy(out->file, place.file, sizeof(out->file));
	out->line = place.line;
	out->verdict = SCRIPT_OFFER;
}

/* The value on top is what another hook returned. */
static void take_answer(lua_State *L, const struct script_input *in, struct script_answer *out)
{
	const struct answer *a = answer_at(L, -1);
	struct place place;

	if (!a || !hook_allows(in->hook, a->verdict)) {
		find_definition(L, in->hook, &place);
		no_answer(L, in->hook, &place);
	}
	copy_answer(out, a);
}

/* Runs protected.  Everything of a decision that can raise is in here. */
static int ask(lua_State *L)
{
	struct script_vm *vm = script_vm_of(L);
	const struct script_input *in = vm->in;
	const struct view_def *about = hook_of(in->hook)->about;

	luaL_checkstack(L, 8, "no room");
	object_push_hook(L, in->hook);
	if (about)
		view_push(L, about, hook_subject(in), in);
	view_push(L, &view_peer, &in->peer, in);
	lua_call(L, about ? 2 : 1, 1);
	if (in->hook == SCRIPT_OFFER_CAPABILITIES)
		take_list(L, in, vm->out);
	else
		take_answer(L, in, vm->out);
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

	ensure(hook_subject(in) || !hook_of(in->hook)->about);
	memset(out, 0, sizeof(*out));
	vm->place.line = 0;
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
