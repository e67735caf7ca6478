/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "prog/jail.h"
#include "unit_dir.h"

/* After libev: its EV_NONE is a macro of elf.h, which this includes. */
#include <seccomp.h>

enum {
	DEFIED = 100, /* what should not work worked */
	NO_JAIL = 101,
};

/* What a prisoner may use: directory, state, the folder of the socket. */
struct yard {
	struct dir *directory, *state, *run;
	char socket[96];
	struct gateway_jail jail;
};

typedef int act(const struct yard *y);

static struct yard *yard_new(void)
{
	struct yard *y = calloc(1, sizeof(*y));

	assert_non_null(y);
	y->directory = dir_new();
	y->state = dir_new();
	y->run = dir_new();
	dir_write_text(y->directory, "partners/a.lua", "return 1");
	dir_write_text(y->state, "kept", "1");
	dir_write_text(y->run, "parleyd.sock", "");
	snprintf(y->socket, sizeof(y->socket), "%s/parleyd.sock", y->run->path);
	return y;
}

static void yard_free(struct yard *y)
{
	dir_free(y->directory);
	dir_free(y->state);
	dir_free(y->run);
	free(y);
}

/* The status of wait(2) of a child that is in jail and then does `what`; it exits with errno. */
static int imprison(struct yard *y, act *what)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		const struct jail_paths paths = { y->directory->path, y->state->path, y->socket };

		jail_prepare();
		jail_enter(&paths, &y->jail);
		if (!y->jail.seccomp || y->jail.landlock == 0 || !y->jail.has_no_capabilities)
			_exit(NO_JAIL);
		_exit(what(y));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* Does it, and fails the test unless it ends with errno `want`; 0 = it has to work. */
static void expect(act *what, int want)
{
	struct yard *y = yard_new();
	int status = imprison(y, what);

	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), want);
	yard_free(y);
}

static void expect_death(act *what)
{
	struct yard *y = yard_new();
	int status = imprison(y, what);

	if (!WIFSIGNALED(status))
		fail_msg("exit status %d", WEXITSTATUS(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	yard_free(y);
}

/* --- what still works */

static int read_at(const char *folder, const char *name)
{
	char path[160], text[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : read(fd, text, sizeof(text)) >= 0 ? close(fd) : errno;
}

static int write_at(const char *folder, const char *name, int flags)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
	return fd < 0 ? errno : write(fd, "x", 1) == 1 ? close(fd) : errno;
}

static int reads_the_directory(const struct yard *y)
{
	return read_at(y->directory->path, "partners/a.lua");
}

static int keeps_its_state(const struct yard *y)
{
	char from[160], to[160];
	int rc = write_at(y->state->path, "new", O_CREAT | O_EXCL);

	snprintf(from, sizeof(from), "%s/new", y->state->path);
	snprintf(to, sizeof(to), "%s/kept", y->state->path);
	if (rc == 0)
		rc = rename(from, to) == 0 ? 0 : errno;
	if (rc == 0)
		rc = read_at(y->state->path, "kept");
	if (rc == 0)
		rc = write_at(y->state->path, "kept", O_TRUNC);
	return rc ? rc : unlink(to) == 0 ? 0 : errno;
}

static int removes_its_socket(const struct yard *y)
{
	return unlink(y->socket) == 0 ? 0 : errno;
}

static void *run(void *arg)
{
	*(bool *)arg = true;
	return arg;
}

static int starts_a_thread(const struct yard *y)
{
	bool ran = false;
	pthread_t t;
	int rc = pthread_create(&t, NULL, run, &ran);

	(void)y;
	if (rc == 0)
		rc = pthread_join(t, NULL);
	return rc || ran ? rc : DEFIED;
}

static int opens_tcp_and_udp(const struct yard *y)
{
	(void)y;
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 &&
		       socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0) >= 0
		   ? 0
		   : errno;
}

static int takes_memory(const struct yard *y)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)y;
	return p != MAP_FAILED && mprotect(p, 1 << 20, PROT_READ | PROT_WRITE) == 0 &&
		       madvise(p, 1 << 20, MADV_DONTDUMP) == 0 && munmap(p, 1 << 20) == 0
		   ? 0
		   : errno;
}

