/* SPDX-License-Identifier: MIT */
/*
 * bare.c - the yardstick: mutual TLS handshakes in memory, without socket, HTTP/2 or policy.
 *
 * Client and server are in this process; only the server's processor time counts, from making its
 * session to freeing it.  Two servers can be measured: a plain OpenSSL context with good options
 * (no tickets, no automatic chain, but nothing that Parley adds), and the daemon's own
 * configuration (net/tls.h).  The machine's speed drifts, so a figure means something only as a
 * ratio to another one taken in the same minute, minimum to minimum.
 */
#include "base/base.h"

#include <getopt.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "n32/keys.h"
#include "net/tls.h"

enum {
	FLIGHTS = 8,        /* of a handshake, with room */
	FLIGHT_MAX = 16384, /* bytes of one */
	PEM_MAX = 65536,
	COUNT_MAX = 1000000,
};

struct options {
	const char *cert, *key, *ca; /* the server's */
	const char *client_cert, *client_key;
	unsigned n, warmup, batches;
	unsigned keys; /* derivations in a batch; 0 = handshakes are measured */
	bool daemon;
};

struct flight {
	size_t len;
	char data[FLIGHT_MAX];
};

/* One of the two servers; each member is timed. */
struct server {
	void (*open)(struct server *s);
	bool (*step)(struct server *s, const struct flight *in, struct flight *out); /* done? */
	void (*close)(struct server *s);
	uint64_t ns;
	SSL_CTX *stock;
	SSL *ssl;
	struct tls_lib *lib;
	struct tls_anchors *anchors;
	struct tls_ctx *ctx;
	struct tls_pipe pipe;
	struct tls *tls;
};

enum action {
	OPEN,
	STEP,
	CLOSE
};

/* Everything the server does goes through here: a profiler may be told to look at nothing else. */
static __attribute__((noinline)) bool server_side(
    struct server *s, enum action action, const struct flight *in, struct flight *out)
{
	uint64_t begin = clock_thread_ns();
	bool done = true;

	if (action == OPEN)
		s->open(s);
	else if (action == STEP)
		done = s->step(s, in, out);
	else
		s->close(s);
	s->ns += clock_thread_ns() - begin;
	return done;
}

static void take(SSL *ssl, struct flight *out)
{
	int n = BIO_read(SSL_get_wbio(ssl), out->data, FLIGHT_MAX);

	out->len = n > 0 ? (size_t)n : 0;
}

/* One move of a session over memory; false until the handshake is complete. */
static bool move(SSL *ssl, const struct flight *in, struct flight *out)
{
	int result;

	if (in->len)
		ensure(BIO_write(SSL_get_rbio(ssl), in->data, (int)in->len) == (int)in->len);
	ERR_clear_error();
	result = SSL_do_handshake(ssl);
	take(ssl, out);
	ensure(result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ);
	return result == 1;
}

static SSL *session(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	ensure(ssl); /* only memory can be missing */
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return ssl;
}

static void stock_open(struct server *s)
{
	s->ssl = session(s->stock);
	SSL_set_accept_state(s->ssl);
}

static bool stock_step(struct server *s, const struct flight *in, struct flight *out)
{
	return move(s->ssl, in, out);
}

static void stock_close(struct server *s)
{
	SSL_free(s->ssl);
}

static void daemon_open(struct server *s)
{
	s->tls = tls_accept(s->ctx, &s->pipe);
}

static bool daemon_step(struct server *s, const struct flight *in, struct flight *out)
{
	int code;

	s->pipe.in = (struct str){ in->data, in->len };
	code = tls_handshake(s->tls);
	ensure(code == 0 || code == TLS_MORE);
	ensure(s->pipe.out.len <= FLIGHT_MAX);
	out->len = s->pipe.out.len;
	if (out->len)
		memcpy(out->data, s->pipe.out.data, out->len);
	buf_reset(&s->pipe.out);
	return code == 0;
}

static void daemon_close(struct server *s)
{
	tls_free(s->tls);
}

static int on_verify(X509_STORE_CTX *store, void *arg)
{
	(void)store, (void)arg; /* the client's share is not measured */
	return 1;
}

