/* SPDX-License-Identifier: MIT */
/* What goes wrong with the file of the store, and that it goes on. */
#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit_store.h"

enum {
	MANY = 100,
};

/* A closed store with `n` partners "p0", ... whose records show 1000 and more. */
static void fill(struct store_scene *s, int n)
{
	char name[16];

	scene_open(s);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assoc_unref(scene_agreed(s, name, 1000 + (uint64_t)i));
	}
	scene_close_store(s);
}

static void assert_has(struct store_scene *s, const char *name, uint64_t n)
{
	struct assoc_record r;

	if (!store_take(s->store, name, &r))
		fail_msg("'%s' is not there", name);
	assert_true(r.agreement.features == n);
}

/* Overwrites `n` bytes from `at` on. */
static void garble(const struct store_scene *s, off_t at, size_t n)
{
	int fd = open(dir_path(s->dir, "parley.db"), O_WRONLY | O_CLOEXEC);
	char bytes[4096];

	assert_true(fd >= 0);
	memset(bytes, 0xa5, sizeof(bytes));
	for (size_t now; n > 0; n -= now, at += (off_t)now) {
		now = n < sizeof(bytes) ? n : sizeof(bytes);
		assert_int_equal(pwrite(fd, bytes, now, at), now);
	}
	close(fd);
}

static off_t size_of(const struct store_scene *s)
{
	struct stat st;

	assert_int_equal(stat(dir_path(s->dir, "parley.db"), &st), 0);
	return st.st_size;
}

/* Opens the store: its file is set aside for that reason, and the next restart finds a new one. */
static void assert_set_aside(struct store_scene *s, const char *why)
{
	struct store_status status;

	scene_open(s);
	status = scene_status(s);
	assert_true(status.is_on);
	assert_false(status.is_failing);
	assert_int_equal(status.n_loaded, 0);
	assert_int_equal(strncmp(status.set_aside, "parley.db.broken-2", 18), 0);
	if (!strstr(status.aside_why, why))
		fail_msg("'%s' is not in: %s", why, status.aside_why);
	assert_int_equal(access(dir_path(s->dir, status.set_aside), F_OK), 0);
	assoc_unref(scene_agreed(s, "new", 7));
	scene_restart(s);
	assert_has(s, "new", 7);
	assert_string_equal(scene_status(s).set_aside, "");
}

/* --- at start */

static void bytes_in_the_middle_that_are_others_set_it_aside(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	fill(&s, MANY);
	garble(&s, size_of(&s) / 2, 4096);
	assert_set_aside(&s, "is damaged: ");
	scene_close(&s);
}

static void a_head_that_is_damaged_sets_it_aside(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	fill(&s, MANY);
	garble(&s, 100, 1000);
	assert_set_aside(&s, "malformed");
	scene_close(&s);
}

static void a_file_that_was_cut_is_set_aside(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	fill(&s, MANY);
	assert_int_equal(truncate(dir_path(s.dir, "parley.db"), size_of(&s) / 2), 0);
	assert_set_aside(&s, "malformed");
	scene_close(&s);
}

static void what_is_no_database_is_set_aside(void **state)
{
	struct store_scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "parley.db", "To whom it may concern: this is a letter.\n");
	assert_set_aside(&s, "file is not a database");
	scene_close(&s);
}

static void an_empty_file_is_set_aside(void **state)
{
	struct store_scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "parley.db", "");
	assert_set_aside(&s, "is empty");
	scene_close(&s);
}

static void what_is_no_file_is_set_aside(void **state)
{
	struct store_scene s = { .dir = dir_new() };

	(void)state;
	dir_write_text(s.dir, "elsewhere", "");
	assert_int_equal(symlink("elsewhere", dir_path(s.dir, "parley.db")), 0);
	assert_set_aside(&s, "is not a regular file");
	assert_int_equal(scene_count_files(&s, "elsewhere"), 1);
	scene_close(&s);
}

