/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rates.h"
#include "net/tls_int.h"

/* Records and messages that carry no data, once the handshake is over: a client of ours gets a few
 * tickets, and both sides change their keys now and then; each such change costs 10 us. */
enum {
	TALK_PER_MINUTE = 60, /* so many at once, and one a second */
};

struct tls {
	SSL *ssl;
	struct tls_ctx *ctx;
	struct tls_pipe *pipe;
	struct tls_peer *peer;
	const char *why;
	bool is_server;
	bool is_probe; /* the start-up proof: certificates are decoded, not judged */
	bool done;
	bool is_flooded; /* with what carries no data: nothing more is read */
	struct rates_bucket talk;
	char *expected; /* client: the name that the server's certificate must have */
};

/* --- the pipe as OpenSSL sees it */

static int bio_read(BIO *bio, char *to, int size)
{
	struct tls_pipe *pipe = BIO_get_data(bio);
	size_t n = pipe->in.n < (size_t)size ? pipe->in.n : (size_t)size;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(to, pipe->in.p, n);
	pipe->in.p += n;
	pipe->in.n -= n;
	return (int)n;
}

static int bio_write(BIO *bio, const char *p, int n)
{
	struct tls_pipe *pipe = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	return buf_add(&pipe->out, p, (size_t)n) ? -1 : n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *pipe_method;
static pthread_once_t pipe_once = PTHREAD_ONCE_INIT;

static void make_pipe_method(void)
{
	pipe_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley pipe");
	ensure(pipe_method);
	BIO_meth_set_read(pipe_method, bio_read);
	BIO_meth_set_write(pipe_method, bio_write);
	BIO_meth_set_ctrl(pipe_method, bio_ctrl);
}

/* --- verification */

/* The key of a verified chain: what was presented, and in which role.  The leaf is first in what
 * OpenSSL calls the chain of a handshake. */
static bool chain_digest(
    const struct tls *t, X509 *leaf, STACK_OF(X509) * chain, unsigned char out[TLS_DIGEST_BYTES])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestInit_ex(md, tls_lib_sha256(t->ctx->lib), NULL) &&
		  EVP_DigestUpdate(md, &t->is_server, sizeof(t->is_server));

	for (int i = sk_X509_value(chain, 0) == leaf ? 0 : -1; ok && i < sk_X509_num(chain); i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(i < 0 ? leaf : sk_X509_value(chain, i), &der);

		ok = n > 0 && EVP_DigestUpdate(md, &n, sizeof(n)) &&
		     EVP_DigestUpdate(md, der, (size_t)n);
		OPENSSL_free(der);
	}
	ok = ok && EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_CTX_free(md);
	return ok;
}

