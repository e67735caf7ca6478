/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of what happens to a partner, one byte each and a few for what is said with it.
 *
 * Whatever the order: both directions let N32-f through or neither does, what is in force was
 * agreed on, a disabled partner hears nothing, whoever writes it down is told, and what is saved
 * and restored is what its header promises.
 */
#include "base/base.h"

#include <string.h>

#include "base/err.h"
#include "bytes.h"
#include "sepp/association.h"
#include "sepp/store_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct association *a;
	int64_t now_s;
	msec now;
	unsigned connections, changes;
	struct assoc_record before, after;
} run;

static void on_change(void *arg, struct association *a)
{
	ensure(arg == &run && a == run.a);
	run.changes++;
	if (assoc_mark(a))
		assoc_unmark(a);
}

static struct assoc_said said(struct bytes *b)
{
	static const char *const reasons[] = { NULL, "", "no answer", "refused" };

	return (struct assoc_said){ .now_s = run.now_s,
		.reason = reasons[bytes_pick(b, ARRAY_LEN(reasons))],
		.place = bytes_pick(b, 2) ? "partners/x.lua:3" : NULL,
		.next_s = bytes_pick(b, 2) ? run.now_s + 30 : 0 };
}

/* --- what happens */

static void agree(struct bytes *b)
{
	struct agreement g = { .cap = bytes_pick(b, 2) ? N32_CAP_PRINS : N32_CAP_TLS,
		.way = (enum assoc_way)bytes_pick(b, ASSOC_WAYS),
		.features = bytes_pick(b, 2),
		.at_s = run.now_s };
	enum n32_cap before = run.before.agreement.cap;
	bool was_open = machine_is_open(run.before.ways[ASSOC_IN].state), changed;
	bool was_off = run.before.ways[ASSOC_IN].state == MACHINE_DISABLED;

	memset(g.fingerprint, "abc0"[bytes_pick(b, 4)], sizeof(g.fingerprint) - 1);
	changed = assoc_agree(run.a, &g, bytes_pick(b, 2) ? "partners/x.lua:3" : NULL);
	ensure(changed == (!was_off && (!was_open || before != g.cap)));
}

static void fail(struct bytes *b)
{
	static const enum machine_event events[] = { MACHINE_ON_FAIL, MACHINE_ON_WRONG,
		MACHINE_ON_REFUSE, MACHINE_ON_UNTRUSTED };
	enum machine_event event = events[bytes_pick(b, ARRAY_LEN(events))];
	enum assoc_way way = (enum assoc_way)bytes_pick(b, ASSOC_WAYS);
	struct assoc_said s = said(b);
	struct assoc_view v;

	assoc_fail(run.a, way, event, &s);
	assoc_read(run.a, run.now_s, &v);
	if (event == MACHINE_ON_REFUSE || event == MACHINE_ON_UNTRUSTED)
		ensure(!assoc_is_agreed(&v));
	else
		ensure(assoc_is_agreed(&v) == machine_is_open(run.before.ways[ASSOC_IN].state));
}

static void step(struct bytes *b)
{
	static const enum machine_event events[] = { MACHINE_ON_RESOLVE, MACHINE_ON_CONNECT,
		MACHINE_ON_NEGOTIATE, MACHINE_ON_PARAMS, MACHINE_ON_FAIL };
	enum machine_event event = events[bytes_pick(b, ARRAY_LEN(events))];
	struct assoc_said s = said(b);

	assoc_step(run.a, event, &s);
}

static void end(struct bytes *b)
{
	enum machine_event event = bytes_pick(b, 2) ? MACHINE_ON_TERMINATE : MACHINE_ON_END;
	struct assoc_said s = said(b);
	struct assoc_view was, v;
	bool ended;

	assoc_read(run.a, run.now_s, &was);
	ended = assoc_end(run.a, event, &s);
	assoc_read(run.a, run.now_s, &v);
	if (event == MACHINE_ON_END && machine_is_open(was.ways[ASSOC_OUT].state)) {
		/* agreed on meanwhile: another relation, which stays */
		ensure(!ended && assoc_is_agreed(&v) == assoc_is_agreed(&was));
		return;
	}
	ensure(!assoc_is_agreed(&v));
	ensure(ended || !assoc_is_agreed(&was));
}

