/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "n32/types.h"

static const char *const cap_names[] = {
	[N32_CAP_UNKNOWN] = "UNKNOWN",
	[N32_CAP_TLS] = "TLS",
	[N32_CAP_PRINS] = "PRINS",
	[N32_CAP_NONE] = "NONE",
};

static const char *const purpose_names[] = { [N32_PURPOSE_UNKNOWN] = "UNKNOWN",
#define X(name) [N32_PURPOSE_##name] = #name,
	N32_PURPOSE_TABLE(X)
#undef X
};

size_t n32_names_find(const char *const *names, size_t n, struct str text)
{
	for (size_t i = 1; i < n; i++) {
		if (str_is(text, names[i]))
			return i;
	}
	return 0;
}

const char *n32_cap_name(enum n32_cap cap)
{
	return cap_names[(size_t)cap < ARRAY_LEN(cap_names) ? cap : N32_CAP_UNKNOWN];
}

const char *n32_purpose_name(enum n32_purpose purpose)
{
	return purpose_names[(size_t)purpose < N32_PURPOSES ? purpose : N32_PURPOSE_UNKNOWN];
}

enum n32_cap n32_cap_parse(struct str text)
{
	return (enum n32_cap)n32_names_find(cap_names, ARRAY_LEN(cap_names), text);
}

enum n32_purpose n32_purpose_parse(struct str text)
{
	return (enum n32_purpose)n32_names_find(purpose_names, ARRAY_LEN(purpose_names), text);
}

bool n32_purpose_is_test(enum n32_purpose purpose)
{
	/* the table lists the test purposes after all others */
	return purpose >= N32_PURPOSE_ROAMING_TEST && purpose < N32_PURPOSES;
}

bool n32_neg_req_offers(const struct n32_neg_req *req, enum n32_cap cap)
{
	for (size_t i = 0; i < req->n_caps; i++) {
		if (req->caps[i].cap == cap)
			return true;
	}
	return false;
}
