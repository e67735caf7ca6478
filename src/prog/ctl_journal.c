/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "prog/ctl.h"
#include "prog/ctl_offline.h"

/* All of it is in lua/journal.lua. */
static int run_journal(struct ctl_options *o, int argc, char *argv[])
{
	static char json[] = "--json";

	if (!o->json)
		return ctl_run_lua("journal", argc - 1, argv + 1);
	argv[0] = json; /* it stood before the command */
	return ctl_run_lua("journal", argc, argv);
}

const struct ctl_command ctl_journal = { "journal", run_journal,
	"journal FILE... [--partner P] [--hook H] [--verdict V] [--since T] [--until T] [--id ID] "
	"[--last N] [--stats] [--json]",
	"what journals of decisions say" };
