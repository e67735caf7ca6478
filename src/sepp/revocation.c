/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/revocation.h"

/* A file as it can be seen without reading it; all zero: it is not there. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	mode_t mode;
	struct timespec changed, touched; /* chmod is a change as well */
};

struct list {
	char *path;
	bool is_known;     /* what the two below say */
	struct stamp seen; /* at the last look */
	bool is_read;      /* with the stamp `read` */
	struct stamp read;
	char error[sizeof(((struct err *)0)->text)]; /* "" = it is the one in force */
};

struct revocation {
	struct map lists; /* path -> list */
};

struct revocation *revocation_new(void)
{
	struct revocation *r = mem_alloc(sizeof(*r));

	map_init(&r->lists);
	return r;
}

static void free_lists(struct map *lists)
{
	struct list *l;
	size_t at = 0;

	while ((l = map_next(lists, &at)) != NULL) {
		mem_free(l->path);
		mem_free(l);
	}
	map_release(lists);
}

void revocation_free(struct revocation *r)
{
	if (!r)
		return;
	free_lists(&r->lists);
	mem_free(r);
}

void revocation_forget(struct revocation *r)
{
	struct list *l;
	size_t at = 0;

	while ((l = map_next(&r->lists, &at)) != NULL)
		l->is_known = l->is_read = false;
}

const char *revocation_error(const struct revocation *r, size_t *n)
{
	const char *first = "";
	const struct list *l;
	size_t at = 0;

	*n = 0;
	while ((l = map_next(&r->lists, &at)) != NULL) {
		if (!*l->error)
			continue;
		if (!*first || strcmp(l->error, first) < 0)
			first = l->error;
		++*n;
	}
	return first;
}

/* --- one list */

static struct stamp look_at(const char *folder, const char *path)
{
	struct stamp s;
	struct stat st;
	char whole[2 * DIRECTORY_PATH_MAX];
	int n = snprintf(whole, sizeof(whole), "%s/%s", folder, path);

	memset(&s, 0, sizeof(s));
	if (n < 0 || (size_t)n >= sizeof(whole) || lstat(whole, &st) != 0)
		return s;
	s.device = st.st_dev;
	s.inode = st.st_ino;
	s.size = st.st_size;
	s.mode = st.st_mode;
	s.changed = st.st_mtim;
	s.touched = st.st_ctim;
	return s;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->mode == b->mode && is_same_time(&a->changed, &b->changed) &&
	       is_same_time(&a->touched, &b->touched);
}

/* Whether it is to be read now. */
static bool is_due(struct list *l, const struct stamp *now)
{
	bool is_settled = l->is_known && is_same(&l->seen, now);

	l->is_known = true;
	l->seen = *now;
	if (!is_settled || (l->is_read && is_same(&l->read, now)))
		return false;
	l->is_read = true;
	l->read = *now;
	return true;
}

/* Whether the list is one for these anchors. */
static int check_with(const struct generation *g, const char *path, struct str text,
    const char *anchors, struct err *e)
{
	struct tls_anchors *a;
	struct str pem;

	if (directory_find(g->directory, anchors, &pem, e))
		return ERR_CONFIG;
	a = tls_anchors_new(pem, (struct tls_lists){ .pem = text }, e);
	if (!a)
		return err_within(e, "%s", path);
	tls_anchors_unref(a);
	return 0;
}

/* Whether everybody who names the list could do with `text`; anchors that several name are tried
 * once. */
static int check_list(const struct generation *g, const char *path, struct str text, struct err *e)
{
	struct map tried;
	int rc = 0;

	map_init(&tried);
	for (size_t i = 0; i < g->n_partners && rc == 0; i++) {
		const struct conf_partner *conf = g->partners[i]->conf;

		if (!conf->crl || strcmp(conf->crl, path) != 0 ||
		    map_find(&tried, str_of(conf->anchors)))
			continue;
		rc = check_with(g, path, text, conf->anchors, e);
		map_put(&tried, str_of(conf->anchors), g->partners[i]);
	}
	map_release(&tried);
	return rc;
}

/* Reads the list; adds it to `news` if it is another than the one in force. */
static int read_list(
    const struct generation *g, const char *path, struct directory *news, struct err *e)
{
	struct directory *one = directory_new(g->directory->path);
	struct str text, in_force;
	int rc = directory_add_file(one, path, e);

	directory_seal(one);
	if (rc == 0)
		rc = directory_find(one, path, &text, e);
	if (rc == 0)
		rc = directory_find(g->directory, path, &in_force, e);
	if (rc == 0 && (text.n != in_force.n || memcmp(text.p, in_force.p, text.n) != 0)) {
		rc = check_list(g, path, text, e);
		if (rc == 0)
			directory_add_text(news, path, text);
	}
	directory_free(one);
	return rc;
}

static void look(struct list *l, const struct generation *g, struct directory *news)
{
	const struct stamp now = look_at(g->directory->path, l->path);
	struct err e = { 0 };

	if (!is_due(l, &now))
		return;
	if (read_list(g, l->path, news, &e) == 0) {
		if (*l->error)
			log_info(LOG_TLS, "-", "revocation list is usable again file=%s", l->path);
		l->error[0] = '\0';
		return;
	}
	if (strcmp(l->error, e.text) == 0)
		return;                                             /* told */
	(void)str_copy(l->error, sizeof(l->error), str_of(e.text)); /* cut is fine */
	log_error(LOG_TLS, "-", "revocation list is refused, the one in force goes on: %s", e.text);
}

/* --- all of them */

/* The list of that path: what is known of it, or a new one. */
static struct list *take(struct map *lists, const char *path)
{
	struct list *l = map_take(lists, str_of(path));

	if (!l) {
		l = mem_alloc(sizeof(*l));
		l->path = mem_strdup(path);
	}
	return l;
}

struct directory *revocation_look(struct revocation *r, const struct generation *g)
{
	struct directory *news = directory_new(g->directory->path), *d = NULL;
	struct map lists;

	map_init(&lists);
	for (size_t i = 0; i < g->n_partners; i++) {
		const char *path = g->partners[i]->conf->crl;
		struct list *l;

		if (!path || map_find(&lists, str_of(path)))
			continue;
		l = take(&r->lists, path);
		map_put(&lists, str_of(path), l);
		look(l, g, news);
	}
	free_lists(&r->lists); /* those that nobody names any more */
	r->lists = lists;
	if (news->files.n > 0) {
		directory_seal(news);
		d = directory_renew(g->directory, news);
	}
	directory_free(news);
	return d;
}
