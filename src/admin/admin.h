/* SPDX-License-Identifier: MIT */
/*
 * admin.h - the operator's door: HTTP/1.1 and JSON on a Unix socket, read-only also on TCP.
 *
 *	GET  /v1/status     what runs, since when, with which policies, and how the last reload went
 *	GET  /v1/partners   each partner with its state, agreement and counts
 *	POST /v1/reload     activates what the directory holds now; ?dry_run=1 only checks
 *	POST /v1/rollback   puts an older generation in force: ?generation=N, or the one before
 *	GET  /v1/flag       the switches of ?partner=NAME; POST with &name=NAME&on=1 or 0 sets one
 *	GET  /metrics       Prometheus text format
 *	GET  /healthz       200 while the process answers
 *	GET  /readyz        200 while it accepts connections, 503 while it ends
 *
 * Runs in the control thread, driven by its loop.  The Unix socket is made with mode 0600, before
 * anything can connect to it.  The TCP listener (gateway.lua: admin.listen) has no POST and no
 * authentication: it is for Prometheus on a management network.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "base/base.h"
#include "net/addr.h"
#include "net/loop.h"

struct admin;
struct err;
struct gateway;

/*
 * Opens the socket `path`, and `listen` ("address:port") when it is not NULL.  A socket file that a
 * dead process left is replaced; one that answers is not.  Borrows `gateway` and `loop`.
 */
struct admin *admin_open(struct gateway *gateway, struct loop *loop, const char *path,
    const char *listen, struct err *e) MUST_CHECK;

/* Closes both and removes the socket file.  NULL is allowed. */
void admin_close(struct admin *a);

/* The TCP address with its actual port; NULL when there is none.  Borrowed. */
const struct addr *admin_addr(const struct admin *a);

#endif
