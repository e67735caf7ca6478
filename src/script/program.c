/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "script/image.h"
#include "script/script_int.h"

/* Serials are never used twice, so an image can outlive its program without being mistaken. */
static uint64_t next_serial(void)
{
	static atomic_uint_fast64_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct script_program *script_program_new(struct script_vm *vm, const struct script_files *files,
    const char *path, enum script_kind kind, struct err *e)
{
	struct load *load = mem_alloc(sizeof(*load));
	struct script_program *p = mem_alloc(sizeof(*p));
	int rc;

	p->serial = next_serial();
	p->files = files;
	p->path = mem_strdup(path);
	p->kind = kind;
	load->files = files;
	load->path = p->path;
	load->kind = kind;
	rc = image_make(vm, p->serial, load, e);
	p->hooks = load->hooks;
	memcpy(p->name, load->name, sizeof(p->name));
	if (kind == SCRIPT_GATEWAY)
		p->gateway = (void *)mem_dup(&load->gateway, sizeof(load->gateway));
	else
		conf_gateway_release(&load->gateway);
	if (kind == SCRIPT_PARTNER)
		p->partner = (void *)mem_dup(&load->partner, sizeof(load->partner));
	else
		conf_partner_release(&load->partner);
	mem_free(load);
	if (rc == 0)
		return p;
	script_program_free(p);
	return NULL;
}

int script_module_check(
    struct script_vm *vm, const struct script_files *files, const char *path, struct err *e)
{
	struct load load = {
		.files = files, .path = path, .kind = SCRIPT_POLICY, .is_module = true, .made = true
	};

	return image_make(vm, 0, &load, e);
}

void script_program_free(struct script_program *p)
{
	if (!p)
		return;
	if (p->gateway)
		conf_gateway_release(p->gateway);
	if (p->partner)
		conf_partner_release(p->partner);
	mem_free(p->gateway);
	mem_free(p->partner);
	mem_free(p->path);
	mem_free(p);
}

const struct conf_gateway *script_program_gateway(const struct script_program *p)
{
	ensure(p->kind == SCRIPT_GATEWAY);
	return p->gateway;
}

const struct conf_partner *script_program_partner(const struct script_program *p)
{
	ensure(p->kind == SCRIPT_PARTNER);
	return p->partner;
}

const char *script_program_name(const struct script_program *p)
{
	return p->name;
}

const char *script_program_path(const struct script_program *p)
{
	return p->path;
}

bool script_program_has(const struct script_program *p, enum script_hook hook)
{
	return p->hooks & (1u << hook);
}