static void what_a_gateway_does_works(void **state)
{
	(void)state;
	expect(reads_the_directory, 0);
	expect(keeps_its_state, 0);
	expect(removes_its_socket, 0);
	expect(starts_a_thread, 0);
	expect(opens_tcp_and_udp, 0);
	expect(takes_memory, 0);
}

/* --- files */

static int reads_a_file_of_the_system(const struct yard *y)
{
	(void)y;
	return read_at("/etc", "passwd");
}

static int lists_the_root(const struct yard *y)
{
	(void)y;
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? DEFIED : errno;
}

static int writes_into_the_directory(const struct yard *y)
{
	return write_at(y->directory->path, "partners/a.lua", 0);
}

static int makes_a_file_in_the_directory(const struct yard *y)
{
	return write_at(y->directory->path, "partners/b.lua", O_CREAT);
}

static int makes_a_file_beside_the_socket(const struct yard *y)
{
	return write_at(y->run->path, "other", O_CREAT);
}

static int makes_a_file_in_tmp(const struct yard *y)
{
	(void)y;
	return write_at("/tmp", "parley-jail", O_CREAT);
}

static void other_files_are_closed(void **state)
{
	(void)state;
	expect(reads_a_file_of_the_system, EACCES);
	expect(lists_the_root, EACCES);
	expect(writes_into_the_directory, EACCES);
	expect(makes_a_file_in_the_directory, EACCES);
	expect(makes_a_file_beside_the_socket, EACCES);
	expect(makes_a_file_in_tmp, EACCES);
}

static void without_a_state_directory_nothing_is_written(void **state)
{
	struct yard *y = yard_new();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct jail_paths paths = { y->directory->path, NULL, y->socket };

		jail_enter(&paths, &y->jail);
		_exit(write_at(y->state->path, "kept", 0));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
	yard_free(y);
}

/* --- calls */

static int opens_a_packet_socket(const struct yard *y)
{
	(void)y;
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? DEFIED : errno;
}

static int opens_a_unix_socket(const struct yard *y)
{
	(void)y;
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? DEFIED : errno;
}

static int opens_a_raw_socket(const struct yard *y)
{
	(void)y;
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? DEFIED : errno;
}

static int sets_a_limit(const struct yard *y)
{
	struct rlimit limit;

	(void)y;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return errno == EPERM ? EINVAL : errno; /* to read them is allowed */
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? DEFIED : errno;
}

static int binds(const struct yard *y)
{
	const struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)y;
	return bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 ? DEFIED : errno;
}

static int maps_executable_memory(const struct yard *y)
{
	(void)y;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		       MAP_FAILED
		   ? DEFIED
		   : errno;
}

static int makes_memory_executable(const struct yard *y)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)y;
	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? DEFIED : errno;
}

static int forks(const struct yard *y)
{
	pid_t child = fork();

	(void)y;
	if (child == 0)
		_exit(0);
	return child > 0 ? DEFIED : errno;
}

static int kills_another(const struct yard *y)
{
	(void)y;
	return kill(getppid(), SIGTERM) == 0 ? DEFIED : errno;
}

static int makes_a_descriptor_of_memory(const struct yard *y)
{
	(void)y;
	return memfd_create("x", 0) >= 0 ? DEFIED : errno;
}

static void calls_that_nobody_needs_are_refused(void **state)
{
	(void)state;
	expect(opens_a_packet_socket, EPERM);
	expect(opens_a_unix_socket, EPERM);
	expect(opens_a_raw_socket, EPERM);
	expect(sets_a_limit, EPERM);
	expect(binds, EPERM);
	expect(maps_executable_memory, EPERM);
	expect(makes_memory_executable, EPERM);
	expect(forks, EPERM);
	expect(kills_another, EPERM);
	expect(makes_a_descriptor_of_memory, EPERM);
}

static int executes(const struct yard *y)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	(void)y;
	execv("/bin/true", argv);
	return errno;
}

static int traces(const struct yard *y)
{
	(void)y;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? DEFIED : errno;
}

static int loads_a_program_into_the_kernel(const struct yard *y)
{
	(void)y;
	return syscall(SYS_bpf, 0, NULL, 0) == 0 ? DEFIED : errno;
}

