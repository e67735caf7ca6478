/* SPDX-License-Identifier: MIT */
/*
 * unit_dns.h - a name server of a few records on 127.0.0.1, UDP and TCP, in the loop of a test.
 *
 * It follows aliases, says NXDOMAIN of names that it does not know, and fails in the ways that its
 * members ask for; those may be changed at any time.
 */
#ifndef UNIT_DNS_H
#define UNIT_DNS_H

#include "base/base.h"
#include "net/addr.h"
#include "net/loop.h"

enum {
	UNIT_DNS_RECORDS = 32,
	UNIT_DNS_MESSAGE = 4096
};

struct unit_dns_record {
	const char *name;
	unsigned type;
	uint32_t ttl_s;
	unsigned priority, weight, port; /* of SRV */
	const char *data;                /* an address, or a name */
};

struct unit_dns {
	struct addr addr;
	struct unit_dns_record records[UNIT_DNS_RECORDS];
	size_t n_records;

	bool is_silent, is_garbled;
	bool is_truncated;   /* over UDP */
	bool is_off_subject; /* answers with another question than was asked */
	int rcode;           /* 0: as the records say */

	const struct unit_dns_record *stray; /* comes with each answer */

	unsigned asked, asked_over_tcp; /* questions that came */
	char last[256];                 /* the name in the last one */
	void (*on_question)(struct unit_dns *s);

	struct loop_io udp, tcp, conn;
	unsigned char in[UNIT_DNS_MESSAGE], out[UNIT_DNS_MESSAGE];
	size_t n_in; /* of `conn` */
};

void unit_dns_start(struct unit_dns *s, struct loop *l);
void unit_dns_stop(struct unit_dns *s);

/* Borrows the texts of `record`. */
void unit_dns_add(struct unit_dns *s, struct unit_dns_record record);

#endif
