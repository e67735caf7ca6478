/* SPDX-License-Identifier: MIT */
/* The states of a partner and what leads from one to the other, as the daemon has them. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog/ctl.h"
#include "prog/defaults.h"
#include "sepp/machine.h"

static void print_states(void)
{
	printf("%-18s %-6s %s\n", "STATE", "N32-f", "MEANING");
	for (int i = 0; i < MACHINE_STATES; i++) {
		enum machine_state s = (enum machine_state)i;

		printf("%-18s %-6s %s\n", machine_state_name(s), machine_is_open(s) ? "yes" : "no",
		    machine_state_help(s));
	}
	printf("\n%-18s %s\n", "EVENT", "MEANING");
	for (int i = 0; i < MACHINE_EVENTS; i++)
		printf("%-18s %s\n", machine_event_name((enum machine_event)i),
		    machine_event_help((enum machine_event)i));
}

/* Every pair of states that an event leads from and to; those that stay are left out.  What a
 * failed renegotiation goes back to depends on what is in force, and is drawn for each. */
static void print_dot(void)
{
	static const enum machine_state settled[] = { MACHINE_AGREED_TLS, MACHINE_AGREED_PRINS,
		MACHINE_ESTABLISHED };

	printf("digraph partner {\n  rankdir=LR;\n  node [shape=box];\n");
	for (int i = 0; i < MACHINE_STATES; i++)
		printf("  %s%s;\n", machine_state_name((enum machine_state)i),
		    machine_is_open((enum machine_state)i) ? " [style=filled]" : "");
	for (int from = 0; from < MACHINE_STATES; from++) {
		for (int event = 0; event < MACHINE_EVENTS; event++) {
			enum machine_state last = (enum machine_state)from;

			for (size_t k = 0; k < ARRAY_LEN(settled); k++) {
				enum machine_state to = machine_next((enum machine_state)from,
				    (enum machine_event)event, settled[k]);

				if (to != last && (int)to != from)
					printf("  %s -> %s [label=\"%s\"];\n",
					    machine_state_name((enum machine_state)from),
					    machine_state_name(to),
					    machine_event_name((enum machine_event)event));
				last = to;
			}
		}
	}
	printf("}\n");
}

static int run_states(struct ctl_options *o, int argc, char *argv[])
{
	(void)o;
	if (argc == 1)
		print_states();
	else if (argc == 2 && strcmp(argv[1], "--dot") == 0)
		print_dot();
	else
		return EXIT_USAGE;
	return EXIT_SUCCESS;
}

const struct ctl_command ctl_states = { "states", run_states, "states [--dot]",
	"the states of a partner and what changes them; with --dot, how they follow each other" };
