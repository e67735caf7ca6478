/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "script/arena.h"

/* Lua needs no more than the alignment of a double and a pointer. */
static size_t rounded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int arena_open(struct arena *a, size_t size, struct err *e)
{
	size_t page = page_size();
	size_t whole = (size + page - 1) / page * page;
	void *p = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*a = (struct arena){ .size = whole };
	if (p == MAP_FAILED)
		return err_set_errno(e, "cannot map %zu bytes for policies", whole + page);
	a->base = p;
	if (mprotect(a->base + whole, page, PROT_NONE)) {
		err_set_errno(e, "cannot protect the page behind the memory of policies");
		arena_close(a);
		return ERR_SYS;
	}
	return 0;
}

void arena_close(struct arena *a)
{
	if (a->base)
		(void)munmap(a->base, a->size + page_size()); /* fails only for a wrong address */
	a->base = NULL;
}

static void set_limit(struct arena *a, size_t limit)
{
	a->limit = limit < a->size ? limit : a->size;
}

void arena_reset(struct arena *a, size_t limit)
{
	a->used = a->peak = 0;
	set_limit(a, limit);
}

void arena_rewind(struct arena *a, const void *image, size_t n, size_t scratch)
{
	ensure(n <= a->size);
	memcpy(a->base, image, n);
	a->used = a->peak = n;
	set_limit(a, n + scratch);
}

/* Moves the end of the used part to `end`. */
static void set_used(struct arena *a, size_t end)
{
	a->used = end;
	if (end > a->peak)
		a->peak = end;
}

static bool must_fail(struct arena *a)
{
	a->asked++;
	if (a->fail_at == 0)
		return false;
	return a->fail_forever ? a->asked >= a->fail_at : a->asked == a->fail_at;
}

void *arena_alloc(struct arena *a, void *p, size_t old, size_t want)
{
	size_t at = a->used;
	bool newest;

	if (!p)
		old = 0; /* Lua says there what kind of object it wants */
	newest = p && (char *)p + rounded(old) == a->base + a->used;
	if (newest)
		at = (size_t)((char *)p - a->base);
	if (want <= old) {
		if (newest)
			a->used = at + rounded(want);
		return want ? p : NULL;
	}
	if (must_fail(a) || want > a->limit ||
	    rounded(want) > a->limit - (at < a->limit ? at : a->limit))
		return NULL;
	set_used(a, at + rounded(want));
	if (old && !newest)
		memcpy(a->base + at, p, old);
	return a->base + at;
}
