/* SPDX-License-Identifier: MIT */
/*
 * prins.h - what policies decide about once PRINS is selected: algorithms, differing protection
 * policies, error reports.  Plain values.
 */
#ifndef SCRIPT_PRINS_H
#define SCRIPT_PRINS_H

#include "base/base.h"
#include "n32/prins.h"

/* What to do when the protection policies of the two ends differ (TS 33.501 13.2.3.6). */
enum script_mismatch {
	SCRIPT_MISMATCH_REFUSE, /* 409 */
	SCRIPT_MISMATCH_WARN    /* a line in the log; ours holds */
};

/* What an exchange of parameters proposes (TS 29.573 6.1.5.2.4). */
struct script_params {
	struct n32_fqdn sender; /* "" = absent */
	size_t n_jwe, n_jws;    /* in the peer's order; 0 = absent */
	struct n32_suite jwe[N32_SUITES_MAX], jws[N32_SUITES_MAX];
	bool has_policy;     /* the exchange is also about protection policies */
	bool policy_differs; /* ... and the peer's is not ours */
};

/* An error report of the peer about a message of ours (TS 29.573 6.1.5.2.8). */
struct script_report {
	enum n32_error_type error;
	char error_text[N32_TEXT_MAX + 1]; /* as received, when it is unknown */
	char context[17];                  /* N32-f context, hexadecimal; "" = absent */
	char message_id[N32_TEXT_MAX + 1];
	uint64_t in_context; /* reports about this context so far, this one included */
};

#endif
