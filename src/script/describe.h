/* SPDX-License-Identifier: MIT */
/*
 * describe.h - what the policy API is, for tools: editors, checkers, pages.
 *
 * Everything comes from the tables that make the API work, so that it cannot be different.  All
 * texts are static.  Functions with an index take it below the count that the function or struct
 * before them gives.
 *
 * Types are written in the words of these pages:
 *   string, boolean, integer, number, any, table
 *   capability, purpose, event, ...     the type of a constant (describe_constant)
 *   request, peer, certificate, ...     a view, by the last part of its name (describe_view)
 *   gateway, partner, policy            what their constructors give
 *   answer                              what hooks return
 *   sepp.gateway, sepp.retain, ...      a table of such fields (describe_shape)
 *   T[], table<K, V>, T|U, { name: T }, fun(name: T): T
 * A `?` behind the name of a parameter says that it may be left out.
 */
#ifndef SCRIPT_DESCRIBE_H
#define SCRIPT_DESCRIBE_H

#include "base/base.h"
#include "script/decision.h"

struct view_def;
struct config_field;

/* --- views: what hooks are told */

struct describe_view {
	const char *name; /* "request", "peer.certificate" */
	const char *type; /* "request", "certificate" */
	size_t n_fields;
	const struct view_def *def;
};

struct describe_field {
	const char *name, *type, *doc;
	bool optional; /* may be nil */
	bool is_method;
};

size_t describe_views(void);
struct describe_view describe_view(size_t i);
struct describe_field describe_field(const struct describe_view *view, size_t i);

/* --- hooks */

struct describe_hook {
	const char *name;
	const char *argument; /* "request", or NULL: there is only the peer */
	const char *type;     /* of it */
	const char *returns;  /* "answer" or "capability[]" */
	const char *write;    /* "return sepp.accept() or sepp.reject(reason)" */
};

struct describe_hook describe_hook(enum script_hook hook);

/* --- constants and functions of `sepp` */

struct describe_constant {
	const char *table; /* "sepp", "sepp.purpose" */
	const char *name;  /* "TLS" */
	const char *type;  /* "capability" */
};

struct describe_function {
	const char *name;       /* "select" */
	const char *parameters; /* "capability: capability, options?: { purposes: purpose[] }" */
	const char *returns;    /* "answer"; "" = nothing */
	const char *doc;
};

size_t describe_constants(void);
struct describe_constant describe_constant(size_t i);
size_t describe_functions(void);
struct describe_function describe_function(size_t i);

/* --- what is there of Lua's own library */

struct describe_name {
	const char *table; /* "string"; "" = a global */
	const char *name;
};

size_t describe_names(void);
struct describe_name describe_name(size_t i);

/* --- tables that a policy writes */

struct describe_shape {
	const char *name; /* "sepp.gateway"; of a nested one, the field that it is in */
	size_t n_fields;
	const struct config_field *fields;
};

struct describe_entry {
	const char *name, *type;
	const char *example; /* "idle_s = 600" */
	bool needed;
	struct describe_shape nested; /* n_fields 0 = none */
};

size_t describe_shapes(void);
struct describe_shape describe_shape(size_t i);
struct describe_entry describe_entry(const struct describe_shape *shape, size_t i);

/* --- what tests are written with: functions of `test`, and the tables that they take */

size_t describe_test_functions(void);
struct describe_function describe_test_function(size_t i);

/* "test.peer" and so on; the entries of a fixture are of describe_fixture_entry(). */
size_t describe_fixtures(void);
struct describe_shape describe_fixture(size_t i);
struct describe_entry describe_fixture_entry(const struct describe_shape *shape, size_t i);

#endif
