/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/gate.h"
#include "sepp/pressure.h"

enum {
	EASED_PERCENT = 5,
	TRIM_LOOKS = 20, /* so often is memory given back while there is too much */
};

static const struct {
	unsigned percent, tier;
} steps[] = { { 100, 1 }, { 90, 2 }, { 80, 3 } };

struct pressure {
	int statm;
	uint64_t page;
	uint64_t bytes;
	unsigned tier;
	unsigned looks; /* since memory was given back */
};

struct pressure *pressure_new(struct err *e)
{
	struct pressure *p;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set_errno(e, "cannot open /proc/self/statm");
		return NULL;
	}
	p = mem_alloc(sizeof(*p));
	p->statm = fd;
	p->page = (uint64_t)sysconf(_SC_PAGESIZE);
	p->tier = GATE_STRANGER;
	return p;
}

void pressure_free(struct pressure *p)
{
	if (!p)
		return;
	close(p->statm);
	mem_free(p);
}

/* The second number is what is resident, in pages (proc(5)).  0: nobody knows. */
static uint64_t resident(const struct pressure *p)
{
	char text[128], *at;
	ssize_t n = pread(p->statm, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	(void)strtoull(text, &at, 10);
	return strtoull(at, NULL, 10) * p->page;
}

unsigned pressure_tier(uint64_t bytes, uint64_t limit, unsigned before)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		unsigned percent = steps[i].percent;

		if (before <= steps[i].tier)
			percent -= EASED_PERCENT;
		if (bytes >= limit / 100 * percent)
			return steps[i].tier;
	}
	return GATE_STRANGER;
}

const char *pressure_refused(unsigned tier)
{
	static const char *const whose[] = { NULL, "all but tier 1", "strangers and tier 3",
		"strangers" };

	return tier < ARRAY_LEN(whose) ? whose[tier] : NULL;
}

static void tell(const struct pressure *p, unsigned limit_mib)
{
	const unsigned mib = (unsigned)(p->bytes >> 20);
	const char *refused = pressure_refused(p->tier);

	if (refused)
		log_warn(LOG_SEPP, "-",
		    "memory is short, new connections of %s are refused mib=%u limit=%u "
		    "(limits.memory_mib)",
		    refused, mib, limit_mib);
	else
		log_info(
		    LOG_SEPP, "-", "memory is no longer short mib=%u limit=%u", mib, limit_mib);
}

unsigned pressure_look(struct pressure *p, unsigned limit_mib)
{
	const unsigned before = p->tier;

	p->bytes = resident(p);
	p->tier =
	    limit_mib ? pressure_tier(p->bytes, (uint64_t)limit_mib << 20, before) : GATE_STRANGER;
	if (p->tier != before) {
		tell(p, limit_mib);
		p->looks = 0;
	}
	if (p->tier != GATE_STRANGER && p->looks++ % TRIM_LOOKS == 0)
		(void)malloc_trim(0); /* what connections that are gone had */
	return p->tier;
}

uint64_t pressure_bytes(const struct pressure *p)
{
	return p->bytes;
}

uint64_t pressure_allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}
