/* SPDX-License-Identifier: MIT */
/*
 * json_heap.h - the memory of one yajl handle, inside of what the caller has anyway.
 *
 * A handle lives for one body, so what it allocates is taken from a block in a row and is never
 * given back: there is no call to the heap for a request, and no handle needs to be freed.  The
 * callers bound what yajl may need (it does not check for NULL), so running out is a bug.
 */
#ifndef N32_JSON_HEAP_H
#define N32_JSON_HEAP_H

#include <yajl/yajl_common.h>

#include "base/base.h"

struct n32_json_heap {
	char *at, *end;
	char *last; /* the newest block, the only one that grows in place */
};

/*
 * Makes yajl allocate from the `size` bytes at `memory`, which are borrowed like `heap` until the
 * handle is not used any more, and are aligned for any type.
 */
void n32_json_heap_init(
    struct n32_json_heap *heap, void *memory, size_t size, yajl_alloc_funcs *funcs);

#endif
