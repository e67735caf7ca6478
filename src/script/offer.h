/* SPDX-License-Identifier: MIT */
/*
 * offer.h - what offer_capabilities returns: the one answer that is a list.
 */
#ifndef SCRIPT_OFFER_H
#define SCRIPT_OFFER_H

#include <lua.h>

#include "base/base.h"
#include "script/decision.h"

/*
 * Reads the table on top into `out`: one or two capabilities of `ceiling`, each once.  Raises what
 * to write instead, without a place in front: `place` begins the message.  [-0, +0]
 */
void offer_read(
    lua_State *L, const char *place, const struct conf_caps *ceiling, struct conf_caps *out);

#endif
