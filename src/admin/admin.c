/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/report.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/listener.h"
#include "sepp/gateway.h"

enum {
	CONNECTIONS_MAX = 32,
	TIMEOUT_S = 10,
	TICK_MSEC = 1000, /* libmicrohttpd ends idle connections when it is run */
};

/* One of the two doors. */
struct door {
	struct admin *admin;
	struct MHD_Daemon *daemon;
	int epoll_fd; /* of libmicrohttpd */
	struct loop_io io;
	bool may_write;
};

struct admin {
	struct gateway *gateway;
	struct door unix_door, tcp_door;
	struct loop_timer tick;
	char *path; /* of the socket file, once it is ours */
	bool has_addr;
	struct addr addr;
};

/* --- answers */

/* Takes `text`. */
static enum MHD_Result reply(
    struct MHD_Connection *c, unsigned status, const char *type, char *text)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result rc;

	ensure(r);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, POST");
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result reply_json(struct MHD_Connection *c, unsigned status, char *text)
{
	return reply(c, status, "application/json", text);
}

static enum MHD_Result get_status(struct door *d, struct MHD_Connection *c)
{
	return reply_json(c, MHD_HTTP_OK, report_status(d->admin->gateway));
}

static enum MHD_Result get_partners(struct door *d, struct MHD_Connection *c)
{
	return reply_json(c, MHD_HTTP_OK, report_partners(d->admin->gateway));
}

static enum MHD_Result get_metrics(struct door *d, struct MHD_Connection *c)
{
	return reply(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
	    report_metrics(d->admin->gateway));
}

static enum MHD_Result get_health(struct door *d, struct MHD_Connection *c)
{
	(void)d;
	return reply(c, MHD_HTTP_OK, "text/plain", strdup("ok\n"));
}

static enum MHD_Result get_ready(struct door *d, struct MHD_Connection *c)
{
	bool is_ready;
	char *text = report_ready(d->admin->gateway, &is_ready);

	return reply(c, is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", text);
}

static const char *argument(struct MHD_Connection *c, const char *name)
{
	const char *value = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);

	return value ? value : "";
}

static bool is_set(struct MHD_Connection *c, const char *name)
{
	const char *value = argument(c, name);

	return *value && strcmp(value, "0") != 0;
}

static enum MHD_Result post_reload(struct door *d, struct MHD_Connection *c)
{
	bool dry_run = is_set(c, "dry_run"), apply = is_set(c, "apply");
	struct gateway_change change = { 0 };
	struct err e = { 0 };

	if (gateway_reload(d->admin->gateway, dry_run ? NULL : "reload", apply, &change, &e))
		return reply_json(c, MHD_HTTP_CONFLICT, report_reload(&change, dry_run, &e));
	return reply_json(c, MHD_HTTP_OK, report_reload(&change, dry_run, NULL));
}

/* A number from 1, in digits alone; absent, it stays 0. */
static int read_generation(struct MHD_Connection *c, uint64_t *number, struct err *e)
{
	const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "generation");
	size_t n = text ? strlen(text) : 0;

	*number = 0;
	if (!text)
		return 0;
	if (n > 0 && n <= 18 && strspn(text, "0123456789") == n)
		*number = strtoull(text, NULL, 10);
	return *number > 0 ? 0 : err_set(e, ERR_SYNTAX, "generation: a number from 1 is expected");
}

static enum MHD_Result post_rollback(struct door *d, struct MHD_Connection *c)
{
	struct gateway_change change = { 0 };
	struct err e = { 0 };
	uint64_t number;

	if (read_generation(c, &number, &e))
		return reply_json(c, MHD_HTTP_BAD_REQUEST, report_rollback(NULL, &e));
	if (gateway_rollback(d->admin->gateway, number, &change, &e))
		return reply_json(c, MHD_HTTP_CONFLICT, report_rollback(NULL, &e));
	return reply_json(c, MHD_HTTP_OK, report_rollback(&change, NULL));
}

static enum MHD_Result get_flags(struct door *d, struct MHD_Connection *c)
{
	struct err e = { 0 };
	struct partner *p = gateway_find_partner(d->admin->gateway, argument(c, "partner"), &e);

	return reply_json(c, p ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND, report_flags(p, p ? NULL : &e));
}

static enum MHD_Result post_flag(struct door *d, struct MHD_Connection *c)
{
	const char *on = argument(c, "on");
	struct err e = { 0 };
	int rc;

