/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "script/case.h"

enum {
	CASE_TIME_S = 1767264600, /* 2026-01-01 10:50:00 UTC, a Thursday */
};

static void set_text(char out[SCRIPT_CASE_TEXT_MAX + 1], const char *text)
{
	(void)str_copy(out, SCRIPT_CASE_TEXT_MAX + 1, str_of(text));
}

static const struct n32_plmn home = { "262", "01" };

/* The digits of the PLMN with an MNC of three, as certificates have them. */
static struct n32_plmn certified(const struct n32_plmn *plmn)
{
	struct n32_plmn out = *plmn;

	if (strlen(out.mnc) == 2)
		snprintf(out.mnc, sizeof(out.mnc), "0%.2s", plmn->mnc);
	return out;
}

static void fill_partner(struct conf_partner *p)
{
	snprintf(p->name, sizeof(p->name), "partner");
	p->n_fqdns = 1;
	snprintf(
	    p->fqdns[0].text, sizeof(p->fqdns[0].text), "sepp.5gc.mnc001.mcc262.3gppnetwork.org");
	p->n_plmns = 1;
	p->plmns[0] = home;
	p->capabilities = (struct conf_caps){ 2, { N32_CAP_PRINS, N32_CAP_TLS } };
	p->purposes = (conf_purposes)1 << N32_PURPOSE_ROAMING;
	p->enabled = true;
}

static void fill_identity(struct script_case *c)
{
	const struct conf_partner *p = &c->partner;

	c->request.sender = c->response.sender = c->params.sender = p->fqdns[0];
	c->request.n_plmns = c->response.n_plmns = c->n_plmns = p->n_plmns;
	for (size_t i = 0; i < p->n_plmns; i++) {
		c->request.plmns[i] = c->response.plmns[i] = p->plmns[i];
		c->plmns[i] = certified(&p->plmns[i]);
	}
	c->n_dns_names = p->n_fqdns;
	for (size_t i = 0; i < p->n_fqdns; i++)
		memcpy(c->dns_names[i], p->fqdns[i].text, sizeof(c->dns_names[i]));
}

static void fill_messages(struct script_case *c)
{
	c->request.n_caps = 2;
	c->request.caps[0].cap = N32_CAP_PRINS;
	c->request.caps[1].cap = N32_CAP_TLS;
	c->request.target_api_root = true;
	c->response.selected.cap = N32_CAP_PRINS;
	c->params.n_jwe = 2;
	c->params.jwe[0].value = N32_JWE_A128GCM;
	c->params.jwe[1].value = N32_JWE_A256GCM;
	c->params.n_jws = 1;
	c->params.jws[0].value = N32_JWS_ES256;
	c->report.error = N32_ERROR_INTEGRITY_CHECK_FAILED;
	snprintf(c->report.context, sizeof(c->report.context), "0123456789abcdef");
	snprintf(c->report.message_id, sizeof(c->report.message_id), "1");
	c->report.in_context = 1;
}

static void fill_peer(struct script_case *c, enum script_hook hook)
{
	struct script_peer *p = &c->in.peer;

	p->we_initiate = hook == SCRIPT_OFFER_CAPABILITIES || hook == SCRIPT_VERIFY_SELECTION;
	p->certificate.days_left = 365;
	p->counts.handshakes_minute = p->counts.handshakes_hour = p->counts.connections = 1;
	p->history.attempts = 1;
	set_text(c->source_address, "192.0.2.7:49152");
	set_text(c->tls_version, "TLSv1.3");
	set_text(c->tls_cipher, "TLS_AES_128_GCM_SHA256");
	set_text(c->issuer, "CN=Roaming CA");
	set_text(c->key, "EC 256");
	set_text(
	    c->fingerprint, "00000000000000000000000000000000000000000000000000000000000000aa");
}

struct script_case *script_case_new(enum script_hook hook)
{
	struct script_case *c = mem_alloc(sizeof(*c));

	c->in.hook = hook;
	c->in.now_s = CASE_TIME_S;
	c->in.event = SCRIPT_EVENT_NEGOTIATED;
	fill_partner(&c->partner);
	fill_identity(c);
	fill_messages(c);
	fill_peer(c, hook);
	script_case_set_offer(c, NULL);
	script_case_point(c);
	return c;
}

void script_case_point(struct script_case *c)
{
	struct script_peer *p = &c->in.peer;

	c->in.request = &c->request;
	c->in.response = &c->response;
	c->in.params = &c->params;
	c->in.report = &c->report;
	for (size_t i = 0; i < c->n_dns_names; i++)
		c->dns_name_views[i] = str_of(c->dns_names[i]);
	for (size_t i = 0; i < c->n_flags; i++)
		c->flag_views[i] = str_of(c->flags[i]);
	p->partner = &c->partner;
	p->source_address = str_of(c->source_address);
	p->tls_version = str_of(c->tls_version);
	p->tls_cipher = str_of(c->tls_cipher);
	p->certificate.n_dns_names = c->n_dns_names;
	p->certificate.dns_names = c->dns_name_views;
	p->certificate.n_plmns = c->n_plmns;
	p->certificate.plmns = c->plmns;
	p->certificate.issuer = str_of(c->issuer);
	p->certificate.fingerprint = str_of(c->fingerprint);
	p->certificate.key = str_of(c->key);
	p->history.previous_fingerprint = str_of(c->previous_fingerprint);
	p->n_flags = c->n_flags;
	p->flags = c->flag_views;
}

struct script_case *script_case_copy(const struct script_case *c)
{
	struct script_case *copy = mem_alloc(sizeof(*copy));

	memcpy(copy, c, sizeof(*copy));
	script_case_point(copy);
	return copy;
}

void script_case_set_partner(struct script_case *c, const struct conf_partner *conf)
{
	c->partner = *conf;
	c->partner.anchors = c->partner.crl = c->partner.address = NULL;
	c->partner.redirect = c->partner.follows = NULL;
	fill_identity(c);
	script_case_point(c);
}

void script_case_set_offer(struct script_case *c, const struct conf_gateway *gateway)
{
	bool asks = c->in.hook == SCRIPT_SELECT_CAPABILITY;

	conf_offer(&c->in.offer, gateway, &c->partner, asks ? &c->request : NULL);
	c->in.purposes_allowed =
	    c->partner.purposes & (gateway ? gateway->purposes : ~(conf_purposes)0);
}
