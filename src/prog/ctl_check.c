/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "n32/json_out.h"
#include "prog/ctl.h"
#include "prog/ctl_offline.h"
#include "prog/defaults.h"
#include "sepp/expiry.h"
#include "sepp/generation.h"

enum {
	FINDINGS_MAX = 1000, /* more are counted and not kept */
	MESSAGE_MAX = sizeof(((struct err *)0)->text),
};

struct finding {
	char file[GENERATION_PLACE_MAX]; /* "" = the directory as a whole */
	int line;                        /* 0 = not known */
	bool is_warning;
	char message[MESSAGE_MAX];
};

struct check {
	struct directory *directory; /* read once more, for what the generation does not keep */
	struct script_vm *vm;
	struct tls_lib *lib;
	struct generation *generation; /* NULL: it does not load */
	bool *is_used;                 /* by the order of the directory's files: a line of it ran */
	size_t n, more;
	struct finding findings[FINDINGS_MAX];
};

/* --- findings */

/* Takes "file:line: " or "file: " off the front of a message. */
static void split(struct finding *f, const char *text)
{
	const char *colon = strchr(text, ':');
	char *end;

	if (colon && !memchr(text, ' ', (size_t)(colon - text)) &&
	    str_copy(f->file, sizeof(f->file), (struct str){ text, (size_t)(colon - text) })) {
		text = colon + 1;
		if (*text >= '0' && *text <= '9') {
			f->line = (int)strtol(text, &end, 10);
			text = *end == ':' ? end + 1 : end;
		}
		text += strspn(text, " ");
	} else {
		*f->file = '\0';
	}
	(void)str_copy(f->message, sizeof(f->message), str_of(text));
}

static void add(struct check *c, bool is_warning, const char *text)
{
	struct finding *f = &c->findings[c->n];

	if (c->n == FINDINGS_MAX) {
		c->more++;
		return;
	}
	*f = (struct finding){ .is_warning = is_warning };
	split(f, text);
	/* several files may need the one that is broken */
	for (size_t i = 0; i < c->n; i++) {
		const struct finding *g = &c->findings[i];

		if (g->line == f->line && strcmp(g->file, f->file) == 0 &&
		    strcmp(g->message, f->message) == 0)
			return;
	}
	c->n++;
}

static void on_mistake(void *arg, const struct err *e)
{
	add(arg, false, e->text);
}

PRINTF_LIKE(2, 3)
static void warn(struct check *c, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(c, true, text);
}

static size_t count(const struct check *c, bool is_warning)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->findings[i].is_warning == is_warning;
	return n;
}

static int by_place(const void *a, const void *b)
{
	const struct finding *f = a, *g = b;
	int order = strcmp(f->file, g->file);

	if (!order)
		order = f->line - g->line;
	return order ? order : strcmp(f->message, g->message);
}

/* --- what loads but will surprise */

static void warn_expiry(
    struct check *c, const char *place, const char *what, const struct expiry_item *item)
{
	int64_t now_s = clock_wall_s();

	switch (expiry_level(item, now_s)) {
	case EXPIRY_FAR:
		return;
	case EXPIRY_OVER:
		warn(c, "%s: %s has expired", place, what);
		return;
	default:
		warn(c, "%s: %s expires in %lld days", place, what,
		    (long long)((item->at_s - now_s) / 86400));
	}
}

/* Who names the file: the first of them is told. */
static const struct partner *find_namer(const struct generation *g, const struct expiry_item *item)
{
	for (size_t i = 0; i < g->n_partners; i++) {
		const struct conf_partner *conf = g->partners[i]->conf;
		const char *named = item->what == EXPIRY_CRL ? conf->crl : conf->anchors;

		if (named && strcmp(named, item->name) == 0)
			return g->partners[i];
	}
	return NULL;
}

