/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "load_prov.h"

struct selection {
	int operation;
	const char *const *names; /* first names, NULL-terminated */
	const char *property;     /* the definition must hold this, or NULL */
	OSSL_ALGORITHM *chosen;   /* made at init */
};

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct selection selections[] = {
	{ .operation = OSSL_OP_DIGEST, .names = NAMES("SHA1", "SHA2-256", "SHA2-384", "SHA2-512") },
	{ .operation = OSSL_OP_CIPHER,
	    .names = NAMES("AES-128-GCM", "AES-256-GCM", "AES-256-CTR") },
	{ .operation = OSSL_OP_MAC, .names = NAMES("HMAC") },
	{ .operation = OSSL_OP_KDF, .names = NAMES("HKDF", "TLS13-KDF", "TLS1-PRF") },
	{ .operation = OSSL_OP_RAND, .names = NAMES("CTR-DRBG", "SEED-SRC") },
	{ .operation = OSSL_OP_KEYMGMT, .names = NAMES("EC", "X25519", "RSA") },
	{ .operation = OSSL_OP_KEYEXCH, .names = NAMES("ECDH", "X25519") },
	{ .operation = OSSL_OP_SIGNATURE, .names = NAMES("ECDSA", "RSA") },
	{ .operation = OSSL_OP_DECODER,
	    .names = NAMES("EC", "RSA"),
	    .property = "input=der,structure=SubjectPublicKeyInfo" },
};

static OSSL_PROVIDER *stock, *reduced;

/* Names are "first:second:1.2.840..."; only the first is compared. */
static bool is_named(const OSSL_ALGORITHM *a, const char *const *names)
{
	struct str first = { a->algorithm_names, strcspn(a->algorithm_names, ":") };

	for (; *names; names++)
		if (str_ieq(first, str_of(*names)))
			return true;
	return false;
}

static OSSL_ALGORITHM *choose(const struct selection *s)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(stock, s->operation, &no_cache);
	OSSL_ALGORITHM *out;
	size_t n = 0;

	while (all && all[n].algorithm_names)
		n++;
	out = mem_array(n + 1, sizeof(*out));
	n = 0;
	for (; all && all->algorithm_names; all++) {
		if (!is_named(all, s->names))
			continue;
		if (s->property && !strstr(all->property_definition, s->property))
			continue;
		out[n++] = *all;
	}
	return out;
}

static const OSSL_ALGORITHM *on_query(void *provctx, int operation, int *no_cache)
{
	(void)provctx; /* there is only one */
	*no_cache = 0;
	for (size_t i = 0; i < ARRAY_LEN(selections); i++)
		if (selections[i].operation == operation)
			return selections[i].chosen;
	return NULL;
}

static int on_capabilities(void *provctx, const char *capability, OSSL_CALLBACK *cb, void *arg)
{
	(void)provctx; /* there is only one */
	return OSSL_PROVIDER_get_capabilities(stock, capability, cb, arg);
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **provctx)
{
	static const OSSL_DISPATCH dispatch[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))on_query },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))on_capabilities },
		{ 0, NULL },
	};

	(void)handle, (void)in; /* the stock provider holds its own */
	for (size_t i = 0; i < ARRAY_LEN(selections); i++)
		selections[i].chosen = choose(&selections[i]);
	*provctx = OSSL_PROVIDER_get0_provider_ctx(stock);
	*out = dispatch;
	return 1;
}

OSSL_LIB_CTX *load_prov_open(struct err *e)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	ensure(ctx && !stock);
	stock = OSSL_PROVIDER_load(NULL, "default");
	if (stock && OSSL_PROVIDER_add_builtin(ctx, "load", init) == 1)
		reduced = OSSL_PROVIDER_load(ctx, "load");
	if (reduced)
		return ctx;
	ERR_clear_error();
	err_set(e, ERR_TLS, "cannot load the reduced provider");
	load_prov_close(ctx);
	return NULL;
}

void load_prov_close(OSSL_LIB_CTX *ctx)
{
	if (!ctx)
		return;
	if (reduced)
		(void)OSSL_PROVIDER_unload(reduced); /* nothing is left to be done if it fails */
	reduced = NULL;
	OSSL_LIB_CTX_free(ctx);
	for (size_t i = 0; i < ARRAY_LEN(selections); i++) {
		mem_free(selections[i].chosen);
		selections[i].chosen = NULL;
	}
	if (stock)
		(void)OSSL_PROVIDER_unload(stock); /* the same */
	stock = NULL;
}
