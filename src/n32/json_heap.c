/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/json_heap.h"

static size_t aligned(size_t n)
{
	const size_t unit = _Alignof(max_align_t);

	return (n + unit - 1) / unit * unit;
}

static void *on_alloc(void *ctx, size_t n)
{
	struct n32_json_heap *heap = ctx;

	ensure(n <= aligned(n) && aligned(n) <= (size_t)(heap->end - heap->at));
	heap->last = heap->at;
	heap->at += aligned(n);
	return heap->last;
}

static void *on_resize(void *ctx, void *p, size_t n)
{
	struct n32_json_heap *heap = ctx;
	char *old = p;
	size_t before;

	if (!old)
		return on_alloc(heap, n);
	if (old == heap->last) {
		heap->at = old;
		return on_alloc(heap, n);
	}
	/* its own size is not known, but it ends before what is free: more is copied, never less */
	before = (size_t)(heap->at - old);
	p = on_alloc(heap, n);
	memmove(p, old, before < n ? before : n);
	return p;
}

static void on_free(void *ctx, void *p)
{
	(void)ctx; /* all of it ends with the caller's memory */
	(void)p;
}

void n32_json_heap_init(
    struct n32_json_heap *heap, void *memory, size_t size, yajl_alloc_funcs *funcs)
{
	char *start = memory;

	ensure((uintptr_t)memory % _Alignof(max_align_t) == 0);
	*heap = (struct n32_json_heap){ .at = start, .end = start + size };
	*funcs = (yajl_alloc_funcs){ on_alloc, on_resize, on_free, heap };
}
