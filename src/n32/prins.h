/* SPDX-License-Identifier: MIT */
/*
 * prins.h - the types of the PRINS control plane (TS 29.573 6.1.5): what exchange-params,
 * n32f-terminate and n32f-error carry, and what a peer says when it redirects or refuses.
 *
 * Plain values, but for the policies and providers of policy.h: what holds one of them has an
 * _init() and a _release().
 *
 * Bounds are ours, as in types.h.
 */
#ifndef N32_PRINS_H
#define N32_PRINS_H

#include "base/base.h"
#include "n32/policy.h"
#include "n32/types.h"

enum {
	N32_CONTEXT_ID_LEN = 16, /* hexadecimal digits */
	N32_SUITES_MAX = 16,
	N32_FAILED_MAX = 16,  /* failedModificationList */
	N32_DETAILS_MAX = 32, /* errorDetailsList */
};

/* JWE encryption and JWS signature algorithms (TS 33.210 6.3, TS 33.501 13.2.4.9). */
enum n32_jwe {
	N32_JWE_UNKNOWN,
	N32_JWE_A128GCM,
	N32_JWE_A256GCM,
	N32_JWES
};
enum n32_jws {
	N32_JWS_UNKNOWN,
	N32_JWS_ES256,
	N32_JWSS
};

struct n32_suite {
	int value;                   /* enum n32_jwe or n32_jws */
	char text[N32_TEXT_MAX + 1]; /* as received, when it is unknown; then "" = absent */
};

/* N32fErrorType (6.1.5.3.3); extensible.  Those of roaming intermediaries are unknown values. */
/* clang-format off */
#define N32_ERROR_TYPE_TABLE(X)                \
	X(INTEGRITY_CHECK_FAILED)                  \
	X(INTEGRITY_CHECK_ON_MODIFICATIONS_FAILED) \
	X(MODIFICATIONS_INSTRUCTIONS_FAILED)       \
	X(DECIPHERING_FAILED)                      \
	X(MESSAGE_RECONSTRUCTION_FAILED)           \
	X(CONTEXT_NOT_FOUND)                       \
	X(INTEGRITY_KEY_EXPIRED)                   \
	X(ENCRYPTION_KEY_EXPIRED)                  \
	X(POLICY_MISMATCH)
/* clang-format on */

enum n32_error_type {
	N32_ERROR_UNKNOWN,
#define X(name) N32_ERROR_##name,
	N32_ERROR_TYPE_TABLE(X)
#undef X
	N32_ERROR_TYPES
};

struct n32_error_item {
	enum n32_error_type type;
	char text[N32_TEXT_MAX + 1]; /* as received, when type is UNKNOWN */
};

/* SecParamExchReqData */
struct n32_params_req {
	struct n32_fqdn sender;
	char context_id[N32_CONTEXT_ID_LEN + 1]; /* each digit as received */
	size_t n_jwe, n_jws;                     /* in the peer's order; 0 = absent */
	struct n32_suite jwe[N32_SUITES_MAX], jws[N32_SUITES_MAX];
	bool has_policy;
	struct n32_policy policy;
	struct n32_providers providers;
};

/* SecParamExchRspData */
struct n32_params_rsp {
	struct n32_fqdn sender;
	char context_id[N32_CONTEXT_ID_LEN + 1];
	struct n32_suite jwe, jws;
	bool has_policy;
	struct n32_policy policy;
	struct n32_providers providers;
};

/* N32fContextInfo */
struct n32_context_info {
	char id[N32_CONTEXT_ID_LEN + 1];
};

/* FailedModificationInfo */
struct n32_failed_modification {
	struct n32_fqdn ipx_id;
	struct n32_error_item error;
};

/* N32fErrorDetail */
struct n32_error_detail {
	char attribute[N32_INFO_MAX + 1];
	char reason[N32_TEXT_MAX + 1]; /* FailureReason; an unknown one is cut at its bound */
};

/* N32fErrorInfo, without policyMismatchList */
struct n32_error_info {
	char message_id[N32_TEXT_MAX + 1];
	struct n32_error_item error;
	char context_id[N32_CONTEXT_ID_LEN + 1]; /* "" = absent */
	size_t n_failed, n_details;
	struct n32_failed_modification failed[N32_FAILED_MAX];
	struct n32_error_detail details[N32_DETAILS_MAX];
};

/* RedirectResponse; "" is what was not understood. */
struct n32_redirect {
	char target_sepp[N32_INFO_MAX + 1]; /* a URI */
	char cause[N32_TEXT_MAX + 1];
};

/* ProblemDetails of a peer, for logs and decisions; 0 or "" is what was not understood. */
struct n32_problem_info {
	int status;
	char cause[64];
	char detail[128];
};

/* The wire name; "UNKNOWN" for the unknown value.  Borrowed, static. */
const char *n32_jwe_name(enum n32_jwe jwe);
const char *n32_jws_name(enum n32_jws jws);
const char *n32_error_type_name(enum n32_error_type type);

/* Case-sensitive; anything else is the unknown value. */
enum n32_jwe n32_jwe_parse(struct str text);
enum n32_jws n32_jws_parse(struct str text);
enum n32_error_type n32_error_type_parse(struct str text);

/* The wire name, or the text of an unknown value ("" = absent).  Borrowed. */
const char *n32_jwe_text(const struct n32_suite *suite);
const char *n32_jws_text(const struct n32_suite *suite);
const char *n32_error_text(const struct n32_error_item *error);

/* Digits are the same in either case; "" is equal to nothing. */
bool n32_context_id_eq(const char *a, const char *b);

/* Everything absent; array elements behind a count of 0 keep old bytes on reset. */
void n32_params_req_init(struct n32_params_req *req);
void n32_params_req_release(struct n32_params_req *req);
void n32_params_req_reset(struct n32_params_req *req);

void n32_params_rsp_init(struct n32_params_rsp *rsp);
void n32_params_rsp_release(struct n32_params_rsp *rsp);
void n32_params_rsp_reset(struct n32_params_rsp *rsp);

#endif
