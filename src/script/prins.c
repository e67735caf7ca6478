/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/prins.h"

const char *script_jwe_name(enum script_jwe jwe)
{
	static const char *const names[SCRIPT_JWES] = { "UNKNOWN", "A128GCM", "A256GCM" };

	return names[jwe];
}

const char *script_jws_name(enum script_jws jws)
{
	static const char *const names[SCRIPT_JWSS] = { "UNKNOWN", "ES256" };

	return names[jws];
}

const char *script_n32f_error_name(enum script_n32f_error error)
{
	static const char *const names[SCRIPT_N32F_ERRORS] = { "UNKNOWN",
#define X(name) #name,
		SCRIPT_N32F_ERROR_TABLE(X)
#undef X
	};

	return names[error];
}
