/* SPDX-License-Identifier: MIT */
/*
 * suite.h - the tests of policies: one file of them, loaded, and each case of it run.
 *
 * A test file is as contained as a policy: the same library, budgets and image, in a machine of its
 * own; only `test` comes in addition (suite_int.h).  Every case starts from the image of the loaded
 * file, so that no case sees another.  What it asks is decided by the programs of the directory in
 * a second machine, and again in a third, which has to come to the same answer.
 */
#ifndef SCRIPT_SUITE_H
#define SCRIPT_SUITE_H

#include "base/base.h"
#include "script/script.h"

struct err;
struct function;
struct suite;

/* Whoever can be asked: test.policy and test.partner. */
struct suite_subject {
	const char *name;
	const char *path;                                 /* of its file */
	const struct conf_partner *conf;                  /* NULL for a policy */
	const struct script_program *hooks[SCRIPT_HOOKS]; /* NULL: nobody answers */
};

/* Everything is borrowed, and outlives the suite. */
struct suite_world {
	const struct script_files *files; /* of the directory, with its tests and fixtures */
	const struct conf_gateway *gateway;
	size_t n_policies, n_partners;
	const struct suite_subject *policies, *partners;
	uint64_t max_fuel; /* a decision that spends more is a failure; 0 = no such limit */
};

struct suite_result {
	bool passed;
	char message[1536]; /* why not, with file and line */
	unsigned decisions;
	uint64_t fuel;    /* of all decisions of the case */
	uint64_t time_ns; /* the same, processor time */
};

enum {
	SUITE_CASES_MAX = 4096, /* of a file */
	SUITE_NAME_MAX = 200,
};

/* NULL fills `e`. */
struct suite *suite_new(const struct suite_world *world, struct err *e) MUST_CHECK;
void suite_free(struct suite *s);

/* The machine that decides, for script_vm_watch().  Borrowed. */
struct script_vm *suite_decider(struct suite *s);

/* Loads a test file in place of the one before.  Fills `e` with file, line and reason. */
int suite_load(struct suite *s, const char *path, struct err *e) MUST_CHECK;

/* The cases of the file, in its order. */
size_t suite_cases(const struct suite *s);
const char *suite_case_name(const struct suite *s, size_t i);
int suite_case_line(const struct suite *s, size_t i);

void suite_run(struct suite *s, size_t i, struct suite_result *out);

/* The `i`-th list of the functions of `test`, for describe.h; NULL behind the last. */
const struct function *suite_functions(size_t i);

#endif
