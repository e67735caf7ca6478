/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void mem_exhausted(size_t size)
{
	fprintf(stderr, "error base mem: out of memory bytes=%zu\n", size);
	abort();
}

static void *checked(void *p, size_t size)
{
	if (!p)
		mem_exhausted(size);
	return p;
}

void *mem_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1), size);
}

void *mem_array(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1), n);
}

void *mem_resize(void *p, size_t size)
{
	ensure(size > 0);
	return checked(realloc(p, size), size);
}

void mem_free(void *p)
{
	free(p);
}

char *mem_dup(const void *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *mem_strdup(const char *s)
{
	return mem_dup(s, strlen(s));
}

void mem_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