static bool is_expected(const struct tls *t, X509 *leaf)
{
	return !t->expected || X509_check_host(leaf, t->expected, 0,
				   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* Finds the anchors and verifies; X509_V_OK and `t->peer`, or the code that chooses the alert. */
static int judge(struct tls *t, X509 *leaf, STACK_OF(X509) * chain, int64_t *until_s)
{
	struct tls_ctx *ctx = t->ctx;
	const int purpose = t->is_server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER;
	struct tls_anchors *anchors;
	struct tls_proof proof;
	int code;

	if (tls_peer_read(&t->peer, ctx->lib, leaf, &t->why))
		return X509_V_ERR_CERT_REJECTED;
	t->why = NULL; /* it could be read */
	anchors = ctx->choose(ctx->arg, t->peer->names, t->peer->n_names, &t->why);
	if (!anchors)
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	code = tls_anchors_verify(anchors, ctx->lib, leaf, chain, purpose, t->pipe->wall_s, &proof);
	*until_s = proof.until_s;
	if (code != X509_V_OK) {
		t->why = X509_verify_cert_error_string(code);
		return code;
	}
	t->peer->anchors = tls_anchors_ref(anchors);
	t->peer->is_list_expired = proof.is_list_expired;
	tls_peer_keep(t->peer, leaf, chain, purpose);
	return X509_V_OK;
}

bool tls_ctx_vouches(
    const struct tls_ctx *ctx, struct tls_peer *peer, struct tls_anchors *anchors, int64_t wall_s)
{
	const struct tls_evidence *e = peer->evidence;
	struct tls_proof proof;

	if (!e || tls_anchors_verify(anchors, ctx->lib, e->leaf, e->chain, e->purpose, wall_s,
		      &proof) != X509_V_OK)
		return false;
	(void)tls_anchors_ref(anchors);
	tls_anchors_unref(peer->anchors);
	peer->anchors = anchors;
	peer->is_list_expired = proof.is_list_expired;
	return true;
}

static int judge_cached(struct tls *t, X509 *leaf, STACK_OF(X509) * chain)
{
	struct tls_cache *cache = t->ctx->cache;
	unsigned char key[TLS_DIGEST_BYTES];
	int64_t until_s = 0;
	int code;

	if (!cache || !chain_digest(t, leaf, chain, key))
		return judge(t, leaf, chain, &until_s);
	t->peer = tls_cache_find(cache, key, t->pipe->wall_s);
	if (t->peer) {
		tls_peer_ref(t->peer);
		return X509_V_OK;
	}
	code = judge(t, leaf, chain, &until_s);
	if (code == X509_V_OK)
		tls_cache_put(cache, key, t->peer, t->pipe->wall_s, until_s);
	return code;
}

static int on_verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	int code;

	(void)arg;
	ensure(t && leaf);
	if (t->is_probe) {
		code = X509_get0_pubkey(leaf) ? X509_V_OK : X509_V_ERR_UNSPECIFIED;
	} else if (!is_expected(t, leaf)) {
		t->why = "the certificate is not of the name that was dialled";
		code = X509_V_ERR_HOSTNAME_MISMATCH;
	} else {
		code = judge_cached(t, leaf, X509_STORE_CTX_get0_untrusted(store));
	}
	if (code != X509_V_OK) {
		tls_peer_unref(t->peer);
		t->peer = NULL;
		t->pipe->refused = true;
	}
	X509_STORE_CTX_set_error(store, code);
	return code == X509_V_OK;
}

/* --- hello */

static const unsigned char alpn_h2[] = { 2, 'h', '2' };
static const char no_h2[] = "the client does not offer h2";
static const char no_ems[] = "TLS 1.2 without extended_master_secret";

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned int in_n, void *arg)
{
	unsigned char *found;

	(void)arg;
	if (SSL_select_next_proto(&found, out_n, alpn_h2, sizeof(alpn_h2), in, in_n) !=
	    OPENSSL_NPN_NEGOTIATED) {
		((struct tls *)SSL_get_app_data(ssl))->why = no_h2;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	*out = found;
	return SSL_TLSEXT_ERR_OK;
}

/* Whether the extension supported_versions (RFC 8446 4.2.1) lists TLS 1.3. */
static bool offers_13(SSL *ssl)
{
	const unsigned char *ext;
	size_t n;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &ext, &n))
		return false;
	for (size_t i = 1; i + 1 < n; i += 2) {
		if (ext[i] == TLS1_3_VERSION >> 8 && ext[i + 1] == (TLS1_3_VERSION & 0xff))
			return true;
	}
	return false;
}

/* Whether this can only become TLS 1.2 without extended_master_secret (RFC 7627 5.3); a client that
 * is older than that is told so by OpenSSL. */
static bool has_weak_master(SSL *ssl)
{
	const unsigned char *ext;
	size_t n;

	return SSL_client_hello_get0_legacy_version(ssl) >= TLS1_2_VERSION && !offers_13(ssl) &&
	       !SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_extended_master_secret, &ext, &n);
}

