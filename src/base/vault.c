/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vault.h"

/* The link is before the secret, so that a free slot is zero. */
struct vault_slot {
	struct vault_slot *next;
	_Alignas(max_align_t) unsigned char secret[];
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void vault_init(struct vault *v, size_t size)
{
	const size_t align = _Alignof(struct vault_slot);

	*v = (struct vault){ .size =
				 sizeof(struct vault_slot) + (size + align - 1) / align * align };
	ensure(v->size <= page_size());
}

void vault_release(struct vault *v)
{
	for (size_t i = 0; i < v->n_pages; i++) {
		mem_wipe(v->pages[i], page_size());
		(void)munmap(v->pages[i], page_size()); /* it is a page of ours */
	}
	mem_free(v->pages);
	*v = (struct vault){ .size = v->size };
}

/* Keeps the first reason only: those that follow are the same. */
static void protect(void *page, struct err *weak)
{
	if (mlock(page, page_size()) && !weak->code)
		err_set_errno(weak, "cannot lock memory");
	if (madvise(page, page_size(), MADV_DONTDUMP) && !weak->code)
		err_set_errno(weak, "cannot keep memory out of core dumps");
}

static void grow(struct vault *v)
{
	char *page =
	    mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		mem_exhausted(page_size());
	protect(page, &v->weak);
	v->pages = mem_resize(v->pages, (v->n_pages + 1) * sizeof(*v->pages));
	v->pages[v->n_pages++] = page;
	for (size_t at = 0; at + v->size <= page_size(); at += v->size) {
		struct vault_slot *slot = (void *)(page + at);

		slot->next = v->free;
		v->free = slot;
	}
}

void *vault_take(struct vault *v)
{
	struct vault_slot *slot;

	if (!v->free)
		grow(v);
	slot = v->free;
	v->free = slot->next;
	return slot->secret;
}

void vault_give(struct vault *v, void *secret)
{
	struct vault_slot *slot;

	if (!secret)
		return;
	slot = container_of(secret, struct vault_slot, secret);
	mem_wipe(secret, v->size - sizeof(*slot));
	slot->next = v->free;
	v->free = slot;
}
