/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit_cert.h"

enum {
	DAY = 86400,
};

struct cert {
	EVP_PKEY *key;
	X509 *x509;
	struct str pem, key_pem;
};

/* --- keys */

static EVP_PKEY *rsa_key(void)
{
	static EVP_PKEY *keys[2];
	static size_t next;
	EVP_PKEY **key = &keys[next++ % ARRAY_LEN(keys)];

	if (!*key)
		*key = EVP_RSA_gen(2048);
	assert_non_null(*key);
	assert_int_equal(EVP_PKEY_up_ref(*key), 1);
	return *key;
}

static EVP_PKEY *make_key(enum cert_key kind)
{
	EVP_PKEY *key;

	if (kind == CERT_RSA)
		return rsa_key();
	if (kind == CERT_ED25519)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		key = EVP_EC_gen(kind == CERT_P384 ? "P-384" : "P-256");
	assert_non_null(key);
	return key;
}

/* --- texts */

static struct str take_text(BIO *bio)
{
	struct str text;
	char *p;

	text.n = (size_t)BIO_get_mem_data(bio, &p);
	text.p = mem_dup(p, text.n);
	BIO_free(bio);
	return text;
}

static BIO *new_text(void)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_non_null(bio);
	return bio;
}

void cert_text_free(struct str text)
{
	mem_free((void *)(uintptr_t)text.p);
}

static void print(struct cert *c)
{
	BIO *bio = new_text();

	assert_int_equal(PEM_write_bio_X509(bio, c->x509), 1);
	c->pem = take_text(bio);
	bio = new_text();
	assert_int_equal(PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL), 1);
	c->key_pem = take_text(bio);
}

/* --- certificates */

static void extend(X509 *x, const X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void set_subject(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);

	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
			     (const unsigned char *)"Parley Tests", -1, -1, 0),
	    1);
	assert_int_equal(X509_NAME_add_entry_by_txt(
			     subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0),
	    1);
}

/* All but the extensions and the signature. */
static struct cert *begin(const struct cert *issuer, const char *name, enum cert_key kind,
    int64_t from_s, int64_t until_s)
{
	static long serial = 1000;
	struct cert *c = mem_alloc(sizeof(*c));

	c->key = make_key(kind);
	c->x509 = X509_new();
	assert_non_null(c->x509);
	X509_set_version(c->x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c->x509), ++serial);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(c->x509), (time_t)from_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(c->x509), (time_t)until_s));
	assert_int_equal(X509_set_pubkey(c->x509, c->key), 1);
	set_subject(c->x509, name);
	X509_set_issuer_name(c->x509, X509_get_subject_name(issuer ? issuer->x509 : c->x509));
	return c;
}

static struct cert *finish(struct cert *c, const struct cert *issuer)
{
	EVP_PKEY *key = issuer ? issuer->key : c->key;

	assert_true(
	    X509_sign(c->x509, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
	print(c);
	return c;
}

static struct cert *make_authority(const struct cert *issuer, const char *name, enum cert_key kind)
{
	struct cert *c = begin(issuer, name, kind, CERT_EARLY, CERT_LATE);
	const X509 *above = issuer ? issuer->x509 : c->x509;

	extend(c->x509, above, NID_basic_constraints, "critical,CA:TRUE");
	extend(c->x509, above, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(c->x509, above, NID_subject_key_identifier, "hash");
	return finish(c, issuer);
}

struct cert *cert_authority(const char *name)
{
	return make_authority(NULL, name, CERT_P256);
}

struct cert *cert_intermediate(const struct cert *authority, const char *name, enum cert_key kind)
{
	return make_authority(authority, name, kind);
}

static void add_names(X509 *x, const X509 *issuer, const char *const *names)
{
	char san[CERT_NAMES_MAX * 80];
	size_t at = 0;

	for (size_t i = 0; i < CERT_NAMES_MAX && names[i]; i++)
		at += (size_t)snprintf(
		    san + at, sizeof(san) - at, "%sDNS:%s", i ? "," : "critical,", names[i]);
	assert_true(at < sizeof(san));
	if (at > 0)
		extend(x, issuer, NID_subject_alt_name, san);
}

struct cert *cert_issue(const struct cert *authority, const struct cert_spec *spec)
{
	static const char *const uses[] = { "serverAuth,clientAuth", "clientAuth", "serverAuth",
		NULL };
	struct cert *c =
	    begin(authority, "sepp", spec->key, spec->from_s ? spec->from_s : CERT_NOW - DAY,
		spec->until_s ? spec->until_s : CERT_NOW + 30 * DAY);

	extend(c->x509, authority->x509, NID_key_usage, "critical,digitalSignature");
	if (uses[spec->use])
		extend(c->x509, authority->x509, NID_ext_key_usage, uses[spec->use]);
	extend(c->x509, authority->x509, NID_authority_key_identifier, "keyid");
	add_names(c->x509, authority->x509, spec->names);
	return finish(c, authority);
}

struct cert *cert_for(const struct cert *authority, const char *name)
{
	const struct cert_spec spec = { .names = { name } };

	return cert_issue(authority, &spec);
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
	cert_text_free(c->pem);
	cert_text_free(c->key_pem);
	mem_free(c);
}

/* --- what is asked of them */

struct str cert_pem(const struct cert *c)
{
	return c->pem;
}

struct str cert_key_pem(const struct cert *c)
{
	return c->key_pem;
}

struct str cert_chain(const struct cert *leaf, const struct cert *above)
{
	BIO *bio = new_text();

	assert_int_equal(PEM_write_bio_X509(bio, leaf->x509), 1);
	assert_int_equal(PEM_write_bio_X509(bio, above->x509), 1);
	return take_text(bio);
}

struct str cert_locked_key(const struct cert *c)
{
	BIO *bio = new_text();

	assert_int_equal(
	    PEM_write_bio_PKCS8PrivateKey(bio, c->key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
	    1);
	return take_text(bio);
}

static void add_revoked(X509_CRL *crl, X509 *x, ASN1_TIME *when)
{
	X509_REVOKED *r = X509_REVOKED_new();

	assert_non_null(r);
	assert_int_equal(X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(x)), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(r, when), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
}

struct str cert_revoke(const struct cert *authority, const struct cert *revoked)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, CERT_NOW - DAY);
	ASN1_TIME *until = ASN1_TIME_set(NULL, CERT_NOW + 6 * DAY);
	X509_CRL *crl = X509_CRL_new();
	BIO *bio = new_text();

	assert_true(from && until && crl);
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(authority->x509));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	if (revoked)
		add_revoked(crl, revoked->x509, from);
	assert_true(X509_CRL_sign(crl, authority->key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return take_text(bio);
}

char *cert_fingerprint(const struct cert *c, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	assert_int_equal(X509_digest(c->x509, EVP_sha256(), digest, &n), 1);
	assert_int_equal(n, 32);
	return str_hex(out, digest, n);
}
