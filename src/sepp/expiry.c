/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/expiry.h"

enum {
	DAY_S = 86400,
	KEY_MAX = 560, /* a path and what it is */
};

static const struct {
	const char *name, *words;
} whats[] = {
	[EXPIRY_CERTIFICATE] = { "certificate", "our certificate" },
	[EXPIRY_ANCHORS] = { "anchors", "a certificate of the anchors" },
	[EXPIRY_CRL] = { "crl", "a revocation list" },
	[EXPIRY_PARTNER] = { "partner", "the partner's certificate" },
};

struct expiry {
	struct map told; /* key -> the address of the level in `levels` */
};

/* Values of the map. */
static const enum expiry_level levels[] = { EXPIRY_FAR, EXPIRY_60_DAYS, EXPIRY_30_DAYS,
	EXPIRY_7_DAYS, EXPIRY_OVER };

const char *expiry_what_name(enum expiry_what what)
{
	return whats[what].name;
}

/* --- what there is */

static struct str key_of(char out[KEY_MAX], const struct expiry_item *item)
{
	int n = snprintf(out, KEY_MAX, "%s %s", whats[item->what].name, item->name);

	return (struct str){ out, n < KEY_MAX ? (size_t)n : KEY_MAX - 1 };
}

struct walk {
	struct map seen; /* keys */
	expiry_fn *fn;
	void *arg;
};

/* Several partners may name one file. */
static void visit(struct walk *w, const struct expiry_item *item)
{
	char key[KEY_MAX];
	struct str k = key_of(key, item);

	if (map_find(&w->seen, k))
		return;
	map_put(&w->seen, k, w);
	w->fn(w->arg, item);
}

static void visit_anchors(struct walk *w, const struct partner *p)
{
	const struct expiry_item item = { .what = EXPIRY_ANCHORS,
		.name = p->conf->anchors,
		.at_s = tls_anchors_not_after_s(p->anchors) };

	visit(w, &item);
}

static void visit_list(struct walk *w, const struct partner *p)
{
	const struct expiry_item item = { .what = EXPIRY_CRL,
		.name = p->conf->crl,
		.at_s = tls_anchors_next_update_s(p->anchors),
		.life_s =
		    tls_anchors_next_update_s(p->anchors) - tls_anchors_last_update_s(p->anchors) };

	if (p->conf->crl && item.at_s != INT64_MAX)
		visit(w, &item);
}

static void visit_partner(struct walk *w, const struct partner *p)
{
	struct assoc_view v;

	if (!p->association)
		return;
	assoc_read(p->association, clock_wall_s(), &v);
	if (v.agreement.not_after_s > 0) {
		const struct expiry_item item = { .what = EXPIRY_PARTNER,
			.name = p->conf->name,
			.at_s = v.agreement.not_after_s };

		visit(w, &item);
	}
}

void expiry_each(const struct generation *g, expiry_fn *fn, void *arg)
{
	static void (*const each[])(
	    struct walk *, const struct partner *) = { visit_anchors, visit_list, visit_partner };
	struct walk w = { .fn = fn, .arg = arg };

	map_init(&w.seen);
	if (g->n_tls > 0) {
		const struct expiry_item own = { .what = EXPIRY_CERTIFICATE,
			.name = g->conf->certificate,
			.at_s = tls_ctx_not_after_s(g->tls[0]) };

		visit(&w, &own);
	}
	for (size_t k = 0; k < ARRAY_LEN(each); k++) {
		for (size_t i = 0; i < g->n_partners; i++)
			each[k](&w, g->partners[i]);
	}
	map_release(&w.seen);
}

enum expiry_level expiry_level(const struct expiry_item *item, int64_t now_s)
{
	static const int days[] = {
		[EXPIRY_60_DAYS] = 60, [EXPIRY_30_DAYS] = 30, [EXPIRY_7_DAYS] = 7
	};
	int64_t left_s = item->at_s - now_s;

	if (left_s <= 0)
		return EXPIRY_OVER;
	for (int i = EXPIRY_7_DAYS; i > EXPIRY_FAR; i--) {
		int64_t span_s = (int64_t)days[i] * DAY_S;

		if (left_s <= span_s && (item->life_s == 0 || 2 * span_s < item->life_s))
			return (enum expiry_level)i;
	}
	return EXPIRY_FAR;
}

/* --- telling */

struct expiry *expiry_new(void)
{
	struct expiry *x = mem_alloc(sizeof(*x));

	map_init(&x->told);
	return x;
}

void expiry_free(struct expiry *x)
{
	if (!x)
		return;
	map_release(&x->told);
	mem_free(x);
}

static void tell(const struct expiry_item *item, enum expiry_level level, int64_t now_s)
{
	enum log_level how = level >= EXPIRY_7_DAYS ? LOG_ERROR : LOG_WARN;
	const char *words = whats[item->what].words;
	bool is_partner = item->what == EXPIRY_PARTNER;
	char at[24], when[40] = "has expired";

	if (level != EXPIRY_OVER)
		snprintf(when, sizeof(when), "expires in %lld days",
		    (long long)((item->at_s - now_s) / DAY_S));
	log_line(how, LOG_TLS, is_partner ? item->name : "-", "%s %s at=%s%s%s", words, when,
	    clock_print_utc(at, item->at_s),
	    is_partner ? "" : " file=", is_partner ? "" : item->name);
}

struct telling {
	struct map told; /* becomes that of the expiry: what is gone is forgotten */
	const struct expiry *before;
	int64_t now_s;
};

static void on_item(void *arg, const struct expiry_item *item)
{
	struct telling *t = arg;
	char key[KEY_MAX];
	struct str k = key_of(key, item);
	const enum expiry_level *before = map_find(&t->before->told, k);
	enum expiry_level now = expiry_level(item, t->now_s);

	if (now > (before ? *before : EXPIRY_FAR))
		tell(item, now, t->now_s);
	map_put(&t->told, k, (void *)(uintptr_t)&levels[now]);
}

void expiry_tell(struct expiry *x, const struct generation *g, int64_t now_s)
{
	struct telling t = { .before = x, .now_s = now_s };

	map_init(&t.told);
	expiry_each(g, on_item, &t);
	map_release(&x->told);
	x->told = t.told;
}
