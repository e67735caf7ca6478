/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/generation.h"
#include "unit_cert.h"
#include "unit_dir.h"

#define OWN_NAME   "sepp.5gc.mnc070.mcc999.3gppnetwork.org"
#define ALPHA_NAME "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
#define BETA_NAME  "sepp.5gc.mnc002.mcc002.3gppnetwork.org"

/* One operator: a directory with a gateway and no partner, and what a generation needs. */
struct site {
	struct dir *dir;
	struct script_vm *vm;
	struct tls_lib *libs[2];
	struct generation_host host;
	struct cert *root, *certificate;
	struct generation *g;
	struct err e;
};

static const char gateway_text[] =
    "return sepp.gateway { api = 1, fqdn = \"" OWN_NAME "\", plmns = { \"999-70\" },\n"
    "  capabilities = { sepp.PRINS, sepp.TLS }, certificate = \"certs/gateway.pem\",\n"
    "  key = \"certs/gateway.key\", n32c = { listen = { \"127.0.0.1:0\" } } }\n";

static const char policy_text[] =
    "local policy = sepp.policy { api = 1, name = \"%s\" }\n"
    "function policy.%s(a, peer)\n  return sepp.%s\nend\nreturn policy\n";

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	(void)arg;
	(void)names;
	(void)n;
	*why = "nobody is asked in these tests";
	return NULL;
}

static void write_policy(struct site *s, const char *path, const char *name, const char *hook)
{
	char text[512];

	snprintf(text, sizeof(text), policy_text, name, hook,
	    strcmp(hook, "select_capability") == 0 ? "reject(\"no\")" : "release(\"no\")");
	dir_write_text(s->dir, path, text);
}

static struct site *site_new(void)
{
	struct site *s = mem_alloc(sizeof(*s));

	s->dir = dir_new();
	s->vm = script_vm_new(&(struct conf_budgets){ 200000, 256 << 10, 250 }, &s->e);
	s->libs[0] = tls_lib_new(true, &s->e);
	s->libs[1] = tls_lib_new(true, &s->e);
	assert_true(s->vm && s->libs[0] && s->libs[1]);
	s->host = (struct generation_host){
		.vm = s->vm, .n_libs = 2, .libs = s->libs, .choose = on_choose
	};
	s->root = cert_authority("Alpha Root");
	s->certificate = cert_for(s->root, OWN_NAME);
	dir_write_text(s->dir, "gateway.lua", gateway_text);
	write_policy(s, "default.lua", "default", "select_capability");
	dir_write(s->dir, "certs/gateway.pem", cert_pem(s->certificate));
	dir_write(s->dir, "certs/gateway.key", cert_key_pem(s->certificate));
	dir_write(s->dir, "anchors/alpha.pem", cert_pem(s->root));
	dir_write(s->dir, "anchors/beta.pem", cert_pem(s->root));
	return s;
}

static void site_free(struct site *s)
{
	generation_free(s->g);
	cert_free(s->root);
	cert_free(s->certificate);
	tls_lib_free(s->libs[0]);
	tls_lib_free(s->libs[1]);
	script_vm_free(s->vm);
	dir_free(s->dir);
	mem_free(s);
}

/* Writes partners/<name>.lua; `more` goes into its table, `rest` behind it. */
static void write_partner(struct site *s, const char *name, const char *fqdn, const char *plmn,
    const char *more, const char *rest)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "partners/%s.lua", name);
	snprintf(text, sizeof(text),
	    "local partner = sepp.partner { api = 1, name = \"%s\", fqdns = { \"%s\" },\n"
	    "  plmns = { \"%s\" }, capabilities = { sepp.TLS }, %s }\n%s\nreturn partner\n",
	    name, fqdn, plmn, more, rest);
	dir_write_text(s->dir, path, text);
}

#define ALPHA_ANCHORS "anchors = \"anchors/alpha.pem\""
#define BETA_ANCHORS  "anchors = \"anchors/beta.pem\""

