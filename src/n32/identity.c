/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/err.h"
#include "n32/identity.h"

/* a name has one realm at most, so the names' bound is the only one that can be met */
_Static_assert((int)N32_REALMS_MAX >= (int)N32_NAMES_MAX, "every name may have a realm of its own");

/* A wildcard is a star that is the whole first label (RFC 6125 6.4.3); no other star is a name. */
static int parse_name(struct n32_fqdn *out, struct str text)
{
	struct n32_fqdn rest;

	if (!str_starts(text, "*."))
		return n32_fqdn_parse(out, text, false, NULL);
	text.p += 2;
	text.n -= 2;
	if (n32_fqdn_parse(&rest, text, false, NULL))
		return ERR_SYNTAX;
	out->text[0] = '*';
	out->text[1] = '.';
	return str_copy(out->text + 2, sizeof(out->text) - 2, str_of(rest.text)) ? 0 : ERR_SYNTAX;
}

static bool has_realm(const struct n32_identity *id, const struct n32_realm *realm)
{
	for (size_t i = 0; i < id->n_realms; i++) {
		if (n32_realm_eq(&id->realms[i], realm))
			return true;
	}
	return false;
}

int n32_identity_parse(struct n32_identity *out, const struct str *names, size_t n)
{
	struct n32_realm realm;

	out->n_names = 0;
	out->n_realms = 0;
	if (n > N32_NAMES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (parse_name(&out->names[i], names[i])) {
			/* half an identity must not be mistaken for one */
			out->n_names = 0;
			out->n_realms = 0;
			return ERR_SYNTAX;
		}
		out->n_names++;
		if (n32_realm_of_fqdn(&realm, str_of(out->names[i].text)) &&
		    !has_realm(out, &realm))
			out->realms[out->n_realms++] = realm;
	}
	return 0;
}

bool n32_identity_has_name(const struct n32_identity *id, const char *fqdn)
{
	for (size_t i = 0; i < id->n_names; i++) {
		if (n32_fqdn_matches(id->names[i].text, fqdn))
			return true;
	}
	return false;
}

bool n32_identity_has_plmn(const struct n32_identity *id, const struct n32_plmn *plmn)
{
	struct n32_realm realm;

	n32_realm_of_plmn(&realm, plmn);
	return has_realm(id, &realm);
}

bool n32_identity_has_snpn(const struct n32_identity *id, const struct n32_snpn *snpn)
{
	struct n32_realm realm;

	n32_realm_of_snpn(&realm, snpn);
	return has_realm(id, &realm);
}
