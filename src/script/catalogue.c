/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/answer.h"
#include "script/catalogue.h"
#include "script/config.h"
#include "script/date.h"

/* What module.c puts there. */
static const struct function module_functions[] = {
	{ "require", NULL, "name: string", "any", "what lib/<name>.lua returns, read-only" },
	{ "data", NULL, "name: string", "any", "what data/<name>.json holds, read-only" },
	{ .name = NULL },
};

const struct function *catalogue_functions(size_t i)
{
	static const struct function *const lists[] = { config_functions, answer_select_functions,
		answer_functions, answer_prins_functions, date_functions, module_functions };

	return i < ARRAY_LEN(lists) ? lists[i] : NULL;
}
