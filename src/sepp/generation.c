/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "n32/json_prins.h"
#include "sepp/generation.h"

/* Tells what is being done. */
static void enter(const struct generation_host *host, const char *stage)
{
	if (host->stage)
		*host->stage = stage;
}

/* --- mistakes */

/* Whether `line` sets `field`, and not in a comment. */
static bool sets_field(struct str line, const char *field)
{
	size_t n = strlen(field), from = 0;

	while (from < line.n && (line.p[from] == ' ' || line.p[from] == '\t'))
		from++;
	if (from + 1 < line.n && line.p[from] == '-' && line.p[from + 1] == '-')
		return false;
	for (size_t i = from; i + n < line.n; i++) {
		size_t after = i + n;

		if (memcmp(line.p + i, field, n) != 0 ||
		    (i > 0 && (isalnum((unsigned char)line.p[i - 1]) || line.p[i - 1] == '_')))
			continue;
		while (after < line.n && line.p[after] == ' ')
			after++;
		if (after < line.n && line.p[after] == '=')
			return true;
	}
	return false;
}

const char *generation_place(
    char out[GENERATION_PLACE_MAX], const struct generation *g, const char *path, const char *field)
{
	struct str rest;
	int line = 1;

	snprintf(out, GENERATION_PLACE_MAX, "%s", path);
	if (directory_find(g->directory, path, &rest, NULL))
		return out;
	for (; rest.n > 0; line++) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		if (sets_field((struct str){ rest.p, n }, field)) {
			snprintf(out, GENERATION_PLACE_MAX, "%s:%d", path, line);
			break;
		}
		n += end != NULL;
		rest = (struct str){ rest.p + n, rest.n - n };
	}
	return out;
}

/* --- maps of identities */

enum {
	REALM_KEY_MAX = 24 /* more than both parts of a realm have */
};

/* "262001" for a PLMN, "262001-<nid>" for an SNPN; returns a view of `out`. */
static struct str realm_key(char out[REALM_KEY_MAX], const struct n32_realm *r)
{
	const struct str digits = str_of(r->digits), nid = str_of(r->nid);
	size_t n = digits.n;

	memcpy(out, digits.p, digits.n);
	if (nid.n > 0) {
		out[n++] = '-';
		memcpy(out + n, nid.p, nid.n);
		n += nid.n;
	}
	return (struct str){ out, n };
}

static int claim_realm(
    struct generation *g, struct partner *p, const struct n32_realm *realm, struct err *e)
{
	char text[REALM_KEY_MAX], place[GENERATION_PLACE_MAX];
	struct str key = realm_key(text, realm);
	struct partner *other = map_find(&g->by_realm, key);

	/* TS 33.501 13.1.2: a PLMN-ID is in one anchor at most */
	if (other && other->anchors && p->anchors && other->anchors != p->anchors)
		return err_set(e, ERR_CONFIG,
		    "%s: PLMN %.*s has other anchors in %s; name the same 'anchors', 'crl' and 'expired_crl' in both",
		    generation_place(place, g, script_program_path(p->program), "plmns"),
		    STR_FMT(key), script_program_path(other->program));
	if (!other)
		map_put(&g->by_realm, key, p);
	return 0;
}

static int claim_names(struct generation *g, struct partner *p, struct err *e)
{
	char place[GENERATION_PLACE_MAX];

	for (size_t i = 0; i < p->conf->n_fqdns; i++) {
		struct str fqdn = str_of(p->conf->fqdns[i].text);
		struct partner *other = map_find(&g->by_fqdn, fqdn);

		if (other)
			return err_set(e, ERR_CONFIG,
			    "%s: FQDN '%.*s' is also in %s; a name has one partner",
			    generation_place(place, g, script_program_path(p->program), "fqdns"),
			    STR_FMT(fqdn), script_program_path(other->program));
		map_put(&g->by_fqdn, fqdn, p);
	}
	return 0;
}

static int claim(struct generation *g, struct partner *p, struct err *e)
{
	struct n32_realm realm;

	if (claim_names(g, p, e))
		return ERR_CONFIG;
	for (size_t i = 0; i < p->conf->n_plmns; i++) {
		n32_realm_of_plmn(&realm, &p->conf->plmns[i]);
		if (claim_realm(g, p, &realm, e))
			return ERR_CONFIG;
	}
	for (size_t i = 0; i < p->conf->n_snpns; i++) {
		n32_realm_of_snpn(&realm, &p->conf->snpns[i]);
		if (claim_realm(g, p, &realm, e))
			return ERR_CONFIG;
	}
	return 0;
}

