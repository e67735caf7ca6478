/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what hooks return: made by constructors of ours, known by identity, never by shape.
 */
#ifndef SCRIPT_ANSWER_H
#define SCRIPT_ANSWER_H

#include <lua.h>

#include "base/base.h"
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
	char reason[SCRIPT_TEXT_MAX + 1];
	struct place place;
};

void answer_open(lua_State *L);
void answer_fill(lua_State *L); /* adds the constructors to the table on top.  [-0, +0] */

/* The answer at `i`, or NULL.  Never raises. */
const struct answer *answer_at(lua_State *L, int i);

#endif
