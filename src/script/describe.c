/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "script/answer.h"
#include "script/catalogue.h"
#include "script/config.h"
#include "script/describe.h"
#include "script/fixture_fields.h"
#include "script/hook.h"
#include "script/library.h"
#include "script/suite.h"
#include "script/value.h"
#include "script/view.h"

/* --- views */

static const struct view_def *const views[] = { &view_request, &view_response, &view_parameters,
	&view_event, &view_report, &view_peer, &view_tls, &view_certificate, &view_history,
	&view_counts, &view_local_time };

size_t describe_views(void)
{
	return ARRAY_LEN(views);
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

struct describe_view describe_view(size_t i)
{
	ensure(i < ARRAY_LEN(views));
	return (struct describe_view){ views[i]->name, last_part(views[i]->name),
		views[i]->n_fields, views[i] };
}

struct describe_field describe_field(const struct describe_view *view, size_t i)
{
	const struct field *f;

	ensure(i < view->n_fields);
	f = &view->def->fields[i];
	return (struct describe_field){ f->name, f->type, f->doc, f->optional,
		f->kind == FIELD_METHOD };
}

/* --- hooks */

struct describe_hook describe_hook(enum script_hook hook)
{
	const struct hook *h = hook_of(hook);

	return (struct describe_hook){ script_hook_name(hook), h->argument,
		h->about ? last_part(h->about->name) : NULL,
		hook == SCRIPT_OFFER_CAPABILITIES ? "capability[]" : "answer", h->write };
}

/* --- constants and functions */

size_t describe_constants(void)
{
	size_t n = 0;

	while (value_number(n))
		n++;
	return n;
}

struct describe_constant describe_constant(size_t i)
{
	const struct value *v = value_number(i);

	ensure(v);
	return (struct describe_constant){ value_kind_table(v->kind), v->name,
		value_kind_name(v->kind) };
}

/* The `i`-th of all functions in the lists, or NULL; counts them into `n` on the way. */
static const struct function *find_function(
    const struct function *(*lists)(size_t i), size_t i, size_t *n)
{
	*n = 0;
	for (size_t k = 0; lists(k); k++) {
		for (const struct function *f = lists(k); f->name; f++) {
			if ((*n)++ == i)
				return f;
		}
	}
	return NULL;
}

size_t describe_functions(void)
{
	size_t n;

	(void)find_function(catalogue_functions, SIZE_MAX, &n);
	return n;
}

size_t describe_test_functions(void)
{
	size_t n;

	(void)find_function(suite_functions, SIZE_MAX, &n);
	return n;
}

static struct describe_function describe_in(const struct function *(*lists)(size_t i), size_t i)
{
	size_t n;
	const struct function *f = find_function(lists, i, &n);

	ensure(f);
	return (struct describe_function){ f->name, f->parameters, f->returns, f->doc };
}

struct describe_function describe_function(size_t i)
{
	return describe_in(catalogue_functions, i);
}

struct describe_function describe_test_function(size_t i)
{
	return describe_in(suite_functions, i);
}

/* --- library */

size_t describe_names(void)
{
	const char *table;
	size_t n = 0;

	while (library_name(n, &table))
		n++;
	return n;
}

struct describe_name describe_name(size_t i)
{
	struct describe_name out;

	out.name = library_name(i, &out.table);
	ensure(out.name);
	return out;
}

/* --- tables */

static const struct config_shape *const shapes[] = { &config_gateway_shape, &config_partner_shape,
	&config_policy_shape, &answer_retain_shape, &answer_parameters_shape };

size_t describe_shapes(void)
{
	return ARRAY_LEN(shapes);
}

struct describe_shape describe_shape(size_t i)
{
	ensure(i < ARRAY_LEN(shapes));
	return (struct describe_shape){ shapes[i]->name, shapes[i]->n, shapes[i]->fields };
}

struct describe_entry describe_entry(const struct describe_shape *shape, size_t i)
{
	const struct config_field *f;

	ensure(i < shape->n_fields);
	f = &shape->fields[i];
	return (struct describe_entry){ f->name, config_type(f), f->example, f->needed,
		{ f->name, f->n_sub, f->sub } };
}

size_t describe_fixtures(void)
{
	return FIXTURE_KINDS;
}

struct describe_shape describe_fixture(size_t i)
{
	ensure(i < FIXTURE_KINDS);
	return (struct describe_shape){ fixture_fields[i].what, fixture_fields[i].n,
		fixture_fields[i].fields };
}

struct describe_entry describe_fixture_entry(const struct describe_shape *shape, size_t i)
{
	const struct config_field *f;

	ensure(i < shape->n_fields);
	f = &shape->fields[i];
	return (struct describe_entry){ f->name, fixture_type(f), f->example, false,
		{ f->name, 0, NULL } };
}
