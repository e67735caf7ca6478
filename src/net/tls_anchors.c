/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/tls_int.h"

enum {
	DEPTH_MAX = 4
};

struct tls_anchors {
	atomic_uint refs;
	X509_STORE *store;
	bool has_crl, accept_expired;
	int64_t not_after_s, next_update_s, last_update_s;
	unsigned char digest[TLS_DIGEST_BYTES];
};

static int64_t earlier(int64_t a, const ASN1_TIME *t)
{
	struct tm tm;
	int64_t b;

	if (!ASN1_TIME_to_tm(t, &tm))
		return 0;
	b = (int64_t)timegm(&tm);
	return a < b ? a : b;
}

/* Whether the PEM reader stopped at the end of the text, and not at something broken. */
static bool at_end_of_pem(void)
{
	unsigned long why = ERR_peek_last_error();

	if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

static int add_certificates(struct tls_anchors *a, struct str pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	size_t n = 0;
	X509 *x;

	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		int ok = X509_get0_pubkey(x) && X509_STORE_add_cert(a->store, x);

		a->not_after_s = earlier(a->not_after_s, X509_get0_notAfter(x));
		X509_free(x);
		if (!ok)
			break;
		n++;
	}
	BIO_free(bio);
	if (x || !at_end_of_pem())
		return tls_set_err(e, "cannot use certificate number %zu", n + 1);
	if (n == 0)
		return err_set(
		    e, ERR_TLS, "holds no certificate; put the PEM of the partner's root there");
	return 0;
}

static void add_times(struct tls_anchors *a, const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	if (!next || earlier(INT64_MAX, next) >= a->next_update_s)
		return;
	a->next_update_s = earlier(INT64_MAX, next);
	a->last_update_s = earlier(INT64_MAX, X509_CRL_get0_lastUpdate(crl));
}

static int add_crls(struct tls_anchors *a, struct str pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	size_t n = 0;
	X509_CRL *crl;

	while ((crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		int ok = X509_STORE_add_crl(a->store, crl);

		add_times(a, crl);
		X509_CRL_free(crl);
		if (!ok)
			break;
		n++;
	}
	BIO_free(bio);
	if (crl || !at_end_of_pem())
		return tls_set_err(e, "cannot use revocation list number %zu", n + 1);
	if (n == 0)
		return err_set(
		    e, ERR_TLS, "holds no revocation list; put the PEM of the issuer's CRL there");
	return 0;
}

/* Of all that decides who is vouched for. */
static int digest(
    unsigned char out[TLS_DIGEST_BYTES], struct str pem, const struct tls_lists *lists)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const uint64_t head[] = { pem.n, lists->pem.p != NULL, lists->accept_expired };
	int ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
		 EVP_DigestUpdate(md, head, sizeof(head)) && EVP_DigestUpdate(md, pem.p, pem.n) &&
		 EVP_DigestUpdate(md, lists->pem.p, lists->pem.n) &&
		 EVP_DigestFinal_ex(md, out, NULL);

	EVP_MD_CTX_free(md);
	return ok ? 0 : ERR_TLS;
}

struct tls_anchors *tls_anchors_new(struct str pem, struct tls_lists lists, struct err *e)
{
	struct tls_anchors *a = mem_alloc(sizeof(*a));

	a->refs = 1;
	a->not_after_s = a->next_update_s = INT64_MAX;
	a->has_crl = lists.pem.p != NULL;
	a->accept_expired = lists.accept_expired;
	a->store = X509_STORE_new();
	ensure(a->store);
	if (digest(a->digest, pem, &lists)) {
		tls_set_err(e, "cannot digest");
		goto fail;
	}
	/* what the file holds is trusted, also when it is not self-signed */
	X509_STORE_set_flags(a->store, X509_V_FLAG_PARTIAL_CHAIN);
	if (add_certificates(a, pem, e))
		goto fail;
	if (a->has_crl) {
		if (add_crls(a, lists.pem, e)) {
			err_within(e, "revocation lists");
			goto fail;
		}
		X509_STORE_set_flags(a->store, X509_V_FLAG_CRL_CHECK);
	}
	return a;

fail:
	tls_anchors_unref(a);
	return NULL;
}

struct tls_anchors *tls_anchors_ref(struct tls_anchors *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

void tls_anchors_unref(struct tls_anchors *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) != 1)
		return;
	X509_STORE_free(a->store);
	mem_free(a);
}

int64_t tls_anchors_not_after_s(const struct tls_anchors *a)
{
	return a->not_after_s;
}

int64_t tls_anchors_last_update_s(const struct tls_anchors *a)
{
	return a->last_update_s;
}

int64_t tls_anchors_next_update_s(const struct tls_anchors *a)
{
	return a->next_update_s;
}

const unsigned char *tls_anchors_digest(const struct tls_anchors *a)
{
	return a->digest;
}

/* Asked by OpenSSL about each offence: whether to go on. */
static int on_offence(int ok, X509_STORE_CTX *ctx)
{
	struct tls_proof *proof = X509_STORE_CTX_get_app_data(ctx);

	if (ok || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CRL_HAS_EXPIRED)
		return ok;
	proof->is_list_expired = true;
	return 1;
}

int tls_anchors_verify(const struct tls_anchors *a, const struct tls_lib *lib, X509 *leaf,
    STACK_OF(X509) * chain, int purpose, int64_t wall_s, struct tls_proof *proof)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(tls_lib_ctx(lib), NULL);
	X509_VERIFY_PARAM *param;
	int code;

	/* a list may be replaced: nothing is remembered */
	*proof = (struct tls_proof){ .until_s = a->has_crl ? wall_s : INT64_MAX };
	ensure(ctx);
	if (!X509_STORE_CTX_init(ctx, a->store, leaf, chain)) {
		X509_STORE_CTX_free(ctx);
		return X509_V_ERR_UNSPECIFIED;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)wall_s);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	X509_VERIFY_PARAM_set_purpose(param, purpose);
	if (a->accept_expired) {
		X509_STORE_CTX_set_app_data(ctx, proof);
		X509_STORE_CTX_set_verify_cb(ctx, on_offence);
	}
	code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	if (code == X509_V_OK) {
		STACK_OF(X509) *proved = X509_STORE_CTX_get0_chain(ctx);

		for (int i = 0; i < sk_X509_num(proved); i++)
			proof->until_s =
			    earlier(proof->until_s, X509_get0_notAfter(sk_X509_value(proved, i)));
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return code;
}
