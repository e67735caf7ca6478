/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/directory.h"

enum {
	FILE_MAX_BYTES = 1 << 20,
	FILES_MAX = 20000,
};

enum {
	WHOLE = 1 << DIRECTORY_WHOLE,
	POLICIES = 1 << DIRECTORY_POLICIES,
	TESTS = 1 << DIRECTORY_TESTS,
};

/* Where files are looked for, and what they are called; "" is the directory itself. */
static const struct place {
	const char *folder, *ending;
	unsigned parts;
} places[] = {
	{ "", ".lua", WHOLE | POLICIES },
	{ "partners", ".lua", WHOLE | POLICIES },
	{ "shared", ".lua", WHOLE | POLICIES },
	{ "lib", ".lua", WHOLE | POLICIES },
	{ "data", ".json", WHOLE | POLICIES },
	{ "anchors", ".pem", WHOLE },
	{ "anchors", ".crl", WHOLE },
	{ "certs", ".pem", WHOLE },
	{ "certs", ".key", WHOLE },
	{ "tests", "_test.lua", TESTS },
	{ "tests", ".json", TESTS },
	{ "tests/fixtures", ".json", TESTS },
};

/* Who may own a private key besides root and ourselves; root may own all, so it adds nobody. */
static uid_t key_user = 0;

void directory_set_key_user(uid_t uid)
{
	key_user = uid;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && name[0] != '.' && strcmp(name + n - m, ending) == 0;
}

/* "sepp.d.lua" is for editors: `parleyctl editor` writes it. */
static bool is_part(const char *name, const char *ending)
{
	return ends_with(name, ending) && !ends_with(name, ".d.lua");
}

/* Nobody but the owner may write what is to be activated. */
static int check_writers(
    const struct directory *d, const struct stat *st, const char *path, struct err *e)
{
	if (d->part == DIRECTORY_WHOLE && (st->st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(e, ERR_CONFIG,
		    "%s: may be written by group or others (mode %03o); chmod go-w it", path,
		    st->st_mode & 0777u);
	return 0;
}

/* ... and nobody else read a key, which is root's or that of whoever uses it. */
static int check_key(const struct stat *st, const char *path, struct err *e)
{
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_CONFIG,
		    "%s: a private key may be read by its owner only (mode %03o); chmod 600 it",
		    path, st->st_mode & 0777u);
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != key_user)
		return err_set(e, ERR_CONFIG,
		    "%s: belongs to user %lu; a private key belongs to root or to the user that "
		    "parleyd runs as: chown it, or name that user with --user",
		    path, (unsigned long)st->st_uid);
	return 0;
}

static int check_mode(
    const struct directory *d, const struct stat *st, const char *path, struct err *e)
{
	if (check_writers(d, st, path, e))
		return ERR_CONFIG;
	return ends_with(path, ".key") ? check_key(st, path, e) : 0;
}

/* A file of which only the mode is wrong can still be read when all mistakes are wanted. */
static int check_file(
    const struct directory *d, int fd, const char *path, size_t *size, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set_errno(e, "%s: cannot stat", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s: is not a regular file", path);
	if (st.st_size > FILE_MAX_BYTES)
		return err_set(e, ERR_CONFIG, "%s: is larger than %d bytes", path, FILE_MAX_BYTES);
	*size = (size_t)st.st_size;
	return check_mode(d, &st, path, e) && !err_report(d->all, e) ? ERR_CONFIG : 0;
}

/* Reads the `size` bytes that a file had a moment ago; one that is being written is refused. */
static int read_all(int fd, size_t size, const char *path, struct str *text, struct err *e)
{
	char *data = mem_alloc(size + 1);
	size_t n = 0;
	ssize_t rc;

	while (n <= size && (rc = read(fd, data + n, size + 1 - n)) != 0) {
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0) {
			err_set_errno(e, "%s: cannot read", path);
			goto fail;
		}
		n += (size_t)rc;
	}
	if (n != size) {
		err_set(e, ERR_CONFIG, "%s: was written while it was read; try again", path);
		goto fail;
	}
	data[n] = '\0'; /* which does not count */
	*text = (struct str){ data, n };
	return 0;

fail:
	mem_wipe(data, size + 1);
	mem_free(data);
	return e ? e->code : ERR_SYS;
}

