/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/function.h"

void function_fill(lua_State *L, const struct function *list)
{
	for (const struct function *f = list; f->name; f++) {
		if (!f->call)
			continue;
		lua_pushcfunction(L, f->call);
		lua_setfield(L, -2, f->name);
	}
}
