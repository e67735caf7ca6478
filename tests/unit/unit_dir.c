/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit_dir.h"

struct dir *dir_new(void)
{
	struct dir *d = mem_alloc(sizeof(*d));

	snprintf(d->path, sizeof(d->path), "/tmp/parley-unit-XXXXXX");
	assert_non_null(mkdtemp(d->path));
	return d;
}

static int on_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void dir_free(struct dir *d)
{
	assert_int_equal(nftw(d->path, on_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	mem_free(d);
}

const char *dir_path(const struct dir *d, const char *name)
{
	static char path[512];

	assert_true(snprintf(path, sizeof(path), "%s/%s", d->path, name) < (int)sizeof(path));
	return path;
}

static void make_folder(const struct dir *d, const char *name)
{
	char folder[64];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		assert_true(
		    str_copy(folder, sizeof(folder), (struct str){ name, (size_t)(slash - name) }));
		(void)mkdir(dir_path(d, folder), 0755); /* it may be there */
	}
}

void dir_write(struct dir *d, const char *name, struct str text)
{
	const char *dot = strrchr(name, '.');
	mode_t mode = dot && strcmp(dot, ".key") == 0 ? 0600 : 0644;
	int fd;

	make_folder(d, name);
	fd = open(dir_path(d, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

void dir_write_text(struct dir *d, const char *name, const char *text)
{
	dir_write(d, name, str_of(text));
}

void dir_chmod(struct dir *d, const char *name, unsigned mode)
{
	assert_int_equal(chmod(dir_path(d, name), mode), 0);
}

void dir_remove(struct dir *d, const char *name)
{
	assert_int_equal(remove(dir_path(d, name)), 0);
}
