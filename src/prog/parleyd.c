/* SPDX-License-Identifier: MIT */
/*
 * parleyd - the gateway.  parleyd(8) is beside this file.
 */
#include "base/base.h"

#include <getopt.h>
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/err.h"
#include "base/log.h"
#include "net/tls.h"
#include "prog/defaults.h"
#include "prog/jail.h"
#include "script/script.h"
#include "sepp/directory.h"
#include "sepp/gateway.h"
#include "sepp/state.h"

struct options {
	const char *directory, *socket, *user;
	const char *state; /* NULL: the default, if it can be used */
	bool last_good, no_jail;
	enum log_level level;
	enum log_format format;
};

struct daemon {
	struct loop *loop;
	struct state *state; /* NULL: nothing is kept over a restart */
	struct gateway *gateway;
	struct admin *admin;
	struct loop_signal hup, usr1, term, intr;
	bool is_ending;
};

static const char usage[] =
    "usage: parleyd [--socket PATH] [--log-level error|warn|info|debug] [--log-format text|json]\n"
    "               [--user NAME] [--state DIR] [--policy-fallback refuse|last-good] [--no-jail]\n"
    "               [DIRECTORY]\n"
    "DIRECTORY defaults to " DEFAULT_DIRECTORY ", PATH to " DEFAULT_SOCKET ",\n"
    "DIR to " DEFAULT_STATE ".\n";

static int parse_options(struct options *o, int argc, char *argv[])
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "log-format", required_argument, NULL, 'f' },
		{ "user", required_argument, NULL, 'u' },
		{ "state", required_argument, NULL, 'd' },
		{ "policy-fallback", required_argument, NULL, 'p' },
		{ "no-jail", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			o->socket = optarg;
		else if (c == 'u')
			o->user = optarg;
		else if (c == 'd')
			o->state = optarg;
		else if (c == 'j')
			o->no_jail = true;
		else if (c == 'p' && strcmp(optarg, "last-good") == 0)
			o->last_good = true;
		else if (c == 'f' && strcmp(optarg, "json") == 0)
			o->format = LOG_JSON;
		else if (c == 'h') {
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		} else if (!(c == 'l' && log_level_parse(optarg, &o->level)) &&
			   !(c == 'f' && strcmp(optarg, "text") == 0) &&
			   !(c == 'p' && strcmp(optarg, "refuse") == 0))
			return ERR_SYNTAX;
	}
	if (optind < argc)
		o->directory = argv[optind++];
	return optind == argc ? 0 : ERR_SYNTAX;
}

/* As much as the system allows; less is still a gateway. */
static void raise_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit((__rlimit_resource_t)resource, &limit);
	}
}

/* Descriptors, memory for keys that is never swapped, and no core dump with keys in it. */
static void set_limits(void)
{
	const struct rlimit core = { 0, 0 };

	raise_limit(RLIMIT_NOFILE);
	raise_limit(RLIMIT_MEMLOCK);
	(void)setrlimit(RLIMIT_CORE, &core);
}

/* Who we are, or will be. */
static int find_owner(const char *name, struct state_owner *owner, struct err *e)
{
	const struct passwd *pw;

	*owner = (struct state_owner){ geteuid(), getegid() };
	if (!name)
		return 0;
	pw = getpwnam(name);
	if (!pw)
		return err_set(e, ERR_CONFIG, "--user: there is no user '%s'", name);
	*owner = (struct state_owner){ pw->pw_uid, pw->pw_gid };
	return 0;
}

/* For good: listeners are open by now, and nothing later needs more. */
static int become(const char *name, struct state_owner owner, struct err *e)
{
	if (setgroups(0, NULL) != 0 || setgid(owner.gid) != 0 || setuid(owner.uid) != 0)
		return err_set_errno(e, "--user: cannot become '%s'", name);
	return 0;
}

/* --- signals */

