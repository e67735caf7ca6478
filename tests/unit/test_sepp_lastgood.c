/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/lastgood.h"
#include "unit_dir.h"

#define KEY "-----BEGIN PRIVATE KEY-----\nsecret\n"

static const char both[] = "-----BEGIN CERTIFICATE-----\nours\n" KEY;

static void write_small(struct dir *d)
{
	dir_write_text(d, "gateway.lua", "return 1\n");
	dir_write_text(d, "partners/a.lua", "return 2\n");
	dir_write_text(d, "anchors/a.pem", "root\n");
	dir_write_text(d, "certs/own.pem", "ours\n");
	dir_write_text(d, "certs/own.key", KEY);
}

static struct dir *small(void)
{
	struct dir *d = dir_new();

	write_small(d);
	return d;
}

static struct directory *read_dir(const struct dir *d)
{
	struct err e = { 0 };
	struct directory *read = directory_read(d->path, &e);

	if (!read)
		fail_msg("%s", e.text);
	return read;
}

static struct lastgood about_of(const struct directory *d)
{
	struct lastgood about = { .number = 5, .highest = 7, .activated_s = 1234 };

	memcpy(about.digest, d->digest, sizeof(about.digest));
	return about;
}

/* What is kept of `d`.  The caller owns it. */
static struct buf packed(const struct dir *d)
{
	struct directory *read = read_dir(d);
	struct lastgood about = about_of(read);
	struct buf out;

	buf_init(&out, LASTGOOD_MAX);
	assert_int_equal(lastgood_pack(&out, &about, read, "certs/own.key", NULL), 0);
	directory_free(read);
	return out;
}

static struct directory *unpack(struct str bytes, const struct dir *d, struct err *e)
{
	struct lastgood about;

	return lastgood_unpack(bytes, d->path, &about, e);
}

static void assert_refused(struct str bytes, const struct dir *d, const char *why)
{
	struct err e = { 0 };

	assert_null(unpack(bytes, d, &e));
	if (!strstr(e.text, why))
		fail_msg("'%s' is not in: %s", why, e.text);
}

static void what_was_kept_is_what_was_in_force(void **state)
{
	struct dir *d = small();
	struct directory *before = read_dir(d), *after;
	struct buf bytes = packed(d);
	struct lastgood about;

	(void)state;
	after = lastgood_unpack(buf_str(&bytes), d->path, &about, NULL);
	assert_non_null(after);
	assert_string_equal(after->digest, before->digest);
	assert_string_equal(about.digest, before->digest);
	assert_int_equal(about.number, 5);
	assert_int_equal(about.highest, 7);
	assert_int_equal(about.activated_s, 1234);
	assert_int_equal(after->files.n, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(after->files.files[i].path, before->files.files[i].path);
		assert_true(str_eq(after->files.files[i].text, before->files.files[i].text));
	}
	buf_release(&bytes);
	directory_free(before);
	directory_free(after);
	dir_free(d);
}

static void no_private_key_is_kept_under_whatever_name(void **state)
{
	struct dir *d = small();
	struct buf bytes;

	(void)state;
	dir_write_text(d, "certs/old.key", "secret of another kind");
	dir_write_text(d, "certs/both.pem", both);
	dir_write_text(d, "anchors/misplaced.pem", both);
	bytes = packed(d);
	assert_null(memmem(bytes.data, bytes.len, "secret", 6));
	assert_non_null(memmem(bytes.data, bytes.len, "certs/both.pem", 14));
	buf_release(&bytes);
	dir_free(d);
}

static void what_gateway_lua_names_as_the_key_is_one(void **state)
{
	struct dir *d = small();
	struct directory *read;
	struct lastgood about;
	struct buf out;

	(void)state;
	dir_write_text(d, "certs/odd.pem", "secret without a mark");
	read = read_dir(d);
	about = about_of(read);
	buf_init(&out, LASTGOOD_MAX);
	assert_int_equal(lastgood_pack(&out, &about, read, "certs/odd.pem", NULL), 0);
	assert_null(memmem(out.data, out.len, "secret", 6));
	buf_release(&out);
	directory_free(read);
	dir_free(d);
}

