/* SPDX-License-Identifier: MIT */
/*
 * Policies and providers.  What is read is written again at once, as the JSON that is kept; if
 * something is wrong with it nobody will look at that.
 */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "n32/json_int.h"
#include "n32/json_out.h"
#include "n32/json_prins.h"

_Static_assert(N32_MAPPINGS_MAX == 256 && N32_IES_MAX == 256 && N32_IE_TYPES_MAX == 64 &&
		   N32_PROVIDERS_MAX == 16 && N32_PROVIDER_KEYS_MAX == 16 && N32_TEXT_MAX == 63 &&
		   N32_API_MAX == 512 && N32_KEY_TEXT_MAX == 8192 && N32_POLICY_MAX == 65536 &&
		   N32_TERMS_MAX == 262144,
    "the reasons name these bounds");

static const char too_large[] =
    "must be at most 64 KiB of JSON, and 256 KiB with its API before each IE";
static const char want_keys[] = "must be an array of 1 to 16 strings";

/* What is made of a policy while it is read. */
struct draft {
	struct n32_policy *policy;
	struct n32_json_out out; /* to policy->json */
	struct buf lines;        /* the terms, in the order of the policy */
	size_t n_lines;
	bool is_full;
	size_t n_mappings, n_ies, n_types; /* of the list that is being read */
	const char *kind;                  /* of the API of the mapping that is being read */
	struct str api, method;
};

struct ie {
	struct str location, type, req, rsp;
	bool has_req, has_rsp, has_modifiable, modifiable;
	const struct json_value *by_ipx; /* NULL: absent */
};

/* --- texts */

/* A word of an enumeration.  Not cut: what differs at its end is different. */
static void read_word(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (n32_json_is_text(v, N32_TEXT_MAX))
		*(struct str *)out = v->text;
	else
		n32_json_offend(
		    d, at, "must be a string of at most 63 bytes without control characters");
}

/* The name of an API or an IE. */
static void read_name(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (n32_json_is_text(v, N32_API_MAX))
		*(struct str *)out = v->text;
	else
		n32_json_offend(
		    d, at, "must be a string of at most 512 bytes without control characters");
}

/* --- terms */

static void add_text(struct draft *d, struct str text)
{
	if (!d->is_full && buf_add(&d->lines, text.p, text.n))
		d->is_full = true;
}

static void add_field(struct draft *d, struct str text)
{
	add_text(d, (struct str)STR_LIT("\t"));
	add_text(d, text);
}

/* Names of headers are the same in any case (RFC 9110 5.1). */
static void add_ie_name(struct draft *d, const char *which, struct str name, bool is_header)
{
	char lower[N32_API_MAX];

	for (size_t i = 0; is_header && i < name.n; i++)
		lower[i] = str_lower(name.p[i]);
	add_field(d, str_of(which));
	add_field(d, is_header ? (struct str){ lower, name.n } : name);
}

static void end_line(struct draft *d)
{
	add_text(d, (struct str)STR_LIT("\n"));
	d->n_lines++;
}

static void add_ie(struct draft *d, const struct ie *ie)
{
	const bool is_header = str_is(ie->location, "HEADER");

	add_text(d, d->method);
	add_field(d, str_of(d->kind));
	add_field(d, d->api);
	add_field(d, ie->location);
	add_field(d, ie->type);
	if (ie->has_req)
		add_ie_name(d, "req", ie->req, is_header);
	if (ie->has_rsp)
		add_ie_name(d, "rsp", ie->rsp, is_header);
	end_line(d);
}

static int compare_lines(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	/* no line begins another one: each has its end with it */
	return memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
}

