/* SPDX-License-Identifier: MIT */
/*
 * rates.h - how often something happened lately, and whether it may happen once more.  Plain values
 * without a lock or a clock.
 */
#ifndef BASE_RATES_H
#define BASE_RATES_H

#include "base/base.h"

enum {
	RATES_MINUTES = 60
};

/* Events in each of the last sixty minutes. */
struct rates_hour {
	int64_t minute; /* of the newest slot */
	unsigned counts[RATES_MINUTES];
};

/* A bucket of a minute's worth; `debt` is what was taken out of it. */
struct rates_bucket {
	msec at;
	uint64_t debt;
};

/* Moves the window so that its newest slot is the minute of `now_s`. */
void rates_turn(struct rates_hour *h, int64_t now_s);

/* One more at `now_s`. */
void rates_count(struct rates_hour *h, int64_t now_s);

/* In the newest minute, and in all of them. */
unsigned rates_minute(const struct rates_hour *h);
unsigned rates_hour(const struct rates_hour *h);

/* Takes one out; false when the bucket of `per_minute` (not 0) is empty: `*retry_s` says for how
 * long. */
bool rates_take(
    struct rates_bucket *b, msec now, unsigned per_minute, unsigned *retry_s) MUST_CHECK;

#endif
