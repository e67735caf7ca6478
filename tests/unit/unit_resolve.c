/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_resolve.h"

enum {
	PATIENCE_MS = 20000
};

struct bed bed;

static void on_impatience(struct loop_timer *t)
{
	(void)t;
	fail_msg("the answer does not come");
}

static void on_pause_over(struct loop_timer *t)
{
	loop_stop(t->loop);
}

void bed_on_answer(void *arg, const struct resolve_answer *answer)
{
	struct seen *s = arg;

	s->calls++;
	s->answer = *answer;
	if (s->then)
		s->then(s);
	if (bed.waits_for > 0 && --bed.waits_for == 0)
		loop_stop(bed.loop);
}

struct resolve_conf bed_conf(const struct unit_dns *dns)
{
	return (struct resolve_conf){
		.n_servers = 1, .servers = { dns->addr }, .timeout = 5000, .tries = 2
	};
}

static void setup_with(msec timeout)
{
	struct resolve_conf conf;
	struct err e;

	memset(&bed, 0, sizeof(bed));
	bed.loop = loop_new(&e);
	assert_non_null(bed.loop);
	loop_timer_init(&bed.patience, bed.loop, on_impatience);
	loop_timer_init(&bed.pause, bed.loop, on_pause_over);
	unit_dns_start(&bed.dns, bed.loop);
	conf = bed_conf(&bed.dns);
	conf.timeout = timeout;
	bed.r = resolver_new(bed.loop, &conf, &e);
	assert_non_null(bed.r);
}

int bed_setup(void **state)
{
	(void)state;
	setup_with(5000);
	return 0;
}

int bed_setup_impatient(void **state)
{
	(void)state;
	setup_with(40);
	return 0;
}

int bed_teardown(void **state)
{
	(void)state;
	resolver_free(bed.r);
	unit_dns_stop(&bed.dns);
	loop_timer_stop(&bed.patience);
	loop_free(bed.loop);
	return 0;
}

void bed_wait(unsigned answers)
{
	bed.waits_for = answers;
	loop_timer_set(&bed.patience, PATIENCE_MS);
	loop_run(bed.loop);
	loop_timer_stop(&bed.patience);
}

void bed_pause(msec time)
{
	loop_timer_set(&bed.pause, time);
	loop_run(bed.loop);
}

struct resolve_answer bed_host(const char *name)
{
	struct seen s = { 0 };

	resolve_host(bed.r, name, 443, bed_on_answer, &s);
	assert_int_equal(s.calls, 0);
	bed_wait(1);
	assert_int_equal(s.calls, 1);
	return s.answer;
}

struct resolve_answer bed_srv(const char *name)
{
	struct seen s = { 0 };

	resolve_srv(bed.r, name, bed_on_answer, &s);
	assert_int_equal(s.calls, 0);
	bed_wait(1);
	assert_int_equal(s.calls, 1);
	return s.answer;
}

void bed_add(const char *name, unsigned type, uint32_t ttl_s, const char *data)
{
	unit_dns_add(&bed.dns,
	    (struct unit_dns_record){ .name = name, .type = type, .ttl_s = ttl_s, .data = data });
}

void bed_add_srv(const char *name, uint32_t ttl_s, unsigned priority, unsigned weight,
    unsigned port, const char *target)
{
	unit_dns_add(&bed.dns, (struct unit_dns_record){ .name = name,
				   .type = ns_t_srv,
				   .ttl_s = ttl_s,
				   .priority = priority,
				   .weight = weight,
				   .port = port,
				   .data = target });
}

const char *bed_text(struct resolve_answer a)
{
	static char out[RESOLVE_ADDRS_MAX * (ADDR_TEXT_MAX + 1)];
	char one[ADDR_TEXT_MAX];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < a.n; i++)
		n +=
		    (size_t)snprintf(out + n, sizeof(out) - n, "%s ", addr_print(one, &a.addrs[i]));
	return out;
}

void assert_failed(struct resolve_answer a, const char *why)
{
	assert_int_equal(a.n, 0);
	assert_int_equal(a.ttl_s, 0);
	assert_string_equal(a.why, why);
}

void assert_found(struct resolve_answer a, const char *text)
{
	assert_string_equal(bed_text(a), text);
	assert_null(a.why);
}

void bed_configure(struct unit_dns *dns)
{
	struct resolve_conf conf = bed_conf(dns);
	struct err e;

	assert_int_equal(resolver_configure(bed.r, &conf, &e), 0);
}
