/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/addr.h"

/* Splits at the last colon; brackets around the host are removed. */
static bool split(const char *text, char host[ADDR_TEXT_MAX], unsigned *port)
{
	const char *colon = strrchr(text, ':');
	struct str h;
	char *end;
	long n;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return false;
	n = strtol(colon + 1, &end, 10);
	if (*end || n > 65535)
		return false;
	h = (struct str){ text, (size_t)(colon - text) };
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct str){ h.p + 1, h.n - 2 };
	*port = (unsigned)n;
	return str_copy(host, ADDR_TEXT_MAX, h);
}

int addr_parse(struct addr *a, const char *text, struct err *e)
{
	char host[ADDR_TEXT_MAX];
	unsigned port;

	memset(a, 0, sizeof(*a));
	if (!split(text, host, &port))
		goto fail;
	if (inet_pton(AF_INET, host, &a->sa.in.sin_addr) == 1)
		a->sa.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &a->sa.in6.sin6_addr) == 1)
		a->sa.any.sa_family = AF_INET6;
	else
		goto fail;
	addr_set_port(a, port);
	return 0;

fail:
	return err_set(e, ERR_SYNTAX,
	    "'%s' is not an address; write \"192.0.2.7:443\" or \"[2001:db8::7]:443\"", text);
}

/* For each decision: without stdio. */
static void print_v4(char out[ADDR_TEXT_MAX], const struct addr *a)
{
	uint32_t host = ntohl(a->sa.in.sin_addr.s_addr);

	for (int shift = 24; shift >= 0; shift -= 8) {
		out = str_number(out, host >> shift & 0xff);
		*out++ = shift > 0 ? '.' : ':';
	}
	(void)str_number(out, addr_port(a));
}

char *addr_print(char out[ADDR_TEXT_MAX], const struct addr *a)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->sa.any.sa_family != AF_INET6) {
		print_v4(out, a);
		return out;
	}
	inet_ntop(AF_INET6, &a->sa.in6.sin6_addr, host, sizeof(host));
	snprintf(out, ADDR_TEXT_MAX, "[%s]:%u", host, addr_port(a));
	return out;
}

socklen_t addr_len(const struct addr *a)
{
	return a->sa.any.sa_family == AF_INET6 ? sizeof(a->sa.in6) : sizeof(a->sa.in);
}

unsigned addr_port(const struct addr *a)
{
	return ntohs(a->sa.any.sa_family == AF_INET6 ? a->sa.in6.sin6_port : a->sa.in.sin_port);
}

void addr_set_port(struct addr *a, unsigned port)
{
	if (a->sa.any.sa_family == AF_INET6)
		a->sa.in6.sin6_port = htons((uint16_t)port);
	else
		a->sa.in.sin_port = htons((uint16_t)port);
}

int addr_of_socket(struct addr *a, int fd, struct err *e)
{
	socklen_t n = sizeof(a->sa);

	memset(a, 0, sizeof(*a));
	if (getsockname(fd, &a->sa.any, &n) != 0)
		return err_set_errno(e, "cannot read the address of a socket");
	return 0;
}