/* Takes both. */
static void put(struct directory *d, char *path, struct str text)
{
	if (d->files.n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 32;
		d->storage = mem_resize(d->storage, d->cap * sizeof(*d->storage));
		d->files.files = d->storage;
	}
	d->storage[d->files.n++] = (struct script_file){ path, text };
}

/* Reads `name` of `folder_fd`, to be known as `path`. */
static int add_file(
    struct directory *d, int folder_fd, const char *name, const char *path, struct err *e)
{
	struct str text;
	size_t size = 0;
	int fd, rc;

	if (d->files.n == FILES_MAX)
		return err_set(e, ERR_CONFIG, "%s: more than %d files", path, FILES_MAX);
	fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return err_set(
		    e, ERR_CONFIG, "%s: is a symbolic link; put the file itself there", path);
	if (fd < 0)
		return err_set_errno(e, "%s: cannot open", path);
	rc = check_file(d, fd, path, &size, e);
	if (rc == 0)
		rc = read_all(fd, size, path, &text, e);
	close(fd);
	if (rc)
		return rc;
	put(d, mem_strdup(path), text);
	return 0;
}

static int check_folder(const struct directory *d, int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, "%s: cannot stat", path);
	return check_writers(d, &st, path, e);
}

/* ERR_SYS with errno ENOENT when there is none. */
static int open_folder(
    const struct directory *d, int root, const struct place *place, struct err *e)
{
	const char *folder = *place->folder ? place->folder : ".";
	int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		int why = errno;

		err_set_errno(e, "%s: cannot open", folder);
		errno = why;
		return ERR_SYS;
	}
	if (check_folder(d, fd, *place->folder ? place->folder : d->path, e) &&
	    !err_report(d->all, e)) {
		close(fd);
		return ERR_CONFIG;
	}
	return fd;
}

/* Reads what `place` names below `root`; a folder that does not exist is empty. */
static int add_place(struct directory *d, int root, const struct place *place, struct err *e)
{
	int fd = open_folder(d, root, place, e), rc = 0;
	struct dirent *entry;
	char path[DIRECTORY_PATH_MAX];
	DIR *dir;

	if (fd < 0)
		return fd == ERR_SYS && errno == ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	ensure(dir);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (!is_part(entry->d_name, place->ending))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", place->folder, *place->folder ? "/" : "",
		    entry->d_name);
		rc = add_file(d, fd, entry->d_name, path, e);
		sched_yield(); /* a worker may wait for this core */
		if (rc && err_report(d->all, e))
			rc = 0;
	}
	closedir(dir);
	return rc;
}

static int open_root(const char *path, struct err *e)
{
	int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? err_set_errno(e, "cannot open the directory '%s'", path) : root;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct script_file *)a)->path, ((const struct script_file *)b)->path);
}

static void add_part(EVP_MD_CTX *md, struct str part)
{
	unsigned char length[8];

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)((uint64_t)part.n >> (56 - 8 * i));
	ensure(EVP_DigestUpdate(md, length, sizeof(length)) == 1);
	ensure(EVP_DigestUpdate(md, part.p, part.n) == 1);
}

static EVP_MD_CTX *begin_digest(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	ensure(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	return md;
}

static void end_digest(EVP_MD_CTX *md, char out[65])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int n;

	ensure(EVP_DigestFinal_ex(md, bytes, &n) == 1 && n == 32);
	str_hex(out, bytes, n);
	EVP_MD_CTX_free(md);
}

static void digest(struct directory *d)
{
	EVP_MD_CTX *md = begin_digest();

	for (size_t i = 0; i < d->files.n; i++) {
		add_part(md, str_of(d->files.files[i].path));
		add_part(md, d->files.files[i].text);
		sched_yield();
	}
	end_digest(md, d->digest);
}

void directory_hash(char out[65], struct str bytes)
{
	EVP_MD_CTX *md = begin_digest();

	ensure(EVP_DigestUpdate(md, bytes.p, bytes.n) == 1);
	end_digest(md, out);
}

