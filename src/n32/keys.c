/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "n32/keys.h"

enum {
	INFO_MAX = 64,
	A128_BYTES = 16,
	A256_BYTES = 32,
};

/* The labels, and whether the responder receives the message. */
static const struct {
	const char *key, *salt;
	bool to_responder;
} messages[N32_MESSAGES] = {
	[N32_PARALLEL_REQUEST] = { "parallel_request_key", "parallel_request_iv_salt", true },
	[N32_PARALLEL_RESPONSE] = { "parallel_response_key", "parallel_response_iv_salt", false },
	[N32_REVERSE_REQUEST] = { "reverse_request_key", "reverse_request_iv_salt", false },
	[N32_REVERSE_RESPONSE] = { "reverse_response_key", "reverse_response_iv_salt", true },
};

/* N32-KDF: HKDF-Expand of the master secret; nothing is extracted first.  SHA-256 (F-10). */
static int expand(EVP_KDF *kdf, const unsigned char *master, const char *id, const char *label,
    unsigned char *out, size_t n)
{
	char mode[] = "EXPAND_ONLY", digest[] = "SHA2-256", info[INFO_MAX];
	const size_t info_n = (size_t)snprintf(info, sizeof(info), "N32%s%s", id, label);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)master, N32_MASTER_BYTES),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_n),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	int rc;

	ensure(info_n < sizeof(info));
	rc = ctx && EVP_KDF_derive(ctx, out, n, params) == 1 ? 0 : ERR_TLS;
	EVP_KDF_CTX_free(ctx); /* wipes its copy of the secret */
	return rc;
}

static int derive(struct n32_keys *out, EVP_KDF *kdf, const unsigned char *master,
    const char *initiator_id, const char *responder_id, enum n32_key_context which)
{
	for (size_t i = 0; i < N32_MESSAGES; i++) {
		bool to_responder = which == N32_KEY_CONTEXT_RECEIVER
					? messages[i].to_responder
					: which == N32_KEY_CONTEXT_RESPONDER;
		const char *id = to_responder ? responder_id : initiator_id;

		if (expand(kdf, master, id, messages[i].key, out->key[i], out->key_n) ||
		    expand(kdf, master, id, messages[i].salt, out->salt[i], N32_SALT_BYTES))
			return ERR_TLS;
	}
	return 0;
}

int n32_keys_derive(struct n32_keys *out, const unsigned char master[N32_MASTER_BYTES],
    enum n32_jwe jwe, const char *initiator_id, const char *responder_id,
    enum n32_key_context which, struct err *e)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	int rc;

	ensure(jwe == N32_JWE_A128GCM || jwe == N32_JWE_A256GCM);
	ensure(strlen(initiator_id) == N32_CONTEXT_ID_LEN &&
	       strlen(responder_id) == N32_CONTEXT_ID_LEN);
	*out = (struct n32_keys){ .key_n = jwe == N32_JWE_A128GCM ? A128_BYTES : A256_BYTES };
	rc = kdf ? derive(out, kdf, master, initiator_id, responder_id, which) : ERR_TLS;
	EVP_KDF_free(kdf);
	if (rc == 0)
		return 0;
	ERR_clear_error();
	n32_keys_wipe(out);
	return err_set(e, ERR_TLS, "cannot derive the keys of an N32-f context");
}

char *n32_keys_check(const struct n32_keys *keys, char out[N32_CHECK_MAX])
{
	unsigned char all[sizeof(keys->key) + sizeof(keys->salt)], digest[EVP_MAX_MD_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < N32_MESSAGES; i++, n += keys->key_n)
		memcpy(all + n, keys->key[i], keys->key_n);
	memcpy(all + n, keys->salt, sizeof(keys->salt));
	ensure(EVP_Digest(all, n + sizeof(keys->salt), digest, NULL, EVP_sha256(), NULL) == 1);
	mem_wipe(all, sizeof(all));
	return str_hex(out, digest, (N32_CHECK_MAX - 1) / 2);
}

void n32_keys_wipe(struct n32_keys *keys)
{
	mem_wipe(keys, sizeof(*keys));
}
