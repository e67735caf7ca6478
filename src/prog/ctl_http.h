/* SPDX-License-Identifier: MIT */
/*
 * ctl_http.h - parleyctl's side of the admin API: one request over the Unix socket.
 */
#ifndef PROG_CTL_HTTP_H
#define PROG_CTL_HTTP_H

#include "base/base.h"
#include "base/buf.h"

struct err;

/*
 * Sends `method` `path` to the daemon behind `socket`.  Fills `status` and appends the body.
 * Returns 0 whatever the status, or a negative code when there was no answer.
 */
int ctl_http(const char *socket, const char *method, const char *path, long *status,
    struct buf *body, struct err *e) MUST_CHECK;

#endif
