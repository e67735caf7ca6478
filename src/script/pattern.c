/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "script/pattern.h"

enum item_kind {
	ITEM_CHAR,
	ITEM_ANY,
	ITEM_CLASS,
	ITEM_SET,
	ITEM_OPEN,     /* capture `a` begins */
	ITEM_POSITION, /* capture `a` is the position */
	ITEM_CLOSE,
	ITEM_BACK, /* what capture `a` holds */
	ITEM_BALANCE,
	ITEM_FRONTIER,
	ITEM_END, /* '$' */
	ITEM_DONE,
};

enum repeat {
	REPEAT_ONCE,
	REPEAT_MANY,
	REPEAT_SOME,
	REPEAT_FEW,
	REPEAT_MAYBE
};

/* --- compiling */

struct compiler {
	struct pattern *p;
	const char *at, *end;
	const char *why;
	uint8_t open[PATTERN_CAPTURES]; /* captures that are not closed, innermost last */
	size_t n_open;
};

static bool in_class(unsigned char c, char class)
{
	bool yes;

	switch (tolower((unsigned char)class)) {
	case 'a':
		yes = isalpha(c);
		break;
	case 'c':
		yes = iscntrl(c);
		break;
	case 'd':
		yes = isdigit(c);
		break;
	case 'g':
		yes = isgraph(c);
		break;
	case 'l':
		yes = islower(c);
		break;
	case 'p':
		yes = ispunct(c);
		break;
	case 's':
		yes = isspace(c);
		break;
	case 'u':
		yes = isupper(c);
		break;
	case 'w':
		yes = isalnum(c);
		break;
	case 'x':
		yes = isxdigit(c);
		break;
	default:
		return c == (unsigned char)class; /* an escaped character */
	}
	return isupper((unsigned char)class) ? !yes : yes;
}

static bool is_class(char c)
{
	return c && strchr("acdglpsuwxACDGLPSUWX", c);
}

static struct pattern_item *add_item(struct compiler *c, enum item_kind kind)
{
	struct pattern_item *item = &c->p->items[c->p->n_items++];

	*item = (struct pattern_item){ .kind = (uint8_t)kind };
	return item;
}

static int malformed(struct compiler *c, const char *why)
{
	c->why = why;
	return ERR_SYNTAX;
}

static void set_add(uint32_t set[8], unsigned char c)
{
	set[c >> 5] |= (uint32_t)1 << (c & 31);
}

static bool set_has(const uint32_t set[8], unsigned char c)
{
	return set[c >> 5] >> (c & 31) & 1;
}

static void set_add_class(uint32_t set[8], char class)
{
	for (unsigned c = 0; c < 256; c++) {
		if (in_class((unsigned char)c, class))
			set_add(set, (unsigned char)c);
	}
}

/* One element of a set: %class, a range, or a character. */
static int compile_element(struct compiler *c, uint32_t set[8])
{
	unsigned char first = (unsigned char)*c->at++, last;

	if (first == '%') {
		if (c->at == c->end)
			return malformed(c, "malformed pattern (missing ']')");
		set_add_class(set, *c->at++);
		return 0;
	}
	if (c->end - c->at < 2 || c->at[0] != '-' || c->at[1] == ']') {
		set_add(set, first);
		return 0;
	}
	last = (unsigned char)c->at[1];
	c->at += 2;
	for (unsigned i = first; i <= last; i++)
		set_add(set, (unsigned char)i);
	return 0;
}

/* Behind the '['.  A ']' that comes first stands for itself. */
static int compile_set(struct compiler *c, struct pattern_item *item)
{
	uint32_t *set = c->p->sets[c->p->n_sets];
	const bool negated = c->at < c->end && *c->at == '^';
	bool first = true;

	if (c->p->n_sets == PATTERN_SETS)
		return malformed(c, "pattern with too many sets");
	item->set = (uint8_t)c->p->n_sets++;
	memset(set, 0, sizeof(c->p->sets[0]));
	c->at += negated;
	for (; c->at < c->end && (first || *c->at != ']'); first = false) {
		int rc = compile_element(c, set);

		if (rc)
			return rc;
	}
	if (c->at == c->end)
		return malformed(c, "malformed pattern (missing ']')");
	c->at++;
	for (size_t i = 0; i < 8 && negated; i++)
		set[i] = ~set[i];
	return 0;
}

