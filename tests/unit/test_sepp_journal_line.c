/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "n32/json_value.h"
#include "script/case.h"
#include "sepp/journal_line.h"

enum {
	NOW_S = 1767264600,
};

static void ids_sort_and_never_repeat(void **state)
{
	struct journal_ids ids = { .worker = 10 };
	char before[JOURNAL_ID_MAX], after[JOURNAL_ID_MAX];

	(void)state;
	assert_string_equal(journal_id(before, &ids, 0x19b75d36c28), "019b75d36c28-0a-000001");
	for (uint64_t i = 0; i < 1000; i++) {
		/* a clock that stands, goes on, and goes back */
		journal_id(after, &ids, 0x19b75d36c28 + (i % 10) - (i % 3));
		assert_true(strcmp(before, after) < 0);
		memcpy(before, after, sizeof(before));
	}
	ids.count = 0xffffff - 1;
	journal_id(before, &ids, 0);
	journal_id(after, &ids, 0);
	assert_true(strcmp(before, after) < 0);
}

static struct str line_of(struct script_case *c, struct script_answer *out, const char *outcome)
{
	static struct journal_draft draft;
	struct journal_fact fact = {
		.id = "019b75d36c28-00-000001",
		.time_ms = (uint64_t)NOW_S * 1000 + 42,
		.generation = 3,
		.digest = "00ff",
		.in = &c->in,
		.out = out,
		.us = 12,
	};

	journal_line_begin(&draft, &fact);
	journal_line_end(&draft, outcome);
	return (struct str){ draft.text, draft.n };
}

static void assert_text(const struct json_value *root, const char *name, const char *text)
{
	const struct json_value *v = n32_json_find(root, name);

	assert_non_null(v);
	if (!str_is(v->text, text))
		fail_msg("%s is %.*s", name, STR_FMT(v->text));
}

static void a_line_is_one_object_with_what_was_decided(void **state)
{
	struct script_case *c = script_case_new(SCRIPT_SELECT_CAPABILITY);
	struct script_answer out = {
		.verdict = SCRIPT_REJECT, .line = 7, .fuel = 123, .n_notes = 1
	};
	const struct json_value *root;
	const char *why;
	struct str line;

	(void)state;
	snprintf(out.file, sizeof(out.file), "partners/a.lua");
	snprintf(out.reason, sizeof(out.reason), "a \"reason\"\n");
	snprintf(out.notes[0], sizeof(out.notes[0]), "seen");
	line = line_of(c, &out, "403");
	assert_int_equal(line.p[line.n - 1], '\n');
	assert_ptr_equal(memchr(line.p, '\n', line.n), line.p + line.n - 1);
	root = n32_json_parse(line, &why);
	assert_non_null(root);
	assert_text(root, "id", "019b75d36c28-00-000001");
	assert_text(root, "time", "2026-01-01T10:50:00.042Z");
	assert_text(root, "hook", "select_capability");
	assert_text(root, "partner", "partner");
	assert_text(root, "digest", "00ff");
	assert_text(root, "at", "partners/a.lua:7");
	assert_text(root, "reason", "a \"reason\"\n");
	assert_text(root, "outcome", "403");
	assert_text(n32_json_find(root, "answer"), "verdict", "reject");
	assert_true(str_is(n32_json_find(root, "notes")->first->text, "seen"));
	assert_int_equal(n32_json_find(root, "generation")->integer, 3);
	assert_int_equal(n32_json_find(root, "fuel")->integer, 123);
	assert_int_equal(n32_json_find(root, "microseconds")->integer, 12);
	assert_text(n32_json_find(root, "input"), "hook", "select_capability");
	mem_free(c);
}

static void the_longest_line_fits_and_is_whole(void **state)
{
	struct script_case *c = script_case_new(SCRIPT_SELECT_CAPABILITY);
	struct script_answer out = { .verdict = SCRIPT_FAILED,
		.line = 2000000000,
		.fuel = UINT64_MAX >> 1,
		.n_notes = SCRIPT_NOTES_MAX };
	const char *why;
	struct str line;

	(void)state;
	c->request.n_usages = N32_USAGES_MAX;
	for (size_t i = 0; i < N32_USAGES_MAX; i++)
		memset(c->request.usages[i].additional_info, '"', N32_INFO_MAX);
	memset(out.file, '\x02', sizeof(out.file) - 1);
	memset(out.reason, '\x01', sizeof(out.reason) - 1);
	for (size_t i = 0; i < SCRIPT_NOTES_MAX; i++)
		memset(out.notes[i], '\xff', sizeof(out.notes[i]) - 1);
	line = line_of(c, &out, "0123456789012345678901234567890123456789012345678901234567890");
	assert_in_range(line.n, JOURNAL_LINE_MAX / 2, JOURNAL_LINE_MAX);
	if (!n32_json_parse(line, &why))
		fail_msg("%s", why);
	mem_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_sort_and_never_repeat),
		cmocka_unit_test(a_line_is_one_object_with_what_was_decided),
		cmocka_unit_test(the_longest_line_fits_and_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
