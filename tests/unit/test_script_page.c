/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "base/mem.h"
#include "script/case.h"
#include "script/describe.h"

/* lua/README.md, which is read by operators, against the code. */
static char *page(void)
{
	FILE *f = fopen("lua/README.md", "r");
	char *text = calloc(1, 1 << 16);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return text;
}

static enum script_kind kind_of(const char *path)
{
	if (strcmp(path, "gateway.lua") == 0)
		return SCRIPT_GATEWAY;
	return strncmp(path, "partners/", 9) == 0 ? SCRIPT_PARTNER : SCRIPT_POLICY;
}

/* A sample begins with a comment that says which file it is. */
static void the_samples_load(void **state)
{
	struct kit *k = kit_open();
	char *text = page(), *at = text;
	int n = 0;

	(void)state;
	while ((at = strstr(at, "```lua\n-- ")) != NULL) {
		char *end = strstr(at, "\n```\n"), path[64];

		assert_non_null(end);
		*end = '\0';
		at += strlen("```lua\n");
		(void)str_copy(path, sizeof(path), (struct str){ at + 3, strcspn(at + 3, "\n") });
		if (!kit_load(k, path, at, kind_of(path)))
			fail_msg("%s", k->e.text);
		at = end + 1;
		n++;
	}
	assert_int_equal(n, 5);
	free(text);
	kit_close(k);
}

static void the_samples_decide(void **state)
{
	struct kit *k = kit_open();
	char *text = page(), *hub = strstr(text, "```lua\n-- shared/hub.lua");

	(void)state;
	assert_non_null(hub);
	*strstr(hub, "\n```\n") = '\0';
	assert_true(kit_load(k, "shared/hub.lua", hub + strlen("```lua\n"), SCRIPT_POLICY));
	k->in.peer.certificate.days_left = 7;
	assert_int_equal(kit_decide(k)->cap, N32_CAP_PRINS);
	k->in.peer.certificate.days_left = 6;
	assert_string_equal(kit_decide(k)->reason, "certificate of p: 6 days left");
	free(text);
	kit_close(k);
}

/* The decision of the sample on the page that all optional hooks are shown with. */
static const struct script_answer *ask_sample(struct kit *k, const struct script_case *c)
{
	script_decide(k->vm, k->program, &c->in, &k->answer);
	return &k->answer;
}

static void the_sample_of_prins_decides(void **state)
{
	struct kit *k = kit_open();
	struct script_case *c = script_case_new(SCRIPT_OFFER_CAPABILITIES);
	char *text = page(), *prins = strstr(text, "```lua\n-- shared/prins.lua");

	(void)state;
	assert_non_null(prins);
	*strstr(prins, "\n```\n") = '\0';
	assert_true(kit_load(k, "shared/prins.lua", prins + strlen("```lua\n"), SCRIPT_POLICY));
	assert_int_equal(ask_sample(k, c)->caps.n, 2);
	c->in.now_s = 1782864000; /* 2026-07-01 */
	assert_int_equal(ask_sample(k, c)->caps.n, 1);
	c->in.hook = SCRIPT_VERIFY_SELECTION;
	assert_int_equal(ask_sample(k, c)->verdict, SCRIPT_ACCEPT);
	c->response.selected.cap = N32_CAP_TLS;
	assert_string_equal(ask_sample(k, c)->reason, "partner selected TLS");
	c->in.hook = SCRIPT_SELECT_PARAMETERS;
	assert_int_equal(ask_sample(k, c)->jwe, N32_JWE_A256GCM);
	c->params.n_jwe = 1;
	c->params.policy_differs = true;
	assert_int_equal(ask_sample(k, c)->jwe, N32_JWE_A128GCM);
	assert_string_equal(k->answer.notes[0], "protection policy of partner is not ours");
	c->in.hook = SCRIPT_ON_ERROR_REPORT;
	assert_int_equal(ask_sample(k, c)->verdict, SCRIPT_CONTINUE);
	c->report.in_context = 3;
	assert_string_equal(
	    ask_sample(k, c)->reason, "3 errors from partner, the last is INTEGRITY_CHECK_FAILED");
	c->report.error = N32_ERROR_ENCRYPTION_KEY_EXPIRED;
	assert_int_equal(ask_sample(k, c)->verdict, SCRIPT_RENEGOTIATE);
	mem_free(c);
	free(text);
	kit_close(k);
}

static void must_say(const char *text, const char *fmt, const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), fmt, name);
	if (!strstr(text, word))
		fail_msg("%s is not in lua/README.md", word);
}

static void every_field_is_named(void **state)
{
	char *text = page();

	(void)state;
	for (size_t i = 0; i < describe_views(); i++) {
		const struct describe_view v = describe_view(i);

		for (size_t k = 0; k < v.n_fields; k++) {
			const struct describe_field f = describe_field(&v, k);

			must_say(text, f.is_method ? "`:%s(" : "`%s`", f.name);
		}
	}
	for (size_t i = 0; i < describe_shapes(); i++) {
		const struct describe_shape s = describe_shape(i);

		for (size_t k = 0; k < s.n_fields; k++)
			must_say(text, "%s", describe_entry(&s, k).name);
	}
	free(text);
}

static void every_hook_function_and_constant_is_named(void **state)
{
	char *text = page();

	(void)state;
	for (int i = 0; i < SCRIPT_HOOKS; i++)
		must_say(text, "`%s(", script_hook_name((enum script_hook)i));
	for (size_t i = 0; i < describe_functions(); i++)
		must_say(text, "sepp.%s", describe_function(i).name);
	for (size_t i = 0; i < describe_constants(); i++) {
		const struct describe_constant c = describe_constant(i);

		if (strcmp(c.type, "purpose") != 0 || !strstr(c.name, "_TEST"))
			must_say(text, strcmp(c.table, "sepp") == 0 ? "`sepp.%s`" : "`%s`", c.name);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_samples_load),
		cmocka_unit_test(the_samples_decide),
		cmocka_unit_test(the_sample_of_prins_decides),
		cmocka_unit_test(every_field_is_named),
		cmocka_unit_test(every_hook_function_and_constant_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
