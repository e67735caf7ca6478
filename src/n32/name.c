/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "n32/name.h"

enum {
	LABEL_MAX = 63,      /* RFC 1035 2.3.4 */
	STRICT_FQDN_MIN = 4, /* TS 29.571 Fqdn, as is the top label */
	STRICT_TOP_MIN = 2,
	MCC_LEN = 3,
	MNC_MIN = 2,
	MNC_MAX = 3,
	NID_LEN = 11,
};

static const char bad_length[] = "must be an FQDN of 1 to 253 characters";
static const char bad_strict_length[] = "must be an FQDN of 4 to 253 characters";
static const char bad_label_length[] = "must be an FQDN with labels of 1 to 63 characters";
static const char bad_char[] = "must be an FQDN of letters, digits, hyphens, underscores and dots";
static const char bad_strict_char[] = "must be an FQDN of letters, digits, inner hyphens and dots";
static const char bad_top[] = "must be an FQDN that ends in a label of 2 or more letters";
static const char bad_single[] = "must be an FQDN of two or more labels";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

static bool is_hex(char c)
{
	return is_digit(c) || (str_lower(c) >= 'a' && str_lower(c) <= 'f');
}

static bool is_strict_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '-';
}

static bool is_label_char(char c)
{
	return is_strict_char(c) || c == '_';
}

static bool all_of(struct str s, bool (*is)(char c))
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is(s.p[i]))
			return false;
	}
	return true;
}

/* Copies in lower case and adds the NUL. */
static void copy_lower(char *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out[i] = str_lower(s.p[i]);
	out[s.n] = '\0';
}

