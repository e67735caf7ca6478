/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/describe.h"
#include "script/view.h"

/* What tools are told of the API, against what policies find. */

static bool eval_is(struct kit *k, const char *want, const char *fmt, const char *a, const char *b)
{
	char expression[256];

	snprintf(expression, sizeof(expression), fmt, a, b);
	if (strcmp(kit_eval(k, expression), want) == 0)
		return true;
	print_error("%s: %s\n", expression, k->answer.reason);
	return false;
}

/* How many entries of `table` have `type`, of those that pairs() finds in a running state. */
static int count_in_state(struct kit *k, const char *table, const char *type)
{
	char expression[256];

	snprintf(expression, sizeof(expression),
	    "(function() local n = 0 for _, v in pairs(%s) do if type(v) == \"%s\" then n = n + 1 "
	    "end end return n end)()",
	    table, type);
	return (int)strtol(kit_eval(k, expression), NULL, 10);
}

static void every_function_of_sepp_is_described_and_nothing_else(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < describe_functions(); i++) {
		const struct describe_function f = describe_function(i);

		assert_true(eval_is(k, "function", "type(sepp.%s%s)", f.name, ""));
		for (size_t n = 0; n < i; n++)
			assert_string_not_equal(f.name, describe_function(n).name);
	}
	assert_int_equal(describe_functions(), count_in_state(k, "sepp", "function"));
	assert_true(describe_functions() >= 18);
	kit_close(k);
}

static void every_constant_is_described_and_nothing_else(void **state)
{
	struct kit *k = kit_open();
	int n = count_in_state(k, "sepp", "userdata");

	(void)state;
	for (size_t i = 0; i < describe_constants(); i++) {
		const struct describe_constant c = describe_constant(i);
		bool first = strcmp(c.table, "sepp") != 0;

		assert_true(eval_is(k, c.name, "%s.%s", c.table, c.name));
		for (size_t m = 0; m < i; m++)
			first = first && strcmp(c.table, describe_constant(m).table) != 0;
		if (first)
			n += count_in_state(k, c.table, "userdata");
	}
	assert_int_equal(describe_constants(), n);
	kit_close(k);
}

static void every_table_of_constants_is_described(void **state)
{
	struct kit *k = kit_open();
	int n = 0;

	(void)state;
	for (size_t i = 0; i < describe_constants(); i++) {
		const char *table = describe_constant(i).table;
		bool first = strcmp(table, "sepp") != 0;

		for (size_t m = 0; m < i; m++)
			first = first && strcmp(table, describe_constant(m).table) != 0;
		n += first;
	}
	assert_int_equal(count_in_state(k, "sepp", "table"), n);
	kit_close(k);
}

static void every_view_inside_a_view_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < describe_views(); i++) {
		const struct describe_view v = describe_view(i);

		assert_true(v.n_fields > 0 && v.n_fields <= 32);
		for (size_t k = 0; k < v.n_fields; k++) {
			const struct field *f = &v.def->fields[k];
			bool found = f->kind != FIELD_VIEW;

			for (size_t n = 0; n < describe_views() && !found; n++)
				found = describe_view(n).def == f->view &&
					strcmp(describe_view(n).type, f->type) == 0;
			if (!found)
				fail_msg("%s.%s: no view %s", v.name, f->name, f->type);
		}
	}
}

static bool is_word(const char *s, size_t n)
{
	static const char *const words[] = { "string", "boolean", "integer", "number", "any",
		"table", "fun", "self", "answer", "gateway", "partner", "policy" };
	struct str word = { s, n };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(word, words[i]))
			return true;
	}
	for (size_t i = 0; i < describe_constants(); i++) {
		if (str_is(word, describe_constant(i).type))
			return true;
	}
	for (size_t i = 0; i < describe_views(); i++) {
		if (str_is(word, describe_view(i).type))
			return true;
	}
	for (size_t i = 0; i < describe_shapes(); i++) {
		if (str_is(word, describe_shape(i).name))
			return true;
	}
	return false;
}

