/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/lastgood.h"

#define FILE_NAME  "last-good"
#define FORMAT     "parley-generation 1 "

#define NUMBER_MAX (UINT64_MAX / 4) /* there is always a next one */

enum {
	HEAD = sizeof(FORMAT) - 1 + 64 + 1, /* the first line */
};

/* --- packing */

/* Eight bytes, the highest first, as in the digest of a directory. */
static int add_part(struct buf *out, struct str part)
{
	unsigned char length[8];

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)((uint64_t)part.n >> (56 - 8 * i));
	return buf_add(out, length, sizeof(length)) || buf_add(out, part.p, part.n) ? ERR_LIMIT : 0;
}

/* Whatever may hold a private key, under whatever name. */
static bool is_secret(const struct script_file *f, const char *key)
{
	static const char mark[] = "PRIVATE KEY-----";
	struct str path = str_of(f->path);

	if (str_is(path, key))
		return true;
	return (str_starts(path, "certs/") || str_starts(path, "anchors/")) &&
	       (str_ends(path, ".key") || memmem(f->text.p, f->text.n, mark, sizeof(mark) - 1));
}

static int add_files(
    struct buf *out, const struct script_files *files, const char *key, bool secret)
{
	int rc = 0;

	for (size_t i = 0; i < files->n && rc == 0; i++) {
		const struct script_file *f = &files->files[i];

		if (is_secret(f, key) != secret)
			continue;
		rc = add_part(out, str_of(f->path));
		if (rc == 0 && !secret)
			rc = add_part(out, f->text);
	}
	return rc;
}

static size_t count_secrets(const struct script_files *files, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++)
		n += is_secret(&files->files[i], key);
	return n;
}

/* The first line for what follows it. */
static char *print_head(char out[HEAD + 1], struct str rest)
{
	memcpy(out, FORMAT, sizeof(FORMAT) - 1);
	directory_hash(out + sizeof(FORMAT) - 1, rest);
	out[HEAD - 1] = '\n';
	out[HEAD] = '\0';
	return out;
}

int lastgood_pack(struct buf *out, const struct lastgood *about, const struct directory *d,
    const char *key, struct err *e)
{
	const struct script_files *files = &d->files;
	size_t secrets = count_secrets(files, key);
	char head[HEAD + 1] = { 0 };

	if (buf_add(out, head, HEAD) ||
	    buf_addf(out, "digest %s number %llu highest %llu activated %lld files %zu keys %zu\n",
		about->digest, (unsigned long long)about->number,
		(unsigned long long)about->highest, (long long)about->activated_s,
		files->n - secrets, secrets) ||
	    add_files(out, files, key, false) || add_files(out, files, key, true))
		return err_set(e, ERR_LIMIT, "the directory is larger than %d bytes", LASTGOOD_MAX);
	print_head(head, (struct str){ out->data + HEAD, out->len - HEAD });
	memcpy(out->data, head, HEAD);
	return 0;
}

/* --- unpacking */

struct counts {
	uint64_t files, keys;
};

/* Takes `word`, a number and what ends it off `*at`. */
static bool take_number(const char **at, const char *word, char end, uint64_t *out)
{
	char *after;

	if (strncmp(*at, word, strlen(word)) != 0)
		return false;
	*at += strlen(word);
	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &after, 10);
	if (*after != end)
		return false;
	*at = after + 1;
	return true;
}

/* The second line.  What it says was written by us: the first line proved that. */
static int take_about(
    struct str *rest, struct lastgood *about, struct counts *counts, struct err *e)
{
	const char *newline = memchr(rest->p, '\n', rest->n);
	size_t n = newline ? (size_t)(newline - rest->p) + 1 : 0;
	char line[256];
	const char *at = line + 7 + 64 + 1;
	uint64_t activated = 0;

	if (n < 80 || !str_copy(line, sizeof(line), (struct str){ rest->p, n }) ||
	    strncmp(line, "digest ", 7) != 0 || !take_number(&at, "number ", ' ', &about->number) ||
	    !take_number(&at, "highest ", ' ', &about->highest) ||
	    !take_number(&at, "activated ", ' ', &activated) ||
	    !take_number(&at, "files ", ' ', &counts->files) ||
	    !take_number(&at, "keys ", '\n', &counts->keys) || about->number == 0 ||
	    about->highest < about->number || about->highest > NUMBER_MAX)
		return err_set(e, ERR_SYNTAX, "its second line is not understood");
	memcpy(about->digest, line + 7, 64);
	about->digest[64] = '\0';
	about->activated_s = (int64_t)activated;
	*rest = (struct str){ rest->p + n, rest->n - n };
	return 0;
}

