/* SPDX-License-Identifier: MIT */
/*
 * types.h - the N32-c data types, as plain values.
 *
 * Every struct here is self-contained: fixed arrays, no pointer, no owner, so that one may be
 * copied, compared, queued or sent to another process.  Bounds are ours (the schemas have none) and
 * are part of the strict decoding: more is a 400 that says how many are allowed.
 *
 * TS 29.573 6.1.5 (N32 Handshake API), TS 29.571 (PlmnId, PlmnIdNid, Fqdn, SupportedFeatures).
 * The older prose calls SecNegotiateReqData "SecurityNegotiateReqData"; names are not on the wire.
 */
#ifndef N32_TYPES_H
#define N32_TYPES_H

#include "base/base.h"
#include "base/str.h"

enum {
	N32_FQDN_MAX = 253,
	N32_CAPS_MAX = 16,
	N32_PLMNS_MAX = 64,
	N32_SNPNS_MAX = 32,
	N32_USAGES_MAX = 32,
	N32_TEXT_MAX = 63,     /* an enumeration value we do not know */
	N32_INFO_MAX = 255,    /* additionalInfo, cause */
	N32_FEATURES_MAX = 32, /* hexadecimal digits */
};

/* SecurityCapability: extensible, so any other string is N32_CAP_UNKNOWN.  ALS is unknown (F-6). */
enum n32_cap {
	N32_CAP_UNKNOWN,
	N32_CAP_TLS,
	N32_CAP_PRINS,
	N32_CAP_NONE
};

/* name on the wire, in the order of TS 29.573 6.1.5.3.9 */
/* clang-format off */
#define N32_PURPOSE_TABLE(X)       \
	X(ROAMING)                     \
	X(INTER_PLMN_MOBILITY)         \
	X(SMS_INTERCONNECT)            \
	X(SNPN_INTERCONNECT)           \
	X(DISASTER_ROAMING)            \
	X(DATA_ANALYTICS_EXCHANGE)     \
	X(ROAMING_TEST)                \
	X(INTER_PLMN_MOBILITY_TEST)    \
	X(SMS_INTERCONNECT_TEST)       \
	X(SNPN_INTERCONNECT_TEST)      \
	X(DISASTER_ROAMING_TEST)       \
	X(DATA_ANALYTICS_EXCHANGE_TEST)
/* clang-format on */

enum n32_purpose {
	N32_PURPOSE_UNKNOWN,
#define X(name) N32_PURPOSE_##name,
	N32_PURPOSE_TABLE(X)
#undef X
	N32_PURPOSES /* how many there are, with UNKNOWN */
};

/* Feature bits of SupportedFeatures; feature 1 is the lowest. */
enum n32_feature {
	N32_FEATURE_NFTLST = 1u << 0, /* N32-f TLS is ended with the capability NONE */
};

struct n32_fqdn {
	char text[N32_FQDN_MAX + 1]; /* lower case, no trailing dot; "" = absent */
};

struct n32_plmn {
	char mcc[4]; /* 3 digits */
	char mnc[4]; /* 2 or 3 digits */
};

struct n32_snpn {
	struct n32_plmn plmn;
	char nid[12]; /* 11 hexadecimal digits, lower case; "" = absent */
};

struct n32_cap_item {
	enum n32_cap cap;
	char text[N32_TEXT_MAX + 1]; /* as received, when cap is UNKNOWN */
};

/* IntendedN32Purpose */
struct n32_usage {
	enum n32_purpose purpose;
	char text[N32_TEXT_MAX + 1]; /* as received, when purpose is UNKNOWN */
	char additional_info[N32_INFO_MAX + 1];
	char cause[N32_INFO_MAX + 1]; /* reason of a rejection; answers only */
};

/* SecNegotiateReqData */
struct n32_neg_req {
	struct n32_fqdn sender;
	size_t n_caps; /* supportedSecCapabilityList in the initiator's order */
	struct n32_cap_item caps[N32_CAPS_MAX];
	bool target_api_root; /* 3GppSbiTargetApiRootSupported; absent = false */
	size_t n_plmns;
	struct n32_plmn plmns[N32_PLMNS_MAX];
	size_t n_snpns;
	struct n32_snpn snpns[N32_SNPNS_MAX];
	bool has_target_plmn, has_target_snpn;
	struct n32_plmn target_plmn;
	struct n32_snpn target_snpn;
	size_t n_usages; /* intendedUsagePurpose; 0 = absent */
	struct n32_usage usages[N32_USAGES_MAX];
	bool has_features;
	uint64_t features; /* the 64 lowest bits of supportedFeatures */
	struct n32_fqdn n32f_fqdn;
	uint16_t n32f_port; /* the first of either shape; 0 = absent */
};

/* Whether the request offers the capability. */
bool n32_neg_req_offers(const struct n32_neg_req *req, enum n32_cap cap);

/* SecNegotiateRspData */
struct n32_neg_rsp {
	struct n32_fqdn sender;
	struct n32_cap_item selected;
	bool has_target_api_root, target_api_root;
	size_t n_plmns;
	struct n32_plmn plmns[N32_PLMNS_MAX];
	size_t n_snpns;
	struct n32_snpn snpns[N32_SNPNS_MAX];
	size_t n_allowed, n_rejected;
	struct n32_usage allowed[N32_USAGES_MAX], rejected[N32_USAGES_MAX];
	bool has_features;
	uint64_t features;
	struct n32_fqdn n32f_fqdn;
	uint16_t n32f_port;
};

/*
 * The index of `text` among the `n` names of an enumeration, of which the first stands for the
 * unknown value: 0 if it is none of the others.
 */
size_t n32_names_find(const char *const *names, size_t n, struct str text);

/* The wire name; "UNKNOWN" for the unknown value.  Borrowed, static. */
const char *n32_cap_name(enum n32_cap cap);
const char *n32_purpose_name(enum n32_purpose purpose);

/* Case-sensitive; anything else is the unknown value. */
enum n32_cap n32_cap_parse(struct str text);
enum n32_purpose n32_purpose_parse(struct str text);

/* Whether the purpose is one of the *_TEST ones. */
bool n32_purpose_is_test(enum n32_purpose purpose);

#endif