/* The absolute form "a.b." of RFC 1034 3.1 is the same name as "a.b". */
static struct str without_dot(struct str name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

static const char *label_offence(struct str label, bool strict)
{
	if (label.n == 0 || label.n > LABEL_MAX)
		return bad_label_length;
	if (!strict)
		return all_of(label, is_label_char) ? NULL : bad_char;
	if (!all_of(label, is_strict_char) || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return bad_strict_char;
	return NULL;
}

static const char *top_offence(struct str label, bool single)
{
	if (single)
		return bad_single;
	return label.n >= STRICT_TOP_MIN && all_of(label, is_letter) ? NULL : bad_top;
}

static const char *labels_offence(struct str name, bool strict)
{
	const char *at = name.p, *end = name.p + name.n;

	for (;;) {
		const char *dot = memchr(at, '.', (size_t)(end - at));
		struct str label = { at, (size_t)((dot ? dot : end) - at) };
		const char *offence = label_offence(label, strict);

		if (offence)
			return offence;
		if (!dot)
			return strict ? top_offence(label, at == name.p) : NULL;
		at = dot + 1;
	}
}

static const char *fqdn_offence(struct str text, bool strict)
{
	struct str name = without_dot(text);

	/* the schema counts the trailing dot, the limit of RFC 1035 does not */
	if (strict && (text.n < STRICT_FQDN_MIN || text.n > N32_FQDN_MAX))
		return bad_strict_length;
	if (name.n == 0 || name.n > N32_FQDN_MAX)
		return bad_length;
	return labels_offence(name, strict);
}

int n32_fqdn_parse(struct n32_fqdn *out, struct str text, bool strict, const char **why)
{
	const char *offence = fqdn_offence(text, strict);

	if (offence) {
		out->text[0] = '\0';
		if (why)
			*why = offence;
		return ERR_SYNTAX;
	}
	copy_lower(out->text, without_dot(text));
	return 0;
}

bool n32_fqdn_matches(const char *pattern, const char *name)
{
	const char *dot = strchr(name, '.');

	/* an absent name is nobody's */
	if (name[0] == '\0')
		return false;
	if (pattern[0] != '*' || pattern[1] != '.')
		return strcmp(pattern, name) == 0;
	return dot && dot != name && strcmp(pattern + 1, dot) == 0;
}

/* Takes the last label off `name`; an empty one when none is left. */
static struct str take_label(struct str *name)
{
	const char *dot = name->n ? memrchr(name->p, '.', name->n) : NULL;
	struct str label = *name;

	if (!dot) {
		name->n = 0;
		return label;
	}
	label.p = dot + 1;
	label.n = (size_t)(name->p + name->n - label.p);
	name->n = (size_t)(dot - name->p);
	return label;
}

static bool label_is(struct str label, const char *word)
{
	return str_ieq(label, str_of(word));
}

/* Copies the `n` characters after a tag of three letters: "mnc012", "nid00000abcdef". */
static bool read_tagged(char *out, struct str label, const char *tag, size_t n, bool (*is)(char c))
{
	struct str value;

	if (label.n != 3 + n || !label_is((struct str){ label.p, 3 }, tag))
		return false;
	value = (struct str){ label.p + 3, n };
	if (!all_of(value, is))
		return false;
	copy_lower(out, value);
	return true;
}

bool n32_realm_of_fqdn(struct n32_realm *out, struct str name)
{
	struct str label;

	name = without_dot(name);
	if (!label_is(take_label(&name), "org") || !label_is(take_label(&name), "3gppnetwork"))
		return false;
	if (!read_tagged(out->digits, take_label(&name), "mcc", MCC_LEN, is_digit) ||
	    !read_tagged(out->digits + MCC_LEN, take_label(&name), "mnc", MNC_MAX, is_digit))
		return false;
	label = take_label(&name);
	out->nid[0] = '\0';
	if (read_tagged(out->nid, label, "nid", NID_LEN, is_hex))
		label = take_label(&name);
	return label_is(label, "5gc");
}

void n32_realm_of_plmn(struct n32_realm *out, const struct n32_plmn *plmn)
{
	bool padded = plmn->mnc[MNC_MIN] == '\0';

	/* TS 23.003 28.2: a name pads an MNC of two digits with a zero in front */
	memcpy(out->digits, plmn->mcc, MCC_LEN);
	out->digits[MCC_LEN] = padded ? '0' : plmn->mnc[0];
	memcpy(out->digits + MCC_LEN + 1, plmn->mnc + (padded ? 0 : 1), MNC_MIN + 1);
	out->nid[0] = '\0';
}

void n32_realm_of_snpn(struct n32_realm *out, const struct n32_snpn *snpn)
{
	n32_realm_of_plmn(out, &snpn->plmn);
	memcpy(out->nid, snpn->nid, sizeof(out->nid));
}

bool n32_realm_eq(const struct n32_realm *a, const struct n32_realm *b)
{
	return strcmp(a->digits, b->digits) == 0 && strcmp(a->nid, b->nid) == 0;
}

int n32_plmn_parse(struct n32_plmn *out, struct str text)
{
	struct str mcc = { text.p, MCC_LEN }, mnc;

	if (text.n < MCC_LEN + 1 + MNC_MIN || text.n > MCC_LEN + 1 + MNC_MAX)
		return ERR_SYNTAX;
	mnc = (struct str){ text.p + MCC_LEN + 1, text.n - MCC_LEN - 1 };
	if (text.p[MCC_LEN] != '-' || !all_of(mcc, is_digit) || !all_of(mnc, is_digit))
		return ERR_SYNTAX;
	copy_lower(out->mcc, mcc);
	copy_lower(out->mnc, mnc);
	return 0;
}

int n32_snpn_parse(struct n32_snpn *out, struct str text)
{
	struct str nid;

	out->nid[0] = '\0';
	if (text.n <= NID_LEN + 1)
		return n32_plmn_parse(&out->plmn, text);
	text.n -= NID_LEN + 1;
	nid = (struct str){ text.p + text.n + 1, NID_LEN };
	if (text.p[text.n] != '-' || !all_of(nid, is_hex))
		return ERR_SYNTAX;
	copy_lower(out->nid, nid);
	return n32_plmn_parse(&out->plmn, text);
}

bool n32_plmn_eq(const struct n32_plmn *a, const struct n32_plmn *b)
{
	return strcmp(a->mcc, b->mcc) == 0 && strcmp(a->mnc, b->mnc) == 0;
}

bool n32_snpn_eq(const struct n32_snpn *a, const struct n32_snpn *b)
{
	return n32_plmn_eq(&a->plmn, &b->plmn) && strcmp(a->nid, b->nid) == 0;
}

char *n32_plmn_print(char out[8], const struct n32_plmn *plmn)
{
	snprintf(out, 8, "%s-%s", plmn->mcc, plmn->mnc);
	return out;
}

char *n32_snpn_print(char out[20], const struct n32_snpn *snpn)
{
	snprintf(out, 20, "%s-%s%s%s", snpn->plmn.mcc, snpn->plmn.mnc, snpn->nid[0] ? "-" : "",
	    snpn->nid);
	return out;
}