static void on_expiry(void *arg, const struct expiry_item *item)
{
	struct check *c = arg;
	bool is_own = item->what == EXPIRY_CERTIFICATE;
	const struct partner *p = is_own ? NULL : find_namer(c->generation, item);
	char place[GENERATION_PLACE_MAX], what[512];

	generation_place(place, c->generation, p ? script_program_path(p->program) : "gateway.lua",
	    expiry_what_name(item->what));
	snprintf(what, sizeof(what), "%s '%s'",
	    is_own                         ? "certificate"
	    : item->what == EXPIRY_ANCHORS ? "a certificate of anchors"
					   : "a list of crl",
	    item->name);
	warn_expiry(c, place, what, item);
}

static void warn_certificates(struct check *c)
{
	const struct generation *g = c->generation;
	char place[GENERATION_PLACE_MAX];

	expiry_each(g, on_expiry, c);
	if (tls_ctx_is_fallback(g->tls[0]))
		warn(c, "%s: certificate '%s' needs all of OpenSSL; handshakes are slower",
		    generation_place(place, g, "gateway.lua", "certificate"), g->conf->certificate);
}

static void warn_lab(struct check *c)
{
	char place[GENERATION_PLACE_MAX];

	if (c->generation->conf->lab)
		warn(c, "%s: lab mode is not for production",
		    generation_place(place, c->generation, "gateway.lua", "lab"));
}

static bool is_followed(const struct generation *g, const struct script_program *policy)
{
	for (size_t i = 0; i < g->n_partners; i++) {
		const char *follows = g->partners[i]->conf->follows;

		if (follows && strcmp(follows, script_program_name(policy)) == 0)
			return true;
	}
	return false;
}

/* Whether nothing of the policy that `p` follows is ever asked about it. */
static bool is_shadowed(const struct generation *g, const struct partner *p)
{
	for (size_t i = 0; p->conf->follows && i < g->n_shared; i++) {
		const struct script_program *policy = g->shared[i];

		if (strcmp(p->conf->follows, script_program_name(policy)) != 0)
			continue;
		for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
			if (script_program_has(policy, hook) && p->hooks[hook] == policy)
				return false;
		}
		return true;
	}
	return false;
}

static void warn_deciders(struct check *c)
{
	const struct generation *g = c->generation;
	char place[GENERATION_PLACE_MAX];

	for (size_t i = 0; i < g->n_partners; i++) {
		const struct partner *p = g->partners[i];

		if (!p->hooks[SCRIPT_SELECT_CAPABILITY])
			warn(c,
			    "%s: nobody defines select_capability for '%s'; every request will be "
			    "answered 500",
			    script_program_path(p->program), p->conf->name);
		if (is_shadowed(g, p))
			warn(c, "%s: follows '%s' in vain: its own hooks answer all that it would",
			    generation_place(place, g, script_program_path(p->program), "follows"),
			    p->conf->follows);
	}
}

/* A file that nothing needs stops nobody; whether anything needs it can be seen when all loads. */
static void add_broken(struct check *c, const char *text)
{
	if (c->generation)
		warn(c, "%s (nothing needs this file)", text);
	else
		add(c, false, text);
}

/* Libraries and data by themselves: what is wrong with one that is needed was told already. */
static void check_modules(struct check *c)
{
	const struct script_files *files = &c->directory->files;
	struct err e = { 0 };

	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->files[i].path;
		bool is_lib = str_starts(str_of(path), "lib/");

		if (!is_lib && !str_starts(str_of(path), "data/"))
			continue;
		if (script_module_check(c->vm, files, path, &e))
			add_broken(c, e.text);
		else if (is_lib && c->generation && !c->is_used[i])
			warn(c, "%s: nothing requires it", path);
	}
}

static bool has_hooks(const struct script_program *p)
{
	for (int hook = 0; hook < SCRIPT_HOOKS; hook++) {
		if (script_program_has(p, hook))
			return true;
	}
	return false;
}

/* Whether a test names `p` in quotes. */
static bool is_tested(const struct directory *tests, const struct script_program *p)
{
	char names[2][CONF_NAME_MAX + 3];

	snprintf(names[0], sizeof(names[0]), "\"%s\"", script_program_name(p));
	snprintf(names[1], sizeof(names[1]), "'%s'", script_program_name(p));
	for (size_t i = 0; i < tests->files.n; i++) {
		struct str text = tests->files.files[i].text;

		if (text.n > 0 && (memmem(text.p, text.n, names[0], strlen(names[0])) ||
				      memmem(text.p, text.n, names[1], strlen(names[1]))))
			return true;
	}
	return false;
}

