/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/journal.h"
#include "unit_dir.h"

enum {
	LIMIT_MSEC = 10000,
};

static const struct conf_journal usual = { .enabled = true, .max_mib = 64, .keep = 16 };

struct scene {
	struct dir *dir;
	int fd;
	struct journal *journal;
};

static void open_scene(
    struct scene *s, const struct conf_journal *conf, const struct journal_calls *calls)
{
	struct err e = { 0 };

	s->dir = s->dir ? s->dir : dir_new();
	s->fd = open(s->dir->path, O_RDONLY | O_DIRECTORY);
	assert_true(s->fd >= 0);
	s->journal = journal_open(s->fd, conf, calls, &e);
	if (!s->journal)
		fail_msg("%s", e.text);
}

static void close_journal(struct scene *s)
{
	journal_close(s->journal);
	s->journal = NULL;
	close(s->fd);
}

static void close_scene(struct scene *s)
{
	if (s->journal)
		close_journal(s);
	dir_free(s->dir);
}

static void add(struct scene *s, const char *line)
{
	journal_add(s->journal, str_of(line));
}

/* ... and waits until it is in the file. */
static void add_at_once(struct scene *s, const char *line)
{
	add(s, line);
	assert_true(journal_flush(s->journal, LIMIT_MSEC));
}

/* The whole file; static, until the next call. */
static const char *text_of(const char *path)
{
	static char text[8 << 20];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

static const char *live_text(const struct scene *s)
{
	return text_of(dir_path(s->dir, "decisions.jsonl"));
}

static struct journal_status status_of(const struct scene *s)
{
	struct journal_status status;

	journal_status(s->journal, &status);
	return status;
}

/* Waits until the question is true; every tenth of a millisecond, and not for ever. */
static void await(bool (*is_so)(void *arg), void *arg)
{
	for (int i = 0; i < 100000 && !is_so(arg); i++)
		usleep(100);
	assert_true(is_so(arg));
}

static void lines_are_in_the_file_in_order(void **state)
{
	struct scene s = { 0 };
	struct stat st;

	(void)state;
	open_scene(&s, &usual, NULL);
	assert_true(journal_wants(s.journal));
	add(&s, "{\"a\":1}\n");
	add_at_once(&s, "{\"b\":2}\n");
	assert_string_equal(live_text(&s), "{\"a\":1}\n{\"b\":2}\n");
	assert_int_equal(status_of(&s).written, 2);
	assert_int_equal(stat(dir_path(s.dir, "decisions.jsonl"), &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640u, 0);
	close_scene(&s);
}

static void what_is_queued_at_the_end_is_written(void **state)
{
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &usual, NULL);
	for (int i = 0; i < 1000; i++)
		add(&s, "0123456789\n");
	close_journal(&s);
	assert_int_equal(strlen(live_text(&s)), 11000);
	close_scene(&s);
}

static void a_later_process_goes_on_with_the_file(void **state)
{
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &usual, NULL);
	add(&s, "first\n");
	close_journal(&s);
	open_scene(&s, &usual, NULL);
	add(&s, "second\n");
	close_journal(&s);
	assert_string_equal(live_text(&s), "first\nsecond\n");
	close_scene(&s);
}

static void half_a_line_of_a_crash_is_removed(void **state)
{
	struct scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "decisions.jsonl", "whole\nhal");
	open_scene(&s, &usual, NULL);
	add(&s, "next\n");
	close_journal(&s);
	assert_string_equal(live_text(&s), "whole\nnext\n");
	close_scene(&s);
}

static void a_file_that_is_no_file_is_refused(void **state)
{
	struct scene s = { .dir = dir_new() };
	struct err e = { 0 };

	(void)state;
	dir_write_text(s.dir, "elsewhere", "");
	assert_int_equal(symlink("elsewhere", dir_path(s.dir, "decisions.jsonl")), 0);
	s.fd = open(s.dir->path, O_RDONLY | O_DIRECTORY);
	assert_null(journal_open(s.fd, &usual, NULL, &e));
	assert_non_null(strstr(e.text, "journal: cannot open 'decisions.jsonl'"));
	close(s.fd);
	close_scene(&s);
}

static void without_a_directory_it_is_off_and_says_why(void **state)
{
	struct err e = { 0 };
	struct journal *j = journal_open(-1, &usual, NULL, &e);
	struct journal_status status;

	(void)state;
	assert_non_null(j);
	assert_false(journal_wants(j));
	journal_status(j, &status);
	assert_false(status.is_on);
	assert_non_null(strstr(status.why, "--state"));
	journal_configure(j, &usual);
	assert_false(journal_wants(j));
	journal_close(j);
	assert_false(journal_wants(NULL));
}

