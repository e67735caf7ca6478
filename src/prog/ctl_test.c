/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "prog/ctl.h"
#include "prog/ctl_load.h"
#include "prog/ctl_watch.h"
#include "prog/defaults.h"
#include "prog/tool.h"
#include "script/coverage.h"
#include "script/suite.h"

enum {
	FILES_MAX = 256, /* that the command line may name */
};

struct options {
	const char *directory;
	size_t n_files;
	char *const *files;
	const char *run;    /* NULL = every case */
	const char *format; /* a key of lua/report.lua */
	bool coverage, watch;
	double min_coverage; /* percent; negative = none */
	uint64_t max_fuel;   /* 0 = no limit */
};

/* One run over the directory. */
struct run {
	const struct options *o;
	struct ctl_load load;
	struct directory *tests;
	struct script_file *merged;
	struct script_files files;
	struct suite_subject *policies, *partners;
	struct suite_world world;
	struct suite *suite;
	struct coverage *coverage;
	lua_State *tool;
	size_t n_cases, n_failed, n_unloaded;
};

/* --- what is tested */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct script_file *)a)->path, ((const struct script_file *)b)->path);
}

/* The files of the directory and the tests, so that tests may require libraries, too. */
static void merge(struct run *r)
{
	const struct script_files *a = &r->load.generation->directory->files;
	const struct script_files *b = &r->tests->files;

	r->merged = mem_array(a->n + b->n + 1, sizeof(*r->merged));
	memcpy(r->merged, a->files, a->n * sizeof(*a->files));
	if (b->n)
		memcpy(r->merged + a->n, b->files, b->n * sizeof(*b->files));
	r->files = (struct script_files){ r->merged, a->n + b->n };
	qsort(r->merged, r->files.n, sizeof(*r->merged), by_path);
}

static void ask_only(struct suite_subject *s, const char *name, const struct script_program *p)
{
	*s = (struct suite_subject){ .name = name, .path = script_program_path(p) };
	for (int h = 0; h < SCRIPT_HOOKS; h++) {
		if (script_program_has(p, (enum script_hook)h))
			s->hooks[h] = p;
	}
}

static void find_subjects(struct run *r)
{
	const struct generation *g = r->load.generation;

	r->policies = mem_array(g->n_shared + 1, sizeof(*r->policies));
	r->partners = mem_array(g->n_partners + 1, sizeof(*r->partners));
	for (size_t i = 0; i < g->n_shared; i++)
		ask_only(&r->policies[i], script_program_name(g->shared[i]), g->shared[i]);
	ask_only(&r->policies[g->n_shared], "default", g->fallback);
	for (size_t i = 0; i < g->n_partners; i++) {
		const struct partner *p = g->partners[i];

		r->partners[i] = (struct suite_subject){
			.name = p->conf->name,
			.path = script_program_path(p->program),
			.conf = p->conf,
		};
		memcpy(r->partners[i].hooks, p->hooks, sizeof(p->hooks));
	}
	r->world = (struct suite_world){
		.files = &r->files,
		.gateway = g->conf,
		.n_policies = g->n_shared + 1,
		.policies = r->policies,
		.n_partners = g->n_partners,
		.partners = r->partners,
		.max_fuel = r->o->max_fuel,
	};
}

/* Runs the bodies of all policies before the lines that decide are watched. */
static int watch_bodies(struct run *r, struct err *e)
{
	const struct script_files *files = &r->load.generation->directory->files;

	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->files[i].path;
		bool partner = str_starts(str_of(path), "partners/");
		struct script_program *p;

		if (!partner && !str_starts(str_of(path), "shared/") &&
		    strcmp(path, "default.lua") != 0)
			continue;
		p = script_program_new(suite_decider(r->suite), files, path,
		    partner ? SCRIPT_PARTNER : SCRIPT_POLICY, e);
		if (!p)
			return ERR_POLICY;
		script_program_free(p);
	}
	return 0;
}

/* --- which test files */

