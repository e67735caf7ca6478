/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>

#include "n32/json_int.h"
#include "n32/json_scan.h"
#include "n32/json_value.h"
#include "n32/name.h"
#include "n32/types.h"

enum {
	PORT_MAX = 65535,
	FEATURE_DIGITS = 16, /* those that fit the 64 bits we keep */
};

_Static_assert(N32_INFO_MAX == 255 && N32_FEATURES_MAX == 32, "the reasons name these bounds");

static size_t print_place(char *out, size_t size, const struct place *at)
{
	size_t n = at->up ? print_place(out, size, at->up) : 0;
	int added;

	if (at->name)
		added = snprintf(out + n, size - n, "/%s", at->name);
	else
		added = snprintf(out + n, size - n, "/%zu", at->index);
	ensure(added > 0 && (size_t)added < size - n);
	return n + (size_t)added;
}

void n32_json_offend(struct decoder *d, const struct place *at, const char *reason)
{
	char param[sizeof(d->problem->params[0].param)] = "";

	d->incorrect |= d->in_mandatory;
	/* a full list only counts: thousands of offences must not cost thousands of pointers */
	if (d->problem->n_params < N32_INVALID_PARAMS_MAX)
		print_place(param, sizeof(param), at);
	n32_problem_add(d->problem, param, reason);
}

void n32_json_read_array(struct decoder *d, const struct place *at, const struct json_value *v,
    const struct attribute *a, void *out)
{
	size_t *count = (void *)((char *)out + a->mark);
	size_t n = v->type == N32_JSON_ARRAY ? v->n : 0;
	const struct json_value *element = v->first;

	if (n == 0 || n > a->max)
		n32_json_offend(d, at, a->expected);
	*count = n < a->max ? n : a->max;
	for (size_t i = 0; i < *count; i++, element = element->next) {
		struct place here = { at, NULL, i };

		a->read(d, &here, element, (char *)out + a->offset + i * a->size);
	}
}

static void read_value(struct decoder *d, const struct place *at, const struct json_value *v,
    const struct attribute *a, char *out)
{
	bool *flag = (void *)(out + a->mark);

	a->read(d, at, v, out + a->offset);
	if (a->mark != 0)
		*flag = true;
}

static void read_missing(struct decoder *d, const struct place *at, const struct attribute *a)
{
	if (!a->mandatory)
		return;
	n32_json_offend(d, at, "missing");
	/* a part that lacks in an optional attribute makes that one incorrect, no more */
	if (!at->up)
		d->missing = true;
}

void n32_json_read_object(struct decoder *d, const struct place *up,
    const struct json_value *object, const struct attribute *table, size_t n, void *out)
{
	if (object->type != N32_JSON_OBJECT) {
		n32_json_offend(d, up, "must be an object");
		return;
	}
	for (const struct attribute *a = table; a < table + n; a++) {
		const struct json_value *v = n32_json_find(object, a->name);
		struct place at = { up, a->name, 0 };

		if (!up)
			d->in_mandatory = a->mandatory;
		if (!v)
			read_missing(d, &at, a);
		else if (a->max)
			n32_json_read_array(d, &at, v, a, out);
		else
			read_value(d, &at, v, a, out);
	}
}

bool n32_json_has_control(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && (unsigned char)text.p[i + 1] < 0xa0)
			return true;
	}
	return false;
}

bool n32_json_is_text(const struct json_value *v, size_t max)
{
	return v->type == N32_JSON_STRING && v->text.n <= max && !n32_json_has_control(v->text);
}

/* Half of a character would not be UTF-8 when it is sent again. */
void n32_json_copy_cut(char *out, size_t size, struct str text)
{
	struct str part = text;

	if (part.n >= size) {
		part.n = size - 1;
		while ((text.p[part.n] & 0xc0) == 0x80)
			part.n--;
	}
	(void)str_copy(out, size, part); /* cut on purpose */
}

void n32_json_read_bool(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	bool *value = out;

	if (v->type != N32_JSON_TRUE && v->type != N32_JSON_FALSE)
		n32_json_offend(d, at, "must be true or false");
	*value = v->type == N32_JSON_TRUE;
}

void n32_json_read_fqdn(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	const char *why;

	if (v->type != N32_JSON_STRING)
		n32_json_offend(d, at, "must be an FQDN in a string");
	else if (n32_fqdn_parse(out, v->text, d->strict_fqdn, &why))
		n32_json_offend(d, at, why);
}

bool n32_json_read_word(struct decoder *d, const struct place *at, const struct json_value *v)
{
	if (v->type == N32_JSON_STRING && !n32_json_has_control(v->text))
		return true;
	n32_json_offend(d, at, "must be a string without control characters");
	return false;
}