static void it_is_switched_off_and_on(void **state)
{
	struct conf_journal off = usual;
	struct scene s = { 0 };

	(void)state;
	off.enabled = false;
	open_scene(&s, &off, NULL);
	assert_false(journal_wants(s.journal));
	assert_non_null(strstr(status_of(&s).why, "enabled = false"));
	assert_int_not_equal(access(dir_path(s.dir, "decisions.jsonl"), F_OK), 0);
	journal_configure(s.journal, &usual);
	assert_true(journal_wants(s.journal));
	add_at_once(&s, "on\n");
	assert_string_equal(live_text(&s), "on\n");
	close_scene(&s);
}

/* --- a disk that does not take everything */

static atomic_long room; /* bytes that the disk still takes */
static atomic_bool keeps_halves;

static ssize_t write_while_there_is_room(int fd, const void *p, size_t n)
{
	long left = atomic_load(&room);

	if (left == 0) {
		errno = ENOSPC;
		return -1;
	}
	if ((long)n > left)
		n = (size_t)left;
	atomic_fetch_sub(&room, (long)n);
	return write(fd, p, n);
}

static int truncate_unless_told(int fd, off_t n)
{
	if (atomic_load(&keeps_halves)) {
		errno = EIO;
		return -1;
	}
	return ftruncate(fd, n);
}

static const struct journal_calls full_disk = { write_while_there_is_room, truncate_unless_told };

static bool is_failing(void *arg)
{
	return status_of(arg).is_failing;
}

static void a_full_disk_leaves_whole_lines_and_loses_none_once_there_is_room(void **state)
{
	struct scene s = { 0 };

	(void)state;
	atomic_store(&room, 15);
	atomic_store(&keeps_halves, false);
	open_scene(&s, &usual, &full_disk);
	add(&s, "0123456789\n");
	add(&s, "abcdefghij\n");
	await(is_failing, &s);
	assert_string_equal(live_text(&s), "0123456789\n");
	atomic_store(&room, 1 << 20);
	assert_true(journal_flush(s.journal, LIMIT_MSEC));
	assert_string_equal(live_text(&s), "0123456789\nabcdefghij\n");
	assert_false(status_of(&s).is_failing);
	assert_int_equal(status_of(&s).written, 2);
	assert_int_equal(status_of(&s).lost_write, 0);
	close_scene(&s);
}

static void half_a_line_that_cannot_be_removed_is_finished(void **state)
{
	struct scene s = { 0 };

	(void)state;
	atomic_store(&room, 15);
	atomic_store(&keeps_halves, true);
	open_scene(&s, &usual, &full_disk);
	add(&s, "0123456789\n");
	add(&s, "abcdefghij\n");
	await(is_failing, &s);
	assert_string_equal(live_text(&s), "0123456789\nabcd");
	journal_rotate(s.journal); /* which would tear the line */
	atomic_store(&room, 4);    /* and again in the same line */
	for (int i = 0; i < 100000 && atomic_load(&room) > 0; i++)
		usleep(100);
	atomic_store(&room, 1 << 20);
	assert_true(journal_flush(s.journal, LIMIT_MSEC));
	assert_string_equal(live_text(&s), "0123456789\nabcdefghij\n");
	assert_int_equal(status_of(&s).files, 0);
	close_scene(&s);
}

static void lines_beyond_the_queue_are_counted_by_their_cause(void **state)
{
	static char line[64 << 10];
	struct scene s = { 0 };
	struct journal_status status;
	uint64_t n = JOURNAL_QUEUE_MAX / sizeof(line) + 8;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	atomic_store(&room, 0);
	atomic_store(&keeps_halves, false);
	open_scene(&s, &usual, &full_disk);
	add(&s, "first\n");
	await(is_failing, &s);
	for (uint64_t i = 0; i < n; i++)
		journal_add(s.journal, (struct str){ line, sizeof(line) });
	status = status_of(&s);
	assert_in_range(status.lost_write, 8, n - 31);
	assert_int_equal(status.lost_queue, 0);
	atomic_store(&room, 1 << 30);
	assert_true(journal_flush(s.journal, LIMIT_MSEC));
	assert_int_equal(status_of(&s).written + status_of(&s).lost_write, n + 1);
	close_scene(&s);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static ssize_t write_when_let(int fd, const void *p, size_t n)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return write(fd, p, n);
}