	if (strcmp(on, "0") != 0 && strcmp(on, "1") != 0)
		rc = err_set(&e, ERR_SYNTAX, "on: 0 or 1 is expected");
	else
		rc = gateway_set_flag(
		    d->admin->gateway, argument(c, "partner"), argument(c, "name"), *on == '1', &e);
	if (rc)
		return reply_json(c, rc == ERR_CONFIG ? MHD_HTTP_NOT_FOUND : MHD_HTTP_BAD_REQUEST,
		    report_flags(NULL, &e));
	return get_flags(d, c);
}

/* --- what we begin ourselves */

static enum MHD_Result done(
    struct MHD_Connection *c, int rc, const char *partner, const struct err *e)
{
	return reply_json(c,
	    rc == 0            ? MHD_HTTP_OK
	    : rc == ERR_SYNTAX ? MHD_HTTP_BAD_REQUEST
			       : MHD_HTTP_NOT_FOUND,
	    report_done(partner, rc ? e : NULL));
}

static enum MHD_Result post_negotiate(struct door *d, struct MHD_Connection *c)
{
	const char *partner = argument(c, "partner");
	struct err e = { 0 };

	return done(c, gateway_wish(d->admin->gateway, WISH_NEGOTIATE, partner, &e), partner, &e);
}

static enum MHD_Result get_contexts(struct door *d, struct MHD_Connection *c)
{
	return reply_json(c, MHD_HTTP_OK, report_contexts(d->admin->gateway));
}

/* A partner's relation, or one N32-f context. */
static enum MHD_Result post_terminate(struct door *d, struct MHD_Connection *c)
{
	const char *partner = argument(c, "partner"), *id = argument(c, "context");
	char owner[64] = "";
	struct err e = { 0 };

	if (*id)
		return done(c, gateway_end_context(d->admin->gateway, id, owner, &e), owner, &e);
	return done(c, gateway_wish(d->admin->gateway, WISH_END, partner, &e), partner, &e);
}

static enum MHD_Result post_report(struct door *d, struct MHD_Connection *c)
{
	const char *partner = argument(c, "partner");
	struct err e = { 0 };

	return done(c,
	    gateway_report(d->admin->gateway, partner, argument(c, "type"), argument(c, "message"),
		argument(c, "context"), &e),
	    partner, &e);
}

static const struct route {
	const char *method, *path;
	enum MHD_Result (*run)(struct door *d, struct MHD_Connection *c);
} routes[] = {
	{ "GET", "/v1/status", get_status },
	{ "GET", "/v1/partners", get_partners },
	{ "POST", "/v1/reload", post_reload },
	{ "POST", "/v1/rollback", post_rollback },
	{ "GET", "/v1/flag", get_flags },
	{ "POST", "/v1/flag", post_flag },
	{ "GET", "/v1/contexts", get_contexts },
	{ "POST", "/v1/negotiate", post_negotiate },
	{ "POST", "/v1/terminate", post_terminate },
	{ "POST", "/v1/report", post_report },
	{ "GET", "/metrics", get_metrics },
	{ "GET", "/healthz", get_health },
	{ "GET", "/readyz", get_ready },
};

static enum MHD_Result dispatch(
    struct door *d, struct MHD_Connection *c, const char *method, const char *path)
{
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (strcmp(routes[i].path, path) != 0)
			continue;
		found = true;
		if (strcmp(routes[i].method, method) != 0)
			continue;
		if (!d->may_write && strcmp(method, "GET") != 0)
			return reply_json(c, MHD_HTTP_FORBIDDEN,
			    report_error("changes are made through the Unix socket only"));
		return routes[i].run(d, c);
	}
	if (found)
		return reply_json(c, MHD_HTTP_METHOD_NOT_ALLOWED, report_error("wrong method"));
	return reply_json(c, MHD_HTTP_NOT_FOUND,
	    report_error(
		"no such resource; try /v1/status, /v1/partners, /v1/contexts, /v1/reload, /v1/rollback, /v1/flag, /v1/negotiate, /v1/terminate, /v1/report, /metrics"));
}

/* libmicrohttpd calls this once for the headers, then for each part of a body, then at the end. */
static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *body, size_t *body_n, void **state)
{
	static int seen;

	(void)version;
	(void)body;
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*body_n > 0) {
		*body_n = 0; /* no resource takes one */
		return MHD_YES;
	}
	return dispatch(cls, c, method, path);
}

