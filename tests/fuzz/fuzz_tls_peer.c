/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a certificate.  One that parses is read as a peer's would be, and its names are
 * taken for an identity; what is refused has words, and what is kept is within its bounds.
 */
#include "base/base.h"

#include <openssl/err.h>
#include <string.h>

#include "n32/identity.h"
#include "net/tls_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_identity(const struct tls_peer *p)
{
	static struct n32_identity id;

	if (n32_identity_parse(&id, p->names, p->n_names)) {
		ensure(id.n_names == 0 && id.n_realms == 0);
		return;
	}
	ensure(id.n_names == p->n_names);
	for (size_t i = 0; i < id.n_names; i++)
		ensure(n32_identity_has_name(&id, id.names[i].text));
}

static void check_peer(const struct tls_peer *p, size_t size)
{
	size_t bytes = 0;

	ensure(p->n_names > 0 && p->n_names <= TLS_NAMES_MAX);
	for (size_t i = 0; i < p->n_names; i++)
		bytes += p->names[i].n;
	ensure(bytes <= size);
	ensure(strlen(p->fingerprint) == 64);
	ensure(strlen(p->issuer) < sizeof(p->issuer) && strlen(p->key) < sizeof(p->key));
	ensure(!p->anchors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_lib *lib;
	const unsigned char *at = data;
	struct tls_peer *p = NULL;
	const char *why = NULL;
	X509 *x;

	if (!lib)
		lib = tls_lib_new(true, NULL);
	ensure(lib);
	x = X509_new_ex(tls_lib_ctx(lib), NULL);
	if (d2i_X509(&x, &at, (long)size)) {
		if (tls_peer_read(&p, lib, x, &why) == 0) {
			check_peer(p, size);
			check_identity(p);
		} else {
			ensure(!p && why && *why);
		}
		tls_peer_unref(p);
	}
	X509_free(x);
	ERR_clear_error();
	return 0;
}
