/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/tls_int.h"
#include "unit_tls.h"

enum {
	TURNS = 16,
	PIPE_MAX = 1 << 20,
};

static struct tls_anchors *on_choose(void *arg, const struct str *names, size_t n, const char **why)
{
	struct side *s = arg;

	s->asked++;
	s->n_names = n;
	(void)str_copy(s->name, sizeof(s->name), names[0]);
	if (!s->anchors)
		*why = "nobody may vouch for it";
	return s->anchors;
}

static const char *heard; /* the last alert that came in */
static SSL *newest[2];    /* of a client, of a server */

static void on_info(const SSL *ssl, int where, int what)
{
	newest[SSL_is_server(ssl)] = (SSL *)(uintptr_t)ssl;
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		heard = SSL_alert_desc_string_long(what);
}

SSL *world_ssl(bool is_server)
{
	return newest[is_server];
}

static struct tls_ctx *make_context(
    struct world *w, struct side *s, struct str certificate, struct str key, bool cache)
{
	const struct tls_conf conf = {
		.certificate = certificate,
		.key = key,
		.choose = on_choose,
		.arg = s,
		.chain_cache = cache,
	};
	struct tls_ctx *ctx = tls_ctx_new(w->lib, &conf, &w->e);

	if (ctx)
		SSL_CTX_set_info_callback(ctx->ssl, on_info);
	return ctx;
}

struct tls_ctx *world_context(
    struct world *w, struct side *s, struct str certificate, struct str key)
{
	return make_context(w, s, certificate, key, true);
}

void world_renew(struct world *w, struct side *s, const struct cert *certificate, bool cache)
{
	if (!certificate)
		certificate = s == &w->gateway ? w->gateway_cert : w->partner_cert;
	tls_ctx_unref(s->ctx);
	s->ctx = make_context(w, s, cert_pem(certificate), cert_key_pem(certificate), cache);
	if (!s->ctx)
		fail_msg("%s", w->e.text);
}

static void open_end(struct end *e)
{
	buf_init(&e->pipe.out, PIPE_MAX);
	buf_init(&e->in, PIPE_MAX);
}

struct world *world_new(void)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->now_s = CERT_NOW;
	w->lib = tls_lib_new(true, &w->e);
	w->root = cert_authority("N32 Root");
	w->other_root = cert_authority("Another Root");
	w->gateway_cert = cert_for(w->root, GATEWAY_NAME);
	w->partner_cert = cert_for(w->root, PARTNER_NAME);
	w->trusted = tls_anchors_new(cert_pem(w->root), (struct tls_lists){ 0 }, &w->e);
	w->untrusted = tls_anchors_new(cert_pem(w->other_root), (struct tls_lists){ 0 }, &w->e);
	assert_true(w->lib && w->trusted && w->untrusted);
	w->gateway.anchors = w->partner.anchors = w->trusted;
	world_renew(w, &w->gateway, NULL, true);
	world_renew(w, &w->partner, NULL, true);
	open_end(&w->server);
	open_end(&w->client);
	return w;
}

static void close_end(struct end *e)
{
	tls_free(e->tls);
	e->tls = NULL;
	buf_reset(&e->pipe.out);
	buf_reset(&e->in);
	e->pipe.in = buf_str(&e->in);
}

void world_free(struct world *w)
{
	world_hang_up(w);
	buf_release(&w->server.pipe.out);
	buf_release(&w->server.in);
	buf_release(&w->client.pipe.out);
	buf_release(&w->client.in);
	tls_ctx_unref(w->gateway.ctx);
	tls_ctx_unref(w->partner.ctx);
	tls_anchors_unref(w->trusted);
	tls_anchors_unref(w->untrusted);
	cert_free(w->root);
	cert_free(w->other_root);
	cert_free(w->gateway_cert);
	cert_free(w->partner_cert);
	tls_lib_free(w->lib);
	mem_free(w);
}

void world_dial(struct world *w, const char *name)
{
	world_hang_up(w);
	w->server.tls = tls_accept(w->gateway.ctx, &w->server.pipe);
	w->client.tls = tls_connect(w->partner.ctx, &w->client.pipe, name);
	w->server.rc = w->client.rc = TLS_MORE;
	w->server.why[0] = w->client.why[0] = '\0';
}

void world_carry(struct end *from, struct end *to)
{
	assert_int_equal(buf_add(&to->in, from->pipe.out.data, from->pipe.out.len), 0);
	buf_reset(&from->pipe.out);
	to->pipe.in = buf_str(&to->in);
}

/* Lets an end whose handshake is not over speak. */
static void shake(struct world *w, struct end *e)
{
	if (e->rc != TLS_MORE)
		return;
	e->pipe.wall_s = w->now_s;
	e->pipe.why = NULL;
	e->rc = tls_handshake(e->tls);
	if (e->pipe.why)
		(void)str_copy(e->why, sizeof(e->why), str_of(e->pipe.why));
	buf_drop(&e->in, e->in.len - e->pipe.in.n);
	e->pipe.in = buf_str(&e->in);
}

/* Output of an end that has failed stays where a test can see it. */
void world_shake(struct world *w)
{
	for (int i = 0; i < TURNS; i++) {
		shake(w, &w->client);
		if (w->client.rc < 0)
			return;
		world_carry(&w->client, &w->server);
		shake(w, &w->server);
		if (w->server.rc < 0)
			return;
		world_carry(&w->server, &w->client);
	}
}

bool world_connect(struct world *w)
{
	world_dial(w, GATEWAY_NAME);
	world_shake(w);
	return w->client.rc == 0 && w->server.rc == 0;
}

void world_hang_up(struct world *w)
{
	close_end(&w->server);
	close_end(&w->client);
}

const char *world_hear(struct end *from, struct end *to)
{
	char byte;
	int rc;

	heard = "";
	world_carry(from, to);
	to->pipe.why = NULL;
	rc = to->rc == TLS_MORE ? tls_handshake(to->tls) : tls_read(to->tls, &byte, 1);
	assert_int_equal(rc, ERR_TLS);
	assert_non_null(to->pipe.why);
	return heard;
}

void world_limit_to_12(struct side *s)
{
	assert_int_equal(SSL_CTX_set_max_proto_version(s->ctx->ssl, TLS1_2_VERSION), 1);
}

void world_forget_ems(struct side *s)
{
	SSL_CTX_set_options(s->ctx->ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}
