/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the fields of a response that lead to something: where to turn to, when to come
 * back, what the body is; and as the name of a state.
 */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "sepp/call.h"
#include "sepp/dial.h"
#include "sepp/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is a name and a port, and these are accepted again; nothing else is in it. */
static void try_target(struct str uri)
{
	struct dial_target t, again;
	char text[N32_FQDN_MAX + 32];
	struct str printed;

	if (!dial_target_parse(&t, uri))
		return;
	ensure(t.name.text[0] != '\0' && t.port <= 65535);
	snprintf(
	    text, sizeof(text), t.port ? "https://%s:%u/" : "https://%s/", t.name.text, t.port);
	printed = str_of(text);
	ensure(dial_target_parse(&again, printed));
	ensure(t.port == again.port && strcmp(t.name.text, again.name.text) == 0);
	/* up to the path it is what was read, but for case, a final dot and zeros */
	for (size_t i = 0; i < uri.n && i < sizeof("https://") - 1; i++)
		ensure(uri.p[i] == text[i]);
	for (size_t i = sizeof("https://") - 1; i < uri.n && uri.p[i] != '/'; i++)
		ensure(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*:",
			   uri.p[i]) &&
		       uri.p[i] != '\0');
}

static void try_retry(struct str text)
{
	char digits[12];
	unsigned n = call_retry_s(text);

	ensure(n <= CALL_RETRY_MAX_S);
	snprintf(digits, sizeof(digits), "%u", n);
	ensure(call_retry_s(str_of(digits)) == n);
	ensure(text.n > 0 || n == 0);
}

static void try_type(struct str text)
{
	static const char json[] = "application/json";

	if (!call_is_json(text))
		return;
	ensure(text.n >= sizeof(json) - 1);
	ensure(str_ieq((struct str){ text.p, sizeof(json) - 1 }, str_of(json)));
	ensure(text.n == sizeof(json) - 1 || strchr(" \t;", text.p[sizeof(json) - 1]));
}

static void try_name(struct str text)
{
	char name[40];
	enum machine_state state;

	if (str_copy(name, sizeof(name), text) && machine_state_parse(name, &state))
		ensure(strcmp(machine_state_name(state), name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	try_target(text);
	try_retry(text);
	try_type(text);
	try_name(text);
	return 0;
}