static void on_hup(struct loop_signal *s)
{
	struct daemon *d = container_of(s, struct daemon, hup);
	struct gateway_change change;
	struct err e = { 0 };

	if (gateway_reload(d->gateway, "SIGHUP", false, &change, &e))
		log_debug(
		    LOG_MAIN, "-", "SIGHUP changed nothing"); /* the reason is logged already */
}

static void on_usr1(struct loop_signal *s)
{
	gateway_rotate_journal(container_of(s, struct daemon, usr1)->gateway);
}

static void on_end(void *arg)
{
	struct daemon *d = arg;

	loop_stop(d->loop);
}

static void end(struct daemon *d, const char *signal)
{
	if (d->is_ending) {
		log_warn(LOG_MAIN, "-", "second %s, ending at once", signal);
		log_stop();
		_exit(EXIT_FAILURE);
	}
	d->is_ending = true;
	log_info(LOG_MAIN, "-", "ending, connections are finished signal=%s", signal);
	gateway_drain(d->gateway, on_end, d);
}

static void on_term(struct loop_signal *s)
{
	end(container_of(s, struct daemon, term), "SIGTERM");
}

static void on_intr(struct loop_signal *s)
{
	end(container_of(s, struct daemon, intr), "SIGINT");
}

/* --- start */

/* One line of JSON on standard output: for whoever started us. */
static void print_ready(const struct daemon *d, const struct options *o)
{
	json_t *listeners = json_array(), *line;
	struct gateway_status s;
	char text[ADDR_TEXT_MAX];
	const struct addr *a;
	size_t n;

	a = gateway_listeners(d->gateway, &n);
	for (size_t i = 0; i < n; i++)
		ensure(json_array_append_new(listeners, json_string(addr_print(text, &a[i]))) == 0);
	a = admin_addr(d->admin);
	gateway_status(d->gateway, &s);
	line = json_pack("{s:b, s:i, s:o, s:o, s:s, s:I, s:s}", "ready", 1, "pid", (int)getpid(),
	    "n32c", listeners, "admin", a ? json_string(addr_print(text, a)) : json_null(),
	    "socket", o->socket, "generation", (json_int_t)s.in_force->number, "digest",
	    s.in_force->directory->digest);
	ensure(line && json_dumpf(line, stdout, JSON_COMPACT) == 0);
	json_decref(line);
	putchar('\n');
	fflush(stdout);
	log_info(LOG_MAIN, "-", "%sready generation=%llu digest=%.12s partners=%zu workers=%zu",
	    s.is_lab ? "LAB MODE: " : "", (unsigned long long)s.in_force->number,
	    s.in_force->directory->digest, s.in_force->n_partners, s.n_workers);
	if (s.is_lab)
		log_warn(LOG_MAIN, "-", "LAB MODE: %s%s, %s; not for production",
		    s.keylog ? "session keys are written to " : "no session keys are written",
		    s.keylog ? s.keylog : "", s.jail->is_on ? "the jail is on" : "NO JAIL");
}

/* One that was asked for has to be there; the usual one is used where it can be. */
static int open_state(
    struct daemon *d, const struct options *o, struct state_owner owner, struct err *e)
{
	d->state = state_open(o->state ? o->state : DEFAULT_STATE, o->state != NULL, owner, e);
	if (d->state)
		return 0;
	if (o->state) {
		err_within(e, "--state");
		e->code = ERR_SYS; /* EXIT_LOAD is for the operator's directory */
		return ERR_SYS;
	}
	log_warn(LOG_MAIN, "-", "nothing is kept over a restart; write --state DIR: %s", e->text);
	*e = (struct err){ 0 };
	return 0;
}

