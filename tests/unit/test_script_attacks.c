/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include <dirent.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * Runs tests/attacks/ (see its README.md): what each file does must end as a failure, soon, and
 * leave nothing behind; what says "-- expect: answer" must answer; "-- expect: TEXT" is part of the
 * reason.
 */
#define FOLDER "tests/attacks"

enum {
	ATTACKS_MAX = 600,
	SHARED_MAX = 24, /* files of lib/ and data/ */
	TEXT_MAX = 1 << 17,
	TIMES = 3, /* the best counts: a virtual processor loses time, too */
	LIMIT_MS = 10,
	BACKSTOP_MS = 25,
};

struct attack {
	char name[64];
	bool loads;   /* the attack is in loading */
	bool answers; /* it is harmless, and answers */
	char end[64]; /* otherwise part of the reason, or "" */
	char *text;
};

static struct attack attacks[ATTACKS_MAX];
static size_t n_attacks;
static struct script_file shared[SHARED_MAX];
static size_t n_shared;

static unsigned slowness(void)
{
	const char *text = getenv("PARLEY_SLOWNESS");

	return text ? (unsigned)strtoul(text, NULL, 10) : 1;
}

static char *read_text(const char *folder, const char *name)
{
	char path[512], *text = calloc(1, TEXT_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f || !text)
		fail_msg("cannot read %s", path);
	assert_in_range(fread(text, 1, TEXT_MAX - 1, f), 1, TEXT_MAX - 2);
	fclose(f);
	return text;
}

static bool has_ending(const struct dirent *d, const char *ending)
{
	size_t n = strlen(d->d_name), m = strlen(ending);

	return n > m && strcmp(d->d_name + n - m, ending) == 0;
}

/* What "-- expect: TEXT" says, as a line of its own. */
static void read_expectation(struct attack *a)
{
	static const char mark[] = "\n-- expect: ";
	const char *at = strstr(a->text, mark);

	if (!at)
		return;
	at += strlen(mark);
	assert_true(
	    str_copy(a->end, sizeof(a->end), (struct str){ at, strcspn(at, "\n") }) && a->end[0]);
	a->answers = strcmp(a->end, "answer") == 0;
}

/* Replaces each line "--* N TEXT" by N times TEXT.  Takes `text`. */
static char *expand(char *text)
{
	char *out = calloc(1, TEXT_MAX), *end, *more;
	FILE *f = fmemopen(out, TEXT_MAX - 1, "w");

	assert_non_null(f);
	for (char *line = text; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (strncmp(line, "--* ", 4) == 0) {
			*end = '\0';
			for (unsigned long n = strtoul(line + 4, &more, 10); n > 0; n--)
				fputs(more + 1, f);
			fputc('\n', f);
		} else {
			fwrite(line, 1, (size_t)(end - line) + 1, f);
		}
	}
	fclose(f);
	free(text);
	return out;
}

/* A file is a policy, or the body of its hook. */
static char *whole(const char *name, char *text)
{
	char *out;

	text = expand(text);
	if (strncmp(name, "load_", 5) == 0 || strncmp(name, "whole_", 6) == 0)
		return text;
	out = calloc(1, TEXT_MAX + 256);
	assert_non_null(out);
	snprintf(out, TEXT_MAX + 256,
	    "local policy = sepp.policy { api = 1, name = \"x\" } "
	    "function policy.select_capability(request, peer)%s%s\nend return policy\n",
	    text[0] == '\n' ? "" : "\n", text);
	free(text);
	return out;
}

static void read_shared(const char *kind, const char *ending)
{
	struct dirent **list;
	char folder[64], path[512];
	int n;

	snprintf(folder, sizeof(folder), FOLDER "/%s", kind);
	n = scandir(folder, &list, NULL, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		if (has_ending(list[i], ending)) {
			assert_true(n_shared + 1 < SHARED_MAX);
			snprintf(path, sizeof(path), "%s/%s", kind, list[i]->d_name);
			shared[n_shared++] = (struct script_file){ strdup(path),
				str_of(expand(read_text(folder, list[i]->d_name))) };
		}
		free(list[i]);
	}
	free(list);
}

static int read_attacks(void **state)
{
	struct dirent **list;
	int n = scandir(FOLDER, &list, NULL, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct attack *a = &attacks[n_attacks];

		if (has_ending(list[i], ".lua")) {
			assert_true(n_attacks < ATTACKS_MAX);
			assert_true(str_copy(a->name, sizeof(a->name), str_of(list[i]->d_name)));
			a->text = read_text(FOLDER, a->name);
			a->loads = strncmp(a->name, "load_", 5) == 0;
			read_expectation(a);
			assert_true(strncmp(a->text, "-- ", 3) == 0);
			a->text = whole(a->name, a->text);
			n_attacks++;
		}
		free(list[i]);
	}
	free(list);
	read_shared("data", ".json");
	read_shared("lib", ".lua");
	return 0;
}

