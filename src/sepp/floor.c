/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "sepp/floor.h"

bool floor_names(const struct conf_partner *p, const char *fqdn)
{
	for (size_t i = 0; i < p->n_fqdns; i++) {
		if (strcmp(p->fqdns[i].text, fqdn) == 0)
			return true;
	}
	return false;
}

bool floor_certifies(const struct conf_partner *p, const struct n32_identity *id)
{
	for (size_t i = 0; i < p->n_fqdns; i++) {
		if (n32_identity_has_name(id, p->fqdns[i].text))
			return true;
	}
	return false;
}

static bool lists_plmn(const struct n32_plmn *list, size_t n, const struct n32_plmn *plmn)
{
	for (size_t i = 0; i < n; i++) {
		if (n32_plmn_eq(&list[i], plmn))
			return true;
	}
	return false;
}

/* Whether the list has another PLMN that reads the same in a domain name, as 12 and 012 do. */
static bool lists_other_reading(const struct n32_plmn *list, size_t n, const struct n32_plmn *plmn)
{
	struct n32_realm want, have;

	n32_realm_of_plmn(&want, plmn);
	for (size_t i = 0; i < n; i++) {
		n32_realm_of_plmn(&have, &list[i]);
		if (n32_realm_eq(&want, &have) && !n32_plmn_eq(&list[i], plmn))
			return true;
	}
	return false;
}

static bool lists_snpn(const struct n32_snpn *list, size_t n, const struct n32_snpn *snpn)
{
	for (size_t i = 0; i < n; i++) {
		if (n32_snpn_eq(&list[i], snpn))
			return true;
	}
	return false;
}

bool floor_covers(
    const struct conf_partner *conf, const struct n32_identity *id, const struct n32_neg_req *req)
{
	for (size_t i = 0; i < req->n_plmns; i++) {
		const struct n32_plmn *plmn = &req->plmns[i];

		if (!lists_plmn(conf->plmns, conf->n_plmns, plmn) &&
		    (!n32_identity_has_plmn(id, plmn) ||
			lists_other_reading(conf->plmns, conf->n_plmns, plmn)))
			return false;
	}
	for (size_t i = 0; i < req->n_snpns; i++) {
		if (!lists_snpn(conf->snpns, conf->n_snpns, &req->snpns[i]) &&
		    !n32_identity_has_snpn(id, &req->snpns[i]))
			return false;
	}
	return true;
}

bool floor_serves(const struct conf_gateway *conf, const struct n32_neg_req *req)
{
	if (req->has_target_plmn && !lists_plmn(conf->plmns, conf->n_plmns, &req->target_plmn))
		return false;
	return !req->has_target_snpn || lists_snpn(conf->snpns, conf->n_snpns, &req->target_snpn);
}

bool floor_allows(conf_purposes allowed, const struct n32_usage *u)
{
	return u->purpose != N32_PURPOSE_UNKNOWN && (allowed & (1u << u->purpose));
}

conf_purposes floor_purposes(const struct n32_neg_rsp *rsp)
{
	conf_purposes set = 0;

	for (size_t i = 0; i < rsp->n_allowed; i++) {
		if (rsp->allowed[i].purpose != N32_PURPOSE_UNKNOWN)
			set |= 1u << rsp->allowed[i].purpose;
	}
	return set;
}