/* A site with the partners alpha (001-01) and beta (002-02), each with anchors of its own. */
static struct site *site_with_partners(void)
{
	struct site *s = site_new();

	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS, "");
	write_partner(s, "beta", BETA_NAME, "002-02", BETA_ANCHORS, "");
	return s;
}

static struct generation *load(struct site *s)
{
	generation_free(s->g);
	s->g = generation_load(s->dir->path, &s->host, &s->e);
	if (!s->g)
		fail_msg("%s", s->e.text);
	return s->g;
}

/* Why there is no generation; it ends the site. */
static void assert_refused(struct site *s, const char *const *words, size_t n)
{
	assert_null(generation_load(s->dir->path, &s->host, &s->e));
	for (size_t i = 0; i < n; i++) {
		if (!strstr(s->e.text, words[i]))
			fail_msg("'%s' is not in: %s", words[i], s->e.text);
	}
	site_free(s);
}

#define ASSERT_REFUSED(s, ...)                                                                     \
	assert_refused(s, (const char *const[]){ __VA_ARGS__ },                                    \
	    ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

/* --- what is built */

static void a_directory_without_partners_is_a_generation(void **state)
{
	struct site *s = site_new();
	struct generation *g = load(s);

	(void)state;
	assert_string_equal(g->conf->fqdn.text, OWN_NAME);
	assert_int_equal(g->n_partners, 0);
	assert_int_equal(g->n_tls, 2);
	assert_true(tls_ctx_not_after_s(g->tls[1]) > CERT_NOW);
	assert_int_equal(strlen(g->directory->digest), 64);
	assert_null(generation_find(g, ALPHA_NAME));
	generation_free(NULL);
	site_free(s);
}

static void a_partner_is_found_by_each_of_its_names(void **state)
{
	struct site *s = site_with_partners();
	struct generation *g;

	(void)state;
	write_partner(
	    s, "alpha", ALPHA_NAME "\", \"SEPP2.Example.ORG.", "001-01", ALPHA_ANCHORS, "");
	g = load(s);
	assert_int_equal(g->n_partners, 2);
	assert_string_equal(generation_find(g, ALPHA_NAME)->conf->name, "alpha");
	assert_string_equal(generation_find(g, "sepp2.example.org")->conf->name, "alpha");
	assert_string_equal(generation_find(g, BETA_NAME)->conf->name, "beta");
	assert_null(generation_find(g, "sepp3.example.org"));
	assert_null(generation_find(g, ""));
	site_free(s);
}

static void partners_stand_in_the_order_of_their_files(void **state)
{
	struct site *s = site_with_partners();
	struct generation *g;

	(void)state;
	write_partner(s, "aaa", "sepp.example.org", "003-03", ALPHA_ANCHORS, "");
	g = load(s);
	assert_int_equal(g->n_partners, 3);
	assert_string_equal(g->partners[0]->conf->name, "aaa");
	assert_string_equal(g->partners[1]->conf->name, "alpha");
	assert_string_equal(g->partners[2]->conf->name, "beta");
	assert_null(g->partners[0]->association);
	site_free(s);
}

static void anchors_that_several_partners_name_are_loaded_once(void **state)
{
	struct site *s = site_with_partners();
	struct generation *g;

	(void)state;
	write_partner(s, "gamma", "sepp.example.org", "003-03", ALPHA_ANCHORS, "");
	g = load(s);
	assert_ptr_equal(g->partners[0]->anchors, g->partners[2]->anchors);
	assert_ptr_not_equal(g->partners[0]->anchors, g->partners[1]->anchors);
	site_free(s);
}

/* --- hooks */

static const struct script_program *answerer(struct site *s, enum script_hook hook)
{
	return generation_find(s->g, ALPHA_NAME)->hooks[hook];
}

static void a_hook_is_the_partners_then_the_shared_ones_then_the_default(void **state)
{
	static const char own[] =
	    "function partner.select_capability(a, peer)\n  return sepp.reject(\"x\")\nend";
	struct site *s = site_new();

	(void)state;
	write_policy(s, "shared/hub.lua", "hub", "retain_connection");
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS ", follows = \"hub\"", own);
	load(s);
	assert_string_equal(
	    script_program_path(answerer(s, SCRIPT_SELECT_CAPABILITY)), "partners/alpha.lua");
	assert_string_equal(
	    script_program_path(answerer(s, SCRIPT_RETAIN_CONNECTION)), "shared/hub.lua");
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS ", follows = \"hub\"", "");
	load(s);
	assert_string_equal(
	    script_program_path(answerer(s, SCRIPT_SELECT_CAPABILITY)), "default.lua");
	site_free(s);
}