static void a_slow_disk_loses_lines_and_never_holds_up_who_adds_them(void **state)
{
	static const struct journal_calls slow = { write_when_let, ftruncate };
	static char line[64 << 10];
	struct scene s = { 0 };
	uint64_t n = JOURNAL_QUEUE_MAX / sizeof(line) + 8;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	pthread_mutex_lock(&gate);
	open_scene(&s, &usual, &slow);
	for (uint64_t i = 0; i < n; i++)
		journal_add(s.journal, (struct str){ line, sizeof(line) });
	assert_in_range(status_of(&s).lost_queue, 8, n - 31);
	assert_int_equal(status_of(&s).lost_write, 0);
	assert_false(journal_flush(s.journal, 1));
	pthread_mutex_unlock(&gate);
	assert_true(journal_flush(s.journal, LIMIT_MSEC));
	assert_int_equal(status_of(&s).written + status_of(&s).lost_queue, n);
	close_scene(&s);
}

static void what_a_full_disk_never_took_is_lost_at_the_end(void **state)
{
	struct scene s = { 0 };

	(void)state;
	atomic_store(&room, 0);
	open_scene(&s, &usual, &full_disk);
	add(&s, "never\n");
	close_journal(&s); /* it ends */
	assert_string_equal(live_text(&s), "");
	close_scene(&s);
}

static void what_waited_for_a_full_disk_is_written_at_the_end_if_it_can_be(void **state)
{
	struct scene s = { 0 };

	(void)state;
	atomic_store(&room, 0);
	atomic_store(&keeps_halves, false);
	open_scene(&s, &usual, &full_disk);
	add(&s, "tried\n");
	await(is_failing, &s);
	add(&s, "queued behind it\n");
	atomic_store(&room, 1 << 20);
	close_journal(&s);
	assert_string_equal(live_text(&s), "tried\nqueued behind it\n");
	close_scene(&s);
}

/* --- setting aside */

struct files {
	unsigned n, lines, torn;
	char last[64]; /* by name */
};

static void count_file(const struct scene *s, const char *name, struct files *out)
{
	const char *at = text_of(dir_path(s->dir, name)), *end;

	for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		out->lines++;
		out->torn +=
		    at[0] != '{' || end[-1] != '}' || memchr(at + 1, '{', (size_t)(end - at - 1));
	}
	out->torn += *at != '\0';
}

static struct files files_of(const struct scene *s)
{
	struct files out = { 0 };
	DIR *d = opendir(s->dir->path);
	const struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (!strstr(entry->d_name, ".jsonl"))
			continue;
		count_file(s, entry->d_name, &out);
		if (entry->d_name[9] != '-')
			continue;
		out.n++;
		if (entry->d_name[10] == '2' && strcmp(entry->d_name, out.last) > 0)
			snprintf(out.last, sizeof(out.last), "%.63s", entry->d_name);
	}
	closedir(d);
	return out;
}

static bool is_set_aside(void *arg)
{
	return status_of(arg).files == 1;
}

static void on_request_the_file_gets_another_name(void **state)
{
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &usual, NULL);
	add_at_once(&s, "{old}\n");
	journal_rotate(s.journal);
	await(is_set_aside, &s);
	assert_int_equal(files_of(&s).lines, 1);
	add_at_once(&s, "{new}\n");
	assert_string_equal(live_text(&s), "{new}\n");
	assert_int_equal(files_of(&s).n, 1);
	assert_string_equal(text_of(dir_path(s.dir, files_of(&s).last)), "{old}\n");
	close_scene(&s);
}

static void move_away(const struct scene *s)
{
	assert_int_equal(renameat(s->fd, "decisions.jsonl", s->fd, "decisions.1"), 0);
}

static bool has_begun_another(void *arg)
{
	return faccessat(((struct scene *)arg)->fd, "decisions.jsonl", F_OK, 0) == 0;
}

static void a_file_that_somebody_moved_away_is_just_begun_again(void **state)
{
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &usual, NULL);
	add_at_once(&s, "{old}\n");
	move_away(&s);
	add_at_once(&s, "{between}\n");
	journal_rotate(s.journal);
	await(has_begun_another, &s);
	add_at_once(&s, "{new}\n");
	assert_string_equal(live_text(&s), "{new}\n");
	assert_string_equal(text_of(dir_path(s.dir, "decisions.1")), "{old}\n{between}\n");
	assert_int_equal(files_of(&s).n, 0);
	close_scene(&s);
}

static void a_file_that_somebody_else_put_there_is_gone_on_with(void **state)
{
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &usual, NULL);
	add_at_once(&s, "{old}\n");
	move_away(&s);
	dir_write_text(s.dir, "decisions.jsonl", "{theirs}\n");
	journal_rotate(s.journal);
	for (int i = 0; i < 100000 && !strstr(live_text(&s), "{new}"); i++) {
		add(&s, "{new}\n");
		usleep(100);
	}
	assert_true(str_starts(str_of(live_text(&s)), "{theirs}\n{new}\n"));
	assert_int_equal(status_of(&s).files, 0);
	close_scene(&s);
}

