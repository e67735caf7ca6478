/* SPDX-License-Identifier: MIT */
/*
 * agreement.h - what is known of a partner, as plain values: what a negotiation settled, how each
 * direction is, which N32-f contexts there are, and all of it that survives a restart.
 */
#ifndef SEPP_AGREEMENT_H
#define SEPP_AGREEMENT_H

#include "base/base.h"
#include "n32/types.h"
#include "net/tls.h"
#include "sepp/machine.h"

enum {
	ASSOC_FLAGS_MAX = 16,
	ASSOC_FLAG_MAX = 32, /* characters of a name */
	ASSOC_REASON_MAX = 256,
	ASSOC_PLACE_MAX = 128,
	ASSOC_CONTEXTS_MAX = 4, /* of the newest N32-f contexts the ids are remembered */
};

/* Who opens the negotiation: the peer, or we. */
enum assoc_way {
	ASSOC_IN,
	ASSOC_OUT,
	ASSOC_WAYS
};

/* What one successful negotiation settled. */
struct agreement {
	enum n32_cap cap;          /* TLS or PRINS */
	enum assoc_way way;        /* who had asked */
	bool target_api_root;      /* both sides: the header may be used on N32-f */
	uint64_t features;         /* common ones */
	uint32_t purposes;         /* bit set of enum n32_purpose; 0 = all configured (F-22) */
	struct n32_fqdn n32f_fqdn; /* "" = same as N32-c */
	uint16_t n32f_port;        /* 0 = the same */
	char fingerprint[65];      /* of the certificate that it was made with, */
	char issuer[128],
	    key[24];         /* who issued that, and its key, as in a tls_peer; "" = unknown */
	int64_t not_after_s; /* 0 = unknown */
	uint64_t offer;      /* OUT: stands for what we had offered; else 0 */
	int64_t at_s;
};

/* Puts in the certificate that it was made with. */
void agreement_certify(struct agreement *a, const struct tls_peer *peer);

/* What is new about the certificate: "", "certificate", or more than that.  Static. */
const char *agreement_news(const struct agreement *before, const struct agreement *now);

/* How one direction is. */
struct assoc_way_view {
	enum machine_state state;
	int64_t since_s;
	int64_t next_s;                /* of the next attempt; 0 = none is planned */
	char reason[ASSOC_REASON_MAX]; /* why the state is what it is */
	char place[ASSOC_PLACE_MAX];   /* the line of the policy that decided, "" = none did */
};

/* The ids of one N32-f context; no key material. */
struct assoc_context {
	char own[17], peer[17];
	bool is_ours; /* we began the exchange of parameters */
};

/* What survives a restart. */
struct assoc_record {
	char name[64];
	struct assoc_way_view ways[ASSOC_WAYS];
	struct agreement agreement;
	int64_t failed_s;
	char failure[ASSOC_REASON_MAX];
	uint64_t attempts, failures, errors_in, errors_out;
	char previous_fingerprint[65];
	size_t n_contexts; /* those that there were */
	struct assoc_context contexts[ASSOC_CONTEXTS_MAX];
	size_t n_flags;
	char flags[ASSOC_FLAGS_MAX][ASSOC_FLAG_MAX + 1];
};

#endif