/* The lines of the draft become the terms of the policy. */
static void sort_lines(struct draft *d)
{
	struct str *lines = mem_array(d->n_lines + 1, sizeof(*lines));
	const char *at = d->lines.data;
	int rc = 0;

	for (size_t i = 0; i < d->n_lines; i++) {
		const char *end = strchr(at, '\n') + 1;

		lines[i] = (struct str){ at, (size_t)(end - at) };
		at = end;
	}
	qsort(lines, d->n_lines, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < d->n_lines && rc == 0; i++) {
		if (i == 0 || !str_eq(lines[i - 1], lines[i]))
			rc = buf_add(&d->policy->terms, lines[i].p, lines[i].n);
	}
	ensure(rc == 0); /* the draft has the same bound */
	mem_free(lines);
}

/* --- policies */

static void read_by_ipx(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	const struct json_value *member = v->first;

	while (member && (member->type == N32_JSON_TRUE || member->type == N32_JSON_FALSE))
		member = member->next;
	if (v->type != N32_JSON_OBJECT || v->n == 0 || member)
		n32_json_offend(
		    d, at, "must be an object of 1 or more attributes that are true or false");
	else
		*(const struct json_value **)out = v;
}

static void put_by_ipx(struct n32_json_out *o, const struct json_value *map)
{
	n32_json_out_object(o, "isModifiableByIpx");
	for (const struct json_value *v = map->first; v; v = v->next) {
		n32_json_out_str(o, NULL, v->key);
		n32_json_out_bool(o, NULL, v->type == N32_JSON_TRUE);
	}
	n32_json_out_end_object(o);
}

static void put_ie(struct n32_json_out *o, const struct ie *ie)
{
	n32_json_out_object(o, NULL);
	n32_json_out_str(o, "ieLoc", ie->location);
	n32_json_out_str(o, "ieType", ie->type);
	if (ie->has_req)
		n32_json_out_str(o, "reqIe", ie->req);
	if (ie->has_rsp)
		n32_json_out_str(o, "rspIe", ie->rsp);
	if (ie->has_modifiable)
		n32_json_out_bool(o, "isModifiable", ie->modifiable);
	if (ie->by_ipx)
		put_by_ipx(o, ie->by_ipx);
	n32_json_out_end_object(o);
}

static void read_ie(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "ieLoc", .mandatory = true, .read = read_word, VALUE(struct ie, location) },
		{ "ieType", .mandatory = true, .read = read_word, VALUE(struct ie, type) },
		{ "reqIe", .read = read_name, FLAGGED(struct ie, req, has_req) },
		{ "rspIe", .read = read_name, FLAGGED(struct ie, rsp, has_rsp) },
		{ "isModifiable", .read = n32_json_read_bool,
		    FLAGGED(struct ie, modifiable, has_modifiable) },
		{ "isModifiableByIpx", .read = read_by_ipx, VALUE(struct ie, by_ipx) },
	};
	struct draft *draft = out;
	struct ie ie = { .by_ipx = NULL };

	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), &ie);
	put_ie(&draft->out, &ie);
	add_ie(draft, &ie);
}

static void read_ies(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute list = { .read = read_ie,
		.mark = offsetof(struct draft, n_ies),
		.max = N32_IES_MAX,
		.expected = "must be an array of 1 to 256 IeInfo" };
	struct draft *draft = out;

	n32_json_out_array(&draft->out, "IeList");
	n32_json_read_array(d, at, v, &list, draft);
	n32_json_out_end_array(&draft->out);
}

/* TS 29.573 6.1.5.3.5: a URI, or the name of a callback. */
static void read_signature(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "callbackType", .mandatory = true, .read = read_name, VALUE(struct draft, api) },
	};
	struct draft *draft = out;

	if (v->type == N32_JSON_OBJECT) {
		draft->kind = "callback";
		n32_json_read_object(d, at, v, table, ARRAY_LEN(table), draft);
		n32_json_out_object(&draft->out, "apiSignature");
		n32_json_out_str(&draft->out, "callbackType", draft->api);
		n32_json_out_end_object(&draft->out);
		return;
	}
	if (n32_json_is_text(v, N32_API_MAX))
		draft->api = v->text;
	else
		n32_json_offend(
		    d, at, "must be a URI of at most 512 bytes, or an object with callbackType");
	n32_json_out_str(&draft->out, "apiSignature", draft->api);
}

