/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/journal_int.h"
#include "unit_dir.h"

struct scene {
	struct dir *dir;
	struct journal_file file;
};

static void begin(struct scene *s)
{
	struct err e = { 0 };

	journal_file_init(&s->file, open(s->dir->path, O_RDONLY | O_DIRECTORY), NULL);
	if (journal_file_open(&s->file, &e))
		fail_msg("%s", e.text);
}

static void end(struct scene *s)
{
	journal_file_release(&s->file);
	dir_free(s->dir);
}

static void put(struct scene *s, const char *line)
{
	struct err e = { 0 };

	assert_int_equal(journal_file_write(&s->file, line, strlen(line), &e), strlen(line));
}

static void put_aside(struct scene *s, const char *line, unsigned keep)
{
	struct err e = { 0 };

	put(s, line);
	if (journal_file_rotate(&s->file, keep, &e))
		fail_msg("%s", e.text);
}

/* What the file holds; "(none)" if it is not there.  Static, until the next call. */
static const char *text_of(const struct scene *s, const char *name)
{
	static char text[256];
	FILE *f = fopen(dir_path(s->dir, name), "r");
	size_t n;

	if (!f)
		return "(none)";
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

/* A power cut leaves zeros where data was not on the disk yet. */
static void what_a_crash_left_is_removed_however_long_it_is(void **state)
{
	static const off_t lengths[] = { 1, 65530, 65531, 65536, 65537, 300000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		static const char *const whole[] = { "", "whole\n" };

		for (size_t j = 0; j < ARRAY_LEN(whole); j++) {
			struct scene s = { .dir = dir_new() };
			char want[32];
			off_t size = (off_t)strlen(whole[j]) + lengths[i];

			snprintf(want, sizeof(want), "%snext\n", whole[j]);
			dir_write_text(s.dir, "decisions.jsonl", whole[j]);
			assert_int_equal(truncate(dir_path(s.dir, "decisions.jsonl"), size), 0);
			begin(&s);
			put(&s, "next\n");
			assert_string_equal(text_of(&s, "decisions.jsonl"), want);
			end(&s);
		}
	}
}

/* The clock was set back since, or was wrong when the process before this one ran. */
static void the_oldest_go_also_when_the_clock_went_back(void **state)
{
	struct scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "decisions-29991231T235959Z-9998.jsonl", "first\n");
	begin(&s);
	put_aside(&s, "second\n", 2);
	assert_string_equal(text_of(&s, "decisions-29991231T235959Z-9998.jsonl"), "first\n");
	assert_string_equal(text_of(&s, "decisions-29991231T235959Z-9999.jsonl"), "second\n");
	put_aside(&s, "third\n", 2);
	assert_string_equal(text_of(&s, "decisions-29991231T235959Z-9998.jsonl"), "(none)");
	assert_string_equal(text_of(&s, "decisions-30000101T000000Z-0000.jsonl"), "third\n");
	put_aside(&s, "fourth\n", 1);
	assert_string_equal(text_of(&s, "decisions-30000101T000000Z-0000.jsonl"), "(none)");
	assert_string_equal(text_of(&s, "decisions-30000101T000000Z-0001.jsonl"), "fourth\n");
	end(&s);
}

/* A name of that form that is no time is nobody's successor. */
static void a_name_that_is_no_time_is_not_followed(void **state)
{
	struct scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "decisions-99999999T999999Z-9999.jsonl", "odd\n");
	begin(&s);
	put_aside(&s, "one\n", 0);
	put_aside(&s, "two\n", 0);
	assert_int_equal(s.file.aside, 2);
	assert_string_equal(text_of(&s, "decisions-99999999T999999Z-9999.jsonl"), "odd\n");
	assert_string_equal(text_of(&s, "decisions.jsonl"), "");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_crash_left_is_removed_however_long_it_is),
		cmocka_unit_test(the_oldest_go_also_when_the_clock_went_back),
		cmocka_unit_test(a_name_that_is_no_time_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
