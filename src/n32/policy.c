/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/policy.h"

/* Buffers with the same bound: it fits. */
static void copy_buf(struct buf *to, const struct buf *from)
{
	int rc;

	buf_reset(to);
	rc = buf_add(to, from->data, from->len);
	ensure(rc == 0);
}

void n32_policy_init(struct n32_policy *p)
{
	buf_init(&p->json, N32_POLICY_MAX);
	buf_init(&p->terms, N32_TERMS_MAX);
}

void n32_policy_release(struct n32_policy *p)
{
	buf_release(&p->json);
	buf_release(&p->terms);
}

void n32_policy_reset(struct n32_policy *p)
{
	buf_reset(&p->json);
	buf_reset(&p->terms);
}

void n32_policy_copy(struct n32_policy *to, const struct n32_policy *from)
{
	copy_buf(&to->json, &from->json);
	copy_buf(&to->terms, &from->terms);
}

bool n32_policy_eq(const struct n32_policy *a, const struct n32_policy *b)
{
	return str_eq(buf_str(&a->terms), buf_str(&b->terms));
}

void n32_providers_init(struct n32_providers *p)
{
	p->n = 0;
	buf_init(&p->json, N32_POLICY_MAX);
}

void n32_providers_release(struct n32_providers *p)
{
	p->n = 0;
	buf_release(&p->json);
}

void n32_providers_reset(struct n32_providers *p)
{
	p->n = 0;
	buf_reset(&p->json);
}

void n32_providers_copy(struct n32_providers *to, const struct n32_providers *from)
{
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++)
		to->ids[i] = from->ids[i];
	copy_buf(&to->json, &from->json);
}
