/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include <yajl/yajl_gen.h>

#include "base/err.h"
#include "base/str.h"
#include "n32/json_out.h"
#include "n32/json_scan.h"

enum {
	ESCAPED_MAX = 2048
};

static void pass_on(struct n32_json_out *o, const char *text, size_t n)
{
	if (!o->is_full && buf_add(o->to, text, n))
		o->is_full = true;
}

/* yajl prints quotes, commas and texts one by one. */
static void on_print(void *ctx, const char *text, size_t n)
{
	struct n32_json_out *o = ctx;

	if (n > sizeof(o->pieces) - o->n_pieces) {
		pass_on(o, o->pieces, o->n_pieces);
		o->n_pieces = 0;
	}
	if (n > sizeof(o->pieces)) {
		pass_on(o, text, n);
		return;
	}
	memcpy(o->pieces + o->n_pieces, text, n);
	o->n_pieces += n;
}

/* The calls of one object are in the order of JSON unless there is a bug. */
static void must(yajl_gen_status status)
{
	ensure(status == yajl_gen_status_ok);
}

static void put(struct n32_json_out *o, struct str text)
{
	if (text.n == 0)
		text.p = ""; /* yajl hands on what it got */
	must(yajl_gen_string(o->gen, (const unsigned char *)text.p, text.n));
}

static void put_name(struct n32_json_out *o, const char *name)
{
	if (name)
		put(o, str_of(name));
}

void n32_json_out_start(struct n32_json_out *o, struct buf *to)
{
	yajl_alloc_funcs funcs;

	n32_json_heap_init(&o->heap, o->memory, sizeof(o->memory), &funcs);
	o->to = to;
	o->before = to->len;
	o->n_pieces = 0;
	o->is_full = false;
	o->gen = yajl_gen_alloc(&funcs);
	ensure(o->gen);
	yajl_gen_config(o->gen, yajl_gen_print_callback, on_print, o);
}

void n32_json_out_object(struct n32_json_out *o, const char *name)
{
	put_name(o, name);
	must(yajl_gen_map_open(o->gen));
}

void n32_json_out_end_object(struct n32_json_out *o)
{
	must(yajl_gen_map_close(o->gen));
}

void n32_json_out_array(struct n32_json_out *o, const char *name)
{
	put_name(o, name);
	must(yajl_gen_array_open(o->gen));
}

void n32_json_out_end_array(struct n32_json_out *o)
{
	must(yajl_gen_array_close(o->gen));
}

void n32_json_out_text(struct n32_json_out *o, const char *name, const char *text)
{
	char escaped[ESCAPED_MAX];
	struct str value = str_of(text);

	put_name(o, name);
	/* checked here: what yajl takes for UTF-8 a strict peer would refuse */
	if (!n32_json_is_utf8(value))
		value = str_of(str_escape(escaped, sizeof(escaped), value));
	put(o, value);
}

void n32_json_out_str(struct n32_json_out *o, const char *name, struct str text)
{
	put_name(o, name);
	put(o, text);
}

void n32_json_out_some(struct n32_json_out *o, const char *name, const char *text)
{
	if (text && text[0] != '\0')
		n32_json_out_text(o, name, text);
}

void n32_json_out_bool(struct n32_json_out *o, const char *name, bool value)
{
	put_name(o, name);
	must(yajl_gen_bool(o->gen, value));
}

void n32_json_out_integer(struct n32_json_out *o, const char *name, int64_t value)
{
	put_name(o, name);
	must(yajl_gen_integer(o->gen, value));
}

void n32_json_out_json(struct n32_json_out *o, const char *name, struct str json)
{
	put_name(o, name);
	must(yajl_gen_number(o->gen, json.p, json.n)); /* writes what it is given */
}

int n32_json_out_end(struct n32_json_out *o)
{
	struct buf *to = o->to;

	pass_on(o, o->pieces, o->n_pieces);
	if (!o->is_full)
		return 0;
	/* the part that did fit is of no use to anyone */
	to->len = o->before;
	if (to->data)
		to->data[to->len] = '\0';
	return ERR_LIMIT;
}
