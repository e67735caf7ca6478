/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "sepp/caller.h"

struct caller {
	struct n32_identity identity; /* of `peer` */
	struct tls_peer *peer;        /* a reference; the last one that was asked about */
};

struct caller *caller_new(void)
{
	return mem_alloc(sizeof(struct caller));
}

/* `identity` is about to be that of another. */
static void forget(struct caller *c)
{
	tls_peer_unref(c->peer);
	c->peer = NULL;
}

void caller_free(struct caller *c)
{
	if (!c)
		return;
	forget(c);
	mem_free(c);
}

struct worker *caller_worker(const struct conn *c)
{
	return conn_env_of(c)->arg;
}

const struct n32_identity *caller_identify(struct worker *w, const struct conn *c)
{
	struct caller *caller = w->caller;
	struct tls_peer *peer = conn_peer(c);

	if (caller->peer != peer) {
		forget(caller);
		/* its names were well formed when it was admitted */
		ensure(n32_identity_parse(&caller->identity, peer->names, peer->n_names) == 0);
		caller->peer = tls_peer_ref(peer);
	}
	return &caller->identity;
}

struct partner *caller_partner(const struct generation *g, const struct n32_identity *id)
{
	for (size_t i = 0; i < id->n_names; i++) {
		struct partner *p = generation_find(g, id->names[i].text);

		if (p)
			return p;
	}
	return NULL;
}

bool caller_is_trusted(struct worker *w, const struct generation *g, const struct conn *c)
{
	struct tls_peer *peer = conn_peer(c);
	const char *why;
	struct tls_anchors *anchors = generation_anchors(g, caller_identify(w, c), &why);

	if (!anchors)
		return false;
	return memcmp(tls_anchors_digest(anchors), tls_anchors_digest(peer->anchors), 32) == 0 ||
	       tls_ctx_vouches(g->tls[w->number], peer, anchors, loop_wall_s(w->loop));
}

struct tls_anchors *caller_choose_anchors(
    void *arg, const struct str *names, size_t n, const char **why)
{
	struct worker *w = arg;

	forget(w->caller);
	if (n32_identity_parse(&w->caller->identity, names, n)) {
		*why = "the certificate has a name that is none";
		return NULL;
	}
	return generation_anchors(commons_current(w->commons), &w->caller->identity, why);
}
