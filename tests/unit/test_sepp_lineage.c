/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "sepp/lineage.h"
#include "sepp/roster.h"
#include "unit_cert.h"
#include "unit_dir.h"

/* --- the hammer: threads that decide without pause while generations change */

#define OWN_NAME   "sepp.5gc.mnc070.mcc999.3gppnetwork.org"
#define ALPHA_NAME "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
#define BETA_NAME  "sepp.5gc.mnc002.mcc002.3gppnetwork.org"

enum {
	THREADS = 4,
	RELOADS = 1000,
	BROKEN_EVERY = 10,
	ROLLBACK_EVERY = 7,
	BETA_EVERY = 3, /* versions in which there is a second partner */
};

struct hammer;

struct blow {
	struct hammer *h;
	size_t number;
	pthread_t thread;
	atomic_bool told;
	struct script_vm *vm;
	struct script_input in;
	struct n32_neg_req request;
	struct script_answer out;
	const struct association *alpha; /* the same one, whatever is in force */
	uint64_t decisions, wrong, stale, strange;
};

struct hammer {
	struct dir *dir;
	struct script_vm *vm;
	struct tls_lib *lib;
	struct generation_host host;
	struct commons commons;
	struct lineage *l;
	struct roster roster;
	bool beta_is_there;
	struct blow blows[THREADS];
	unsigned version_of[RELOADS + 2];     /* by generation; written before it is published */
	_Atomic uint64_t published, finished; /* activations */
	atomic_bool waits, over;
	struct err e;
};

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	(void)arg;
	(void)names;
	(void)n;
	*why = "nobody connects";
	return NULL;
}

static void write_partner(
    struct hammer *h, const char *name, const char *fqdn, const char *plmn, unsigned version)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "partners/%s.lua", name);
	snprintf(text, sizeof(text),
	    "local partner = sepp.partner { api = 1, name = \"%s\", fqdns = { \"%s\" },\n"
	    "  plmns = { \"%s\" }, capabilities = { sepp.TLS }, anchors = \"anchors/a.pem\" }\n"
	    "function partner.select_capability(request, peer)\n"
	    "  return sepp.reject(\"%%s %%d\", peer.name, %u)\nend\nreturn partner\n",
	    name, fqdn, plmn, version);
	dir_write_text(h->dir, path, text);
}

static bool has_beta(unsigned version)
{
	return version % BETA_EVERY == 0;
}

static void write_version(struct hammer *h, unsigned version)
{
	write_partner(h, "alpha", ALPHA_NAME, "001-01", version);
	if (has_beta(version))
		write_partner(h, "beta", BETA_NAME, "002-02", version);
	else if (h->beta_is_there)
		dir_remove(h->dir, "partners/beta.lua");
	h->beta_is_there = has_beta(version);
}

static void write_base(struct hammer *h)
{
	struct cert *root = cert_authority("Root"), *own = cert_for(root, OWN_NAME);

	dir_write_text(h->dir, "gateway.lua",
	    "return sepp.gateway { api = 1, fqdn = \"" OWN_NAME "\", plmns = { \"999-70\" },\n"
	    "  capabilities = { sepp.TLS }, certificate = \"certs/gateway.pem\",\n"
	    "  key = \"certs/gateway.key\", n32c = { listen = { \"127.0.0.1:0\" } } }\n");
	dir_write_text(h->dir, "default.lua", "return sepp.policy { api = 1, name = \"none\" }\n");
	dir_write(h->dir, "certs/gateway.pem", cert_pem(own));
	dir_write(h->dir, "certs/gateway.key", cert_key_pem(own));
	dir_write(h->dir, "anchors/a.pem", cert_pem(root));
	cert_free(own);
	cert_free(root);
}

/* --- one thread */

static void on_tell_blow(void *arg, size_t i)
{
	struct hammer *h = arg;

	atomic_store(&h->blows[i].told, true);
}