static int enters_a_namespace(const struct yard *y)
{
	(void)y;
	return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) == 0 ? DEFIED : errno;
}

static void calls_of_an_attacker_end_the_process(void **state)
{
	(void)state;
	expect_death(executes);
	expect_death(traces);
	expect_death(loads_a_program_into_the_kernel);
	expect_death(enters_a_namespace);
}

/* --- the process */

/* The hexadecimal number of a line of /proc/self/status, read before the walls are up. */
static unsigned long long number_of(int fd, const char *name)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *at;

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 16) : ~0ull;
}

static void the_process_has_nothing_left(void **state)
{
	struct yard *y = yard_new();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct jail_paths paths = { y->directory->path, NULL, y->socket };
		int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

		jail_prepare();
		jail_enter(&paths, &y->jail);
		_exit(number_of(fd, "\nCapEff:") || number_of(fd, "\nCapPrm:")  ? 1
		      : number_of(fd, "\nNoNewPrivs:") != 1                     ? 2
		      : number_of(fd, "\nSeccomp:") != 2                        ? 3
		      : y->jail.is_bounded != (number_of(fd, "\nCapBnd:") == 0) ? 4
		      : *y->jail.why                                            ? 5
										: 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	yard_free(y);
}

static void a_path_that_is_not_there_is_a_gap_that_is_told(void **state)
{
	struct yard *y = yard_new();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct jail_paths paths = { "/nowhere/at/all", NULL, y->socket };

		log_setup(LOG_ERROR, LOG_TEXT);
		jail_enter(&paths, &y->jail);
		_exit(y->jail.landlock == 0 && y->jail.seccomp &&
			      strstr(y->jail.why, "/nowhere/at/all")
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	yard_free(y);
}

/* From now on the kernel seems to know neither Landlock nor seccomp. */
static void forget_both(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (!f ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
		SCMP_CMP(0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0)) ||
	    seccomp_load(f))
		_exit(NO_JAIL);
	seccomp_release(f);
}

static void a_kernel_that_has_neither_is_told_and_lived_with(void **state)
{
	struct yard *y = yard_new();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct jail_paths paths = { y->directory->path, NULL, y->socket };

		log_setup(LOG_ERROR, LOG_TEXT);
		forget_both();
		jail_enter(&paths, &y->jail);
		_exit(y->jail.landlock                                                   ? 1
		      : y->jail.seccomp                                                  ? 2
		      : !y->jail.is_on                                                   ? 3
		      : read_at("/etc", "passwd")                                        ? 4
		      : !strstr(y->jail.why, "no Landlock: the kernel does not have it") ? 5
		      : !strstr(y->jail.why, "; no seccomp filter: ")                    ? 6
		      : !y->jail.has_no_capabilities                                     ? 7
											 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	yard_free(y);
}

/* Asked where there is no filter, which refuses the question. */
static void the_process_cannot_be_dumped(void **state)
{
	struct yard *y = yard_new();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct jail_paths paths = { y->directory->path, NULL, y->socket };

		log_setup(LOG_ERROR, LOG_TEXT);
		forget_both();
		if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1)
			_exit(1);
		jail_enter(&paths, &y->jail);
		_exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	yard_free(y);
}

static void a_program_with_sanitizers_has_no_jail(void **state)
{
	(void)state;
	assert_string_equal(jail_obstacle(), "built with sanitizers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_gateway_does_works),
		cmocka_unit_test(other_files_are_closed),
		cmocka_unit_test(without_a_state_directory_nothing_is_written),
		cmocka_unit_test(calls_that_nobody_needs_are_refused),
		cmocka_unit_test(calls_of_an_attacker_end_the_process),
		cmocka_unit_test(the_process_has_nothing_left),
		cmocka_unit_test(a_path_that_is_not_there_is_a_gap_that_is_told),
		cmocka_unit_test(a_kernel_that_has_neither_is_told_and_lived_with),
		cmocka_unit_test(the_process_cannot_be_dumped),
	};
	const struct CMUnitTest sanitized[] = {
		cmocka_unit_test(a_program_with_sanitizers_has_no_jail),
	};

	if (jail_obstacle())
		return cmocka_run_group_tests(sanitized, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
