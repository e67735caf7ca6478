/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/mem.h"
#include "sepp/partner.h"

void partner_free(struct partner *p)
{
	if (!p)
		return;
	script_program_free(p->program);
	tls_anchors_unref(p->anchors);
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
