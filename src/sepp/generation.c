/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/generation.h"

/* Tells what is being done. */
static void enter(const struct generation_host *host, const char *stage)
{
	if (host->stage)
		*host->stage = stage;
}

/* --- maps of identities */

enum {
	REALM_KEY_MAX = 24
};

/* "262001" for a PLMN, "262001-<nid>" for an SNPN; returns a view of `out`. */
static struct str realm_key(char out[REALM_KEY_MAX], const struct n32_realm *r)
{
	int n = snprintf(out, REALM_KEY_MAX, "%s%s%s", r->digits, *r->nid ? "-" : "", r->nid);

	return (struct str){ out, (size_t)n };
}

static int claim_realm(
    struct generation *g, struct partner *p, const struct n32_realm *realm, struct err *e)
{
	char text[REALM_KEY_MAX];
	struct str key = realm_key(text, realm);
	struct partner *other = map_find(&g->by_realm, key);

	/* TS 33.501 13.1.2: a PLMN-ID is in one anchor at most */
	if (other && other->anchors != p->anchors)
		return err_set(e, ERR_CONFIG,
		    "%s: PLMN %s has other anchors in %s; name the same 'anchors' and 'crl' files in both",
		    script_program_path(p->program), text, script_program_path(other->program));
	if (!other)
		map_put(&g->by_realm, key, p);
	return 0;
}

