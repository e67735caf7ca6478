/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "sepp/journal_int.h"

enum {
	HALF = JOURNAL_QUEUE_MAX / 2,
	MUCH = HALF / 16,    /* bytes for which it does not linger */
	CALM = HALF / 8,     /* ... that a batch has at most while the disk keeps up */
	LINGER_MSEC = 20,    /* lines are gathered this long, and nobody needs to wake the thread */
	RETRY_MSEC = 250,    /* after the file did not take them */
	SAY_MSEC = 60000,    /* that it still does not */
	LOST_MSEC = 10000,   /* that lines are lost */
	ROTATE_MSEC = 10000, /* after the file could not be set aside */
};

struct batch {
	size_t n, done; /* bytes; those that are in the file */
	uint64_t lines;
	char *text;
};

struct journal {
	bool has_thread;
	pthread_t thread;
	atomic_bool is_on, is_failing;
	atomic_uint_fast64_t written, lost_queue, lost_write, aside;

	pthread_mutex_t lock; /* guards down to the next empty line */
	pthread_cond_t work;  /* for the thread */
	pthread_cond_t idle;  /* everything is written */
	struct batch fill;
	bool is_asleep, is_writing, is_stopping, wants_rotation;
	struct conf_journal conf;

	/* of the thread */
	struct journal_file file;
	struct batch batch;
	msec said_at, retry_at;
	msec rotate_said_at, rotate_at; /* not to be tried before, if it failed */
	uint64_t lost_said;
	msec lost_at;
};

static void wait_until(struct journal *j, pthread_cond_t *cond, msec when)
{
	struct timespec t = {
		.tv_sec = (time_t)(when / 1000),
		.tv_nsec = (long)(when % 1000) * 1000000,
	};

	(void)pthread_cond_clockwait(cond, &j->lock, CLOCK_MONOTONIC, &t); /* early is fine, too */
}

/* --- by any thread */

bool journal_wants(const struct journal *j)
{
	return j && atomic_load_explicit(&j->is_on, memory_order_relaxed);
}

void journal_add(struct journal *j, struct str line)
{
	bool wakes = false;

	pthread_mutex_lock(&j->lock);
	if (j->fill.n + line.n > HALF) {
		atomic_fetch_add(atomic_load(&j->is_failing) ? &j->lost_write : &j->lost_queue, 1);
	} else {
		memcpy(j->fill.text + j->fill.n, line.p, line.n);
		j->fill.n += line.n;
		j->fill.lines++;
		wakes = j->is_asleep || (j->fill.n >= MUCH && j->fill.n - line.n < MUCH);
		j->is_asleep = false;
	}
	pthread_mutex_unlock(&j->lock);
	if (wakes)
		pthread_cond_signal(&j->work);
}

bool journal_flush(struct journal *j, msec limit)
{
	msec end = clock_mono() + limit;
	bool done;

	pthread_mutex_lock(&j->lock);
	pthread_cond_signal(&j->work);
	for (;;) {
		done = j->fill.n == 0 && !j->is_writing;
		if (done || clock_mono() >= end)
			break;
		wait_until(j, &j->idle, end);
	}
	pthread_mutex_unlock(&j->lock);
	return done;
}

/* --- what the thread does without the lock */

static void fail(struct journal *j, const struct err *e)
{
	msec now = clock_mono();

	j->retry_at = now + RETRY_MSEC;
	if (atomic_exchange(&j->is_failing, true) && now - j->said_at < SAY_MSEC)
		return;
	j->said_at = now;
	log_error(LOG_SEPP, "-",
	    "journal does not get on, decisions wait until it does, and are lost when they are too many lost=%llu: %s",
	    (unsigned long long)atomic_load(&j->lost_write), e->text);
}

static void recover(struct journal *j)
{
	if (atomic_exchange(&j->is_failing, false))
		log_info(LOG_SEPP, "-", "journal gets on again lost=%llu",
		    (unsigned long long)atomic_load(&j->lost_write));
}

