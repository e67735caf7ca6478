/* SPDX-License-Identifier: MIT */
/*
 * context_int.h - what the table of contexts is made of; for context.c and its test.
 */
#ifndef SEPP_CONTEXT_INT_H
#define SEPP_CONTEXT_INT_H

#include <pthread.h>

#include "base/base.h"
#include "base/map.h"
#include "base/vault.h"
#include "sepp/context.h"

struct context {
	struct owner *owner;
	enum context_role role;
	char own[CONTEXT_ID_MAX], peer[CONTEXT_ID_MAX];
	enum n32_jwe jwe;
	enum n32_jws jws;
	struct n32_keys *keys; /* in the vault */
	char check[N32_CHECK_MAX];
	uint64_t sequence[N32_MESSAGES]; /* the next; wider than on the wire, so that it can pass */
	uint64_t reports[ASSOC_WAYS];
	bool has_policy, policy_differs;
	struct n32_policy policy;
	struct n32_providers providers;
	msec expires;
	uint64_t agreed;
	int64_t created_s, expires_s;
};

/* A partner that has contexts. */
struct owner {
	struct association *association;     /* a reference */
	size_t n;                            /* never 0 while the lock is free */
	struct context *live[CONTEXT_ROLES]; /* the newest first */
};

struct contexts {
	pthread_mutex_t lock; /* guards all below */
	struct vault vault;
	bool has_said_weak;
	struct map by_own; /* in lower case */
	size_t n_owners;
	struct owner **owners; /* by name, and by address where two have the same */
};

#endif
