/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/tls_int.h"

struct tls_peer *tls_peer_ref(struct tls_peer *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void tls_peer_unref(struct tls_peer *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	tls_anchors_unref(p->anchors);
	if (p->evidence) {
		X509_free(p->evidence->leaf);
		sk_X509_pop_free(p->evidence->chain, X509_free);
		mem_free(p->evidence);
	}
	mem_free(p->storage);
	mem_free(p);
}

void tls_peer_keep(struct tls_peer *p, X509 *leaf, STACK_OF(X509) * chain, int purpose)
{
	ensure(!p->evidence);
	p->evidence = mem_alloc(sizeof(*p->evidence));
	ensure(X509_up_ref(leaf) == 1);
	p->evidence->leaf = leaf;
	p->evidence->chain = chain ? X509_chain_up_ref(chain) : NULL;
	p->evidence->purpose = purpose;
}

static void read_issuer(struct tls_peer *p, X509 *leaf)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	ensure(bio);
	X509_NAME_print_ex(bio, X509_get_issuer_name(leaf), 0, XN_FLAG_RFC2253);
	n = BIO_get_mem_data(bio, &text);
	str_copy(p->issuer, sizeof(p->issuer), (struct str){ text, n > 0 ? (size_t)n : 0 });
	BIO_free(bio);
}

static void read_key(struct tls_peer *p, X509 *leaf)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);

	if (!key)
		return;
	snprintf(
	    p->key, sizeof(p->key), "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}

/* Copies the dNSName entries; those that do not fit make the certificate unusable. */
static int read_names(struct tls_peer *p, const GENERAL_NAMES *san)
{
	size_t room = 0, at = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type == GEN_DNS) {
			room += (size_t)ASN1_STRING_length(g->d.dNSName);
			p->n_names++;
		}
	}
	if (p->n_names > TLS_NAMES_MAX) {
		p->n_names = 0;
		return ERR_LIMIT;
	}
	p->storage = mem_alloc(room + 1);
	p->n_names = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);
		size_t n;

		if (g->type != GEN_DNS)
			continue;
		n = (size_t)ASN1_STRING_length(g->d.dNSName);
		memcpy(p->storage + at, ASN1_STRING_get0_data(g->d.dNSName), n);
		p->names[p->n_names++] = (struct str){ p->storage + at, n };
		at += n;
	}
	return 0;
}

int tls_peer_read(struct tls_peer **out, const struct tls_lib *lib, X509 *leaf, const char **why)
{
	struct tls_peer *p = mem_alloc(sizeof(*p));
	GENERAL_NAMES *san = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	struct tm tm;

	p->refs = 1;
	*why = "the certificate has no DNS name";
	if (san && read_names(p, san)) {
		*why = "the certificate has too many DNS names";
		goto fail;
	}
	if (p->n_names == 0)
		goto fail;
	*why = "the certificate cannot be read";
	if (!X509_digest(leaf, tls_lib_sha256(lib), digest, &n) || n != TLS_DIGEST_BYTES ||
	    !ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm))
		goto fail;
	str_hex(p->fingerprint, digest, n);
	p->not_after_s = (int64_t)timegm(&tm);
	read_issuer(p, leaf);
	read_key(p, leaf);
	GENERAL_NAMES_free(san);
	*out = p;
	return 0;

fail:
	GENERAL_NAMES_free(san);
	tls_peer_unref(p);
	return ERR_TLS;
}
