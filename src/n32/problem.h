/* SPDX-License-Identifier: MIT */
/*
 * problem.h - ProblemDetails (RFC 9457 as profiled by TS 29.571, causes of TS 29.500 5.2.7.2).
 *
 * The one table of statuses and causes that a peer can see.  Causes are [unconfirmed] strings of an
 * open set for N32-c, so they are written here and nowhere else (F-3, F-4).
 */
#ifndef N32_PROBLEM_H
#define N32_PROBLEM_H

#include "base/base.h"
#include "base/buf.h"

/* code, status, cause, title */
/* clang-format off */
#define N32_PROBLEM_TABLE(X)                                                                       \
	X(INVALID_API, 400, "INVALID_API", "Bad Request")                                          \
	X(INVALID_MSG_FORMAT, 400, "INVALID_MSG_FORMAT", "Bad Request")                            \
	X(INVALID_QUERY_PARAM, 400, "INVALID_QUERY_PARAM", "Bad Request")                          \
	X(MANDATORY_IE_MISSING, 400, "MANDATORY_IE_MISSING", "Bad Request")                        \
	X(MANDATORY_IE_INCORRECT, 400, "MANDATORY_IE_INCORRECT", "Bad Request")                    \
	X(OPTIONAL_IE_INCORRECT, 400, "OPTIONAL_IE_INCORRECT", "Bad Request")                      \
	X(NOT_ALLOWED, 403, "NEGOTIATION_NOT_ALLOWED", "Forbidden")                                \
	X(NO_COMMON_CAPABILITY, 403, "NEGOTIATION_NOT_ALLOWED", "Forbidden")                       \
	X(PURPOSE_NOT_ALLOWED, 403, "REQUESTED_PURPOSE_NOT_ALLOWED", "Forbidden")                  \
	X(UNKNOWN_RESOURCE, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "Not Found")                  \
	X(CONTEXT_NOT_FOUND, 404, "CONTEXT_NOT_FOUND", "Not Found")                                \
	X(METHOD, 405, NULL, "Method Not Allowed")                                                 \
	X(PARAM_MISMATCH, 409, "REQUESTED_PARAM_MISMATCH", "Conflict")                             \
	X(TOO_LARGE, 413, NULL, "Content Too Large")                                               \
	X(MEDIA_TYPE, 415, NULL, "Unsupported Media Type")                                         \
	X(RATE, 429, "NF_CONGESTION_RISK", "Too Many Requests")                                    \
	X(HEADERS_TOO_LARGE, 431, NULL, "Request Header Fields Too Large")                         \
	X(FAILURE, 500, "SYSTEM_FAILURE", "Internal Server Error")                                 \
	X(CONGESTION, 503, "NF_CONGESTION", "Service Unavailable")
/* clang-format on */

enum n32_problem_code {
	N32_PROBLEM_NONE,
#define X(name, status, cause, title) N32_PROBLEM_##name,
	N32_PROBLEM_TABLE(X)
#undef X
};

enum {
	N32_INVALID_PARAMS_MAX = 32
};

struct n32_invalid_param {
	char param[128];    /* JSON pointer (RFC 6901), or "header <name>" */
	const char *reason; /* borrowed, static */
};

/* What is wrong with a request.  A plain value; zero-initialise before use. */
struct n32_problem {
	enum n32_problem_code code;
	char detail[128]; /* terse, may be "" */
	size_t n_params;
	struct n32_invalid_param params[N32_INVALID_PARAMS_MAX];
	size_t more; /* offences that did not fit */
};

/* Nothing is wrong: an empty one of that code. */
void n32_problem_reset(struct n32_problem *p, enum n32_problem_code code);

/* Adds an offence.  `param` is cut at its bound; `reason` is static.  Does not touch `code`. */
void n32_problem_add(struct n32_problem *p, const char *param, const char *reason);

/* HTTP status (0 for NONE), cause ("" if none) of a code. */
int n32_problem_status(enum n32_problem_code code);
const char *n32_problem_cause(enum n32_problem_code code);

/*
 * Appends the problem+json body, without the members that would be empty.  `status` 0 takes the
 * one of the table; another one is used when configuration maps a case elsewhere (F-3), with the
 * title of that status.  ERR_LIMIT if it does not fit.
 */
int n32_problem_print(struct buf *out, const struct n32_problem *p, int status) MUST_CHECK;

#endif