static int free_attacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_attacks; i++)
		free(attacks[i].text);
	for (size_t i = 0; i < n_shared; i++) {
		free((char *)shared[i].path);
		free((char *)shared[i].text.p);
	}
	return 0;
}

/* --- running */

struct stage {
	struct kit *kit;
	struct script_program *right; /* a correct policy, and its answer */
	struct script_answer right_answer;
	size_t failures;
	uint64_t slowest[3];
	const char *slowest_names[3];
};

static void stage_open(struct stage *s)
{
	*s = (struct stage){ .kit = kit_open() };
	kit_select(s->kit, "for i, cap in ipairs(request.capabilities) do\n"
			   "sepp.note(\"%d %s\", i, cap) end\n"
			   "return sepp.prefer(request, { sepp.PRINS, sepp.TLS })");
	s->right = s->kit->program;
	s->kit->program = NULL;
	s->right_answer = s->kit->answer;
	assert_int_equal(s->right_answer.verdict, SCRIPT_SELECT);
}

static void stage_close(struct stage *s)
{
	script_program_free(s->right);
	kit_close(s->kit);
}

static size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void complain(struct stage *s, const struct attack *a, const char *what, const char *why)
{
	print_error("%s: %s %s\n", a->name, what, why);
	s->failures++;
}

static void note_time(struct stage *s, const struct attack *a, uint64_t ns)
{
	char text[32];

	if (ns > (uint64_t)LIMIT_MS * 1000000 * slowness()) {
		snprintf(text, sizeof(text), "%.1f ms", (double)ns / 1e6);
		complain(s, a, "takes", text);
	}
	for (size_t i = 0; i < 3; i++) {
		if (ns <= s->slowest[i])
			continue;
		for (size_t k = 2; k > i; k--) {
			s->slowest[k] = s->slowest[k - 1];
			s->slowest_names[k] = s->slowest_names[k - 1];
		}
		s->slowest[i] = ns;
		s->slowest_names[i] = a->name;
		return;
	}
}

/* Returns the processor time. */
static uint64_t load(struct stage *s, const struct attack *a)
{
	struct script_file files[SHARED_MAX + 1];
	const struct script_files dir = { files, n_shared + 1 };
	uint64_t start;

	memcpy(files, shared, n_shared * sizeof(files[0]));
	files[n_shared] = (struct script_file){ "shared/x.lua", str_of(a->text) };
	start = clock_thread_ns();
	s->kit->program =
	    script_program_new(s->kit->vm, &dir, "shared/x.lua", SCRIPT_POLICY, &s->kit->e);
	return clock_thread_ns() - start;
}

/* Whether the vm holds what it held before, and goes on deciding right. */
static void check_after(struct stage *s, const struct attack *a, size_t bytes, size_t files)
{
	struct script_answer answer;

	if (s->kit->vm->pool_used)
		complain(s, a, "leaves", "texts under construction");
	if (mallinfo2().uordblks != bytes)
		complain(s, a, "leaves", "memory");
	if (open_files() != files)
		complain(s, a, "leaves", "an open file");
	script_decide(s->kit->vm, s->right, &s->kit->in, &answer);
	if (memcmp(&answer, &s->right_answer, sizeof(answer)) != 0)
		complain(s, a, "changes the next answer:", answer.reason);
}

static void check_answer(struct stage *s, const struct attack *a)
{
	const struct script_answer *out = &s->kit->answer;

	if ((out->verdict != SCRIPT_FAILED) != a->answers)
		complain(s, a, script_verdict_name(out->verdict), out->reason);
	else if (out->verdict == SCRIPT_FAILED && !out->reason[0])
		complain(s, a, "fails", "without a reason");
}

static void attack_load(struct stage *s, const struct attack *a)
{
	const size_t files = open_files(), bytes = mallinfo2().uordblks;
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < TIMES; i++) {
		const uint64_t ns = load(s, a);

		best = ns < best ? ns : best;
		if (s->kit->program) {
			complain(s, a, "loads", "");
			script_program_free(s->kit->program);
		} else if (!s->kit->e.text[0]) {
			complain(s, a, "is refused", "without a reason");
		}
		check_after(s, a, bytes, files);
	}
	note_time(s, a, best);
}

static void attack_decision(struct stage *s, const struct attack *a)
{
	const size_t files = open_files();
	struct script_answer first;
	uint64_t best = UINT64_MAX;

	(void)load(s, a);
	if (!s->kit->program) {
		complain(s, a, "does not load:", s->kit->e.text);
		return;
	}
	for (int i = 0; i < TIMES; i++) {
		const size_t bytes = mallinfo2().uordblks;
		const uint64_t start = clock_thread_ns();
		uint64_t ns;

		kit_decide(s->kit);
		ns = clock_thread_ns() - start;
		best = ns < best ? ns : best;
		check_answer(s, a);
		check_after(s, a, bytes, files);
		if (i > 0 && a->answers && memcmp(&first, &s->kit->answer, sizeof(first)) != 0)
			complain(s, a, "answers differently:", s->kit->answer.reason);
		first = s->kit->answer;
	}
	note_time(s, a, best);
	script_program_free(s->kit->program);
}

