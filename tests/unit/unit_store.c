/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "unit_store.h"

void scene_open(struct store_scene *s)
{
	struct state_owner me = { geteuid(), getegid() };
	struct err e = { 0 };

	s->dir = s->dir ? s->dir : dir_new();
	s->state = state_open(s->dir->path, false, me, &e);
	if (!s->state)
		fail_msg("%s", e.text);
	s->store = store_open(s->state, &e);
	if (!s->store)
		fail_msg("%s", e.text);
}

void scene_close_store(struct store_scene *s)
{
	store_close(s->store);
	state_close(s->state);
	s->store = NULL;
	s->state = NULL;
}

void scene_close(struct store_scene *s)
{
	scene_close_store(s);
	dir_free(s->dir);
}

void scene_restart(struct store_scene *s)
{
	scene_close_store(s);
	scene_open(s);
}

void scene_flush(struct store_scene *s)
{
	if (!store_flush(s->store, STORE_LIMIT_MSEC))
		fail_msg("not on the disk in time: %s", scene_status(s).error);
}

struct store_status scene_status(const struct store_scene *s)
{
	struct store_status status;

	store_status(s->store, &status);
	return status;
}

struct association *scene_association(struct store_scene *s, const char *name)
{
	struct association *a = assoc_new(name, STORE_NOW_S);

	assoc_on_change(a, store_on_change, s->store);
	return a;
}

void scene_agree(struct association *a, enum n32_cap cap, uint64_t n)
{
	struct agreement agreement = { .cap = cap, .features = n, .offer = n, .at_s = (int64_t)n };
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	snprintf(agreement.fingerprint, sizeof(agreement.fingerprint), "%s", text);
	(void)assoc_agree(a, &agreement, text);
}

struct association *scene_agreed(struct store_scene *s, const char *name, uint64_t n)
{
	struct association *a = scene_association(s, name);

	scene_agree(a, N32_CAP_TLS, n);
	return a;
}

static void print_way(FILE *f, const struct assoc_way_view *w)
{
	fprintf(f, "%s since %lld next %lld reason '%s' place '%s'\n", machine_state_name(w->state),
	    (long long)w->since_s, (long long)w->next_s, w->reason, w->place);
}

const char *record_text(const struct assoc_record *r)
{
	static char texts[2][STORE_RECORD_TEXT];
	static unsigned turn;
	char *text = texts[turn++ % 2];
	FILE *f = fmemopen(text, STORE_RECORD_TEXT, "w");
	const struct agreement *g = &r->agreement;

	assert_non_null(f);
	fprintf(f, "%s\n", r->name);
	print_way(f, &r->ways[ASSOC_IN]);
	print_way(f, &r->ways[ASSOC_OUT]);
	fprintf(f,
	    "%s way %d root %d features %llx purposes %x at '%s':%u by %s of '%s' '%s' %lld offer %llx %lld\n",
	    n32_cap_name(g->cap), g->way, g->target_api_root, (unsigned long long)g->features,
	    g->purposes, g->n32f_fqdn.text, g->n32f_port, g->fingerprint, g->issuer, g->key,
	    (long long)g->not_after_s, (unsigned long long)g->offer, (long long)g->at_s);
	fprintf(f, "failed %lld '%s' %llu of %llu, reports %llu %llu, before %s\n",
	    (long long)r->failed_s, r->failure, (unsigned long long)r->failures,
	    (unsigned long long)r->attempts, (unsigned long long)r->errors_in,
	    (unsigned long long)r->errors_out, r->previous_fingerprint);
	for (size_t i = 0; i < r->n_contexts; i++)
		fprintf(f, "context %s %s\n", r->contexts[i].own, r->contexts[i].peer);
	for (size_t i = 0; i < r->n_flags; i++)
		fprintf(f, "flag %s\n", r->flags[i]);
	fclose(f);
	return text;
}

const char *record_text_of(struct association *a)
{
	struct assoc_record r;

	assoc_save(a, &r);
	return record_text(&r);
}

const char *scene_take_text(struct store_scene *s, const char *name)
{
	struct assoc_record r;

	return store_take(s->store, name, &r) ? record_text(&r) : "";
}

const char *scene_sql(const struct store_scene *s, const char *text)
{
	static char out[4096];
	sqlite3 *sql;
	sqlite3_stmt *st;
	int rc;

	out[0] = '\0';
	assert_int_equal(sqlite3_open(dir_path(s->dir, "parley.db"), &sql), SQLITE_OK);
	sqlite3_busy_timeout(sql, STORE_LIMIT_MSEC);
	while (*text) {
		if (sqlite3_prepare_v2(sql, text, -1, &st, &text) != SQLITE_OK)
			fail_msg("%s", sqlite3_errmsg(sql));
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			(void)str_copy(
			    out, sizeof(out), str_of((const char *)sqlite3_column_text(st, 0)));
		else if (rc != SQLITE_DONE)
			fail_msg("%s", sqlite3_errmsg(sql));
		sqlite3_finalize(st);
	}
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
	return out;
}

unsigned scene_count_files(const struct store_scene *s, const char *prefix)
{
	DIR *d = opendir(s->dir->path);
	const struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += str_starts(str_of(entry->d_name), prefix);
	closedir(d);
	return n;
}
