/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "prog/ctl_load.h"
#include "prog/defaults.h"

int ctl_load_begin(struct ctl_load *l, const char *directory)
{
	struct err e = { 0 };

	*l = (struct ctl_load){ .vm = script_vm_new(&script_default_budgets, &e) };
	if (l->vm) {
		const struct generation_host host = { .vm = l->vm };

		l->generation = generation_load(directory, &host, &e);
	}
	if (!l->generation) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_LOAD;
	}
	script_vm_set_budgets(l->vm, &l->generation->conf->budgets);
	return 0;
}

void ctl_load_end(struct ctl_load *l)
{
	generation_free(l->generation);
	script_vm_free(l->vm);
	*l = (struct ctl_load){ NULL, NULL };
}

const struct partner *ctl_load_partner(const struct ctl_load *l, const char *name)
{
	const struct generation *g = l->generation;

	for (size_t i = 0; i < g->n_partners; i++) {
		if (strcmp(g->partners[i]->conf->name, name) == 0)
			return g->partners[i];
	}
	return NULL;
}

const struct script_program *ctl_load_policy(const struct ctl_load *l, const char *name)
{
	const struct generation *g = l->generation;

	for (size_t i = 0; i < g->n_shared; i++) {
		if (strcmp(script_program_name(g->shared[i]), name) == 0)
			return g->shared[i];
	}
	return strcmp(name, "default") == 0 ? g->fallback : NULL;
}
