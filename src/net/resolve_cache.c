/* SPDX-License-Identifier: MIT */
/*
 * Good answers until their TTL ends, in the order in which they came.  A gateway knows few names
 * and asks for them once per connection, so a list is searched from end to end.
 */
#include "base/base.h"

#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "net/resolve_int.h"

struct entry {
	TAILQ_ENTRY(entry) link;
	enum resolve_kind kind;
	char name[RESOLVE_NAME_MAX];
	msec until;
	struct resolve_found found;
};

struct resolve_cache {
	TAILQ_HEAD(, entry) entries; /* the oldest first */
	size_t n;
};

struct resolve_cache *resolve_cache_new(void)
{
	struct resolve_cache *c = mem_alloc(sizeof(*c));

	TAILQ_INIT(&c->entries);
	return c;
}

static void drop(struct resolve_cache *c, struct entry *entry)
{
	TAILQ_REMOVE(&c->entries, entry, link);
	c->n--;
	mem_free(entry);
}

void resolve_cache_reset(struct resolve_cache *c)
{
	while (c->n > 0)
		drop(c, TAILQ_FIRST(&c->entries));
}

void resolve_cache_free(struct resolve_cache *c)
{
	if (!c)
		return;
	resolve_cache_reset(c);
	mem_free(c);
}

static struct entry *find(struct resolve_cache *c, enum resolve_kind kind, const char *name)
{
	struct entry *entry;

	TAILQ_FOREACH (entry, &c->entries, link) {
		if (entry->kind == kind && strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

bool resolve_cache_find(struct resolve_cache *c, enum resolve_kind kind, const char *name, msec now,
    struct resolve_found *out)
{
	struct entry *entry = find(c, kind, name);

	if (!entry)
		return false;
	if (now >= entry->until) {
		drop(c, entry);
		return false;
	}
	*out = entry->found;
	out->ttl_s = resolve_ttl((uint32_t)((entry->until - now) / 1000));
	return true;
}

void resolve_cache_put(struct resolve_cache *c, enum resolve_kind kind, const char *name, msec now,
    const struct resolve_found *found)
{
	struct entry *entry = find(c, kind, name);

	if (entry)
		drop(c, entry);
	if (c->n == RESOLVE_CACHE_MAX)
		drop(c, TAILQ_FIRST(&c->entries));
	entry = mem_alloc(sizeof(*entry));
	entry->kind = kind;
	ensure(str_copy(entry->name, sizeof(entry->name), str_of(name)));
	entry->until = now + (msec)found->ttl_s * 1000;
	entry->found = *found;
	TAILQ_INSERT_TAIL(&c->entries, entry, link);
	c->n++;
}
