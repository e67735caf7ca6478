/* SPDX-License-Identifier: MIT */
/* What generations have in common: programs and anchors that did not change. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sepp/generation.h"
#include "unit_cert.h"
#include "unit_dir.h"

#define OWN_NAME   "sepp.5gc.mnc070.mcc999.3gppnetwork.org"
#define ALPHA_NAME "sepp.5gc.mnc001.mcc001.3gppnetwork.org"

/* A directory with one partner, and the generations of two loads of it. */
struct pair {
	struct dir *dir;
	struct script_vm *vm;
	struct tls_lib *lib;
	struct cert *root, *certificate;
	struct generation *before, *after;
};

static const char gateway_text[] =
    "return sepp.gateway { api = 1, fqdn = \"" OWN_NAME "\", plmns = { \"999-70\" },\n"
    "  capabilities = { sepp.PRINS, sepp.TLS }, certificate = \"certs/gateway.pem\",\n"
    "  key = \"certs/gateway.key\", n32c = { listen = { \"127.0.0.1:0\" } } }\n";

static const char policy_text[] =
    "local policy = sepp.policy { api = 1, name = \"default\" }\n"
    "function policy.select_capability() return sepp.reject(\"no\") end\nreturn policy\n";

#define PARTNER(PLMN)                                                                              \
	"return sepp.partner { api = 1, name = \"alpha\", fqdns = { \"" ALPHA_NAME "\" },\n"       \
	"  plmns = { \"" PLMN "\" }, capabilities = { sepp.TLS },\n"                               \
	"  anchors = \"anchors/alpha.pem\" }\n"

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	(void)arg;
	(void)names;
	(void)n;
	*why = "nobody is asked in these tests";
	return NULL;
}

static struct generation *load(struct pair *p, const struct generation *before)
{
	void *args[] = { NULL };
	const struct generation_host host = {
		.vm = p->vm,
		.n_libs = 1,
		.libs = &p->lib,
		.choose = on_choose,
		.args = args,
		.before = before,
	};
	struct err e = { 0 };
	struct generation *g = generation_load(p->dir->path, &host, &e);

	if (!g)
		fail_msg("%s", e.text);
	return g;
}

/* Loaded once. */
static struct pair *pair_new(void)
{
	struct pair *p = mem_alloc(sizeof(*p));
	struct err e = { 0 };

	p->dir = dir_new();
	p->vm = script_vm_new(&(struct conf_budgets){ 200000, 256 << 10, 250 }, &e);
	p->lib = tls_lib_new(true, &e);
	assert_true(p->vm && p->lib);
	p->root = cert_authority("Alpha Root");
	p->certificate = cert_for(p->root, OWN_NAME);
	dir_write_text(p->dir, "gateway.lua", gateway_text);
	dir_write_text(p->dir, "default.lua", policy_text);
	dir_write_text(p->dir, "partners/alpha.lua", PARTNER("001-01"));
	dir_write(p->dir, "certs/gateway.pem", cert_pem(p->certificate));
	dir_write(p->dir, "certs/gateway.key", cert_key_pem(p->certificate));
	dir_write(p->dir, "anchors/alpha.pem", cert_pem(p->root));
	p->before = load(p, NULL);
	return p;
}

static void pair_free(struct pair *p)
{
	generation_free(p->before);
	generation_free(p->after);
	cert_free(p->root);
	cert_free(p->certificate);
	tls_lib_free(p->lib);
	script_vm_free(p->vm);
	dir_free(p->dir);
	mem_free(p);
}

static const struct partner *alpha_of(const struct generation *g)
{
	return generation_named(g, "alpha");
}

static void what_did_not_change_is_not_made_again(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	p->after = load(p, p->before);
	assert_ptr_equal(p->after->programs, p->before->programs);
	assert_ptr_equal(alpha_of(p->after)->program, alpha_of(p->before)->program);
	assert_ptr_equal(alpha_of(p->after)->anchors, alpha_of(p->before)->anchors);
	pair_free(p);
}

static void what_is_shared_outlives_the_generation_that_made_it(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	p->after = load(p, p->before);
	generation_free(p->before);
	p->before = NULL;
	assert_string_equal(script_program_name(alpha_of(p->after)->program), "alpha");
	assert_string_equal(p->after->conf->fqdn.text, OWN_NAME);
	assert_ptr_equal(alpha_of(p->after)->hooks[SCRIPT_SELECT_CAPABILITY], p->after->fallback);
	assert_true(tls_anchors_not_after_s(alpha_of(p->after)->anchors) > 0);
	pair_free(p);
}

static void a_policy_that_changed_is_compiled_and_the_anchors_stay(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	dir_write_text(p->dir, "partners/alpha.lua", PARTNER("003-03"));
	p->after = load(p, p->before);
	assert_ptr_not_equal(alpha_of(p->after)->program, alpha_of(p->before)->program);
	assert_string_equal(alpha_of(p->after)->conf->plmns[0].mcc, "003");
	assert_ptr_equal(alpha_of(p->after)->anchors, alpha_of(p->before)->anchors);
	pair_free(p);
}

static void data_that_changed_compiles_the_programs(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	dir_write_text(p->dir, "data/list.json", "[1]");
	p->after = load(p, p->before);
	assert_ptr_not_equal(p->after->programs, p->before->programs);
	pair_free(p);
}

static void anchors_that_changed_are_loaded_and_the_programs_stay(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	dir_write(p->dir, "anchors/alpha.pem", cert_pem(p->certificate));
	p->after = load(p, p->before);
	assert_ptr_not_equal(alpha_of(p->after)->anchors, alpha_of(p->before)->anchors);
	assert_ptr_equal(p->after->programs, p->before->programs);
	pair_free(p);
}

/* An old private key is wiped with its generation. */
static void programs_have_no_certificates_and_keys(void **state)
{
	struct pair *p = pair_new();
	struct cert *other = cert_for(p->root, OWN_NAME);

	(void)state;
	dir_write(p->dir, "certs/gateway.pem", cert_pem(other));
	dir_write(p->dir, "certs/gateway.key", cert_key_pem(other));
	p->after = load(p, p->before);
	assert_ptr_equal(p->after->programs, p->before->programs);
	cert_free(other);
	pair_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_did_not_change_is_not_made_again),
		cmocka_unit_test(what_is_shared_outlives_the_generation_that_made_it),
		cmocka_unit_test(a_policy_that_changed_is_compiled_and_the_anchors_stay),
		cmocka_unit_test(data_that_changed_compiles_the_programs),
		cmocka_unit_test(anchors_that_changed_are_loaded_and_the_programs_stay),
		cmocka_unit_test(programs_have_no_certificates_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
