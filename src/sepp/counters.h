/* SPDX-License-Identifier: MIT */
/*
 * counters.h - what happened on one worker, counted.
 *
 * Written by one thread without a lock, read by others at any time; totals are sums over workers.
 * The table is the one place that names a counter: for the status, for Prometheus, and for its
 * help.
 */
#ifndef SEPP_COUNTERS_H
#define SEPP_COUNTERS_H

#include <stdatomic.h>

#include "base/base.h"

/* id, metric, labels, help (of the metric, at its first row) */
/* clang-format off */
#define COUNTER_TABLE(X) \
	X(ACCEPTED, "connections_accepted_total", "", "TCP connections accepted") \
	X(YIELDING, "connections_yielding_total", "", "Connections of a source that had many, heard after those of others") \
	X(EXHAUSTED, "connections_not_accepted_total", "", "Times that no connection could be accepted because descriptors ran out; each listener then waits 200 ms") \
	X(READY, "connections_authenticated_total", "", "Connections whose TLS handshake succeeded") \
	X(END_PEER, "connections_ended_total", "reason=\"peer\"", "Connections by how they ended") \
	X(END_DONE, "connections_ended_total", "reason=\"done\"", "") \
	X(END_IDLE, "connections_ended_total", "reason=\"idle\"", "") \
	X(END_TLS, "connections_ended_total", "reason=\"tls\"", "") \
	X(END_TRUST, "connections_ended_total", "reason=\"trust\"", "") \
	X(END_H2, "connections_ended_total", "reason=\"http2\"", "") \
	X(END_TIMEOUT, "connections_ended_total", "reason=\"timeout\"", "") \
	X(END_EVICTED, "connections_ended_total", "reason=\"evicted\"", "") \
	X(END_KILLED, "connections_ended_total", "reason=\"killed\"", "") \
	X(EXPIRED_CRL, "connections_under_expired_crl_total", "", "Connections accepted although the revocation list has expired") \
	X(OVER_LIMIT, "connections_turned_away_total", "", "Connections over a limit") \
	X(REFUSED_MANY, "connections_refused_total", "reason=\"address_connections\"", "Connections refused before TLS") \
	X(REFUSED_FAST, "connections_refused_total", "reason=\"address_rate\"", "") \
	X(SHED_1, "connections_shed_total", "tier=\"1\"", "Connections shed before TLS under load, by tier of their source") \
	X(SHED_2, "connections_shed_total", "tier=\"2\"", "") \
	X(SHED_3, "connections_shed_total", "tier=\"3\"", "") \
	X(SHED_STRANGERS, "connections_shed_total", "tier=\"stranger\"", "") \
	X(ANSWER_200, "responses_total", "status=\"200\"", "Answers to requests of peers by status") \
	X(ANSWER_204, "responses_total", "status=\"204\"", "") \
	X(ANSWER_307, "responses_total", "status=\"307\"", "") \
	X(ANSWER_400, "responses_total", "status=\"400\"", "") \
	X(ANSWER_403, "responses_total", "status=\"403\"", "") \
	X(ANSWER_404, "responses_total", "status=\"404\"", "") \
	X(ANSWER_405, "responses_total", "status=\"405\"", "") \
	X(ANSWER_409, "responses_total", "status=\"409\"", "") \
	X(ANSWER_413, "responses_total", "status=\"413\"", "") \
	X(ANSWER_415, "responses_total", "status=\"415\"", "") \
	X(ANSWER_429, "responses_total", "status=\"429\"", "") \
	X(ANSWER_431, "responses_total", "status=\"431\"", "") \
	X(ANSWER_500, "responses_total", "status=\"500\"", "") \
	X(ANSWER_503, "responses_total", "status=\"503\"", "") \
	X(SELECTED_TLS, "negotiations_total", "selected=\"TLS\"", "Successful negotiations by what was selected") \
	X(SELECTED_PRINS, "negotiations_total", "selected=\"PRINS\"", "") \
	X(SELECTED_NONE, "negotiations_total", "selected=\"NONE\"", "") \
	X(ATTEMPT_AGREED, "attempts_total", "outcome=\"agreed\"", "Negotiations that we opened, by outcome") \
	X(ATTEMPT_FAILED, "attempts_total", "outcome=\"failed\"", "") \
	X(ATTEMPT_REFUSED, "attempts_total", "outcome=\"refused\"", "") \
	X(ATTEMPT_WRONG, "attempts_total", "outcome=\"wrong\"", "") \
	X(ATTEMPT_UNTRUSTED, "attempts_total", "outcome=\"untrusted\"", "") \
	X(CONTEXTS, "n32f_contexts_made_total", "", "N32-f contexts made") \
	X(REPORTS_IN, "n32f_error_reports_total", "direction=\"in\"", "N32-f error reports") \
	X(REPORTS_OUT, "n32f_error_reports_total", "direction=\"out\"", "") \
	X(DECISIONS, "policy_decisions_total", "", "Policy decisions taken") \
	X(POLICY_FAILED, "policy_failures_total", "", "Policy decisions that failed and were closed") \
	X(FUEL, "policy_fuel_total", "", "Units of fuel that policy decisions used")
/* clang-format on */

enum counter {
#define X(id, metric, labels, help) COUNTER_##id,
	COUNTER_TABLE(X)
#undef X
	COUNTERS
};

struct counters {
	_Atomic uint64_t values[COUNTERS];
};

struct counter_info {
	const char *metric, *labels, *help;
};

extern const struct counter_info counter_infos[COUNTERS];

/* By the owning thread only: no lock, no locked instruction. */
static inline void count(struct counters *c, enum counter which, uint64_t n)
{
	uint64_t v = atomic_load_explicit(&c->values[which], memory_order_relaxed);

	atomic_store_explicit(&c->values[which], v + n, memory_order_relaxed);
}

/* The counter of a response status; COUNTERS when there is none. */
enum counter counter_of_status(unsigned status);

/* Adds the values of `c` to `sum`. */
void counters_add(uint64_t sum[COUNTERS], const struct counters *c);

#endif
