/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "base/mem.h"
#include "script/conf.h"

void conf_gateway_release(struct conf_gateway *g)
{
	mem_free(g->certificate);
	mem_free(g->key);
	for (size_t i = 0; i < g->n_listen; i++)
		mem_free(g->listen[i]);
	mem_free(g->admin_listen);
	for (size_t i = 0; i < g->dns.n_servers; i++)
		mem_free(g->dns.servers[i]);
	memset(g, 0, sizeof(*g));
}

void conf_partner_release(struct conf_partner *p)
{
	mem_free(p->anchors);
	mem_free(p->crl);
	mem_free(p->address);
	mem_free(p->srv);
	mem_free(p->prins.policy);
	mem_free(p->prins.providers);
	mem_free(p->redirect);
	mem_free(p->follows);
	memset(p, 0, sizeof(*p));
}

bool conf_caps_have(const struct conf_caps *caps, enum n32_cap cap)
{
	for (size_t i = 0; i < caps->n; i++) {
		if (caps->caps[i] == cap)
			return true;
	}
	return false;
}

void conf_offer(struct conf_caps *out, const struct conf_gateway *g, const struct conf_partner *p,
    const struct n32_neg_req *req)
{
	out->n = 0;
	for (size_t i = 0; i < p->capabilities.n; i++) {
		enum n32_cap cap = p->capabilities.caps[i];

		if (p->path == CONF_PATH_INTERMEDIARY && cap != N32_CAP_PRINS)
			continue;
		if ((!g || conf_caps_have(&g->capabilities, cap)) &&
		    (!req || n32_neg_req_offers(req, cap)))
			out->caps[out->n++] = cap;
	}
}

const char *conf_path_name(enum conf_path path)
{
	switch (path) {
	case CONF_PATH_DIRECT:
		return "DIRECT";
	case CONF_PATH_IP_ONLY:
		return "IP_ONLY";
	case CONF_PATH_INTERMEDIARY:
		return "INTERMEDIARY";
	}
	return "UNKNOWN";
}
