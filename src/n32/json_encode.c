/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <inttypes.h>
#include <stdio.h>

#include "n32/json.h"
#include "n32/json_tree.h"

static json_t *cap_value(const struct n32_cap_item *item)
{
	return n32_tree_text(item->cap == N32_CAP_UNKNOWN ? item->text : n32_cap_name(item->cap));
}

static void put_caps(json_t *tree, const char *name, const struct n32_cap_item *caps, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		n32_tree_append(list, cap_value(&caps[i]));
	n32_tree_put(tree, name, list);
}

static json_t *plmn_value(const struct n32_plmn *plmn)
{
	json_t *value = n32_tree_new();

	n32_tree_put_text(value, "mcc", plmn->mcc);
	n32_tree_put_text(value, "mnc", plmn->mnc);
	return value;
}

static json_t *snpn_value(const struct n32_snpn *snpn)
{
	json_t *value = plmn_value(&snpn->plmn);

	n32_tree_put_text(value, "nid", snpn->nid);
	return value;
}

static void put_plmns(json_t *tree, const struct n32_plmn *plmns, size_t n)
{
	json_t *list;

	if (n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		n32_tree_append(list, plmn_value(&plmns[i]));
	n32_tree_put(tree, "plmnIdList", list);
}

static void put_snpns(json_t *tree, const struct n32_snpn *snpns, size_t n)
{
	json_t *list;

	if (n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		n32_tree_append(list, snpn_value(&snpns[i]));
	n32_tree_put(tree, "snpnIdList", list);
}

static json_t *usage_value(const struct n32_usage *usage)
{
	bool unknown = usage->purpose == N32_PURPOSE_UNKNOWN;
	const char *name = unknown ? usage->text : n32_purpose_name(usage->purpose);
	json_t *value = n32_tree_new();

	n32_tree_put(value, "usagePurpose", n32_tree_text(name));
	n32_tree_put_text(value, "additionalInfo", usage->additional_info);
	n32_tree_put_text(value, "cause", usage->cause);
	return value;
}

static void put_usages(json_t *tree, const char *name, const struct n32_usage *usages, size_t n)
{
	json_t *list;

	if (n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		n32_tree_append(list, usage_value(&usages[i]));
	n32_tree_put(tree, name, list);
}

static void put_features(json_t *tree, uint64_t features)
{
	char text[17];

	snprintf(text, sizeof(text), "%" PRIx64, features);
	n32_tree_put_text(tree, "supportedFeatures", text);
}

/* Rel-18 has one port in this place, Rel-19 a list: one port is what every reader knows (F-7). */
static void put_n32f(json_t *tree, const struct n32_fqdn *fqdn, uint16_t port)
{
	n32_tree_put_text(tree, "senderN32fFqdn", fqdn->text);
	if (port != 0)
		n32_tree_put(tree, "senderN32fPort", json_integer(port));
}

static bool offers_tls(const struct n32_neg_req *req)
{
	for (size_t i = 0; i < req->n_caps; i++) {
		if (req->caps[i].cap == N32_CAP_TLS)
			return true;
	}
	return false;
}

int n32_neg_req_encode(struct buf *out, const struct n32_neg_req *req)
{
	json_t *tree = n32_tree_new();

	n32_tree_put(tree, "sender", n32_tree_text(req->sender.text));
	put_caps(tree, "supportedSecCapabilityList", req->caps, req->n_caps);
	/* conditional: said when TLS is offered; absent means false */
	if (req->target_api_root || offers_tls(req))
		n32_tree_put(
		    tree, "3GppSbiTargetApiRootSupported", json_boolean(req->target_api_root));
	put_plmns(tree, req->plmns, req->n_plmns);
	put_snpns(tree, req->snpns, req->n_snpns);
	if (req->has_target_plmn)
		n32_tree_put(tree, "targetPlmnId", plmn_value(&req->target_plmn));
	if (req->has_target_snpn)
		n32_tree_put(tree, "targetSnpnId", snpn_value(&req->target_snpn));
	put_usages(tree, "intendedUsagePurpose", req->usages, req->n_usages);
	if (req->has_features)
		put_features(tree, req->features);
	put_n32f(tree, &req->n32f_fqdn, req->n32f_port);
	return n32_tree_print(out, tree);
}

int n32_neg_rsp_encode(struct buf *out, const struct n32_neg_rsp *rsp)
{
	json_t *tree = n32_tree_new();

	n32_tree_put(tree, "sender", n32_tree_text(rsp->sender.text));
	n32_tree_put(tree, "selectedSecCapability", cap_value(&rsp->selected));
	if (rsp->has_target_api_root)
		n32_tree_put(
		    tree, "3GppSbiTargetApiRootSupported", json_boolean(rsp->target_api_root));
	put_plmns(tree, rsp->plmns, rsp->n_plmns);
	put_snpns(tree, rsp->snpns, rsp->n_snpns);
	put_usages(tree, "allowedUsagePurpose", rsp->allowed, rsp->n_allowed);
	put_usages(tree, "rejectedUsagePurpose", rsp->rejected, rsp->n_rejected);
	if (rsp->has_features)
		put_features(tree, rsp->features);
	put_n32f(tree, &rsp->n32f_fqdn, rsp->n32f_port);
	return n32_tree_print(out, tree);
}
