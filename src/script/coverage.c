/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "script/coverage.h"
#include "script/script_int.h"

enum {
	LINES_MAX = SCRIPT_FILE_MAX + 2,
};

struct lines {
	const struct script_file *file;
	bool ran[LINES_MAX];
};

struct coverage {
	struct lines *last; /* of the line before: most lines are of the same file */
	size_t n;
	struct lines *lines;
};

static bool counts(const char *path)
{
	struct str s = str_of(path);

	return str_is(s, "default.lua") ||
	       ((str_starts(s, "partners/") || str_starts(s, "shared/") || str_starts(s, "lib/")) &&
		   s.n > 4 && strcmp(path + s.n - 4, ".lua") == 0);
}

struct coverage *coverage_new(const struct script_files *files)
{
	struct coverage *c = mem_alloc(sizeof(*c));

	c->lines = mem_array(files->n + 1, sizeof(*c->lines));
	for (size_t i = 0; i < files->n; i++) {
		if (counts(files->files[i].path))
			c->lines[c->n++].file = &files->files[i];
	}
	return c;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	mem_free(c->lines);
	mem_free(c);
}

static struct lines *find(struct coverage *c, const char *path)
{
	if (c->last && strcmp(c->last->file->path, path) == 0)
		return c->last;
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->lines[i].file->path, path) == 0)
			return c->last = &c->lines[i];
	}
	return NULL;
}

void coverage_on_line(void *arg, const char *path, int line)
{
	struct lines *l = find(arg, path);

	if (l && line > 0 && line < LINES_MAX)
		l->ran[line] = true;
}

size_t coverage_files(const struct coverage *c)
{
	return c->n;
}

const struct script_file *coverage_file(const struct coverage *c, size_t i)
{
	return c->lines[i].file;
}

bool coverage_ran(const struct coverage *c, size_t i, int line)
{
	return line > 0 && line < LINES_MAX && c->lines[i].ran[line];
}
