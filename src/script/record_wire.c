/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "n32/json_scan.h"
#include "n32/name.h"
#include "script/record_int.h"

/* --- words of the peer: what is unknown stays as it is */

static int read_cap_item(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct n32_cap_item *item = out;
	struct member text = { .size = sizeof(item->text) };

	(void)m;
	item->cap = n32_cap_parse(v->text);
	return item->cap == N32_CAP_UNKNOWN ? record_read_text(r, &text, v, item->text) : 0;
}

static int read_purpose(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct n32_usage *usage = out;
	struct member text = { .size = sizeof(usage->text) };

	(void)m;
	usage->purpose = n32_purpose_parse(v->text);
	return usage->purpose == N32_PURPOSE_UNKNOWN ? record_read_text(r, &text, v, usage->text)
						     : 0;
}

static int read_jwe(struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct n32_suite *suite = out;
	struct member text = { .size = sizeof(suite->text) };

	(void)m;
	suite->value = n32_jwe_parse(v->text);
	return suite->value == N32_JWE_UNKNOWN ? record_read_text(r, &text, v, suite->text) : 0;
}

static int read_jws(struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct n32_suite *suite = out;
	struct member text = { .size = sizeof(suite->text) };

	(void)m;
	suite->value = n32_jws_parse(v->text);
	return suite->value == N32_JWS_UNKNOWN ? record_read_text(r, &text, v, suite->text) : 0;
}

static int read_error(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct script_report *report = out;
	struct member text = { .size = sizeof(report->error_text) };

	(void)m;
	report->error = n32_error_type_parse(v->text);
	return report->error == N32_ERROR_UNKNOWN
		   ? record_read_text(r, &text, v, report->error_text)
		   : 0;
}

/* --- networks */

int record_read_plmn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	return n32_plmn_parse(out, v->text) ? record_unexpected(r, "PLMN such as \"001-01\"") : 0;
}

int record_read_snpn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	return n32_snpn_parse(out, v->text)
		   ? record_unexpected(r, "SNPN such as \"001-01-00000abcdef\"")
		   : 0;
}

static const struct member network_members[] = {
	{ "mcc", record_read_text, TEXT(n32_snpn, plmn.mcc) },
	{ "mnc", record_read_text, TEXT(n32_snpn, plmn.mnc) },
	{ "nid", record_read_text, TEXT(n32_snpn, nid) },
};

/* An object as on the wire; a PLMN is one without `nid`. */
static int read_network(struct reader *r, const struct json_value *v, struct n32_snpn *out)
{
	struct n32_snpn again;
	char text[20];

	memset(out, 0, sizeof(*out));
	if (record_read_members(r, network_members, ARRAY_LEN(network_members), v, out))
		return ERR_SYNTAX;
	if (n32_snpn_parse(&again, str_of(n32_snpn_print(text, out))) || !n32_snpn_eq(&again, out))
		return record_unexpected(r, "digits of a PLMN or SNPN");
	return 0;
}

static int read_wire_plmn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	struct n32_snpn network;

	(void)m;
	if (read_network(r, v, &network))
		return ERR_SYNTAX;
	if (*network.nid)
		return record_unexpected(r, "PLMN without 'nid'");
	*(struct n32_plmn *)out = network.plmn;
	return 0;
}

static int read_wire_snpn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	return read_network(r, v, out);
}

/* --- messages */

static int read_port(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_INTEGER || v->integer < 1 || v->integer > 65535)
		return record_unexpected(r, "port");
	*(uint16_t *)out = (uint16_t)v->integer;
	return 0;
}

/* Flagged members: the flag is `count` bytes into the struct of the table. */
static bool *flag_of(const struct member *m, void *out)
{
	return (void *)((char *)out - m->offset + m->count);
}

static int read_target_plmn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	*flag_of(m, out) = true;
	return read_wire_plmn(r, m, v, out);
}

static int read_target_snpn(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	*flag_of(m, out) = true;
	return read_wire_snpn(r, m, v, out);
}

static int read_flagged_bool(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	*flag_of(m, out) = true;
	return record_read_bool(r, m, v, out);
}

