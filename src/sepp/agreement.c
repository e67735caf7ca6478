/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/str.h"
#include "sepp/agreement.h"

void agreement_certify(struct agreement *a, const struct tls_peer *peer)
{
	(void)str_copy(a->fingerprint, sizeof(a->fingerprint), str_of(peer->fingerprint));
	(void)str_copy(a->issuer, sizeof(a->issuer), str_of(peer->issuer));
	(void)str_copy(a->key, sizeof(a->key), str_of(peer->key));
	a->not_after_s = peer->not_after_s;
}

/* Whether both are known and differ. */
static bool differs(const char *before, const char *now)
{
	return *before && strcmp(before, now) != 0;
}

const char *agreement_news(const struct agreement *before, const struct agreement *now)
{
	bool key = differs(before->key, now->key), issuer = differs(before->issuer, now->issuer);

	if (!differs(before->fingerprint, now->fingerprint))
		return "";
	if (key && issuer)
		return "certificate, kind of key and issuer";
	if (key)
		return "certificate and kind of key";
	return issuer ? "certificate and issuer" : "certificate";
}