static void compile_repeat(struct compiler *c, struct pattern_item *item)
{
	static const char signs[] = {
		[REPEAT_MANY] = '*', [REPEAT_SOME] = '+', [REPEAT_FEW] = '-', [REPEAT_MAYBE] = '?'
	};

	for (uint8_t r = REPEAT_MANY; r <= REPEAT_MAYBE && c->at < c->end; r++) {
		if (*c->at == signs[r]) {
			item->repeat = r;
			c->at++;
			return;
		}
	}
}

static int compile_open(struct compiler *c)
{
	const bool position = c->at < c->end && *c->at == ')';
	struct pattern_item *item;

	if (c->p->n_captures == PATTERN_CAPTURES)
		return malformed(c, "too many captures");
	item = add_item(c, position ? ITEM_POSITION : ITEM_OPEN);
	item->a = (uint8_t)c->p->n_captures++;
	if (position)
		c->at++;
	else
		c->open[c->n_open++] = item->a;
	return 0;
}

static int compile_close(struct compiler *c)
{
	if (c->n_open == 0)
		return malformed(c, "invalid pattern capture");
	add_item(c, ITEM_CLOSE)->a = c->open[--c->n_open];
	return 0;
}

static int compile_balance(struct compiler *c)
{
	struct pattern_item *item;

	if (c->end - c->at < 2)
		return malformed(c, "malformed pattern (missing arguments to '%b')");
	item = add_item(c, ITEM_BALANCE);
	item->a = (uint8_t)*c->at++;
	item->b = (uint8_t)*c->at++;
	return 0;
}

static int compile_frontier(struct compiler *c)
{
	if (c->at == c->end || *c->at != '[')
		return malformed(c, "missing '[' after '%f' in pattern");
	c->at++;
	return compile_set(c, add_item(c, ITEM_FRONTIER));
}

static int compile_back(struct compiler *c, char digit)
{
	const size_t i = (size_t)(digit - '1');

	if (digit == '0' || i >= c->p->n_captures)
		return malformed(c, "invalid capture index in pattern");
	for (size_t k = 0; k < c->n_open; k++) {
		if (c->open[k] == i)
			return malformed(c, "invalid capture index in pattern");
	}
	add_item(c, ITEM_BACK)->a = (uint8_t)i;
	return 0;
}

/* Behind a '%'. */
static int compile_escape(struct compiler *c)
{
	struct pattern_item *item;
	char letter;

	if (c->at == c->end)
		return malformed(c, "malformed pattern (ends with '%')");
	letter = *c->at++;
	if (letter == 'b')
		return compile_balance(c);
	if (letter == 'f')
		return compile_frontier(c);
	if (letter >= '0' && letter <= '9')
		return compile_back(c, letter);
	item = add_item(c, is_class(letter) ? ITEM_CLASS : ITEM_CHAR);
	item->a = (uint8_t)letter;
	compile_repeat(c, item);
	return 0;
}

static int compile_item(struct compiler *c)
{
	struct pattern_item *item;
	char letter = *c->at++;
	int rc = 0;

	if (letter == '(')
		return compile_open(c);
	if (letter == ')')
		return compile_close(c);
	if (letter == '%')
		return compile_escape(c);
	if (letter == '$' && c->at == c->end) {
		add_item(c, ITEM_END);
		return 0;
	}
	item = add_item(c, letter == '.' ? ITEM_ANY : letter == '[' ? ITEM_SET : ITEM_CHAR);
	item->a = (uint8_t)letter;
	if (letter == '[')
		rc = compile_set(c, item);
	if (rc == 0)
		compile_repeat(c, item);
	return rc;
}