static void a_newer_version_is_set_aside_whole(void **state)
{
	struct store_scene s = { 0 };
	char aside[128];

	(void)state;
	fill(&s, 3);
	(void)scene_sql(&s, "PRAGMA user_version = 3");
	scene_open(&s);
	assert_string_equal(
	    scene_status(&s).aside_why, "is of the newer version 3, this parleyd knows 2");
	snprintf(aside, sizeof(aside), "%s", dir_path(s.dir, scene_status(&s).set_aside));
	scene_close_store(&s);
	assert_int_equal(rename(aside, dir_path(s.dir, "parley.db")), 0);
	assert_string_equal(scene_sql(&s, "SELECT count(*) FROM partner"), "3");
	scene_close(&s);
}

static void a_file_of_another_program_is_set_aside(void **state)
{
	static const char *const others[] = {
		"PRAGMA application_id = 7",
		"PRAGMA application_id = 0; PRAGMA user_version = 0",
		"PRAGMA user_version = 0",
		"ALTER TABLE partner RENAME COLUMN features TO traits",
		"DROP TABLE flag",
	};
	static const char *const whys[] = {
		"belongs to another program: its application_id is 7",
		"belongs to another program: its application_id is 0",
		"is of the version 0, this parleyd knows 2",
		"has other tables: table partner has no column named features",
		"has other tables: no such table: flag",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct store_scene s = { 0 };

		fill(&s, 1);
		(void)scene_sql(&s, others[i]);
		assert_set_aside(&s, whys[i]);
		scene_close(&s);
	}
}

static void at_most_four_are_kept_and_none_is_overwritten(void **state)
{
	struct store_scene s = { .dir = dir_new() };
	char name[64], first[64] = "", last[64] = "";

	(void)state;
	for (int i = 0; i < 9; i++) {
		dir_write_text(s.dir, "parley.db", "");
		dir_write_text(s.dir, "parley.db-wal", "log");
		scene_open(&s);
		snprintf(last, sizeof(last), "%s", scene_status(&s).set_aside);
		if (i == 0)
			snprintf(first, sizeof(first), "%s", last);
		scene_close_store(&s);
		snprintf(name, sizeof(name), "%.40s-wal", last);
		assert_int_equal(access(dir_path(s.dir, name), F_OK), 0);
		/* the file and its log */
		assert_int_equal(scene_count_files(&s, "parley.db.broken-"), i < 4 ? 2 * i + 2 : 8);
	}
	assert_int_not_equal(access(dir_path(s.dir, first), F_OK), 0);
	assert_int_equal(access(dir_path(s.dir, last), F_OK), 0);
	scene_close(&s);
}

static void a_log_without_its_file_is_not_applied_to_the_next(void **state)
{
	struct store_scene s = { 0 };
	char log[128];

	(void)state;
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "alpha", 7));
	scene_flush(&s);
	snprintf(log, sizeof(log), "%s", dir_path(s.dir, "kept"));
	assert_int_equal(link(dir_path(s.dir, "parley.db-wal"), log), 0);
	scene_close_store(&s);
	dir_remove(s.dir, "parley.db");
	snprintf(log, sizeof(log), "%s", dir_path(s.dir, "parley.db-wal"));
	assert_int_equal(rename(dir_path(s.dir, "kept"), log), 0);
	scene_open(&s);
	assert_string_equal(scene_status(&s).set_aside, "");
	assert_int_equal(scene_status(&s).n_loaded, 0);
	scene_close(&s);
}

/* --- rows */

