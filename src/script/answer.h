/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what hooks return: made by constructors of ours, known by identity, never by shape.
 *
 * The constructors have a file for each subject: answer_select.c for capabilities, answer_prins.c
 * for what comes after, answer.c for the rest.  What offer_capabilities returns is a list and no
 * answer in this sense: offer.h.
 */
#ifndef SCRIPT_ANSWER_H
#define SCRIPT_ANSWER_H

#include <lua.h>

#include "base/base.h"
#include "script/config.h"
#include "script/function.h"
#include "script/script.h"
#include "script/script_int.h"

struct answer {
	const char *type;
	enum script_verdict verdict;
	enum n32_cap cap;
	bool has_purposes;
	conf_purposes purposes;
	unsigned defer_s, idle_s, max_age_s, ping_s;
	bool open_reverse;
	enum n32_jwe jwe;
	enum n32_jws jws;
	enum script_mismatch on_mismatch;
	char reason[SCRIPT_TEXT_MAX + 1];
	struct place place;
};

void answer_open(lua_State *L);

/* The answer at `i`, or NULL.  Never raises. */
const struct answer *answer_at(lua_State *L, int i);

/* --- for constructors */

/* A new answer that knows where it is made.  [-0, +1] */
struct answer *answer_push(lua_State *L, enum script_verdict verdict);

/* Raises what to write if the hook that decides may not answer `verdict`; `name` is the function.
 */
void answer_suits(lua_State *L, enum script_verdict verdict, const char *name);

/* The same, and raises while a file loads. */
const struct script_input *answer_deciding(
    lua_State *L, enum script_verdict verdict, const char *name);

/* An answer with the reason in argument `i` and the arguments behind it.  [-0, +1] */
int answer_refuse(lua_State *L, enum script_verdict verdict, int i, const char *example);

extern const struct function answer_functions[], answer_select_functions[],
    answer_prins_functions[];
extern const struct config_shape answer_retain_shape, answer_parameters_shape;

#endif
