/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "load_proc.h"

static int read_file(const char *path, char *text, size_t size, struct err *e)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return err_set_errno(e, "cannot open '%s'", path);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	(void)fclose(f); /* only read */
	return 0;
}

static int cpu_ns(pid_t pid, uint64_t *ns, struct err *e)
{
	char path[64], file[384], text[128];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return err_set_errno(e, "cannot open '%s'", path);
	*ns = 0;
	for (;;) {
		entry = readdir(dir);
		if (!entry)
			break;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s/schedstat", path, entry->d_name);
		if (read_file(file, text, sizeof(text), NULL) == 0) /* a thread may have ended */
			*ns += strtoull(text, NULL, 10);
	}
	(void)closedir(dir); /* only read */
	return 0;
}

/* A running thread is brought up to date by the scheduler's tick, every 10 ms at the slowest. */
int load_proc_quiet_cpu_ns(pid_t pid, uint64_t *ns, struct err *e)
{
	enum {
		TRIES = 40,
		PAUSE_MS = 5,
		AGREE = 3,
	};
	uint64_t before;
	int same = 0, code = cpu_ns(pid, ns, e);

	for (int i = 0; code == 0 && i < TRIES && same < AGREE; i++) {
		before = *ns;
		(void)poll(NULL, 0, PAUSE_MS); /* an early return only shortens the pause */
		code = cpu_ns(pid, ns, e);
		same = *ns == before ? same + 1 : 0;
	}
	return code;
}

/* "\nPss:     1234 kB" */
static int find_kb(const char *text, const char *name, uint64_t *kb, struct err *e)
{
	const char *line = strstr(text, name);

	if (!line)
		return err_set(e, ERR_SYNTAX, "no '%s' in smaps_rollup", name + 1);
	*kb = strtoull(line + strlen(name), NULL, 10);
	return 0;
}

int load_proc_memory(pid_t pid, struct load_memory *m, struct err *e)
{
	char path[64], text[4096];
	int code;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	code = read_file(path, text, sizeof(text), e);
	if (code == 0)
		code = find_kb(text, "\nPss:", &m->pss_kb, e);
	if (code == 0)
		code = find_kb(text, "\nPss_Anon:", &m->anon_kb, e);
	return code;
}
