/* SPDX-License-Identifier: MIT */
/*
 * report.h - the state of the gateway as JSON and as Prometheus text.
 */
#ifndef ADMIN_REPORT_H
#define ADMIN_REPORT_H

#include "base/base.h"

struct err;
struct partner;
struct gateway;
struct gateway_change;

/* JSON texts with a final newline; the caller frees them with free(). */
char *report_status(const struct gateway *g);
char *report_partners(const struct gateway *g);

/* The answer to a reload: what is active now, or why nothing changed and what failed. */
char *report_reload(const struct gateway_change *change, bool dry_run, const struct err *e);

/* The answer to a rollback; `change` may be NULL when there is `e`. */
char *report_rollback(const struct gateway_change *change, const struct err *e);

/* The flags of a partner; the `e` of an answer without one. */
char *report_flags(const struct partner *p, const struct err *e);

/* Prometheus text exposition format 0.0.4; freed with free(). */
char *report_metrics(const struct gateway *g);

/* Whether the gateway serves, and below that, a line each, what it does without meanwhile. */
char *report_ready(const struct gateway *g, bool *is_ready);

/* Whether what was asked for was begun; `e` NULL: it was. */
char *report_done(const char *partner, const struct err *e);

/* The N32-f contexts; nothing of their keys. */
char *report_contexts(const struct gateway *g);

/* An error of the API itself. */
char *report_error(const char *text);

#endif
