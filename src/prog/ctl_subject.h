/* SPDX-License-Identifier: MIT */
/*
 * ctl_subject.h - what `parleyctl eval` asks a policy about: a body of a peer or a recorded
 * decision of a journal, completed with what neither says.
 */
#ifndef PROG_CTL_SUBJECT_H
#define PROG_CTL_SUBJECT_H

#include "base/base.h"
#include "base/buf.h"
#include "n32/problem.h"
#include "script/case.h"
#include "sepp/generation.h"

struct ctl_subject {
	struct buf text;            /* what was read */
	struct script_case *c;      /* owned; NULL: the text is of no use */
	struct n32_problem problem; /* code NONE: the body is well-formed */
	bool is_record, is_truncated;
	struct str then_answer; /* of a record: the JSON of its answer, in `text` */
};

/*
 * Reads `path` ("-": standard input).  A record keeps its hook, unless `hook` is another one than
 * SCRIPT_HOOKS; a body is for `hook`, or select_capability.  Returns 0 with `c` or `problem`
 * filled; else after a line on standard error.  ctl_subject_release() follows in all cases.
 */
int ctl_subject_read(struct ctl_subject *s, const char *path, const struct generation *g,
    const struct partner *p, enum script_hook hook) MUST_CHECK;

/* Sets what "cert_days_left=6" says.  Returns 0, or after a line on standard error. */
int ctl_subject_set(struct ctl_subject *s, const char *assignment) MUST_CHECK;

/* Sets the time, as sepp.date() takes it or in seconds. */
int ctl_subject_set_time(struct ctl_subject *s, const char *text) MUST_CHECK;

void ctl_subject_release(struct ctl_subject *s);

#endif
