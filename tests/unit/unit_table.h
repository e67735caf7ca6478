/* SPDX-License-Identifier: MIT */
/*
 * unit_table.h - the table of N32-f contexts of one test, and two partners with PRINS.
 */
#ifndef UNIT_TABLE_H
#define UNIT_TABLE_H

#include "base/base.h"
#include "sepp/context.h"

enum {
	NOW_S = 1767225600,
	NOW = 5000000, /* msec */
	VALID = 60000,
	TABLE_TEXT_MAX = 200,
};

/* ids */
static const char A[] = "0123456789abcdef", B[] = "fedcba9876543210";
static const char C[] = "aaaaaaaa00000001", D[] = "AaAaAaAa00000002";

struct table {
	struct contexts *contexts;
	struct association *alpha, *beta;
};

/* For cmocka: the state is a struct table. */
int table_setup(void **state);
int table_teardown(void **state);

/* PRINS was agreed with it; the caller owns the reference. */
struct association *table_partner(const char *name);

/* What a context is made of at NOW; always the same secret. */
struct context_start table_start(
    struct association *a, enum context_role role, const char *own, const char *peer);

/* Adds it, or one like that.  Returns how many ended. */
size_t table_add(struct contexts *c, const struct context_start *start);
size_t table_begin(struct contexts *c, struct association *a, enum context_role role,
    const char *own, const char *peer);

/* There is one, and this is it. */
struct context_view table_view(struct contexts *c, const char *own);

/* What the association knows; the state of both its directions. */
struct assoc_view table_seen(struct association *a);
enum machine_state table_state(struct association *a);

/* For contexts_each(): adds "<partner> <four digits>, " to the text `arg` of TABLE_TEXT_MAX. */
void table_print(void *arg, const struct context_view *v);

#endif