/* A policy that has tests may wait for its partner; one that has neither was forgotten. */
static bool is_forgotten(struct check *c, const struct script_program *p)
{
	char place[GENERATION_PLACE_MAX];

	for (size_t i = 0; i < c->generation->n_shared; i++) {
		if (p != c->generation->shared[i] || is_followed(c->generation, p))
			continue;
		warn(c,
		    "%s: no partner follows it, and no test names it; write follows = \"%s\" in a "
		    "file of partners/",
		    generation_place(place, c->generation, script_program_path(p), "name"),
		    script_program_name(p));
		return true;
	}
	return false;
}

static void warn_untested(struct check *c, const struct directory *tests)
{
	const struct generation *g = c->generation;
	size_t n = 1 + g->n_shared + g->n_partners, missing = 0;
	const char *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct script_program *p = i == 0 ? g->fallback
						 : i <= g->n_shared
						     ? g->shared[i - 1]
						     : g->partners[i - 1 - g->n_shared]->program;

		if (!has_hooks(p) || is_tested(tests, p) || is_forgotten(c, p))
			continue;
		if (!first)
			first = script_program_path(p);
		missing++;
	}
	if (missing > 1)
		warn(
		    c, "%s: no test names it, nor %zu other files that decide", first, missing - 1);
	else if (first)
		warn(c, "%s: no test names it; write one in tests/", first);
}

static void look_further(struct check *c, const char *path)
{
	struct err e = { 0 };
	struct directory *tests;

	check_modules(c);
	if (!c->generation)
		return;
	warn_certificates(c);
	warn_lab(c);
	warn_deciders(c);
	tests = directory_read_part(path, DIRECTORY_TESTS, &e);
	if (tests)
		warn_untested(c, tests);
	else
		add(c, true, e.text);
	directory_free(tests);
}

/* --- load */

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

static void on_line(void *arg, const char *path, int line)
{
	struct check *c = arg;
	const struct script_files *files = &c->directory->files;

	if (line == 0 || !str_starts(str_of(path), "lib/"))
		return;
	for (size_t i = 0; i < files->n; i++) {
		if (strcmp(files->files[i].path, path) == 0)
			c->is_used[i] = true;
	}
}

static int load(struct check *c, const char *path)
{
	struct err_sink all = { on_mistake, c, 0 };
	struct err e = { 0 };
	struct generation_host host = {
		.n_libs = 1, .libs = &c->lib, .choose = choose_nobody, .all = &all
	};

	c->directory = directory_read_part(path, DIRECTORY_POLICIES, &e);
	c->vm = script_vm_new(&script_default_budgets, &e);
	c->lib = tls_lib_new(true, &e);
	host.vm = c->vm;
	if (!c->directory || !c->vm || !c->lib) {
		add(c, false, e.text);
		return ERR_CONFIG;
	}
	c->is_used = mem_array(c->directory->files.n + 1, sizeof(bool));
	script_vm_watch(c->vm, on_line, c);
	c->generation = generation_load(path, &host, &e);
	script_vm_watch(c->vm, NULL, NULL);
	return 0;
}

static void release(struct check *c)
{
	generation_free(c->generation);
	tls_lib_free(c->lib);
	script_vm_free(c->vm);
	directory_free(c->directory);
	mem_free(c->is_used);
	mem_free(c);
}

/* --- print */

