/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/thread.h"
#include "sepp/store.h"
#include "sepp/store_book.h"
#include "sepp/store_db.h"
#include "sepp/store_file.h"

enum {
	LINGER_MSEC = 50,  /* changes are gathered this long */
	RETRY_MSEC = 1000, /* after an attempt that failed */
};

struct store {
	bool is_on, has_thread, was_interrupted;
	pthread_t thread;

	pthread_mutex_t lock; /* guards down to the next empty line */
	pthread_cond_t work;  /* for the thread */
	pthread_cond_t done;  /* an attempt is over */
	struct store_book book;
	msec due; /* when something is to be done; 0 = there is nothing */
	bool hurries, is_stopping;
	uint64_t asked, answered; /* requests so far; of those, on the disk */
	struct store_status status;

	/* of the thread; before there is one, of store_open() */
	int dir;
	char *path;
	struct store_db *db; /* NULL = not open */
	struct store_jobs jobs;
	uint64_t answering; /* requests that the jobs cover */
};

static void lock(struct store *s)
{
	pthread_mutex_lock(&s->lock);
}

static void unlock(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
}

static void wait_until(struct store *s, pthread_cond_t *cond, msec when)
{
	struct timespec t = {
		.tv_sec = (time_t)(when / 1000),
		.tv_nsec = (long)(when % 1000) * 1000000,
	};

	(void)pthread_cond_clockwait(cond, &s->lock, CLOCK_MONOTONIC, &t); /* early is fine, too */
}

/* --- by any thread */

/* Under the lock: there is something more to do. */
static void ask(struct store *s)
{
	s->asked++;
	if (s->due > 0)
		return;
	s->due = clock_mono() + LINGER_MSEC;
	pthread_cond_signal(&s->work);
}

void store_on_change(void *arg, struct association *a)
{
	struct store *s = arg;

	if (!s->is_on)
		return;
	lock(s);
	if (assoc_mark(a)) {
		store_book_change(&s->book, a);
		ask(s);
	}
	unlock(s);
}

void store_forget(struct store *s, const char *name)
{
	if (!s->is_on)
		return;
	lock(s);
	store_book_forget(&s->book, name);
	ask(s);
	unlock(s);
}

bool store_flush(struct store *s, msec limit)
{
	msec end = clock_mono() + limit;
	uint64_t wanted;
	bool is_there;

	lock(s);
	wanted = s->asked;
	if (s->is_on && s->answered < wanted) {
		s->hurries = true;
		pthread_cond_signal(&s->work);
	}
	while (s->is_on && s->answered < wanted && clock_mono() < end)
		wait_until(s, &s->done, end);
	is_there = s->answered >= wanted;
	unlock(s);
	return is_there;
}

void store_status(struct store *s, struct store_status *out)
{
	lock(s);
	*out = s->status;
	unlock(s);
}

bool store_take(struct store *s, const char *name, struct assoc_record *out)
{
	bool has;

	lock(s);
	has = store_book_take(&s->book, name, out);
	unlock(s);
	return has;
}

/* --- the file; by the thread, without the lock */

static void on_record(void *arg, const struct assoc_record *r)
{
	struct store *s = arg;

	lock(s);
	store_book_load(&s->book, r);
	s->status.n_loaded++;
	unlock(s);
}

static void close_db(struct store *s)
{
	store_db_close(s->db);
	s->db = NULL;
}

/* A file that was removed, or another that was put in its place, is to hold all that is known. */
static void leave_lost_file(struct store *s)
{
	log_warn(LOG_SEPP, "-", "store '%s' was removed or replaced, it is begun again", s->path);
	close_db(s);
	store_file_remove_rest(s->dir); /* of the other file; SQLite leaves it there */
	lock(s);
	store_book_change_all(&s->book);
	unlock(s);
}

