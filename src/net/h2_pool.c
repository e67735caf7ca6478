/* SPDX-License-Identifier: MIT */
/*
 * Memory of one thread's sessions.
 *
 * nghttp2 gives each session a 16 KiB buffer for outgoing frames of which an answer touches a few
 * hundred bytes.  On the heap the rest of it is memory that was used before and is resident; here
 * such blocks come from slots that begin at a page, so that only the touched page costs anything.
 * Slots and streams that are given back are the first to be used again.
 */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "net/h2_int.h"

enum {
	PAGE = 4096,
	SLOT_MIN = 3 * PAGE, /* smaller blocks are the heap's */
	SLOT_BYTES = 5 * PAGE,
	SLOTS = 64, /* in one mapping */
	STREAMS_KEPT = 1024,
	BODY_KEPT = 4096, /* larger buffers are not kept for the next stream */
};

/* In front of every block; sixteen bytes keep the alignment that malloc() promises. */
struct block {
	size_t size; /* usable bytes */
	size_t is_slot;
};

struct slot {
	struct slot *next;
};

struct mapping {
	struct mapping *next;
	char *base;
};

struct h2_pool {
	nghttp2_mem mem;
	struct h2_recipe recipe; /* empty until the first session */
	struct slot *free_slots;
	struct mapping *mappings;
	struct h2_streams streams;
	size_t n_streams;
};

static void map_slots(struct h2_pool *p)
{
	struct mapping *m = mem_alloc(sizeof(*m));

	m->base = mmap(NULL, (size_t)SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->base == MAP_FAILED)
		mem_exhausted((size_t)SLOTS * SLOT_BYTES);
	m->next = p->mappings;
	p->mappings = m;
	for (size_t i = SLOTS; i-- > 0;) {
		struct slot *s = (struct slot *)(void *)(m->base + i * SLOT_BYTES);

		s->next = p->free_slots;
		p->free_slots = s;
	}
}

static void *pool_malloc(size_t size, void *arg)
{
	struct h2_pool *p = arg;
	struct block *b;

	if (size >= SLOT_MIN && size + sizeof(*b) <= SLOT_BYTES) {
		if (!p->free_slots)
			map_slots(p);
		b = (struct block *)(void *)p->free_slots;
		p->free_slots = p->free_slots->next;
		b->size = SLOT_BYTES - sizeof(*b);
		b->is_slot = 1;
		return b + 1;
	}
	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + size);
	if (!b)
		mem_exhausted(size);
	b->size = size;
	b->is_slot = 0;
	return b + 1;
}

static void pool_free(void *ptr, void *arg)
{
	struct h2_pool *p = arg;
	struct block *b;

	if (!ptr)
		return;
	b = (struct block *)ptr - 1;
	if (b->is_slot) {
		struct slot *s = (struct slot *)(void *)b;

		s->next = p->free_slots;
		p->free_slots = s;
	} else {
		free(b);
	}
}

static void *pool_calloc(size_t n, size_t size, void *arg)
{
	void *ptr;

	if (size && n > SIZE_MAX / size)
		return NULL;
	ptr = pool_malloc(n * size, arg);
	if (ptr)
		memset(ptr, 0, n * size);
	return ptr;
}

static void *pool_realloc(void *ptr, size_t size, void *arg)
{
	struct block *b = ptr ? (struct block *)ptr - 1 : NULL;
	void *fresh;

	if (b && !b->is_slot && size < SLOT_MIN) {
		b = realloc(b, sizeof(*b) + size);
		if (!b)
			mem_exhausted(size);
		b->size = size;
		return b + 1;
	}
	if (b && b->is_slot && size <= b->size)
		return ptr;
	fresh = pool_malloc(size, arg);
	if (fresh && b) {
		memcpy(fresh, ptr, b->size < size ? b->size : size);
		pool_free(ptr, arg);
	}
	return fresh;
}

struct h2_pool *h2_pool_new(void)
{
	struct h2_pool *p = mem_alloc(sizeof(*p));

	p->mem = (nghttp2_mem){ p, pool_malloc, pool_free, pool_calloc, pool_realloc };
	TAILQ_INIT(&p->streams);
	return p;
}

static void free_stream(struct h2_stream *s)
{
	buf_release(&s->body);
	buf_release(&s->answer);
	mem_free(s);
}

void h2_pool_free(struct h2_pool *p)
{
	struct h2_stream *s;
	struct mapping *m;

	if (!p)
		return;
	while ((s = TAILQ_FIRST(&p->streams)) != NULL) {
		TAILQ_REMOVE(&p->streams, s, next);
		free_stream(s);
	}
	while ((m = p->mappings) != NULL) {
		p->mappings = m->next;
		munmap(m->base, (size_t)SLOTS * SLOT_BYTES);
		mem_free(m);
	}
	nghttp2_option_del(p->recipe.options);
	nghttp2_session_callbacks_del(p->recipe.callbacks);
	mem_free(p);
}

struct h2_recipe *h2_pool_recipe(struct h2_pool *p)
{
	return &p->recipe;
}

nghttp2_mem *h2_pool_mem(struct h2_pool *p)
{
	return &p->mem;
}

struct h2_stream *h2_pool_take(struct h2_pool *p, size_t body_max)
{
	struct h2_stream *s = TAILQ_FIRST(&p->streams);
	struct buf body, answer;

	if (!s) {
		s = mem_alloc(sizeof(*s));
	} else {
		TAILQ_REMOVE(&p->streams, s, next);
		p->n_streams--;
	}
	body = s->body;
	answer = s->answer;
	memset(s, 0, offsetof(struct h2_stream, text));
	memset((char *)s + offsetof(struct h2_stream, header_bytes), 0,
	    sizeof(*s) - offsetof(struct h2_stream, header_bytes));
	s->body = body;
	s->answer = answer;
	s->body.max = body_max;
	s->answer.max = SIZE_MAX / 4;
	return s;
}

void h2_pool_give(struct h2_pool *p, struct h2_stream *s)
{
	if (p->n_streams == STREAMS_KEPT) {
		free_stream(s);
		return;
	}
	if (s->body.cap > BODY_KEPT)
		buf_release(&s->body);
	if (s->answer.cap > BODY_KEPT)
		buf_release(&s->answer);
	buf_reset(&s->body);
	buf_reset(&s->answer);
	TAILQ_INSERT_HEAD(&p->streams, s, next);
	p->n_streams++;
}
