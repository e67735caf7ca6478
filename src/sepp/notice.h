/* SPDX-License-Identifier: MIT */
/*
 * notice.h - what a peer notifies us of while PRINS is in force: the end of an N32-f context, an
 * error in an N32-f message of ours (TS 29.573 5.2.4, 5.2.5; n32.md A.7, A.9, B.10).
 *
 * A partner can touch its own contexts only.  No report is ever answered with a report.
 */
#ifndef SEPP_NOTICE_H
#define SEPP_NOTICE_H

#include "base/buf.h"
#include "n32/prins.h"
#include "n32/problem.h"
#include "sepp/decide.h"
#include "sepp/link.h"

/* Buffers for one request at a time; lives with the worker. */
struct notice {
	struct n32_error_info report;
	struct n32_context_info info;
	struct script_report seen;
	struct n32_problem problem;
	struct decision decision;
	struct context_view context;
	struct buf body; /* of the answer */
	unsigned retry_s;
};

struct notice *notice_new(void);

/* NULL is allowed. */
void notice_free(struct notice *n);

/* n32f-terminate.  Returns 200 with `body`, or the status of `problem` with its code. */
unsigned notice_terminate(
    struct worker *w, const struct generation *g, struct partner *p, struct str body) MUST_CHECK;

/* n32f-error.  Returns 204, or the status of `problem` with its code and `retry_s`. */
unsigned notice_report(struct worker *w, const struct generation *g, struct partner *p,
    struct session *s, struct str body) MUST_CHECK;

#endif