/* --- anchors */

/* Whether both have the same text under `path`; NULL is the same everywhere. */
static bool is_same_file(const struct generation *a, const struct generation *b, const char *path)
{
	struct str one, other;

	return !path || (directory_find(a->directory, path, &one, NULL) == 0 &&
			    directory_find(b->directory, path, &other, NULL) == 0 &&
			    one.n == other.n && memcmp(one.p, other.p, one.n) == 0);
}

/* A reference to those that `before` (may be NULL) made of the same files, or NULL. */
static struct tls_anchors *take_over_anchors(const struct generation *g,
    const struct generation *before, const struct conf_partner *conf, const char *key)
{
	struct tls_anchors *a = before ? map_find(&before->anchors, str_of(key)) : NULL;

	if (!a || !is_same_file(g, before, conf->anchors) || !is_same_file(g, before, conf->crl))
		return NULL;
	return tls_anchors_ref(a);
}

/* The anchors that `p` names; files named by several partners are loaded once. */
static int find_anchors(
    struct generation *g, const struct generation_host *host, struct partner *p, struct err *e)
{
	const struct conf_partner *conf = p->conf;
	struct tls_lists lists = { .accept_expired = conf->expired_crl == CONF_CRL_ACCEPT };
	struct str pem;
	struct tls_anchors *a;
	char key[512], place[GENERATION_PLACE_MAX];

	snprintf(key, sizeof(key), "%s\n%s\n%s", conf->anchors, conf->crl ? conf->crl : "",
	    lists.accept_expired ? "ACCEPT" : "REFUSE");
	a = map_find(&g->anchors, str_of(key));
	if (!a) {
		generation_place(place, g, script_program_path(p->program), "anchors");
		if (directory_find(g->directory, conf->anchors, &pem, e) ||
		    (conf->crl && directory_find(g->directory, conf->crl, &lists.pem, e)))
			return err_within(e, "%s: anchors", place);
		a = take_over_anchors(g, host->before, conf, key);
		if (!a)
			a = tls_anchors_new(pem, lists, e);
		if (!a)
			return err_within(e, "%s: anchors '%s'%s%s%s", place, conf->anchors,
			    conf->crl ? ", crl '" : "", conf->crl ? conf->crl : "",
			    conf->crl ? "'" : "");
		map_put(&g->anchors, str_of(key), a);
	}
	p->anchors = tls_anchors_ref(a);
	return 0;
}

/* --- programs */

static struct script_program *find_shared(const struct generation *g, const char *name)
{
	for (size_t i = 0; i < g->n_shared; i++) {
		if (strcmp(script_program_name(g->shared[i]), name) == 0)
			return g->shared[i];
	}
	return NULL;
}

/* Whether shared/<name>.lua is there, but did not load. */
static bool is_broken(const struct generation *g, const char *name)
{
	char path[CONF_NAME_MAX + 16];
	struct str text;

	snprintf(path, sizeof(path), "shared/%s.lua", name);
	for (size_t i = 0; i < g->n_shared; i++) {
		if (strcmp(script_program_path(g->shared[i]), path) == 0)
			return false;
	}
	return directory_find(g->directory, path, &text, NULL) == 0;
}

static int find_hooks(
    struct generation *g, const struct generation_host *host, struct partner *p, struct err *e)
{
	const char *follows = p->conf->follows;
	const struct script_program *candidates[3] = { p->program, NULL, g->fallback };
	char place[GENERATION_PLACE_MAX];

	if (follows) {
		candidates[1] = find_shared(g, follows);
		if (!candidates[1] && !(host->all && is_broken(g, follows)))
			return err_set(e, ERR_CONFIG,
			    "%s: follows '%s', but no file in shared/ returns a policy of that name",
			    generation_place(place, g, script_program_path(p->program), "follows"),
			    follows);
	}
	partner_find_hooks(p, candidates, ARRAY_LEN(candidates));
	return 0;
}

static int claim_name(struct generation *g, struct partner *p, struct err *e)
{
	const struct partner *other = generation_named(g, p->conf->name);
	char place[GENERATION_PLACE_MAX];

	if (other)
		return err_set(e, ERR_CONFIG, "%s: the name '%s' is also that of %s",
		    generation_place(place, g, script_program_path(p->program), "name"),
		    p->conf->name, script_program_path(other->program));
	map_put(&g->by_name, str_of(p->conf->name), p);
	return 0;
}

