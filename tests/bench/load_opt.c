/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "load_opt.h"

static const char usage[] =
    "usage: load conn|keep|idle --target ADDR:PORT [option ...]\n"
    "\n"
    "  conn    connect, handshake, POST, answer, close\n"
    "  keep    POSTs on connections that stay open\n"
    "  idle    open connections, one POST on each, hold them until standard input ends\n"
    "\n"
    "  -n N                  operations in the window (conn, keep), until SIGINT at most;\n"
    "                        connections (idle)\n"
    "  -c C                  connections in flight (conn, idle); connections open (keep)\n"
    "  -m M                  concurrent streams per connection (keep)\n"
    "  --cert F --key F      client certificate and key, PEM\n"
    "  --sni NAME            server name, also the :authority\n"
    "  --authority NAME      :authority where it differs\n"
    "  --path PATH           of the POST\n"
    "  --body TEXT|@FILE     of the POST\n"
    "  --expect STATUS       the answer that counts as right (200)\n"
    "  --warmup W            operations before the window\n"
    "  --rate R              open loop: R operations a second, latency from the scheduled time\n"
    "  --close server|client who ends the connection (conn); default client\n"
    "  --source              connect from 127.1.0.1 to 127.1.0.4 in turn\n"
    "  --tls 1.2|1.3         protocol version (1.3)\n"
    "  --server-pid PID      account this process; may be repeated\n"
    "  --timeout S           longest time for one operation (20)\n"
    "  --hold S              longest time connections are held (idle, 600)\n"
    "  --max-errors N        give up beyond (100)\n"
    "  --json                one JSON object instead of text\n";

const char *load_opt_usage(void)
{
	return usage;
}

static int parse_number(unsigned *out, const char *text, unsigned max, struct err *e)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end != '\0' || n > max)
		return err_set(e, ERR_CONFIG, "bad number '%s', at most %u is allowed", text, max);
	*out = (unsigned)n;
	return 0;
}

/* "127.0.0.1:443" or "[::1]:443"; numbers only, no resolver. */
static int parse_target(struct load_opt *o, const char *text, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	const char *colon = strrchr(text, ':');
	char host[64];
	struct str h = { text, colon ? (size_t)(colon - text) : 0 };

	if (h.n > 1 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct str){ h.p + 1, h.n - 2 };
	if (!h.n || !str_copy(host, sizeof(host), h))
		return err_set(e, ERR_CONFIG, "bad target '%s': address:port expected", text);
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return err_set(e, ERR_CONFIG, "bad target '%s': numbers expected", text);
	memcpy(&o->target, found->ai_addr, found->ai_addrlen);
	o->target_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int read_body(struct load_opt *o, const char *path, struct err *e)
{
	FILE *f = fopen(path, "rb");
	char *text;
	size_t n;
	bool whole;

	if (!f)
		return err_set_errno(e, "cannot open body '%s'", path);
	text = mem_alloc(LOAD_BODY_MAX + 1);
	n = fread(text, 1, LOAD_BODY_MAX + 1, f);
	whole = !ferror(f) && n <= LOAD_BODY_MAX;
	(void)fclose(f); /* only read */
	if (!whole) {
		mem_free(text);
		return err_set(
		    e, ERR_CONFIG, "cannot read body '%s': %d bytes at most", path, LOAD_BODY_MAX);
	}
	mem_free(o->body);
	o->body = text;
	o->body_len = n;
	return 0;
}

static int parse_body(struct load_opt *o, const char *text, struct err *e)
{
	if (text[0] == '@')
		return read_body(o, text + 1, e);
	if (strlen(text) > LOAD_BODY_MAX)
		return err_set(e, ERR_CONFIG, "body too long: %d bytes at most", LOAD_BODY_MAX);
	mem_free(o->body);
	o->body = mem_strdup(text);
	o->body_len = strlen(text);
	return 0;
}

/* One of the two words of a switch; `*second` says which. */
static int parse_either(bool *second, const char *text, const char *a, const char *b, struct err *e)
{
	*second = strcmp(text, b) == 0;
	if (!*second && strcmp(text, a) != 0)
		return err_set(e, ERR_CONFIG, "'%s' or '%s' expected, not '%s'", a, b, text);
	return 0;
}

static int add_pid(struct load_opt *o, const char *text, struct err *e)
{
	unsigned pid;
	int code;

	if (o->n_pids == LOAD_PIDS_MAX)
		return err_set(e, ERR_CONFIG, "too many servers, %d at most", LOAD_PIDS_MAX);
	code = parse_number(&pid, text, 1u << 22, e);
	if (code == 0)
		o->pids[o->n_pids++] = (pid_t)pid;
	return code;
}

/* clang-format off */
enum {
	O_TARGET = 256, O_CERT, O_KEY, O_SNI, O_AUTHORITY, O_PATH, O_BODY, O_EXPECT, O_WARMUP, O_RATE,
	O_CLOSE, O_SOURCE, O_TLS, O_PID, O_TIMEOUT, O_HOLD, O_ERRORS, O_JSON,
};

static const struct option options[] = {
	{ "target", 1, NULL, O_TARGET },   { "cert", 1, NULL, O_CERT },
	{ "key", 1, NULL, O_KEY },         { "sni", 1, NULL, O_SNI },
	{ "authority", 1, NULL, O_AUTHORITY }, { "path", 1, NULL, O_PATH },
	{ "body", 1, NULL, O_BODY },       { "expect", 1, NULL, O_EXPECT },
	{ "warmup", 1, NULL, O_WARMUP },   { "rate", 1, NULL, O_RATE },
	{ "close", 1, NULL, O_CLOSE },     { "source", 0, NULL, O_SOURCE },
	{ "tls", 1, NULL, O_TLS },         { "server-pid", 1, NULL, O_PID },
	{ "timeout", 1, NULL, O_TIMEOUT }, { "hold", 1, NULL, O_HOLD },
	{ "max-errors", 1, NULL, O_ERRORS }, { "json", 0, NULL, O_JSON },
	{ NULL, 0, NULL, 0 },
};

static int parse_option(struct load_opt *o, int option, const char *arg, struct err *e)
{
	switch (option) {
	case 'n': return parse_number(&o->total, arg, LOAD_TOTAL_MAX, e);
	case 'c': return parse_number(&o->conns, arg, LOAD_CONNS_MAX, e);
	case 'm': return parse_number(&o->streams, arg, LOAD_STREAMS_MAX, e);
	case O_TARGET: return parse_target(o, arg, e);
	case O_CERT: o->cert = arg; return 0;
	case O_KEY: o->key = arg; return 0;
	case O_SNI: o->sni = arg; return 0;
	case O_AUTHORITY: o->authority = arg; return 0;
	case O_PATH: o->path = arg; return 0;
	case O_BODY: return parse_body(o, arg, e);
	case O_EXPECT: return parse_number(&o->expect, arg, 599, e);
	case O_WARMUP: return parse_number(&o->warmup, arg, LOAD_TOTAL_MAX, e);
	case O_RATE: return parse_number(&o->rate, arg, 1000000, e);
	case O_CLOSE: return parse_either(&o->server_closes, arg, "client", "server", e);
	case O_SOURCE: o->rotate = true; return 0;
	case O_TLS: return parse_either(&o->tls12, arg, "1.3", "1.2", e);
	case O_PID: return add_pid(o, arg, e);
	case O_TIMEOUT: return parse_number(&o->timeout_s, arg, 3600, e);
	case O_HOLD: return parse_number(&o->hold_s, arg, 86400, e);
	case O_ERRORS: return parse_number(&o->max_errors, arg, LOAD_TOTAL_MAX, e);
	case O_JSON: o->json = true; return 0;
	default: return err_set(e, ERR_CONFIG, "unknown option, or one without its value");
	}
}
/* clang-format on */

static int parse_mode(struct load_opt *o, const char *word, struct err *e)
{
	static const char *const names[] = { "conn", "keep", "idle" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(word, names[i]) != 0)
			continue;
		o->mode = (enum load_mode)i;
		return 0;
	}
	return err_set(e, ERR_CONFIG, "unknown mode '%s'", word);
}

