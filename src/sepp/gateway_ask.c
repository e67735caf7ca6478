/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "sepp/gateway_int.h"

/* --- what operators ask for */

void gateway_rotate_journal(struct gateway *g)
{
	journal_rotate(g->duties.journal);
}

struct partner *gateway_find_partner(const struct gateway *g, const char *name, struct err *e)
{
	const struct generation *now = gateway_current(g);
	const char **names = mem_array(now->n_partners + 1, sizeof(*names)), *near;
	struct partner *found = NULL;
	char text[80];

	for (size_t i = 0; i < now->n_partners && !found; i++) {
		names[i] = now->partners[i]->conf->name;
		if (strcmp(names[i], name) == 0)
			found = now->partners[i];
	}
	near = found ? NULL : str_nearest(str_of(name), names, now->n_partners);
	if (!found)
		err_set(e, ERR_CONFIG, "there is no partner '%s'%s%s%s",
		    str_escape(text, sizeof(text), str_of(name)), near ? " (did you mean '" : "",
		    near ? near : "", near ? "'?)" : "");
	mem_free(names);
	return found;
}

int gateway_set_flag(
    struct gateway *g, const char *partner, const char *flag, bool on, struct err *e)
{
	struct partner *p = gateway_find_partner(g, partner, e);
	struct assoc_view v;
	bool changed;

	if (!p)
		return ERR_CONFIG;
	if (assoc_set_flag(p->association, flag, on, &changed, e))
		return ERR_RANGE;
	assoc_read(p->association, clock_wall_s(), &v);
	log_info(LOG_SEPP, p->conf->name,
	    "flag switched %s%s, its policies see it from now on flag=%s flags=%zu connections=%u",
	    on ? "on" : "off", changed ? "" : " (it was)", flag, v.n_flags, v.connections);
	return 0;
}

/* A partner that may be asked for something, or NULL. */
static struct partner *find_enabled(struct gateway *g, const char *name, struct err *e)
{
	struct partner *p = gateway_find_partner(g, name, e);

	if (!p)
		return NULL;
	if (!p->conf->enabled) {
		err_set(e, ERR_CONFIG, "'%s' is disabled; write enabled = true into %s and reload",
		    p->conf->name, script_program_path(p->program));
		return NULL;
	}
	if (g->is_draining) {
		err_set(e, ERR_BUSY, "the gateway is ending");
		return NULL;
	}
	return p;
}

int gateway_wish(struct gateway *g, enum wish_kind kind, const char *partner, struct err *e)
{
	const struct partner *p = find_enabled(g, partner, e);
	struct wish wish;

	if (!p)
		return ERR_CONFIG;
	wish = wish_of(kind, p->conf->name,
	    kind == WISH_END ? "ended by the operator" : "asked by the operator");
	worker_wish(g->crew.workers, &wish);
	log_info(LOG_SEPP, p->conf->name, "asked for by the operator what=%s",
	    kind == WISH_END       ? "termination"
	    : kind == WISH_CONNECT ? "connection"
				   : "negotiation");
	return 0;
}

int gateway_end_context(struct gateway *g, const char *id, char partner[64], struct err *e)
{
	struct context_view v;
	struct partner *p;
	struct wish wish;
	char text[80];

	if (!contexts_find_own(g->commons.contexts, id, &v))
		return err_set(e, ERR_CONFIG, "there is no N32-f context with the id '%s'",
		    str_escape(text, sizeof(text), str_of(id)));
	p = gateway_find_partner(g, v.partner, e);
	if (!p || !contexts_end(g->commons.contexts, p->association, v.own, clock_wall_s(), &v))
		return err_set(e, ERR_CONFIG, "the context '%s' has just ended", v.own);
	memcpy(partner, v.partner, sizeof(v.partner));
	wish = wish_of(WISH_END_CONTEXT, v.partner, "ended by the operator");
	memcpy(wish.id, v.peer, sizeof(wish.id));
	worker_wish(g->crew.workers, &wish);
	log_info(LOG_SEPP, v.partner, "N32-f context ended by the operator id=%s", v.own);
	return 0;
}

int gateway_report(struct gateway *g, const char *partner, const char *type, const char *message_id,
    const char *context, struct err *e)
{
	const struct partner *p = find_enabled(g, partner, e);
	struct context_view v;
	struct wish wish;

	if (!p)
		return ERR_CONFIG;
	if (!*type || !*message_id || strlen(type) > N32_TEXT_MAX ||
	    strlen(message_id) > N32_TEXT_MAX)
		return err_set(e, ERR_SYNTAX,
		    "a type and a message id of 1 to %d bytes are expected", N32_TEXT_MAX);
	if (*context ? !contexts_find(g->commons.contexts, p->association, context, &v)
		     : !contexts_newest(g->commons.contexts, p->association, &v))
		return err_set(e, ERR_CONFIG,
		    "'%s' has no such N32-f context; see parleyctl contexts", p->conf->name);
	wish = wish_of(WISH_REPORT, p->conf->name, "by the operator");
	memcpy(wish.id, v.peer, sizeof(wish.id));
	(void)str_copy(wish.error, sizeof(wish.error), str_of(type));
	(void)str_copy(wish.message_id, sizeof(wish.message_id), str_of(message_id));
	worker_wish(g->crew.workers, &wish);
	return 0;
}

/* --- asking */

struct contexts *gateway_contexts(const struct gateway *g)
{
	return g->commons.contexts;
}

const struct addr *gateway_listeners(const struct gateway *g, size_t *n)
{
	*n = g->crew.n_listen;
	return g->crew.listen;
}

void gateway_set_jail(struct gateway *g, const struct gateway_jail *jail)
{
	struct stat st = { .st_dev = 0 };

	g->jail = *jail;
	(void)stat(g->path, &st); /* with last-good it need not be there */
	g->jailed.device = st.st_dev;
	g->jailed.number = st.st_ino;
}

void gateway_status(const struct gateway *g, struct gateway_status *out)
{
	const struct generation *now = gateway_current(g);

	memset(out, 0, sizeof(*out));
	out->started_s = g->started_s;
	out->now_s = clock_wall_s();
	out->uptime = clock_mono() - g->started;
	out->directory = g->path;
	out->in_force = now;
	out->n_workers = g->crew.n;
	crew_sum(&g->crew, &out->sums);
	out->reloads = g->reloads;
	out->reloads_failed = g->reloads_failed;
	out->rollbacks = g->rollbacks;
	out->last_reload_s = g->last_reload_s;
	out->last_error = g->last_error;
	out->last_stage = g->last_stage;
	out->fallback = g->fallback;
	out->kept = g->kept;
	out->kept.directory = g->conf.state ? state_path(g->conf.state) : NULL;
	out->kept.error = g->kept_error;
	out->certificate_not_after_s = tls_ctx_not_after_s(now->tls[0]);
	out->memory_bytes = pressure_bytes(g->pressure);
	out->refused = pressure_refused(atomic_load(&g->commons.last_tier));
	out->is_draining = g->is_draining;
	out->is_tls_fallback = tls_ctx_is_fallback(now->tls[0]);
	out->renewals = g->renewals;
	out->list_error = revocation_error(g->revocation, &out->n_lists_refused);
	journal_status(g->duties.journal, &out->journal);
	store_status(g->store, &out->store);
	out->jail = &g->jail;
	out->is_lab = now->conf->lab;
	out->keylog = g->keylog ? g->conf.keylog : NULL;
}
