/* SPDX-License-Identifier: MIT */
/*
 * log.h - one event, one line, on standard error.
 *
 *	level area id: message key=value key=value
 *
 * error = an operator must act, warn = degraded, info = lifecycle, debug = per exchange.  `id` says
 * which one (a partner, a connection, "-").  Lines go through a bounded queue to a thread of their
 * own, so that a slow reader of standard error never holds up a loop; what did not fit is counted
 * and said.  Text that came from a peer is passed through str_escape() by the caller.
 *
 * Lines that a peer can cause at will use log_peer(), which lets 20 in a row and 2 a second through
 * for each area and says how many were left out.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

struct err;

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};
enum log_area {
	LOG_MAIN,
	LOG_NET,
	LOG_TLS,
	LOG_H2,
	LOG_N32,
	LOG_POLICY,
	LOG_SEPP,
	LOG_ADMIN,
	LOG_AREAS
};
enum log_format {
	LOG_TEXT,
	LOG_JSON
};

/* Sets what is written.  Not for use while other threads log. */
void log_setup(enum log_level level, enum log_format format);

/* "error", "warn", "info" or "debug" into `*level`; false for anything else. */
bool log_level_parse(const char *name, enum log_level *level) MUST_CHECK;

/* Starts the writing thread.  Until then, and after log_stop(), lines are written at once. */
int log_start(struct err *e) MUST_CHECK;

/* Writes what is queued and ends the thread. */
void log_stop(void);

/* Whether a line of `level` would be written: ask before preparing an expensive one. */
bool log_wants(enum log_level level);

void log_line(enum log_level level, enum log_area area, const char *id, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/*
 * For the last words of a process: writes at once, past the queue, if standard error takes it
 * within a second.  From any thread.
 */
void log_last(enum log_level level, enum log_area area, const char *id, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* For lines a peer can cause: limited by rate for each area.  `now` decides what is let through. */
void log_peer(msec now, enum log_level level, enum log_area area, const char *id, const char *fmt,
    ...) PRINTF_LIKE(5, 6);

/* Lines lost because the queue was full, since the start. */
uint64_t log_lost(void);

#define log_error(area, id, ...) log_line(LOG_ERROR, area, id, __VA_ARGS__)
#define log_warn(area, id, ...)  log_line(LOG_WARN, area, id, __VA_ARGS__)
#define log_info(area, id, ...)  log_line(LOG_INFO, area, id, __VA_ARGS__)
#define log_debug(area, id, ...) log_line(LOG_DEBUG, area, id, __VA_ARGS__)

#endif