/* What no single option can see. */
static int check(struct load_opt *o, struct err *e)
{
	if (!o->target_len)
		return err_set(e, ERR_CONFIG, "no --target");
	if (!o->cert != !o->key)
		return err_set(e, ERR_CONFIG, "--cert and --key belong together");
	if (!o->total || !o->conns || !o->streams || !o->timeout_s)
		return err_set(e, ERR_CONFIG, "-n, -c, -m and --timeout must not be 0");
	if (o->mode == LOAD_IDLE && (o->rate || o->warmup || o->total > LOAD_CONNS_MAX))
		return err_set(
		    e, ERR_CONFIG, "idle opens up to %d connections, no --rate", LOAD_CONNS_MAX);
	if (o->rotate && o->target.ss_family != AF_INET)
		return err_set(e, ERR_CONFIG, "--source needs an IPv4 target");
	if (!o->authority)
		o->authority = o->sni ? o->sni : "localhost";
	if (strlen(o->authority) + strlen(o->path) > LOAD_NAMES_MAX)
		return err_set(e, ERR_CONFIG, "--authority and --path are too long");
	return 0;
}

int load_opt_parse(struct load_opt *o, int argc, char *argv[], struct err *e)
{
	int option, code;

	*o = (struct load_opt){ .path = "/n32c-handshake/v1/exchange-capability",
		.body = mem_strdup("{}"),
		.body_len = 2,
		.total = 1,
		.conns = 1,
		.streams = 1,
		.expect = 200,
		.timeout_s = 20,
		.hold_s = 600,
		.max_errors = 100 };
	opterr = 0;
	for (;;) {
		option = getopt_long(argc, argv, "n:c:m:", options, NULL);
		if (option < 0)
			break;
		code = parse_option(o, option, optarg, e);
		if (code < 0)
			return code == ERR_SYS ? err_within(e, "body") : code;
	}
	if (argc - optind != 1)
		return err_set(e, ERR_CONFIG, "one mode expected");
	code = parse_mode(o, argv[optind], e);
	return code < 0 ? code : check(o, e);
}

void load_opt_release(struct load_opt *o)
{
	mem_free(o->body);
	o->body = NULL;
}