/* What both ends have in common; NULL when the files cannot be used. */
static SSL_CTX *context(const SSL_METHOD *method, const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	ensure(ctx);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
	    SSL_CTX_set1_groups_list(ctx, "X25519") == 1 &&
	    SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static SSL_CTX *client_context(const struct options *o, struct err *e)
{
	static const unsigned char alpn[] = { 2, 'h', '2' };
	SSL_CTX *ctx = context(TLS_client_method(), o->client_cert, o->client_key);

	if (!ctx || SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn)) != 0) {
		SSL_CTX_free(ctx);
		err_set(e, ERR_TLS, "cannot use '%s' and its key", o->client_cert);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	return ctx;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in,
    unsigned n, void *arg)
{
	static const unsigned char ours[] = { 2, 'h', '2' };

	(void)ssl, (void)arg; /* the same for all */
	return SSL_select_next_proto((unsigned char **)out, len, ours, sizeof(ours), in, n) ==
		       OPENSSL_NPN_NEGOTIATED
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int stock_server(struct server *s, const struct options *o, struct err *e)
{
	s->open = stock_open;
	s->step = stock_step;
	s->close = stock_close;
	s->stock = context(TLS_server_method(), o->cert, o->key);
	if (!s->stock || SSL_CTX_load_verify_locations(s->stock, o->ca, NULL) != 1 ||
	    SSL_CTX_set_num_tickets(s->stock, 0) != 1)
		return err_set(e, ERR_TLS, "cannot use '%s', its key and '%s'", o->cert, o->ca);
	SSL_CTX_set_options(s->stock, SSL_OP_NO_TICKET);
	SSL_CTX_set_verify(s->stock, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_alpn_select_cb(s->stock, on_alpn, NULL);
	return 0;
}

/* The caller frees `out->p`, also after a failure. */
static int read_pem(const char *path, struct str *out, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *text;

	if (!f)
		return err_set_errno(e, "cannot open '%s'", path);
	text = mem_alloc(PEM_MAX);
	*out = (struct str){ text, fread(text, 1, PEM_MAX, f) };
	(void)fclose(f); /* only read */
	return out->n < PEM_MAX ? 0 : err_set(e, ERR_LIMIT, "'%s' is too long", path);
}

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	struct server *s = arg;

	(void)names, (void)n, (void)why; /* there is one anchor for all */
	return s->anchors;
}

static int daemon_server(struct server *s, const struct options *o, struct err *e)
{
	struct tls_conf conf = { .choose = on_choose, .arg = s, .chain_cache = true };
	struct str ca = { 0 };

	s->open = daemon_open;
	s->step = daemon_step;
	s->close = daemon_close;
	s->pipe.wall_s = clock_wall_s();
	buf_init(&s->pipe.out, FLIGHT_MAX);
	if (read_pem(o->cert, &conf.certificate, e) == 0 && read_pem(o->key, &conf.key, e) == 0 &&
	    read_pem(o->ca, &ca, e) == 0) {
		s->lib = tls_lib_new(true, e);
		s->anchors = s->lib ? tls_anchors_new(ca, (struct tls_lists){ 0 }, e) : NULL;
		s->ctx = s->anchors ? tls_ctx_new(s->lib, &conf, e) : NULL;
	}
	mem_free((char *)(uintptr_t)conf.certificate.p);
	mem_free((char *)(uintptr_t)conf.key.p);
	mem_free((char *)(uintptr_t)ca.p);
	return s->ctx ? 0 : e->code;
}

static void server_release(struct server *s)
{
	SSL_CTX_free(s->stock);
	tls_ctx_unref(s->ctx);
	tls_anchors_unref(s->anchors);
	tls_lib_free(s->lib);
	buf_release(&s->pipe.out);
}

static void handshake(struct server *s, SSL_CTX *client_ctx)
{
	static struct flight up, down;
	SSL *client = session(client_ctx);
	bool client_done = false, server_done = false;

	SSL_set_connect_state(client);
	server_side(s, OPEN, NULL, NULL);
	down.len = 0;
	for (int i = 0; i < FLIGHTS && !(client_done && server_done); i++) {
		client_done = move(client, &down, &up);
		server_done = server_side(s, STEP, &up, &down);
	}
	ensure(client_done && server_done);
	server_side(s, CLOSE, NULL, NULL);
	SSL_free(client);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void run(struct server *s, SSL_CTX *client, const struct options *o)
{
	double *ns = mem_array(o->batches, sizeof(*ns));

	for (unsigned i = 0; i < o->warmup; i++)
		handshake(s, client);
	for (unsigned b = 0; b < o->batches; b++) {
		s->ns = 0;
		for (unsigned i = 0; i < o->n; i++)
			handshake(s, client);
		ns[b] = (double)s->ns / o->n;
	}
	qsort(ns, o->batches, sizeof(*ns), by_size);
	printf("{\"config\":\"%s\",\"batches\":%u,\"handshakes\":%u,\"min_ns\":%.0f,"
	       "\"median_ns\":%.0f}\n",
	    o->daemon ? "daemon" : "stock", o->batches, o->n, ns[0], ns[o->batches / 2]);
	mem_free(ns);
}

/* With --keys: what the keys of an N32-f context cost alone, in time of this thread. */
static int derive_keys(const struct options *o)
{
	static const unsigned char master[N32_MASTER_BYTES] = { 1, 2, 3 };
	double *ns = mem_array(o->batches, sizeof(*ns));
	struct n32_keys keys;
	struct err e;
	int code = 0;

	for (unsigned b = 0; b < o->batches && code == 0; b++) {
		uint64_t begin = clock_thread_ns();

		for (unsigned i = 0; i < o->keys && code == 0; i++)
			code = n32_keys_derive(&keys, master, N32_JWE_A256GCM, "0123456789abcdef",
			    "fedcba9876543210", N32_KEY_CONTEXT_RECEIVER, &e);
		ns[b] = (double)(clock_thread_ns() - begin) / o->keys;
	}
	qsort(ns, o->batches, sizeof(*ns), by_size);
	if (code < 0)
		fprintf(stderr, "bare: %s\n", e.text);
	else
		printf("{\"keys\":%u,\"min_ns\":%.0f}\n", o->keys, ns[0]);
	n32_keys_wipe(&keys);
	mem_free(ns);
	return code < 0 ? 1 : 0;
}

static int parse_number(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned)n;
	return *end == '\0' && end != text && n <= COUNT_MAX ? 0 : ERR_CONFIG;
}

static int parse(struct options *o, int argc, char *argv[])
{
	static const struct option options[] = { { "cert", 1, NULL, 'c' }, { "key", 1, NULL, 'k' },
		{ "ca", 1, NULL, 'a' }, { "client-cert", 1, NULL, 'C' },
		{ "client-key", 1, NULL, 'K' }, { "warmup", 1, NULL, 'w' },
		{ "batches", 1, NULL, 'b' }, { "daemon-config", 0, NULL, 'd' },
		{ "keys", 1, NULL, 'y' }, { NULL, 0, NULL, 0 } };
	int code = 0;

	*o = (struct options){ .n = 200, .warmup = 20, .batches = 1 };
	for (bool more = true; code == 0 && more;) {
		/* clang-format off */
		switch (getopt_long(argc, argv, "n:", options, NULL)) {
		case -1: more = false; break;
		case 'c': o->cert = optarg; break;
		case 'k': o->key = optarg; break;
		case 'a': o->ca = optarg; break;
		case 'C': o->client_cert = optarg; break;
		case 'K': o->client_key = optarg; break;
		case 'n': code = parse_number(optarg, &o->n); break;
		case 'w': code = parse_number(optarg, &o->warmup); break;
		case 'b': code = parse_number(optarg, &o->batches); break;
		case 'd': o->daemon = true; break;
		case 'y': code = parse_number(optarg, &o->keys); break;
		default: code = ERR_CONFIG;
		}
		/* clang-format on */
	}
	if (o->keys && optind == argc && o->batches)
		return code;
	if (optind != argc || !o->n || !o->batches || !o->cert || !o->key || !o->ca ||
	    !o->client_cert || !o->client_key)
		code = ERR_CONFIG;
	return code;
}

int main(int argc, char *argv[])
{
	struct options o;
	struct server s = { 0 };
	SSL_CTX *client;
	struct err e;
	int code = 1;

	if (parse(&o, argc, argv) < 0) {
		fprintf(stderr,
		    "usage: bare --cert F --key F --ca F --client-cert F --client-key F\n"
		    "            [-n N] [--warmup N] [--batches N] [--daemon-config]\n"
		    "       bare --keys N [--batches N]\n");
		return 2;
	}
	if (o.keys)
		return derive_keys(&o);
	client = client_context(&o, &e);
	if (client && (o.daemon ? daemon_server(&s, &o, &e) : stock_server(&s, &o, &e)) == 0) {
		run(&s, client, &o);
		code = 0;
	} else {
		fprintf(stderr, "bare: %s\n", e.text);
	}
	SSL_CTX_free(client);
	server_release(&s);
	return code;
}
