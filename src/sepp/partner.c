/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/mem.h"
#include "sepp/partner.h"

struct partner *partner_new(void)
{
	struct partner *p = mem_alloc(sizeof(*p));

	n32_policy_init(&p->policy);
	return p;
}

void partner_free(struct partner *p)
{
	if (!p)
		return;
	tls_anchors_unref(p->anchors);
	n32_policy_release(&p->policy);
	if (p->providers)
		n32_providers_release(p->providers);
	mem_free(p->providers);
	assoc_unref(p->association);
	mem_free(p);
}

struct n32_providers *partner_providers(struct partner *p)
{
	if (!p->providers) {
		p->providers = mem_alloc(sizeof(*p->providers));
		n32_providers_init(p->providers);
	}
	return p->providers;
}

void partner_find_hooks(struct partner *p, const struct script_program *const *candidates, size_t n)
{
	for (size_t h = 0; h < SCRIPT_HOOKS; h++) {
		for (size_t i = 0; i < n && !p->hooks[h]; i++) {
			if (candidates[i] && script_program_has(candidates[i], (enum script_hook)h))
				p->hooks[h] = candidates[i];
		}
	}
}