static bool take_part(struct str *rest, struct str *part)
{
	uint64_t n = 0;

	if (rest->n < 8)
		return false;
	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)rest->p[i];
	if (n > rest->n - 8)
		return false;
	*part = (struct str){ rest->p + 8, (size_t)n };
	*rest = (struct str){ rest->p + 8 + n, rest->n - 8 - (size_t)n };
	return true;
}

static int take_head(struct str bytes, struct lastgood *about, struct counts *counts,
    struct str *rest, struct err *e)
{
	char head[HEAD + 1];

	if (bytes.n > LASTGOOD_MAX)
		return err_set(e, ERR_LIMIT, "is larger than %d bytes", LASTGOOD_MAX);
	if (bytes.n < HEAD || !str_starts(bytes, FORMAT))
		return err_set(e, ERR_SYNTAX, "is not a generation that this parleyd kept");
	*rest = (struct str){ bytes.p + HEAD, bytes.n - HEAD };
	if (memcmp(bytes.p, print_head(head, *rest), HEAD) != 0)
		return err_set(
		    e, ERR_SYNTAX, "is torn or was altered: its checksum is not that of its bytes");
	return take_about(rest, about, counts, e);
}

int lastgood_about(struct str bytes, struct lastgood *about, struct err *e)
{
	struct counts counts;
	struct str rest;

	return take_head(bytes, about, &counts, &rest, e);
}

static int take_files(
    struct directory *d, struct str rest, const struct counts *counts, struct err *e)
{
	struct str path, text;
	char name[DIRECTORY_PATH_MAX];

	for (uint64_t i = 0; i < counts->files + counts->keys; i++) {
		bool is_key = i >= counts->files;

		if (!take_part(&rest, &path) || !str_copy(name, sizeof(name), path) ||
		    (!is_key && !take_part(&rest, &text)))
			return err_set(e, ERR_SYNTAX, "ends within a file");
		if (!is_key)
			directory_add_text(d, name, text);
		else if (directory_add_file(d, name, e))
			return err_within(e, "the key is not kept and has to be in '%s'", d->path);
	}
	return rest.n == 0 ? 0 : err_set(e, ERR_SYNTAX, "goes on after its last file");
}

struct directory *lastgood_unpack(
    struct str bytes, const char *path, struct lastgood *about, struct err *e)
{
	struct counts counts;
	struct directory *d;
	struct str rest;

	if (take_head(bytes, about, &counts, &rest, e))
		return NULL;
	d = directory_new(path);
	if (take_files(d, rest, &counts, e)) {
		directory_free(d);
		return NULL;
	}
	directory_seal(d);
	return d;
}

/* --- the file */

int lastgood_write(const struct state *s, const struct lastgood *about, const struct directory *d,
    const char *key, struct err *e)
{
	struct buf bytes;
	int rc;

	buf_init(&bytes, LASTGOOD_MAX);
	rc = lastgood_pack(&bytes, about, d, key, e);
	if (rc == 0)
		rc = state_write(s, FILE_NAME, buf_str(&bytes), e);
	buf_release(&bytes);
	return rc;
}

int lastgood_read_about(const struct state *s, struct lastgood *about, struct err *e)
{
	struct str bytes;
	int rc = state_read(s, FILE_NAME, LASTGOOD_MAX, &bytes, e);

	if (rc)
		return rc;
	rc = lastgood_about(bytes, about, e);
	if (rc)
		err_within(e, "%s/" FILE_NAME, state_path(s));
	mem_free((void *)(uintptr_t)bytes.p);
	return rc;
}

struct directory *lastgood_read(
    const struct state *s, const char *path, struct lastgood *about, struct err *e)
{
	struct directory *d;
	struct str bytes;

	if (state_read(s, FILE_NAME, LASTGOOD_MAX, &bytes, e))
		return NULL;
	d = lastgood_unpack(bytes, path, about, e);
	if (!d)
		err_within(e, "%s/" FILE_NAME, state_path(s));
	mem_free((void *)(uintptr_t)bytes.p);
	return d;
}
