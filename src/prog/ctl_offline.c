/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "prog/ctl_offline.h"

/* Says that there is no such thing, and which one was probably meant. */
static void say_unknown(const char *what, const char *given, const char *const *names, size_t n)
{
	const char *near = str_nearest(str_of(given), names, n);

	fprintf(stderr, "parleyctl: there is no %s '%s'", what, given);
	if (near)
		fprintf(stderr, " (did you mean '%s'?)", near);
	for (size_t i = 0; i < n && !near && n <= 8; i++)
		fprintf(stderr, "%s%s", i ? ", " : "; there are ", names[i]);
	fputc('\n', stderr);
}

const struct partner *ctl_need_partner(const struct generation *g, const char *name)
{
	const char **names = mem_array(g->n_partners + 1, sizeof(*names));

	for (size_t i = 0; i < g->n_partners; i++) {
		names[i] = g->partners[i]->conf->name;
		if (strcmp(names[i], name) == 0) {
			mem_free(names);
			return g->partners[i];
		}
	}
	say_unknown("partner", name, names, g->n_partners);
	mem_free(names);
	return NULL;
}

enum script_hook ctl_need_hook(const char *name)
{
	const char *names[SCRIPT_HOOKS];

	for (size_t i = 0; i < SCRIPT_HOOKS; i++) {
		names[i] = script_hook_name(i);
		if (strcmp(names[i], name) == 0)
			return i;
	}
	say_unknown("hook", name, names, SCRIPT_HOOKS);
	return SCRIPT_HOOKS;
}
