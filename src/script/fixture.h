/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - what a test of policies makes up: requests, events, peers.
 *
 * A fixture is a userdata with the fields that the test wrote; whatever it did not write is valid
 * (case.h).  Called with a table, it gives another one with those fields changed.  A field or value
 * that cannot be is an error at the line that writes it, and what would come over the wire goes
 * through the real encoder and decoder.
 */
#ifndef SCRIPT_FIXTURE_H
#define SCRIPT_FIXTURE_H

#include <lua.h>

#include "base/base.h"
#include "base/buf.h"
#include "n32/problem.h"
#include "script/case.h"
#include "script/fixture_fields.h"
#include "script/function.h"
#include "script/script.h"

/* What fixtures are made with; belongs to whoever runs the tests, and outlives the Lua state. */
struct fixtures {
	const struct conf_gateway *gateway;
	const struct script_files *files; /* where test.fixture looks */
	size_t n_partners;
	const struct conf_partner *const *partners;
	/* of the case under construction */
	struct script_case *c;
	struct n32_problem problem;
	struct buf body;
};

void fixtures_init(struct fixtures *f);
void fixtures_release(struct fixtures *f);

/* Adds test.request and the others to the table on top.  Borrows `f`.  [-0, +0] */
void fixture_fill(lua_State *L, struct fixtures *f);

/* They are closures but for the last one, so that only their names and words are here. */
extern const struct function fixture_functions[];

/* What the hook is told first, and what makes it. */
enum fixture_kind fixture_kind_of(enum script_hook hook);
const char *fixture_name(enum fixture_kind kind);

/*
 * Makes f->c the case of a decision: of the fixture at `first` (0: the hook has none) and the peer
 * at `peer`; nil is a valid one.  `who` is the partner that is asked about, or NULL for any.
 * Raises.  [-0, +0]
 */
void fixture_build(lua_State *L, struct fixtures *f, enum script_hook hook,
    const struct conf_partner *who, int first, int peer);

/* Makes what came over the wire of f->c new: through the encoder and the decoder once more. */
int fixture_resend(struct fixtures *f) MUST_CHECK;

#endif