/* Whether every word of a type is one of those that describe.h lists, names apart. */
static void check_type(const char *where, const char *type)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

	for (const char *p = type; *p;) {
		size_t n = strspn(p, letters);
		bool named = p[n] == ':' || (p[n] == '?' && p[n + 1] == ':');

		if (n && !named && !is_word(p, n))
			fail_msg("%s: %.*s in %s is no type", where, (int)n, p, type);
		p += n ? n : 1;
	}
}

static void check_line(const char *where, const char *doc)
{
	assert_non_null(doc);
	if (!doc[0] || strchr(doc, '\n') || doc[strlen(doc) - 1] == '.')
		fail_msg("%s: %s", where, doc);
}

static void every_field_has_a_type_and_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < describe_views(); i++) {
		const struct describe_view v = describe_view(i);

		for (size_t k = 0; k < v.n_fields; k++) {
			const struct describe_field f = describe_field(&v, k);

			assert_non_null(f.type);
			check_type(f.name, f.type);
			check_line(f.name, f.doc);
			assert_int_equal(f.is_method, strncmp(f.type, "fun(", 4) == 0);
			if (f.optional && !strstr(f.doc, "nil"))
				fail_msg("%s.%s does not say when it is nil", v.name, f.name);
		}
	}
}

static void every_function_has_a_signature_and_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < describe_functions(); i++) {
		const struct describe_function f = describe_function(i);

		assert_non_null(f.parameters);
		check_type(f.name, f.parameters);
		check_type(f.name, f.returns);
		check_line(f.name, f.doc);
	}
}

static void check_shape(const struct describe_shape *s)
{
	assert_true(s->n_fields > 0);
	for (size_t i = 0; i < s->n_fields; i++) {
		const struct describe_entry e = describe_entry(s, i);

		check_type(e.name, e.type);
		if (strncmp(e.example, e.name, strlen(e.name)) != 0 && !strstr(e.example, e.name))
			fail_msg("%s %s: %s", s->name, e.name, e.example);
		assert_int_equal(strcmp(e.type, "table") == 0, e.nested.n_fields > 0);
		if (e.nested.n_fields)
			check_shape(&e.nested);
	}
}

static void every_table_that_a_policy_writes_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < describe_shapes(); i++) {
		const struct describe_shape s = describe_shape(i);

		check_shape(&s);
	}
}

/* The examples of all fields, put together, are a file that loads. */
static void examples_are_right(void **state)
{
	static const char *const files[] = { "gateway.lua", "partners/p.lua", "default.lua" };
	struct kit *k = kit_open();
	char text[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct describe_shape s = describe_shape(i);
		size_t n = (size_t)snprintf(text, sizeof(text), "return %s {", s.name);

		for (size_t f = 0; f < s.n_fields; f++)
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, " %s,", describe_entry(&s, f).example);
		snprintf(text + n, sizeof(text) - n, " }");
		if (!kit_load(k, files[i], text, (enum script_kind)i))
			fail_msg("%s", k->e.text);
	}
	kit_close(k);
}

static void every_hook_is_described(void **state)
{
	(void)state;
	for (int i = 0; i < SCRIPT_HOOKS; i++) {
		const struct describe_hook h = describe_hook((enum script_hook)i);

		assert_string_equal(h.name, script_hook_name((enum script_hook)i));
		assert_int_equal(h.argument == NULL, i == SCRIPT_OFFER_CAPABILITIES);
		assert_int_equal(h.argument == NULL, h.type == NULL);
		if (h.type)
			check_type(h.name, h.type);
		check_type(h.name, h.returns);
		assert_int_equal(strncmp(h.write, "return ", 7), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_of_sepp_is_described_and_nothing_else),
		cmocka_unit_test(every_constant_is_described_and_nothing_else),
		cmocka_unit_test(every_table_of_constants_is_described),
		cmocka_unit_test(every_view_inside_a_view_is_described),
		cmocka_unit_test(every_field_has_a_type_and_a_line),
		cmocka_unit_test(every_function_has_a_signature_and_a_line),
		cmocka_unit_test(every_table_that_a_policy_writes_is_described),
		cmocka_unit_test(examples_are_right),
		cmocka_unit_test(every_hook_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
