/* SPDX-License-Identifier: MIT */
/*
 * json_tree.h - a JSON object built member by member and printed once.
 *
 * For the modules of this folder that send JSON, and for nobody else: it is the one header that
 * shows jansson.  Members are printed in the order in which they were put.  Nothing here can fail
 * but for the bound of the buffer: text that is not UTF-8 is escaped, memory that is not there ends
 * the process.
 */
#ifndef N32_JSON_TREE_H
#define N32_JSON_TREE_H

#include <jansson.h>

#include "base/base.h"
#include "base/buf.h"

/* An empty object, which the caller owns. */
json_t *n32_tree_new(void) MUST_CHECK;

/* Adds a member.  Takes `value`. */
void n32_tree_put(json_t *object, const char *name, json_t *value);

/* Adds an element to an array.  Takes `value`. */
void n32_tree_append(json_t *array, json_t *value);

/* A string, which the caller owns; what is not UTF-8 is printed as str_escape() does. */
json_t *n32_tree_text(const char *text) MUST_CHECK;

/* Adds a string member, if `text` is neither NULL nor empty. */
void n32_tree_put_text(json_t *object, const char *name, const char *text);

/* Prints without insignificant white space.  Takes `tree`.  ERR_LIMIT if it does not fit. */
int n32_tree_print(struct buf *out, json_t *tree) MUST_CHECK;

#endif
