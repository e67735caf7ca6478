/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/rates.h"
#include "sepp/gate.h"

enum {
	LOCKS = 64, /* each guards GATE_SETS / LOCKS sets */
};

/* What is remembered of one source. */
struct place {
	uint64_t key[2]; /* prefix, family; 0, 0 = free */
	msec seen;
	unsigned connections;
	unsigned tier;
	struct rates_bucket bucket;
};

/* The last place is shared by those that find no other. */
struct set {
	struct place places[GATE_WAYS + 1];
};

struct gate {
	uint64_t secret[2];
	pthread_mutex_t locks[LOCKS];
	struct set sets[GATE_SETS];
};

struct gate *gate_new(void)
{
	struct gate *g = mem_alloc(sizeof(*g));

	random_fill(g->secret, sizeof(g->secret));
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&g->locks[i], NULL);
	return g;
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&g->locks[i]);
	mem_free(g);
}

/* --- sources */

/* The address, or its /64: whoever has one address there has all of them. */
static void key_of(uint64_t key[2], const struct addr *a)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const unsigned char *bytes = a->sa.in6.sin6_addr.s6_addr;
	uint32_t v4;

	key[0] = 0;
	key[1] = AF_INET;
	if (a->sa.any.sa_family == AF_INET) {
		key[0] = a->sa.in.sin_addr.s_addr;
	} else if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		memcpy(&v4, bytes + sizeof(mapped), sizeof(v4));
		key[0] = v4;
	} else {
		memcpy(&key[0], bytes, sizeof(key[0]));
		key[1] = AF_INET6;
	}
}

/* Keyed, so that nobody can choose addresses that fall together. */
static size_t set_of(const struct gate *g, const uint64_t key[2])
{
	uint64_t h = (key[0] ^ g->secret[0]) * 0x9e3779b97f4a7c15u;

	h = (h ^ (h >> 32) ^ key[1] ^ g->secret[1]) * 0xd6e8feb86659fd93u;
	h = (h ^ (h >> 29)) * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 40) % GATE_SETS;
}

static bool is_key(const struct place *p, const uint64_t key[2])
{
	return p->key[0] == key[0] && p->key[1] == key[1];
}

/* The place of a source; NULL: it has none. */
static struct place *find(struct set *s, const uint64_t key[2])
{
	for (size_t i = 0; i < GATE_WAYS; i++) {
		if (is_key(&s->places[i], key))
			return &s->places[i];
	}
	return NULL;
}

/* A free one, or that of whoever has been away the longest; or the shared one. */
static struct place *take(struct set *s, const uint64_t key[2])
{
	struct place *oldest = NULL;

	for (size_t i = 0; i < GATE_WAYS; i++) {
		struct place *p = &s->places[i];

		if (p->connections == 0 && (!oldest || p->seen < oldest->seen))
			oldest = p;
	}
	if (!oldest)
		return &s->places[GATE_WAYS];
	*oldest = (struct place){ .key = { key[0], key[1] }, .tier = GATE_STRANGER };
	return oldest;
}

/* --- orders */

static enum gate_verdict judge(struct place *p, const struct gate_limits *limits, msec now)
{
	unsigned retry_s;

	if (limits->connections > 0 && p->connections >= limits->connections)
		return GATE_TOO_MANY;
	if (limits->per_minute > 0 && !rates_take(&p->bucket, now, limits->per_minute, &retry_s))
		return GATE_TOO_FAST;
	return GATE_OPEN;
}

/* The set of a source, locked: unlock() follows. */
static struct set *open_set(struct gate *g, const struct addr *from, uint64_t key[2], size_t *i)
{
	key_of(key, from);
	*i = set_of(g, key);
	pthread_mutex_lock(&g->locks[*i % LOCKS]);
	return &g->sets[*i];
}

static void unlock(struct gate *g, size_t set)
{
	pthread_mutex_unlock(&g->locks[set % LOCKS]);
}

static struct place *find_or_take(struct set *s, const uint64_t key[2], msec now)
{
	struct place *p = find(s, key);

	if (!p)
		p = take(s, key);
	p->seen = now + 1; /* never 0, which is what a free place has */
	return p;
}

enum gate_verdict gate_enter(struct gate *g, const struct addr *from,
    const struct gate_limits *limits, msec now, struct gate_pass *pass)
{
	enum gate_verdict verdict;
	uint64_t key[2];
	size_t i;
	struct set *s = open_set(g, from, key, &i);
	struct place *p = find_or_take(s, key, now);

	pass->place = (unsigned)(p - s->places);
	pass->tier = p->tier ? p->tier : GATE_STRANGER;
	verdict = judge(p, limits, now);
	if (verdict == GATE_OPEN)
		p->connections++;
	pass->crowd = p->connections;
	unlock(g, i);
	return verdict;
}

void gate_leave(struct gate *g, const struct addr *from, unsigned place)
{
	uint64_t key[2];
	size_t i;
	struct place *p = &open_set(g, from, key, &i)->places[place];

	ensure(p->connections > 0); /* so that nobody else has got the place */
	p->connections--;
	unlock(g, i);
}

void gate_know(struct gate *g, const struct addr *from, unsigned tier, msec now)
{
	uint64_t key[2];
	size_t i;
	struct set *s = open_set(g, from, key, &i);
	struct place *p = find_or_take(s, key, now);

	/* the shared place is of everybody */
	if (p != &s->places[GATE_WAYS] && tier < p->tier)
		p->tier = tier;
	unlock(g, i);
}

size_t gate_sources(struct gate *g)
{
	size_t n = 0;

	for (size_t i = 0; i < GATE_SETS; i++) {
		pthread_mutex_lock(&g->locks[i % LOCKS]);
		for (size_t k = 0; k < GATE_WAYS; k++)
			n += g->sets[i].places[k].key[1] != 0;
		unlock(g, i);
	}
	return n;
}
