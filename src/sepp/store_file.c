/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "sepp/aside.h"
#include "sepp/store_file.h"

enum {
	FILE_MODE = 0600,
	NAMES_MAX = 1000, /* that are tried */
};

#define ASIDE      STORE_FILE ".broken-"
#define ASIDE_TIME ASIDE "%Y%m%dT%H%M%SZ"

static const char aside[] = ASIDE "########T######Z";

/* What SQLite keeps beside a file. */
static const char *const rest[] = { "-wal", "-shm", "-journal" };

/* --- making */

static int check(int dir, struct err *e)
{
	struct stat st;

	if (fstatat(dir, STORE_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_set_errno(e, "cannot stat '%s'", STORE_FILE);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_SYNTAX, "is not a regular file");
	if (st.st_size == 0)
		return err_set(e, ERR_SYNTAX, "is empty");
	if ((st.st_mode & 0777) != FILE_MODE && fchmodat(dir, STORE_FILE, FILE_MODE, 0) != 0)
		return err_set_errno(e, "cannot change the mode of '%s'", STORE_FILE);
	return 0;
}

int store_file_make(int dir, bool *is_new, struct err *e)
{
	int fd =
	    openat(dir, STORE_FILE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	*is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		return check(dir, e);
	if (fd < 0)
		return err_set_errno(e, "cannot make '%s'", STORE_FILE);
	close(fd);
	store_file_remove_rest(dir);
	return fsync(dir) == 0 ? 0 : err_set_errno(e, "cannot make '%s'", STORE_FILE);
}

void store_file_unmake(int dir)
{
	struct stat st;

	if (fstatat(dir, STORE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0)
		(void)unlinkat(dir, STORE_FILE, 0); /* else it is set aside one day, as empty */
}

bool store_file_was_left_open(int dir)
{
	struct stat st;

	/* SQLite removes it with the last close */
	return fstatat(dir, STORE_FILE "-wal", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool store_file_has_log(int dir)
{
	struct stat st;

	return fstatat(dir, STORE_FILE "-wal", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

void store_file_remove_rest(int dir)
{
	char name[STORE_FILE_ASIDE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
		snprintf(name, sizeof(name), "%s%s", STORE_FILE, rest[i]);
		(void)unlinkat(dir, name, 0); /* it is rarely there */
	}
}

/* --- setting aside */

/*
 * A name that sorts behind all that there are, also if the clock went back: the oldest by name are
 * removed.  Several in one second are called after the next ones.
 */
static int choose_name(int dir, char out[STORE_FILE_ASIDE_MAX], struct err *e)
{
	time_t s = (time_t)clock_wall_s();
	struct tm tm = { 0 };
	struct aside_list there;
	struct stat st;

	aside_find(dir, aside, &there);
	if (there.n > 0 && strptime(there.newest, ASIDE_TIME, &tm) && timegm(&tm) >= s)
		s = timegm(&tm) + 1;
	for (int i = 0; i < NAMES_MAX; i++, s++) {
		gmtime_r(&s, &tm);
		if (strftime(out, STORE_FILE_ASIDE_MAX, ASIDE_TIME, &tm) > 0 &&
		    fstatat(dir, out, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
			return 0;
	}
	return err_set(e, ERR_LIMIT, "no free name for '%s'", STORE_FILE);
}

/* An operator may have put a directory there. */
static int remove_aside(int dir, const char *name)
{
	char beside[STORE_FILE_ASIDE_MAX + 16];

	for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
		snprintf(beside, sizeof(beside), "%s%s", name, rest[i]);
		(void)unlinkat(dir, beside, 0); /* it is rarely there */
	}
	return unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0 ? 0 : ERR_SYS;
}

static void prune(int dir)
{
	struct aside_list there;

	for (aside_find(dir, aside, &there); there.n > STORE_FILE_KEEP;
	     aside_find(dir, aside, &there)) {
		if (remove_aside(dir, there.oldest)) {
			log_warn(LOG_SEPP, "-", "store cannot remove '%s': %s", there.oldest,
			    strerror(errno));
			return;
		}
		log_debug(LOG_SEPP, "-", "store removed file=%s", there.oldest);
	}
}

int store_file_set_aside(int dir, char out[STORE_FILE_ASIDE_MAX], struct err *e)
{
	char from[STORE_FILE_ASIDE_MAX], to[STORE_FILE_ASIDE_MAX + 16];

	if (choose_name(dir, out, e))
		return e->code;
	for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
		snprintf(from, sizeof(from), "%s%s", STORE_FILE, rest[i]);
		snprintf(to, sizeof(to), "%s%s", out, rest[i]);
		if (renameat(dir, from, dir, to) != 0 && errno != ENOENT)
			return err_set_errno(e, "cannot rename '%s' to '%s'", from, to);
	}
	if (renameat(dir, STORE_FILE, dir, out) != 0)
		return err_set_errno(e, "cannot rename '%s' to '%s'", STORE_FILE, out);
	prune(dir);
	return 0;
}