static void a_shared_policy_comes_before_the_default(void **state)
{
	struct site *s = site_new();

	(void)state;
	write_policy(s, "shared/hub.lua", "hub", "select_capability");
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS ", follows = \"hub\"", "");
	load(s);
	assert_string_equal(
	    script_program_path(answerer(s, SCRIPT_SELECT_CAPABILITY)), "shared/hub.lua");
	site_free(s);
}

static void a_shared_policy_that_is_not_followed_answers_nothing(void **state)
{
	struct site *s = site_new();

	(void)state;
	write_policy(s, "shared/hub.lua", "hub", "retain_connection");
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS, "");
	load(s);
	assert_string_equal(
	    script_program_path(answerer(s, SCRIPT_SELECT_CAPABILITY)), "default.lua");
	assert_null(answerer(s, SCRIPT_RETAIN_CONNECTION));
	site_free(s);
}

/* --- anchors of a certificate */

static struct tls_anchors *anchors_of(
    struct site *s, const struct str *names, size_t n, const char **why)
{
	static struct n32_identity id;

	assert_int_equal(n32_identity_parse(&id, names, n), 0);
	return generation_anchors(s->g, &id, why);
}

static void anchors_are_chosen_by_the_plmn_of_the_certificate(void **state)
{
	/* any host of the PLMN, whether the partner's file has the name or not */
	static const struct str alpha[] = { STR_LIT("x.y.5gc.mnc001.mcc001.3gppnetwork.org"),
		STR_LIT("sepp.example.org") };
	static const struct str beta[] = { STR_LIT(BETA_NAME) };
	struct site *s = site_with_partners();
	const char *why = "";

	(void)state;
	load(s);
	assert_ptr_equal(anchors_of(s, alpha, 2, &why), s->g->partners[0]->anchors);
	assert_ptr_equal(anchors_of(s, beta, 1, &why), s->g->partners[1]->anchors);
	site_free(s);
}

static void certificates_of_unknown_mixed_or_no_plmns_have_no_anchors(void **state)
{
	static const struct {
		struct str names[2];
		const char *why;
	} rows[] = {
		{ { STR_LIT("sepp.example.org"), STR_LIT("b.example.org") },
		    "the certificate names no PLMN" },
		{ { STR_LIT("sepp.5gc.mnc009.mcc009.3gppnetwork.org"), STR_LIT("b.org") },
		    "no partner has the PLMN of the certificate" },
		{ { STR_LIT(ALPHA_NAME), STR_LIT("sepp.5gc.mnc009.mcc009.3gppnetwork.org") },
		    "no partner has the PLMN of the certificate" },
		{ { STR_LIT(ALPHA_NAME), STR_LIT(BETA_NAME) },
		    "the certificate names PLMNs of different anchors" },
	};
	struct site *s = site_with_partners();

	(void)state;
	load(s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why = NULL;

		assert_null(anchors_of(s, rows[i].names, 2, &why));
		assert_string_equal(why, rows[i].why);
	}
	site_free(s);
}

