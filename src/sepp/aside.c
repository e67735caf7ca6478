/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sepp/aside.h"

static bool is_of(const char *name, const char *form)
{
	for (; *form; form++, name++) {
		bool is_digit = *name >= '0' && *name <= '9';

		if (*form == '#' ? !is_digit : *name != *form)
			return false;
	}
	return !*name;
}

void aside_find(int dir, const char *form, struct aside_list *out)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	ensure(strlen(form) < ASIDE_NAME_MAX);
	out->n = 0;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		struct str name = str_of(entry->d_name);

		if (!is_of(entry->d_name, form))
			continue;
		if (out->n == 0 || strcmp(entry->d_name, out->oldest) < 0)
			(void)str_copy(out->oldest, sizeof(out->oldest), name); /* fits */
		if (out->n == 0 || strcmp(entry->d_name, out->newest) > 0)
			(void)str_copy(out->newest, sizeof(out->newest), name);
		out->n++;
	}
	closedir(d);
}
