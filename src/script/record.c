/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

#include "n32/json_pen.h"
#include "script/record.h"

/* One attempt: no list is longer than `limit`. */
struct record {
	struct json_pen pen;
	size_t limit;
	bool is_cut;
};

static size_t cut(struct record *r, size_t n)
{
	if (n <= r->limit)
		return n;
	r->is_cut = true;
	return r->limit;
}

/* --- parts */

static void put_cap(struct json_pen *p, const char *name, const struct n32_cap_item *item)
{
	bool is_known = item->cap != N32_CAP_UNKNOWN;

	json_pen_text(p, name, str_of(is_known ? n32_cap_name(item->cap) : item->text));
}

/* Nothing for the unknown one. */
static void put_known_cap(struct json_pen *p, const char *name, enum n32_cap cap)
{
	if (cap != N32_CAP_UNKNOWN)
		json_pen_some(p, name, n32_cap_name(cap));
}

static void put_caps(struct json_pen *p, const char *name, const struct conf_caps *caps)
{
	json_pen_open(p, name, '[');
	for (size_t i = 0; i < caps->n; i++)
		json_pen_some(p, NULL, n32_cap_name(caps->caps[i]));
	json_pen_close(p, ']');
}

static void put_purposes(struct json_pen *p, const char *name, conf_purposes purposes)
{
	json_pen_open(p, name, '[');
	for (int i = N32_PURPOSE_UNKNOWN + 1; i < N32_PURPOSES; i++) {
		if (purposes & (conf_purposes)1 << i)
			json_pen_some(p, NULL, n32_purpose_name((enum n32_purpose)i));
	}
	json_pen_close(p, ']');
}

/* As on the wire: an object. */
static void put_network(
    struct json_pen *p, const char *name, const struct n32_plmn *plmn, const char *nid)
{
	json_pen_open(p, name, '{');
	json_pen_some(p, "mcc", plmn->mcc);
	json_pen_some(p, "mnc", plmn->mnc);
	json_pen_some(p, "nid", nid);
	json_pen_close(p, '}');
}

static void put_networks(struct record *r, const struct n32_plmn *plmns, size_t n_plmns,
    const struct n32_snpn *snpns, size_t n_snpns)
{
	struct json_pen *p = &r->pen;

	if (n_plmns > 0) {
		json_pen_open(p, "plmnIdList", '[');
		for (size_t i = 0, n = cut(r, n_plmns); i < n; i++)
			put_network(p, NULL, &plmns[i], NULL);
		json_pen_close(p, ']');
	}
	if (n_snpns > 0) {
		json_pen_open(p, "snpnIdList", '[');
		for (size_t i = 0, n = cut(r, n_snpns); i < n; i++)
			put_network(p, NULL, &snpns[i].plmn, snpns[i].nid);
		json_pen_close(p, ']');
	}
}

static void put_usages(
    struct record *r, const char *name, const struct n32_usage *usages, size_t n_usages)
{
	struct json_pen *p = &r->pen;

	if (n_usages == 0)
		return;
	json_pen_open(p, name, '[');
	for (size_t i = 0, n = cut(r, n_usages); i < n; i++) {
		const struct n32_usage *u = &usages[i];
		bool is_known = u->purpose != N32_PURPOSE_UNKNOWN;

		json_pen_open(p, NULL, '{');
		json_pen_text(
		    p, "usagePurpose", str_of(is_known ? n32_purpose_name(u->purpose) : u->text));
		json_pen_some(p, "additionalInfo", u->additional_info);
		json_pen_some(p, "cause", u->cause);
		json_pen_close(p, '}');
	}
	json_pen_close(p, ']');
}

static void put_features(struct json_pen *p, bool has_features, uint64_t features)
{
	char text[17], *at = text + sizeof(text) - 1;

	if (!has_features)
		return;
	*at = '\0';
	do {
		*--at = "0123456789abcdef"[features & 15];
		features >>= 4;
	} while (features != 0);
	json_pen_some(p, "supportedFeatures", at);
}

