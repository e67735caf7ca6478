/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <sched.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "sepp/programs.h"

struct programs {
	unsigned refs;
	struct directory *sources; /* owned */
	struct map compiled;       /* path -> script_program, owned */
};

static bool is_source(const char *path)
{
	return !str_starts(str_of(path), "certs/") && !str_starts(str_of(path), "anchors/");
}

static struct directory *copy_sources(const struct directory *d)
{
	struct directory *copy = directory_new(d->path);

	for (size_t i = 0; i < d->files.n; i++) {
		const struct script_file *f = &d->files.files[i];

		if (!is_source(f->path))
			continue;
		directory_add_text(copy, f->path, f->text);
		sched_yield(); /* a worker may wait for this core */
	}
	directory_seal(copy);
	return copy;
}

struct programs *programs_of(const struct directory *d, struct programs *before)
{
	struct directory *sources = copy_sources(d);
	struct programs *p;

	if (before && strcmp(before->sources->digest, sources->digest) == 0) {
		directory_free(sources);
		before->refs++;
		return before;
	}
	p = mem_alloc(sizeof(*p));
	p->refs = 1;
	p->sources = sources;
	map_init(&p->compiled);
	return p;
}

void programs_unref(struct programs *p)
{
	struct script_program *program;
	size_t at = 0;

	if (!p || --p->refs > 0)
		return;
	while ((program = map_next(&p->compiled, &at)) != NULL) {
		script_program_free(program);
		sched_yield();
	}
	map_release(&p->compiled);
	directory_free(p->sources);
	mem_free(p);
}

struct script_program *programs_get(struct programs *p, struct script_vm *vm, const char *path,
    enum script_kind kind, struct err *e)
{
	struct script_program *program = map_find(&p->compiled, str_of(path));

	if (program)
		return program;
	program = script_program_new(vm, &p->sources->files, path, kind, e);
	if (program)
		map_put(&p->compiled, str_of(path), program);
	return program;
}