/* --- the loop */

/* Whether there is a descriptor for one more connection. */
static bool can_accept(const struct door *d)
{
	int fd = fcntl(d->epoll_fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void run(struct door *d)
{
	MHD_run(d->daemon);
	/* who cannot be accepted wakes libmicrohttpd again at once, so that it would spin: the
	 * next tick is soon enough */
	loop_io_want(&d->io, can_accept(d) ? LOOP_READ : 0);
}

static void on_ready(struct loop_io *io, int events)
{
	(void)events;
	run(container_of(io, struct door, io));
}

static void on_tick(struct loop_timer *t)
{
	struct admin *a = container_of(t, struct admin, tick);

	run(&a->unix_door);
	if (a->tcp_door.daemon)
		run(&a->tcp_door);
	loop_timer_set(t, TICK_MSEC);
}

/* Takes `fd`. */
static int open_door(struct admin *a, struct door *d, struct loop *loop, int fd, struct err *e)
{
	const union MHD_DaemonInfo *info;

	d->admin = a;
	d->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_access, d,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
	if (!d->daemon) {
		close(fd);
		return err_set(e, ERR_SYS, "cannot start the HTTP server");
	}
	info = MHD_get_daemon_info(d->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ensure(info);
	d->epoll_fd = info->epoll_fd;
	loop_io_init(&d->io, loop, d->epoll_fd, on_ready);
	loop_io_want(&d->io, LOOP_READ);
	return 0;
}

/* --- the Unix socket */

/* Whether somebody answers there; a file that a dead process left does not. */
static bool is_alive(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* EAGAIN: more wait to be answered than it has room for */
	bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ||
				    errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return alive;
}

static int bind_unix(struct admin *a, const char *path, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t before;
	int fd, rc;

	if (!str_copy(sa.sun_path, sizeof(sa.sun_path), str_of(path)))
		return err_set(e, ERR_CONFIG, "the socket path '%s' is longer than %zu bytes", path,
		    sizeof(sa.sun_path) - 1);
	if (is_alive(&sa))
		return err_set(e, ERR_BUSY, "another parleyd answers on '%s'", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set_errno(e, "cannot create a socket");
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path); /* nobody answers; if it cannot be removed, bind() says so */
	before = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(before);
	if (rc != 0 || listen(fd, CONNECTIONS_MAX) != 0) {
		err_set_errno(e, "cannot listen on '%s'", path);
		close(fd);
		return ERR_SYS;
	}
	a->path = mem_strdup(path);
	return fd;
}

static int open_unix(struct admin *a, struct loop *loop, const char *path, struct err *e)
{
	int fd = bind_unix(a, path, e);

	a->unix_door.may_write = true;
	return fd < 0 ? fd : open_door(a, &a->unix_door, loop, fd, e);
}

static int open_tcp(struct admin *a, struct loop *loop, const char *listen_text, struct err *e)
{
	int fd;

	if (addr_parse(&a->addr, listen_text, e))
		return ERR_CONFIG;
	fd = listener_bind(&a->addr, e);
	if (fd < 0)
		return fd;
	a->has_addr = true;
	return open_door(a, &a->tcp_door, loop, fd, e);
}

struct admin *admin_open(
    struct gateway *gateway, struct loop *loop, const char *path, const char *listen, struct err *e)
{
	struct admin *a = mem_alloc(sizeof(*a));

	a->gateway = gateway;
	loop_timer_init(&a->tick, loop, on_tick);
	if (open_unix(a, loop, path, e)) {
		err_within(e, "admin socket");
		goto fail;
	}
	if (listen && open_tcp(a, loop, listen, e)) {
		err_within(e, "gateway.lua: admin.listen");
		goto fail;
	}
	loop_timer_set(&a->tick, TICK_MSEC);
	return a;

fail:
	admin_close(a);
	return NULL;
}

static void close_door(struct door *d)
{
	if (!d->daemon)
		return;
	loop_io_stop(&d->io);
	MHD_stop_daemon(d->daemon);
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	loop_timer_stop(&a->tick);
	close_door(&a->unix_door);
	close_door(&a->tcp_door);
	if (a->path)
		(void)unlink(a->path); /* it may be gone already */
	mem_free(a->path);
	mem_free(a);
}

const struct addr *admin_addr(const struct admin *a)
{
	return a->has_addr ? &a->addr : NULL;
}