/* The path by which a file of the command line is known here, in `out`. */
static bool known_path(const struct run *r, const char *given, char out[512])
{
	struct str dir = str_of(r->o->directory), file = str_of(given);
	struct str text;
	struct err e;

	if (directory_find(r->tests, given, &text, &e) == 0) {
		snprintf(out, 512, "%s", given);
		return true;
	}
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	if (file.n > dir.n + 1 && memcmp(file.p, dir.p, dir.n) == 0 && file.p[dir.n] == '/') {
		snprintf(out, 512, "%s", given + dir.n + 1);
		return directory_find(r->tests, out, &text, &e) == 0;
	}
	return false;
}

/* Reads what the command line names and tests/ does not have. */
static int add_named(struct run *r, struct err *e)
{
	char known[512];

	for (size_t i = 0; i < r->o->n_files; i++) {
		if (!known_path(r, r->o->files[i], known) &&
		    directory_add(r->tests, r->o->files[i], r->o->files[i], e))
			return ERR_CONFIG;
	}
	return 0;
}

static bool is_wanted(const struct run *r, const char *path)
{
	size_t n = strlen(path);
	char known[512];

	if (r->o->n_files == 0)
		return n > 9 && strcmp(path + n - 9, "_test.lua") == 0;
	for (size_t i = 0; i < r->o->n_files; i++) {
		if (known_path(r, r->o->files[i], known) && strcmp(known, path) == 0)
			return true;
	}
	return false;
}

/* --- results, for lua/report.lua */

struct file_result {
	const char *path;
	const char *error; /* NULL = it loaded */
	size_t n;
	struct {
		const char *name;
		int line;
		struct suite_result result;
	} * cases;
};

static void set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, uint64_t n)
{
	lua_pushinteger(L, (lua_Integer)n);
	lua_setfield(L, -2, key);
}

static void push_case(lua_State *L, const struct file_result *f, size_t i)
{
	const struct suite_result *r = &f->cases[i].result;

	lua_createtable(L, 0, 8);
	set_text(L, "name", f->cases[i].name);
	set_number(L, "line", (uint64_t)f->cases[i].line);
	lua_pushboolean(L, r->passed);
	lua_setfield(L, -2, "passed");
	if (!r->passed)
		set_text(L, "message", r->message);
	set_number(L, "us", (r->time_ns + 500) / 1000);
	set_number(L, "fuel", r->fuel);
	set_number(L, "decisions", r->decisions);
}