static void an_snpn_has_its_own_anchors_and_not_those_of_its_plmn(void **state)
{
	static const struct str snpn[] = { STR_LIT(
	    "sepp.5gc.nid00000abcdef.mnc001.mcc001.3gppnetwork.org") };
	struct site *s = site_with_partners();
	const char *why = NULL;

	(void)state;
	load(s);
	assert_null(anchors_of(s, snpn, 1, &why));
	write_partner(s, "beta", BETA_NAME, "002-02",
	    BETA_ANCHORS ", snpns = { \"001-01-00000abcdef\" }", "");
	load(s);
	assert_ptr_equal(anchors_of(s, snpn, 1, &why), s->g->partners[1]->anchors);
	site_free(s);
}

static void two_partners_of_one_plmn_share_its_anchors(void **state)
{
	static const struct str names[] = { STR_LIT(ALPHA_NAME) };
	struct site *s = site_new();
	const char *why = NULL;

	(void)state;
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS, "");
	write_partner(s, "alpha2", "sepp2.example.org", "001-01", ALPHA_ANCHORS, "");
	load(s);
	assert_non_null(anchors_of(s, names, 1, &why));
	site_free(s);
}

/* --- what is refused */

static void one_plmn_with_two_anchors_is_refused_and_both_files_are_named(void **state)
{
	/* 001-01 and 001-001 are one PLMN in a certificate */
	static const char *const plmns[] = { "001-01", "001-001" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plmns); i++) {
		struct site *s = site_with_partners();

		write_partner(s, "zeta", "sepp.example.org", plmns[i], BETA_ANCHORS, "");
		ASSERT_REFUSED(s, "partners/zeta.lua:2: PLMN 001001 has other anchors in",
		    "partners/alpha.lua");
	}
}

static void one_name_in_two_files_is_refused_and_both_are_named(void **state)
{
	struct site *s = site_with_partners();

	(void)state;
	write_partner(s, "zeta", ALPHA_NAME ".", "003-03", BETA_ANCHORS, "");
	ASSERT_REFUSED(
	    s, "partners/zeta.lua:1: FQDN '" ALPHA_NAME "' is also in partners/alpha.lua");
}

static void two_partners_of_one_name_are_refused(void **state)
{
	struct site *s = site_with_partners();

	(void)state;
	dir_write_text(s->dir, "partners/zeta.lua",
	    "return sepp.partner { api = 1, name = \"alpha\", fqdns = { \"a.org\" },\n"
	    "plmns = { \"003-03\" }, capabilities = { sepp.TLS }, " ALPHA_ANCHORS " }\n");
	ASSERT_REFUSED(
	    s, "partners/zeta.lua:1: the name 'alpha' is also that of partners/alpha.lua");
}

static void two_shared_policies_of_one_name_are_refused(void **state)
{
	struct site *s = site_new();

	(void)state;
	write_policy(s, "shared/a.lua", "hub", "retain_connection");
	write_policy(s, "shared/b.lua", "hub", "retain_connection");
	ASSERT_REFUSED(s, "shared/b.lua:1: the name 'hub' is that of another file");
}

static void following_nobody_is_refused(void **state)
{
	struct site *s = site_new();

	(void)state;
	write_policy(s, "shared/hub.lua", "hub", "retain_connection");
	write_partner(s, "alpha", ALPHA_NAME, "001-01", ALPHA_ANCHORS ", follows = \"hup\"", "");
	ASSERT_REFUSED(s, "partners/alpha.lua:2: follows 'hup', but no file in shared/");
}

static void anchors_that_are_not_there_or_not_readable_are_refused(void **state)
{
	static const char *const texts[] = { NULL, "no PEM\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct site *s = site_with_partners();

		dir_remove(s->dir, "anchors/beta.pem");
		if (texts[i])
			dir_write_text(s->dir, "anchors/beta.pem", texts[i]);
		ASSERT_REFUSED(s, "partners/beta.lua:2: anchors", "anchors/beta.pem",
		    texts[i] ? "holds no certificate" : "no such file in the directory");
	}
}