static void set_contexts(struct bytes *b)
{
	static struct assoc_context contexts[ASSOC_CONTEXTS_MAX + 2];
	size_t n = bytes_pick(b, 4) ? bytes_pick(b, 3) : bytes_pick(b, ARRAY_LEN(contexts));

	for (size_t i = 0; i < n; i++)
		memset(contexts[i].own, "0123456789abcdef"[bytes_pick(b, 16)],
		    sizeof(contexts[i].own) - 1);
	assoc_set_contexts(run.a, contexts, n, run.now_s);
}

static void set_flag(struct bytes *b)
{
	char name[48];
	struct err e = { 0 };
	bool changed, on = bytes_pick(b, 4) > 0;

	if (bytes_pick(b, 2))
		(void)bytes_text(b, name, sizeof(name));
	else
		memcpy(name, (char[]){ (char)('a' + bytes_pick(b, 24)), '\0' }, 2);
	if (assoc_set_flag(run.a, name, on, &changed, &e))
		ensure(e.code == ERR_RANGE || e.code == ERR_LIMIT);
}

static void admit(struct bytes *b)
{
	unsigned per_minute = bytes_pick(b, 5), retry_s = 77;
	bool is_report = bytes_pick(b, 2);
	bool ok = is_report ? assoc_admit_report(run.a, run.now, per_minute, &retry_s)
			    : assoc_admit(run.a, run.now, run.now_s, per_minute, &retry_s);

	ensure(ok == (retry_s == 0) && retry_s <= 61);
	ensure(ok || per_minute > 0);
	assoc_strike(run.a, run.now_s);
}

static void connect_some(struct bytes *b)
{
	unsigned max = bytes_pick(b, 4);

	if (bytes_pick(b, 2)) {
		bool ok = assoc_connect(run.a, max);

		ensure(ok == (max == 0 || run.connections < max));
		run.connections += ok;
	} else if (run.connections > 0) {
		assoc_disconnect(run.a);
		run.connections--;
	}
}

static void terminate(void)
{
	bool was_open = machine_is_open(run.before.ways[ASSOC_IN].state);
	bool ok = assoc_terminate(run.a, run.now_s);
	struct assoc_view v;

	assoc_read(run.a, run.now_s, &v);
	ensure(ok == (was_open && run.before.agreement.cap == N32_CAP_TLS &&
			 run.before.agreement.features & N32_FEATURE_NFTLST));
	ensure(assoc_is_agreed(&v) == (was_open && !ok));
}

/* A restart: another association, of the same name, from what was saved. */
static void restart(void)
{
	struct association *a = assoc_new("example", run.now_s);
	struct assoc_context lost[ASSOC_CONTEXTS_MAX];
	struct assoc_record saved, again;
	struct assoc_view v;

	assoc_save(run.a, &saved);
	assoc_restore(a, &saved);
	ensure(assoc_take_lost(a, lost) == saved.n_contexts);
	ensure(memcmp(lost, saved.contexts, saved.n_contexts * sizeof(lost[0])) == 0);
	ensure(assoc_take_lost(a, lost) == 0);
	assoc_save(a, &again);
	assoc_read(a, run.now_s, &v);
	ensure(again.n_contexts == 0);
	ensure(memcmp(&again.agreement, &saved.agreement, sizeof(again.agreement)) == 0);
	ensure(again.attempts == saved.attempts && again.failures == saved.failures);
	ensure(again.errors_in == saved.errors_in && again.errors_out == saved.errors_out);
	ensure(again.failed_s == saved.failed_s && strcmp(again.failure, saved.failure) == 0);
	ensure(strcmp(again.previous_fingerprint, saved.previous_fingerprint) == 0);
	ensure(again.n_flags == saved.n_flags);
	ensure(memcmp(again.flags, saved.flags, saved.n_flags * sizeof(saved.flags[0])) == 0);
	for (int way = 0; way < ASSOC_WAYS; way++) {
		ensure(v.ways[way].next_s == 0 && !machine_is_busy(v.ways[way].state));
		ensure(machine_is_open(again.ways[way].state) ==
		       machine_is_open(saved.ways[way].state));
		ensure((again.ways[way].state == MACHINE_DISABLED) ==
		       (saved.ways[way].state == MACHINE_DISABLED));
	}
	/* What was cut off stays in doubt, over another restart too, until it was made sure of. */
	ensure(!machine_is_busy(again.ways[ASSOC_IN].state));
	ensure(!machine_is_busy(again.ways[ASSOC_OUT].state) ||
	       machine_is_busy(saved.ways[ASSOC_OUT].state));
	assoc_unref(run.a);
	run.a = a;
	run.connections = 0;
	assoc_on_change(a, on_change, &run);
	assoc_save(a, &run.before); /* nobody is told of this */
}

