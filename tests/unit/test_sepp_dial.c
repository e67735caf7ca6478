/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sepp/dial.h"

/* a redirection's URI, the name and the port that it means; no name: it is refused */
static const struct {
	const char *uri, *name;
	unsigned port;
} uris[] = {
	{ "https://sepp2.example.org/n32c-handshake/v1/exchange-capability", "sepp2.example.org",
	    0 },
	{ "https://SEPP2.Example.org:8443/x", "sepp2.example.org", 8443 },
	{ "https://sepp2.example.org", "sepp2.example.org", 0 },
	{ "https://sepp2.example.org:1", "sepp2.example.org", 1 },
	{ "http://sepp2.example.org/", NULL, 0 },
	{ "HTTPS://sepp2.example.org/", NULL, 0 },
	{ "https://sepp2.example.org:0/", NULL, 0 },
	{ "https://sepp2.example.org:65536/", NULL, 0 },
	{ "https://sepp2.example.org:12x/", NULL, 0 },
	{ "https://sepp2.example.org:/", NULL, 0 },
	{ "https://sepp2.example.org:123456789/", NULL, 0 },
	{ "https:///x", NULL, 0 },
	{ "https://", NULL, 0 },
	{ "https://user@sepp2.example.org/", NULL, 0 },
	{ "https://sepp2 .example.org/", NULL, 0 },
	{ "https://[::1]/", NULL, 0 },
	{ "https://sepp2.example.org:+443/", NULL, 0 },
	{ "https://sepp2.example.org: 443/", NULL, 0 },
	{ "https://sepp2.example.org:0x1bb/", NULL, 0 },
	{ "/n32c-handshake/v1/exchange-capability", NULL, 0 },
	{ "", NULL, 0 },
};

static void only_https_uris_of_names_are_followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
		struct dial_target t;
		bool ok = dial_target_parse(&t, str_of(uris[i].uri));

		if (ok != (uris[i].name != NULL))
			fail_msg("%s", uris[i].uri);
		if (!ok)
			continue;
		assert_string_equal(t.name.text, uris[i].name);
		assert_int_equal(t.port, uris[i].port);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_https_uris_of_names_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
