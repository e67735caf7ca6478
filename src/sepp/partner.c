/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/mem.h"
#include "sepp/partner.h"

struct partner *partner_new(void)
{
	struct partner *p = mem_alloc(sizeof(*p));

	n32_policy_init(&p->policy);
	n32_providers_init(&p->providers);
	return p;
}

void partner_free(struct partner *p)
{
	if (!p)
		return;
	script_program_free(p->program);
	tls_anchors_unref(p->anchors);
	n32_policy_release(&p->policy);
	n32_providers_release(&p->providers);
	assoc_unref(p->association);
	mem_free(p);
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
