/* SPDX-License-Identifier: MIT */
/*
 * unit_store.h - a store in a state directory of one test, associations that tell it of their
 * changes, and a look at its file from outside.
 */
#ifndef UNIT_STORE_H
#define UNIT_STORE_H

#include "base/base.h"
#include "sepp/association.h"
#include "sepp/state.h"
#include "sepp/store.h"
#include "unit_dir.h"

enum {
	STORE_LIMIT_MSEC = 20000,
	STORE_NOW_S = 1700000000,
	STORE_RECORD_TEXT = 8192,
};

struct store_scene {
	struct dir *dir;
	struct state *state;
	struct store *store; /* NULL = closed */
};

/* Opens a store in the directory, which is made for the first one. */
void scene_open(struct store_scene *s);
void scene_close_store(struct store_scene *s);
void scene_close(struct store_scene *s);

/* Closes it, which writes everything, and opens it again. */
void scene_restart(struct store_scene *s);

/* Waits until everything is written. */
void scene_flush(struct store_scene *s);
struct store_status scene_status(const struct store_scene *s);

/* An idle association that tells the store; the caller owns the reference. */
struct association *scene_association(struct store_scene *s, const char *name);

/* The same, with an agreement on TLS that shows `n`. */
struct association *scene_agreed(struct store_scene *s, const char *name, uint64_t n);

/* Agrees anew; every part of the record that it touches shows `n`. */
void scene_agree(struct association *a, enum n32_cap cap, uint64_t n);

/* Everything in a record, as text; static, until the next but one call. */
const char *record_text(const struct assoc_record *r);
const char *record_text_of(struct association *a);

/* What the store has of the name, taken; "" = nothing. */
const char *scene_take_text(struct store_scene *s, const char *name);

/* Runs `text` on the file.  Returns the first value, or ""; static, until the next call. */
const char *scene_sql(const struct store_scene *s, const char *text);

/* How many entries of the directory begin with `prefix`. */
unsigned scene_count_files(const struct store_scene *s, const char *prefix);

#endif
