/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit_dns.h"

enum {
	TRIES = 50,
	HEADER_QR = 0x80, /* in the third octet */
	HEADER_TC = 0x02,
	HEADER_RA = 0x80, /* in the fourth */
	ANCOUNT = 6,
	PREFIX = 2 /* the length that comes first over TCP */
};

void unit_dns_add(struct unit_dns *s, struct unit_dns_record record)
{
	assert_true(s->n_records < UNIT_DNS_RECORDS);
	s->records[s->n_records++] = record;
}

/* --- messages */

static unsigned char *put_name(struct unit_dns *s, unsigned char *p, const char *name)
{
	int n = dn_comp(name, p, (int)(s->out + sizeof(s->out) - p), NULL, NULL);

	assert_true(n > 0);
	return p + n;
}

static unsigned char *put_data(
    struct unit_dns *s, unsigned char *p, const struct unit_dns_record *r)
{
	switch (r->type) {
	case ns_t_a:
		assert_int_equal(inet_pton(AF_INET, r->data, p), 1);
		return p + NS_INADDRSZ;
	case ns_t_aaaa:
		assert_int_equal(inet_pton(AF_INET6, r->data, p), 1);
		return p + NS_IN6ADDRSZ;
	case ns_t_srv:
		ns_put16(r->priority, p);
		ns_put16(r->weight, p + 2);
		ns_put16(r->port, p + 4);
		return put_name(s, p + 6, r->data);
	default:
		return put_name(s, p, r->data);
	}
}

static unsigned char *put_record(
    struct unit_dns *s, unsigned char *p, const struct unit_dns_record *r)
{
	unsigned char *data, *end;

	p = put_name(s, p, r->name);
	ns_put16(r->type, p);
	ns_put16(ns_c_in, p + 2);
	ns_put32(r->ttl_s, p + 4);
	data = p + NS_RRFIXEDSZ;
	end = put_data(s, data, r);
	/* one that says to be longer than the message */
	ns_put16((unsigned)(end - data) + (s->is_garbled ? 1000 : 0), p + 8);
	return end;
}

/* The records of a name and type, and of what it is an alias for.  False: there is no such name. */
static bool put_answer(
    struct unit_dns *s, unsigned char **p, const char *name, unsigned type, unsigned *n)
{
	const char *alias = NULL;
	bool is_known = false;

	for (size_t i = 0; i < s->n_records; i++) {
		const struct unit_dns_record *r = &s->records[i];

		if (strcasecmp(r->name, name) != 0)
			continue;
		is_known = true;
		if (r->type != type && r->type != ns_t_cname)
			continue;
		*p = put_record(s, *p, r);
		++*n;
		if (r->type == ns_t_cname)
			alias = r->data;
	}
	return alias ? put_answer(s, p, alias, type, n) : is_known;
}

/* The answer to `in`, in `s->out`; its length, or 0 for silence. */
static size_t answer(struct unit_dns *s, const unsigned char *in, size_t len, bool is_udp)
{
	const unsigned char *question = in + NS_HFIXEDSZ, *type;
	unsigned char *p = s->out;
	unsigned n = 0;
	int name_len = dn_expand(in, in + len, question, s->last, sizeof(s->last));
	bool is_known;

	assert_true(name_len > 0);
	type = question + name_len;
	assert_ptr_equal(type + NS_QFIXEDSZ, in + len);
	s->asked++;
	s->asked_over_tcp += !is_udp;
	if (s->on_question)
		s->on_question(s);
	if (s->is_silent)
		return 0;
	memcpy(p, in, len);
	p[2] |= HEADER_QR;
	p[3] = HEADER_RA;
	if (s->is_off_subject)
		p[NS_HFIXEDSZ + 1] ^= 1;
	p += len;
	is_known = put_answer(s, &p, s->last, ns_get16(type), &n);
	if (s->stray) {
		p = put_record(s, p, s->stray);
		n++;
	}
	s->out[3] |= (unsigned char)(s->rcode ? s->rcode : is_known ? ns_r_noerror : ns_r_nxdomain);
	if (is_udp && s->is_truncated) {
		s->out[2] |= HEADER_TC;
		return len;
	}
	ns_put16(n, s->out + ANCOUNT);
	return (size_t)(p - s->out);
}

