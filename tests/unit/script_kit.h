/* SPDX-License-Identifier: MIT */
/*
 * script_kit.h - what the tests of src/script/ share: a vm, a directory of texts, a usual request,
 * and short ways to ask a policy.  Everything belongs to the struct; kit_close() ends it.
 */
#ifndef TESTS_SCRIPT_KIT_H
#define TESTS_SCRIPT_KIT_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "script/script_int.h"

enum {
	KIT_FILES = 8,
};

struct kit {
	struct script_vm *vm;
	struct script_file files[KIT_FILES];
	struct script_files dir;
	struct script_program *program;
	struct n32_neg_req request;
	struct conf_partner partner;
	struct script_input in;
	struct script_answer answer;
	struct err e;
	char text[40000];
};

/* The table of a valid partner; hooks and the return go behind it.  One line long. */
#define KIT_PARTNER                                                                                \
	"local partner = sepp.partner { api = 1, name = \"p\", fqdns = { \"sepp.example.org\" }, " \
	"plmns = { \"262-01\" }, anchors = \"a.pem\", capabilities = { sepp.PRINS, sepp.TLS } }\n"

/* A usual decision: TLS and PRINS are offered, and both may be selected. */
static inline void kit_input(struct kit *k)
{
	k->request.n_caps = 2;
	k->request.caps[0].cap = N32_CAP_TLS;
	k->request.caps[1].cap = N32_CAP_PRINS;
	strcpy(k->request.sender.text, "sepp.example.org");
	strcpy(k->partner.name, "p");
	k->in = (struct script_input){
		.hook = SCRIPT_SELECT_CAPABILITY,
		.now_s = 1000000000,
		.request = &k->request,
		.purposes_allowed = (conf_purposes)1 << N32_PURPOSE_ROAMING |
				    (conf_purposes)1 << N32_PURPOSE_SMS_INTERCONNECT,
		.offer = { 2, { N32_CAP_PRINS, N32_CAP_TLS } },
		.peer = { .partner = &k->partner },
	};
}

static inline struct kit *kit_open_with(const struct conf_budgets *budgets)
{
	struct kit *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	k->vm = script_vm_new(budgets, &k->e);
	assert_non_null(k->vm);
	k->dir.files = k->files;
	kit_input(k);
	return k;
}

/* Sanitizers make what is charged, but not the clock, slower: by PARLEY_SLOWNESS. */
static inline struct conf_budgets kit_budgets(void)
{
	struct conf_budgets budgets = script_default_budgets;
	const char *slowness = getenv("PARLEY_SLOWNESS");

	if (slowness)
		budgets.wall *= strtoul(slowness, NULL, 10);
	return budgets;
}

static inline struct kit *kit_open(void)
{
	const struct conf_budgets budgets = kit_budgets();

	return kit_open_with(&budgets);
}

static inline void kit_close(struct kit *k)
{
	script_program_free(k->program);
	script_vm_free(k->vm);
	free(k);
}

/* Files are added in the order of their paths. */
static inline void kit_add(struct kit *k, const char *path, const char *text)
{
	assert_true(k->dir.n < KIT_FILES);
	k->files[k->dir.n++] = (struct script_file){ path, str_of(text) };
}

/* Loads the only file.  False: k->e says why. */
static inline bool kit_load(
    struct kit *k, const char *path, const char *text, enum script_kind kind)
{
	script_program_free(k->program);
	k->dir.n = 0;
	kit_add(k, path, text);
	k->program = script_program_new(k->vm, &k->dir, path, kind, &k->e);
	return k->program != NULL;
}

/* Loads a partner whose file goes on with `rest` and ends as it should. */
static inline bool kit_partner(struct kit *k, const char *rest)
{
	snprintf(k->text, sizeof(k->text), KIT_PARTNER "%s\nreturn partner\n", rest);
	return kit_load(k, "partners/p.lua", k->text, SCRIPT_PARTNER);
}

static inline const struct script_answer *kit_decide(struct kit *k)
{
	assert_non_null(k->program);
	script_decide(k->vm, k->program, &k->in, &k->answer);
	return &k->answer;
}

/* Loads a partner whose hook select_capability(request, peer) has `body`, in line 3, and asks it.
 */
static inline const struct script_answer *kit_select(struct kit *k, const char *body)
{
	char *rest = malloc(strlen(body) + 128);

	assert_non_null(rest);
	sprintf(rest, "function partner.select_capability(request, peer)\n%s\nend", body);
	if (!kit_partner(k, rest))
		fail_msg("%s", k->e.text);
	free(rest);
	k->in.hook = SCRIPT_SELECT_CAPABILITY;
	return kit_decide(k);
}

/* The same for retain_connection(event, peer). */
static inline const struct script_answer *kit_retain(struct kit *k, const char *body)
{
	char rest[4096];

	snprintf(
	    rest, sizeof(rest), "function partner.retain_connection(event, peer)\n%s\nend", body);
	if (!kit_partner(k, rest))
		fail_msg("%s", k->e.text);
	k->in.hook = SCRIPT_RETAIN_CONNECTION;
	return kit_decide(k);
}

/* Loads a partner whose hook `in->hook` has `body`, in line 3, and asks it about `in`.  The
 * arguments are `it`, where the hook has one, and `peer`. */
static inline const struct script_answer *kit_ask(
    struct kit *k, const struct script_input *in, const char *body)
{
	char rest[4096];

	snprintf(rest, sizeof(rest), "function partner.%s(%speer)\n%s\nend",
	    script_hook_name(in->hook), in->hook == SCRIPT_OFFER_CAPABILITIES ? "" : "it, ", body);
	if (!kit_partner(k, rest))
		fail_msg("%s", k->e.text);
	script_decide(k->vm, k->program, in, &k->answer);
	return &k->answer;
}

/* What tostring() makes of an expression in a hook, or the error. */
static inline const char *kit_eval(struct kit *k, const char *expression)
{
	char body[4096];

	snprintf(body, sizeof(body), "return sepp.reject(\"%%s\", tostring(%s))", expression);
	return kit_select(k, body)->reason;
}

#endif
