/* SPDX-License-Identifier: MIT */
/*
 * wish.h - what one worker, or the control thread, asks of another worker about a partner.
 *
 * A queue for each worker.  Any thread adds; the worker runs what was added between two turns. What
 * is still there when the worker ends is dropped with the queue.
 */
#ifndef SEPP_WISH_H
#define SEPP_WISH_H

#include <pthread.h>
#include <sys/queue.h>

#include "base/base.h"
#include "n32/prins.h"
#include "net/loop.h"
#include "script/decision.h"

enum wish_kind {
	/* of the partner's home */
	WISH_NEGOTIATE,   /* negotiate now, whatever is in force */
	WISH_RECOVER,     /* repeated until it succeeds: the relation is damaged */
	WISH_COME_BACK,   /* the peer ended the relation: negotiate after a while, if we initiate */
	WISH_CONNECT,     /* have a connection of our own */
	WISH_END,         /* end the relation, and tell the peer */
	WISH_END_CONTEXT, /* tell the peer that the context `id` (its own) has ended */
	WISH_REPORT,      /* send the error report */
	/* of every worker */
	WISH_REVIEW, /* ask about the kept connections: `event` */
	WISH_LET_GO, /* end the kept connections: PRINS is no longer in force */
	WISH_ROOM    /* end a kept connection if a policy lets it go: the limit is reached */
};

struct wish {
	TAILQ_ENTRY(wish) next;
	enum wish_kind kind;
	char partner[64];
	char why[160];
	char id[N32_CONTEXT_ID_LEN + 1];
	enum script_event event;
	char error[N32_TEXT_MAX + 1];      /* REPORT: its type */
	char message_id[N32_TEXT_MAX + 1]; /* REPORT */
};

TAILQ_HEAD(wish_list, wish);

struct wishes {
	struct loop *loop;
	void (*fn)(void *arg, const struct wish *w); /* in the worker's thread, for each */
	void *arg;
	pthread_mutex_t lock; /* guards the two below */
	struct wish_list list;
	bool is_posted;
	struct loop_task task;
};

void wishes_init(
    struct wishes *q, struct loop *loop, void (*fn)(void *arg, const struct wish *w), void *arg);
void wishes_release(struct wishes *q);

/* From any thread; copies. */
void wishes_add(struct wishes *q, const struct wish *w);

/* A wish of that kind with its reason. */
struct wish wish_of(enum wish_kind kind, const char *partner, const char *why);

#endif