/* The protection policy and the providers that the partner's file names. */
static int find_prins(const struct generation *g, struct partner *p, struct err *e)
{
	const struct conf_prins *conf = &p->conf->prins;
	char place[GENERATION_PLACE_MAX];
	struct str text;

	generation_place(place, g, script_program_path(p->program), "prins");
	if (conf->policy && (directory_find(g->directory, conf->policy, &text, e) ||
				n32_policy_parse(&p->policy, text, e)))
		return err_within(e, "%s: policy '%s'", place, conf->policy);
	if (conf->providers && (directory_find(g->directory, conf->providers, &text, e) ||
				   n32_providers_parse(partner_providers(p), text, e)))
		return err_within(e, "%s: providers '%s'", place, conf->providers);
	p->has_policy = conf->policy != NULL;
	return 0;
}

static int add_partner(
    struct generation *g, const struct generation_host *host, const char *path, struct err *e)
{
	struct partner *p = partner_new();

	enter(host, "compiling");
	p->program = programs_get(g->programs, host->vm, path, SCRIPT_PARTNER, e);
	if (!p->program) {
		partner_free(p);
		return ERR_CONFIG;
	}
	p->conf = script_program_partner(p->program);
	g->partners = mem_resize(g->partners, (g->n_partners + 1) * sizeof(struct partner *));
	g->partners[g->n_partners++] = p;
	if ((claim_name(g, p, e) && !err_report(host->all, e)) ||
	    (find_hooks(g, host, p, e) && !err_report(host->all, e)) ||
	    (find_prins(g, p, e) && !err_report(host->all, e)))
		return ERR_CONFIG;
	enter(host, "loading anchors");
	if (host->n_libs && find_anchors(g, host, p, e) && !err_report(host->all, e))
		return ERR_CONFIG;
	enter(host, "comparing partners");
	return claim(g, p, e);
}

static int add_shared(
    struct generation *g, const struct generation_host *host, const char *path, struct err *e)
{
	struct script_program *p = programs_get(g->programs, host->vm, path, SCRIPT_POLICY, e);
	char place[GENERATION_PLACE_MAX];

	if (!p)
		return ERR_CONFIG;
	if (find_shared(g, script_program_name(p)))
		return err_set(e, ERR_CONFIG,
		    "%s: the name '%s' is that of another file in shared/",
		    generation_place(place, g, path, "name"), script_program_name(p));
	g->shared = mem_resize(g->shared, (g->n_shared + 1) * sizeof(struct script_program *));
	g->shared[g->n_shared++] = p;
	return 0;
}

/* Files are sorted by path, and partners/ comes before shared/: two passes. */
static int add_all(struct generation *g, const struct generation_host *host, const char *folder,
    int (*add)(struct generation *, const struct generation_host *, const char *, struct err *),
    struct err *e)
{
	const struct script_files *files = &g->directory->files;
	int rc = 0;

	for (size_t i = 0; i < files->n && rc == 0; i++) {
		if (str_starts(str_of(files->files[i].path), folder))
			rc = add(g, host, files->files[i].path, e);
		if (rc && err_report(host->all, e))
			rc = 0;
		sched_yield(); /* a worker may wait for this core */
	}
	return rc;
}

/* --- own certificate */

/* A certificate that does not carry our name, or is not for both roles, would be refused by every
 * peer. */
static int check_own(const struct generation *g, const struct tls_ctx *ctx, struct err *e)
{
	const struct str *names;
	size_t n = tls_ctx_names(ctx, &names);
	const char *offence = tls_ctx_offence(ctx);
	struct n32_identity id;
	char place[GENERATION_PLACE_MAX];

	if (offence)
		return err_set(e, ERR_CONFIG, "%s: certificate '%s' %s",
		    generation_place(place, g, "gateway.lua", "certificate"), g->conf->certificate,
		    offence);
	if (n32_identity_parse(&id, names, n) || !n32_identity_has_name(&id, g->conf->fqdn.text))
		return err_set(e, ERR_CONFIG,
		    "%s: certificate '%s' does not have the name '%s' (fqdn)",
		    generation_place(place, g, "gateway.lua", "certificate"), g->conf->certificate,
		    g->conf->fqdn.text);
	return 0;
}

