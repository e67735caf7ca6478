/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_stock.h"

static const char *const formats[] = {
	"string.format, '%d %i', 5, -7",
	"string.format, '%5d|%-5d|%05d|%+d|% d', 1, 2, 3, 4, 5",
	"string.format, '%.3d', 5",
	"string.format, '%x %X %#x %o %#o', 255, 255, 255, 8, 8",
	"string.format, '%c%c%c', 65, 0x42, 67",
	"string.format, '%-3c|', 65",
	"string.format, '%f %.2f %10.3f %-10.1f|', 1.5, 1.5, 1.5, 1.5",
	"string.format, '%e %E %.3e', 12345.678, 12345.678, 12345.678",
	"string.format, '%g %G %.3g %#g', 0.0001, 1e20, 12345.678, 1.0",
	"string.format, '%a %A', 1.5, 0.1",
	"string.format, '%.99f', 1/3",
	"string.format, '%99d', 1",
	"string.format, '%s %s %s %s', nil, true, 1.0, 'x'",
	"string.format, '%10s|%-10s|%.2s|%5.1s|', 'abc', 'abc', 'abc', 'abc'",
	"string.format, '%s', ('x'):rep(200)",
	"string.format, '%5s', 'a\\0b'",
	"function() return #string.format('%s', 'a\\0b') end",
	"string.format, '%q', 'a\"b\\\\c\\nd\\0e\\r1'",
	"string.format, '%q %q %q %q', 1, 1.5, true, nil",
	"string.format, '%q', math.mininteger",
	"string.format, '%q %q', 1/0, -1/0",
	"string.format, '%q', {}",
	"string.format, '%5q', 'x'",
	"string.format, '%%'",
	"string.format, '%d', 3.0",
	"string.format, '%d', '10'",
	"string.format, '%d', 3.5",
	"string.format, '%d', 'x'",
	"string.format, '%d'",
	"string.format, '%y', 1",
	"string.format, '%',  1",
	"string.format, '%123d', 1",
	"string.format, '%.123d', 1",
	"string.format, '%#d', 1",
	"string.format, '%0s', 'x'",
	"string.format, '%+x', 1",
	"string.format, '%.3c', 65",
	"string.format, '%5.2', 1",
	"string.format, '%-+ #0d', 1",
	"string.format, 'plain'",
	"string.format, '%i', math.maxinteger",
};

static void format_is_as_in_stock_lua(void **state)
{
	(void)state;
	stock_same_all(formats, ARRAY_LEN(formats));
}

static const char *const strings[] = {
	"string.byte, 'abc'",
	"string.byte, 'abc', -1",
	"string.byte, 'abc', 1, 3",
	"string.byte, 'abc', 0",
	"string.byte, 'abc', 10",
	"string.byte, 'abc', 2, 1",
	"string.char, 104, 105",
	"string.char",
	"string.char, 256",
	"string.len, 'abc\\0d'",
	"string.lower, 'ABC\\196'",
	"string.upper, 'abc1'",
	"string.rep, 'ab', 3",
	"string.rep, 'ab', 3, ','",
	"string.rep, 'ab', 0",
	"string.rep, 'ab', -1",
	"string.rep, 'x', 1 << 60",
	"string.reverse, 'abc'",
	"string.sub, 'hello', 2",
	"string.sub, 'hello', 2, 4",
	"string.sub, 'hello', -3",
	"string.sub, 'hello', -3, -2",
	"string.sub, 'hello', 0",
	"string.sub, 'hello', 10",
	"string.sub, 'hello', 1, 100",
	"string.sub, 'hello', -100, 2",
	"string.sub, 'hello', math.mininteger, math.maxinteger",
	"string.sub, 'hello', 3, -100",
	"string.sub, 'hello', 'x'",
	"function() return ('x'):rep(3), #('abc') end",
};

static void strings_are_as_in_stock_lua(void **state)
{
	(void)state;
	stock_same_all(strings, ARRAY_LEN(strings));
}

