/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a name, as a PLMN, as an SNPN, and as the names of a certificate, one in a line.
 * What is accepted is canonical: parsing it again, or what is printed of it, changes nothing.
 */
#include "base/base.h"

#include <string.h>

#include "n32/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_fqdn(struct str text, bool strict)
{
	struct n32_fqdn once, twice;
	const char *why = NULL;

	if (n32_fqdn_parse(&once, text, strict, &why)) {
		ensure(why && once.text[0] == '\0');
		return;
	}
	ensure(strlen(once.text) <= N32_FQDN_MAX);
	ensure(n32_fqdn_parse(&twice, str_of(once.text), strict, NULL) == 0);
	ensure(strcmp(once.text, twice.text) == 0);
	/* what is right by the pattern is right without it */
	ensure(n32_fqdn_parse(&twice, str_of(once.text), false, NULL) == 0);
	ensure(n32_fqdn_matches(once.text, once.text));
}

static void try_realm(struct str text)
{
	struct n32_realm realm, again;
	struct n32_snpn snpn;

	if (!n32_realm_of_fqdn(&realm, text))
		return;
	ensure(strlen(realm.digits) == 6);
	ensure(realm.nid[0] == '\0' || strlen(realm.nid) == 11);
	memcpy(snpn.plmn.mcc, realm.digits, 3);
	snpn.plmn.mcc[3] = '\0';
	memcpy(snpn.plmn.mnc, realm.digits + 3, 4);
	memcpy(snpn.nid, realm.nid, sizeof(snpn.nid));
	n32_realm_of_snpn(&again, &snpn);
	ensure(n32_realm_eq(&realm, &again));
}

static void try_networks(struct str text)
{
	struct n32_plmn plmn, plmn_again;
	struct n32_snpn snpn, snpn_again;
	char out[20];

	if (n32_plmn_parse(&plmn, text) == 0) {
		ensure(str_is(text, n32_plmn_print(out, &plmn)));
		ensure(n32_plmn_parse(&plmn_again, str_of(out)) == 0);
		ensure(n32_plmn_eq(&plmn, &plmn_again));
	}
	if (n32_snpn_parse(&snpn, text) == 0) {
		ensure(str_ieq(text, str_of(n32_snpn_print(out, &snpn))));
		ensure(n32_snpn_parse(&snpn_again, str_of(out)) == 0);
		ensure(n32_snpn_eq(&snpn, &snpn_again));
	}
}

/* The lines of `text`, up to one more than an identity holds. */
static size_t split(struct str *lines, struct str text)
{
	size_t n = 0;

	while (n <= N32_NAMES_MAX) {
		const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;

		lines[n++] = (struct str){ text.p, end ? (size_t)(end - text.p) : text.n };
		if (!end)
			break;
		text.n -= (size_t)(end + 1 - text.p);
		text.p = end + 1;
	}
	return n;
}

static void try_identity(const struct str *names, size_t n)
{
	static struct n32_identity id;

	if (n32_identity_parse(&id, names, n)) {
		ensure(id.n_names == 0 && id.n_realms == 0);
		return;
	}
	ensure(id.n_names == n && id.n_realms <= n);
	for (size_t i = 0; i < n; i++)
		ensure(n32_identity_has_name(&id, id.names[i].text));
	for (size_t i = 1; i < id.n_realms; i++)
		ensure(!n32_realm_eq(&id.realms[i - 1], &id.realms[i]));
}

/* The second line as a name under the first as a pattern. */
static void try_match(const struct str *names)
{
	char pattern[300], name[300];

	if (!str_copy(pattern, sizeof(pattern), names[0]) ||
	    !str_copy(name, sizeof(name), names[1]))
		return;
	if (n32_fqdn_matches(pattern, name) && strcmp(pattern, name) != 0) {
		ensure(str_starts(str_of(pattern), "*."));
		ensure(strcmp(strchr(name, '.'), pattern + 1) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str lines[N32_NAMES_MAX + 1];
	struct str text = { (const char *)data, size };
	size_t n = split(lines, text);

	for (size_t i = 0; i < n; i++) {
		try_fqdn(lines[i], false);
		try_fqdn(lines[i], true);
		try_realm(lines[i]);
		try_networks(lines[i]);
	}
	try_identity(lines, n);
	if (n >= 2)
		try_match(lines);
	return 0;
}
