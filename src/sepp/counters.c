/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/str.h"
#include "sepp/counters.h"

const struct counter_info counter_infos[COUNTERS] = {
#define X(id, metric, labels, help) [COUNTER_##id] = { metric, labels, help },
	COUNTER_TABLE(X)
#undef X
};

enum counter counter_of_status(unsigned status)
{
	static const char before[] = "status=\"";
	char digits[STR_NUMBER_MAX];
	size_t n = (size_t)(str_number(digits, status) - digits);

	for (size_t i = COUNTER_ANSWER_200; i <= COUNTER_ANSWER_503; i++) {
		const char *label = counter_infos[i].labels + sizeof(before) - 1;

		if (strncmp(label, digits, n) == 0 && label[n] == '"')
			return (enum counter)i;
	}
	return COUNTERS;
}

void counters_add(uint64_t sum[COUNTERS], const struct counters *c)
{
	for (size_t i = 0; i < COUNTERS; i++)
		sum[i] += atomic_load_explicit(&c->values[i], memory_order_relaxed);
}