/* Whether the answer is that of the generation which was read, to the letter. */
static bool ask(struct blow *b, const struct generation *g, const char *name, const char *fqdn)
{
	const struct partner *p = generation_find(g, fqdn);
	char right[256];

	if (!p->association || strcmp(assoc_name(p->association), name) != 0)
		b->strange++;
	b->in.peer.partner = p->conf;
	script_decide(b->vm, p->hooks[SCRIPT_SELECT_CAPABILITY], &b->in, &b->out);
	b->decisions++;
	snprintf(right, sizeof(right), "%s %u", name, b->h->version_of[g->number]);
	return b->out.verdict == SCRIPT_REJECT && strcmp(b->out.reason, right) == 0;
}

static void raise_to(_Atomic uint64_t *most, uint64_t value)
{
	uint64_t now = atomic_load(most);

	while (now < value && !atomic_compare_exchange_weak(most, &now, value))
		;
}

static void *strike(void *arg)
{
	struct blow *b = arg;
	struct hammer *h = b->h;
	uint64_t last = 0;

	/* on few cores, the keeper comes first: it is what makes the test long */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	while (!atomic_load(&h->over)) {
		uint64_t published = atomic_load(&h->published);
		uint64_t finished = atomic_load(&h->finished);
		const struct generation *g = commons_current(&h->commons);

		b->wrong += !ask(b, g, "alpha", ALPHA_NAME);
		b->strange += generation_find(g, ALPHA_NAME)->association != b->alpha;
		if (has_beta(h->version_of[g->number]))
			b->wrong += !ask(b, g, "beta", BETA_NAME);
		else if (generation_find(g, BETA_NAME))
			b->wrong++;
		b->stale +=
		    g->activation < published || g->activation < finished || g->activation < last;
		last = g->activation;
		raise_to(&h->finished, last);
		if (atomic_exchange(&b->told, false))
			lineage_follow(h->l, b->number);
		else if (atomic_load(&h->waits))
			sched_yield(); /* on few cores, to those that still have to follow */
	}
	return NULL;
}

static void start(struct hammer *h, size_t i)
{
	struct blow *b = &h->blows[i];
	pthread_attr_t attr;

	b->h = h;
	b->number = i;
	b->vm = script_vm_new(&script_default_budgets, &h->e);
	assert_non_null(b->vm);
	b->alpha = generation_find(commons_current(&h->commons), ALPHA_NAME)->association;
	b->request.n_caps = 1;
	b->request.caps[0].cap = N32_CAP_TLS;
	b->in = (struct script_input){
		.hook = SCRIPT_SELECT_CAPABILITY,
		.now_s = CERT_NOW,
		.request = &b->request,
		.offer = { 1, { N32_CAP_TLS } },
	};
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 8 << 20);
	assert_int_equal(pthread_create(&b->thread, &attr, strike, b), 0);
	pthread_attr_destroy(&attr);
}

/* --- the keeper */

static void activate(struct hammer *h, struct generation *g)
{
	roster_enlist(&h->roster, h->l, g, CERT_NOW);
	lineage_activate(h->l, g, "hammer", CERT_NOW);
	atomic_store(&h->published, g->activation);
	roster_trim(&h->roster, g);
}

/* Until all threads have followed. */
static void await(struct hammer *h)
{
	atomic_store(&h->waits, true);
	if (lineage_await(h->l, &h->e))
		fail_msg("%s", h->e.text);
	atomic_store(&h->waits, false);
}

static void reload(struct hammer *h, unsigned version)
{
	struct generation *g;

	write_version(h, version);
	h->version_of[lineage_highest(h->l) + 1] = version;
	await(h);
	g = generation_load(h->dir->path, &h->host, &h->e);
	if (!g)
		fail_msg("%s", h->e.text);
	activate(h, g);
}

