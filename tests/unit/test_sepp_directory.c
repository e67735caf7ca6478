/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "sepp/directory.h"
#include "unit_dir.h"

/* Why the directory is refused; the test fails if it is not. */
static const char *refusal(const struct dir *d)
{
	static struct err e;

	assert_null(directory_read(d->path, &e));
	assert_true(e.code < 0);
	return e.text;
}

static struct directory *read_of(const struct dir *d)
{
	struct directory *read;
	struct err e;

	read = directory_read(d->path, &e);
	if (!read)
		fail_msg("%s", e.text);
	return read;
}

/* The digest into `out`. */
static const char *digest_of(const struct dir *d, char out[65])
{
	struct directory *read = read_of(d);

	memcpy(out, read->digest, 65);
	directory_free(read);
	return out;
}

/* --- what belongs to it */

static void files_in_the_known_places_are_read_in_the_order_of_their_paths(void **state)
{
	static const char *const sorted[] = { "anchors/a.crl", "anchors/a.pem", "certs/g.key",
		"certs/g.pem", "data/d.json", "default.lua", "gateway.lua", "lib/l.lua",
		"partners/a.lua", "partners/b.lua", "shared/s.lua" };
	struct dir *d = dir_new();
	struct directory *read;

	(void)state;
	for (size_t i = ARRAY_LEN(sorted); i-- > 0;)
		dir_write_text(d, sorted[i], sorted[i]);
	read = read_of(d);
	assert_int_equal(read->files.n, ARRAY_LEN(sorted));
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		assert_string_equal(read->files.files[i].path, sorted[i]);
		assert_true(str_is(read->files.files[i].text, sorted[i]));
	}
	assert_string_equal(read->path, d->path);
	directory_free(read);
	directory_free(NULL);
	dir_free(d);
}

static void everything_else_is_left_alone(void **state)
{
	static const char *const others[] = { "README.md", "gateway.lua~", ".gateway.lua", ".lua",
		"partners/.#a.lua", "partners/a.lua.bak", "partners/a.pem", "shared/.lua",
		"tests/a.lua", "tests/_test.lua", "data/d.txt", "anchors/a.key", "certs/a.crl",
		"tests/a_test.lua", "tests/a.json", "other/a.lua" };
	struct dir *d = dir_new();
	struct directory *read;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		dir_write_text(d, others[i], "x");
	read = read_of(d);
	assert_int_equal(read->files.n, 0);
	directory_free(read);
	dir_free(d);
}

static void other_files_may_have_any_mode_and_kind(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "notes.txt", "x");
	dir_chmod(d, "notes.txt", 0666);
	assert_int_equal(symlink("/nowhere", dir_path(d, "link")), 0);
	assert_int_equal(mkfifo(dir_path(d, "fifo"), 0666), 0);
	directory_free(read_of(d));
	dir_free(d);
}

static void a_file_is_found_by_its_whole_path(void **state)
{
	struct dir *d = dir_new();
	struct directory *read;
	struct str text;
	struct err e;

	(void)state;
	dir_write(d, "data/d.json", (struct str){ "a\0b", 3 });
	dir_write_text(d, "gateway.lua", "");
	read = read_of(d);
	assert_int_equal(directory_find(read, "data/d.json", &text, &e), 0);
	assert_true(str_eq(text, (struct str){ "a\0b", 3 }));
	assert_int_equal(directory_find(read, "gateway.lua", &text, &e), 0);
	assert_int_equal(text.n, 0);
	assert_int_equal(directory_find(read, "d.json", &text, &e), ERR_CONFIG);
	assert_string_equal(e.text, "d.json: no such file in the directory");
	directory_free(read);
	dir_free(d);
}

