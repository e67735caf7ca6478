/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "prog/jail.h"
#include "prog/jail_int.h"

#if defined(__has_feature)
#define HAS(what) __has_feature(what)
#else
#define HAS(what) 0
#endif

const char *jail_obstacle(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return "built with sanitizers";
#elif HAS(address_sanitizer) || HAS(thread_sanitizer) || HAS(memory_sanitizer)
	return "built with sanitizers";
#else
	return NULL;
#endif
}

/* --- capabilities */

void jail_prepare(void)
{
	/* it fails without CAP_SETPCAP; then there is nobody to gain any, since nothing is executed
	 */
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		continue;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool is_bounding_set_empty(void)
{
	int is_in = 0;

	/* the first number that is no capability is an error */
	for (int cap = 0; cap < 64 && is_in == 0; cap++)
		is_in = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
	return is_in <= 0;
}

static int drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) != 0)
		return err_set_errno(e, "capabilities remain");
	return 0;
}

/* --- files */

/* What came after the header of Linux 5.13, by the ABI that has it. */
#define FS_REFER      (1ULL << 13) /* 2 */
#define FS_TRUNCATE   (1ULL << 14) /* 3 */
#define FS_IOCTL_DEV  (1ULL << 15) /* 5 */
#define NET_BIND_TCP  (1ULL << 0)  /* 4 */
#define SCOPE_SOCKETS (1ULL << 0)  /* 6: abstract Unix sockets of others */
#define SCOPE_SIGNALS (1ULL << 1)  /* 6: processes of others */

#define FS_FIRST      (FS_REFER - 1)
#define FS_READ       (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_KEEP                                                                                    \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | FS_TRUNCATE)

/* As the newest kernel knows it; an older one takes what is longer, when the rest is zero. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* Read after the start by libraries: name servers, the zone, seeds, how many cores there are. */
static const char *const read_by_libraries[] = {
	"/etc/resolv.conf",
	"/etc/localtime",
	"/usr/share/zoneinfo",
	"/dev/urandom",
	"/sys/devices/system/cpu/online",
};

static void describe(struct ruleset *r, int abi)
{
	r->fs = FS_FIRST;
	if (abi >= 2)
		r->fs |= FS_REFER;
	if (abi >= 3)
		r->fs |= FS_TRUNCATE;
	if (abi >= 4)
		r->net = NET_BIND_TCP;
	if (abi >= 5)
		r->fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		r->scoped = SCOPE_SOCKETS | SCOPE_SIGNALS;
}

/* `what` is more than a file can have, when it is about a folder. */
static int allow(int rules, const struct ruleset *r, const char *path, uint64_t what, struct err *e)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = what & r->fs };
	int rc;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return err_set_errno(e, "no Landlock: '%s'", path);
	rc = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	if (rc != 0)
		err_set_errno(e, "no Landlock: '%s'", path);
	close(rule.parent_fd);
	return rc == 0 ? 0 : ERR_SYS;
}

/* The folder of the admin socket, which has to be the process's own. */
static int allow_removal(int rules, const struct ruleset *r, const char *socket, struct err *e)
{
	const char *slash = strrchr(socket, '/');
	char *folder = slash == socket ? mem_strdup("/")
		       : slash         ? mem_dup(socket, (size_t)(slash - socket) + 1)
				       : mem_strdup(".");
	int rc;

	if (slash && slash != socket)
		folder[slash - socket] = '\0';
	rc = allow(rules, r, folder, LANDLOCK_ACCESS_FS_REMOVE_FILE, e);
	mem_free(folder);
	return rc;
}

static int allow_all(
    int rules, const struct ruleset *r, const struct jail_paths *paths, struct err *e)
{
	if (allow(rules, r, paths->directory, FS_READ, e) ||
	    (paths->state && allow(rules, r, paths->state, FS_KEEP, e)) ||
	    allow_removal(rules, r, paths->socket, e))
		return ERR_SYS;
	for (size_t i = 0; i < ARRAY_LEN(read_by_libraries); i++) {
		const char *path = read_by_libraries[i];
		uint64_t what = strcmp(path, "/usr/share/zoneinfo") == 0
				    ? FS_READ
				    : LANDLOCK_ACCESS_FS_READ_FILE;

		/* one that is not there is not needed */
		if (access(path, F_OK) == 0 && allow(rules, r, path, what, e))
			return ERR_SYS;
	}
	return 0;
}

/* The ABI in force, or an error. */
static int restrict_files(const struct jail_paths *paths, struct err *e)
{
	struct ruleset r = { 0 };
	int abi =
	    (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rules, rc;

	if (abi < 1)
		return err_set(
		    e, ERR_SYS, "no Landlock: the kernel does not have it, or it is off");
	describe(&r, abi);
	rules = (int)syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0);
	if (rules < 0)
		return err_set_errno(e, "no Landlock");
	rc = allow_all(rules, &r, paths, e);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		rc = err_set_errno(e, "no Landlock");
	close(rules);
	return rc ? rc : abi;
}

/* --- all of it */

/* What is missing is a warning, and is kept for the status. */
static void miss(struct gateway_jail *out, const struct err *e)
{
	size_t n = strlen(out->why);

	snprintf(out->why + n, sizeof(out->why) - n, "%s%s", n ? "; " : "", e->text);
	log_warn(LOG_MAIN, "-", "the jail has a gap: %s", e->text);
}

void jail_enter(const struct jail_paths *paths, struct gateway_jail *out)
{
	struct err e = { 0 };
	int abi;

	*out = (struct gateway_jail){ .is_on = true };
	tzset(); /* what glibc reads once */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	abi = restrict_files(paths, &e);
	if (abi < 0)
		miss(out, &e);
	else
		out->landlock = abi;
	out->has_no_capabilities = drop_capabilities(&e) == 0;
	if (!out->has_no_capabilities)
		miss(out, &e);
	out->is_bounded = is_bounding_set_empty();
	out->seccomp = jail_filter_calls(&e) == 0;
	if (!out->seccomp)
		miss(out, &e);
}
