/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/tls_int.h"

enum {
	FILE_MODE = 0600,
	FD_MIN = 3,         /* 0 is none, and the first three have their uses */
	KEY_LINE_MAX = 512, /* a label, 64 digits, and at most 96 */
};

static int check(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "is not a regular file");
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_CONFIG,
		    "session keys may be read by their owner only (mode %03o); chmod 600 it",
		    st.st_mode & 0777u);
	return 0;
}

int tls_keylog_open(const char *path, struct err *e)
{
	int first = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, FILE_MODE);
	int fd;

	if (first < 0)
		return err_set_errno(e, "cannot open '%s'", path);
	if (check(first, e)) {
		close(first);
		return err_within(e, "'%s'", path);
	}
	fd = fcntl(first, F_DUPFD_CLOEXEC, FD_MIN);
	if (fd < 0)
		err_set_errno(e, "cannot open '%s'", path);
	close(first);
	return fd < 0 ? ERR_SYS : fd;
}

/* One write appends a whole line, also from several threads. */
static void on_line(const SSL *ssl, const char *line)
{
	intptr_t fd = (intptr_t)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	char text[KEY_LINE_MAX];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (n > 0 && (size_t)n < sizeof(text) && write((int)fd, text, (size_t)n) != n)
		log_warn(LOG_TLS, "-", "a session key is not in the key log: %s", strerror(errno));
	mem_wipe(text, sizeof(text));
}

void tls_keylog_attach(SSL_CTX *ssl, int fd)
{
	ensure(SSL_CTX_set_app_data(ssl, (void *)(intptr_t)fd) == 1);
	SSL_CTX_set_keylog_callback(ssl, on_line);
}