void n32_json_read_cap(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct n32_cap_item *item = out;

	item->text[0] = '\0';
	if (!n32_json_read_word(d, at, v))
		return;
	item->cap = n32_cap_parse(v->text);
	if (item->cap == N32_CAP_UNKNOWN)
		n32_json_copy_cut(item->text, sizeof(item->text), v->text);
}

static void read_purpose(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct n32_usage *usage = out;

	if (!n32_json_read_word(d, at, v))
		return;
	usage->purpose = n32_purpose_parse(v->text);
	if (usage->purpose == N32_PURPOSE_UNKNOWN)
		n32_json_copy_cut(usage->text, sizeof(usage->text), v->text);
}

void n32_json_read_info(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	if (!n32_json_is_text(v, N32_INFO_MAX))
		n32_json_offend(
		    d, at, "must be a string of at most 255 bytes without control characters");
	else
		n32_json_copy_cut(out, N32_INFO_MAX + 1, v->text);
}

void n32_json_read_usage(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "usagePurpose", .mandatory = true, .read = read_purpose }, /* the whole struct */
		{ "additionalInfo", .read = n32_json_read_info,
		    VALUE(struct n32_usage, additional_info) },
		{ "cause", .read = n32_json_read_info, VALUE(struct n32_usage, cause) },
	};
	struct n32_usage *usage = out;

	usage->text[0] = usage->additional_info[0] = usage->cause[0] = '\0';
	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), usage);
}

static bool is_digits(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	}
	return true;
}

bool n32_json_is_hex(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (n32_json_hex_value(text.p[i]) > 15)
			return false;
	}
	return true;
}

static void read_mcc(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct str text = v->text;

	if (text.n != 3 || !is_digits(text))
		n32_json_offend(d, at, "must be 3 digits in a string");
	else
		n32_json_copy_cut(out, 4, text);
}

static void read_mnc(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct str text = v->text;

	if (text.n < 2 || text.n > 3 || !is_digits(text))
		n32_json_offend(d, at, "must be 2 or 3 digits in a string");
	else
		n32_json_copy_cut(out, 4, text);
}

static void read_nid(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct str text = v->text;
	char *nid = out;

	if (text.n != 11 || !n32_json_is_hex(text)) {
		n32_json_offend(d, at, "must be 11 hexadecimal digits in a string");
		return;
	}
	for (size_t i = 0; i < text.n; i++)
		nid[i] = "0123456789abcdef"[n32_json_hex_value(text.p[i])];
	nid[text.n] = '\0';
}

void n32_json_read_plmn(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "mcc", .mandatory = true, .read = read_mcc, VALUE(struct n32_plmn, mcc) },
		{ "mnc", .mandatory = true, .read = read_mnc, VALUE(struct n32_plmn, mnc) },
	};

	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), out);
}

void n32_json_read_snpn(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	static const struct attribute table[] = {
		{ "mcc", .mandatory = true, .read = read_mcc, VALUE(struct n32_snpn, plmn.mcc) },
		{ "mnc", .mandatory = true, .read = read_mnc, VALUE(struct n32_snpn, plmn.mnc) },
		{ "nid", .read = read_nid, VALUE(struct n32_snpn, nid) },
	};
	struct n32_snpn *snpn = out;

	snpn->nid[0] = '\0';
	n32_json_read_object(d, at, v, table, ARRAY_LEN(table), snpn);
}

/* TS 29.571 SupportedFeatures: the last character holds features 1 to 4; "" is no feature. */
void n32_json_read_features(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	struct str text = v->text;
	uint64_t *features = out;

	*features = 0;
	if (v->type != N32_JSON_STRING || text.n > N32_FEATURES_MAX || !n32_json_is_hex(text)) {
		n32_json_offend(d, at, "must be at most 32 hexadecimal digits in a string");
		return;
	}
	for (size_t i = text.n > FEATURE_DIGITS ? text.n - FEATURE_DIGITS : 0; i < text.n; i++)
		*features = *features << 4 | n32_json_hex_value(text.p[i]);
}

void n32_json_read_port(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	uint16_t *value = out;

	/* 0 is what stands for everything that is no integer */
	if (v->integer < 1 || v->integer > PORT_MAX)
		n32_json_offend(d, at, "must be an integer from 1 to 65535");
	else
		*value = (uint16_t)v->integer;
}

void n32_json_read_ports(
    struct decoder *d, const struct place *at, const struct json_value *v, void *out)
{
	uint16_t ignored;
	size_t i = 0;

	if (v->type != N32_JSON_ARRAY || v->n == 0) {
		n32_json_offend(d, at, "must be an array of 1 or more ports");
		return;
	}
	for (const struct json_value *port = v->first; port; port = port->next, i++) {
		struct place here = { at, NULL, i };

		n32_json_read_port(d, &here, port, i == 0 ? out : &ignored);
	}
}