static void a_row_that_is_not_valid_costs_that_partner_only(void **state)
{
	static const char *const changes[] = {
		"UPDATE partner SET name = 'P' || char(10) WHERE name = 'p1'",
		"UPDATE partner SET name = '' WHERE name = 'p1'",
		"UPDATE partner SET name = printf('%064d', 1) WHERE name = 'p1'",
		"UPDATE partner SET name = 'p1' || char(0) || 'x' WHERE name = 'p1'",
		"UPDATE partner SET state_in = 'agreed' WHERE name = 'p1'",
		"UPDATE partner SET state_out = '' WHERE name = 'p1'",
		"UPDATE partner SET state_in = 'idle' WHERE name = 'p1'",
		"UPDATE partner SET state_in = 'disabled' WHERE name = 'p1'",
		"UPDATE partner SET capability = 'PRINS' WHERE name = 'p1'",
		"UPDATE partner SET capability = '' WHERE name = 'p1'",
		"UPDATE partner SET capability = 'NONE' WHERE name = 'p1'",
		"UPDATE partner SET capability = 'tls' WHERE name = 'p1'",
		"UPDATE partner SET asked_by = 'both' WHERE name = 'p1'",
		"UPDATE partner SET since_in = -1 WHERE name = 'p1'",
		"UPDATE partner SET agreed_at = 253402300800 WHERE name = 'p1'",
		"UPDATE partner SET attempts = -1 WHERE name = 'p1'",
		"UPDATE partner SET target_api_root = 2 WHERE name = 'p1'",
		"UPDATE partner SET n32f_port = 65536 WHERE name = 'p1'",
		"UPDATE partner SET purposes = 1 << 13 WHERE name = 'p1'",
		"UPDATE partner SET n32f_fqdn = 'Sepp.example.org' WHERE name = 'p1'",
		"UPDATE partner SET n32f_fqdn = 'sepp example' WHERE name = 'p1'",
		"UPDATE partner SET fingerprint = 'xyz' WHERE name = 'p1'",
		"UPDATE partner SET fingerprint = printf('%065d', 1) WHERE name = 'p1'",
		"UPDATE partner SET previous_fingerprint = 'AA' WHERE name = 'p1'",
		"UPDATE partner SET reason_in = printf('%0256d', 1) WHERE name = 'p1'",
		"UPDATE partner SET place_out = 'a' || char(0) WHERE name = 'p1'",
		"INSERT INTO flag VALUES ('p1', 0, 'Drill')",
		"INSERT INTO flag VALUES ('p1', 0, '')",
		"INSERT INTO flag VALUES ('p1', 0, 'a'), ('p1', 1, 'a')",
		("INSERT INTO flag SELECT 'p1', value, 'f' || value FROM json_each('[1,2,3,4,5,6,7,8,9,"
		 "10,11,12,13,14,15,16,17]')"),
		"INSERT INTO context VALUES ('p1', 0, 'xyz', '', 0)",
		"INSERT INTO context VALUES ('p1', 0, '', '01234567890123456', 0)",
		"INSERT INTO context SELECT 'p1', value, '', '', 0 FROM json_each('[1,2,3,4,5]')",
		"INSERT INTO context VALUES ('p1', 0, '', '', 2)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct store_scene s = { 0 };
		struct assoc_record r;

		fill(&s, 3);
		(void)scene_sql(&s, changes[i]);
		scene_open(&s);
		assert_string_equal(scene_status(&s).set_aside, "");
		if (scene_status(&s).n_loaded != 2 || store_take(s.store, "p1", &r))
			fail_msg("it is accepted: %s", changes[i]);
		assert_has(&s, "p0", 1000);
		assert_has(&s, "p2", 1002);
		scene_close(&s);
	}
}

static void a_partner_whose_row_was_not_valid_is_written_anew(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	fill(&s, 3);
	(void)scene_sql(&s, "UPDATE partner SET state_in = 'so' WHERE name = 'p1';"
			    "INSERT INTO flag VALUES ('p1', 0, 'Drill')");
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "p1", 7));
	scene_restart(&s);
	assert_int_equal(scene_status(&s).n_loaded, 3);
	assert_has(&s, "p1", 7);
	scene_close(&s);
}

/* --- later */

/* What was read at start, what changed since, and what changes now are in the file. */
static void assert_all_is_there(struct store_scene *s)
{
	scene_flush(s);
	assert_false(scene_status(s).is_failing);
	assert_string_equal(scene_status(s).error, "");
	scene_restart(s);
	assert_int_equal(scene_status(s).n_loaded, MANY + 2);
	assert_has(s, "p0", 1000);
	assert_has(s, "before", 7);
	assert_has(s, "after", 8);
}