static void put_n32f(struct json_pen *p, const struct n32_fqdn *fqdn, uint16_t port)
{
	json_pen_some(p, "senderN32fFqdn", fqdn->text);
	if (port != 0)
		json_pen_integer(p, "senderN32fPort", port);
}

/* --- what the hooks are asked about */

static void put_request(struct record *r, const struct n32_neg_req *req)
{
	struct json_pen *p = &r->pen;

	json_pen_open(p, "request", '{');
	json_pen_text(p, "sender", str_of(req->sender.text));
	json_pen_open(p, "supportedSecCapabilityList", '[');
	for (size_t i = 0, n = cut(r, req->n_caps); i < n; i++)
		put_cap(p, NULL, &req->caps[i]);
	json_pen_close(p, ']');
	if (req->target_api_root)
		json_pen_bool(p, "3GppSbiTargetApiRootSupported", true);
	put_networks(r, req->plmns, req->n_plmns, req->snpns, req->n_snpns);
	if (req->has_target_plmn)
		put_network(p, "targetPlmnId", &req->target_plmn, NULL);
	if (req->has_target_snpn)
		put_network(p, "targetSnpnId", &req->target_snpn.plmn, req->target_snpn.nid);
	put_usages(r, "intendedUsagePurpose", req->usages, req->n_usages);
	put_features(p, req->has_features, req->features);
	put_n32f(p, &req->n32f_fqdn, req->n32f_port);
	json_pen_close(p, '}');
}

static void put_response(struct record *r, const struct n32_neg_rsp *rsp)
{
	struct json_pen *p = &r->pen;

	json_pen_open(p, "response", '{');
	json_pen_text(p, "sender", str_of(rsp->sender.text));
	put_cap(p, "selectedSecCapability", &rsp->selected);
	if (rsp->has_target_api_root)
		json_pen_bool(p, "3GppSbiTargetApiRootSupported", rsp->target_api_root);
	put_networks(r, rsp->plmns, rsp->n_plmns, rsp->snpns, rsp->n_snpns);
	put_usages(r, "allowedUsagePurpose", rsp->allowed, rsp->n_allowed);
	put_usages(r, "rejectedUsagePurpose", rsp->rejected, rsp->n_rejected);
	put_features(p, rsp->has_features, rsp->features);
	put_n32f(p, &rsp->n32f_fqdn, rsp->n32f_port);
	json_pen_close(p, '}');
}

static void put_params(struct record *r, const struct script_params *params)
{
	struct json_pen *p = &r->pen;

	json_pen_open(p, "params", '{');
	json_pen_some(p, "sender", params->sender.text);
	json_pen_open(p, "jweCipherSuiteList", '[');
	for (size_t i = 0, n = cut(r, params->n_jwe); i < n; i++)
		json_pen_text(p, NULL, str_of(n32_jwe_text(&params->jwe[i])));
	json_pen_close(p, ']');
	json_pen_open(p, "jwsCipherSuiteList", '[');
	for (size_t i = 0, n = cut(r, params->n_jws); i < n; i++)
		json_pen_text(p, NULL, str_of(n32_jws_text(&params->jws[i])));
	json_pen_close(p, ']');
	json_pen_bool(p, "has_policy", params->has_policy);
	json_pen_bool(p, "policy_differs", params->policy_differs);
	json_pen_close(p, '}');
}

static void put_report(struct json_pen *p, const struct script_report *report)
{
	const char *error = report->error == N32_ERROR_UNKNOWN ? report->error_text
							       : n32_error_type_name(report->error);

	json_pen_open(p, "report", '{');
	json_pen_text(p, "n32fErrorType", str_of(error));
	json_pen_some(p, "n32fContextId", report->context);
	json_pen_some(p, "n32fMessageId", report->message_id);
	json_pen_integer(p, "in_context", (int64_t)report->in_context);
	json_pen_close(p, '}');
}

static void put_event(struct json_pen *p, const struct script_input *in)
{
	json_pen_open(p, "event", '{');
	json_pen_some(p, "kind", script_event_name(in->event));
	json_pen_integer(p, "age_s", in->event_age_s);
	json_pen_close(p, '}');
}

