/* SPDX-License-Identifier: MIT */
/*
 * thread.h - how every thread but the first begins: deaf to signals, which are the control
 * thread's.  Whoever starts one joins it.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/base.h"

struct err;

/* `stack` is in bytes, 0 = what the system gives.  `name` is how the error calls it. */
int thread_start(pthread_t *out, size_t stack, void *(*run)(void *arg), void *arg, const char *name,
    struct err *e) MUST_CHECK;

#endif