static const char *const others[] = {
	"tonumber, '0x10'",
	"tonumber, ' 10 '",
	"tonumber, '1e1'",
	"tonumber, '10', 2",
	"tonumber, ' zz ', 36",
	"tonumber, '-ff', 16",
	"tonumber, '8', 8",
	"tonumber, ''",
	"tonumber, 'x'",
	"tonumber, nil",
	"tonumber, {}",
	"tonumber",
	"tonumber, 10, 2",
	"tonumber, '1', 37",
	"tonumber, '1\\0'",
	"tonumber, '7fffffffffffffff', 16",
	"tonumber, 'ffffffffffffffff', 16",
	"tostring, 1e15",
	"tostring, 1e100",
	"tostring, -0.0",
	"tostring, 2^53",
	"tostring, nil",
	"tostring",
	"type, nil",
	"type",
	"select, '#', 1, nil, nil",
	"select, 2, 'a', 'b', 'c'",
	"select, -1, 'a', 'b', 'c'",
	"select, 0, 'a'",
	"select, -5, 'a'",
	"select, 5, 'a'",
	"assert, 1, 2, 3",
	"assert, false",
	"assert, nil, 'x'",
	"assert",
	"pcall, error, 'x', 0",
	"pcall, error",
	"table.concat, { 1, 2, 'x' }, ', '",
	"table.concat, { 1, 2, 3 }, '-', 2, 3",
	"table.concat, {}, 'x'",
	"table.concat, { 1, {} }",
	"table.concat, { 1, 2 }, ',', 2, 1",
	"table.unpack, { 1, 2, 3 }",
	"table.unpack, { 1, nil, 3 }, 1, 3",
	"table.unpack, { 1, 2 }, 2",
	"table.unpack, {}, 1, 1e7",
	"table.unpack, {}, math.mininteger, math.maxinteger",
	"function() local t = { 1, 2, 3 } table.insert(t, 4) table.insert(t, 1, 0) "
	"return table.concat(t, ',') end",
	"function() table.insert({ 1, 2 }, 4, 0) end",
	"function() table.insert({ 1, 2 }, 1, 0, 5) end",
	"function() table.insert({ 1 }) end",
	"function() local t = { 1, 2, 3 } local a = table.remove(t, 1) local b = table.remove(t) "
	"return a, b, #t, t[1] end",
	"function() return table.remove({}), table.remove({}, 0) end",
	"function() return table.remove({ 1, 2, 3 }, 7) end",
	"function() local t = { 3, 1, 2, 10, -1, 2.5 } table.sort(t) return table.concat(t, ',') end",
	"function() local t = { 'b', 'a', 'C', '' } table.sort(t) return table.concat(t, ',') end",
	"function() local t = { 3, 1, 2 } table.sort(t, function(a, b) return a > b end) "
	"return table.concat(t, ',') end",
	"function() table.sort({ 1, 'x' }) end",
	"function() table.sort({ 3, 2, 1 }, function() error('x') end) end",
	"function() local t = {} for i = 1, 300 do t[i] = (i * 7919) % 301 end table.sort(t) "
	"for i = 2, 300 do assert(t[i - 1] <= t[i]) end return #t, t[1], t[300] end",
	"function() local n = 0 for i, v in ipairs({ 1, 2, nil, 4 }) do n = n + v end return n end",
	"math.floor, 2.7",
	"math.max, 1, 5, 3",
	"math.tointeger, 3.0",
	"math.type, 1.0",
	"math.fmod, 7, 3",
	"function() return math.pi, math.huge, math.maxinteger, math.mininteger end",
};

static void the_rest_is_as_in_stock_lua(void **state)
{
	(void)state;
	stock_same_all(others, ARRAY_LEN(others));
}

/* expression, what tostring() makes of it */
static const char *const ours[][2] = {
	{ "tostring({})", "table" },
	{ "tostring(print_me)", "partners/p.lua:3: undefined name 'print_me'" },
	{ "tostring(tostring)", "function" },
	{ "tostring(sepp.TLS)", "TLS" },
	{ "tostring(sepp.purpose.SMS_INTERCONNECT)", "SMS_INTERCONNECT" },
	{ "tostring(request)", "request" },
	{ "tostring(peer.certificate)", "peer.certificate" },
	{ "tostring(sepp.reject(\"x\"))", "answer" },
	{ "(\"%s %s\"):format({}, sepp.PRINS)", "table PRINS" },
	{ "(\"%p\"):format({})",
	    "partners/p.lua:3: invalid conversion '%p' to 'format': there are no addresses" },
	{ "(\"x\"):rep(65537)", "partners/p.lua:3: resulting string longer than 65536 bytes" },
	{ "#(\"x\"):rep(65536)", "65536" },
	{ "#(\"\"):rep(1 << 60)", "0" },
	{ "(\"x\"):foo()", "partners/p.lua:3: string has no field 'foo'" },
	{ "strin.rep", "partners/p.lua:3: undefined name 'strin' (did you mean 'string'?)" },
	{ "print(1)", "partners/p.lua:3: undefined name 'print' (write sepp.note(format, ...))" },
	{ "setmetatable({}, {})",
	    "partners/p.lua:3: undefined name 'setmetatable' (policies have no metatables)" },
	{ "math.random()", "partners/p.lua:3: math has no field 'random' (did you mean 'rad'?)" },
	{ "table.move({}, 1, 1, 2)",
	    "partners/p.lua:3: table has no field 'move' (did you mean 'remove'?)" },
	{ "string.dump(tostring)", "partners/p.lua:3: string has no field 'dump'" },
	{ "\"10\" + 1",
	    "partners/p.lua:3: attempt to perform arithmetic on a string value (constant "
	    "'10'); texts are joined with .. and become numbers with tonumber(text)" },
	{ "(\"x\"):rep(1, 2, {}):len() and 1", "1" },
	{ "pairs(1)",
	    "partners/p.lua:3: bad argument #1 to 'pairs' (table or list expected, got number)" },
	{ "next({ c = 1, a = 2, b = 3 })", "a" },
	{ "next({ c = 1, a = 2, b = 3 }, \"a\")", "b" },
	{ "next({})", "nil" },
	{ "select(2, next({ [2] = \"two\", x = 1 }))", "two" },
	{ "next({ [{}] = 1 })",
	    "partners/p.lua:3: cannot walk this table: only numbers, strings, booleans "
	    "and constants have an order as keys" },
};