static void a_renewed_directory_has_the_news_and_else_what_was_read(void **state)
{
	struct dir *d = dir_new();
	struct directory *read, *news = directory_new(dir_path(d, "")), *renewed, *whole;
	struct str text;

	(void)state;
	dir_write_text(d, "anchors/a.crl", "old");
	dir_write_text(d, "gateway.lua", "as it was");
	read = read_of(d);
	directory_add_text(news, "anchors/a.crl", str_of("new"));
	directory_seal(news);
	renewed = directory_renew(read, news);
	assert_int_equal(directory_find(renewed, "anchors/a.crl", &text, NULL), 0);
	assert_true(str_is(text, "new"));
	assert_int_equal(directory_find(renewed, "gateway.lua", &text, NULL), 0);
	assert_true(str_is(text, "as it was"));
	assert_string_equal(renewed->path, read->path);
	dir_write_text(d, "anchors/a.crl", "new");
	whole = read_of(d);
	assert_string_equal(renewed->digest, whole->digest);
	directory_free(read);
	directory_free(news);
	directory_free(renewed);
	directory_free(whole);
	dir_free(d);
}

static void nothing_is_found_in_an_empty_directory(void **state)
{
	struct dir *d = dir_new();
	struct directory *read = read_of(d);
	struct str text;

	(void)state;
	assert_int_equal(read->files.n, 0);
	assert_int_equal(directory_find(read, "gateway.lua", &text, NULL), ERR_CONFIG);
	assert_int_equal(strlen(read->digest), 64);
	directory_free(read);
	dir_free(d);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
	struct dir *d = dir_new();
	struct err e;

	(void)state;
	assert_null(directory_read(dir_path(d, "nowhere"), &e));
	assert_non_null(strstr(e.text, "/nowhere': No such file or directory"));
	dir_free(d);
}

/* --- the digest */

static void the_digest_does_not_depend_on_order_or_time(void **state)
{
	static const struct timeval then[2] = { { 1000, 0 }, { 1000, 0 } };
	struct dir *a = dir_new(), *b = dir_new();
	char one[65], other[65];

	(void)state;
	dir_write_text(a, "gateway.lua", "return 1");
	dir_write_text(a, "partners/a.lua", "return 2");
	dir_write_text(a, "README", "not part of it");
	dir_write_text(b, "partners/a.lua", "return 2");
	dir_write_text(b, "gateway.lua", "return 1");
	assert_int_equal(utimes(dir_path(b, "gateway.lua"), then), 0);
	dir_chmod(b, "gateway.lua", 0400);
	assert_string_equal(digest_of(a, one), digest_of(b, other));
	dir_free(a);
	dir_free(b);
}

static void the_digest_depends_on_each_path_and_each_byte(void **state)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{ "gateway.lua", "ab" },
		{ "gateway.lua", "aB" },
		{ "gateway.lua", "a" },
		{ "gatewaya.lua", "b" },
		{ "default.lua", "ab" },
		{ "lib/gateway.lua", "ab" },
		{ "gateway.lua", "" },
	};
	char digests[ARRAY_LEN(rows)][65];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir *d = dir_new();

		dir_write_text(d, rows[i].path, rows[i].text);
		digest_of(d, digests[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(digests[i], digests[k]);
		dir_free(d);
	}
}

static void the_digest_tells_where_one_file_ends(void **state)
{
	struct dir *a = dir_new(), *b = dir_new();
	char one[65], other[65];

	(void)state;
	dir_write_text(a, "a.lua", "xb.lua");
	dir_write_text(a, "b.lua", "");
	dir_write_text(b, "a.lua", "x");
	dir_write_text(b, "b.lua", "b.lua");
	assert_string_not_equal(digest_of(a, one), digest_of(b, other));
	dir_free(a);
	dir_free(b);
}

/* --- what is refused */

static void a_symbolic_link_is_refused(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "gateway.lua", "return 1");
	dir_write_text(d, "partners/b.lua", "return 1");
	assert_int_equal(symlink("b.lua", dir_path(d, "partners/a.lua")), 0);
	assert_string_equal(
	    refusal(d), "partners/a.lua: is a symbolic link; put the file itself there");
	dir_free(d);
}

