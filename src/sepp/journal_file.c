/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "sepp/aside.h"
#include "sepp/journal_int.h"

enum {
	TAIL_BYTES = 64 << 10, /* more than a line */
	SAME_SECOND_MAX = 10000,
};

static const char live[] = "decisions.jsonl";
static const char aside[] = "decisions-########T######Z-####.jsonl";

void journal_file_init(struct journal_file *f, int dir, const struct journal_calls *calls)
{
	static const struct journal_calls system_calls = { write, ftruncate };

	*f = (struct journal_file){ .dir = dir, .fd = -1 };
	f->calls = calls ? *calls : system_calls;
}

void journal_file_release(struct journal_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->dir >= 0)
		close(f->dir);
	f->fd = f->dir = -1;
}

/* Where the last whole line of a file of `size` bytes ends. */
static off_t end_of_lines(int fd, off_t size)
{
	static char tail[TAIL_BYTES]; /* one thread at a time opens files */

	for (off_t from = size, end; (end = from) > 0;) {
		ssize_t n;

		from = end > TAIL_BYTES ? end - TAIL_BYTES : 0;
		n = pread(fd, tail, (size_t)(end - from), from);
		if (n < 0)
			return size;
		while (n > 0 && tail[n - 1] != '\n')
			n--;
		if (n > 0)
			return from + n;
	}
	return 0;
}

/* A process that was killed while the disk was full may have left half a line. */
static int repair(struct journal_file *f, int fd, off_t size, struct err *e)
{
	off_t end = end_of_lines(fd, size);

	if (end < size) {
		if (f->calls.truncate(fd, end) != 0)
			return err_set_errno(e, "cannot remove half a line from '%s'", live);
		log_warn(LOG_SEPP, "-", "journal ended in half a line, which is removed bytes=%lld",
		    (long long)(size - end));
	}
	f->size = (uint64_t)end;
	return 0;
}

/* `why` is an errno: the disk takes nothing, which may be better later. */
static bool is_of_disk(int why)
{
	return why == EROFS || why == ENOSPC || why == EDQUOT || why == EIO;
}

int journal_file_open(struct journal_file *f, struct err *e)
{
	struct stat st;
	int fd = openat(
	    f->dir, live, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640);

	if (fd < 0) {
		bool is_late = is_of_disk(errno);

		err_set_errno(e, "cannot open '%s'", live);
		if (is_late)
			e->code = ERR_BUSY;
		return e->code;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_CONFIG, "'%s' is not a regular file", live);
	}
	if (repair(f, fd, st.st_size, e)) {
		close(fd);
		return ERR_SYS;
	}
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	f->is_mid_line = false;
	return 0;
}

bool journal_file_is_gone(const struct journal_file *f)
{
	struct stat st;

	return f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_nlink == 0;
}

/*
 * `done` of the bytes at `p` are in the file: takes half a line back, so that it has whole ones.
 * Returns how many of them stay.
 */
static size_t take_back(struct journal_file *f, const char *p, size_t done)
{
	const char *end = done ? memrchr(p, '\n', done) : NULL;
	size_t whole = end ? (size_t)(end - p) + 1 : 0;
	struct stat st;

	if (!end && f->is_mid_line)
		return done; /* where its line began is not known any more */
	if (whole < done &&
	    (fstat(f->fd, &st) != 0 ||
		f->calls.truncate(f->fd, st.st_size - (off_t)(done - whole)) != 0)) {
		f->is_mid_line = true; /* the next write goes on with it */
		return done;
	}
	f->is_mid_line = false;
	return whole;
}

size_t journal_file_write(struct journal_file *f, const char *p, size_t n, struct err *e)
{
	size_t done = 0;

	while (done < n) {
		ssize_t now = f->calls.write(f->fd, p + done, n - done);

		if (now < 0 && errno == EINTR)
			continue;
		if (now <= 0) {
			if (now == 0)
				errno = ENOSPC;
			err_set_errno(e, "cannot write to '%s'", live);
			done = take_back(f, p, done);
			f->size += done;
			return done;
		}
		done += (size_t)now;
	}
	f->is_mid_line = false;
	f->size += n;
	return n;
}

