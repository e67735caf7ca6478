/* SPDX-License-Identifier: MIT */
/*
 * random.h - the only place that asks the system for random bytes.
 *
 * Good enough for secrets.  Nothing here fails: a system that has none ends the process, since
 * whatever was to be drawn would be known to others.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/base.h"

/* Fills all `n` bytes of `out`. */
void random_fill(void *out, size_t n);

/* A number from 0 to `bound` - 1, for spreading in time and choosing by weight; 0 if `bound` is. */
uint64_t random_below(uint64_t bound);

#endif
