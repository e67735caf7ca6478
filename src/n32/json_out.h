/* SPDX-License-Identifier: MIT */
/*
 * json_out.h - a JSON object, written member by member into a buffer.
 *
 * For the modules of this folder that send JSON.  Members are written in the order of the calls.
 * Nothing here can fail but for the bound of the buffer, and that is said once, at the end.  A
 * struct n32_json_out is a plain value on the stack of one function; nothing is allocated but the
 * buffer.
 *
 * Where a `name` is wanted it is the key of a member, static ASCII; NULL for an element of an array
 * and for the outermost object.
 */
#ifndef N32_JSON_OUT_H
#define N32_JSON_OUT_H

#include "base/base.h"
#include "base/buf.h"
#include "n32/json_heap.h"

struct yajl_gen_t;

struct n32_json_out {
	struct yajl_gen_t *gen;
	struct buf *to;
	size_t before; /* what the buffer held */
	bool is_full;
	size_t n_pieces; /* bytes that are not in the buffer yet */
	char pieces[512];
	struct n32_json_heap heap;
	_Alignas(max_align_t) char memory[2048]; /* of yajl's generator */
};

/* Writes to the end of `to`, which is borrowed until n32_json_out_end(). */
void n32_json_out_start(struct n32_json_out *o, struct buf *to);

void n32_json_out_object(struct n32_json_out *o, const char *name);
void n32_json_out_end_object(struct n32_json_out *o);
void n32_json_out_array(struct n32_json_out *o, const char *name);
void n32_json_out_end_array(struct n32_json_out *o);

/* A string; what is not UTF-8 is written as str_escape() does. */
void n32_json_out_text(struct n32_json_out *o, const char *name, const char *text);

/* The same of a view of UTF-8; without a name where a key is due, it is the key. */
void n32_json_out_str(struct n32_json_out *o, const char *name, struct str text);

/* As n32_json_out_text(), or nothing at all if `text` is NULL or empty. */
void n32_json_out_some(struct n32_json_out *o, const char *name, const char *text);

void n32_json_out_bool(struct n32_json_out *o, const char *name, bool value);
void n32_json_out_integer(struct n32_json_out *o, const char *name, int64_t value);

/* A value that is JSON already, as it is. */
void n32_json_out_json(struct n32_json_out *o, const char *name, struct str json);

/* ERR_LIMIT if it did not fit: the buffer is then as it was before. */
int n32_json_out_end(struct n32_json_out *o) MUST_CHECK;

#endif