static void read_method(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct draft *draft = out;

	read_word(d, at, v, &draft->method);
	n32_json_out_str(&draft->out, "apiMethod", draft->method);
}

static void read_mapping(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	/* each takes the whole draft; the IEs come last, for their terms begin with the rest */
	static const struct attribute table[] = {
		{ "apiSignature", .mandatory = true, .read = read_signature },
		{ "apiMethod", .mandatory = true, .read = read_method },
		{ "IeList", .mandatory = true, .read = read_ies },
	};
	struct draft *draft = out;

	draft->kind = "uri";
	draft->api = draft->method = (struct str){ NULL, 0 };
	n32_json_out_object(&draft->out, NULL);
	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), draft);
	n32_json_out_end_object(&draft->out);
}

static void read_mappings(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute list = { .read = read_mapping,
		.mark = offsetof(struct draft, n_mappings),
		.max = N32_MAPPINGS_MAX,
		.expected = "must be an array of 1 to 256 ApiIeMapping" };
	struct draft *draft = out;

	n32_json_out_array(&draft->out, "apiIeMappingList");
	n32_json_read_array(d, at, v, &list, draft);
	n32_json_out_end_array(&draft->out);
}

static void read_type(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct draft *draft = out;
	struct str type = { NULL, 0 };

	read_word(d, at, v, &type);
	n32_json_out_str(&draft->out, NULL, type);
	add_text(draft, (struct str)STR_LIT("encrypt"));
	add_field(draft, type);
	end_line(draft);
}

static void read_types(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute list = { .read = read_type,
		.mark = offsetof(struct draft, n_types),
		.max = N32_IE_TYPES_MAX,
		.expected = "must be an array of 1 to 64 IeType" };
	struct draft *draft = out;

	n32_json_out_array(&draft->out, "dataTypeEncPolicy");
	n32_json_read_array(d, at, v, &list, draft);
	n32_json_out_end_array(&draft->out);
}

/* Both take the whole draft. */
static const struct attribute policy_table[] = {
	{ "apiIeMappingList", .mandatory = true, .read = read_mappings },
	{ "dataTypeEncPolicy", .read = read_types },
};

static void begin_policy(struct draft *draft, struct n32_policy *policy)
{
	*draft = (struct draft){ .policy = policy };
	n32_policy_reset(policy);
	buf_init(&draft->lines, N32_TERMS_MAX);
	n32_json_out_start(&draft->out, &policy->json);
	n32_json_out_object(&draft->out, NULL);
}

/* False if it is too large. */
static bool end_policy(struct draft *draft)
{
	bool fits;

	n32_json_out_end_object(&draft->out);
	fits = n32_json_out_end(&draft->out) == 0 && !draft->is_full;
	if (fits)
		sort_lines(draft);
	buf_release(&draft->lines);
	return fits;
}

void n32_json_read_policy(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct draft draft;

	begin_policy(&draft, out);
	n32_json_read_object(d, at, v, policy_table, ARRAY_LEN(policy_table), &draft);
	if (!end_policy(&draft))
		n32_json_offend(d, at, too_large);
}

/* --- providers */

struct provider {
	struct n32_fqdn id;
	size_t n_keys, n_certificates;
	struct str keys[N32_PROVIDER_KEYS_MAX], certificates[N32_PROVIDER_KEYS_MAX];
};

struct provider_draft {
	struct n32_providers *providers;
	size_t n;
	struct n32_json_out out;
};

/* PEM, base64 or base64url of DER: whoever verifies with it finds out. */
static void read_key(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (v->type == N32_JSON_STRING && v->text.n >= 1 && v->text.n <= N32_KEY_TEXT_MAX)
		*(struct str *)out = v->text;
	else
		n32_json_offend(d, at, "must be a string of 1 to 8192 bytes");
}