static void a_folder_that_is_a_symbolic_link_is_refused(void **state)
{
	struct dir *d = dir_new(), *elsewhere = dir_new();

	(void)state;
	dir_write_text(elsewhere, "a.lua", "return 1");
	assert_int_equal(symlink(elsewhere->path, dir_path(d, "partners")), 0);
	assert_memory_equal(refusal(d), "partners: cannot open", 21);
	dir_remove(d, "partners");
	dir_free(d);
	dir_free(elsewhere);
}

static void what_others_may_write_is_refused(void **state)
{
	static const unsigned modes[] = { 0664, 0646, 0622 };
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "partners/a.lua", "return 1");
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		dir_chmod(d, "partners/a.lua", modes[i]);
		assert_non_null(strstr(
		    refusal(d), "partners/a.lua: may be written by group or others (mode 6"));
	}
	dir_chmod(d, "partners/a.lua", 0755);
	directory_free(read_of(d));
	dir_free(d);
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "partners/a.lua", "return 1");
	dir_chmod(d, "partners", 0775);
	assert_memory_equal(refusal(d), "partners: may be written by", 27);
	dir_chmod(d, "partners", 0755);
	dir_chmod(d, ".", 0777);
	assert_memory_equal(refusal(d), d->path, strlen(d->path));
	dir_chmod(d, ".", 0700);
	directory_free(read_of(d));
	dir_free(d);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "certs/g.key", "secret");
	dir_write_text(d, "certs/g.pem", "public");
	directory_free(read_of(d));
	dir_chmod(d, "certs/g.key", 0644);
	assert_string_equal(refusal(d),
	    "certs/g.key: a private key may be read by its owner only (mode 644); chmod 600 it");
	dir_chmod(d, "certs/g.key", 0601);
	assert_non_null(strstr(refusal(d), "certs/g.key"));
	dir_chmod(d, "certs/g.key", 0640);
	assert_non_null(strstr(refusal(d), "certs/g.key"));
	dir_chmod(d, "certs/g.key", 0400);
	directory_free(read_of(d));
	dir_free(d);
}

/* Only root can make a file that is somebody else's; for others there is nothing to refuse. */
static void a_key_of_another_user_is_refused_unless_parleyd_becomes_that_user(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "certs/g.key", "secret");
	if (geteuid() == 0) {
		assert_int_equal(chown(dir_path(d, "certs/g.key"), 4711, 4711), 0);
		assert_string_equal(refusal(d),
		    "certs/g.key: belongs to user 4711; a private key belongs to root or to the "
		    "user that parleyd runs as: chown it, or name that user with --user");
	}
	directory_set_key_user(4711);
	directory_free(read_of(d));
	directory_set_key_user(0);
	dir_free(d);
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
	struct str text = { calloc(1, (1 << 20) + 1), 1 << 20 };
	struct dir *d = dir_new();
	struct directory *read;

	(void)state;
	dir_write(d, "data/d.json", text);
	read = read_of(d);
	assert_int_equal(read->files.files[0].text.n, 1 << 20);
	directory_free(read);
	text.n++;
	dir_write(d, "data/d.json", text);
	assert_string_equal(refusal(d), "data/d.json: is larger than 1048576 bytes");
	free((void *)(uintptr_t)text.p);
	dir_free(d);
}

static void what_is_no_regular_file_is_refused_without_waiting_for_it(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	assert_int_equal(mkfifo(dir_path(d, "gateway.lua"), 0600), 0);
	assert_string_equal(refusal(d), "gateway.lua: is not a regular file");
	dir_remove(d, "gateway.lua");
	assert_int_equal(mkdir(dir_path(d, "gateway.lua"), 0755), 0);
	assert_string_equal(refusal(d), "gateway.lua: is not a regular file");
	dir_free(d);
}

static void a_file_in_place_of_a_folder_is_refused(void **state)
{
	struct dir *d = dir_new();

	(void)state;
	dir_write_text(d, "partners", "not a folder");
	assert_string_equal(refusal(d), "partners: cannot open: Not a directory");
	dir_free(d);
}

