/* SPDX-License-Identifier: MIT */
/*
 * policy.h - protection policies and the security information of providers, as they are exchanged
 * (TS 29.573 6.1.5.2, TS 33.501 13.2.3).
 *
 * They can be large and are only compared, stored and sent again.  Therefore they were validated
 * attribute by attribute and are kept as the JSON of what they say: without white space, without
 * what the specification does not name, and in its order.  json_prins.h makes them.
 *
 * Bounds are ours, as in types.h.
 */
#ifndef N32_POLICY_H
#define N32_POLICY_H

#include "base/base.h"
#include "base/buf.h"
#include "n32/types.h"

enum {
	N32_MAPPINGS_MAX = 256,     /* apiIeMappingList */
	N32_IES_MAX = 256,          /* IeList */
	N32_IE_TYPES_MAX = 64,      /* dataTypeEncPolicy */
	N32_PROVIDERS_MAX = 16,     /* ipxProviderSecInfoList */
	N32_PROVIDER_KEYS_MAX = 16, /* raw keys of one provider, and certificates */

	/* bytes */
	N32_POLICY_MAX = 64 * 1024, /* JSON of a policy, and of a list of providers */
	N32_TERMS_MAX = 256 * 1024,
	N32_API_MAX = 512,       /* apiSignature, reqIe, rspIe */
	N32_KEY_TEXT_MAX = 8192, /* one raw key or certificate */
};

/* ProtectionPolicy */
struct n32_policy {
	struct buf json;
	/*
	 * What both ends have to agree on (TS 33.501 13.2.3.2), a line each, sorted, none twice:
	 *
	 *	encrypt <type>
	 *	<method> uri <API URI>, or callback <type> <location> <type> req <IE> rsp <IE>
	 *
	 * with tabs where this has spaces, and without what is absent.  Names of headers are in
	 * lower case.  Who may modify what is each side's own business.
	 */
	struct buf terms;
};

/* IpxProviderSecInfo, all of a list */
struct n32_providers {
	size_t n; /* 0 = absent */
	struct n32_fqdn ids[N32_PROVIDERS_MAX];
	struct buf json; /* the array */
};

/* Empty, no storage yet; n32_policy_reset() keeps it. */
void n32_policy_init(struct n32_policy *p);
void n32_policy_release(struct n32_policy *p);
void n32_policy_reset(struct n32_policy *p);

/* Both initialised; what `to` held is forgotten. */
void n32_policy_copy(struct n32_policy *to, const struct n32_policy *from);

/* Whether the terms are the same. */
bool n32_policy_eq(const struct n32_policy *a, const struct n32_policy *b);

void n32_providers_init(struct n32_providers *p);
void n32_providers_release(struct n32_providers *p);
void n32_providers_reset(struct n32_providers *p);
void n32_providers_copy(struct n32_providers *to, const struct n32_providers *from);

#endif
