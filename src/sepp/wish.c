/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/mem.h"
#include "base/str.h"
#include "sepp/wish.h"

static void drop_all(struct wish_list *list)
{
	struct wish *w;

	while ((w = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, w, next);
		mem_free(w);
	}
}

static void on_task(struct loop_task *task)
{
	struct wishes *q = container_of(task, struct wishes, task);
	struct wish_list list;
	const struct wish *w;

	TAILQ_INIT(&list);
	pthread_mutex_lock(&q->lock);
	TAILQ_CONCAT(&list, &q->list, next);
	q->is_posted = false;
	pthread_mutex_unlock(&q->lock);
	TAILQ_FOREACH (w, &list, next)
		q->fn(q->arg, w);
	drop_all(&list);
}

void wishes_init(
    struct wishes *q, struct loop *loop, void (*fn)(void *arg, const struct wish *w), void *arg)
{
	q->loop = loop;
	q->fn = fn;
	q->arg = arg;
	pthread_mutex_init(&q->lock, NULL);
	TAILQ_INIT(&q->list);
	q->is_posted = false;
	q->task.fn = on_task;
}

void wishes_release(struct wishes *q)
{
	drop_all(&q->list);
	pthread_mutex_destroy(&q->lock);
}

void wishes_add(struct wishes *q, const struct wish *w)
{
	struct wish *copy = mem_alloc(sizeof(*copy));
	bool post;

	*copy = *w;
	pthread_mutex_lock(&q->lock);
	TAILQ_INSERT_TAIL(&q->list, copy, next);
	post = !q->is_posted;
	q->is_posted = true;
	pthread_mutex_unlock(&q->lock);
	if (post)
		loop_post(q->loop, &q->task);
}

struct wish wish_of(enum wish_kind kind, const char *partner, const char *why)
{
	struct wish w = { .kind = kind };

	(void)str_copy(w.partner, sizeof(w.partner), str_of(partner)); /* CONF_NAME_MAX fits */
	(void)str_copy(w.why, sizeof(w.why), str_of(why));             /* cut is fine */
	return w;
}
