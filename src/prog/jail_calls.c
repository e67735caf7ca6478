/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a daemon that has started.  Found with strace on the flow and conformance
 * tests; whatever is missing fails with EPERM.  What only an attacker would call ends the process.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "prog/jail_int.h"

enum {
	SOCKET_TYPE_MASK = 0xf, /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
};

/* A namespace of its own is no part of a thread. */
#define CLONE_NEW                                                                                  \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	    CLONE_NEWPID | CLONE_NEWNET)

/* clang-format off */
static const int allowed[] = {
	/* memory; mmap and mprotect have conditions */
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(mremap), SCMP_SYS(munlock),
	SCMP_SYS(munmap),

	/* threads and signals; clone and tgkill have conditions */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list),

	/* time, chance, and who we are */
	SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getrandom),
	SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(nanosleep), SCMP_SYS(sysinfo),
	SCMP_SYS(time), SCMP_SYS(uname),

	/* waiting */
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),

	/* descriptors and files; Landlock says which */
	SCMP_SYS(access), SCMP_SYS(close), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(fchown), SCMP_SYS(fcntl),
	SCMP_SYS(fdatasync), SCMP_SYS(fstat), SCMP_SYS(fsync), SCMP_SYS(ftruncate),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(lseek), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(readv), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(stat), SCMP_SYS(statx), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(write),
	SCMP_SYS(writev),

	/* connections; socket has conditions, and nothing is bound any more */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
};

static const int deadly[] = {
	SCMP_SYS(acct), SCMP_SYS(add_key), SCMP_SYS(bpf), SCMP_SYS(chroot),
	SCMP_SYS(clock_settime), SCMP_SYS(delete_module), SCMP_SYS(execve), SCMP_SYS(execveat),
	SCMP_SYS(finit_module), SCMP_SYS(fsmount), SCMP_SYS(fsopen), SCMP_SYS(init_module),
	SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl), SCMP_SYS(mount), SCMP_SYS(move_mount), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(open_tree), SCMP_SYS(perf_event_open), SCMP_SYS(pivot_root),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(ptrace),
	SCMP_SYS(quotactl), SCMP_SYS(reboot), SCMP_SYS(request_key), SCMP_SYS(setns),
	SCMP_SYS(settimeofday), SCMP_SYS(swapoff), SCMP_SYS(swapon), SCMP_SYS(umount2),
	SCMP_SYS(unshare), SCMP_SYS(userfaultfd),
};
/* clang-format on */

static int add_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = seccomp_rule_add(f, action, calls[i], 0);
	return rc;
}

/* New memory cannot be executed, nor can old memory become so. */
static int add_memory(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp no_exec = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);

	return rc ? rc : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
}

/*
 * Threads, but no processes.  The flags of clone3 are in memory, where no filter sees them; where
 * the kernel does not know it, glibc takes clone.
 */
static int add_threads(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp is_thread =
	    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NEW, CLONE_THREAD);
	const struct scmp_arg_cmp to_us = SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)getpid(), 0);
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, is_thread);

	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return rc ? rc : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, to_us);
}

/* The limits are read, of this process, and not set. */
static int add_limits(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
	    SCMP_CMP64(0, SCMP_CMP_EQ, 0, 0), SCMP_CMP64(2, SCMP_CMP_EQ, 0, 0));
}

/* TCP and UDP: partners and name servers. */
static int add_sockets(scmp_filter_ctx f)
{
	static const int families[] = { AF_INET, AF_INET6 }, types[] = { SOCK_STREAM, SOCK_DGRAM };
	int rc = 0;

	for (size_t i = 0; i < 4 && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
		    SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)families[i / 2], 0),
		    SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (uint64_t)types[i % 2]));
	return rc;
}

static int fill(scmp_filter_ctx f)
{
	int rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (rc == 0)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = add_all(f, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LEN(deadly));
	if (rc == 0)
		rc = add_all(f, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed));
	if (rc == 0)
		rc = add_memory(f);
	if (rc == 0)
		rc = add_threads(f);
	if (rc == 0)
		rc = add_limits(f);
	return rc ? rc : add_sockets(f);
}

int jail_filter_calls(struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = f ? fill(f) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	return rc ? err_set(e, ERR_SYS, "no seccomp filter: %s", strerror(-rc)) : 0;
}
