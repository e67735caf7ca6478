/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <getopt.h>
#include <stdlib.h>

#include "base/buf.h"
#include "n32/json_out.h"
#include "prog/ctl.h"
#include "prog/ctl_offline.h"
#include "prog/defaults.h"
#include "script/describe.h"

enum {
	JSON_MAX = 1 << 20
};

/* What script/describe.h says, as JSON; lua/editor.lua makes the files of it. */

static void put_views(struct n32_json_out *o)
{
	n32_json_out_array(o, "views");
	for (size_t i = 0; i < describe_views(); i++) {
		const struct describe_view v = describe_view(i);

		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "name", v.name);
		n32_json_out_text(o, "type", v.type);
		n32_json_out_array(o, "fields");
		for (size_t k = 0; k < v.n_fields; k++) {
			const struct describe_field f = describe_field(&v, k);

			n32_json_out_object(o, NULL);
			n32_json_out_text(o, "name", f.name);
			n32_json_out_text(o, "type", f.type);
			n32_json_out_text(o, "doc", f.doc);
			n32_json_out_bool(o, "optional", f.optional);
			n32_json_out_end_object(o);
		}
		n32_json_out_end_array(o);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_hooks(struct n32_json_out *o)
{
	n32_json_out_array(o, "hooks");
	for (int i = 0; i < SCRIPT_HOOKS; i++) {
		const struct describe_hook h = describe_hook((enum script_hook)i);

		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "name", h.name);
		n32_json_out_some(o, "argument", h.argument);
		n32_json_out_some(o, "type", h.type);
		n32_json_out_text(o, "returns", h.returns);
		n32_json_out_text(o, "doc", h.write);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_constants(struct n32_json_out *o)
{
	n32_json_out_array(o, "constants");
	for (size_t i = 0; i < describe_constants(); i++) {
		const struct describe_constant c = describe_constant(i);

		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "table", c.table);
		n32_json_out_text(o, "name", c.name);
		n32_json_out_text(o, "type", c.type);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_function(
    struct n32_json_out *o, const char *table, const struct describe_function *f)
{
	n32_json_out_object(o, NULL);
	n32_json_out_text(o, "table", table);
	n32_json_out_text(o, "name", f->name);
	n32_json_out_text(o, "parameters", f->parameters);
	n32_json_out_text(o, "returns", f->returns);
	n32_json_out_text(o, "doc", f->doc);
	n32_json_out_end_object(o);
}

static void put_functions(struct n32_json_out *o)
{
	n32_json_out_array(o, "functions");
	for (size_t i = 0; i < describe_functions(); i++) {
		const struct describe_function f = describe_function(i);

		put_function(o, "sepp", &f);
	}
	for (size_t i = 0; i < describe_test_functions(); i++) {
		const struct describe_function f = describe_test_function(i);

		put_function(o, "test", &f);
	}
	n32_json_out_end_array(o);
}

static void put_names(struct n32_json_out *o)
{
	n32_json_out_array(o, "names");
	for (size_t i = 0; i < describe_names(); i++) {
		const struct describe_name n = describe_name(i);

		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "table", n.table);
		n32_json_out_text(o, "name", n.name);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

typedef struct describe_entry entry_fn(const struct describe_shape *shape, size_t i);

static void put_entries(struct n32_json_out *o, const struct describe_shape *shape, entry_fn *entry)
{
	n32_json_out_array(o, "fields");
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct describe_entry e = entry(shape, i);

		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "name", e.name);
		n32_json_out_text(o, "type", e.type);
		n32_json_out_some(o, "example", e.example);
		n32_json_out_bool(o, "needed", e.needed);
		if (e.nested.n_fields)
			put_entries(o, &e.nested, entry); /* three levels at most */
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

static void put_shape(struct n32_json_out *o, const struct describe_shape *shape, entry_fn *entry)
{
	n32_json_out_object(o, NULL);
	n32_json_out_text(o, "name", shape->name);
	put_entries(o, shape, entry);
	n32_json_out_end_object(o);
}

static void put_shapes(struct n32_json_out *o)
{
	n32_json_out_array(o, "shapes");
	for (size_t i = 0; i < describe_shapes(); i++) {
		const struct describe_shape shape = describe_shape(i);

		put_shape(o, &shape, describe_entry);
	}
	for (size_t i = 0; i < describe_fixtures(); i++) {
		const struct describe_shape shape = describe_fixture(i);

		put_shape(o, &shape, describe_fixture_entry);
	}
	n32_json_out_end_array(o);
}

static void describe(struct buf *out)
{
	struct n32_json_out o;

	buf_init(out, JSON_MAX);
	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	put_views(&o);
	put_hooks(&o);
	put_constants(&o);
	put_functions(&o);
	put_names(&o);
	put_shapes(&o);
	n32_json_out_end_object(&o);
	ensure(n32_json_out_end(&o) == 0);
}

static int run_editor(struct ctl_options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	char *arguments[3] = { NULL, NULL, NULL };
	struct buf text;
	int c, rc;

	(void)o;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c != 'f')
			return EXIT_USAGE;
		arguments[2] = argv[0];
	}
	if (argc - optind != 1)
		return EXIT_USAGE;
	describe(&text);
	arguments[0] = text.data;
	arguments[1] = argv[optind];
	rc = ctl_run_lua("editor", arguments[2] ? 3 : 2, arguments);
	buf_release(&text);
	return rc;
}

const struct ctl_command ctl_editor = { "editor", run_editor, "editor [--force] DIRECTORY",
	"write sepp.d.lua, .luarc.json and .luacheckrc, so that an editor knows the policy API" };