static int claim_names(struct generation *g, struct partner *p, struct err *e)
{
	for (size_t i = 0; i < p->conf->n_fqdns; i++) {
		struct str fqdn = str_of(p->conf->fqdns[i].text);
		struct partner *other = map_find(&g->by_fqdn, fqdn);

		if (other)
			return err_set(e, ERR_CONFIG,
			    "%s: FQDN '%.*s' is also in %s; a name has one partner",
			    script_program_path(p->program), STR_FMT(fqdn),
			    script_program_path(other->program));
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

/* The anchors that `p` names; files named by several partners are loaded once. */
static int find_anchors(struct generation *g, struct partner *p, struct err *e)
{
	const struct conf_partner *conf = p->conf;
	struct str pem, crl = { NULL, 0 };
	struct tls_anchors *a;
	char key[512];

	snprintf(key, sizeof(key), "%s\n%s", conf->anchors, conf->crl ? conf->crl : "");
	a = map_find(&g->anchors, str_of(key));
	if (!a) {
		if (directory_find(g->directory, conf->anchors, &pem, e) ||
		    (conf->crl && directory_find(g->directory, conf->crl, &crl, e)))
			return err_within(e, "%s: anchors", script_program_path(p->program));
		a = tls_anchors_new(pem, crl, e);
		if (!a)
			return err_within(
			    e, "%s: anchors '%s'", script_program_path(p->program), conf->anchors);
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

static int find_hooks(struct generation *g, struct partner *p, struct err *e)
{
	const char *follows = p->conf->follows;
	const struct script_program *candidates[3] = { p->program, NULL, g->fallback };

	if (follows) {
		candidates[1] = find_shared(g, follows);
		if (!candidates[1])
			return err_set(e, ERR_CONFIG,
			    "%s: follows '%s', but no file in shared/ returns a policy of that name",
			    script_program_path(p->program), follows);
	}
	partner_find_hooks(p, candidates, ARRAY_LEN(candidates));
	return 0;
}

static int add_partner(
    struct generation *g, const struct generation_host *host, const char *path, struct err *e)
{
	struct partner *p = mem_alloc(sizeof(*p)), *other;

	enter(host, "compiling");
	p->program = script_program_new(host->vm, &g->directory->files, path, SCRIPT_PARTNER, e);
	if (!p->program) {
		partner_free(p);
		return ERR_CONFIG;
	}
	p->conf = script_program_partner(p->program);
	g->partners = mem_resize(g->partners, (g->n_partners + 1) * sizeof(struct partner *));
	g->partners[g->n_partners++] = p;
	other = generation_named(g, p->conf->name);
	if (other)
		return err_set(e, ERR_CONFIG, "%s: the name '%s' is also that of %s", path,
		    p->conf->name, script_program_path(other->program));
	map_put(&g->by_name, str_of(p->conf->name), p);
	if (find_hooks(g, p, e))
		return ERR_CONFIG;
	enter(host, "loading anchors");
	if (host->n_libs && find_anchors(g, p, e))
		return ERR_CONFIG;
	enter(host, "comparing partners");
	return claim(g, p, e);
}

static int add_shared(
    struct generation *g, const struct generation_host *host, const char *path, struct err *e)
{
	struct script_program *p =
	    script_program_new(host->vm, &g->directory->files, path, SCRIPT_POLICY, e);

	if (!p)
		return ERR_CONFIG;
	if (find_shared(g, script_program_name(p))) {
		err_set(e, ERR_CONFIG, "%s: the name '%s' is that of another file in shared/", path,
		    script_program_name(p));
		script_program_free(p);
		return ERR_CONFIG;
	}
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
	}
	return rc;
}

/* --- own certificate */

/* A certificate that does not carry our name would be refused by every peer. */
static int check_own_name(const struct generation *g, const struct tls_ctx *ctx, struct err *e)
{
	const struct str *names;
	size_t n = tls_ctx_names(ctx, &names);
	struct n32_identity id;

	if (n32_identity_parse(&id, names, n) || !n32_identity_has_name(&id, g->conf->fqdn.text))
		return err_set(e, ERR_CONFIG,
		    "gateway.lua: certificate '%s' does not have the name '%s' (fqdn)",
		    g->conf->certificate, g->conf->fqdn.text);
	return 0;
}

static int make_tls(struct generation *g, const struct generation_host *host, struct err *e)
{
	struct tls_conf conf = { .choose = host->choose, .chain_cache = g->conf->chain_cache };

	if (directory_find(g->directory, g->conf->certificate, &conf.certificate, e))
		return err_within(e, "gateway.lua: certificate");
	if (directory_find(g->directory, g->conf->key, &conf.key, e))
		return err_within(e, "gateway.lua: key");
	g->tls = mem_array(host->n_libs, sizeof(struct tls_ctx *));
	for (; g->n_tls < host->n_libs; g->n_tls++) {
		conf.arg = host->args ? host->args[g->n_tls] : NULL;
		g->tls[g->n_tls] = tls_ctx_new(host->libs[g->n_tls], &conf, e);
		if (!g->tls[g->n_tls])
			return err_within(
			    e, "gateway.lua: '%s', '%s'", g->conf->certificate, g->conf->key);
	}
	return check_own_name(g, g->tls[0], e);
}

/* --- life */

static int build(struct generation *g, const struct generation_host *host, struct err *e)
{
	const struct script_files *files = &g->directory->files;

	enter(host, "compiling");
	g->gateway = script_program_new(host->vm, files, "gateway.lua", SCRIPT_GATEWAY, e);
	if (!g->gateway)
		return ERR_CONFIG;
	g->conf = script_program_gateway(g->gateway);
	g->fallback = script_program_new(host->vm, files, "default.lua", SCRIPT_POLICY, e);
	if (!g->fallback)
		return ERR_CONFIG;
	if (add_all(g, host, "shared/", add_shared, e) ||
	    add_all(g, host, "partners/", add_partner, e))
		return ERR_CONFIG;
	enter(host, "loading certificates");
	return host->n_libs ? make_tls(g, host, e) : 0;
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
	d = directory_read_part(path, host->n_libs ? DIRECTORY_WHOLE : DIRECTORY_POLICIES, e);
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
	for (size_t i = 0; i < g->n_partners; i++)
		partner_free(g->partners[i]);
	mem_free(g->partners);
	for (size_t i = 0; i < g->n_shared; i++)
		script_program_free(g->shared[i]);
	mem_free(g->shared);
	script_program_free(g->fallback);
	script_program_free(g->gateway);
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