static void keys_are_those_of_the_directory_now(void **state)
{
	struct dir *d = small();
	struct buf bytes = packed(d);
	struct directory *after;
	struct str text;

	(void)state;
	dir_write_text(d, "gateway.lua", "broken");
	dir_write_text(d, "certs/own.key", "another");
	after = unpack(buf_str(&bytes), d, NULL);
	assert_non_null(after);
	assert_int_equal(directory_find(after, "certs/own.key", &text, NULL), 0);
	assert_true(str_is(text, "another"));
	assert_int_equal(directory_find(after, "gateway.lua", &text, NULL), 0);
	assert_true(str_is(text, "return 1\n"));
	buf_release(&bytes);
	directory_free(after);
	dir_free(d);
}

static void a_key_that_is_gone_or_open_to_others_is_refused(void **state)
{
	struct dir *d = small();
	struct buf bytes = packed(d);

	(void)state;
	dir_chmod(d, "certs/own.key", 0604);
	assert_refused(
	    buf_str(&bytes), d, "certs/own.key: a private key may be read by its owner only");
	dir_remove(d, "certs/own.key");
	assert_refused(buf_str(&bytes), d, "the key is not kept and has to be in '");
	buf_release(&bytes);
	dir_free(d);
}

static void a_change_of_any_bit_is_refused(void **state)
{
	struct dir *d = small();
	struct buf bytes = packed(d);
	struct lastgood about;

	(void)state;
	for (size_t i = 0; i < bytes.len * 8; i++) {
		bytes.data[i / 8] ^= (char)(1 << i % 8);
		assert_null(unpack(buf_str(&bytes), d, NULL));
		assert_int_not_equal(lastgood_about(buf_str(&bytes), &about, NULL), 0);
		bytes.data[i / 8] ^= (char)(1 << i % 8);
	}
	assert_int_equal(lastgood_about(buf_str(&bytes), &about, NULL), 0);
	buf_release(&bytes);
	dir_free(d);
}

static void a_file_that_ends_early_or_late_is_refused(void **state)
{
	struct dir *d = small();
	struct buf bytes = packed(d);
	size_t whole = bytes.len;

	(void)state;
	for (size_t n = 0; n < whole; n++)
		assert_null(unpack((struct str){ bytes.data, n }, d, NULL));
	assert_int_equal(buf_add(&bytes, "", 1), 0);
	assert_refused(buf_str(&bytes), d, "is torn or was altered");
	assert_refused((struct str){ bytes.data, whole - 1 }, d, "is torn or was altered");
	assert_refused((struct str){ bytes.data, 20 }, d, "is not a generation that this parleyd");
	buf_release(&bytes);
	dir_free(d);
}

/* `rest` under a first line that fits it. */
static struct buf signed_rest(struct str rest)
{
	struct buf out;
	char hash[65];

	directory_hash(hash, rest);
	buf_init(&out, LASTGOOD_MAX);
	assert_int_equal(buf_addf(&out, "parley-generation 1 %s\n", hash), 0);
	assert_int_equal(buf_add(&out, rest.p, rest.n), 0);
	return out;
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SECOND "digest " DIGEST " number 1 highest 1 activated 1 files 1 keys "

/* The checksum keeps out accidents; the parser holds without it. */
static void a_right_checksum_over_wrong_content_is_refused(void **state)
{
	static const struct {
		struct str rest;
		const char *why;
	} rows[] = {
		{ STR_LIT(""), "second line" },
		{ STR_LIT("digest x number 1\n"), "second line" },
		{ STR_LIT("digest " DIGEST " number 0 highest 1 activated 1 files 1 keys 0\n"),
		    "second line" },
		{ STR_LIT("digest " DIGEST " number 1 highest 18446744073709551615 activated 1 "
			  "files 1 keys 0\n"),
		    "second line" },
		{ STR_LIT("digest " DIGEST " number 2 highest 1 activated 1 files 1 keys 0\n"),
		    "second line" },
		{ STR_LIT(SECOND "0\n"), "ends within a file" },
		{ STR_LIT(SECOND "0\n\0\0\0\0\0\0\0\1"), "ends within a file" },
		{ STR_LIT(SECOND "0\n\xff\xff\xff\xff\xff\xff\xff\xff"
				 "a"),
		    "ends within a file" },
		{ STR_LIT(SECOND "0\n\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\2b"), "ends within a file" },
		{ STR_LIT(SECOND "0\n\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\1bc"), "goes on after" },
		{ STR_LIT(SECOND "1\n\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\1b\0\0\0\0\0\0\0\x0e"
				 "certs/../x.key"),
		    "is not a place of the directory" },
		{ STR_LIT(SECOND "1\n\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\1b\0\0\0\0\0\0\0\x0b"
				 "/etc/passwd"),
		    "is not a place of the directory" },
		{ STR_LIT(SECOND "1\n\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\1b\0\0\0\0\0\0\0\x0d"
				 "certs/a/x.key"),
		    "is not a place of the directory" },
	};
	struct dir *d = small();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf bytes = signed_rest(rows[i].rest);

		assert_refused(buf_str(&bytes), d, rows[i].why);
		buf_release(&bytes);
	}
	dir_free(d);
}

