/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "prog/ctl.h"
#include "prog/defaults.h"
#include "sepp/generation.h"

enum {
	SOON_S = 30 * 86400
};

/* Offline nobody connects, so nobody is trusted. */
static struct tls_anchors *choose_nobody(
    void *arg, const struct str *names, size_t n, const char **why)
{
	(void)arg;
	(void)names;
	(void)n;
	*why = "offline";
	return NULL;
}

/* What loads but will surprise. */
static void warn(const struct generation *g)
{
	int64_t left_s = tls_ctx_not_after_s(g->tls[0]) - clock_wall_s();

	if (left_s < 0)
		printf(
		    "warning: gateway.lua: certificate '%s' has expired\n", g->conf->certificate);
	else if (left_s < SOON_S)
		printf("warning: gateway.lua: certificate '%s' expires in %lld days\n",
		    g->conf->certificate, (long long)(left_s / 86400));
	if (tls_ctx_is_fallback(g->tls[0]))
		printf(
		    "warning: gateway.lua: certificate '%s' needs all of OpenSSL; handshakes are slower\n",
		    g->conf->certificate);
	for (size_t i = 0; i < g->n_partners; i++) {
		if (!g->partners[i]->hooks[SCRIPT_SELECT_CAPABILITY])
			printf(
			    "warning: %s: nobody defines select_capability for '%s'; every request will be answered 500\n",
			    script_program_path(g->partners[i]->program),
			    g->partners[i]->conf->name);
	}
}

static void describe(const struct generation *g)
{
	for (size_t i = 0; i < g->n_partners; i++) {
		const struct partner *p = g->partners[i];
		const struct script_program *who = p->hooks[SCRIPT_SELECT_CAPABILITY];

		printf("  %-24s %-48s decides: %s%s\n", p->conf->name, p->conf->fqdns[0].text,
		    who ? script_program_path(who) : "nobody",
		    p->conf->enabled ? "" : "  (disabled)");
	}
}

static struct generation *load(
    const char *directory, struct script_vm *vm, struct tls_lib *lib, struct err *e)
{
	struct generation_host host = {
		.vm = vm,
		.n_libs = 1,
		.libs = &lib,
		.choose = choose_nobody,
	};

	return generation_load(directory, &host, e);
}

static int check(const char *directory)
{
	struct err e = { 0 };
	struct script_vm *vm = script_vm_new(&script_default_budgets, &e);
	struct tls_lib *lib = vm ? tls_lib_new(true, &e) : NULL;
	struct generation *g = lib ? load(directory, vm, lib, &e) : NULL;

	if (g) {
		warn(g);
		printf("%s loads: digest %s, %zu partners\n", directory, g->directory->digest,
		    g->n_partners);
		describe(g);
	} else {
		fprintf(stderr, "%s\n", e.text);
	}
	generation_free(g);
	tls_lib_free(lib);
	script_vm_free(vm);
	return g ? EXIT_SUCCESS : EXIT_LOAD;
}

static int run_check(struct ctl_options *o, int argc, char *argv[])
{
	(void)o;
	return argc == 2 ? check(argv[1]) : EXIT_USAGE;
}

const struct ctl_command ctl_check = { "check", run_check, "check DIRECTORY",
	"load a directory as the daemon would; needs no daemon" };
