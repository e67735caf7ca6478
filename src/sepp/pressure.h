/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - how much memory the process has beside its limit, and who is served then.
 *
 * At 80 % of `limits.memory_mib` new connections of strangers are refused, at 90 % those of tier 3,
 * at 100 % those of tier 2; tier 1 and what is open are served as long as there is any.  A step is
 * left 5 % below where it begins.  One thread looks; commons has what the workers ask.
 */
#ifndef SEPP_PRESSURE_H
#define SEPP_PRESSURE_H

#include <stdint.h>

#include "base/base.h"

struct err;
struct pressure;

/* Opens /proc/self/statm, which has to be open before the process is jailed.  NULL and `e` if that
 * fails. */
struct pressure *pressure_new(struct err *e) MUST_CHECK;

/* NULL is allowed. */
void pressure_free(struct pressure *p);

/*
 * Looks how much memory is resident.  Returns the last tier that is served, GATE_STRANGER without a
 * limit (0); says in the log when that is another than before.  While somebody is refused, what the
 * C library holds back is given to the system.
 */
unsigned pressure_look(struct pressure *p, unsigned limit_mib);

/* What was resident when it was looked at last. */
uint64_t pressure_bytes(const struct pressure *p);

/* What is in use now, of which nothing was freed: without what the C library keeps for the next
 * time, which is resident as well.  Takes the lock of each of its arenas for a moment. */
uint64_t pressure_allocated(void);

/* Whose new connections are refused where `tier` is the last that is served; NULL: nobody's. */
const char *pressure_refused(unsigned tier);

/* The last tier that is served when `bytes` of `limit` are in use, where it was `before`. */
unsigned pressure_tier(uint64_t bytes, uint64_t limit, unsigned before);

#endif