/* Sees to it that the file is open. */
static int reach(struct store *s, struct err *e)
{
	bool is_new = false;

	if (s->db && store_db_has_moved(s->db))
		leave_lost_file(s);
	if (s->db)
		return 0;
	if (store_file_make(s->dir, &is_new, e) == 0)
		s->db = store_db_open(s->path, e);
	if (!is_new)
		return s->db ? 0 : e->code;
	lock(s);
	store_book_change_all(&s->book);
	unlock(s);
	if (s->db)
		return 0;
	store_file_unmake(s->dir);
	return e->code;
}

/* `e` says why the file cannot be used, and then why that could not be helped. */
static int set_aside(struct store *s, struct err *e)
{
	char name[STORE_FILE_ASIDE_MAX];
	struct err why = *e;

	close_db(s);
	if (store_file_set_aside(s->dir, name, e))
		return err_within(e, "%s", why.text);
	log_error(LOG_SEPP, "-",
	    "store '%s' cannot be used, it is now '%s' and a new one is begun: %s", s->path, name,
	    why.text);
	lock(s);
	(void)str_copy(s->status.set_aside, sizeof(s->status.set_aside), str_of(name));
	(void)str_copy(s->status.aside_why, sizeof(s->status.aside_why), str_of(why.text));
	unlock(s);
	return 0;
}

static void fail(struct store *s, const struct err *e)
{
	bool is_news;

	lock(s);
	is_news = !s->status.is_failing;
	s->status.is_failing = true;
	s->status.failures++;
	(void)str_copy(s->status.error, sizeof(s->status.error), str_of(e->text)); /* cut is fine */
	s->due = clock_mono() + RETRY_MSEC;
	unlock(s);
	if (is_news)
		log_error(LOG_SEPP, "-",
		    "store '%s' does not get on, changes wait until it does: %s", s->path, e->text);
}

static void succeed(struct store *s)
{
	bool is_news;

	lock(s);
	is_news = s->status.is_failing;
	s->status.is_failing = false;
	s->status.error[0] = '\0';
	unlock(s);
	if (is_news)
		log_info(LOG_SEPP, "-", "store '%s' gets on again", s->path);
}

/* --- a transaction; by the thread, without the lock */

/* Takes what is to be done. */
static void collect(struct store *s)
{
	lock(s);
	store_book_collect(&s->book, &s->jobs);
	s->answering = s->asked;
	s->due = 0;
	unlock(s);
}

static int do_job(struct store *s, const struct store_job *job, struct err *e)
{
	struct assoc_record r;

	if (job->op == STORE_FORGET)
		return store_db_forget(s->db, job->name, e);
	if (!job->a)
		return store_db_write(s->db, job->copy, e);
	assoc_save(job->a, &r);
	return store_db_write(s->db, &r, e);
}

/* One transaction. */
static int do_jobs(struct store *s, struct err *e)
{
	int rc;

	if (s->jobs.n == 0)
		return 0;
	rc = store_db_begin(s->db, e);
	for (size_t i = 0; i < s->jobs.n && rc == 0; i++)
		rc = do_job(s, &s->jobs.jobs[i], e);
	return rc ? rc : store_db_commit(s->db, e);
}

/* What is not done is to be done again. */
static void settle(struct store *s, bool are_done)
{
	lock(s);
	for (size_t i = 0; i < s->jobs.n && are_done; i++)
		s->status.written += s->jobs.jobs[i].op == STORE_WRITE;
	store_book_settle(&s->book, &s->jobs, are_done);
	if (are_done)
		s->answered = s->answering;
	unlock(s);
}

static int attempt(struct store *s, struct err *e)
{
	int rc = reach(s, e);

	if (rc)
		return rc;
	collect(s);
	rc = do_jobs(s, e);
	settle(s, rc == 0);
	if (rc)
		close_db(s); /* nothing is assumed of it any more */
	return rc;
}

static void work(struct store *s)
{
	struct err e = { 0 };
	int rc = attempt(s, &e);

	if (rc == ERR_SYNTAX) {
		rc = set_aside(s, &e);
		if (rc == 0)
			rc = attempt(s, &e);
	}
	if (rc)
		fail(s, &e);
	else
		succeed(s);
}

/* --- the thread */