/* --- parts of it, offline */

/* The paths of what was read, one behind the other. */
static const char *paths_of(const struct directory *read)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; read && i < read->files.n; i++) {
		strcat(text, read->files.files[i].path);
		strcat(text, " ");
	}
	return text;
}

static struct dir *dir_with_everything(void)
{
	static const char *const names[] = { "gateway.lua", "shared/s.lua", "certs/g.key",
		"anchors/a.pem", "tests/x_test.lua", "tests/no.lua", "tests/a.json",
		"tests/fixtures/b.json", "data/d.json" };
	struct dir *d = dir_new();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		dir_write_text(d, names[i], names[i]);
		dir_chmod(d, names[i], 0666);
	}
	return d;
}

static void offline_neither_keys_nor_writers_matter(void **state)
{
	struct dir *d = dir_with_everything();
	struct directory *read;
	struct err e;

	(void)state;
	read = directory_read_part(d->path, DIRECTORY_POLICIES, &e);
	assert_string_equal(paths_of(read), "data/d.json gateway.lua shared/s.lua ");
	directory_free(read);
	assert_int_equal(symlink("gateway.lua", dir_path(d, "default.lua")), 0);
	assert_null(directory_read_part(d->path, DIRECTORY_POLICIES, &e));
	assert_string_equal(e.text, "default.lua: is a symbolic link; put the file itself there");
	dir_free(d);
}

static void tests_are_read_by_themselves_with_their_fixtures(void **state)
{
	struct dir *d = dir_with_everything();
	struct directory *read;
	struct err e;

	(void)state;
	read = directory_read_part(d->path, DIRECTORY_TESTS, &e);
	assert_string_equal(paths_of(read), "tests/a.json tests/fixtures/b.json tests/x_test.lua ");
	assert_int_equal(directory_add(read, dir_path(d, "shared/s.lua"), "aaa", &e), 0);
	assert_string_equal(
	    paths_of(read), "aaa tests/a.json tests/fixtures/b.json tests/x_test.lua ");
	assert_true(directory_add(read, dir_path(d, "none"), "none", &e) < 0);
	assert_string_equal(e.text, "none: cannot open: No such file or directory");
	directory_free(read);
	dir_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_in_the_known_places_are_read_in_the_order_of_their_paths),
		cmocka_unit_test(everything_else_is_left_alone),
		cmocka_unit_test(other_files_may_have_any_mode_and_kind),
		cmocka_unit_test(a_file_is_found_by_its_whole_path),
		cmocka_unit_test(a_renewed_directory_has_the_news_and_else_what_was_read),
		cmocka_unit_test(nothing_is_found_in_an_empty_directory),
		cmocka_unit_test(a_directory_that_is_not_there_is_named),
		cmocka_unit_test(the_digest_does_not_depend_on_order_or_time),
		cmocka_unit_test(the_digest_depends_on_each_path_and_each_byte),
		cmocka_unit_test(the_digest_tells_where_one_file_ends),
		cmocka_unit_test(a_symbolic_link_is_refused),
		cmocka_unit_test(a_folder_that_is_a_symbolic_link_is_refused),
		cmocka_unit_test(what_others_may_write_is_refused),
		cmocka_unit_test(a_folder_that_others_may_write_is_refused),
		cmocka_unit_test(a_key_that_others_may_read_is_refused),
		cmocka_unit_test(a_key_of_another_user_is_refused_unless_parleyd_becomes_that_user),
		cmocka_unit_test(a_file_of_more_than_a_mebibyte_is_refused),
		cmocka_unit_test(what_is_no_regular_file_is_refused_without_waiting_for_it),
		cmocka_unit_test(a_file_in_place_of_a_folder_is_refused),
		cmocka_unit_test(offline_neither_keys_nor_writers_matter),
		cmocka_unit_test(tests_are_read_by_themselves_with_their_fixtures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
