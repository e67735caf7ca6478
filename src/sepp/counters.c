/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "sepp/counters.h"

const struct counter_info counter_infos[COUNTERS] = {
#define X(id, metric, labels, help) [COUNTER_##id] = { metric, labels, help },
	COUNTER_TABLE(X)
#undef X
};

enum counter counter_of_status(unsigned status)
{
	char label[32];

	snprintf(label, sizeof(label), "status=\"%u\"", status);
	for (size_t i = COUNTER_ANSWER_200; i <= COUNTER_ANSWER_503; i++) {
		if (strcmp(counter_infos[i].labels, label) == 0)
			return (enum counter)i;
	}
	return COUNTERS;
}

void counters_add(uint64_t sum[COUNTERS], const struct counters *c)
{
	for (size_t i = 0; i < COUNTERS; i++)
		sum[i] += atomic_load_explicit(&c->values[i], memory_order_relaxed);
}
