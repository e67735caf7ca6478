/* SPDX-License-Identifier: MIT */
/*
 * script_int.h - shared by the files of src/script/ and by nobody else, tests apart.
 *
 * Stack effects are written as in the Lua manual: [-popped, +pushed].  Functions that take a
 * lua_State may raise, and so run inside a protected call only, unless their comment says that they
 * do not.
 */
#ifndef SCRIPT_SCRIPT_INT_H
#define SCRIPT_SCRIPT_INT_H

#include <lauxlib.h>
#include <lua.h>

#include "base/base.h"
#include "script/arena.h"
#include "script/script.h"

enum {
	SCRIPT_IMAGE_MAX = 512 << 10, /* bytes a loaded program may need */
	SCRIPT_SCRATCH_MAX = 1 << 20, /* bytes a decision may add, whatever the budget says */
	SCRIPT_IMAGES = 64,           /* images a vm keeps */
	SCRIPT_FILE_MAX = 32 << 10,   /* bytes of one Lua file */
	SCRIPT_CHAIN_MAX = 100,       /* suffixes in a row, as in a.b.c */
	SCRIPT_STRING_MAX = 64 << 10, /* bytes of a text, whoever makes it */
	SCRIPT_NODES_MAX = 2048,      /* keys of a table that Lua code fills, besides its list */
	SCRIPT_RESULTS_MAX = 250,     /* values one call may give back */
	SCRIPT_SORT_MAX = 4096,       /* elements */
	SCRIPT_POOL = 256 << 10,      /* texts under construction, all together */
	SCRIPT_PLACE_MAX = sizeof(((struct script_answer *)0)->file),
	SCRIPT_MATH_MAX = 32,
};

/* A line of a policy. */
struct place {
	char file[SCRIPT_PLACE_MAX];
	int line; /* 0 = not known */
};

enum kill {
	ALIVE,
	KILLED_FUEL,
	KILLED_MEMORY,
	KILLED_CLOCK,
};

struct image {
	uint64_t serial; /* 0 = free slot */
	uint64_t last_use;
	void *bytes;
	size_t n;
	size_t longest; /* bytes of the longest text in it */
	lua_State *L;
};

/* What a file declares while its body runs. */
struct load {
	const struct script_files *files;
	const char *path;
	enum script_kind kind;
	bool is_module; /* a library or data, by itself */
	bool made;      /* its constructor was called */
	unsigned hooks;
	char name[CONF_NAME_MAX + 1];
	struct conf_gateway gateway;
	struct conf_partner partner;
};

struct script_vm {
	struct arena arena;
	struct conf_budgets budgets;
	struct image images[SCRIPT_IMAGES];
	uint64_t uses;
	lua_CFunction math[SCRIPT_MATH_MAX]; /* of the stock library, by the order of its names */
	char *pool;
	size_t pool_used;
	script_line_fn *on_line; /* NULL = nobody watches */
	void *on_line_arg;
	void (*extend)(lua_State *L); /* adds to the library on top of the stack, or NULL */
	void *extra;                  /* of whoever extends */
	/* of the run under way */
	lua_State *L;
	size_t image_size;
	uint64_t fuel, fuel_max;
	size_t longest;       /* bytes of the longest text that was made */
	unsigned price, pace; /* units of an instruction; instructions of a tick */
	unsigned refusals;
	const char *refused;      /* why memory was refused, or NULL: there is no more */
	uint64_t next_look;       /* fuel at which a charge looks at the clock */
	uint64_t clock_due;       /* monotonic ns before which the clock cannot have run out */
	uint64_t processor_start; /* processor time when clock_due came for the first time */
	enum kill killed;
	struct place place; /* where it was killed, or raised something that is no text */
	struct load *load;  /* while a file loads, or NULL */
	const struct script_input *in; /* while a hook decides, or NULL */
	struct script_answer *out;
};

struct script_program {
	uint64_t serial;
	const struct script_files *files;
	char *path;
	enum script_kind kind;
	unsigned hooks; /* bit (1 << enum script_hook) */
	char name[CONF_NAME_MAX + 1];
	struct conf_gateway *gateway; /* of its own kind, or NULL */
	struct conf_partner *partner;
};

/* The vm that `L` runs in.  Never raises. */
struct script_vm *script_vm_of(lua_State *L);

/* For tests: the `k`-th allocation from now on fails, and all after it if `forever`; 0 = none. */
void script_vm_fail(struct script_vm *vm, uint64_t k, bool forever);

/* Allocations since the last script_vm_fail(). */
uint64_t script_vm_asked(const struct script_vm *vm);

#endif