/* --- sockets */

static void on_datagram(struct loop_io *io, int events)
{
	struct unit_dns *s = container_of(io, struct unit_dns, udp);
	unsigned char in[NS_PACKETSZ];
	struct addr from;
	socklen_t from_len = sizeof(from.sa);
	ssize_t n = recvfrom(io->ev.fd, in, sizeof(in), 0, &from.sa.any, &from_len);
	size_t len;

	(void)events;
	assert_true(n > NS_HFIXEDSZ);
	len = answer(s, in, (size_t)n, true);
	/* who asked may be gone */
	if (len > 0)
		(void)!sendto(io->ev.fd, s->out, len, MSG_NOSIGNAL, &from.sa.any, from_len);
}

static void close_conn(struct unit_dns *s)
{
	if (s->conn.ev.fd < 0)
		return;
	loop_io_stop(&s->conn);
	close(s->conn.ev.fd);
	s->conn.ev.fd = -1;
}

/* To the question of `len` bytes that is first in `in`.  Who asked may be gone. */
static void reply(struct unit_dns *s, size_t len)
{
	size_t n = answer(s, s->in + PREFIX, len, false);
	unsigned char prefix[PREFIX];

	ns_put16((unsigned)n, prefix);
	if (n > 0) {
		(void)!send(s->conn.ev.fd, prefix, PREFIX, MSG_NOSIGNAL);
		(void)!send(s->conn.ev.fd, s->out, n, MSG_NOSIGNAL);
	}
}

static void on_bytes(struct loop_io *io, int events)
{
	struct unit_dns *s = container_of(io, struct unit_dns, conn);
	ssize_t n = recv(io->ev.fd, s->in + s->n_in, sizeof(s->in) - s->n_in, 0);
	size_t whole;

	(void)events;
	if (n <= 0) {
		close_conn(s);
		return;
	}
	s->n_in += (size_t)n;
	while (s->n_in >= PREFIX) {
		whole = PREFIX + ns_get16(s->in);
		if (s->n_in < whole)
			return;
		reply(s, whole - PREFIX);
		s->n_in -= whole;
		memmove(s->in, s->in + whole, s->n_in);
	}
}

/* One connection at a time; a resolver has no more with one server. */
static void on_connection(struct loop_io *io, int events)
{
	struct unit_dns *s = container_of(io, struct unit_dns, tcp);
	int fd = accept(io->ev.fd, NULL, NULL);

	(void)events;
	assert_true(fd >= 0);
	close_conn(s);
	s->n_in = 0;
	loop_io_init(&s->conn, io->loop, fd, on_bytes);
	loop_io_want(&s->conn, LOOP_READ);
}

/* The same port of TCP and UDP, or false if somebody else has that of UDP. */
static bool open_sockets(struct addr *a, int *tcp, int *udp)
{
	struct err *none = NULL;

	assert_int_equal(addr_parse(a, "127.0.0.1:0", none), 0);
	*tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*tcp, &a->sa.any, addr_len(a)), 0);
	assert_int_equal(addr_of_socket(a, *tcp, none), 0);
	assert_int_equal(listen(*tcp, 8), 0);
	if (bind(*udp, &a->sa.any, addr_len(a)) == 0)
		return true;
	close(*tcp);
	close(*udp);
	return false;
}

void unit_dns_start(struct unit_dns *s, struct loop *l)
{
	int tcp, udp, left = TRIES;

	memset(s, 0, sizeof(*s));
	while (!open_sockets(&s->addr, &tcp, &udp))
		assert_true(--left > 0);
	s->conn.ev.fd = -1;
	loop_io_init(&s->tcp, l, tcp, on_connection);
	loop_io_want(&s->tcp, LOOP_READ);
	loop_io_init(&s->udp, l, udp, on_datagram);
	loop_io_want(&s->udp, LOOP_READ);
}

void unit_dns_stop(struct unit_dns *s)
{
	close_conn(s);
	loop_io_stop(&s->tcp);
	close(s->tcp.ev.fd);
	loop_io_stop(&s->udp);
	close(s->udp.ev.fd);
}
