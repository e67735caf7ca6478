/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/addr.h"

static void addresses_are_printed_as_they_are_parsed(void **state)
{
	static const char *const texts[] = { "192.0.2.7:443", "0.0.0.0:0", "127.0.0.1:65535",
		"[2001:db8::7]:443", "[::]:0", "[::1]:65535" };
	char out[ADDR_TEXT_MAX];
	struct addr a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(addr_parse(&a, texts[i], &e), 0);
		assert_string_equal(addr_print(out, &a), texts[i]);
	}
}

static void the_longest_address_fits(void **state)
{
	static const char text[] = "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535";
	char out[ADDR_TEXT_MAX];
	struct addr a;

	(void)state;
	assert_int_equal(addr_parse(&a, text, NULL), 0);
	assert_string_equal(addr_print(out, &a), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void what_is_no_numeric_address_with_a_port_is_refused(void **state)
{
	static const char *const bad[] = { "", ":", ":443", "192.0.2.7",
		"192.0.2.7:", "192.0.2.7:65536", "192.0.2.7:99999999999999999999", "192.0.2.7:-1",
		"192.0.2.7:+1", "192.0.2.7: 1", "192.0.2.7:1x", "192.0.2:1", "192.0.2.256:1",
		"localhost:443", "[2001:db8::7]", "[2001:db8::7:443", "[2001:db8::g]:443", "[]:443",
		"[::1]443", "[fe80::1%lo]:443", " 192.0.2.7:443" };
	struct addr a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(addr_parse(&a, bad[i], &e), ERR_SYNTAX);
}

static void a_host_that_is_too_long_is_refused(void **state)
{
	char text[200];
	struct addr a;

	(void)state;
	memset(text, '1', sizeof(text));
	memcpy(text + sizeof(text) - 5, ":443", 5);
	assert_int_equal(addr_parse(&a, text, NULL), ERR_SYNTAX);
}

static void a_refusal_says_what_to_write(void **state)
{
	struct addr a;
	struct err e;

	(void)state;
	assert_int_equal(addr_parse(&a, "localhost:443", &e), ERR_SYNTAX);
	assert_string_equal(e.text, "'localhost:443' is not an address; write \"192.0.2.7:443\" or "
				    "\"[2001:db8::7]:443\"");
}

static void the_port_can_be_read_and_replaced(void **state)
{
	static const char *const texts[] = { "192.0.2.7:443", "[2001:db8::7]:443" };
	static const char *const changed[] = { "192.0.2.7:8443", "[2001:db8::7]:8443" };
	char out[ADDR_TEXT_MAX];
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(addr_parse(&a, texts[i], NULL), 0);
		assert_int_equal(addr_port(&a), 443);
		addr_set_port(&a, 8443);
		assert_int_equal(addr_port(&a), 8443);
		assert_string_equal(addr_print(out, &a), changed[i]);
	}
}

static void the_length_is_that_of_the_family(void **state)
{
	struct addr a;

	(void)state;
	assert_int_equal(addr_parse(&a, "192.0.2.7:1", NULL), 0);
	assert_int_equal(addr_len(&a), sizeof(struct sockaddr_in));
	assert_int_equal(addr_parse(&a, "[::1]:1", NULL), 0);
	assert_int_equal(addr_len(&a), sizeof(struct sockaddr_in6));
}

static void a_socket_tells_where_it_was_bound(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char out[ADDR_TEXT_MAX];
	struct addr a;
	struct err e;

	(void)state;
	assert_int_equal(addr_parse(&a, "127.0.0.1:0", &e), 0);
	assert_int_equal(bind(fd, &a.sa.any, addr_len(&a)), 0);
	assert_int_equal(addr_of_socket(&a, fd, &e), 0);
	assert_memory_equal(addr_print(out, &a), "127.0.0.1:", 10);
	assert_int_not_equal(addr_port(&a), 0);
	close(fd);
	assert_int_equal(addr_of_socket(&a, -1, &e), ERR_SYS);
	assert_non_null(strstr(e.text, "cannot read the address of a socket"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_printed_as_they_are_parsed),
		cmocka_unit_test(the_longest_address_fits),
		cmocka_unit_test(what_is_no_numeric_address_with_a_port_is_refused),
		cmocka_unit_test(a_host_that_is_too_long_is_refused),
		cmocka_unit_test(a_refusal_says_what_to_write),
		cmocka_unit_test(the_port_can_be_read_and_replaced),
		cmocka_unit_test(the_length_is_that_of_the_family),
		cmocka_unit_test(a_socket_tells_where_it_was_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
