/* SPDX-License-Identifier: MIT */
/*
 * addr.h - numeric addresses with ports: "192.0.2.7:443", "[2001:db8::7]:443".
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base.h"
#include "base/str.h"

struct err;

enum {
	ADDR_TEXT_MAX = 64
};

struct addr {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} sa;
};

/* Numeric host and port only: nothing is resolved. */
int addr_parse(struct addr *a, const char *text, struct err *e) MUST_CHECK;

/* Returns `out`. */
char *addr_print(char out[ADDR_TEXT_MAX], const struct addr *a);

socklen_t addr_len(const struct addr *a);
unsigned addr_port(const struct addr *a);
void addr_set_port(struct addr *a, unsigned port);

/* The local address of a socket. */
int addr_of_socket(struct addr *a, int fd, struct err *e) MUST_CHECK;

#endif