/* --- what holds */

static void check_state(const struct assoc_record *r)
{
	ensure(store_row_is_sound(r));
	ensure(r->n_contexts <= ASSOC_CONTEXTS_MAX && r->n_flags <= ASSOC_FLAGS_MAX);
	for (int way = 0; way < ASSOC_WAYS; way++) {
		if (r->ways[way].state == MACHINE_ESTABLISHED)
			ensure(r->n_contexts > 0);
		if (r->ways[way].state == MACHINE_AGREED_PRINS)
			ensure(r->n_contexts == 0);
	}
}

/* What is on the disk is not behind what matters after a restart. */
static void check_told(const struct assoc_record *was, const struct assoc_record *is)
{
	if (run.changes > 0)
		return;
	ensure(memcmp(&was->agreement, &is->agreement, sizeof(is->agreement)) == 0);
	ensure(was->attempts == is->attempts && was->failures == is->failures);
	ensure(was->errors_in == is->errors_in && was->errors_out == is->errors_out);
	ensure(was->n_flags == is->n_flags && was->n_contexts == is->n_contexts);
	ensure(was->ways[ASSOC_IN].state == is->ways[ASSOC_IN].state);
}

static void check_view(void)
{
	struct assoc_view v;

	assoc_read(run.a, run.now_s, &v);
	ensure(v.connections == run.connections);
	ensure(v.handshakes_minute <= v.handshakes_hour);
	ensure(assoc_state(&v) == v.ways[v.latest].state);
	if (assoc_is_agreed(&v))
		ensure(assoc_established(&v) == v.agreement.cap);
}

static void happen(struct bytes *b)
{
	unsigned what = bytes_pick(b, 16);

	switch (what) {
	case 0:
		agree(b);
		break;
	case 1:
		fail(b);
		break;
	case 2:
	case 3:
		step(b);
		break;
	case 4:
		end(b);
		break;
	case 5:
		terminate();
		break;
	case 6:
	case 7:
		set_contexts(b);
		break;
	case 8:
		assoc_set_enabled(run.a, run.now_s, bytes_pick(b, 3) > 0);
		break;
	case 9:
		set_flag(b);
		break;
	case 10:
		admit(b);
		break;
	case 11:
		connect_some(b);
		break;
	case 12:
		assoc_count_report(run.a, (enum assoc_way)bytes_pick(b, ASSOC_WAYS));
		break;
	case 13:
		restart();
		break;
	case 14:
		if (run.before.ways[ASSOC_OUT].state != MACHINE_DISABLED)
			assoc_plan(run.a, bytes_pick(b, 2) ? run.now_s + 9 : 0);
		break;
	default:
		run.now += bytes_number(b, 2);
		run.now_s += bytes_take(b);
	}
	assoc_save(run.a, &run.after);
	if (run.before.ways[ASSOC_IN].state == MACHINE_DISABLED && what != 8 && what != 13)
		ensure(memcmp(run.before.ways, run.after.ways, sizeof(run.after.ways)) == 0);
}

static void try_machine(struct bytes *b)
{
	enum machine_state state = (enum machine_state)bytes_pick(b, MACHINE_STATES);
	enum machine_event event = (enum machine_event)bytes_pick(b, MACHINE_EVENTS);
	enum machine_state settled = (enum machine_state)bytes_pick(b, MACHINE_STATES);
	enum machine_state next = machine_next(state, event, settled), named;

	ensure(next < MACHINE_STATES);
	ensure(*machine_state_name(next) && *machine_state_help(next));
	ensure(*machine_event_name(event) && *machine_event_help(event));
	ensure(machine_state_parse(machine_state_name(next), &named) && named == next);
	if (state == MACHINE_DISABLED && event != MACHINE_ON_ENABLE)
		ensure(next == MACHINE_DISABLED);
	/* N32-f is let through by an agreement alone, or by one that goes on */
	if (machine_is_open(next) && !machine_is_open(state))
		ensure(event == MACHINE_ON_AGREE_TLS || event == MACHINE_ON_AGREE_PRINS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };

	memset(&run, 0, sizeof(run));
	run.now_s = 1700000000;
	run.now = 1000;
	run.a = assoc_new("example", run.now_s);
	assoc_on_change(run.a, on_change, &run);
	try_machine(&b);
	while (b.n > 0) {
		assoc_save(run.a, &run.before);
		run.changes = 0;
		happen(&b);
		check_state(&run.after);
		check_told(&run.before, &run.after);
		check_view();
	}
	assoc_unref(run.a);
	return 0;
}
