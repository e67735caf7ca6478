/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_table.h"

struct association *table_partner(const char *name)
{
	struct association *a = assoc_new(name, NOW_S);
	struct agreement agreement = { .cap = N32_CAP_PRINS, .at_s = NOW_S };

	assert_true(assoc_agree(a, &agreement, NULL));
	return a;
}

int table_setup(void **state)
{
	static struct table t;

	t.contexts = contexts_new();
	t.alpha = table_partner("alpha");
	t.beta = table_partner("beta");
	*state = &t;
	return 0;
}

int table_teardown(void **state)
{
	struct table *t = *state;

	contexts_free(t->contexts);
	assoc_unref(t->alpha);
	assoc_unref(t->beta);
	return 0;
}

struct context_start table_start(
    struct association *a, enum context_role role, const char *own, const char *peer)
{
	static const unsigned char master[64] =
	    "sixty-four octets that both ends have exported from TLS";
	struct context_start start = {
		.association = a,
		.role = role,
		.jwe = N32_JWE_A128GCM,
		.jws = N32_JWS_ES256,
		.which = N32_KEY_CONTEXT_RECEIVER,
		.master = master,
		.now = NOW,
		.now_s = NOW_S + 1,
		.validity = VALID,
	};

	strcpy(start.own, own);
	strcpy(start.peer, peer);
	return start;
}

size_t table_add(struct contexts *c, const struct context_start *start)
{
	struct err e = { 0 };
	size_t ended = 99;

	assert_int_equal(contexts_add(c, start, &ended, &e), 0);
	return ended;
}

size_t table_begin(struct contexts *c, struct association *a, enum context_role role,
    const char *own, const char *peer)
{
	struct context_start start = table_start(a, role, own, peer);

	return table_add(c, &start);
}

struct context_view table_view(struct contexts *c, const char *own)
{
	struct context_view v;

	assert_true(contexts_find_own(c, own, &v));
	return v;
}

struct assoc_view table_seen(struct association *a)
{
	struct assoc_view v;

	assoc_read(a, NOW_S, &v);
	return v;
}

enum machine_state table_state(struct association *a)
{
	struct assoc_view v = table_seen(a);

	assert_int_equal(v.ways[ASSOC_IN].state, v.ways[ASSOC_OUT].state);
	return v.ways[ASSOC_IN].state;
}

void table_print(void *arg, const struct context_view *v)
{
	char *text = arg;

	snprintf(
	    text + strlen(text), TABLE_TEXT_MAX - strlen(text), "%s %.4s, ", v->partner, v->own);
}
