/* SPDX-License-Identifier: MIT */
/*
 * Chains that were verified a short while ago, of one context and so of one thread and one set of
 * anchors.  An entry ends with the context, after TTL_S, and with the earliest end of validity of
 * what was proved; a failure is never remembered.  Two slots for each key: the older gives way.
 */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "net/tls_int.h"

enum {
	SETS = 512, /* a power of two */
	WAYS = 2,
	TTL_S = 300,
};

struct entry {
	unsigned char key[TLS_DIGEST_BYTES];
	struct tls_peer *peer; /* NULL when free */
	int64_t from_s, until_s;
};

struct tls_cache {
	struct entry entries[SETS][WAYS];
};

struct tls_cache *tls_cache_new(void)
{
	return mem_alloc(sizeof(struct tls_cache));
}

void tls_cache_free(struct tls_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < SETS; i++) {
		for (size_t j = 0; j < WAYS; j++)
			tls_peer_unref(c->entries[i][j].peer);
	}
	mem_free(c);
}

/* The key is a SHA-256, so any two of its bytes are as good as a hash. */
static size_t set_of(const unsigned char key[TLS_DIGEST_BYTES])
{
	return ((size_t)key[0] << 8 | key[1]) & (SETS - 1);
}

struct tls_peer *tls_cache_find(
    const struct tls_cache *c, const unsigned char key[TLS_DIGEST_BYTES], int64_t wall_s)
{
	const struct entry *set = c->entries[set_of(key)];

	for (size_t j = 0; j < WAYS; j++) {
		/* a clock that was set back proves nothing about the past */
		if (set[j].peer && wall_s >= set[j].from_s && wall_s < set[j].until_s &&
		    memcmp(set[j].key, key, TLS_DIGEST_BYTES) == 0)
			return set[j].peer;
	}
	return NULL;
}

void tls_cache_put(struct tls_cache *c, const unsigned char key[TLS_DIGEST_BYTES],
    struct tls_peer *peer, int64_t wall_s, int64_t until_s)
{
	struct entry *set = c->entries[set_of(key)], *slot = &set[0];

	if (until_s > wall_s + TTL_S)
		until_s = wall_s + TTL_S;
	if (until_s <= wall_s)
		return;
	for (size_t j = 0; j < WAYS; j++) {
		if (!set[j].peer || memcmp(set[j].key, key, TLS_DIGEST_BYTES) == 0) {
			slot = &set[j];
			break;
		}
		if (set[j].until_s < slot->until_s)
			slot = &set[j];
	}
	tls_peer_ref(peer);
	tls_peer_unref(slot->peer);
	memcpy(slot->key, key, TLS_DIGEST_BYTES);
	slot->peer = peer;
	slot->from_s = wall_s;
	slot->until_s = until_s;
}
