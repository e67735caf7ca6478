/* SPDX-License-Identifier: MIT */
/*
 * name.h - FQDNs and PLMN identities: what is well formed, what is equal, what a name says.
 *
 * TS 23.003 28.2 (home network domain), TS 29.571 (PlmnId, Fqdn), TS 33.501 13.1.2.
 *
 * A domain name always holds three MNC digits, so "mnc012" stands for MNC 12 and for MNC 012.  What
 * a name says is therefore compared as a *realm*: the mcc and the three digits of the name.
 */
#ifndef N32_NAME_H
#define N32_NAME_H

#include "base/base.h"
#include "n32/types.h"

/* The six digits of a 3GPP domain name: mcc then mnc padded to three; and the NID of an SNPN. */
struct n32_realm {
	char digits[7];
	char nid[12]; /* "" for a PLMN */
};

/*
 * Reads a domain name into canonical form: lower case, one trailing dot removed.  `strict` applies
 * the Rel-17 pattern (letters, digits and inner hyphens; at least two labels, the last of letters);
 * otherwise length 1..253 of DNS characters, which are those and the underscore, labels of 1..63
 * (F-23).  Returns 0, or ERR_SYNTAX with "" in `out` and, unless `why` is NULL, `*why` (borrowed,
 * static) saying what is expected: "must be an FQDN of ...".
 */
int n32_fqdn_parse(struct n32_fqdn *out, struct str text, bool strict, const char **why) MUST_CHECK;

/*
 * A pattern "*.example.org" covers exactly one more label, as in RFC 6125 6.4.3; any other one is
 * the name itself.  Both canonical.  The absent name "" matches nothing.
 */
bool n32_fqdn_matches(const char *pattern, const char *name);

/*
 * Finds `...5gc[.nid<11 hex>].mnc<3 digits>.mcc<3 digits>.3gppnetwork.org` at the end of a name in
 * any case.  False if the name is of another form.
 */
bool n32_realm_of_fqdn(struct n32_realm *out, struct str name) MUST_CHECK;
void n32_realm_of_plmn(struct n32_realm *out, const struct n32_plmn *plmn);
void n32_realm_of_snpn(struct n32_realm *out, const struct n32_snpn *snpn);
bool n32_realm_eq(const struct n32_realm *a, const struct n32_realm *b);

/* "001-01" or "262-001".  Returns 0 or ERR_SYNTAX. */
int n32_plmn_parse(struct n32_plmn *out, struct str text) MUST_CHECK;

/* "001-01-00000abcdef".  The NID may be absent.  Returns 0 or ERR_SYNTAX. */
int n32_snpn_parse(struct n32_snpn *out, struct str text) MUST_CHECK;

bool n32_plmn_eq(const struct n32_plmn *a, const struct n32_plmn *b);
bool n32_snpn_eq(const struct n32_snpn *a, const struct n32_snpn *b);

/* "001-01" and "001-01-00000abcdef"; returns `out`. */
char *n32_plmn_print(char out[8], const struct n32_plmn *plmn);
char *n32_snpn_print(char out[20], const struct n32_snpn *snpn);

#endif
