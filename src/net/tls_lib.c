/* SPDX-License-Identifier: MIT */
/*
 * A library context whose only provider is ours: it hands out the implementations of OpenSSL's
 * default provider, but only those on the list below.  d2i_X509() looks through every decoder of a
 * context for each certificate, so a short list is what makes a handshake cheap; and an algorithm
 * that is not listed cannot be negotiated by mistake.
 */
#include "base/base.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/tls_int.h"

enum {
	ALGORITHMS_MAX = 48
};

struct tls_lib {
	OSSL_LIB_CTX *ctx;
	OSSL_PROVIDER *provider;
	EVP_MD *sha256;
};

struct operation {
	int id;
	const char *const *names; /* first name of each algorithm, NULL-terminated */
	const char *property;     /* must occur in the properties, or NULL */
	OSSL_ALGORITHM list[ALGORITHMS_MAX];
};

static const char *const digests[] = { "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512",
	NULL };
static const char *const ciphers[] = { "AES-128-GCM", "AES-256-GCM", "id-aes128-GCM",
	"id-aes256-GCM", "ChaCha20-Poly1305", "AES-256-CTR", NULL };
static const char *const macs[] = { "HMAC", NULL };
static const char *const kdfs[] = { "HKDF", "TLS13-KDF", "TLS1-PRF", NULL };
static const char *const rands[] = { "CTR-DRBG", "HASH-DRBG", "HMAC-DRBG", "SEED-SRC", NULL };
static const char *const keys[] = { "EC", "RSA", "RSA-PSS", "X25519", "DH", "HMAC", NULL };
static const char *const exchanges[] = { "ECDH", "X25519", "DH", NULL };
static const char *const signatures[] = { "ECDSA", "RSA", "HMAC", NULL };
static const char *const decoders[] = { "EC", "RSA", "RSA-PSS", NULL };

static struct operation operations[] = {
	{ OSSL_OP_DIGEST, digests, NULL, { { 0 } } },
	{ OSSL_OP_CIPHER, ciphers, NULL, { { 0 } } },
	{ OSSL_OP_MAC, macs, NULL, { { 0 } } },
	{ OSSL_OP_KDF, kdfs, NULL, { { 0 } } },
	{ OSSL_OP_RAND, rands, NULL, { { 0 } } },
	{ OSSL_OP_KEYMGMT, keys, NULL, { { 0 } } },
	{ OSSL_OP_KEYEXCH, exchanges, NULL, { { 0 } } },
	{ OSSL_OP_SIGNATURE, signatures, NULL, { { 0 } } },
	/* public keys in certificates, nothing else */
	{ OSSL_OP_DECODER, decoders, "structure=SubjectPublicKeyInfo", { { 0 } } },
};

static OSSL_PROVIDER *default_provider; /* loaded once, kept for the life of the process */
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

int tls_set_err(struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_TLS, "%s: %s", what, tls_take_reason());
}

const char *tls_take_reason(void)
{
	unsigned long cause = ERR_get_error();
	const char *why = ERR_SYSTEM_ERROR(cause) ? "system error" : ERR_reason_error_string(cause);

	ERR_clear_error();
	return why ? why : "no reason given";
}

/* Whether `names`, "A:B:1.2.3", has `name` among its parts, in any case. */
static bool is_called(const char *names, const char *name)
{
	while (*names) {
		size_t n = strcspn(names, ":");

		if (str_ieq((struct str){ names, n }, str_of(name)))
			return true;
		names += n + (names[n] == ':');
	}
	return false;
}

static bool is_listed(const struct operation *op, const OSSL_ALGORITHM *a)
{
	if (op->property && !strstr(a->property_definition, op->property))
		return false;
	for (const char *const *name = op->names; *name; name++) {
		if (is_called(a->algorithm_names, *name))
			return true;
	}
	return false;
}

static void load_default(void)
{
	default_provider = OSSL_PROVIDER_load(NULL, "default");
	if (!default_provider)
		return;
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		struct operation *op = &operations[i];
		int no_cache = 0;
		const OSSL_ALGORITHM *a =
		    OSSL_PROVIDER_query_operation(default_provider, op->id, &no_cache);
		size_t n = 0;

		for (; a && a->algorithm_names; a++) {
			if (n < ALGORITHMS_MAX - 1 && is_listed(op, a))
				op->list[n++] = *a;
		}
	}
}

static const OSSL_ALGORITHM *query(void *provctx, int id, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		if (operations[i].id == id)
			return operations[i].list[0].algorithm_names ? operations[i].list : NULL;
	}
	return NULL;
}

/* The groups and signature algorithms of TLS are capabilities of a provider. */
static int get_capabilities(void *provctx, const char *capability, OSSL_CALLBACK *cb, void *arg)
{
	(void)provctx;
	return OSSL_PROVIDER_get_capabilities(default_provider, capability, cb, arg);
}

static const OSSL_DISPATCH provider_functions[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities },
	{ 0, NULL },
};

/* The implementations expect the context of the provider that they come from. */
static int init_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	(void)handle;
	(void)in;
	*out = provider_functions;
	*provctx = OSSL_PROVIDER_get0_provider_ctx(default_provider);
	return 1;
}

/* Else a lack of memory would look as if a peer could not prove who it is. */
static void *take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 ? mem_resize(NULL, n) : NULL;
}

static void give_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	mem_free(p);
}

static void *resize(void *p, size_t n, const char *file, int line)
{
	if (n > 0)
		return mem_resize(p, n);
	give_back(p, file, line);
	return NULL;
}

void tls_lib_use_memory(void)
{
	ensure(CRYPTO_set_mem_functions(take, resize, give_back) == 1);
}

struct tls_lib *tls_lib_new(bool reduced, struct err *e)
{
	struct tls_lib *lib = mem_alloc(sizeof(*lib));
	const char *name = reduced ? "parley" : "default";

	pthread_once(&loaded, load_default);
	lib->ctx = default_provider ? OSSL_LIB_CTX_new() : NULL;
	if (!lib->ctx || (reduced && OSSL_PROVIDER_add_builtin(lib->ctx, name, init_provider) != 1))
		goto fail;
	lib->provider = OSSL_PROVIDER_load(lib->ctx, name);
	if (!lib->provider)
		goto fail;
	lib->sha256 = EVP_MD_fetch(lib->ctx, "SHA2-256", NULL);
	if (!lib->sha256)
		goto fail;
	return lib;

fail:
	tls_set_err(e, "cannot set up OpenSSL's library context");
	tls_lib_free(lib);
	return NULL;
}

void tls_lib_free(struct tls_lib *lib)
{
	if (!lib)
		return;
	EVP_MD_free(lib->sha256);
	if (lib->provider)
		OSSL_PROVIDER_unload(lib->provider);
	OSSL_LIB_CTX_free(lib->ctx);
	mem_free(lib);
}

OSSL_LIB_CTX *tls_lib_ctx(const struct tls_lib *lib)
{
	return lib->ctx;
}

const EVP_MD *tls_lib_sha256(const struct tls_lib *lib)
{
	return lib->sha256;
}