int pattern_compile(struct pattern *p, struct str text, bool anchors, const char **why)
{
	struct compiler c = { .p = p, .at = text.p, .end = text.p + text.n };
	int rc = 0;

	p->n_items = p->n_sets = p->n_captures = 0;
	p->anchored = anchors && text.n && *text.p == '^';
	if (text.n > PATTERN_MAX)
		rc = malformed(&c, "pattern longer than 256 bytes");
	if (p->anchored)
		c.at++;
	while (rc == 0 && c.at < c.end)
		rc = compile_item(&c);
	if (rc == 0 && c.n_open)
		rc = malformed(&c, "unfinished capture");
	if (rc == 0)
		add_item(&c, ITEM_DONE);
	*why = c.why;
	return rc;
}

/* --- matching */

enum {
	STEPS_AT_ONCE = 128,
	STEPS_AHEAD = 4, /* what beginning costs */
};

enum choice_kind {
	CHOICE_LONGEST,
	CHOICE_SHORTEST,
	CHOICE_CAPTURE
};

/* What can be tried next when the present way fails, or must be put back. */
struct choice {
	enum choice_kind kind;
	uint16_t item;
	size_t at, low; /* of the subject: where to go on; how far back it may go */
	struct pattern_capture old;
};

struct matcher {
	const struct pattern *p;
	const unsigned char *s;
	size_t n, at, item;
	struct pattern_match *m;
	pattern_step *step;
	void *arg;
	uint64_t steps;
	size_t n_choices;
	struct choice choices[PATTERN_MAX + 1]; /* each item makes one at most */
};

static void count_steps(struct matcher *x, uint64_t n)
{
	x->steps += n;
	if (x->steps < STEPS_AT_ONCE)
		return;
	x->step(x->arg, x->steps);
	x->steps = 0;
}

static bool single_matches(
    const struct pattern *p, const struct pattern_item *item, unsigned char c)
{
	switch ((enum item_kind)item->kind) {
	case ITEM_CHAR:
		return c == item->a;
	case ITEM_ANY:
		return true;
	case ITEM_CLASS:
		return in_class(c, (char)item->a);
	default:
		return set_has(p->sets[item->set], c);
	}
}

static bool here(const struct matcher *x, const struct pattern_item *item)
{
	return x->at < x->n && single_matches(x->p, item, x->s[x->at]);
}

static struct choice *add_choice(struct matcher *x, enum choice_kind kind)
{
	struct choice *c = &x->choices[x->n_choices++];

	c->kind = kind;
	c->item = (uint16_t)x->item;
	c->at = x->at;
	return c;
}

/* As many as there are, from `least` on; fewer when what follows fails. */
static bool run_longest(
    struct matcher *x, const struct pattern_item *item, size_t least, size_t most)
{
	const size_t start = x->at;
	struct choice *c;

	while (x->at - start < most && here(x, item))
		x->at++;
	count_steps(x, x->at - start);
	if (x->at - start < least)
		return false;
	if (x->at - start > least) {
		c = add_choice(x, CHOICE_LONGEST);
		c->low = start + least;
	}
	x->item++;
	return true;
}

static bool run_single(struct matcher *x, const struct pattern_item *item)
{
	switch ((enum repeat)item->repeat) {
	case REPEAT_MANY:
		return run_longest(x, item, 0, SIZE_MAX);
	case REPEAT_SOME:
		return run_longest(x, item, 1, SIZE_MAX);
	case REPEAT_MAYBE:
		return run_longest(x, item, 0, 1);
	case REPEAT_FEW:
		add_choice(x, CHOICE_SHORTEST);
		x->item++;
		return true;
	default:
		if (!here(x, item))
			return false;
		x->at++;
		x->item++;
		return true;
	}
}

static bool run_capture(struct matcher *x, const struct pattern_item *item)
{
	struct pattern_capture *capture = &x->m->captures[item->a];

	add_choice(x, CHOICE_CAPTURE)->old = *capture;
	if (item->kind != ITEM_CLOSE)
		capture->start = x->at;
	capture->end = x->at;
	capture->position = item->kind == ITEM_POSITION;
	x->item++;
	return true;
}

