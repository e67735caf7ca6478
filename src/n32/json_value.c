/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "base/mem.h"
#include "n32/json_heap.h"
#include "n32/json_scan.h"
#include "n32/json_value.h"

_Static_assert(
    N32_JSON_VALUES_MAX == 16384 && N32_JSON_MEMBERS_MAX == 256, "the reasons name these bounds");

enum {
	/* A handle, its lexer and its stack need less than 2 KiB.  One string is decoded in a
	   buffer that doubles up to twice its size, and may leave all the smaller ones behind. */
	HEAP_BYTES = 8192 + 4 * N32_JSON_ESCAPED_MAX
};

/* Large enough for any body.  Pages that no body has needed yet are not there. */
struct area {
	struct json_value values[N32_JSON_VALUES_MAX];
	char text[N32_JSON_ESCAPED_MAX];
	_Alignas(max_align_t) char heap[HEAP_BYTES];
};

struct frame {
	struct json_value *value;
	struct json_value *last; /* of its children */
};

struct builder {
	struct area *area;
	struct str body;
	size_t n_values, n_text;
	struct str key; /* of the member whose value comes next */
	size_t depth;
	struct frame frames[N32_JSON_DEPTH_MAX];
	const char *why;
};

static pthread_once_t area_once = PTHREAD_ONCE_INIT;
static pthread_key_t area_key; /* frees a thread's area when the thread ends */
static _Thread_local struct area *thread_area;

static void make_area_key(void)
{
	int rc = pthread_key_create(&area_key, mem_free);

	ensure(rc == 0);
}

static struct area *own_area(void)
{
	int rc;

	if (thread_area)
		return thread_area;
	pthread_once(&area_once, make_area_key);
	thread_area = mem_alloc(sizeof(*thread_area));
	rc = pthread_setspecific(area_key, thread_area);
	ensure(rc == 0);
	return thread_area;
}

/* The answer of a callback that ends the parsing. */
static int refuse(struct builder *b, const char *why)
{
	b->why = why;
	return 0;
}

/* A new value, in its place in the tree; NULL at the bound. */
static struct json_value *add(struct builder *b, enum json_type type)
{
	struct json_value *v;
	struct frame *up;

	if (b->n_values == N32_JSON_VALUES_MAX) {
		b->why = "more than 16384 values";
		return NULL;
	}
	v = &b->area->values[b->n_values++];
	*v = (struct json_value){ .type = type, .key = b->key };
	b->key = (struct str){ NULL, 0 };
	if (b->depth == 0)
		return v;
	up = &b->frames[b->depth - 1];
	if (up->last)
		up->last->next = v;
	else
		up->value->first = v;
	up->last = v;
	up->value->n++;
	return v;
}

/* yajl shows text where it stands in the body, unless an escape made it decode it elsewhere. */
static struct str keep(struct builder *b, const unsigned char *p, size_t n)
{
	uintptr_t start = (uintptr_t)b->body.p, at = (uintptr_t)p;
	char *to = b->area->text + b->n_text;

	if (at >= start && at < start + b->body.n)
		return (struct str){ (const char *)p, n };
	ensure(n <= sizeof(b->area->text) - b->n_text); /* the scan counted it */
	if (n > 0)
		memcpy(to, p, n);
	b->n_text += n;
	return (struct str){ to, n };
}

static int open_frame(struct builder *b, enum json_type type)
{
	struct json_value *v = add(b, type);

	if (!v)
		return 0;
	ensure(b->depth < N32_JSON_DEPTH_MAX); /* the scan counted it */
	b->frames[b->depth++] = (struct frame){ v, NULL };
	return 1;
}

static int close_frame(struct builder *b)
{
	ensure(b->depth > 0);
	b->depth--;
	return 1;
}

static int on_object(void *ctx)
{
	return open_frame(ctx, N32_JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return open_frame(ctx, N32_JSON_ARRAY);
}

static int on_end(void *ctx)
{
	return close_frame(ctx);
}

/* Keys that peers make up are alike in front: the last byte saves most calls of memcmp(). */
static bool same(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	return a.n == 0 || (a.p[a.n - 1] == b.p[b.n - 1] && memcmp(a.p, b.p, a.n) == 0);
}

static int on_key(void *ctx, const unsigned char *p, size_t n)
{
	struct builder *b = ctx;
	const struct json_value *object = b->frames[b->depth - 1].value;
	struct str key = keep(b, p, n);

	if (object->n == N32_JSON_MEMBERS_MAX)
		return refuse(b, "more than 256 attributes in an object");
	for (const struct json_value *v = object->first; v; v = v->next) {
		if (same(v->key, key))
			return refuse(b, "an attribute occurs twice");
	}
	b->key = key;
	return 1;
}

static int on_string(void *ctx, const unsigned char *p, size_t n)
{
	struct builder *b = ctx;
	struct json_value *v = add(b, N32_JSON_STRING);

	if (!v)
		return 0;
	v->text = keep(b, p, n);
	return 1;
}

/* False for what is not an integer of 64 bits. */
static bool parse_integer(const char *p, size_t n, int64_t *value)
{
	size_t negative = p[0] == '-';
	uint64_t sum = 0, most = (uint64_t)INT64_MAX + negative;

	for (size_t i = negative; i < n; i++) {
		uint64_t digit = (uint64_t)(unsigned char)p[i] - '0'; /* huge for '.' and 'e' */

		if (digit > 9 || sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return true;
}

/* With this callback yajl converts no number: no locale, and no size that is an error. */
static int on_number(void *ctx, const char *p, size_t n)
{
	struct json_value *v = add(ctx, N32_JSON_OTHER_NUMBER);

	if (!v)
		return false;
	if (parse_integer(p, n, &v->integer))
		v->type = N32_JSON_INTEGER;
	else
		v->text = (struct str){ p, n }; /* a view of the body: it is parsed in one piece */
	return true;
}

static int on_boolean(void *ctx, int is_true)
{
	return add(ctx, is_true ? N32_JSON_TRUE : N32_JSON_FALSE) != NULL;
}

static int on_null(void *ctx)
{
	return add(ctx, N32_JSON_NULL) != NULL;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};

/* The handle is never freed: it is in the area. */
static bool run_yajl(struct builder *b)
{
	const unsigned char *text = (const unsigned char *)b->body.p;
	struct n32_json_heap heap;
	yajl_alloc_funcs funcs;
	yajl_handle handle;

	n32_json_heap_init(&heap, b->area->heap, sizeof(b->area->heap), &funcs);
	handle = yajl_alloc(&callbacks, &funcs, b);
	ensure(handle);
	/* the scan has checked UTF-8, and better */
	yajl_config(handle, yajl_dont_validate_strings, 1);
	return yajl_parse(handle, text, b->body.n) == yajl_status_ok &&
	       yajl_complete_parse(handle) == yajl_status_ok;
}

const struct json_value *n32_json_parse(struct str body, const char **why)
{
	struct builder b;

	*why = n32_json_scan(body);
	if (*why)
		return NULL;
	b.area = own_area();
	b.body = body;
	b.n_values = b.n_text = b.depth = 0;
	b.key = (struct str){ NULL, 0 };
	b.why = "not JSON";
	if (!run_yajl(&b)) {
		*why = b.why;
		return NULL;
	}
	ensure(b.n_values > 0 && b.depth == 0);
	return b.area->values;
}

const struct json_value *n32_json_find(const struct json_value *object, const char *name)
{
	size_t n = strlen(name);

	for (const struct json_value *v = object->first; v; v = v->next) {
		if (v->key.n == n && memcmp(v->key.p, name, n) == 0)
			return v;
	}
	return NULL;
}