static int make_tls(struct generation *g, const struct generation_host *host, struct err *e)
{
	struct tls_conf conf = {
		.choose = host->choose, .chain_cache = g->conf->chain_cache, .keylog = host->keylog
	};
	char place[GENERATION_PLACE_MAX];
	int no_certificate =
	    directory_find(g->directory, g->conf->certificate, &conf.certificate, e);

	if (no_certificate) {
		err_within(
		    e, "%s: certificate", generation_place(place, g, "gateway.lua", "certificate"));
		if (!err_report(host->all, e))
			return ERR_CONFIG;
	}
	if (directory_find(g->directory, g->conf->key, &conf.key, e))
		return err_within(e, "%s: key", generation_place(place, g, "gateway.lua", "key"));
	if (no_certificate)
		return 0;
	g->tls = mem_array(host->n_libs, sizeof(struct tls_ctx *));
	for (; g->n_tls < host->n_libs; g->n_tls++) {
		conf.arg = host->args ? host->args[g->n_tls] : NULL;
		g->tls[g->n_tls] = tls_ctx_new(host->libs[g->n_tls], &conf, e);
		if (!g->tls[g->n_tls])
			return err_within(e, "%s: '%s', '%s'",
			    generation_place(place, g, "gateway.lua", "certificate"),
			    g->conf->certificate, g->conf->key);
	}
	return check_own(g, g->tls[0], e);
}

/* --- life */

static int build(struct generation *g, const struct generation_host *host, struct err *e)
{
	enter(host, "compiling");
	g->programs = programs_of(g->directory, host->before ? host->before->programs : NULL);
	g->gateway = programs_get(g->programs, host->vm, "gateway.lua", SCRIPT_GATEWAY, e);
	if (!g->gateway && !err_report(host->all, e))
		return ERR_CONFIG;
	g->conf = g->gateway ? script_program_gateway(g->gateway) : NULL;
	g->fallback = programs_get(g->programs, host->vm, "default.lua", SCRIPT_POLICY, e);
	if (!g->fallback && !err_report(host->all, e))
		return ERR_CONFIG;
	if (add_all(g, host, "shared/", add_shared, e) ||
	    add_all(g, host, "partners/", add_partner, e))
		return ERR_CONFIG;
	enter(host, "loading certificates");
	if (g->conf && host->n_libs && make_tls(g, host, e) && !err_report(host->all, e))
		return ERR_CONFIG;
	if (host->all && host->all->n > 0)
		return err_set(e, ERR_CONFIG, "%zu mistakes", host->all->n);
	return 0;
}

struct generation *generation_build(
    struct directory *d, const struct generation_host *host, struct err *e)
{
	struct generation *g = mem_alloc(sizeof(*g));

	map_init(&g->by_name);
	map_init(&g->by_fqdn);
	map_init(&g->by_realm);
	map_init(&g->anchors);
	g->directory = d;
	if (build(g, host, e) == 0)
		return g;
	generation_free(g);
	return NULL;
}

struct generation *generation_load(
    const char *path, const struct generation_host *host, struct err *e)
{
	struct directory *d;

	enter(host, "reading");
	d = directory_read_all(
	    path, host->n_libs ? DIRECTORY_WHOLE : DIRECTORY_POLICIES, host->all, e);
	return d ? generation_build(d, host, e) : NULL;
}

static void free_anchors(struct generation *g)
{
	struct tls_anchors *a;
	size_t at = 0;

	while ((a = map_next(&g->anchors, &at)) != NULL)
		tls_anchors_unref(a);
	map_release(&g->anchors);
}

void generation_free(struct generation *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_tls; i++)
		tls_ctx_unref(g->tls[i]);
	mem_free(g->tls);
	free_anchors(g);
	for (size_t i = 0; i < g->n_partners; i++) {
		partner_free(g->partners[i]);
		sched_yield();
	}
	mem_free(g->partners);
	mem_free(g->shared);
	programs_unref(g->programs);
	map_release(&g->by_name);
	map_release(&g->by_fqdn);
	map_release(&g->by_realm);
	directory_free(g->directory);
	mem_free(g);
}

struct partner *generation_find(const struct generation *g, const char *fqdn)
{
	return map_find(&g->by_fqdn, str_of(fqdn));
}

struct partner *generation_named(const struct generation *g, const char *name)
{
	return map_find(&g->by_name, str_of(name));
}

struct tls_anchors *generation_anchors(
    const struct generation *g, const struct n32_identity *id, const char **why)
{
	struct tls_anchors *found = NULL;

	if (id->n_realms == 0) {
		*why = "the certificate names no PLMN";
		return NULL;
	}
	for (size_t i = 0; i < id->n_realms; i++) {
		char text[REALM_KEY_MAX];
		struct partner *p = map_find(&g->by_realm, realm_key(text, &id->realms[i]));

		if (!p) {
			*why = "no partner has the PLMN of the certificate";
			return NULL;
		}
		if (found && found != p->anchors) {
			*why = "the certificate names PLMNs of different anchors";
			return NULL;
		}
		found = p->anchors;
	}
	return found;
}
