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
	memset(g, 0, sizeof(*g));
}

void conf_partner_release(struct conf_partner *p)
{
	mem_free(p->anchors);
	mem_free(p->crl);
	mem_free(p->address);
	mem_free(p->redirect);
	mem_free(p->follows);
	memset(p, 0, sizeof(*p));
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
