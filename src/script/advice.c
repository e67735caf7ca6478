/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "script/advice.h"

enum {
	NAME_MAX_BYTES = 64,
};

/*
 * The first row whose two texts are in the message, in this order, gives the advice; "%s" in it is
 * the last name in quotes.
 */
static const struct {
	const char *has, *then, *advice;
} rows[] = {
	/* of the parser */
	{ "'then' expected near '='", "", "to compare, write == instead of =" },
	{ "'then' expected near '!'", "", "'not equal' is written ~=" },
	{ "unexpected symbol near '&'", "", "'both' is written: a and b" },
	{ "unexpected symbol near '|'", "", "'either' is written: a or b" },
	{ "'then' expected near 'in'", "",
	    "to look into a list, walk it: for _, x in ipairs(list) do" },
	{ "'then' expected near", "", "write 'if condition then'" },
	{ "'do' expected near '='", "", "to compare, write == instead of =" },
	{ "'do' expected near", "", "write 'while condition do' or 'for ... do'" },
	{ "unexpected symbol near '//'", "", "a comment is written --" },
	{ "unexpected symbol near '#'", "", "a comment is written --" },
	{ "unexpected symbol near '?'", "", "a choice is written: condition and a or b" },
	{ "unexpected symbol near 'return'", "", "a block begins with 'then' or 'do', not with {" },
	{ "unexpected symbol near '!'", "", "'not' is written: not a" },
	{ "'}' expected", "near '='", "a comma is missing before this field, or it has two names" },
	{ "'}' expected", "near ':'", "a field is written name = value" },
	{ "'}' expected", "near '", "a comma is missing before '%s'" },
	{ "'end' expected", "near 'return'",
	    "return is the last thing in its block: write 'end' before it" },
	{ "'end' expected", "near <eof>",
	    "write 'end' behind each function, if, for and while; 'else if' is one word, elseif" },
	{ "'end' expected", "near 'else", "write 'end' behind the block inside, or remove this" },
	{ "<eof> expected near 'end'", "", "there is an 'end' too many" },
	{ "<eof> expected near", "",
	    "return is the last thing of a file: write local x = ... here and return x there" },
	{ "')' expected", "near '='",
	    "to compare, write ==; fields stand in braces: { name = value }" },
	{ "')' expected", "", "the closing ) is missing before this" },
	{ "function arguments expected", "",
	    "a colon calls a function; a field is read with a dot, as in peer.name" },
	{ "<name> expected near '('", "",
	    "a function has a name here: function partner.select_capability(request, peer)" },
	{ "<name> expected near '1'", "", "a field is written name = value" },
	{ "<name> expected near '\"", "", "a field is written name = value" },
	{ "<name> expected near '{'", "", "a field is written name = value" },
	{ "syntax error near '+'", "", "there is no += or ++: write n = n + 1" },
	{ "syntax error near '-'", "", "there is no -=: write n = n - 1" },
	{ "unfinished string", "", "the closing quote is missing" },
	/* of the machine */
	{ "attempt to call a", "for iterator", "write 'for _, x in ipairs(list) do'" },
	{ "attempt to call a boolean value", "'",
	    "'%s' is true or false: read it without brackets behind it" },
	{ "attempt to call a nil value", "'", "there is no function '%s' here" },
	{ "attempt to index a nil value", "'",
	    "'%s' is nil: look first, as in 'if x and x.y then'" },
	{ "attempt to get length of a nil value", "'",
	    "'%s' is nil: look first, or write #(x or {})" },
	{ "attempt to perform arithmetic on a nil value", "'",
	    "'%s' is nil: look first, or write (x or 0)" },
	{ "attempt to concatenate a nil value", "'",
	    "'%s' is nil: look first, or write tostring(x)" },
	{ "attempt to compare", "nil",
	    "one of the two is nil: look first, as in 'if x and x > 5 then'" },
	{ "attempt to compare", "userdata",
	    "constants have no order: compare them with == and ~=" },
	{ "attempt to compare number with string", "",
	    "a text is no number: write numbers without quotes, and dates as sepp.date(text)" },
	{ "attempt to compare string with number", "",
	    "a text is no number: write numbers without quotes, and dates as sepp.date(text)" },
	{ "attempt to index a userdata value", "'",
	    "'%s' is a constant and has no fields: compare it with ==" },
	{ "attempt to concatenate a", "value", "write tostring(x)" },
	{ "attempt to perform arithmetic on a string value", "",
	    "texts are joined with .. and become numbers with tonumber(text)" },
	/* of methods and hooks */
	{ "bad argument #1 to 'offers' (request expected", "",
	    "it is called with a colon: request:offers(...)" },
	{ "bad argument #1 to 'offers' (parameters expected", "",
	    "it is called with a colon: request:offers(...)" },
	{ "bad argument #1 to 'owns' (peer expected", "",
	    "it is called with a colon: peer:owns(...)" },
	{ "bad argument #1 to 'certified_for' (peer expected", "",
	    "it is called with a colon: peer:certified_for(...)" },
	{ "bad argument #1 to 'prefer' (request expected, got peer)", "",
	    "a hook is defined with a dot: function partner.select_capability(request, peer)" },
	{ "bad argument #1 to 'prefer' (request expected", "",
	    "write sepp.prefer(request, { sepp.PRINS, sepp.TLS })" },
	{ "bad argument #1 to 'select' (capability expected, got table", "",
	    "for a list, write sepp.prefer(request, { sepp.PRINS, sepp.TLS })" },
	{ "bad argument #2 to 'selected' (capability expected, got no value", "",
	    "write test.selected(answer, sepp.TLS)" },
	{ "bad argument #1 to 'reject' (string expected", "", "write sepp.reject(\"why\")" },
	{ "bad argument #1 to 'defer' (number expected", "", "write sepp.defer(30, \"why\")" },
	{ "bad argument #1 to 'len' (string expected, got no value", "",
	    "it is called with a colon: text:len(), or #text" },
	{ "bad argument #1 to 'lower' (string expected, got no value", "",
	    "it is called with a colon: text:lower()" },
	{ "bad argument #1 to 'upper' (string expected, got no value", "",
	    "it is called with a colon: text:upper()" },
	/* of the library */
	{ "invalid conversion '% ", "to 'format'", "a per cent sign is written %%" },
	{ "list has no field '", "", "walk it: for _, x in ipairs(list) do" },
	{ "assertion failed!", "", "say what is wrong: assert(value, \"why\")" },
};

/* The last text in single quotes, "" if there is none. */
static void last_name(const char *text, char out[NAME_MAX_BYTES])
{
	const char *end = strrchr(text, '\''), *start = end;

	out[0] = '\0';
	while (start > text && start[-1] != '\'')
		start--;
	if (end && start > text)
		(void)str_copy(out, NAME_MAX_BYTES, (struct str){ start, (size_t)(end - start) });
}

static const char *find(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(text, rows[i].has);

		if (at && strstr(at + strlen(rows[i].has), rows[i].then))
			return rows[i].advice;
	}
	return NULL;
}

void advice_add(char *text, size_t size)
{
	const char *advice = find(text), *gap;
	char name[NAME_MAX_BYTES], said[160];
	size_t n = strlen(text), m;

	if (!advice)
		return;
	last_name(text, name);
	gap = strstr(advice, "%s");
	if (gap)
		snprintf(
		    said, sizeof(said), "%.*s%s%s", (int)(gap - advice), advice, name, gap + 2);
	else
		(void)str_copy(said, sizeof(said), str_of(advice));
	m = strlen(said);
	if (n + m + 3 > size)
		return;
	snprintf(text + n, size - n, "; %s", said);
}