/* A store that has read some, and been told of "before". */
static void open_full(struct store_scene *s)
{
	fill(s, MANY);
	scene_open(s);
	assoc_unref(scene_agreed(s, "before", 7));
	scene_flush(s);
}

static void a_file_that_was_removed_is_begun_again_with_all_that_is_known(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	open_full(&s);
	dir_remove(s.dir, "parley.db");
	assoc_unref(scene_agreed(&s, "after", 8));
	assert_all_is_there(&s);
	scene_close(&s);
}

static void a_file_that_was_put_in_its_place_is_gone_on_with(void **state)
{
	struct store_scene s = { 0 };
	char backup[128];

	(void)state;
	scene_open(&s);
	assoc_unref(scene_agreed(&s, "old", 6));
	scene_close_store(&s);
	snprintf(backup, sizeof(backup), "%s", dir_path(s.dir, "backup"));
	assert_int_equal(rename(dir_path(s.dir, "parley.db"), backup), 0);
	open_full(&s);
	assert_int_equal(rename(backup, dir_path(s.dir, "parley.db")), 0);
	assoc_unref(scene_agreed(&s, "after", 8));
	scene_restart(&s);
	assert_string_equal(scene_status(&s).set_aside, "");
	assert_int_equal(scene_status(&s).n_loaded, MANY + 3);
	assert_has(&s, "old", 6);
	assert_has(&s, "p0", 1000);
	scene_close(&s);
}

static void a_directory_in_its_place_is_set_aside(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	open_full(&s);
	dir_remove(s.dir, "parley.db");
	assert_int_equal(mkdir(dir_path(s.dir, "parley.db"), 0700), 0);
	assoc_unref(scene_agreed(&s, "after", 8));
	scene_flush(&s);
	assert_string_equal(scene_status(&s).aside_why, "is not a regular file");
	assert_all_is_there(&s);
	scene_close(&s);
}

static void damage_that_shows_later_costs_nothing_that_is_known(void **state)
{
	enum {
		RECORDS = 20000 /* more than SQLite keeps in memory */
	};
	struct store_scene s = { 0 };

	(void)state;
	fill(&s, RECORDS);
	scene_open(&s);
	assert_int_equal(scene_status(&s).n_loaded, RECORDS);
	assoc_unref(scene_agreed(&s, "before", 7));
	scene_flush(&s);
	garble(&s, 2 * 4096, (size_t)size_of(&s) - 2 * 4096);
	for (int i = 0; i < RECORDS && scene_status(&s).set_aside[0] == '\0'; i += 100) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		assoc_unref(scene_agreed(&s, name, 1000 + (uint64_t)i));
		scene_flush(&s);
	}
	assert_non_null(strstr(scene_status(&s).aside_why, "malformed"));
	scene_restart(&s);
	assert_int_equal(scene_status(&s).n_loaded, RECORDS + 1);
	assert_has(&s, "before", 7);
	assert_has(&s, "p19999", 20999);
	scene_close(&s);
}

/* Files grow up to there; RLIM_INFINITY ends it. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_reported_and_recovered_from(void **state)
{
	struct store_scene s = { 0 };
	struct store_status status;

	(void)state;
	open_full(&s);
	limit_files(4096);
	assoc_unref(scene_agreed(&s, "after", 8));
	assert_false(store_flush(s.store, 300));
	status = scene_status(&s);
	limit_files(RLIM_INFINITY);
	assert_true(status.is_on);
	assert_true(status.is_failing);
	assert_non_null(strstr(status.error, "cannot be written: disk I/O error (778)"));
	assert_true(status.failures > 0);
	assert_string_equal(status.set_aside, "");
	assert_all_is_there(&s);
	scene_close(&s);
}

static void a_disk_that_is_full_at_start_is_only_late(void **state)
{
	struct store_scene s = { 0 };

	(void)state;
	limit_files(100);
	scene_open(&s);
	assert_true(scene_status(&s).is_failing);
	assert_int_equal(scene_count_files(&s, "parley.db"), 0);
	limit_files(RLIM_INFINITY);
	for (int i = 0; i < 100000 && scene_status(&s).is_failing; i++)
		usleep(100); /* it tries of its own accord */
	assoc_unref(scene_agreed(&s, "alpha", 7));
	scene_restart(&s);
	assert_has(&s, "alpha", 7);
	scene_close(&s);
}