static void reload_broken(struct hammer *h)
{
	static const char *const texts[] = { "return 1", "local partner = sepp.partner {",
		"while true do end", "error('no')" };
	struct generation *now = commons_current(&h->commons);
	uint64_t activation = now->activation;
	static size_t turn;

	dir_write_text(h->dir, "partners/alpha.lua", texts[turn++ % ARRAY_LEN(texts)]);
	assert_null(generation_load(h->dir->path, &h->host, &h->e));
	assert_non_null(strstr(h->e.text, "partners/alpha.lua"));
	assert_ptr_equal(commons_current(&h->commons), now);
	assert_int_equal(now->activation, activation);
}

/* To the one before, or to one farther back. */
static void roll_back(struct hammer *h, unsigned turn)
{
	size_t n = lineage_count(h->l);
	uint64_t number = turn % 2 ? 0 : lineage_kept(h->l, 1 + turn / 2 % (n - 1))->number;
	struct generation *g;

	await(h);
	g = lineage_choose(h->l, number, &h->e);
	assert_non_null(g);
	activate(h, g);
}

static struct hammer *hammer_new(void)
{
	struct hammer *h = mem_alloc(sizeof(*h));

	h->dir = dir_new();
	h->vm = script_vm_new(&(struct conf_budgets){ 20000, 256 << 10, 250 }, &h->e);
	h->lib = tls_lib_new(true, &h->e);
	assert_true(h->vm && h->lib);
	h->host = (struct generation_host){
		.vm = h->vm, .n_libs = 1, .libs = &h->lib, .choose = on_choose
	};
	commons_init(&h->commons);
	roster_init(&h->roster);
	h->l = lineage_new(&h->commons, THREADS, on_tell_blow, h);
	write_base(h);
	return h;
}

static void hammer_free(struct hammer *h)
{
	for (size_t i = 0; i < THREADS; i++)
		script_vm_free(h->blows[i].vm);
	lineage_free(h->l);
	roster_release(&h->roster);
	commons_release(&h->commons);
	tls_lib_free(h->lib);
	script_vm_free(h->vm);
	dir_free(h->dir);
	mem_free(h);
}

static void assert_right(struct hammer *h, msec took, unsigned rollbacks)
{
	uint64_t decisions = 0;

	for (size_t i = 0; i < THREADS; i++) {
		const struct blow *b = &h->blows[i];

		if (b->wrong || b->stale || b->strange)
			fail_msg("thread %zu: %llu wrong, %llu stale, %llu without association of "
				 "%llu; the last answer: %s",
			    i, (unsigned long long)b->wrong, (unsigned long long)b->stale,
			    (unsigned long long)b->strange, (unsigned long long)b->decisions,
			    b->out.reason);
		assert_true(b->decisions > 0);
		decisions += b->decisions;
	}
	print_message("%d reloads, %d of them broken, and %u rollbacks in %.1f s; "
		      "%llu decisions, %.0f a second\n",
	    RELOADS, RELOADS / BROKEN_EVERY, rollbacks, (double)took / 1000,
	    (unsigned long long)decisions, (double)decisions * 1000 / (double)took);
}

static void no_decision_is_wrong_or_stale_while_generations_come_and_go(void **state)
{
	struct hammer *h = hammer_new();
	unsigned rollbacks = 0;
	msec begun;

	(void)state;
	reload(h, 1);
	for (size_t i = 0; i < THREADS; i++)
		start(h, i);
	begun = clock_mono();
	for (unsigned turn = 1; turn <= RELOADS; turn++) {
		if (turn % BROKEN_EVERY == 0)
			reload_broken(h);
		else
			reload(h, turn + 1);
		if (turn % ROLLBACK_EVERY == 0)
			roll_back(h, rollbacks++);
	}
	await(h);
	begun = clock_mono() - begun;
	atomic_store(&h->over, true);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(h->blows[i].thread, NULL);
	assert_int_equal(lineage_highest(h->l), 1 + RELOADS - RELOADS / BROKEN_EVERY);
	assert_right(h, begun, rollbacks);
	hammer_free(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_decision_is_wrong_or_stale_while_generations_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