struct directory *directory_new(const char *path)
{
	struct directory *d = mem_alloc(sizeof(*d));

	d->path = mem_strdup(path);
	return d;
}

void directory_add_text(struct directory *d, const char *file, struct str text)
{
	put(d, mem_strdup(file), (struct str){ mem_dup(text.p, text.n), text.n });
}

/* Where a file of that name belongs, or NULL; `*name` is the part without the folder. */
static const struct place *place_of(const char *file, const char **name)
{
	const char *slash = strchr(file, '/');
	struct str folder = { file, slash ? (size_t)(slash - file) : 0 };

	*name = slash ? slash + 1 : file;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if ((places[i].parts & WHOLE) && str_is(folder, places[i].folder) &&
		    !strchr(*name, '/') && ends_with(*name, places[i].ending))
			return &places[i];
	}
	return NULL;
}

int directory_add_file(struct directory *d, const char *file, struct err *e)
{
	const char *name;
	const struct place *place = place_of(file, &name);
	int root, fd, rc;

	if (!place)
		return err_set(e, ERR_CONFIG, "%s: is not a place of the directory", file);
	root = open_root(d->path, e);
	if (root < 0)
		return root;
	fd = open_folder(d, root, place, e);
	close(root);
	if (fd < 0)
		return fd;
	rc = add_file(d, fd, name, file, e);
	close(fd);
	return rc;
}

void directory_seal(struct directory *d)
{
	if (d->files.n > 0)
		qsort(d->storage, d->files.n, sizeof(*d->storage), by_path);
	digest(d);
}

struct directory *directory_renew(const struct directory *d, const struct directory *news)
{
	struct directory *copy = directory_new(d->path);

	for (size_t i = 0; i < d->files.n; i++) {
		const char *path = d->files.files[i].path;
		struct str text;

		if (directory_find(news, path, &text, NULL))
			text = d->files.files[i].text;
		directory_add_text(copy, path, text);
	}
	directory_seal(copy);
	return copy;
}

struct directory *directory_read(const char *path, struct err *e)
{
	return directory_read_all(path, DIRECTORY_WHOLE, NULL, e);
}

struct directory *directory_read_part(const char *path, enum directory_part part, struct err *e)
{
	return directory_read_all(path, part, NULL, e);
}

struct directory *directory_read_all(
    const char *path, enum directory_part part, struct err_sink *all, struct err *e)
{
	int root = open_root(path, e), rc = 0;
	struct directory *d;

	if (root < 0)
		return NULL;
	d = directory_new(path);
	d->part = part;
	d->all = all;
	for (size_t i = 0; i < ARRAY_LEN(places) && rc == 0; i++) {
		if (places[i].parts & (1u << part))
			rc = add_place(d, root, &places[i], e);
		if (rc && err_report(all, e))
			rc = 0;
	}
	close(root);
	d->all = NULL;
	if (rc) {
		directory_free(d);
		return NULL;
	}
	directory_seal(d);
	return d;
}

int directory_add(struct directory *d, const char *path, const char *name, struct err *e)
{
	int rc = add_file(d, AT_FDCWD, path, name, e);

	if (rc == 0)
		directory_seal(d);
	return rc;
}

void directory_free(struct directory *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->files.n; i++) {
		struct script_file *f = &d->storage[i];

		mem_wipe((void *)(uintptr_t)f->text.p, f->text.n);
		mem_free((void *)(uintptr_t)f->text.p);
		mem_free((void *)(uintptr_t)f->path);
	}
	mem_free(d->storage);
	mem_free(d->path);
	mem_free(d);
}

int directory_find(const struct directory *d, const char *path, struct str *text, struct err *e)
{
	struct script_file key = { .path = path };
	const struct script_file *f =
	    d->files.n == 0 ? NULL
			    : bsearch(&key, d->storage, d->files.n, sizeof(*d->storage), by_path);

	if (!f)
		return err_set(e, ERR_CONFIG, "%s: no such file in the directory", path);
	*text = f->text;
	return 0;
}
