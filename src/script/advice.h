/* SPDX-License-Identifier: MIT */
/*
 * advice.h - what to write instead, for messages of Lua itself.
 *
 * Lua says what it saw.  Whoever writes the first policy of their life needs to hear what is
 * usually meant by that, so a clause is added to the messages that beginners meet.
 */
#ifndef SCRIPT_ADVICE_H
#define SCRIPT_ADVICE_H

#include "base/base.h"

/* Adds "; ..." to the message in `text` of `size` bytes, if there is something to say and room for
 * all of it.  Never raises. */
void advice_add(char *text, size_t size);

#endif
