/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/err.h"
#include "n32/json_tree.h"

enum {
	ESCAPED_MAX = 2048
};

json_t *n32_tree_new(void)
{
	json_t *object = json_object();

	ensure(object);
	return object;
}

void n32_tree_put(json_t *object, const char *name, json_t *value)
{
	int rc = json_object_set_new_nocheck(object, name, value);

	ensure(rc == 0);
}

void n32_tree_append(json_t *array, json_t *value)
{
	int rc = json_array_append_new(array, value);

	ensure(rc == 0);
}

json_t *n32_tree_text(const char *text)
{
	char escaped[ESCAPED_MAX];
	json_t *value = json_string(text);

	if (!value)
		value = json_string(str_escape(escaped, sizeof(escaped), str_of(text)));
	ensure(value);
	return value;
}

void n32_tree_put_text(json_t *object, const char *name, const char *text)
{
	if (text && text[0] != '\0')
		n32_tree_put(object, name, n32_tree_text(text));
}

static int on_text(const char *text, size_t n, void *out)
{
	return buf_add(out, text, n);
}

int n32_tree_print(struct buf *out, json_t *tree)
{
	size_t before = out->len;
	int rc = json_dump_callback(tree, on_text, out, JSON_COMPACT);

	json_decref(tree);
	if (rc == 0)
		return 0;
	/* the part that did fit is of no use to anyone */
	out->len = before;
	if (out->data)
		out->data[before] = '\0';
	return ERR_LIMIT;
}
