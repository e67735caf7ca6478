/* SPDX-License-Identifier: MIT */
/*
 * unit_cert.h - certificates, keys and revocation lists for unit tests, made by the run.
 *
 * A failure in here is a failure of the test.  RSA keys take long to make: there are two in a
 * process, handed out in turn.
 */
#ifndef UNIT_CERT_H
#define UNIT_CERT_H

#include "base/base.h"
#include "base/str.h"

enum cert_key {
	CERT_P256,
	CERT_P384,
	CERT_RSA,
	CERT_ED25519
};

/* Extended key usages; CERT_BOTH when nothing is said. */
enum cert_use {
	CERT_BOTH,
	CERT_CLIENT,
	CERT_SERVER,
	CERT_NO_USE /* the extension is absent */
};

enum {
	CERT_NAMES_MAX = 40
};

/* The time that the tests live in: 2026-01-01 00:00:00 UTC. */
#define CERT_NOW ((int64_t)1767225600)

/* The validity of an authority: where tests live by the real clock, that of a leaf as well. */
#define CERT_EARLY ((int64_t)1577836800)
#define CERT_LATE  ((int64_t)2840140800)

/* What is left out is a P-256 certificate for both roles, valid from a day before CERT_NOW to
 * thirty days after it. */
struct cert_spec {
	const char *names[CERT_NAMES_MAX]; /* DNS names, up to the first NULL */
	enum cert_key key;
	enum cert_use use;
	int64_t from_s, until_s;
};

struct cert;

/* A root with a P-256 key; the caller owns the result. */
struct cert *cert_authority(const char *name);
struct cert *cert_issue(const struct cert *authority, const struct cert_spec *spec);

/* An authority below another one. */
struct cert *cert_intermediate(const struct cert *authority, const char *name, enum cert_key kind);

/* A usual certificate for one name. */
struct cert *cert_for(const struct cert *authority, const char *name);

/* NULL is allowed. */
void cert_free(struct cert *c);

/* PEM.  Borrowed, valid as long as `c`. */
struct str cert_pem(const struct cert *c);
struct str cert_key_pem(const struct cert *c);

/* PEM, owned by the caller: of both certificates; of a key with a passphrase; of a revocation list
 * that names `revoked` (NULL: nobody), valid for a week around CERT_NOW.  cert_text_free() ends
 * them. */
struct str cert_chain(const struct cert *leaf, const struct cert *above);
struct str cert_locked_key(const struct cert *c);
struct str cert_revoke(const struct cert *authority, const struct cert *revoked);
void cert_text_free(struct str text);

/* SHA-256 of the certificate, in lower-case hexadecimal, into `out`.  Returns `out`. */
char *cert_fingerprint(const struct cert *c, char out[65]);

#endif
