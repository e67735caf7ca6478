/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/json.h"
#include "n32/json_out.h"

static const char *cap_text(const struct n32_cap_item *item)
{
	return item->cap == N32_CAP_UNKNOWN ? item->text : n32_cap_name(item->cap);
}

static void put_caps(
    struct n32_json_out *o, const char *name, const struct n32_cap_item *caps, size_t n)
{
	n32_json_out_array(o, name);
	for (size_t i = 0; i < n; i++)
		n32_json_out_text(o, NULL, cap_text(&caps[i]));
	n32_json_out_end_array(o);
}

static void put_plmn(struct n32_json_out *o, const char *name, const struct n32_plmn *plmn)
{
	n32_json_out_object(o, name);
	n32_json_out_some(o, "mcc", plmn->mcc);
	n32_json_out_some(o, "mnc", plmn->mnc);
	n32_json_out_end_object(o);
}

static void put_snpn(struct n32_json_out *o, const char *name, const struct n32_snpn *snpn)
{
	n32_json_out_object(o, name);
	n32_json_out_some(o, "mcc", snpn->plmn.mcc);
	n32_json_out_some(o, "mnc", snpn->plmn.mnc);
	n32_json_out_some(o, "nid", snpn->nid);
	n32_json_out_end_object(o);
}

static void put_plmns(struct n32_json_out *o, const struct n32_plmn *plmns, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, "plmnIdList");
	for (size_t i = 0; i < n; i++)
		put_plmn(o, NULL, &plmns[i]);
	n32_json_out_end_array(o);
}

static void put_snpns(struct n32_json_out *o, const struct n32_snpn *snpns, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, "snpnIdList");
	for (size_t i = 0; i < n; i++)
		put_snpn(o, NULL, &snpns[i]);
	n32_json_out_end_array(o);
}

static void put_usage(struct n32_json_out *o, const struct n32_usage *usage)
{
	bool unknown = usage->purpose == N32_PURPOSE_UNKNOWN;
	const char *name = unknown ? usage->text : n32_purpose_name(usage->purpose);

	n32_json_out_object(o, NULL);
	n32_json_out_text(o, "usagePurpose", name);
	n32_json_out_some(o, "additionalInfo", usage->additional_info);
	n32_json_out_some(o, "cause", usage->cause);
	n32_json_out_end_object(o);
}

static void put_usages(
    struct n32_json_out *o, const char *name, const struct n32_usage *usages, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, name);
	for (size_t i = 0; i < n; i++)
		put_usage(o, &usages[i]);
	n32_json_out_end_array(o);
}

/* TS 29.571 SupportedFeatures, without leading zeros but for the last one. */
static void put_features(struct n32_json_out *o, uint64_t features)
{
	char text[17], *at = text + sizeof(text) - 1;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[features & 15];
		features >>= 4;
	} while (features != 0);
	n32_json_out_text(o, "supportedFeatures", at);
}

/* Rel-18 has one port in this place, Rel-19 a list: one port is what every reader knows (F-7). */
static void put_n32f(struct n32_json_out *o, const struct n32_fqdn *fqdn, uint16_t port)
{
	n32_json_out_some(o, "senderN32fFqdn", fqdn->text);
	if (port != 0)
		n32_json_out_integer(o, "senderN32fPort", port);
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
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "sender", req->sender.text);
	put_caps(&o, "supportedSecCapabilityList", req->caps, req->n_caps);
	/* conditional: said when TLS is offered; absent means false */
	if (req->target_api_root || offers_tls(req))
		n32_json_out_bool(&o, "3GppSbiTargetApiRootSupported", req->target_api_root);
	put_plmns(&o, req->plmns, req->n_plmns);
	put_snpns(&o, req->snpns, req->n_snpns);
	if (req->has_target_plmn)
		put_plmn(&o, "targetPlmnId", &req->target_plmn);
	if (req->has_target_snpn)
		put_snpn(&o, "targetSnpnId", &req->target_snpn);
	put_usages(&o, "intendedUsagePurpose", req->usages, req->n_usages);
	if (req->has_features)
		put_features(&o, req->features);
	put_n32f(&o, &req->n32f_fqdn, req->n32f_port);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}

int n32_neg_rsp_encode(struct buf *out, const struct n32_neg_rsp *rsp)
{
	struct n32_json_out o;

	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_text(&o, "sender", rsp->sender.text);
	n32_json_out_text(&o, "selectedSecCapability", cap_text(&rsp->selected));
	if (rsp->has_target_api_root)
		n32_json_out_bool(&o, "3GppSbiTargetApiRootSupported", rsp->target_api_root);
	put_plmns(&o, rsp->plmns, rsp->n_plmns);
	put_snpns(&o, rsp->snpns, rsp->n_snpns);
	put_usages(&o, "allowedUsagePurpose", rsp->allowed, rsp->n_allowed);
	put_usages(&o, "rejectedUsagePurpose", rsp->rejected, rsp->n_rejected);
	if (rsp->has_features)
		put_features(&o, rsp->features);
	put_n32f(&o, &rsp->n32f_fqdn, rsp->n32f_port);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}