/* Before there is another thread, or a connection. */
static int lock_in(struct daemon *d, const struct options *o, struct err *e)
{
	const struct jail_paths paths = {
		.directory = o->directory,
		.state = d->state ? state_path(d->state) : NULL,
		.socket = o->socket,
	};
	const char *obstacle = o->no_jail ? "--no-jail" : jail_obstacle();
	struct gateway_jail jail = { .is_on = false };

	if (o->no_jail && !gateway_current(d->gateway)->conf->lab)
		return err_set(e, ERR_CONFIG,
		    "--no-jail: is for laboratories; leave it out, or write lab = true in "
		    "gateway.lua");
	if (obstacle) {
		(void)str_copy(jail.why, sizeof(jail.why), str_of(obstacle));
		log_warn(LOG_MAIN, "-", "the process is NOT JAILED: %s", obstacle);
	} else {
		jail_enter(&paths, &jail);
	}
	gateway_set_jail(d->gateway, &jail);
	return 0;
}

static int open_all(struct daemon *d, const struct options *o, struct err *e)
{
	const char *keylog = getenv("SSLKEYLOGFILE");
	struct gateway_conf conf = {
		.path = o->directory,
		.keylog = keylog && *keylog ? keylog : NULL,
		.last_good = o->last_good,
	};
	struct state_owner owner;

	if (find_owner(o->user, &owner, e) || open_state(d, o, owner, e))
		return ERR_CONFIG;
	directory_set_key_user(owner.uid);
	conf.state = d->state;
	d->loop = loop_new(e);
	if (!d->loop)
		return ERR_SYS;
	d->gateway = gateway_new(&conf, d->loop, e);
	if (!d->gateway || (o->user && become(o->user, owner, e)))
		return ERR_CONFIG;
	d->admin = admin_open(
	    d->gateway, d->loop, o->socket, gateway_current(d->gateway)->conf->admin_listen, e);
	if (!d->admin)
		return ERR_CONFIG;
	if (lock_in(d, o, e))
		return ERR_CONFIG;
	if (gateway_start(d->gateway, e))
		return ERR_SYS;
	loop_signal_start(&d->hup, d->loop, SIGHUP, on_hup);
	loop_signal_start(&d->usr1, d->loop, SIGUSR1, on_usr1);
	loop_signal_start(&d->term, d->loop, SIGTERM, on_term);
	loop_signal_start(&d->intr, d->loop, SIGINT, on_intr);
	return 0;
}

static void close_all(struct daemon *d)
{
	admin_close(d->admin);
	loop_signal_stop(&d->hup);
	loop_signal_stop(&d->usr1);
	loop_signal_stop(&d->term);
	loop_signal_stop(&d->intr);
	gateway_free(d->gateway);
	state_close(d->state);
	loop_free(d->loop);
}

int main(int argc, char *argv[])
{
	struct options o = {
		.directory = DEFAULT_DIRECTORY,
		.socket = DEFAULT_SOCKET,
		.level = LOG_INFO,
		.format = LOG_TEXT,
	};
	struct daemon d = { .is_ending = false };
	struct err e = { 0 };

	if (parse_options(&o, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_setup(o.level, o.format);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit of a file is an error like a full disk */
	set_limits();
	tls_lib_use_memory();
	jail_prepare();
	if (open_all(&d, &o, &e)) {
		log_error(LOG_MAIN, "-", "cannot start: %s", e.text);
		if (!d.gateway) { /* otherwise threads may be using them */
			loop_free(d.loop);
			state_close(d.state);
		}
		return e.code == ERR_CONFIG || e.code == ERR_POLICY ? EXIT_LOAD : EXIT_FAILURE;
	}
	if (log_start(&e)) {
		log_error(LOG_MAIN, "-", "cannot start: %s", e.text);
		return EXIT_FAILURE;
	}
	if (script_lua_is_old())
		log_warn(LOG_MAIN, "-",
		    "the Lua library is %s; 5.4.7 mends faults that the sandbox works around, update "
		    "liblua5.4 when you can",
		    script_lua_version());
	print_ready(&d, &o);
	loop_run(d.loop);
	close_all(&d);
	log_info(LOG_MAIN, "-", "ended");
	log_stop();
	return EXIT_SUCCESS;
}