/* --- setting aside */

/* Whether `live` is still the file that is open. */
static bool is_ours(const struct journal_file *f)
{
	struct stat here, open;

	return f->fd >= 0 && fstat(f->fd, &open) == 0 &&
	       fstatat(f->dir, live, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev == open.st_dev && here.st_ino == open.st_ino;
}

/* Goes behind `s` and `n`, unless it is there already. */
static void go_behind(time_t *at_s, int *at_n, time_t s, int n)
{
	if (s < *at_s || (s == *at_s && n < *at_n))
		return;
	*at_s = s;
	*at_n = n + 1;
}

/* ... what the newest file is called. */
static void go_behind_newest(const struct journal_file *f, time_t *at_s, int *at_n)
{
	struct tm tm = { 0 };
	struct aside_list there;
	const char *number;

	aside_find(f->dir, aside, &there);
	number = there.n ? strptime(there.newest, "decisions-%Y%m%dT%H%M%SZ-", &tm) : NULL;
	if (number)
		go_behind(at_s, at_n, timegm(&tm), (int)strtol(number, NULL, 10));
}

/*
 * A name that sorts behind all before it, also if those of the same second are gone already, and
 * if the clock went back: the oldest by name are removed.
 */
static int choose_name(struct journal_file *f, char out[ASIDE_NAME_MAX], struct err *e)
{
	time_t s = (time_t)clock_wall_s();
	int n = 0;
	char time[20];
	struct stat st;
	struct tm tm;

	go_behind(&s, &n, (time_t)f->aside_s, f->aside_n);
	go_behind_newest(f, &s, &n);
	for (int i = 0; i < SAME_SECOND_MAX; i++, n++) {
		s += n / SAME_SECOND_MAX;
		n %= SAME_SECOND_MAX;
		gmtime_r(&s, &tm);
		strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &tm);
		snprintf(out, ASIDE_NAME_MAX, "decisions-%s-%04d.jsonl", time, n);
		if (fstatat(f->dir, out, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
			continue;
		f->aside_s = s;
		f->aside_n = n;
		return 0;
	}
	return err_set(e, ERR_LIMIT, "no free name for '%s'", live);
}

static void prune(const struct journal_file *f, unsigned keep)
{
	struct aside_list there;

	for (aside_find(f->dir, aside, &there); keep > 0 && there.n > keep;
	     aside_find(f->dir, aside, &there)) {
		if (unlinkat(f->dir, there.oldest, 0) != 0) {
			log_warn(LOG_SEPP, "-", "journal cannot remove '%s': %s", there.oldest,
			    strerror(errno));
			return;
		}
		log_debug(LOG_SEPP, "-", "journal removed file=%s", there.oldest);
	}
}

int journal_file_rotate(struct journal_file *f, unsigned keep, struct err *e)
{
	char name[ASIDE_NAME_MAX];
	bool renames = is_ours(f) && f->size > 0;

	if (f->is_mid_line)
		return err_set(e, ERR_BUSY, "a line of '%s' is not complete", live);
	if (renames) {
		if (choose_name(f, name, e))
			return ERR_LIMIT;
		if (renameat(f->dir, live, f->dir, name) != 0)
			return err_set_errno(e, "cannot rename '%s' to '%s'", live, name);
	}
	if (journal_file_open(f, e)) {
		if (renames)
			(void)renameat(f->dir, name, f->dir, live); /* go on with the old one */
		return ERR_SYS;
	}
	if (renames) {
		f->aside++;
		log_info(LOG_SEPP, "-", "journal set aside file=%s", name);
	}
	prune(f, keep);
	return 0;
}