static void a_revocation_list_that_is_not_there_or_none_is_refused(void **state)
{
	static const char *const texts[][2] = {
		{ NULL, "anchors/alpha.crl: no such file" },
		{ "", "crl 'anchors/alpha.crl': revocation lists: holds no revocation list" },
		{ "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
		    "crl 'anchors/alpha.crl': revocation lists: cannot use revocation list number 1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct site *s = site_new();

		write_partner(s, "alpha", ALPHA_NAME, "001-01",
		    ALPHA_ANCHORS ", crl = \"anchors/alpha.crl\"", "");
		if (texts[i][0])
			dir_write_text(s->dir, "anchors/alpha.crl", texts[i][0]);
		ASSERT_REFUSED(s, "partners/alpha.lua:2: anchors", texts[i][1]);
	}
}

static void one_plmn_with_two_ways_to_take_an_expired_list_is_refused(void **state)
{
	static const char list[] = ALPHA_ANCHORS ", crl = \"anchors/alpha.crl\"";
	struct site *s = site_new();
	struct str crl = cert_revoke(s->root, NULL);

	(void)state;
	dir_write(s->dir, "anchors/alpha.crl", crl);
	cert_text_free(crl);
	write_partner(s, "alpha", ALPHA_NAME, "001-01", list, "");
	write_partner(s, "zeta", "sepp.example.org", "001-01",
	    ALPHA_ANCHORS ", crl = \"anchors/alpha.crl\", expired_crl = sepp.crl.ACCEPT", "");
	ASSERT_REFUSED(s, "partners/zeta.lua:2: PLMN 001001 has other anchors in",
	    "name the same 'anchors', 'crl' and 'expired_crl' in both");
}

static void an_own_certificate_for_one_role_is_refused(void **state)
{
	static const enum cert_use uses[] = { CERT_CLIENT, CERT_SERVER };
	static const char *const words[] = { "may not be a server's", "may not be a client's" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		const struct cert_spec spec = { .names = { OWN_NAME }, .use = uses[i] };
		struct site *s = site_new();
		struct cert *own = cert_issue(s->root, &spec);

		dir_write(s->dir, "certs/gateway.pem", cert_pem(own));
		dir_write(s->dir, "certs/gateway.key", cert_key_pem(own));
		cert_free(own);
		ASSERT_REFUSED(s, "gateway.lua:2: certificate 'certs/gateway.pem'", words[i]);
	}
}

static void an_own_certificate_without_our_name_is_refused(void **state)
{
	struct site *s = site_new();
	struct cert *other = cert_for(s->root, ALPHA_NAME);

	(void)state;
	dir_write(s->dir, "certs/gateway.pem", cert_pem(other));
	dir_write(s->dir, "certs/gateway.key", cert_key_pem(other));
	cert_free(other);
	ASSERT_REFUSED(
	    s, "gateway.lua:2: certificate 'certs/gateway.pem' does not have the name '", OWN_NAME);
}

static void an_own_certificate_may_have_our_name_as_a_wildcard(void **state)
{
	struct site *s = site_new();
	struct cert *wild = cert_for(s->root, "*.5gc.mnc070.mcc999.3gppnetwork.org");

	(void)state;
	dir_write(s->dir, "certs/gateway.pem", cert_pem(wild));
	dir_write(s->dir, "certs/gateway.key", cert_key_pem(wild));
	cert_free(wild);
	load(s);
	site_free(s);
}

static void a_key_of_another_certificate_is_refused_with_both_files(void **state)
{
	struct site *s = site_new();
	struct cert *other = cert_for(s->root, OWN_NAME);

	(void)state;
	dir_write(s->dir, "certs/gateway.key", cert_key_pem(other));
	cert_free(other);
	ASSERT_REFUSED(
	    s, "gateway.lua:2: 'certs/gateway.pem', 'certs/gateway.key': the private key");
}

static void files_that_must_be_there_are_missed(void **state)
{
	static const char *const files[] = { "gateway.lua", "default.lua", "certs/gateway.pem",
		"certs/gateway.key" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct site *s = site_with_partners();

		dir_remove(s->dir, files[i]);
		ASSERT_REFUSED(s, files[i]);
	}
}

static void a_mistake_in_any_file_means_no_generation(void **state)
{
	static const char *const files[] = { "gateway.lua", "default.lua", "shared/hub.lua",
		"partners/zeta.lua" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct site *s = site_with_partners();

		dir_write_text(s->dir, files[i], "return nothing of use");
		ASSERT_REFUSED(s, files[i]);
	}
}

static void offline_a_generation_decides_without_keys_and_anchors(void **state)
{
	struct site *s = site_with_partners();
	const struct partner *alpha;

	(void)state;
	dir_remove(s->dir, "certs/gateway.pem");
	dir_remove(s->dir, "certs/gateway.key");
	dir_remove(s->dir, "anchors/alpha.pem");
	s->host = (struct generation_host){ .vm = s->vm };
	alpha = generation_find(load(s), ALPHA_NAME);
	assert_ptr_equal(alpha->hooks[SCRIPT_SELECT_CAPABILITY], s->g->fallback);
	write_partner(s, "beta", ALPHA_NAME, "002-02", BETA_ANCHORS, "");
	ASSERT_REFUSED(s, "partners/beta.lua:1: FQDN '" ALPHA_NAME
			  "' is also in partners/alpha.lua; a name has one partner");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_without_partners_is_a_generation),
		cmocka_unit_test(a_partner_is_found_by_each_of_its_names),
		cmocka_unit_test(partners_stand_in_the_order_of_their_files),
		cmocka_unit_test(anchors_that_several_partners_name_are_loaded_once),
		cmocka_unit_test(a_hook_is_the_partners_then_the_shared_ones_then_the_default),
		cmocka_unit_test(a_shared_policy_comes_before_the_default),
		cmocka_unit_test(a_shared_policy_that_is_not_followed_answers_nothing),
		cmocka_unit_test(anchors_are_chosen_by_the_plmn_of_the_certificate),
		cmocka_unit_test(certificates_of_unknown_mixed_or_no_plmns_have_no_anchors),
		cmocka_unit_test(an_snpn_has_its_own_anchors_and_not_those_of_its_plmn),
		cmocka_unit_test(two_partners_of_one_plmn_share_its_anchors),
		cmocka_unit_test(one_plmn_with_two_anchors_is_refused_and_both_files_are_named),
		cmocka_unit_test(one_name_in_two_files_is_refused_and_both_are_named),
		cmocka_unit_test(two_partners_of_one_name_are_refused),
		cmocka_unit_test(two_shared_policies_of_one_name_are_refused),
		cmocka_unit_test(following_nobody_is_refused),
		cmocka_unit_test(anchors_that_are_not_there_or_not_readable_are_refused),
		cmocka_unit_test(a_revocation_list_that_is_not_there_or_none_is_refused),
		cmocka_unit_test(one_plmn_with_two_ways_to_take_an_expired_list_is_refused),
		cmocka_unit_test(an_own_certificate_for_one_role_is_refused),
		cmocka_unit_test(an_own_certificate_without_our_name_is_refused),
		cmocka_unit_test(an_own_certificate_may_have_our_name_as_a_wildcard),
		cmocka_unit_test(a_key_of_another_certificate_is_refused_with_both_files),
		cmocka_unit_test(files_that_must_be_there_are_missed),
		cmocka_unit_test(a_mistake_in_any_file_means_no_generation),
		cmocka_unit_test(offline_a_generation_decides_without_keys_and_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
