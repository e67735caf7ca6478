/* SPDX-License-Identifier: MIT */
/*
 * identity.h - who a certificate says its holder is (TS 33.501 13.1.2, TS 33.310 6.1.3c).
 *
 * Made from the dNSName entries of an end-entity certificate, already extracted.  Pure: no trust is
 * implied; the caller verifies the chain against the anchor that the realms select.
 */
#ifndef N32_IDENTITY_H
#define N32_IDENTITY_H

#include "base/base.h"
#include "n32/name.h"
#include "n32/types.h"

enum {
	N32_NAMES_MAX = 32,
	N32_REALMS_MAX = 32,
};

struct n32_identity {
	size_t n_names;
	struct n32_fqdn names[N32_NAMES_MAX]; /* canonical; a leading "*." is kept */
	size_t n_realms;
	struct n32_realm realms[N32_REALMS_MAX]; /* distinct */
};

/*
 * Reads `n` DNS names.  A name that is not a domain name (NUL bytes, spaces, control characters,
 * empty) makes the whole identity invalid: ERR_SYNTAX.  More names than fit: ERR_LIMIT.  After a
 * failure the identity has no names and no realms.
 */
int n32_identity_parse(struct n32_identity *out, const struct str *names, size_t n) MUST_CHECK;

/* Whether one of the certificate's names is, or as a wildcard covers, canonical `fqdn`. */
bool n32_identity_has_name(const struct n32_identity *id, const char *fqdn);

/* Whether the certificate names this PLMN or SNPN in one of its readings. */
bool n32_identity_has_plmn(const struct n32_identity *id, const struct n32_plmn *plmn);
bool n32_identity_has_snpn(const struct n32_identity *id, const struct n32_snpn *snpn);

#endif
