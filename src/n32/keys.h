/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the keys of one N32-f context (TS 33.501 13.2.4.4.1).
 *
 * Both ends derive the same from the master secret that they exported from TLS, and from the ids of
 * the context.  The caller wipes the master secret when it is done, and the keys when the context
 * ends.
 */
#ifndef N32_KEYS_H
#define N32_KEYS_H

#include "base/base.h"
#include "base/err.h"
#include "n32/prins.h"

/* Of the exporter: its context is empty, which is not the same as none (n32.md B.5). */
#define N32_MASTER_LABEL "EXPORTER_3GPP_N32_MASTER"

enum {
	N32_MASTER_BYTES = 64,
	N32_KEY_MAX = 32,
	N32_SALT_BYTES = 8,
	N32_CHECK_MAX = 17, /* 16 hexadecimal digits and a NUL */
};

/*
 * What a message is.  Parallel: in the HTTP session in which the initiator of N32-c is the client;
 * reverse: in the other one.
 */
enum n32_message {
	N32_PARALLEL_REQUEST,
	N32_PARALLEL_RESPONSE,
	N32_REVERSE_REQUEST,
	N32_REVERSE_RESPONSE,
	N32_MESSAGES
};

/* Whose context id a key is made with; the specification does not say (F-9). */
enum n32_key_context {
	N32_KEY_CONTEXT_RECEIVER, /* of the message: the id that is in its metaData */
	N32_KEY_CONTEXT_INITIATOR,
	N32_KEY_CONTEXT_RESPONDER
};

struct n32_keys {
	unsigned char key[N32_MESSAGES][N32_KEY_MAX];
	size_t key_n; /* 16 or 32 bytes of each */
	unsigned char salt[N32_MESSAGES][N32_SALT_BYTES];
};

/*
 * Derives keys for an algorithm that is known.  The ids are those of the N32-c initiator and
 * responder, each with 16 digits exactly as exchanged.  ERR_TLS, and no keys, when OpenSSL cannot.
 */
int n32_keys_derive(struct n32_keys *out, const unsigned char master[N32_MASTER_BYTES],
    enum n32_jwe jwe, const char *initiator_id, const char *responder_id,
    enum n32_key_context which, struct err *e) MUST_CHECK;

/*
 * What stands for keys in front of an operator: the same at both ends if the keys are, and no help
 * to find them.  The first 16 digits of the SHA-256 of all keys and then all salts, in the order of
 * enum n32_message.  Returns `out`.
 */
char *n32_keys_check(const struct n32_keys *keys, char out[N32_CHECK_MAX]);

void n32_keys_wipe(struct n32_keys *keys);

#endif
