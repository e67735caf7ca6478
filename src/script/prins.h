/* SPDX-License-Identifier: MIT */
/*
 * prins.h - what policies decide about once PRINS is selected: algorithms, differing protection
 * policies, error reports.  Plain values.
 */
#ifndef SCRIPT_PRINS_H
#define SCRIPT_PRINS_H

#include "base/base.h"
#include "n32/types.h"

/* JWE encryption and JWS signature algorithms of PRINS (TS 33.210 6.3, TS 33.501 13.2.4.9). */
enum script_jwe {
	SCRIPT_JWE_UNKNOWN,
	SCRIPT_JWE_A128GCM,
	SCRIPT_JWE_A256GCM,
	SCRIPT_JWES
};
enum script_jws {
	SCRIPT_JWS_UNKNOWN,
	SCRIPT_JWS_ES256,
	SCRIPT_JWSS
};

/* What to do when the protection policies of the two ends differ (TS 33.501 13.2.3.6). */
enum script_mismatch {
	SCRIPT_MISMATCH_REFUSE, /* 409 */
	SCRIPT_MISMATCH_WARN    /* a line in the log; ours holds */
};

enum {
	SCRIPT_SUITES_MAX = 8,
};

struct script_suite {
	int value;                   /* enum script_jwe or script_jws */
	char text[N32_TEXT_MAX + 1]; /* as received, when it is unknown */
};

/* What an exchange of parameters proposes (TS 29.573 6.1.5.2.4). */
struct script_params {
	struct n32_fqdn sender; /* "" = absent */
	size_t n_jwe, n_jws;    /* in the peer's order; 0 = absent */
	struct script_suite jwe[SCRIPT_SUITES_MAX], jws[SCRIPT_SUITES_MAX];
	bool has_policy;     /* the exchange is also about protection policies */
	bool policy_differs; /* ... and the peer's is not ours */
};

/* The types of an N32-f error (TS 29.573 6.1.5.3.3); extensible. */
/* clang-format off */
#define SCRIPT_N32F_ERROR_TABLE(X)             \
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

enum script_n32f_error {
	SCRIPT_N32F_UNKNOWN,
#define X(name) SCRIPT_N32F_##name,
	SCRIPT_N32F_ERROR_TABLE(X)
#undef X
	SCRIPT_N32F_ERRORS
};

/* An error report of the peer about a message of ours (TS 29.573 6.1.5.2.8). */
struct script_report {
	enum script_n32f_error error;
	char error_text[N32_TEXT_MAX + 1]; /* as received, when it is unknown */
	char context[17];                  /* N32-f context, hexadecimal; "" = absent */
	char message_id[N32_TEXT_MAX + 1];
	uint64_t in_context; /* reports about this context so far, this one included */
};

const char *script_jwe_name(enum script_jwe jwe);
const char *script_jws_name(enum script_jws jws);
const char *script_n32f_error_name(enum script_n32f_error error);

#endif