static bool run_balance(struct matcher *x, const struct pattern_item *item)
{
	size_t depth = 1, i = x->at + 1;

	if (x->at >= x->n || x->s[x->at] != item->a)
		return false;
	for (; i < x->n && depth; i++) {
		if (x->s[i] == item->b) /* first: the two may be the same */
			depth--;
		else if (x->s[i] == item->a)
			depth++;
	}
	count_steps(x, i - x->at);
	if (depth)
		return false;
	x->at = i;
	x->item++;
	return true;
}

static bool run_frontier(struct matcher *x, const struct pattern_item *item)
{
	const unsigned char before = x->at ? x->s[x->at - 1] : 0;
	const unsigned char now = x->at < x->n ? x->s[x->at] : 0;
	const uint32_t *set = x->p->sets[item->set];

	if (set_has(set, before) || !set_has(set, now))
		return false;
	x->item++;
	return true;
}

static bool run_back(struct matcher *x, const struct pattern_item *item)
{
	const struct pattern_capture *capture = &x->m->captures[item->a];
	const size_t n = capture->end - capture->start;

	count_steps(x, n / 8);
	if (capture->position || n > x->n - x->at ||
	    memcmp(x->s + capture->start, x->s + x->at, n) != 0)
		return false;
	x->at += n;
	x->item++;
	return true;
}

static bool run_item(struct matcher *x, const struct pattern_item *item)
{
	switch ((enum item_kind)item->kind) {
	case ITEM_OPEN:
	case ITEM_POSITION:
	case ITEM_CLOSE:
		return run_capture(x, item);
	case ITEM_BACK:
		return run_back(x, item);
	case ITEM_BALANCE:
		return run_balance(x, item);
	case ITEM_FRONTIER:
		return run_frontier(x, item);
	case ITEM_END:
		x->item++;
		return x->at == x->n;
	default:
		return run_single(x, item);
	}
}

/* Goes back to the last choice that has something left.  False when none has. */
static bool retry(struct matcher *x)
{
	while (x->n_choices > 0) {
		struct choice *c = &x->choices[x->n_choices - 1];
		const struct pattern_item *item = &x->p->items[c->item];

		count_steps(x, 1);
		x->at = c->at;
		x->item = c->item + 1u;
		if (c->kind == CHOICE_CAPTURE) {
			x->m->captures[item->a] = c->old;
			x->n_choices--;
		} else if (c->kind == CHOICE_LONGEST) {
			x->at = --c->at;
			if (c->at == c->low)
				x->n_choices--;
			return true;
		} else if (here(x, item)) {
			x->at = ++c->at;
			return true;
		} else {
			x->n_choices--;
		}
	}
	return false;
}

static bool match_from(struct matcher *x, size_t start)
{
	x->at = start;
	x->item = 0;
	x->n_choices = 0;
	while (x->p->items[x->item].kind != ITEM_DONE) {
		count_steps(x, 1);
		if (!run_item(x, &x->p->items[x->item]) && !retry(x))
			return false;
	}
	x->m->start = start;
	x->m->end = x->at;
	x->m->n_captures = x->p->n_captures;
	return true;
}

static void matcher_init(struct matcher *x, const struct pattern *p, struct str subject,
    struct pattern_match *m, pattern_step *step, void *arg)
{
	x->p = p;
	x->s = (const unsigned char *)subject.p;
	x->n = subject.n;
	x->m = m;
	x->step = step;
	x->arg = arg;
	x->steps = STEPS_AHEAD;
}

bool pattern_match_at(const struct pattern *p, struct str subject, size_t start,
    struct pattern_match *m, pattern_step *step, void *arg)
{
	struct matcher x;
	bool found;

	matcher_init(&x, p, subject, m, step, arg);
	found = match_from(&x, start);
	step(arg, x.steps);
	return found;
}

bool pattern_find(const struct pattern *p, struct str subject, size_t start,
    struct pattern_match *m, pattern_step *step, void *arg)
{
	struct matcher x;
	bool found;

	matcher_init(&x, p, subject, m, step, arg);
	found = match_from(&x, start);
	while (!found && !p->anchored && start < subject.n)
		found = match_from(&x, ++start);
	step(arg, x.steps);
	return found;
}
