/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_kit.h"

#include "script/view.h"

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
	assert_int_equal(n, 4);
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

static void every_field_is_named(void **state)
{
	static const struct view_def *const views[] = { &view_request, &view_event, &view_peer };
	char *text = page(), word[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(views); i++) {
		for (size_t k = 0; k < views[i]->n_fields; k++) {
			const struct field *f = &views[i]->fields[k];

			snprintf(word, sizeof(word), f->kind == FIELD_METHOD ? "`:%s(" : "`%s`",
			    f->name);
			if (!strstr(text, word))
				fail_msg("%s is not in lua/README.md", word);
			assert_non_null(f->type);
			assert_non_null(f->doc);
		}
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_samples_load),
		cmocka_unit_test(the_samples_decide),
		cmocka_unit_test(every_field_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
