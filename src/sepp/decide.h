/* SPDX-License-Identifier: MIT */
/*
 * decide.h - puts a question to a partner's policy, and makes sure that there is a safe answer.
 *
 * Fills what a policy may see of the peer, asks the hook of whoever answers it for this partner,
 * counts, logs and records.  Whatever goes wrong is SCRIPT_FAILED; the callers close on it.  What
 * they did about the answer, they say with decision_done().
 */
#ifndef SEPP_DECIDE_H
#define SEPP_DECIDE_H

#include "n32/identity.h"
#include "net/conn.h"
#include "script/script.h"
#include "sepp/worker.h"

/* One question.  Large; lives with the worker.  Fill the upper part, then decide(). */
struct decision {
	const struct generation *generation; /* that the partner is of */
	struct script_input in; /* hook, and what belongs to it; `peer` is filled by decide() */

	struct script_answer out;
	char id[JOURNAL_ID_MAX]; /* in the log and in the journal */
	struct assoc_view view;  /* of the partner, as the policy saw it */
	struct n32_plmn plmns[N32_REALMS_MAX];
	char source[ADDR_TEXT_MAX];
	struct str flags[ASSOC_FLAGS_MAX];
};

/* Asks about the peer of `c`, which is `partner` and is certified as `id`. */
void decide(struct worker *w, struct decision *d, const struct partner *partner, struct conn *c,
    const struct n32_identity *id);

/*
 * What was done about the last answer, for its record: "403", "200 TLS", "kept".  Nothing happens
 * when there was no decision since the last call.
 */
void decision_done(struct worker *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "partners/a.lua:12", or the file alone, or "-".  Returns `out`. */
char *decision_place(char out[SCRIPT_PLACE_TEXT_MAX], const struct decision *d);

#endif
