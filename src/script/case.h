/* SPDX-License-Identifier: MIT */
/*
 * case.h - an input for a decision together with everything that it points to.
 *
 * For whoever makes inputs that no connection made: the test runner, `parleyctl eval`, and readers
 * of the decision journal.  Large; on the heap.  The pointers of `in` lead into the struct itself,
 * so it cannot be copied by assignment: script_case_copy().
 */
#ifndef SCRIPT_CASE_H
#define SCRIPT_CASE_H

#include "base/base.h"
#include "script/decision.h"

enum {
	SCRIPT_CASE_NAMES_MAX = 32,
	SCRIPT_CASE_FLAGS_MAX = 16,
	SCRIPT_CASE_TEXT_MAX = 255,
};

struct script_case {
	struct script_input in; /* its pointers are set by script_case_point() */

	struct n32_neg_req request;
	struct n32_neg_rsp response;
	struct script_params params;
	struct script_report report;
	struct conf_partner partner; /* its paths are NULL */
	size_t n_dns_names, n_plmns, n_flags;
	char dns_names[SCRIPT_CASE_NAMES_MAX][N32_FQDN_MAX + 1];
	struct n32_plmn plmns[N32_PLMNS_MAX];
	char flags[SCRIPT_CASE_FLAGS_MAX][CONF_NAME_MAX + 1];
	char source_address[SCRIPT_CASE_TEXT_MAX + 1];
	char tls_version[SCRIPT_CASE_TEXT_MAX + 1], tls_cipher[SCRIPT_CASE_TEXT_MAX + 1];
	char issuer[SCRIPT_CASE_TEXT_MAX + 1], key[SCRIPT_CASE_TEXT_MAX + 1];
	char fingerprint[SCRIPT_CASE_TEXT_MAX + 1];
	char previous_fingerprint[SCRIPT_CASE_TEXT_MAX + 1];
	struct str dns_name_views[SCRIPT_CASE_NAMES_MAX], flag_views[SCRIPT_CASE_FLAGS_MAX];
};

/*
 * A valid case for `hook`: a partner "partner" of PLMN 262-01 with a certificate that is good for a
 * year, on TLS 1.3, that offers PRINS and TLS, at a fixed time; nothing established, no history.
 * The caller frees it with mem_free().
 */
struct script_case *script_case_new(enum script_hook hook);

/* Makes the pointers of `c->in` lead to what `c` holds now: to be called after changes. */
void script_case_point(struct script_case *c);

/* The caller frees it with mem_free(). */
struct script_case *script_case_copy(const struct script_case *c);

/* Takes identity, path, ceiling and purposes from a partner's file, with names in the certificate
 * and a sender that fit. */
void script_case_set_partner(struct script_case *c, const struct conf_partner *conf);

/* What may be selected or offered within the ceilings of the gateway (NULL: all) and of the
 * partner; for SELECT_CAPABILITY, also of what the request offers.  Fills in.offer and
 * in.purposes_allowed. */
void script_case_set_offer(struct script_case *c, const struct conf_gateway *gateway);

#endif
