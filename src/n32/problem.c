/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>

#include "base/str.h"
#include "n32/json_out.h"
#include "n32/problem.h"

struct row {
	int status;
	const char *cause;
	const char *title;
};

static const struct row rows[] = { [N32_PROBLEM_NONE] = { 0, NULL, NULL },
#define X(name, status_, cause_, title_) [N32_PROBLEM_##name] = { status_, cause_, title_ },
	N32_PROBLEM_TABLE(X)
#undef X
};

static const struct row *row_of(enum n32_problem_code code)
{
	ensure((size_t)code < ARRAY_LEN(rows));
	return &rows[code];
}

/* RFC 9457 4.2.1: with "about:blank" the title is the phrase of the status that is really sent. */
static const char *title_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].status == status)
			return rows[i].title;
	}
	return NULL;
}

void n32_problem_reset(struct n32_problem *p, enum n32_problem_code code)
{
	p->code = code;
	p->detail[0] = '\0';
	p->n_params = p->more = 0;
}

void n32_problem_add(struct n32_problem *p, const char *param, const char *reason)
{
	struct n32_invalid_param *to;

	if (p->n_params == N32_INVALID_PARAMS_MAX) {
		p->more++;
		return;
	}
	to = &p->params[p->n_params++];
	(void)str_copy(to->param, sizeof(to->param), str_of(param)); /* a cut pointer still helps */
	to->reason = reason;
}

int n32_problem_status(enum n32_problem_code code)
{
	return row_of(code)->status;
}

const char *n32_problem_cause(enum n32_problem_code code)
{
	const char *cause = row_of(code)->cause;

	return cause ? cause : "";
}

static void put_detail(struct n32_json_out *o, const struct n32_problem *p)
{
	char text[sizeof(p->detail) + 64];

	if (p->more == 0) {
		n32_json_out_some(o, "detail", p->detail);
		return;
	}
	snprintf(text, sizeof(text), "%s%s%zu more invalid parameters are not listed", p->detail,
	    p->detail[0] ? "; " : "", p->more);
	n32_json_out_text(o, "detail", text);
}

static void put_params(struct n32_json_out *o, const struct n32_problem *p)
{
	if (p->n_params == 0)
		return;
	n32_json_out_array(o, "invalidParams");
	for (size_t i = 0; i < p->n_params; i++) {
		n32_json_out_object(o, NULL);
		n32_json_out_text(o, "param", p->params[i].param);
		n32_json_out_some(o, "reason", p->params[i].reason);
		n32_json_out_end_object(o);
	}
	n32_json_out_end_array(o);
}

int n32_problem_print(struct buf *out, const struct n32_problem *p, int status)
{
	const struct row *row = row_of(p->code);
	struct n32_json_out o;

	if (status == 0)
		status = row->status;
	n32_json_out_start(&o, out);
	n32_json_out_object(&o, NULL);
	n32_json_out_some(&o, "type", "about:blank");
	n32_json_out_some(&o, "title", title_of(status));
	if (status != 0)
		n32_json_out_integer(&o, "status", status);
	put_detail(&o, p);
	n32_json_out_some(&o, "cause", row->cause);
	put_params(&o, p);
	n32_json_out_end_object(&o);
	return n32_json_out_end(&o);
}
