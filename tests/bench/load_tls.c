/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "load_prov.h"
#include "load_tls.h"

enum {
	OUT_MAX = 64 << 20, /* between two flushes of one connection */
};

static int set_tls_err(struct err *e, const char *what)
{
	unsigned long cause = ERR_peek_last_error();
	char text[256];

	ERR_error_string_n(cause, text, sizeof(text));
	ERR_clear_error();
	return err_set(e, ERR_TLS, "cannot %s: %s", what, cause ? text : "no reason given");
}

static int on_bio_read(BIO *bio, char *p, size_t size, size_t *n)
{
	struct load_tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (!t->in_len) {
		BIO_set_retry_read(bio);
		return 0;
	}
	*n = size < t->in_len ? size : t->in_len;
	memcpy(p, t->in, *n);
	t->in += *n;
	t->in_len -= *n;
	return 1;
}

static int on_bio_write(BIO *bio, const char *p, size_t size, size_t *n)
{
	struct load_tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (buf_add(&t->out, p, size) < 0)
		return 0;
	*n = size;
	return 1;
}

static long on_bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio, (void)num, (void)ptr; /* nothing is kept in the BIO */
	return cmd == BIO_CTRL_FLUSH;
}

static int on_verify(X509_STORE_CTX *store, void *arg)
{
	(void)store, (void)arg; /* see the header */
	return 1;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct load_tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	(void)session; /* counted, not kept */
	if (SSL_version(ssl) == TLS1_3_VERSION)
		t->tickets++;
	return 0;
}

/* Keys are decoded in the default context: the reduced one cannot read PEM. */
static int use_key(SSL_CTX *ctx, const char *path, struct err *e)
{
	BIO *file = BIO_new_file(path, "r");
	EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;
	int done = key ? SSL_CTX_use_PrivateKey(ctx, key) : 0;

	EVP_PKEY_free(key);
	BIO_free(file);
	return done == 1 ? 0 : set_tls_err(e, "use the client's key");
}

static int use_certificate(SSL_CTX *ctx, const struct load_opt *o, struct err *e)
{
	if (!o->cert)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
		return set_tls_err(e, "use the client's certificate");
	return use_key(ctx, o->key, e);
}

static int set_up(struct load_tls *t, const struct load_opt *o, struct err *e)
{
	static const unsigned char alpn[] = { 2, 'h', '2' };
	int version = o->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
	int type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;

	t->method = BIO_meth_new(type, "load");
	if (!t->method || BIO_meth_set_read_ex(t->method, on_bio_read) != 1 ||
	    BIO_meth_set_write_ex(t->method, on_bio_write) != 1 ||
	    BIO_meth_set_ctrl(t->method, on_bio_ctrl) != 1)
		return set_tls_err(e, "make a BIO");
	t->ctx = SSL_CTX_new_ex(t->lib, NULL, TLS_client_method());
	if (!t->ctx || SSL_CTX_set_min_proto_version(t->ctx, version) != 1 ||
	    SSL_CTX_set_max_proto_version(t->ctx, version) != 1 ||
	    SSL_CTX_set1_groups_list(t->ctx, "X25519:P-256") != 1 ||
	    SSL_CTX_set_ciphersuites(t->ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") !=
		1 ||
	    SSL_CTX_set_alpn_protos(t->ctx, alpn, sizeof(alpn)) != 0)
		return set_tls_err(e, "make a context");
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_cert_verify_callback(t->ctx, on_verify, NULL);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->ctx, on_session);
	return use_certificate(t->ctx, o, e);
}

int load_tls_init(struct load_tls *t, const struct load_opt *o, struct err *e)
{
	*t = (struct load_tls){ .sni = o->sni };
	buf_init(&t->out, OUT_MAX);
	t->lib = load_prov_open(e);
	return t->lib ? set_up(t, o, e) : ERR_TLS;
}

void load_tls_release(struct load_tls *t)
{
	buf_release(&t->out);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	load_prov_close(t->lib);
}

SSL *load_tls_open(struct load_tls *t)
{
	SSL *ssl = SSL_new(t->ctx);
	BIO *bio = BIO_new(t->method);

	ensure(ssl && bio); /* only memory can be missing */
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_connect_state(ssl);
	if (t->sni)
		ensure(SSL_set_tlsext_host_name(ssl, t->sni) == 1);
	return ssl;
}

void load_tls_feed(struct load_tls *t, const void *p, size_t n)
{
	t->in = p;
	t->in_len = n;
}

static enum load_tls_state after(SSL *ssl, int result, const char *what, struct err *e)
{
	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return LOAD_TLS_MORE;
	case SSL_ERROR_ZERO_RETURN:
		return LOAD_TLS_ENDED;
	default:
		set_tls_err(e, what);
		return LOAD_TLS_FAILED;
	}
}

enum load_tls_state load_tls_handshake(SSL *ssl, struct err *e)
{
	const unsigned char *alpn;
	unsigned len;
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(ssl);
	if (result != 1)
		return after(ssl, result, "finish the handshake", e);
	SSL_get0_alpn_selected(ssl, &alpn, &len);
	if (len == 2 && memcmp(alpn, "h2", 2) == 0)
		return LOAD_TLS_DONE;
	err_set(e, ERR_TLS, "the server did not agree to h2");
	return LOAD_TLS_FAILED;
}

enum load_tls_state load_tls_read(SSL *ssl, char *p, size_t size, size_t *n, struct err *e)
{
	int result;

	ERR_clear_error();
	*n = 0;
	result = SSL_read_ex(ssl, p, size, n);
	return result == 1 ? LOAD_TLS_MORE : after(ssl, result, "read", e);
}

int load_tls_write(SSL *ssl, const void *p, size_t n, struct err *e)
{
	size_t done;

	ERR_clear_error();
	return SSL_write_ex(ssl, p, n, &done) == 1 ? 0 : set_tls_err(e, "write");
}

void load_tls_close(SSL *ssl)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl); /* 0 is "not heard back", which nobody waits for */
	ERR_clear_error();
}
