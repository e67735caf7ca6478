/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/err.h"
#include "base/mem.h"
#include "script/record_int.h"

enum {
	NAMES_MAX = 16
};

#define TIME_MAX_S INT64_C(253402300799)

int record_unexpected(struct reader *r, const char *expected)
{
	return err_set(r->e, ERR_SYNTAX, "%s expected", expected);
}

/* --- objects and lists */

static const struct member *find(const struct member *table, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

static int complain_unknown(struct reader *r, const struct member *table, size_t n, struct str name)
{
	const char *names[NAMES_MAX], *near;
	char text[80];

	ensure(n <= NAMES_MAX);
	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	near = str_nearest(name, names, n);
	return err_set(r->e, ERR_SYNTAX, "unknown member '%s'%s%s%s",
	    str_escape(text, sizeof(text), name), near ? " (did you mean '" : "", near ? near : "",
	    near ? "'?)" : "");
}

int record_read_members(
    struct reader *r, const struct member *table, size_t n, const struct json_value *v, void *out)
{
	if (v->type != N32_JSON_OBJECT)
		return record_unexpected(r, "object");
	for (const struct json_value *child = v->first; child; child = child->next) {
		const struct member *m = find(table, n, child->key);

		if (!m)
			return complain_unknown(r, table, n, child->key);
		if (m->read(r, m, child, (char *)out + m->offset))
			return err_within(r->e, "%s", m->name);
	}
	return 0;
}

int record_read_object(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	return record_read_members(r, m->sub, m->n_sub, v, out);
}

/* `offset` is that of the first element, `count` that of their number, in the same struct. */
int record_read_list(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	size_t *n = (void *)((char *)out - m->offset + m->count);
	struct member one = *m;

	if (v->type != N32_JSON_ARRAY)
		return record_unexpected(r, "array");
	if (v->n > m->max)
		return err_set(r->e, ERR_LIMIT, "%u elements, at most %zu fit", v->n, m->max);
	*n = 0;
	for (const struct json_value *e = v->first; e; e = e->next, (*n)++) {
		if (m->each(r, &one, e, (char *)out + *n * m->size))
			return err_within(r->e, "element %zu", *n + 1);
	}
	return 0;
}

/* --- plain values */

int record_read_text(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	if (v->type != N32_JSON_STRING)
		return record_unexpected(r, "string");
	if (!str_copy(out, m->size, v->text))
		return err_set(
		    r->e, ERR_LIMIT, "%zu bytes, at most %zu fit", v->text.n, m->size - 1);
	return 0;
}

int record_read_bool(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_TRUE && v->type != N32_JSON_FALSE)
		return record_unexpected(r, "true or false");
	*(bool *)out = v->type == N32_JSON_TRUE;
	return 0;
}

static int read_truncated(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)out;
	return record_read_bool(r, m, v, &r->is_truncated);
}

static int read_i64(struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_INTEGER)
		return record_unexpected(r, "integer");
	*(int64_t *)out = v->integer;
	return 0;
}

int record_read_u64(struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_INTEGER || v->integer < 0)
		return record_unexpected(r, "integer that is not negative");
	*(uint64_t *)out = (uint64_t)v->integer;
	return 0;
}

/* Of a clock: what is computed from it does not overflow. */
static int read_time(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_INTEGER || v->integer < 0 || v->integer > TIME_MAX_S)
		return record_unexpected(r, "seconds since 1970, before the year 10000");
	*(int64_t *)out = v->integer;
	return 0;
}

static int read_offset(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (v->type != N32_JSON_INTEGER || v->integer < -86400 || v->integer > 86400)
		return record_unexpected(r, "seconds of at most a day");
	*(int32_t *)out = (int32_t)v->integer;
	return 0;
}

/* --- words of ours */

typedef const char *name_fn(int value);

static const char *hook_name(int i)
{
	return script_hook_name((enum script_hook)i);
}

static const char *event_name(int i)
{
	return script_event_name((enum script_event)i);
}

static const char *path_name(int i)
{
	return conf_path_name((enum conf_path)i);
}

static int read_word(struct reader *r, const struct json_value *v, name_fn *name, int n, int *out)
{
	const char *names[NAMES_MAX], *near;
	char text[80];

	ensure(n <= NAMES_MAX);
	if (v->type != N32_JSON_STRING)
		return record_unexpected(r, "string");
	for (int i = 0; i < n; i++) {
		names[i] = name(i);
		if (str_is(v->text, names[i])) {
			*out = i;
			return 0;
		}
	}
	near = str_nearest(v->text, names, (size_t)n);
	return err_set(r->e, ERR_SYNTAX, "unknown value '%s'%s%s%s",
	    str_escape(text, sizeof(text), v->text), near ? " (did you mean '" : "",
	    near ? near : "", near ? "'?)" : "");
}

static int read_hook(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	int i = 0, rc = read_word(r, v, hook_name, SCRIPT_HOOKS, &i);

	(void)m;
	*(enum script_hook *)out = (enum script_hook)i;
	r->has_hook = rc == 0;
	return rc;
}

static int read_event(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	int i = 0, rc = read_word(r, v, event_name, SCRIPT_EVENTS, &i);

	(void)m;
	*(enum script_event *)out = (enum script_event)i;
	return rc;
}

static int read_path(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	int i = 0, rc = read_word(r, v, path_name, CONF_PATH_INTERMEDIARY + 1, &i);

	(void)m;
	*(enum conf_path *)out = (enum conf_path)i;
	return rc;
}

static int read_role(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	(void)m;
	if (!str_is(v->text, "initiator") && !str_is(v->text, "responder"))
		return record_unexpected(r, "\"responder\" or \"initiator\"");
	*(bool *)out = str_is(v->text, "initiator");
	return 0;
}