static void what_differs_from_stock_lua_is_said(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		const char *got = kit_eval(k, ours[i][0]);

		if (strcmp(got, ours[i][1]) != 0)
			fail_msg("%s\n  got  %s\n  want %s", ours[i][0], got, ours[i][1]);
	}
	kit_close(k);
}

static void pairs_goes_in_the_order_of_the_keys(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k,
	    "local t = { z = 1, a = 1, [10] = 1, [2] = 1, [1.5] = 1, [true] = 1, [false] = 1, B = 1,"
	    " [sepp.PRINS] = 1, [sepp.TLS] = 1, [-1] = 1 }\n"
	    "local out = {} for key in pairs(t) do out[#out + 1] = tostring(key) end\n"
	    "return sepp.reject(\"%s\", table.concat(out, \" \"))");

	(void)state;
	assert_string_equal(a->reason, "-1 1.5 2 10 B a z false true TLS PRINS");
	kit_close(k);
}

static void pairs_leaves_out_what_was_removed_meanwhile(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a =
	    kit_select(k, "local t, out = { a = 1, b = 2, c = 3 }, \"\"\n"
			  "for key in pairs(t) do out = out .. key t.b = nil t.x = 1 end\n"
			  "return sepp.reject(\"%s\", out)");

	(void)state;
	assert_string_equal(a->reason, "ac");
	kit_close(k);
}

static void sort_is_stable_and_takes_any_comparator(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k,
	    "local t = {} for i = 1, 40 do t[i] = { i % 3, i } end\n"
	    "table.sort(t, function(a, b) return a[1] < b[1] end)\n"
	    "for i = 2, 40 do assert(t[i - 1][1] < t[i][1] or t[i - 1][2] < t[i][2]) end\n"
	    "table.sort(t, function() return true end)\n"
	    "local seen = 0 for _, v in ipairs(t) do seen = seen + v[2] end\n"
	    "return sepp.reject(\"%d\", seen)");

	(void)state;
	assert_string_equal(a->reason, "820");
	kit_close(k);
}

static void gsub_may_call_gsub(void **state)
{
	struct kit *k = kit_open();
	const struct script_answer *a = kit_select(k,
	    "local s = (\"a-b-c\"):gsub(\"%a\", function(c)\n"
	    "  pcall(function() (\"xyz\"):gsub(\"y\", function() error(\"no\") end) end)\n"
	    "  return (c:upper():gsub(\".\", \"%0%0\")) end)\n"
	    "return sepp.reject(\"%s\", s)");

	(void)state;
	assert_string_equal(a->reason, "AA-BB-CC");
	kit_close(k);
}

/* statement in line 3, message */
static const char *const forbidden[][2] = {
	{ "x = 1", "partners/p.lua:3: assignment to the global 'x'; write 'local x = ...'" },
	{ "string = nil",
	    "partners/p.lua:3: assignment to the global 'string'; write 'local string = ...'" },
	{ "string.rep = nil", "partners/p.lua:3: string is read-only: cannot assign 'rep'" },
	{ "math.pi = 3", "partners/p.lua:3: math is read-only: cannot assign 'pi'" },
	{ "_ENV.x = 1", "partners/p.lua:3: assignment to the global 'x'; write 'local x = ...'" },
	{ "table.insert(table, 1)",
	    "partners/p.lua:3: bad argument #1 to 'insert' (this table is read-only)" },
	{ "table.sort(sepp)",
	    "partners/p.lua:3: bad argument #1 to 'sort' (this table is read-only)" },
	{ "sepp.event.IDLE = 1",
	    "partners/p.lua:3: sepp.event is read-only: cannot assign 'IDLE'" },
};

static void nothing_of_the_library_can_be_changed(void **state)
{
	struct kit *k = kit_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		assert_string_equal(kit_select(k, forbidden[i][0])->reason, forbidden[i][1]);
	kit_close(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_is_as_in_stock_lua),
		cmocka_unit_test(strings_are_as_in_stock_lua),
		cmocka_unit_test(the_rest_is_as_in_stock_lua),
		cmocka_unit_test(what_differs_from_stock_lua_is_said),
		cmocka_unit_test(pairs_goes_in_the_order_of_the_keys),
		cmocka_unit_test(pairs_leaves_out_what_was_removed_meanwhile),
		cmocka_unit_test(sort_is_stable_and_takes_any_comparator),
		cmocka_unit_test(gsub_may_call_gsub),
		cmocka_unit_test(nothing_of_the_library_can_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