static void what_a_full_disk_holds_at_start_is_read_and_stays(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r;

	(void)state;
	fill(&s, MANY);
	limit_files(100);
	scene_open(&s);
	assert_int_equal(scene_status(&s).n_loaded, MANY);
	assert_true(scene_status(&s).is_failing);
	assert_has(&s, "p7", 1007);
	assoc_unref(scene_agreed(&s, "after", 8));
	store_forget(s.store, "p8");
	limit_files(RLIM_INFINITY);
	scene_restart(&s);
	assert_int_equal(scene_status(&s).n_loaded, MANY);
	assert_has(&s, "after", 8);
	assert_has(&s, "p99", 1099);
	assert_false(store_take(s.store, "p8", &r));
	scene_close(&s);
}

static void somebody_who_holds_the_file_holds_nobody_up(void **state)
{
	struct store_scene s = { 0 };
	sqlite3 *other;

	(void)state;
	open_full(&s);
	assert_int_equal(sqlite3_open(dir_path(s.dir, "parley.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assoc_unref(scene_agreed(&s, "after", 8));
	assert_false(store_flush(s.store, 1));
	for (int i = 0; i < 100000 && !scene_status(&s).is_failing; i++)
		usleep(100);
	assert_non_null(strstr(scene_status(&s).error, "database is locked"));
	store_forget(s.store, "nobody"); /* at once */
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_all_is_there(&s);
	scene_close(&s);
}

static void what_was_forgotten_while_it_failed_stays_forgotten(void **state)
{
	struct store_scene s = { 0 };
	struct assoc_record r;

	(void)state;
	open_full(&s);
	limit_files(4096);
	assoc_unref(scene_agreed(&s, "after", 8));
	assoc_unref(scene_agreed(&s, "p1", 8));
	assert_false(store_flush(s.store, 300));
	store_forget(s.store, "p1");
	limit_files(RLIM_INFINITY);
	scene_restart(&s);
	assert_false(store_take(s.store, "p1", &r));
	assert_has(&s, "after", 8);
	scene_close(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_in_the_middle_that_are_others_set_it_aside),
		cmocka_unit_test(a_head_that_is_damaged_sets_it_aside),
		cmocka_unit_test(a_file_that_was_cut_is_set_aside),
		cmocka_unit_test(what_is_no_database_is_set_aside),
		cmocka_unit_test(an_empty_file_is_set_aside),
		cmocka_unit_test(what_is_no_file_is_set_aside),
		cmocka_unit_test(a_newer_version_is_set_aside_whole),
		cmocka_unit_test(a_file_of_another_program_is_set_aside),
		cmocka_unit_test(at_most_four_are_kept_and_none_is_overwritten),
		cmocka_unit_test(a_log_without_its_file_is_not_applied_to_the_next),
		cmocka_unit_test(a_row_that_is_not_valid_costs_that_partner_only),
		cmocka_unit_test(a_partner_whose_row_was_not_valid_is_written_anew),
		cmocka_unit_test(a_file_that_was_removed_is_begun_again_with_all_that_is_known),
		cmocka_unit_test(a_file_that_was_put_in_its_place_is_gone_on_with),
		cmocka_unit_test(a_directory_in_its_place_is_set_aside),
		cmocka_unit_test(damage_that_shows_later_costs_nothing_that_is_known),
		cmocka_unit_test(a_full_disk_is_reported_and_recovered_from),
		cmocka_unit_test(a_disk_that_is_full_at_start_is_only_late),
		cmocka_unit_test(what_a_full_disk_holds_at_start_is_read_and_stays),
		cmocka_unit_test(somebody_who_holds_the_file_holds_nobody_up),
		cmocka_unit_test(what_was_forgotten_while_it_failed_stays_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