static void print_json(const struct check *c)
{
	struct n32_json_out o;
	struct buf out;

	buf_init(&out, (size_t)FINDINGS_MAX * (MESSAGE_MAX + 256) * 6);
	n32_json_out_start(&o, &out);
	n32_json_out_array(&o, NULL);
	for (size_t i = 0; i < c->n; i++) {
		const struct finding *f = &c->findings[i];

		n32_json_out_object(&o, NULL);
		n32_json_out_text(&o, "file", f->file);
		n32_json_out_integer(&o, "line", f->line);
		n32_json_out_text(&o, "message", f->message);
		n32_json_out_text(&o, "severity", f->is_warning ? "warning" : "error");
		n32_json_out_end_object(&o);
	}
	n32_json_out_end_array(&o);
	ensure(n32_json_out_end(&o) == 0);
	printf("%.*s\n", STR_FMT(buf_str(&out)));
	buf_release(&out);
}

static void print_findings(const struct check *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct finding *f = &c->findings[i];
		FILE *to = f->is_warning ? stdout : stderr;

		if (f->line)
			fprintf(to, "%s:%d: ", f->file, f->line);
		else if (*f->file)
			fprintf(to, "%s: ", f->file);
		fprintf(to, "%s%s\n", f->is_warning ? "warning: " : "", f->message);
	}
}

static void print_summary(const struct check *c)
{
	size_t n = count(c, false) + c->more, files = 0;
	const char *last = NULL;

	for (size_t i = 0; i < c->n; i++) {
		if (c->findings[i].is_warning || (last && strcmp(last, c->findings[i].file) == 0))
			continue;
		last = c->findings[i].file;
		files++;
	}
	if (files == 1 && !*last)
		return; /* not about a file */
	fprintf(stderr, "%zu mistake%s in %zu file%s\n", n, n == 1 ? "" : "s", files,
	    files == 1 ? "" : "s");
}

static void print_partner(const struct partner *p)
{
	const struct script_program *who = p->hooks[SCRIPT_SELECT_CAPABILITY];

	printf("  %-24s %-48s decides: %s%s\n", p->conf->name, p->conf->fqdns[0].text,
	    who ? script_program_path(who) : "nobody", p->conf->enabled ? "" : "  (disabled)");
}

static void print_generation(const struct generation *g, char *names[], size_t n)
{
	printf("%s loads: digest %s, %zu partner%s\n", g->directory->path, g->directory->digest,
	    g->n_partners, g->n_partners == 1 ? "" : "s");
	for (size_t i = 0; i < g->n_partners; i++) {
		bool is_wanted = n == 0;

		for (size_t k = 0; k < n; k++)
			is_wanted |= strcmp(names[k], g->partners[i]->conf->name) == 0;
		if (is_wanted)
			print_partner(g->partners[i]);
	}
}

/* --- command */

static bool are_known(const struct generation *g, char *names[], size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++)
		all &= ctl_need_partner(g, names[i]) != NULL;
	return all;
}

static int check(const char *path, char *names[], size_t n, bool json)
{
	struct check *c = mem_alloc(sizeof(*c));
	int rc = EXIT_LOAD;

	if (load(c, path) == 0)
		look_further(c, path);
	qsort(c->findings, c->n, sizeof(c->findings[0]), by_place);
	if (json)
		print_json(c);
	else
		print_findings(c);
	if (c->generation && !are_known(c->generation, names, n)) {
		rc = EXIT_USAGE;
	} else if (c->generation) {
		if (!json)
			print_generation(c->generation, names, n);
		rc = EXIT_SUCCESS;
	} else if (!json) {
		print_summary(c);
	}
	release(c);
	return rc;
}

/* As whom parleyd will run: private keys may be that user's. */
static bool set_user(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw) {
		fprintf(stderr, "parleyctl: there is no user '%s'\n", name);
		return false;
	}
	directory_set_key_user(pw->pw_uid);
	return true;
}

static int run_check(struct ctl_options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "user", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};

	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'u' && !set_user(optarg))
			return EXIT_FAILURE;
		if (c != 'j' && c != 'u')
			return EXIT_USAGE;
		o->json |= c == 'j';
	}
	if (optind >= argc)
		return EXIT_USAGE;
	return check(argv[optind], argv + optind + 1, (size_t)(argc - optind - 1), o->json);
}

const struct ctl_command ctl_check = { "check", run_check,
	"check [--json] [--user NAME] DIRECTORY [NAME...]",
	"every mistake in a directory, or who decides for whom; needs no daemon" };