static void a_full_file_is_set_aside_and_the_oldest_go(void **state)
{
	const struct conf_journal small = { .enabled = true, .max_mib = 1, .keep = 3 };
	static char line[1 << 20];
	struct scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "decisions-20200101T000000Z-0000.jsonl", "{oldest}\n");
	dir_write_text(s.dir, "decisions-mine.jsonl", "{of somebody else}\n");
	memset(line, 'x', sizeof(line));
	line[0] = '{';
	line[sizeof(line) - 2] = '}';
	line[sizeof(line) - 1] = '\n';
	open_scene(&s, &small, NULL);
	for (int i = 0; i < 5; i++) {
		line[1] = (char)('a' + i);
		journal_add(s.journal, (struct str){ line, sizeof(line) });
		assert_true(journal_flush(s.journal, LIMIT_MSEC));
	}
	close_journal(&s);
	assert_int_equal(files_of(&s).n, 4);
	assert_int_equal(text_of(dir_path(s.dir, files_of(&s).last))[1], 'e');
	assert_int_equal(files_of(&s).torn, 0);
	assert_int_not_equal(
	    access(dir_path(s.dir, "decisions-20200101T000000Z-0000.jsonl"), F_OK), 0);
	assert_int_equal(access(dir_path(s.dir, "decisions-mine.jsonl"), F_OK), 0);
	assert_string_equal(live_text(&s), "");
	close_scene(&s);
}

enum {
	WRITERS = 4,
	FILES = 40,
};

static atomic_bool goes_on;
static atomic_uint_fast64_t added;

static void *add_many(void *arg)
{
	static const char line[] = "{0123456789012345678901234567890123456789}\n";

	while (atomic_load(&goes_on)) {
		for (int i = 0; i < 100; i++)
			journal_add(arg, (struct str){ line, sizeof(line) - 1 });
		atomic_fetch_add(&added, 100);
		usleep(20);
	}
	return NULL;
}

static void nothing_is_lost_or_torn_while_files_are_set_aside(void **state)
{
	const struct conf_journal all = { .enabled = true, .max_mib = 1, .keep = 0 };
	pthread_t threads[WRITERS];
	struct scene s = { 0 };

	(void)state;
	open_scene(&s, &all, NULL);
	atomic_store(&goes_on, true);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, s.journal), 0);
	for (int i = 0; i < 100000 && status_of(&s).files < FILES; i++) {
		journal_rotate(s.journal);
		usleep(100);
	}
	atomic_store(&goes_on, false);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_true(journal_flush(s.journal, LIMIT_MSEC));
	assert_in_range(status_of(&s).files, FILES, 100000);
	assert_int_equal(status_of(&s).written + status_of(&s).lost_queue, atomic_load(&added));
	assert_int_equal(files_of(&s).lines, status_of(&s).written);
	assert_int_equal(files_of(&s).torn, 0);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_in_the_file_in_order),
		cmocka_unit_test(what_is_queued_at_the_end_is_written),
		cmocka_unit_test(a_later_process_goes_on_with_the_file),
		cmocka_unit_test(half_a_line_of_a_crash_is_removed),
		cmocka_unit_test(a_file_that_is_no_file_is_refused),
		cmocka_unit_test(without_a_directory_it_is_off_and_says_why),
		cmocka_unit_test(it_is_switched_off_and_on),
		cmocka_unit_test(a_full_disk_leaves_whole_lines_and_loses_none_once_there_is_room),
		cmocka_unit_test(half_a_line_that_cannot_be_removed_is_finished),
		cmocka_unit_test(lines_beyond_the_queue_are_counted_by_their_cause),
		cmocka_unit_test(a_slow_disk_loses_lines_and_never_holds_up_who_adds_them),
		cmocka_unit_test(what_a_full_disk_never_took_is_lost_at_the_end),
		cmocka_unit_test(what_waited_for_a_full_disk_is_written_at_the_end_if_it_can_be),
		cmocka_unit_test(on_request_the_file_gets_another_name),
		cmocka_unit_test(a_file_that_somebody_moved_away_is_just_begun_again),
		cmocka_unit_test(a_file_that_somebody_else_put_there_is_gone_on_with),
		cmocka_unit_test(a_full_file_is_set_aside_and_the_oldest_go),
		cmocka_unit_test(nothing_is_lost_or_torn_while_files_are_set_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
