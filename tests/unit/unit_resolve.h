/* SPDX-License-Identifier: MIT */
/*
 * unit_resolve.h - a resolver with a name server of its own in one loop, for its tests.
 *
 * There is one, `bed`, made and freed around each test.  A failure in here is one of the test.
 */
#ifndef UNIT_RESOLVE_H
#define UNIT_RESOLVE_H

#include "base/base.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "unit_dns.h"

enum {
	BED_EXPIRY_MS = 1100 /* of a TTL of one second */
};

struct bed {
	struct loop *loop;
	struct unit_dns dns;
	struct resolver *r;
	struct loop_timer patience, pause;
	unsigned waits_for; /* answers, before the loop stops */
};

/* What a query was told. */
struct seen {
	unsigned calls;
	struct resolve_answer answer;
	void (*then)(struct seen *s);
	struct resolve_query *victim; /* for `then` */
};

extern struct bed bed;

/* For cmocka; the impatient one waits 40 ms for an answer where the other takes 5 s. */
int bed_setup(void **state);
int bed_setup_impatient(void **state);
int bed_teardown(void **state);

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
#define BED_IMPATIENT_TEST(name)                                                                   \
	cmocka_unit_test_setup_teardown(name, bed_setup_impatient, bed_teardown)

/* Records of the name server; texts are borrowed. */
void bed_add(const char *name, unsigned type, uint32_t ttl_s, const char *data);
void bed_add_srv(const char *name, uint32_t ttl_s, unsigned priority, unsigned weight,
    unsigned port, const char *target);

/* One server, and that as the only one of the resolver. */
struct resolve_conf bed_conf(const struct unit_dns *dns);
void bed_configure(struct unit_dns *dns);

/* One whole query; for a host with port 443. */
struct resolve_answer bed_host(const char *name);
struct resolve_answer bed_srv(const char *name);

/* For queries of a test's own: `arg` is a struct seen. */
void bed_on_answer(void *arg, const struct resolve_answer *answer);

/* Runs the loop until so many answers have come, or somebody stops it. */
void bed_wait(unsigned answers);
void bed_pause(msec time);

/* All addresses in their order, with a space behind each.  Borrowed, valid until the next call. */
const char *bed_text(struct resolve_answer a);

void assert_failed(struct resolve_answer a, const char *why);
void assert_found(struct resolve_answer a, const char *text);

#endif