/* If it cannot be done, the file just grows. */
static void rotate(struct journal *j, unsigned keep)
{
	struct err e = { 0 };
	msec now = clock_mono();

	if (journal_file_rotate(&j->file, keep, &e) == 0) {
		atomic_store(&j->aside, j->file.aside);
		return;
	}
	j->rotate_at = now + ROTATE_MSEC;
	if (j->rotate_said_at && now - j->rotate_said_at < SAY_MSEC)
		return;
	j->rotate_said_at = now;
	log_error(LOG_SEPP, "-", "journal cannot be set aside: %s", e.text);
}

/* Makes sure that there is a file, one that somebody can read. */
static int open_file(struct journal *j, struct err *e)
{
	struct batch *b = &j->batch;

	if (j->file.fd >= 0 && !journal_file_is_gone(&j->file))
		return 0;
	if (journal_file_open(&j->file, e))
		return e->code;
	while (b->done > 0 && b->text[b->done - 1] != '\n')
		b->done--; /* the half of a line that is gone */
	return 0;
}

/* A batch that a slow disk made long does not hold its pages for good. */
static void give_back(const struct batch *b)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)b->text + CALM + page - 1) & ~(page - 1);
	uintptr_t to =
	    ((uintptr_t)b->text + b->n) & ~(page - 1); /* whole pages, all of them ours */

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

/* Writes what there is of the batch. */
static void write_batch(struct journal *j)
{
	struct batch *b = &j->batch;
	struct err e = { 0 };

	if (open_file(j, &e)) {
		fail(j, &e);
		return;
	}
	b->done += journal_file_write(&j->file, b->text + b->done, b->n - b->done, &e);
	if (b->done < b->n) {
		fail(j, &e);
		return;
	}
	recover(j);
	atomic_fetch_add(&j->written, b->lines);
	give_back(b);
	b->n = b->done = b->lines = 0;
}

static void say_lost(struct journal *j)
{
	uint64_t lost = atomic_load(&j->lost_queue);
	msec now = clock_mono();

	if (lost == j->lost_said || (j->lost_said && now - j->lost_at < LOST_MSEC))
		return;
	log_warn(LOG_SEPP, "-", "journal is too slow, decisions are not recorded lost=%llu",
	    (unsigned long long)(lost - j->lost_said));
	j->lost_said = lost;
	j->lost_at = now;
}

static bool is_full(const struct journal *j, const struct conf_journal *conf)
{
	return conf->max_mib > 0 && j->file.size >= (uint64_t)conf->max_mib << 20;
}

/* One round. */
static void work(struct journal *j, bool wants_rotation, const struct conf_journal *conf)
{
	if (wants_rotation)
		rotate(j, conf->keep);
	if (j->batch.n > 0)
		write_batch(j);
	if (j->batch.n == 0 && is_full(j, conf) && clock_mono() >= j->rotate_at)
		rotate(j, conf->keep);
	say_lost(j);
}

/* --- the thread */

/* Under the lock: sleeps until there is something to do, or to be tried again. */
static void await_work(struct journal *j)
{
	while (!j->is_stopping && !j->wants_rotation) {
		if (j->batch.n > 0) {
			if (clock_mono() >= j->retry_at)
				return;
			wait_until(j, &j->work, j->retry_at);
			continue;
		}
		if (j->fill.n > 0)
			return;
		j->is_asleep = true;
		pthread_cond_wait(&j->work, &j->lock);
		j->is_asleep = false;
	}
}

/* Under the lock: the full buffer becomes the one that is written. */
static void take_batch(struct journal *j)
{
	struct batch empty = j->batch;

	if (empty.n > 0)
		return; /* not written yet */
	j->batch = j->fill;
	j->fill = empty;
}

/* Lines that the end of the process leaves behind. */
static void give_up(struct journal *j)
{
	uint64_t lines = j->fill.lines;

	for (size_t i = j->batch.done; i < j->batch.n; i++)
		lines += j->batch.text[i] == '\n';
	if (lines > 0)
		log_error(LOG_SEPP, "-", "journal could not be completed lost=%llu",
		    (unsigned long long)lines);
	atomic_fetch_add(&j->lost_write, lines);
}

