/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sepp/store_book.h"

struct store_entry {
	char name[sizeof(((struct assoc_record *)NULL)->name)];
	enum store_op op;            /* the last that was asked for and is not under way */
	struct association *a;       /* a reference; NULL: nothing changed since the start */
	struct assoc_record *loaded; /* what there was at start, until it changes; or NULL */
	bool is_taken;
};

/* --- entries */

/* Where `name` is, or belongs. */
static size_t place_of(const struct store_book *b, const char *name)
{
	size_t low = 0, high = b->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(b->entries[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entry at that place, if it is of that name; or NULL. */
static struct store_entry *at_place(const struct store_book *b, size_t at, const char *name)
{
	return at < b->n && strcmp(b->entries[at]->name, name) == 0 ? b->entries[at] : NULL;
}

static struct store_entry *find(const struct store_book *b, const char *name)
{
	return at_place(b, place_of(b, name), name);
}

static struct store_entry *find_or_add(struct store_book *b, const char *name)
{
	size_t at = place_of(b, name);
	struct store_entry *entry = at_place(b, at, name);

	if (entry)
		return entry;
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->entries = mem_resize(b->entries, b->cap * sizeof(struct store_entry *));
	}
	memmove(b->entries + at + 1, b->entries + at, (b->n - at) * sizeof(struct store_entry *));
	b->n++;
	entry = b->entries[at] = mem_alloc(sizeof(*entry));
	(void)str_copy(entry->name, sizeof(entry->name), str_of(name)); /* as in an association */
	return entry;
}

/* Nothing is known any more. */
static void empty(struct store_entry *entry)
{
	if (entry->a)
		assoc_unmark(entry->a); /* its next change is told again */
	assoc_unref(entry->a);
	mem_free(entry->loaded);
	entry->a = NULL;
	entry->loaded = NULL;
}

static void remove_entry(struct store_book *b, struct store_entry *entry)
{
	size_t at = place_of(b, entry->name);

	empty(entry);
	mem_free(entry);
	b->n--;
	memmove(b->entries + at, b->entries + at + 1, (b->n - at) * sizeof(struct store_entry *));
}

void store_book_init(struct store_book *b)
{
	*b = (struct store_book){ .n = 0 };
}

void store_book_release(struct store_book *b)
{
	while (b->n > 0)
		remove_entry(b, b->entries[b->n - 1]);
	mem_free(b->entries);
	store_book_init(b);
}

/* --- what is known */

void store_book_load(struct store_book *b, const struct assoc_record *r)
{
	struct store_entry *entry = find_or_add(b, r->name);

	empty(entry);
	entry->loaded = mem_alloc(sizeof(*r));
	*entry->loaded = *r;
}

bool store_book_take(struct store_book *b, const char *name, struct assoc_record *out)
{
	struct store_entry *entry = find(b, name);

	if (!entry || !entry->loaded || entry->is_taken)
		return false;
	*out = *entry->loaded;
	entry->is_taken = true;
	return true;
}

void store_book_change(struct store_book *b, struct association *a)
{
	struct store_entry *entry = find_or_add(b, assoc_name(a));

	if (entry->a != a) {
		empty(entry);
		entry->a = assoc_ref(a);
	}
	entry->op = STORE_WRITE;
}

void store_book_forget(struct store_book *b, const char *name)
{
	struct store_entry *entry = find_or_add(b, name);

	empty(entry);
	entry->op = STORE_FORGET;
}

void store_book_change_all(struct store_book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct store_entry *entry = b->entries[i];

		if (entry->op == STORE_NOTHING && (entry->a || entry->loaded))
			entry->op = STORE_WRITE;
	}
}

/* --- what is to be done */

size_t store_book_count(const struct store_book *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->entries[i]->op != STORE_NOTHING;
	return n;
}

static struct store_job job_of(struct store_entry *entry)
{
	struct store_job job = { .entry = entry, .op = entry->op, .name = entry->name };

	entry->op = STORE_NOTHING;
	if (job.op == STORE_FORGET)
		return job;
	if (entry->a) {
		assoc_unmark(entry->a); /* before it is read: a change from here on is told again */
		job.a = assoc_ref(entry->a);
	} else {
		job.copy = mem_alloc(sizeof(*job.copy));
		*job.copy = *entry->loaded;
	}
	return job;
}

void store_book_collect(struct store_book *b, struct store_jobs *out)
{
	out->jobs = mem_array(b->n + 1, sizeof(*out->jobs));
	out->n = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (b->entries[i]->op != STORE_NOTHING)
			out->jobs[out->n++] = job_of(b->entries[i]);
	}
}

static void settle(struct store_book *b, struct store_job *job, bool is_done)
{
	struct store_entry *entry = job->entry;

	assoc_unref(job->a);
	mem_free(job->copy);
	if (entry->op != STORE_NOTHING)
		return; /* that comes after it */
	if (!is_done)
		entry->op = job->op;
	else if (job->op == STORE_FORGET)
		remove_entry(b, entry);
}

void store_book_settle(struct store_book *b, struct store_jobs *jobs, bool are_done)
{
	for (size_t i = 0; i < jobs->n; i++)
		settle(b, &jobs->jobs[i], are_done);
	mem_free(jobs->jobs);
	*jobs = (struct store_jobs){ .n = 0 };
}
