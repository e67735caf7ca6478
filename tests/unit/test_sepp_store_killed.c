/* SPDX-License-Identifier: MIT */
/* A process that ends in the middle of writing. */
#include "base/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit_store.h"

enum {
	KILLS = 12,
	VICTIMS = 40,
};

/* Changes all partners for ever; each record shows one number wherever it can. */
static void write_until_killed(struct store_scene *s, int ready)
{
	struct association *all[VICTIMS];
	char name[16];

	scene_open(s);
	for (int i = 0; i < VICTIMS; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		all[i] = scene_association(s, name);
	}
	for (uint64_t n = 1;; n++) {
		for (int i = 0; i < VICTIMS; i++)
			scene_agree(all[i], N32_CAP_TLS, n);
		if (!store_flush(s->store, STORE_LIMIT_MSEC) || write(ready, "", 1) != 1)
			_exit(1);
	}
}

static void check_whole(struct store_scene *s, const char *name, uint64_t least)
{
	struct assoc_record r;
	char text[24];

	if (!store_take(s->store, name, &r))
		fail_msg("'%s' is not there", name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)r.agreement.features);
	assert_true(r.agreement.features >= least);
	assert_true(r.agreement.offer == r.agreement.features);
	assert_true(r.agreement.at_s == (int64_t)r.agreement.features);
	assert_string_equal(r.agreement.fingerprint, text);
	assert_string_equal(r.ways[ASSOC_IN].place, text);
	assert_string_equal(r.ways[ASSOC_OUT].place, text);
}

/* Returns how often everything was on the disk before the child was killed. */
static uint64_t kill_a_writer(struct store_scene *s, int round)
{
	uint64_t n = 0;
	int pipes[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(s, pipes[1]);
	close(pipes[1]);
	while (n < 5 + (uint64_t)round && read(pipes[0], &byte, 1) == 1)
		n++;
	usleep((useconds_t)(round * 397 % 3000)); /* somewhere in the next ones */
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(pipes[0], &byte, 1) == 1)
		n++;
	close(pipes[0]);
	return n;
}

static void a_process_that_is_killed_leaves_whole_records_and_what_was_flushed(void **state)
{
	struct store_scene s = { .dir = dir_new() };
	char name[16];
	uint64_t n;

	(void)state;
	for (int round = 0; round < KILLS; round++) {
		n = kill_a_writer(&s, round);
		scene_open(&s);
		assert_string_equal(scene_status(&s).set_aside, "");
		assert_int_equal(scene_status(&s).n_loaded, VICTIMS);
		assert_true(store_was_interrupted(s.store));
		for (int i = 0; i < VICTIMS; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			check_whole(&s, name, n);
		}
		scene_close_store(&s);
		scene_open(&s);
		assert_false(store_was_interrupted(s.store));
		scene_close_store(&s);
	}
	scene_close(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_process_that_is_killed_leaves_whole_records_and_what_was_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
