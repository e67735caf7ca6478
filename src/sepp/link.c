/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/mem.h"
#include "sepp/link.h"

struct links {
	struct link_list all;
	struct map by_name; /* name -> link; the newest of a name */
};

struct links *links_new(void)
{
	struct links *l = mem_alloc(sizeof(*l));

	TAILQ_INIT(&l->all);
	map_init(&l->by_name);
	return l;
}

static void free_link(struct links *l, struct link *link)
{
	ensure(TAILQ_EMPTY(&link->sessions) && !link->initiator);
	TAILQ_REMOVE(&l->all, link, next);
	assoc_unref(link->association);
	mem_free(link);
}

void links_free(struct links *l)
{
	struct link *link;

	if (!l)
		return;
	while ((link = TAILQ_FIRST(&l->all)) != NULL)
		free_link(l, link);
	map_release(&l->by_name);
	mem_free(l);
}

struct link *links_find(const struct links *l, const char *name)
{
	return map_find(&l->by_name, str_of(name));
}

struct link *links_get(struct links *l, struct association *a)
{
	struct link *link = links_find(l, assoc_name(a));

	if (link && link->association == a)
		return link;
	link = mem_alloc(sizeof(*link));
	link->association = assoc_ref(a);
	TAILQ_INIT(&link->sessions);
	TAILQ_INSERT_TAIL(&l->all, link, next);
	map_put(&l->by_name, str_of(assoc_name(a)), link);
	return link;
}

struct link_list *links_all(struct links *l)
{
	return &l->all;
}

struct partner *link_partner(const struct link *l, const struct generation *g)
{
	struct partner *p = generation_named(g, assoc_name(l->association));

	return p && p->association == l->association ? p : NULL;
}

void links_trim(struct links *l, const struct generation *g)
{
	struct link *link, *next;

	map_release(&l->by_name);
	map_init(&l->by_name);
	for (link = TAILQ_FIRST(&l->all); link; link = next) {
		next = TAILQ_NEXT(link, next);
		if (link_partner(link, g) || !TAILQ_EMPTY(&link->sessions) || link->initiator)
			map_put(&l->by_name, str_of(assoc_name(link->association)), link);
		else
			free_link(l, link);
	}
}

struct session *session_new(struct link *link, struct conn *c)
{
	struct session *s = mem_alloc(sizeof(*s));

	s->c = c;
	s->link = link;
	if (link)
		TAILQ_INSERT_TAIL(&link->sessions, s, next);
	conn_set_user(c, s);
	return s;
}

void session_free(struct session *s)
{
	if (s->link)
		TAILQ_REMOVE(&s->link->sessions, s, next);
	conn_set_user(s->c, NULL);
	mem_free(s);
}

void session_move(struct session *s, struct link *to)
{
	if (s->link == to)
		return;
	if (s->link) {
		if (s->is_counted)
			assoc_disconnect(s->link->association);
		TAILQ_REMOVE(&s->link->sessions, s, next);
	}
	s->link = to;
	s->is_counted = assoc_connect(to->association, 0);
	TAILQ_INSERT_TAIL(&to->sessions, s, next);
}

bool session_is_old(const struct session *s, msec now)
{
	return s->max_age && now - conn_opened_at(s->c) >= s->max_age;
}

struct session *session_of(const struct conn *c)
{
	return conn_user(c);
}

struct partner *session_partner(const struct session *s, const struct generation *g)
{
	return s->link ? link_partner(s->link, g) : NULL;
}