static void put_texts(struct n32_json_out *o, const char *name, const struct str *texts, size_t n)
{
	if (n == 0)
		return;
	n32_json_out_array(o, name);
	for (size_t i = 0; i < n; i++)
		n32_json_out_str(o, NULL, texts[i]);
	n32_json_out_end_array(o);
}

static void put_provider(struct n32_json_out *o, const struct provider *p)
{
	n32_json_out_object(o, NULL);
	n32_json_out_text(o, "ipxProviderId", p->id.text);
	put_texts(o, "rawPublicKeyList", p->keys, p->n_keys);
	put_texts(o, "certificateList", p->certificates, p->n_certificates);
	n32_json_out_end_object(o);
}

static void read_provider(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "ipxProviderId", .mandatory = true, .read = n32_json_read_fqdn,
		    VALUE(struct provider, id) },
		{ "rawPublicKeyList", .read = read_key, ARRAY(struct provider, keys, n_keys),
		    .expected = want_keys },
		{ "certificateList", .read = read_key,
		    ARRAY(struct provider, certificates, n_certificates), .expected = want_keys },
	};
	struct provider_draft *draft = out;
	struct provider p = { .n_keys = 0 };

	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), &p);
	/* PRM-18; an empty list was said already */
	if (v->type == N32_JSON_OBJECT && !n32_json_find(v, "rawPublicKeyList") &&
	    !n32_json_find(v, "certificateList"))
		n32_json_offend(d, at, "must have rawPublicKeyList or certificateList");
	draft->providers->ids[at->index] = p.id;
	put_provider(&draft->out, &p);
}

void n32_json_read_providers(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute list = { .read = read_provider,
		.mark = offsetof(struct provider_draft, n),
		.max = N32_PROVIDERS_MAX,
		.expected = "must be an array of 1 to 16 IpxProviderSecInfo" };
	struct provider_draft draft = { .providers = out };

	n32_providers_reset(draft.providers);
	n32_json_out_start(&draft.out, &draft.providers->json);
	n32_json_out_array(&draft.out, NULL);
	n32_json_read_array(d, at, v, &list, &draft);
	n32_json_out_end_array(&draft.out);
	if (n32_json_out_end(&draft.out))
		n32_json_offend(d, at, "must be at most 64 KiB of JSON");
	draft.providers->n = draft.n;
}

/* --- files of the operator */

static const struct n32_json_options lenient;

static int complain(const struct n32_problem *p, struct err *e)
{
	const size_t more = p->n_params + p->more - 1;

	if (p->n_params == 0)
		return err_set(e, ERR_CONFIG, "%s", p->detail);
	if (more == 0)
		return err_set(e, ERR_CONFIG, "%s: %s", p->params[0].param, p->params[0].reason);
	return err_set(
	    e, ERR_CONFIG, "%s: %s (and %zu more)", p->params[0].param, p->params[0].reason, more);
}

int n32_policy_parse(struct n32_policy *out, struct str text, struct err *e)
{
	struct n32_problem problem;
	struct draft draft;
	int rc;

	begin_policy(&draft, out);
	rc = n32_json_decode(
	    &draft, policy_table, ARRAY_LEN(policy_table), text, &lenient, &problem);
	if (!end_policy(&draft) && rc == 0)
		rc = err_set(e, ERR_CONFIG, "%s", too_large);
	else if (rc)
		rc = complain(&problem, e);
	if (rc)
		n32_policy_reset(out);
	return rc;
}

int n32_providers_parse(struct n32_providers *out, struct str text, struct err *e)
{
	static const struct attribute table[] = {
		{ "ipxProviderSecInfoList", .mandatory = true, .read = n32_json_read_providers },
	};
	struct n32_problem problem;
	int rc;

	n32_providers_reset(out);
	rc = n32_json_decode(out, table, ARRAY_LEN(table), text, &lenient, &problem);
	if (rc == 0)
		return 0;
	n32_providers_reset(out);
	return complain(&problem, e);
}