static int read_features(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	uint64_t *features = out;

	*flag_of(m, out) = true;
	*features = 0;
	if (v->type != N32_JSON_STRING || v->text.n < 1 || v->text.n > 16)
		return record_unexpected(r, "1 to 16 hexadecimal digits in a string");
	for (size_t i = 0; i < v->text.n; i++) {
		unsigned digit = n32_json_hex_value(v->text.p[i]);

		if (digit > 15)
			return record_unexpected(r, "1 to 16 hexadecimal digits in a string");
		*features = *features << 4 | digit;
	}
	return 0;
}

static int read_usage(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	static const struct member members[] = {
		{ "usagePurpose", .read = read_purpose },
		{ "additionalInfo", record_read_text, TEXT(n32_usage, additional_info) },
		{ "cause", record_read_text, TEXT(n32_usage, cause) },
	};

	(void)m;
	return record_read_members(r, members, ARRAY_LEN(members), v, out);
}

static const struct member request_members[] = {
	{ "sender", record_read_text, TEXT(n32_neg_req, sender.text) },
	{ "supportedSecCapabilityList", LIST(n32_neg_req, caps, n_caps, read_cap_item) },
	{ "3GppSbiTargetApiRootSupported", record_read_bool, AT(n32_neg_req, target_api_root) },
	{ "plmnIdList", LIST(n32_neg_req, plmns, n_plmns, read_wire_plmn) },
	{ "snpnIdList", LIST(n32_neg_req, snpns, n_snpns, read_wire_snpn) },
	{ "targetPlmnId", read_target_plmn, FLAGGED(n32_neg_req, target_plmn, has_target_plmn) },
	{ "targetSnpnId", read_target_snpn, FLAGGED(n32_neg_req, target_snpn, has_target_snpn) },
	{ "intendedUsagePurpose", LIST(n32_neg_req, usages, n_usages, read_usage) },
	{ "supportedFeatures", read_features, FLAGGED(n32_neg_req, features, has_features) },
	{ "senderN32fFqdn", record_read_text, TEXT(n32_neg_req, n32f_fqdn.text) },
	{ "senderN32fPort", read_port, AT(n32_neg_req, n32f_port) },
};

static const struct member response_members[] = {
	{ "sender", record_read_text, TEXT(n32_neg_rsp, sender.text) },
	{ "selectedSecCapability", read_cap_item, AT(n32_neg_rsp, selected) },
	{ "3GppSbiTargetApiRootSupported", read_flagged_bool,
	    FLAGGED(n32_neg_rsp, target_api_root, has_target_api_root) },
	{ "plmnIdList", LIST(n32_neg_rsp, plmns, n_plmns, read_wire_plmn) },
	{ "snpnIdList", LIST(n32_neg_rsp, snpns, n_snpns, read_wire_snpn) },
	{ "allowedUsagePurpose", LIST(n32_neg_rsp, allowed, n_allowed, read_usage) },
	{ "rejectedUsagePurpose", LIST(n32_neg_rsp, rejected, n_rejected, read_usage) },
	{ "supportedFeatures", read_features, FLAGGED(n32_neg_rsp, features, has_features) },
	{ "senderN32fFqdn", record_read_text, TEXT(n32_neg_rsp, n32f_fqdn.text) },
	{ "senderN32fPort", read_port, AT(n32_neg_rsp, n32f_port) },
};

static const struct member params_members[] = {
	{ "sender", record_read_text, TEXT(script_params, sender.text) },
	{ "jweCipherSuiteList", LIST(script_params, jwe, n_jwe, read_jwe) },
	{ "jwsCipherSuiteList", LIST(script_params, jws, n_jws, read_jws) },
	{ "has_policy", record_read_bool, AT(script_params, has_policy) },
	{ "policy_differs", record_read_bool, AT(script_params, policy_differs) },
};

static const struct member report_members[] = {
	{ "n32fErrorType", .read = read_error },
	{ "n32fContextId", record_read_text, TEXT(script_report, context) },
	{ "n32fMessageId", record_read_text, TEXT(script_report, message_id) },
	{ "in_context", record_read_u64, AT(script_report, in_context) },
};

/* --- messages as a whole */

#define MESSAGE(name)                                                                              \
	int record_read_##name(                                                                    \
	    struct reader *r, const struct member *m, const struct json_value *v, void *out)       \
	{                                                                                          \
		(void)m;                                                                           \
		return record_read_members(r, name##_members, ARRAY_LEN(name##_members), v, out);  \
	}

MESSAGE(request)
MESSAGE(response)
MESSAGE(params)
MESSAGE(report)
