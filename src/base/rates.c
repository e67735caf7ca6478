/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/rates.h"

enum {
	ONE = 60000, /* so that a millisecond gives back a whole number */
};

void rates_turn(struct rates_hour *h, int64_t now_s)
{
	int64_t now = now_s / 60, steps = now - h->minute;

	if (steps <= 0)
		return;
	if (steps > RATES_MINUTES)
		steps = RATES_MINUTES;
	for (int64_t i = 0; i < steps; i++)
		h->counts[(now - i) % RATES_MINUTES] = 0;
	h->minute = now;
}

void rates_count(struct rates_hour *h, int64_t now_s)
{
	rates_turn(h, now_s);
	h->counts[h->minute % RATES_MINUTES]++;
}

unsigned rates_minute(const struct rates_hour *h)
{
	return h->counts[h->minute % RATES_MINUTES];
}

unsigned rates_hour(const struct rates_hour *h)
{
	unsigned sum = 0;

	for (size_t i = 0; i < RATES_MINUTES; i++)
		sum += h->counts[i];
	return sum;
}

bool rates_take(struct rates_bucket *b, msec now, unsigned per_minute, unsigned *retry_s)
{
	uint64_t back = now > b->at ? (now - b->at) * per_minute : 0;

	if (back > 0) {
		b->debt = back > b->debt ? 0 : b->debt - back;
		b->at = now;
	}
	if (b->debt + ONE > (uint64_t)per_minute * ONE) {
		*retry_s = 1 + 60 / per_minute;
		return false;
	}
	b->debt += ONE;
	return true;
}