/* Without the extension for ALPN there would be no callback and no refusal. */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);
	const unsigned char *ext;
	size_t n;

	(void)arg;
	if (!SSL_client_hello_get0_ext(
		ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &ext, &n)) {
		t->why = no_h2;
		*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (has_weak_master(ssl)) {
		t->why = no_ems;
		*alert = SSL_AD_HANDSHAKE_FAILURE;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

void tls_ctx_set_callbacks(SSL_CTX *ctx)
{
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
}

/* --- floods */

/* What OpenSSL says of each record that comes in, outside and inside, and of each message: its
 * first byte is the type of the record. */
static void on_message(
    int is_ours, int version, int kind, const void *bytes, size_t n, SSL *ssl, void *arg)
{
	const bool is_record = kind == SSL3_RT_HEADER || kind == SSL3_RT_INNER_CONTENT_TYPE;
	struct tls *t = arg;
	unsigned retry_s;

	(void)version;
	(void)ssl;
	if (is_ours ||
	    (is_record && n > 0 && *(const unsigned char *)bytes == SSL3_RT_APPLICATION_DATA))
		return;
	if (!rates_take(&t->talk, (msec)t->pipe->wall_s * 1000, TALK_PER_MINUTE, &retry_s)) {
		t->is_flooded = true;
		t->pipe->in.n = 0;
	}
}

/* --- connections */

static struct tls *make(struct tls_ctx *ctx, struct tls_pipe *pipe, bool is_server)
{
	struct tls *t = mem_alloc(sizeof(*t));

	t->ctx = ctx;
	atomic_fetch_add(&ctx->refs, 1);
	t->pipe = pipe;
	t->is_server = is_server;
	return t;
}

/* What OpenSSL needs is made for those alone who say something. */
static void begin(struct tls *t)
{
	BIO *bio;

	pthread_once(&pipe_once, make_pipe_method);
	bio = BIO_new(pipe_method);
	t->ssl = SSL_new(t->ctx->ssl);
	ensure(bio && t->ssl);
	BIO_set_data(bio, t->pipe);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, t);
	if (t->is_server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
}

struct tls *tls_accept(struct tls_ctx *ctx, struct tls_pipe *pipe)
{
	return make(ctx, pipe, true);
}

struct tls *tls_connect(struct tls_ctx *ctx, struct tls_pipe *pipe, const char *name)
{
	struct tls *t = make(ctx, pipe, false);

	begin(t);
	t->expected = mem_strdup(name);
	ensure(SSL_set_tlsext_host_name(t->ssl, name) == 1);
	ensure(SSL_set_alpn_protos(t->ssl, alpn_h2, sizeof(alpn_h2)) == 0);
	return t;
}

struct tls *tls_probe(struct tls_ctx *ctx, struct tls_pipe *pipe, bool is_server, int version)
{
	struct tls *t = is_server ? tls_accept(ctx, pipe) : tls_connect(ctx, pipe, "probe.invalid");

	if (!t->ssl)
		begin(t);
	t->is_probe = true;
	SSL_set_min_proto_version(t->ssl, version);
	SSL_set_max_proto_version(t->ssl, version);
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	tls_peer_unref(t->peer);
	tls_ctx_unref(t->ctx);
	mem_free(t->expected);
	mem_free(t);
}

/* What an SSL_ call that returned `rc` means; 0 if it was only short of input. */
static int failure_of(struct tls *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	default:
		t->pipe->why = t->why ? t->why : tls_take_reason();
		ERR_clear_error();
		return ERR_TLS;
	}
}

/* Why a handshake that OpenSSL is content with is none of the profile; NULL if it is. */
static const char *offence_of(const struct tls *t)
{
	const unsigned char *proto;
	unsigned int n;

	SSL_get0_alpn_selected(t->ssl, &proto, &n);
	if (n != 2 || memcmp(proto, "h2", 2) != 0)
		return "the server did not agree to h2";
	if (SSL_version(t->ssl) < TLS1_3_VERSION && SSL_get_extms_support(t->ssl) != 1)
		return no_ems;
	return t->peer || t->is_probe ? NULL : "no verified peer";
}

int tls_handshake(struct tls *t)
{
	const char *why;
	int rc;

	if (!t->ssl)
		begin(t);
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1) {
		int code = failure_of(t, rc);

		return code ? ERR_TLS : TLS_MORE;
	}
	why = offence_of(t);
	if (why) {
		t->pipe->why = why;
		return ERR_TLS;
	}
	t->done = true;
	SSL_set_msg_callback(t->ssl, on_message);
	SSL_set_msg_callback_arg(t->ssl, t);
	return 0;
}

int tls_read(struct tls *t, char *to, size_t size)
{
	int n = t->is_flooded ? 0 : SSL_read(t->ssl, to, (int)size);

	if (t->is_flooded) {
		t->pipe->in.n = 0;
		t->pipe->why = "too many records or messages that carry no data";
		return ERR_TLS;
	}
	return n > 0 ? n : failure_of(t, n);
}

int tls_write(struct tls *t, const char *p, size_t n)
{
	while (n > 0) {
		size_t part = n < TLS_RECORD_MAX ? n : TLS_RECORD_MAX;
		int rc = SSL_write(t->ssl, p, (int)part);

		if (rc <= 0) {
			int code = failure_of(t, rc);

			return code ? code : ERR_TLS;
		}
		p += rc;
		n -= (size_t)rc;
	}
	return 0;
}

void tls_close(struct tls *t)
{
	if (t->done)
		(void)SSL_shutdown(t->ssl); /* the answer, if any, is read like data */
	ERR_clear_error();
}

struct tls_peer *tls_peer_of(const struct tls *t)
{
	return t->done ? t->peer : NULL;
}

int tls_export(struct tls *t, const char *label, unsigned char *out, size_t n)
{
	static const unsigned char empty[1];
	const char *why = t->done ? NULL : "the handshake is not complete";

	/* in TLS 1.2 an empty context is not the same as none */
	if (!why &&
	    SSL_export_keying_material(t->ssl, out, n, label, strlen(label), empty, 0, 1) != 1)
		why = tls_take_reason();
	if (!why)
		return 0;
	memset(out, 0, n);
	t->pipe->why = why;
	return ERR_TLS;
}

const char *tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	return SSL_get_cipher_name(t->ssl);
}
