/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/state.h"

enum {
	DIRECTORY_MODE = 0700,
	FILE_MODE = 0600,
};

struct state {
	char *path;
	int fd;
};

/* --- the directory */

/* 1: it was made. */
static int make(const char *path, struct state_owner owner, struct err *e)
{
	if (mkdir(path, DIRECTORY_MODE) != 0)
		return errno == EEXIST ? 0 : err_set_errno(e, "cannot create it");
	if (owner.uid != geteuid() && chown(path, owner.uid, owner.gid) != 0) {
		err_set_errno(e, "cannot give it to user %lu", (unsigned long)owner.uid);
		(void)rmdir(path); /* it was not there before */
		return ERR_SYS;
	}
	return 1;
}

static int check(int fd, struct state_owner owner, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, "cannot stat");
	if (st.st_uid != owner.uid)
		return err_set(e, ERR_CONFIG, "belongs to user %lu, not to %lu; chown it",
		    (unsigned long)st.st_uid, (unsigned long)owner.uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_CONFIG,
		    "may be written by group or others (mode %03o); chmod 700 it",
		    st.st_mode & 0777u);
	/* a read-only disk may be mended; what is on it is worth more than nothing until then */
	if ((st.st_mode & S_IRWXU) != S_IRWXU ||
	    (owner.uid == geteuid() && faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0 &&
		errno != EROFS))
		return err_set(e, ERR_CONFIG, "cannot be written (mode %03o)", st.st_mode & 0777u);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_BUSY, "another parleyd uses it");
	return 0;
}

static int open_directory(
    struct state *s, const char *path, struct state_owner owner, struct err *e)
{
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0 && errno == ENOTDIR)
		return err_set(e, ERR_CONFIG, "is not a directory");
	if (s->fd < 0)
		return err_set_errno(e, "cannot open");
	return check(s->fd, owner, e);
}

struct state *state_open(const char *path, bool create, struct state_owner owner, struct err *e)
{
	struct state *s = mem_alloc(sizeof(*s));
	char *absolute;

	s->fd = -1;
	if ((create && make(path, owner, e) < 0) || open_directory(s, path, owner, e))
		goto fail;
	absolute = realpath(path, NULL);
	if (!absolute) {
		err_set_errno(e, "cannot resolve");
		goto fail;
	}
	s->path = mem_strdup(absolute);
	free(absolute);
	return s;

fail:
	err_within(e, "state directory '%s'", path);
	state_close(s);
	return NULL;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	mem_free(s->path);
	mem_free(s);
}

const char *state_path(const struct state *s)
{
	return s->path;
}

int state_fd(const struct state *s)
{
	return s->fd;
}

/* --- its files */

static int write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR)
			return ERR_SYS;
		if (n > 0)
			bytes = (struct str){ bytes.p + n, bytes.n - (size_t)n };
	}
	return 0;
}

/* The new file beside the old one, on the disk. */
static int write_beside(const struct state *s, const char *beside, struct str bytes)
{
	int fd, rc;

	(void)unlinkat(s->fd, beside, 0); /* of a process that died while it wrote */
	fd = openat(s->fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return ERR_SYS;
	rc =
	    fchmod(fd, FILE_MODE) == 0 && write_all(fd, bytes) == 0 && fsync(fd) == 0 ? 0 : ERR_SYS;
	if (close(fd) != 0)
		rc = ERR_SYS;
	return rc;
}

int state_write(const struct state *s, const char *name, struct str bytes, struct err *e)
{
	char beside[256];

	snprintf(beside, sizeof(beside), ".%s.new", name);
	if (write_beside(s, beside, bytes) || renameat(s->fd, beside, s->fd, name) != 0) {
		err_set_errno(e, "cannot write '%s/%s'", s->path, name);
		(void)unlinkat(s->fd, beside, 0); /* the failure is told already */
		return ERR_SYS;
	}
	if (fsync(s->fd) != 0)
		return err_set_errno(e, "cannot write '%s'", s->path);
	return 0;
}

/* Reads exactly `n` bytes and then the end. */
static int read_exactly(int fd, char *to, size_t n)
{
	size_t at = 0;
	ssize_t rc;
	char more;

	while (at < n && (rc = read(fd, to + at, n - at)) != 0) {
		if (rc < 0 && errno != EINTR)
			return ERR_SYS;
		if (rc > 0)
			at += (size_t)rc;
	}
	return at == n && read(fd, &more, 1) == 0 ? 0 : ERR_SYNTAX;
}

static int read_open(int fd, size_t max, struct str *text, struct err *e)
{
	struct stat st;
	char *data;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "is not a regular file");
	if ((uint64_t)st.st_size > max)
		return err_set(e, ERR_CONFIG, "is larger than %zu bytes", max);
	data = mem_alloc((size_t)st.st_size + 1);
	if (read_exactly(fd, data, (size_t)st.st_size)) {
		mem_free(data);
		return err_set(e, ERR_SYS, "cannot read all of it");
	}
	*text = (struct str){ data, (size_t)st.st_size };
	return 0;
}

int state_read(const struct state *s, const char *name, size_t max, struct str *text, struct err *e)
{
	int fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;

	if (fd < 0)
		return err_set_errno(e, "%s/%s", s->path, name);
	rc = read_open(fd, max, text, e);
	close(fd);
	return rc ? err_within(e, "%s/%s", s->path, name) : 0;
}