static void what_is_too_large_is_not_kept(void **state)
{
	struct dir *d = small();
	struct directory *read = read_dir(d);
	struct lastgood about = about_of(read);
	struct err e = { 0 };
	struct buf out;

	(void)state;
	for (size_t max = 0; max < 400; max++) {
		buf_init(&out, max);
		if (lastgood_pack(&out, &about, read, "", &e) == 0)
			break;
		assert_non_null(strstr(e.text, "is larger than"));
		buf_release(&out);
	}
	assert_true(out.len > 200);
	buf_release(&out);
	directory_free(read);
	dir_free(d);
}

/* --- in a state directory */

static struct state *state_of(struct dir *d)
{
	struct state *s = state_open(
	    dir_path(d, "state"), true, (struct state_owner){ geteuid(), getegid() }, NULL);

	assert_non_null(s);
	return s;
}

static void it_is_one_file_that_its_owner_alone_may_read(void **state)
{
	struct dir *d = small();
	struct state *s = state_of(d);
	struct directory *read = read_dir(d), *after;
	struct lastgood about = about_of(read), again;
	struct stat st;

	(void)state;
	assert_int_equal(lastgood_write(s, &about, read, "certs/own.key", NULL), 0);
	assert_int_equal(lastgood_write(s, &about, read, "certs/own.key", NULL), 0);
	assert_int_equal(stat(dir_path(d, "state/last-good"), &st), 0);
	assert_int_equal(st.st_mode & 0777u, 0600);
	assert_int_equal(lastgood_read_about(s, &again, NULL), 0);
	assert_memory_equal(&again, &about, sizeof(about));
	after = lastgood_read(s, d->path, &again, NULL);
	assert_string_equal(after->digest, read->digest);
	directory_free(after);
	directory_free(read);
	state_close(s);
	dir_free(d);
}

static void a_refusal_names_the_file(void **state)
{
	struct dir *d = small();
	struct state *s = state_of(d);
	struct lastgood about;
	struct err e = { 0 };

	(void)state;
	assert_null(lastgood_read(s, d->path, &about, &e));
	assert_non_null(strstr(e.text, "/state/last-good: No such file"));
	dir_write_text(d, "state/last-good", "hello");
	assert_null(lastgood_read(s, d->path, &about, &e));
	assert_non_null(strstr(e.text, "/state/last-good: is not a generation that"));
	assert_int_not_equal(lastgood_read_about(s, &about, &e), 0);
	assert_non_null(strstr(e.text, "/state/last-good: is not a generation that"));
	state_close(s);
	dir_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_is_what_was_in_force),
		cmocka_unit_test(no_private_key_is_kept_under_whatever_name),
		cmocka_unit_test(what_gateway_lua_names_as_the_key_is_one),
		cmocka_unit_test(keys_are_those_of_the_directory_now),
		cmocka_unit_test(a_key_that_is_gone_or_open_to_others_is_refused),
		cmocka_unit_test(a_change_of_any_bit_is_refused),
		cmocka_unit_test(a_file_that_ends_early_or_late_is_refused),
		cmocka_unit_test(a_right_checksum_over_wrong_content_is_refused),
		cmocka_unit_test(what_is_too_large_is_not_kept),
		cmocka_unit_test(it_is_one_file_that_its_owner_alone_may_read),
		cmocka_unit_test(a_refusal_names_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