/* Runs protected.  (file result) -> table */
static int push_result(lua_State *L)
{
	const struct file_result *f = lua_touserdata(L, 1);

	lua_createtable(L, 0, 3);
	set_text(L, "path", f->path);
	if (f->error)
		set_text(L, "error", f->error);
	lua_createtable(L, (int)f->n, 0);
	for (size_t i = 0; i < f->n; i++) {
		push_case(L, f, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "cases");
	return 1;
}

/* Runs protected.  (options) -> table */
static int push_options(lua_State *L)
{
	const struct options *o = lua_touserdata(L, 1);
	const char *no_color = getenv("NO_COLOR");

	lua_createtable(L, 0, 3);
	set_text(L, "format", o->format);
	lua_pushboolean(L, isatty(STDOUT_FILENO) && !(no_color && *no_color));
	lua_setfield(L, -2, "color");
	if (o->min_coverage >= 0) {
		lua_pushnumber(L, o->min_coverage);
		lua_setfield(L, -2, "min_coverage");
	}
	return 1;
}

/* Runs protected.  (coverage) -> list of { path, text, ran } */
static int push_coverage(lua_State *L)
{
	const struct coverage *c = lua_touserdata(L, 1);

	lua_createtable(L, (int)coverage_files(c), 0);
	for (size_t i = 0; i < coverage_files(c); i++) {
		const struct script_file *file = coverage_file(c, i);

		lua_createtable(L, 0, 3);
		set_text(L, "path", file->path);
		lua_pushlstring(L, file->text.p ? file->text.p : "", file->text.n);
		lua_setfield(L, -2, "text");
		lua_newtable(L);
		for (size_t line = 1; line <= file->text.n + 1; line++) {
			if (!coverage_ran(c, i, (int)line))
				continue;
			lua_pushboolean(L, true);
			lua_rawseti(L, -2, (lua_Integer)line);
		}
		lua_setfield(L, -2, "ran");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* Pushes what `make` makes of `arg`.  It only fails when there is no memory. */
static void push(lua_State *L, lua_CFunction make, const void *arg)
{
	lua_pushcfunction(L, make);
	lua_pushlightuserdata(L, (void *)(uintptr_t)arg);
	ensure(lua_pcall(L, 1, 1, 0) == LUA_OK);
}

static int report_begin(struct run *r, struct err *e)
{
	push(r->tool, push_options, r->o);
	return tool_call(r->tool, "report", "begin", 1, 0, e);
}

static int report_file(struct run *r, const struct file_result *f, struct err *e)
{
	push(r->tool, push_options, r->o);
	push(r->tool, push_result, f);
	return tool_call(r->tool, "report", "file", 2, 0, e);
}

/* The coverage in percent, 100 if nobody asks for it. */
static int report_finish(struct run *r, double *percent, struct err *e)
{
	int rc;

	push(r->tool, push_options, r->o);
	if (r->coverage)
		push(r->tool, push_coverage, r->coverage);
	rc = tool_call(r->tool, "report", "finish", r->coverage ? 2 : 1, 1, e);
	if (rc)
		return rc;
	*percent = r->coverage ? lua_tonumber(r->tool, -1) : 100;
	lua_pop(r->tool, 1);
	return 0;
}

/* --- running */

static bool is_asked_for(const struct run *r, const char *name)
{
	return !r->o->run || strstr(name, r->o->run);
}

static void run_cases(struct run *r, struct file_result *f)
{
	size_t n = suite_cases(r->suite);

	f->cases = mem_array(n + 1, sizeof(*f->cases));
	for (size_t i = 0; i < n && !ctl_watch_ended(); i++) {
		const char *name = suite_case_name(r->suite, i);

		if (!is_asked_for(r, name))
			continue;
		f->cases[f->n].name = name;
		f->cases[f->n].line = suite_case_line(r->suite, i);
		suite_run(r->suite, i, &f->cases[f->n].result);
		r->n_failed += !f->cases[f->n].result.passed;
		f->n++;
	}
	r->n_cases += f->n;
}

static int run_file(struct run *r, const char *path, struct err *e)
{
	struct file_result f = { .path = path };
	struct err why = { 0 };
	int rc = 0;

	if (suite_load(r->suite, path, &why)) {
		f.error = why.text;
		r->n_unloaded++;
	} else {
		run_cases(r, &f);
	}
	if (f.error || f.n)
		rc = report_file(r, &f, e);
	mem_free(f.cases);
	return rc;
}

static int run_files(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->files.n && !ctl_watch_ended(); i++) {
		const char *path = r->files.files[i].path;

		if (is_wanted(r, path) && run_file(r, path, e))
			return ERR_SYS;
	}
	return 0;
}

/* What the exit status says of a run that came to its end. */
static int judge(const struct run *r, double percent)
{
	if (r->n_unloaded)
		return EXIT_LOAD;
	if (r->n_failed)
		return EXIT_FAILURE;
	if (r->n_cases == 0) {
		fprintf(stderr, "no test ran: %s\n",
		    r->o->run ? "no case has that text in its name"
			      : "write tests/<name>_test.lua; lua/TESTS.md shows how");
		return EXIT_FAILURE;
	}
	if (percent < r->o->min_coverage) {
		fprintf(stderr, "coverage of %.1f %% is below the minimum of %.1f %%\n", percent,
		    r->o->min_coverage);
		return EXIT_COVERAGE;
	}
	return EXIT_SUCCESS;
}

/* All that a run needs besides the loaded directory. */
static int prepare(struct run *r, struct err *e)
{
	r->tests = directory_read_part(r->o->directory, DIRECTORY_TESTS, e);
	if (!r->tests || add_named(r, e))
		return ERR_CONFIG;
	merge(r);
	find_subjects(r);
	r->suite = suite_new(&r->world, e);
	r->tool = r->suite ? tool_open(e) : NULL;
	if (!r->tool)
		return ERR_SYS;
	if (r->o->coverage) {
		r->coverage = coverage_new(&r->load.generation->directory->files);
		script_vm_watch(suite_decider(r->suite), coverage_on_line, r->coverage);
		return watch_bodies(r, e);
	}
	return 0;
}

static void clean_up(struct run *r)
{
	tool_close(r->tool);
	coverage_free(r->coverage);
	suite_free(r->suite);
	mem_free(r->policies);
	mem_free(r->partners);
	mem_free(r->merged);
	directory_free(r->tests);
	ctl_load_end(&r->load);
}

static int run_once(const struct options *o)
{
	struct run r = { .o = o };
	struct err e = { 0 };
	double percent = 100;
	int status = ctl_load_begin(&r.load, o->directory);

	if (status == 0 && prepare(&r, &e)) {
		fprintf(stderr, "%s\n", e.text);
		status = EXIT_LOAD;
	}
	if (status == 0) {
		if (report_begin(&r, &e) || run_files(&r, &e) || report_finish(&r, &percent, &e)) {
			fprintf(stderr, "parleyctl: %s\n", e.text);
			status = EXIT_FAILURE;
		} else {
			status = judge(&r, percent);
		}
	}
	clean_up(&r);
	return status;
}

static int run_again_and_again(const struct options *o)
{
	struct err e = { 0 };
	int fd = ctl_watch_open(o->directory, &e), status, next;

	if (fd < 0) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_FAILURE;
	}
	status = run_once(o);
	for (;;) {
		fflush(stdout);
		fprintf(stderr, "waiting for a change in %s\n", o->directory);
		if (!ctl_watch_wait(fd, o->directory))
			break;
		next = run_once(o);
		if (ctl_watch_ended())
			break; /* half a run says nothing */
		status = next;
	}
	ctl_watch_close(fd);
	return status;
}

/* --- the command line */

static bool parse_fuel(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text >= '1' && *text <= '9' && !*end && !errno;
}

static bool parse_percent(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return *text >= '0' && *text <= '9' && !*end && *out >= 0 && *out <= 100;
}

static bool is_format(const char *text)
{
	return strcmp(text, "pretty") == 0 || strcmp(text, "tap") == 0 ||
	       strcmp(text, "junit") == 0 || strcmp(text, "json") == 0;
}

/* One option; false: usage. */
static bool take_option(struct options *o, int c)
{
	switch (c) {
	case 'r':
		o->run = optarg;
		return true;
	case 'f':
		o->format = optarg;
		return is_format(optarg);
	case 'c':
		o->coverage = true;
		return true;
	case 'm':
		o->coverage = true;
		return parse_percent(optarg, &o->min_coverage);
	case 'u':
		return parse_fuel(optarg, &o->max_fuel);
	case 'w':
		o->watch = true;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "run", required_argument, NULL, 'r' },
		{ "format", required_argument, NULL, 'f' },
		{ "coverage", no_argument, NULL, 'c' },
		{ "min-coverage", required_argument, NULL, 'm' },
		{ "max-fuel", required_argument, NULL, 'u' },
		{ "watch", no_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (!take_option(o, c))
			return false;
	}
	if (optind >= argc || argc - optind - 1 > FILES_MAX)
		return false;
	o->directory = argv[optind];
	o->files = argv + optind + 1;
	o->n_files = (size_t)(argc - optind - 1);
	return true;
}

static int run_test(struct ctl_options *c, int argc, char *argv[])
{
	struct options o = { .format = c->json ? "json" : "pretty", .min_coverage = -1 };

	if (!parse_options(&o, argc, argv))
		return EXIT_USAGE;
	return o.watch ? run_again_and_again(&o) : run_once(&o);
}

const struct ctl_command ctl_test = { "test", run_test,
	"test DIRECTORY [FILE...] [--run TEXT] [--format pretty|tap|junit|json] [--coverage] "
	"[--min-coverage N] [--max-fuel N] [--watch]",
	"run the tests of the policies; needs no daemon" };
