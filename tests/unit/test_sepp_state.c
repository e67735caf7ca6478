/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/state.h"
#include "unit_dir.h"

static struct state_owner me(void)
{
	return (struct state_owner){ geteuid(), getegid() };
}

/* "<dir>/state"; static, until the next call. */
static const char *place(const struct dir *d)
{
	return dir_path(d, "state");
}

static struct state *open_in(const struct dir *d)
{
	struct err e = { 0 };
	struct state *s = state_open(place(d), true, me(), &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777u;
}

static void assert_refused(const struct dir *d, bool create, struct state_owner o, const char *why)
{
	struct err e = { 0 };

	assert_null(state_open(place(d), create, o, &e));
	if (!strstr(e.text, why) || !strstr(e.text, "state directory '"))
		fail_msg("'%s' is not in: %s", why, e.text);
}

/* --- the directory */

static void what_is_not_there_is_made_for_its_owner_alone(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);

	(void)state;
	assert_int_equal(mode_of(place(d)), 0700);
	assert_string_equal(state_path(s) + strlen(state_path(s)) - 6, "/state");
	assert_int_equal(state_path(s)[0], '/');
	assert_true(state_fd(s) >= 0);
	state_close(s);
	state_close(NULL);
	dir_free(d);
}

static void what_is_not_there_is_refused_where_it_may_not_be_made(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	assert_refused(d, false, me(), "No such file or directory");
	dir_free(d);
}

static void a_parent_that_is_not_there_is_not_made(void **state)
{
	struct dir *d = dir_new();
	struct err e = { 0 };

	(void)state;
	assert_null(state_open(dir_path(d, "a/b"), true, me(), &e));
	assert_non_null(strstr(e.text, "cannot create it: No such file or directory"));
	dir_free(d);
}

static void a_file_is_no_directory(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "state", "x");
	assert_refused(d, true, me(), "is not a directory");
	dir_free(d);
}

static void what_others_may_write_is_refused(void **state)
{
	static const unsigned modes[] = { 0720, 0702, 01777, 0770 };
	struct dir *d = dir_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		(void)mkdir(place(d), 0700);
		dir_chmod(d, "state", modes[i]);
		assert_refused(d, true, me(), "may be written by group or others");
	}
	dir_free(d);
}

static void what_its_owner_may_not_write_is_refused(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	assert_int_equal(mkdir(place(d), 0500), 0);
	assert_refused(d, true, me(), "cannot be written (mode 500)");
	dir_chmod(d, "state", 0700);
	dir_free(d);
}

static void the_directory_of_another_user_is_refused(void **state)
{
	struct state_owner other = { geteuid() + 4321, getegid() };
	struct dir *d = dir_new();

	(void)state;
	assert_int_equal(mkdir(place(d), 0700), 0);
	assert_refused(d, true, other, "belongs to user ");
	dir_free(d);
}

static void two_do_not_use_one_directory(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);

	(void)state;
	assert_refused(d, true, me(), "another parleyd uses it");
	state_close(s);
	state_close(open_in(d));
	dir_free(d);
}

/* --- its files */

static void assert_holds(const struct state *s, const char *name, const char *right)
{
	struct str text;
	struct err e = { 0 };

	if (state_read(s, name, 1000, &text, &e))
		fail_msg("%s", e.text);
	assert_true(str_is(text, right));
	mem_free((void *)(uintptr_t)text.p);
}

static void what_was_written_is_read_and_replaced(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);

	(void)state;
	umask(0);
	assert_int_equal(state_write(s, "x", str_of("one"), NULL), 0);
	assert_holds(s, "x", "one");
	assert_int_equal(state_write(s, "x", str_of("two two"), NULL), 0);
	assert_holds(s, "x", "two two");
	assert_int_equal(state_write(s, "x", str_of(""), NULL), 0);
	assert_holds(s, "x", "");
	assert_int_equal(mode_of(dir_path(d, "state/x")), 0600);
	assert_int_equal(access(dir_path(d, "state/.x.new"), F_OK), -1);
	umask(022);
	state_close(s);
	dir_free(d);
}

static void what_a_dead_writer_left_is_in_nobodys_way(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);

	(void)state;
	dir_write_text(d, "state/.x.new", "half");
	assert_int_equal(state_write(s, "x", str_of("whole"), NULL), 0);
	assert_holds(s, "x", "whole");
	state_close(s);
	dir_free(d);
}

static void a_write_that_fails_leaves_what_was_there(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(state_write(s, "x", str_of("old"), NULL), 0);
	assert_int_equal(mkdir(dir_path(d, "state/.x.new"), 0700), 0);
	assert_int_equal(state_write(s, "x", str_of("new"), &e), ERR_SYS);
	assert_non_null(strstr(e.text, "cannot write '"));
	assert_holds(s, "x", "old");
	state_close(s);
	dir_free(d);
}

static void the_file_is_written_where_the_directory_was_opened(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);
	char moved[128];

	(void)state;
	snprintf(moved, sizeof(moved), "%s", dir_path(d, "moved"));
	assert_int_equal(rename(place(d), moved), 0);
	assert_int_equal(state_write(s, "x", str_of("here"), NULL), 0);
	assert_int_equal(access(dir_path(d, "moved/x"), F_OK), 0);
	state_close(s);
	dir_free(d);
}

static void what_cannot_be_read_is_refused_in_words(void **state)
{
	struct dir *d = dir_new();
	struct state *s = open_in(d);
	struct str text;
	struct err e = { 0 };
	char target[128];

	(void)state;
	assert_int_equal(state_read(s, "x", 10, &text, &e), ERR_SYS);
	assert_non_null(strstr(e.text, "/state/x: No such file or directory"));
	dir_write_text(d, "state/x", "12345678901");
	assert_int_equal(state_read(s, "x", 10, &text, &e), ERR_CONFIG);
	assert_non_null(strstr(e.text, "/state/x: is larger than 10 bytes"));
	snprintf(target, sizeof(target), "%s", dir_path(d, "state/x"));
	assert_int_equal(symlink(target, dir_path(d, "state/link")), 0);
	assert_int_equal(state_read(s, "link", 100, &text, &e), ERR_SYS);
	assert_int_equal(mkdir(dir_path(d, "state/folder"), 0700), 0);
	assert_int_equal(state_read(s, "folder", 100, &text, &e), ERR_CONFIG);
	assert_non_null(strstr(e.text, "is not a regular file"));
	state_close(s);
	dir_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_is_made_for_its_owner_alone),
		cmocka_unit_test(what_is_not_there_is_refused_where_it_may_not_be_made),
		cmocka_unit_test(a_parent_that_is_not_there_is_not_made),
		cmocka_unit_test(a_file_is_no_directory),
		cmocka_unit_test(what_others_may_write_is_refused),
		cmocka_unit_test(what_its_owner_may_not_write_is_refused),
		cmocka_unit_test(the_directory_of_another_user_is_refused),
		cmocka_unit_test(two_do_not_use_one_directory),
		cmocka_unit_test(what_was_written_is_read_and_replaced),
		cmocka_unit_test(what_a_dead_writer_left_is_in_nobodys_way),
		cmocka_unit_test(a_write_that_fails_leaves_what_was_there),
		cmocka_unit_test(the_file_is_written_where_the_directory_was_opened),
		cmocka_unit_test(what_cannot_be_read_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