static void put_subject(struct record *r, const struct script_input *in)
{
	switch (in->hook) {
	case SCRIPT_SELECT_CAPABILITY:
		put_caps(&r->pen, "offer", &in->offer);
		put_purposes(&r->pen, "purposes", in->purposes_allowed);
		put_request(r, in->request);
		break;
	case SCRIPT_RETAIN_CONNECTION:
		put_event(&r->pen, in);
		break;
	case SCRIPT_OFFER_CAPABILITIES:
		put_caps(&r->pen, "offer", &in->offer);
		break;
	case SCRIPT_VERIFY_SELECTION:
		put_response(r, in->response);
		break;
	case SCRIPT_SELECT_PARAMETERS:
		put_params(r, in->params);
		break;
	case SCRIPT_ON_ERROR_REPORT:
		put_report(&r->pen, in->report);
		break;
	case SCRIPT_HOOKS:
		break;
	}
}

/* --- the peer */

/* "001-01", and "001-01-00000abcdef" with a NID; snprintf() would be most of a record's cost. */
static void put_plmn(struct json_pen *p, const struct n32_plmn *plmn, const char *nid)
{
	const char *const parts[] = { plmn->mcc, plmn->mnc, nid };
	char text[24];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts) && *parts[i]; i++) {
		size_t len = strlen(parts[i]);

		if (i > 0)
			text[n++] = '-';
		memcpy(text + n, parts[i], len);
		n += len;
	}
	json_pen_text(p, NULL, (struct str){ text, n });
}

static void put_plmns(
    struct record *r, const char *name, const struct n32_plmn *plmns, size_t n_plmns)
{
	json_pen_open(&r->pen, name, '[');
	for (size_t i = 0, n = cut(r, n_plmns); i < n; i++)
		put_plmn(&r->pen, &plmns[i], "");
	json_pen_close(&r->pen, ']');
}

static void put_texts(struct record *r, const char *name, const struct str *texts, size_t n_texts)
{
	json_pen_open(&r->pen, name, '[');
	for (size_t i = 0, n = cut(r, n_texts); i < n; i++)
		json_pen_text(&r->pen, NULL, texts[i]);
	json_pen_close(&r->pen, ']');
}

static void put_partner(struct record *r, const struct conf_partner *conf)
{
	struct json_pen *p = &r->pen;

	json_pen_text(p, "name", str_of(conf->name));
	json_pen_some(p, "group", conf->group);
	json_pen_open(p, "tags", '[');
	for (size_t i = 0, n = cut(r, conf->n_tags); i < n; i++)
		json_pen_text(p, NULL, str_of(conf->tags[i]));
	json_pen_close(p, ']');
	json_pen_some(p, "path", conf_path_name(conf->path));
	put_plmns(r, "plmns", conf->plmns, conf->n_plmns);
	json_pen_open(p, "snpns", '[');
	for (size_t i = 0, n = cut(r, conf->n_snpns); i < n; i++)
		put_plmn(p, &conf->snpns[i].plmn, conf->snpns[i].nid);
	json_pen_close(p, ']');
}

static void put_certificate(struct record *r, const struct script_certificate *c)
{
	struct json_pen *p = &r->pen;

	json_pen_open(p, "certificate", '{');
	put_texts(r, "dns_names", c->dns_names, c->n_dns_names);
	put_plmns(r, "plmns", c->plmns, c->n_plmns);
	json_pen_text(p, "issuer", c->issuer);
	json_pen_text(p, "fingerprint", c->fingerprint);
	json_pen_text(p, "key", c->key);
	json_pen_integer(p, "days_left", c->days_left);
	json_pen_close(p, '}');
}

static void put_history(struct json_pen *p, const struct script_history *h)
{
	json_pen_open(p, "history", '{');
	put_known_cap(p, "last_capability", h->last_capability);
	json_pen_integer(p, "last_ok", h->last_ok_s);
	json_pen_integer(p, "attempts", (int64_t)h->attempts);
	json_pen_integer(p, "failures", (int64_t)h->failures);
	json_pen_integer(p, "errors_in", (int64_t)h->errors_in);
	json_pen_integer(p, "errors_out", (int64_t)h->errors_out);
	json_pen_integer(p, "strikes", (int64_t)h->strikes);
	if (h->previous_fingerprint.n > 0)
		json_pen_text(p, "previous_fingerprint", h->previous_fingerprint);
	json_pen_close(p, '}');
}