static void every_attack_ends_soon_and_leaves_nothing_behind(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s);
	for (size_t i = 0; i < n_attacks; i++) {
		if (attacks[i].loads)
			attack_load(&s, &attacks[i]);
		else
			attack_decision(&s, &attacks[i]);
		s.kit->program = NULL;
	}
	print_message("# %zu attacks; the slowest:\n", n_attacks);
	for (size_t i = 0; i < 3; i++)
		print_message("#   %5.2f ms %s\n", (double)s.slowest[i] / 1e6, s.slowest_names[i]);
	assert_int_equal(s.failures, 0);
	assert_true(n_attacks >= 110);
	stage_close(&s);
}

static const char *reason_of(struct stage *s, const struct attack *a)
{
	(void)load(s, a);
	if (!s->kit->program)
		return s->kit->e.text;
	kit_decide(s->kit);
	script_program_free(s->kit->program);
	s->kit->program = NULL;
	return s->kit->answer.reason;
}

/* With a clock that is slow enough for the tests of fuel on any machine, and for nothing else. */
static void what_ends_an_attack_is_what_its_file_says(void **state)
{
	struct conf_budgets budgets = kit_budgets();
	struct stage s;

	(void)state;
	stage_open(&s);
	budgets.wall = BACKSTOP_MS * slowness();
	script_vm_set_budgets(s.kit->vm, &budgets);
	for (size_t i = 0; i < n_attacks; i++) {
		const struct attack *a = &attacks[i];
		const char *reason;

		if (a->answers || !a->end[0])
			continue;
		reason = reason_of(&s, a);
		if (!strstr(reason, a->end))
			complain(&s, a, "ends otherwise:", reason);
	}
	assert_int_equal(s.failures, 0);
	stage_close(&s);
}

/* --- the same in every process */

static uint32_t sum(const void *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const unsigned char *)p)[i]) * 16777619u;
	return h;
}

/*
 * One line for each file: all that a caller acts on.  The memory that a decision used is left out:
 * Lua hashes texts with a seed of its own, and whether the place of a key that is gone can be used
 * again depends on it.
 */
static void print_all(FILE *out)
{
	struct stage s;

	stage_open(&s);
	for (size_t i = 0; i < n_attacks; i++) {
		const struct script_answer *a = &s.kit->answer;

		(void)load(&s, &attacks[i]);
		if (!s.kit->program) {
			fprintf(out, "%s: %s\n", attacks[i].name, s.kit->e.text);
			continue;
		}
		kit_decide(s.kit);
		fprintf(out, "%s: %s fuel %llu notes %zu %x image %zu %s\n", attacks[i].name,
		    script_verdict_name(a->verdict), (unsigned long long)a->fuel, a->n_notes,
		    sum(a->notes, sizeof(a->notes)),
		    script_vm_image_size(s.kit->vm, s.kit->program), a->reason);
		script_program_free(s.kit->program);
		s.kit->program = NULL;
	}
	stage_close(&s);
}

static FILE *in_another_process(void)
{
	FILE *out = tmpfile();
	int status = -1;
	pid_t pid;

	assert_non_null(out);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		execl("/proc/self/exe", "attacks", "print", NULL); /* elsewhere in memory */
		_exit(127);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
	rewind(out);
	return out;
}

static void two_processes_do_the_same(void **state)
{
	FILE *a = in_another_process(), *b = in_another_process();
	char one[2048], other[2048];
	size_t same = 0, differ = 0;

	(void)state;
	while (fgets(one, sizeof(one), a)) {
		assert_non_null(fgets(other, sizeof(other), b));
		if (strstr(one, "processor time") || strstr(other, "processor time"))
			continue; /* that is no matter of the input */
		if (strcmp(one, other) == 0) {
			same++;
			continue;
		}
		print_error("%s%s", one, other);
		differ++;
	}
	fclose(a);
	fclose(b);
	assert_int_equal(differ, 0);
	assert_true(same > n_attacks * 8 / 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attack_ends_soon_and_leaves_nothing_behind),
		cmocka_unit_test(what_ends_an_attack_is_what_its_file_says),
		cmocka_unit_test(two_processes_do_the_same),
	};

	if (argc > 1 && strcmp(argv[1], "print") == 0) {
		read_attacks(NULL);
		print_all(stdout);
		free_attacks(NULL);
		return 0;
	}
	return cmocka_run_group_tests(tests, read_attacks, free_attacks);
}
