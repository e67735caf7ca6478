/* SPDX-License-Identifier: MIT */
/*
 * suite_int.h - shared by the files of the test runner: the library `test`.
 *
 *   suite.c         files, cases, budgets
 *   suite_ask.c     test.policy, test.partner, and their hooks
 *   suite_answer.c  what they answer
 *   suite_assert.c  test.selected and the other assertions
 *   suite_show.c    values in words
 */
#ifndef SCRIPT_SUITE_INT_H
#define SCRIPT_SUITE_INT_H

#include <lua.h>

#include "base/base.h"
#include "script/fixture.h"
#include "script/function.h"
#include "script/script_int.h"
#include "script/suite.h"

struct suite_case {
	char name[SUITE_NAME_MAX + 1];
	struct place place;
};

struct suite {
	const struct suite_world *world;
	struct script_vm *vm;             /* of the tests */
	struct script_vm *first, *second; /* these decide */
	struct fixtures fixtures;
	const struct conf_partner **partners; /* of the world, for fixtures */
	struct script_program *program;
	size_t n_cases;
	struct suite_case *cases;
	/* of the case under way */
	const struct suite_case *running; /* NULL while the file loads */
	struct suite_result *result;
	unsigned checks;
	struct script_answer answers[3];
};

/* The suite that the state belongs to.  Never raises. */
struct suite *suite_of(lua_State *L);

/*
 * Raises `fmt` as the failure of the case, at the nearest line of the test file.  The case has
 * failed even if it catches the error.
 */
int suite_fail(lua_State *L, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same for a mistake in the test itself, also while the file loads. */
int suite_mistake(lua_State *L, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Raises unless a case runs; `what` is the function. */
void suite_running(lua_State *L, const char *what);

/* Parts of the library, added to the table on top.  [-0, +0] */
void suite_ask_fill(lua_State *L);
void suite_assert_fill(lua_State *L);

extern const struct function suite_ask_functions[], suite_assert_functions[];

/* --- answers */

/* An answer as tests see it; copied.  [-0, +1] */
void suite_answer_push(lua_State *L, const struct script_answer *a);

/* The answer at `i`, or NULL; never raises.  Like the next one it has no `fuel` and `scratch`. */
const struct script_answer *suite_answer_at(lua_State *L, int i);

/* The answer in argument `i`, or raises. */
const struct script_answer *suite_answer_check(lua_State *L, int i, const char *function);

/* "select PRINS", "reject: no file (default.lua:9)"; returns `out`. */
char *suite_answer_print(char out[512], const struct script_answer *a);

/* --- values */

/* The value at `i` as a test would write it, cut where it gets long.  Raises for tables whose keys
 * have no order.  Returns `out`. */
char *suite_show(lua_State *L, int i, char *out, size_t size);

/* Whether the values at `a` and `b` are the same, all the way down; else `where` is the path to
 * the first difference, and both are in words.  [-0, +0] */
struct suite_difference {
	char where[128], got[160], want[160];
};
bool suite_same(lua_State *L, int a, int b, struct suite_difference *d);

#endif
