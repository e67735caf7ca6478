/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/tls_int.h"

/* n32.md D.1; X25519 before P-256 because it costs less and both are allowed */
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define SUITES_12                                                                                  \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
#define GROUPS "X25519:P-256:P-384"
#define SIGALGS                                                                                    \
	"ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"   \
	"rsa_pss_pss_sha256:rsa_pkcs1_sha256:rsa_pkcs1_sha384"

enum {
	PROBE_TURNS = 8, /* flights of a handshake, with room */
};

static int set_profile(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* without NO_AUTO_CHAIN a lone leaf would be verified again in each handshake */
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_dh_auto(ctx, 1);
	tls_ctx_set_callbacks(ctx);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
		       SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
		       SSL_CTX_set_ciphersuites(ctx, SUITES_13) == 1 &&
		       SSL_CTX_set_cipher_list(ctx, SUITES_12) == 1 &&
		       SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 &&
		       SSL_CTX_set1_sigalgs_list(ctx, SIGALGS) == 1
		   ? 0
		   : ERR_TLS;
}

/* A key with a passphrase would ask on the terminal: refuse it instead. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

static int use_certificate(struct tls_ctx *ctx, struct str pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *leaf = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	const char *why;
	X509 *next;
	int rc = 0;

	if (!leaf || SSL_CTX_use_certificate(ctx->ssl, leaf) != 1)
		rc = tls_set_err(e, "cannot use the certificate");
	else if (tls_peer_read(&ctx->self, ctx->lib, leaf, &why))
		rc = err_set(e, ERR_TLS, "%s", why);
	X509_free(leaf);
	while (rc == 0 && (next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		if (SSL_CTX_add1_chain_cert(ctx->ssl, next) != 1)
			rc = tls_set_err(e, "cannot use the chain of the certificate");
		X509_free(next);
	}
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

static int use_key(struct tls_ctx *ctx, struct str pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	int rc = 0;

	BIO_free(bio);
	if (!key)
		rc = tls_set_err(
		    e, "cannot read the private key (PEM without a passphrase is expected)");
	else if (SSL_CTX_use_PrivateKey(ctx->ssl, key) != 1 ||
		 SSL_CTX_check_private_key(ctx->ssl) != 1)
		rc = tls_set_err(e, "the private key is not the one of the certificate");
	EVP_PKEY_free(key);
	return rc;
}

static int fill(struct tls_ctx *ctx, const struct tls_conf *conf, struct err *e)
{
	ctx->ssl = SSL_CTX_new_ex(tls_lib_ctx(ctx->lib), NULL, TLS_method());
	if (!ctx->ssl || set_profile(ctx->ssl))
		return tls_set_err(e, "cannot set the TLS profile");
	if (use_certificate(ctx, conf->certificate, e))
		return ERR_TLS;
	return use_key(ctx, conf->key, e);
}

static void empty(struct tls_ctx *ctx)
{
	SSL_CTX_free(ctx->ssl);
	ctx->ssl = NULL;
	tls_peer_unref(ctx->self);
	ctx->self = NULL;
}

/* Lets one end speak; its output becomes the input of the other. */
static int probe_turn(struct tls *t, struct tls_pipe *own, struct tls_pipe *other)
{
	int rc;

	own->in = buf_str(&other->out);
	rc = tls_handshake(t);
	buf_reset(&other->out);
	return rc;
}

static int probe(struct tls_ctx *ctx, int version)
{
	struct tls_pipe a = { .wall_s = 0 }, b = { .wall_s = 0 };
	struct tls *client, *server;
	int done_a = TLS_MORE, done_b = TLS_MORE;

	buf_init(&a.out, 1 << 18);
	buf_init(&b.out, 1 << 18);
	client = tls_probe(ctx, &a, false, version);
	server = tls_probe(ctx, &b, true, version);
	for (int i = 0; i < PROBE_TURNS && (done_a == TLS_MORE || done_b == TLS_MORE); i++) {
		if (done_a == TLS_MORE)
			done_a = probe_turn(client, &a, &b);
		if (done_b == TLS_MORE)
			done_b = probe_turn(server, &b, &a);
	}
	tls_free(client);
	tls_free(server);
	buf_release(&a.out);
	buf_release(&b.out);
	return done_a == 0 && done_b == 0 ? 0 : ERR_TLS;
}

static int prove(struct tls_ctx *ctx)
{
	return probe(ctx, TLS1_3_VERSION) || probe(ctx, TLS1_2_VERSION) ? ERR_TLS : 0;
}

/* The same with all of OpenSSL: slower, but it works with what this certificate needs. */
static int fall_back(struct tls_ctx *ctx, const struct tls_conf *conf, struct err *e)
{
	empty(ctx);
	ctx->fallback = tls_lib_new(false, e);
	if (!ctx->fallback)
		return ERR_TLS;
	ctx->lib = ctx->fallback;
	if (fill(ctx, conf, e))
		return ERR_TLS;
	if (prove(ctx))
		return tls_set_err(e, "a handshake with this certificate and key does not work");
	return 0;
}

struct tls_ctx *tls_ctx_new(struct tls_lib *lib, const struct tls_conf *conf, struct err *e)
{
	struct tls_ctx *ctx = mem_alloc(sizeof(*ctx));

	ctx->refs = 1;
	ctx->lib = lib;
	ctx->choose = conf->choose;
	ctx->arg = conf->arg;
	if ((fill(ctx, conf, e) || prove(ctx)) && fall_back(ctx, conf, e)) {
		tls_ctx_unref(ctx);
		return NULL;
	}
	if (conf->keylog > 0)
		tls_keylog_attach(ctx->ssl, conf->keylog); /* after the proof */
	ctx->remembers = conf->chain_cache;
	tls_ctx_resume(ctx);
	return ctx;
}

void tls_ctx_unref(struct tls_ctx *ctx)
{
	if (!ctx || atomic_fetch_sub(&ctx->refs, 1) != 1)
		return;
	empty(ctx);
	tls_cache_free(ctx->cache);
	tls_lib_free(ctx->fallback);
	mem_free(ctx);
}

void tls_ctx_retire(struct tls_ctx *ctx)
{
	tls_cache_free(ctx->cache);
	ctx->cache = NULL;
}

void tls_ctx_resume(struct tls_ctx *ctx)
{
	if (ctx->remembers && !ctx->cache)
		ctx->cache = tls_cache_new();
}

bool tls_ctx_is_fallback(const struct tls_ctx *ctx)
{
	return ctx->fallback != NULL;
}

const char *tls_ctx_offence(const struct tls_ctx *ctx)
{
	X509 *leaf = SSL_CTX_get0_certificate(ctx->ssl);

	if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
		return "may not be a server's: its key usages have to be digitalSignature and serverAuth";
	if (X509_check_purpose(leaf, X509_PURPOSE_SSL_CLIENT, 0) != 1)
		return "may not be a client's: its key usages have to be digitalSignature and clientAuth";
	return NULL;
}

int64_t tls_ctx_not_after_s(const struct tls_ctx *ctx)
{
	return ctx->self->not_after_s;
}

size_t tls_ctx_names(const struct tls_ctx *ctx, const struct str **names)
{
	*names = ctx->self->names;
	return ctx->self->n_names;
}
