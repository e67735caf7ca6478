/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/err.h"
#include "prog/ctl_watch.h"

enum {
	QUIET_MS = 100, /* an editor writes several times */
	ROUNDS = 50,    /* ... and what never gets quiet is looked at all the same */
};

static const char *const folders[] = { "", "/partners", "/shared", "/lib", "/data", "/tests",
	"/tests/fixtures" };

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
	(void)signal;
	ended = 1;
}

/* Blocked but while waiting, so that none is missed in between. */
static void block_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, before);
}

/* What is looked at already stays so; a folder that is not there is found once it is made. */
static void add_folders(int fd, const char *directory)
{
	char path[4096];

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (snprintf(path, sizeof(path), "%s%s", directory, folders[i]) < (int)sizeof(path))
			(void)inotify_add_watch(fd, path,
			    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
				IN_ONLYDIR);
	}
}

int ctl_watch_open(const char *directory, struct err *e)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0) {
		err_set_errno(e, "cannot watch '%s'", directory);
		return -1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	add_folders(fd, directory);
	return fd;
}

void ctl_watch_close(int fd)
{
	close(fd);
}

bool ctl_watch_ended(void)
{
	return ended;
}

/* Forgets what is in the queue. */
static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

bool ctl_watch_wait(int fd, const char *directory)
{
	const struct timespec quiet = { 0, QUIET_MS * 1000000L };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	sigset_t before;
	int n = 0;

	block_signals(&before);
	if (!ended)
		n = ppoll(&p, 1, NULL, &before);
	for (int i = 0; n > 0 && !ended && i < ROUNDS; i++) {
		drain(fd);
		n = ppoll(&p, 1, &quiet, &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	add_folders(fd, directory);
	return !ended;
}