static void put_peer(struct record *r, const struct script_peer *peer)
{
	struct json_pen *p = &r->pen;

	json_pen_open(p, "peer", '{');
	if (peer->partner)
		put_partner(r, peer->partner);
	json_pen_some(p, "role", peer->we_initiate ? "initiator" : "responder");
	json_pen_text(p, "source_address", peer->source_address);
	json_pen_open(p, "tls", '{');
	json_pen_text(p, "version", peer->tls_version);
	json_pen_text(p, "cipher", peer->tls_cipher);
	json_pen_close(p, '}');
	put_certificate(r, &peer->certificate);
	put_known_cap(p, "established", peer->established);
	put_history(p, &peer->history);
	json_pen_open(p, "counts", '{');
	json_pen_integer(p, "handshakes_minute", (int64_t)peer->counts.handshakes_minute);
	json_pen_integer(p, "handshakes_hour", (int64_t)peer->counts.handshakes_hour);
	json_pen_integer(p, "connections", (int64_t)peer->counts.connections);
	json_pen_close(p, '}');
	put_texts(r, "flags", peer->flags, peer->n_flags);
	json_pen_close(p, '}');
}

/* --- all of it */

static size_t write_input(
    char *to, size_t size, const struct script_input *in, size_t limit, bool *is_cut)
{
	struct record r = { .limit = limit };
	struct json_pen *p = &r.pen;

	json_pen_start(p, to, size);
	json_pen_open(p, NULL, '{');
	json_pen_some(p, "hook", script_hook_name(in->hook));
	json_pen_integer(p, "time", in->now_s);
	json_pen_integer(p, "utc_offset_s", in->utc_offset_s);
	put_subject(&r, in);
	put_peer(&r, &in->peer);
	if (r.is_cut)
		json_pen_bool(p, "truncated", true);
	json_pen_close(p, '}');
	*is_cut = r.is_cut;
	return json_pen_end(p);
}

size_t script_record_input(char *to, size_t size, const struct script_input *in)
{
	static const size_t limits[] = { SIZE_MAX, 16, 8, 4, 1, 0 };
	bool is_cut;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(limits) && n == 0; i++)
		n = write_input(to, size, in, limits[i], &is_cut);
	return n;
}

/* What belongs to the verdict. */
static void put_terms(struct json_pen *p, const struct script_answer *a)
{
	switch (a->verdict) {
	case SCRIPT_SELECT:
		put_known_cap(p, "capability", a->cap);
		if (a->has_purposes)
			put_purposes(p, "purposes", a->purposes);
		break;
	case SCRIPT_DEFER:
		json_pen_integer(p, "seconds", a->defer_s);
		break;
	case SCRIPT_RETAIN:
		json_pen_integer(p, "idle_s", a->idle_s);
		json_pen_integer(p, "max_age_s", a->max_age_s);
		json_pen_integer(p, "ping_s", a->ping_s);
		json_pen_bool(p, "open_reverse", a->open_reverse);
		break;
	case SCRIPT_OFFER:
		put_caps(p, "capabilities", &a->caps);
		break;
	case SCRIPT_PARAMETERS:
		json_pen_some(p, "jwe", n32_jwe_name(a->jwe));
		json_pen_some(p, "jws", n32_jws_name(a->jws));
		json_pen_some(p, "on_policy_mismatch",
		    a->on_mismatch == SCRIPT_MISMATCH_WARN ? "WARN" : "REFUSE");
		break;
	default:
		break;
	}
}

size_t script_record_answer(char *to, size_t size, const struct script_answer *answer)
{
	struct json_pen p;

	json_pen_start(&p, to, size);
	json_pen_open(&p, NULL, '{');
	json_pen_some(&p, "verdict", script_verdict_name(answer->verdict));
	put_terms(&p, answer);
	json_pen_close(&p, '}');
	return json_pen_end(&p);
}