/* Under the lock. */
static void await_work(struct store *s)
{
	while (!s->is_stopping && !s->hurries && (s->due == 0 || clock_mono() < s->due)) {
		if (s->due > 0)
			wait_until(s, &s->work, s->due);
		else
			pthread_cond_wait(&s->work, &s->lock);
	}
	s->hurries = false;
}

/* Under the lock: what the end of the process leaves behind. */
static void give_up(const struct store *s)
{
	size_t lost = store_book_count(&s->book);

	if (lost > 0)
		log_error(LOG_SEPP, "-", "store could not be completed lost=%zu", lost);
}

static void *run(void *arg)
{
	struct store *s = arg;
	bool is_last;

	lock(s);
	do {
		await_work(s);
		is_last = s->is_stopping;
		unlock(s);
		work(s);
		lock(s);
		pthread_cond_broadcast(&s->done);
	} while (!is_last);
	give_up(s);
	unlock(s);
	return NULL;
}

static int start_thread(struct store *s, struct err *e)
{
	int rc = thread_start(&s->thread, 0, run, s, "the store's thread", e);

	s->has_thread = rc == 0;
	return rc;
}

/* --- by the control thread */

/* Opens the file and reads it. */
static int load(struct store *s, struct err *e)
{
	int rc = reach(s, e);

	if (rc == 0)
		rc = store_db_read(s->db, on_record, s, e);
	if (rc == 0)
		return 0;
	close_db(s);
	store_book_release(&s->book);
	s->status.n_loaded = 0;
	return rc;
}

/*
 * What is there, when the file cannot be opened to be written: on a disk that is full or read-only
 * it still says what was agreed on.  If that cannot be read either, `fail` has told why.
 */
static void load_unopened(struct store *s)
{
	struct err unused = { 0 };
	struct store_db *db = store_db_open_to_read(s->path, store_file_has_log(s->dir), &unused);

	if (db && store_db_read(db, on_record, s, &unused) == 0) {
		log_warn(LOG_SEPP, "-", "store '%s' is read, but cannot be written partners=%zu",
		    s->path, s->status.n_loaded);
	} else {
		store_book_release(&s->book);
		s->status.n_loaded = 0;
	}
	store_db_close(db);
}

static void begin(struct store *s)
{
	struct err e = { 0 };
	int rc = load(s, &e);

	if (rc == ERR_SYNTAX) {
		rc = set_aside(s, &e);
		if (rc == 0)
			rc = load(s, &e);
	}
	if (rc == 0)
		return;
	fail(s, &e);
	if (rc != ERR_SYNTAX)
		load_unopened(s);
}

struct store *store_open(const struct state *state, struct err *e)
{
	struct store *s = mem_alloc(sizeof(*s));
	size_t size;

	store_book_init(&s->book);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->done, NULL);
	s->dir = -1;
	s->status.why = "there is no state directory";
	if (!state)
		return s;
	s->dir = fcntl(state_fd(state), F_DUPFD_CLOEXEC, 0);
	if (s->dir < 0) {
		err_set_errno(e, "store: cannot keep the state directory open");
		goto fail;
	}
	size = strlen(state_path(state)) + sizeof("/" STORE_FILE);
	s->path = mem_alloc(size);
	snprintf(s->path, size, "%s/%s", state_path(state), STORE_FILE);
	s->is_on = s->status.is_on = true;
	s->status.why = "";
	s->was_interrupted = store_file_was_left_open(s->dir);
	begin(s);
	if (start_thread(s, e)) {
		err_within(e, "store");
		goto fail;
	}
	return s;

fail:
	store_close(s);
	return NULL;
}

bool store_was_interrupted(const struct store *s)
{
	return s->was_interrupted;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->has_thread) {
		lock(s);
		s->is_stopping = true;
		pthread_cond_signal(&s->work);
		unlock(s);
		pthread_join(s->thread, NULL);
	}
	store_db_close(s->db);
	store_book_release(&s->book);
	if (s->dir >= 0)
		close(s->dir);
	mem_free(s->path);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->done);
	pthread_mutex_destroy(&s->lock);
	mem_free(s);
}
