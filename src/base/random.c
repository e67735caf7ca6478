/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <sys/random.h>

#include "base/random.h"

void random_fill(void *out, size_t n)
{
	unsigned char *at = out;

	while (n > 0) {
		const ssize_t got = getrandom(at, n, 0);

		/* a signal may come before the first byte, and cut what is longer than 256 */
		ensure(got > 0 || (got < 0 && errno == EINTR));
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

uint64_t random_below(uint64_t bound)
{
	uint64_t n;

	if (bound == 0)
		return 0;
	random_fill(&n, sizeof(n));
	return n % bound;
}
