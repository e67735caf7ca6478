/* SPDX-License-Identifier: MIT */
/*
 * script.h - the policy engine, as the rest of the gateway sees it.
 *
 * Three things and nothing of Lua in them:
 *
 *   script_files    the texts of one directory; immutable, borrowed by programs
 *   script_program  one checked file of it (gateway, partner or policy): what it declares and which
 *                   hooks it has.  Immutable, shared by all threads.
 *   script_vm       an arena that belongs to one thread.  It holds no policy of its own: for each
 *                   decision the image of the program (made on first use, kept in a bounded cache)
 *                   is copied in, runs, and is thrown away.  Nothing survives a decision.
 *
 * A decision is a message: script_input in, script_answer out (decision.h), both plain data, so
 * that the engine can be put behind a process boundary.  Whatever a policy does wrong - raises,
 * loops, hoards, answers nonsense - comes back as SCRIPT_FAILED with a text that names file and
 * line; it never takes the process or the thread down.  What to do then is the caller's business,
 * and it is to fail closed.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/base.h"
#include "base/str.h"
#include "script/conf.h"
#include "script/decision.h"

struct err;
struct script_vm;
struct script_program;

/* --- texts */

struct script_file {
	const char *path; /* relative to the directory: "partners/a.lua" */
	struct str text;
};

/* Sorted by path, byte for byte.  Borrowed by everything made from it. */
struct script_files {
	const struct script_file *files;
	size_t n;
};

/* --- programs */

enum script_kind {
	SCRIPT_GATEWAY,
	SCRIPT_PARTNER,
	SCRIPT_POLICY,
	SCRIPT_TEST /* of policies: see suite.h */
};

/*
 * Compiles `path` of `files`, runs its body within the budgets of `vm`, and checks what it returns.
 * Borrows `files` for the life of the program; the caller owns the program.
 * Returns NULL and fills `e` with file, line, and what to write instead.
 */
struct script_program *script_program_new(struct script_vm *vm, const struct script_files *files,
    const char *path, enum script_kind kind, struct err *e) MUST_CHECK;

/*
 * Loads lib/<name>.lua or data/<name>.json by itself, as a policy that asks for it would.  Returns
 * 0, or fills `e` like script_program_new().
 */
int script_module_check(struct script_vm *vm, const struct script_files *files, const char *path,
    struct err *e) MUST_CHECK;

/* NULL is allowed.  No thread may be deciding with it. */
void script_program_free(struct script_program *p);

/* What the file declares; of the right kind only.  Borrowed. */
const struct conf_gateway *script_program_gateway(const struct script_program *p);
const struct conf_partner *script_program_partner(const struct script_program *p);

/* The declared name of a policy or partner.  Borrowed. */
const char *script_program_name(const struct script_program *p);
const char *script_program_path(const struct script_program *p);

/* Whether the file defines the hook itself. */
bool script_program_has(const struct script_program *p, enum script_hook hook);

/* --- machines */

struct script_vm *script_vm_new(const struct conf_budgets *budgets, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void script_vm_free(struct script_vm *vm);

/* Takes effect with the next decision. */
void script_vm_set_budgets(struct script_vm *vm, const struct conf_budgets *budgets);

/*
 * Asks the hook `in->hook` of `p`, which must have it.  Always fills `out`; a failure is
 * SCRIPT_FAILED.  The thread that calls is the one that owns `vm`.
 */
void script_decide(struct script_vm *vm, const struct script_program *p,
    const struct script_input *in, struct script_answer *out);

/*
 * Called before every line of Lua that a load or a decision runs, with the file of the directory;
 * for coverage and traces.  `path` is borrowed for the call.
 */
typedef void script_line_fn(void *arg, const char *path, int line);

/* NULL ends it.  Decisions cost the same fuel with it. */
void script_vm_watch(struct script_vm *vm, script_line_fn *fn, void *arg);

/* The version of the Lua library at run time, "5.4.4".  Static. */
const char *script_lua_version(void);

/* Whether it is older than 5.4.7: 5.4.4 ends the process for some texts, which scan.h refuses. */
bool script_lua_is_old(void);

enum {
	SCRIPT_LOCALS_MAX = 32,
};

/* A variable, and its value in few words: a table is "table of 3". */
struct script_local {
	char name[32];
	char value[64];
};

/*
 * For a script_line_fn only: the local variables of the function that runs, as they are before the
 * line; the first SCRIPT_LOCALS_MAX.  Returns how many.  Nothing of the run changes.
 */
size_t script_vm_locals(struct script_vm *vm, struct script_local out[SCRIPT_LOCALS_MAX]);

/* For the same: how many calls deep it is, up to 200. */
unsigned script_vm_depth(const struct script_vm *vm);

/* Bytes of the image of `p`, 0 if the vm holds none. */
size_t script_vm_image_size(const struct script_vm *vm, const struct script_program *p);

/* The budgets used where nothing else is said. */
extern const struct conf_budgets script_default_budgets;

#endif