/* One of those that can be agreed on. */
static int read_cap(struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	enum n32_cap cap = n32_cap_parse(v->text);

	(void)m;
	if (cap != N32_CAP_TLS && cap != N32_CAP_PRINS)
		return record_unexpected(r, "\"TLS\" or \"PRINS\"");
	*(enum n32_cap *)out = cap;
	return 0;
}

static int read_purposes(
    struct reader *r, const struct member *m, const struct json_value *v, void *out)
{
	conf_purposes *set = out;

	(void)m;
	if (v->type != N32_JSON_ARRAY)
		return record_unexpected(r, "array");
	*set = 0;
	for (const struct json_value *e = v->first; e; e = e->next) {
		enum n32_purpose purpose = n32_purpose_parse(e->text);

		if (purpose == N32_PURPOSE_UNKNOWN)
			return record_unexpected(r, "purpose");
		*set |= (conf_purposes)1 << purpose;
	}
	return 0;
}

/* --- the peer; of the whole case */

static const struct member event_members[] = {
	{ "kind", read_event, AT(script_case, in.event) },
	{ "age_s", read_i64, AT(script_case, in.event_age_s) },
};

static const struct member tls_members[] = {
	{ "version", record_read_text, TEXT(script_case, tls_version) },
	{ "cipher", record_read_text, TEXT(script_case, tls_cipher) },
};

static const struct member certificate_members[] = {
	{ "dns_names", LIST(script_case, dns_names, n_dns_names, record_read_text) },
	{ "plmns", LIST(script_case, plmns, n_plmns, record_read_plmn) },
	{ "issuer", record_read_text, TEXT(script_case, issuer) },
	{ "fingerprint", record_read_text, TEXT(script_case, fingerprint) },
	{ "key", record_read_text, TEXT(script_case, key) },
	{ "days_left", read_i64, AT(script_case, in.peer.certificate.days_left) },
};

#define HISTORY(member) AT(script_case, in.peer.history.member)
static const struct member history_members[] = {
	{ "last_capability", read_cap, HISTORY(last_capability) },
	{ "last_ok", read_i64, HISTORY(last_ok_s) },
	{ "attempts", record_read_u64, HISTORY(attempts) },
	{ "failures", record_read_u64, HISTORY(failures) },
	{ "errors_in", record_read_u64, HISTORY(errors_in) },
	{ "errors_out", record_read_u64, HISTORY(errors_out) },
	{ "strikes", record_read_u64, HISTORY(strikes) },
	{ "previous_fingerprint", record_read_text, TEXT(script_case, previous_fingerprint) },
};

static const struct member counts_members[] = {
	{ "handshakes_minute", record_read_u64, AT(script_case, in.peer.counts.handshakes_minute) },
	{ "handshakes_hour", record_read_u64, AT(script_case, in.peer.counts.handshakes_hour) },
	{ "connections", record_read_u64, AT(script_case, in.peer.counts.connections) },
};

static const struct member peer_members[] = {
	{ "name", record_read_text, TEXT(script_case, partner.name) },
	{ "group", record_read_text, TEXT(script_case, partner.group) },
	{ "tags", LIST(script_case, partner.tags, partner.n_tags, record_read_text) },
	{ "path", read_path, AT(script_case, partner.path) },
	{ "plmns", LIST(script_case, partner.plmns, partner.n_plmns, record_read_plmn) },
	{ "snpns", LIST(script_case, partner.snpns, partner.n_snpns, record_read_snpn) },
	{ "role", read_role, AT(script_case, in.peer.we_initiate) },
	{ "source_address", record_read_text, TEXT(script_case, source_address) },
	{ "tls", SUB(tls_members) },
	{ "certificate", SUB(certificate_members) },
	{ "established", read_cap, AT(script_case, in.peer.established) },
	{ "history", SUB(history_members) },
	{ "counts", SUB(counts_members) },
	{ "flags", LIST(script_case, flags, n_flags, record_read_text) },
};

static const struct member input_members[] = {
	{ "hook", read_hook, AT(script_case, in.hook) },
	{ "time", read_time, AT(script_case, in.now_s) },
	{ "utc_offset_s", read_offset, AT(script_case, in.utc_offset_s) },
	{ "offer", LIST(script_case, in.offer.caps, in.offer.n, read_cap) },
	{ "purposes", read_purposes, AT(script_case, in.purposes_allowed) },
	{ "request", record_read_request, AT(script_case, request) },
	{ "response", record_read_response, AT(script_case, response) },
	{ "params", record_read_params, AT(script_case, params) },
	{ "report", record_read_report, AT(script_case, report) },
	{ "event", SUB(event_members) },
	{ "peer", SUB(peer_members) },
	{ "truncated", .read = read_truncated },
};

/* --- all of it */

struct script_case *script_record_read(struct str json, bool *truncated, struct err *e)
{
	struct reader r = { .e = e };
	struct script_case *c;
	const struct json_value *root;
	const char *why;

	root = n32_json_parse(json, &why);
	if (!root) {
		err_set(e, ERR_SYNTAX, "%s", why);
		return NULL;
	}
	c = mem_alloc(sizeof(*c));
	if (record_read_members(&r, input_members, ARRAY_LEN(input_members), root, c))
		goto fail;
	if (!r.has_hook) {
		err_set(e, ERR_SYNTAX, "member 'hook' missing");
		goto fail;
	}
	script_case_point(c);
	*truncated = r.is_truncated;
	return c;

fail:
	mem_free(c);
	return NULL;
}
