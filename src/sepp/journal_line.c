/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "n32/json_pen.h"
#include "script/record.h"
#include "sepp/journal_line.h"

enum {
	ID_COUNTS = 1 << 24,
	TAIL_MAX = 256, /* what follows the notes */
	END_MAX = 96,   /* what journal_line_end() adds */
};

static void put_hex(char *out, int n, uint64_t value)
{
	for (int i = n - 1; i >= 0; i--, value >>= 4)
		out[i] = "0123456789abcdef"[value & 15];
}

char *journal_id(char out[JOURNAL_ID_MAX], struct journal_ids *ids, uint64_t now_ms)
{
	/* a clock that goes back does not take the ids with it, and a full count is a later time */
	if (now_ms > ids->last_ms)
		ids->last_ms = now_ms;
	if (++ids->count == ID_COUNTS) {
		ids->count = 0;
		ids->last_ms++;
	}
	put_hex(out, 12, ids->last_ms);
	put_hex(out + 13, 2, ids->worker);
	put_hex(out + 16, 6, ids->count);
	out[12] = out[15] = '-';
	out[22] = '\0';
	return out;
}

static void put_place(struct json_pen *p, const struct script_answer *a)
{
	char text[SCRIPT_PLACE_TEXT_MAX];

	json_pen_text(p, "at", (struct str){ text, (size_t)(script_place(text, a) - text) });
}

/* As many as fit; what follows has to fit, too. */
static void put_notes(struct json_pen *p, const struct script_answer *a)
{
	bool is_cut = false;

	json_pen_open(p, "notes", '[');
	for (size_t i = 0; i < a->n_notes && !is_cut; i++) {
		struct json_pen before = *p;

		json_pen_text(p, NULL, str_of(a->notes[i]));
		is_cut = p->is_full || p->end - p->at < TAIL_MAX;
		if (is_cut)
			*p = before;
	}
	json_pen_close(p, ']');
	if (is_cut)
		json_pen_bool(p, "truncated", true);
}

/* The name, and what `n` bytes that `to` was filled with are. */
static void put_input(struct json_pen *p, const struct script_input *in)
{
	size_t n;

	json_pen_name(p, "input");
	n = script_record_input(p->at, SCRIPT_RECORD_MIN, in);
	ensure(n > 0); /* of a connection, everything is bounded */
	p->at += n;
}

static void put_answer(struct json_pen *p, const struct script_answer *a)
{
	json_pen_name(p, "answer");
	p->at += script_record_answer(p->at, (size_t)(p->end - p->at), a);
}

void journal_line_begin(struct journal_draft *d, const struct journal_fact *f)
{
	const struct script_answer *a = f->out;
	struct json_pen p;
	char time[25];

	json_pen_start(&p, d->text, sizeof(d->text) - END_MAX);
	json_pen_open(&p, NULL, '{');
	json_pen_some(&p, "id", f->id);
	json_pen_some(&p, "time", clock_print_utc_ms(time, f->time_ms));
	json_pen_some(&p, "hook", script_hook_name(f->in->hook));
	json_pen_text(&p, "partner", str_of(f->in->peer.partner->name));
	json_pen_integer(&p, "generation", (int64_t)f->generation);
	json_pen_some(&p, "digest", f->digest);
	put_input(&p, f->in);
	put_answer(&p, a);
	put_place(&p, a);
	json_pen_text(&p, "reason", str_of(a->reason));
	put_notes(&p, a);
	json_pen_integer(&p, "fuel", (int64_t)a->fuel);
	json_pen_integer(&p, "microseconds", (int64_t)f->us);
	d->n = json_pen_end(&p);
	ensure(d->n > 0);
}

void journal_line_end(struct journal_draft *d, const char *outcome)
{
	struct json_pen p;

	json_pen_start(&p, d->text, sizeof(d->text) - 1);
	p.at += d->n;
	json_pen_text(&p, "outcome", str_of(outcome));
	json_pen_close(&p, '}');
	*p.at++ = '\n';
	ensure(!p.is_full);
	d->n = (size_t)(p.at - p.start);
}