static void *run(void *arg)
{
	struct journal *j = arg;
	struct conf_journal conf;
	bool rotates, is_last;

	pthread_mutex_lock(&j->lock);
	do {
		await_work(j);
		take_batch(j);
		conf = j->conf;
		rotates = j->wants_rotation;
		is_last = j->is_stopping;
		j->wants_rotation = false;
		j->is_writing = true;
		pthread_mutex_unlock(&j->lock);
		work(j, rotates, &conf);
		pthread_mutex_lock(&j->lock);
		j->is_writing = j->batch.n > 0;
		if (!j->is_writing && j->fill.n == 0)
			pthread_cond_broadcast(&j->idle);
		if (!j->is_stopping && !j->is_writing)
			wait_until(j, &j->work, clock_mono() + LINGER_MSEC);
	} while (!is_last || (j->fill.n > 0 && j->batch.n == 0));
	give_up(j);
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

static int start_thread(struct journal *j, struct err *e)
{
	int rc = thread_start(&j->thread, 0, run, j, "the journal's thread", e);

	j->has_thread = rc == 0;
	return rc;
}

/* --- by the control thread */

/* A disk that takes nothing at the start may later. */
static int begin(struct journal *j, struct err *e)
{
	if (journal_file_open(&j->file, e) == 0)
		return 0;
	if (e->code != ERR_BUSY)
		return e->code;
	fail(j, e);
	*e = (struct err){ 0 };
	return 0;
}

struct journal *journal_open(
    int state, const struct conf_journal *conf, const struct journal_calls *calls, struct err *e)
{
	struct journal *j = mem_alloc(sizeof(*j));
	int dir = state >= 0 ? fcntl(state, F_DUPFD_CLOEXEC, 0) : -1;

	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->work, NULL);
	pthread_cond_init(&j->idle, NULL);
	journal_file_init(&j->file, dir, calls);
	j->conf = *conf;
	if (state < 0)
		return j;
	if (dir < 0) {
		err_set_errno(e, "cannot keep the state directory open");
		goto fail;
	}
	j->fill.text = mem_alloc(HALF);
	j->batch.text = mem_alloc(HALF);
	if ((conf->enabled && begin(j, e)) || start_thread(j, e)) {
		err_within(e, "journal");
		goto fail;
	}
	j->is_on = conf->enabled;
	return j;

fail:
	journal_close(j);
	return NULL;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->has_thread) {
		pthread_mutex_lock(&j->lock);
		j->is_stopping = true;
		pthread_cond_signal(&j->work);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	}
	journal_file_release(&j->file);
	mem_free(j->fill.text);
	mem_free(j->batch.text);
	pthread_cond_destroy(&j->work);
	pthread_cond_destroy(&j->idle);
	pthread_mutex_destroy(&j->lock);
	mem_free(j);
}

void journal_configure(struct journal *j, const struct conf_journal *conf)
{
	pthread_mutex_lock(&j->lock);
	j->conf = *conf;
	pthread_mutex_unlock(&j->lock);
	if (j->has_thread)
		atomic_store(&j->is_on, conf->enabled);
}

void journal_rotate(struct journal *j)
{
	if (!journal_wants(j))
		return;
	pthread_mutex_lock(&j->lock);
	j->wants_rotation = true;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
}

void journal_status(struct journal *j, struct journal_status *out)
{
	memset(out, 0, sizeof(*out));
	out->why = j && j->has_thread ? "journal = { enabled = false } in gateway.lua"
				      : "no state directory: start parleyd with --state";
	if (!j)
		return;
	out->is_on = journal_wants(j);
	if (out->is_on)
		out->why = "";
	out->is_failing = atomic_load(&j->is_failing);
	out->written = atomic_load(&j->written);
	out->lost_queue = atomic_load(&j->lost_queue);
	out->lost_write = atomic_load(&j->lost_write);
	out->files = atomic_load(&j->aside);
}
