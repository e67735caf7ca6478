/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script_stock.h"

#include "script/pattern.h"

static const char *const known[] = {
	"string.find, 'hello world', 'wor'",
	"string.find, 'hello world', 'o', 6",
	"string.find, 'hello', 'l+'",
	"string.find, 'hello', ''",
	"string.find, 'hello', '', 6",
	"string.find, 'hello', '', 7",
	"string.find, 'hello', 'l', -2",
	"string.find, 'hello', 'h', -100",
	"string.find, 'a.b', '.', 2, true",
	"string.find, 'a+b', '+', 1, true",
	"string.find, 'abc', '', 2, true",
	"string.find, 'abc', 'b', math.mininteger",
	"string.match, 'key = value', '^(%w+)%s*=%s*(%w+)$'",
	"string.match, '2024-01-31', '(%d+)-(%d+)-(%d+)'",
	"string.match, 'hello', '()ll()'",
	"string.match, 'THE (quick) fox', '%((%a+)%)'",
	"string.match, 'f(a(b)c)d', '%b()'",
	"string.match, 'aaa', '%baa'",
	"string.match, 'THE (quick) fox', '%f[%a]%a+%f[%A]', 5",
	"string.match, 'x', '%f[\\0]'",
	"string.match, [[\"it's\"]], [[([\"'])(.-)%1]]",
	"string.match, 'abcabc', '(abc)%1'",
	"string.match, 'abcabd', '(ab(.))%2?'",
	"string.match, ']]', '[]]+'",
	"string.match, 'a]b', '[^]]+'",
	"string.match, 'a-z', '[a%-z]+'",
	"string.match, 'b-', '[a-]+'",
	"string.match, 'x^y', '[x^]+'",
	"string.match, 'a$b', 'a$b'",
	"string.match, 'a^b', 'a^b'",
	"string.find, 'a\\0b', 'a%cb'",
	"string.find, 'a\\0b', '[\\0]'",
	"string.match, 'aXb', '%u'",
	"string.match, '\\195\\169', '%w'",
	"string.match, 'abc', '((a)(b)(c))'",
	"string.match, 'abc', '.-'",
	"string.match, 'abc', '.-$'",
	"string.match, 'aaab', 'a-b'",
	"string.match, 'aaab', 'a?a?a?a?b'",
	"string.match, 'abc', '^b'",
	"string.match, 'abc', '^b', 2",
	"string.gsub, 'hello world', 'o', '0'",
	"string.gsub, 'hello world', '(%w+)', '<%1>'",
	"string.gsub, 'hello world', '%w+', '%0 %0', 1",
	"string.gsub, 'abc', '', '-'",
	"string.gsub, 'abc', '%w*', 'x'",
	"string.gsub, 'abc d', '%w*', 'x'",
	"string.gsub, 'abc', '^a', 'x'",
	"string.gsub, 'aaa', '^a', 'x'",
	"string.gsub, 'abc', 'b', '%%'",
	"string.gsub, 'abc', 'b', '%2'",
	"string.gsub, 'abc', 'b', '%x'",
	"string.gsub, 'abc', 'b', '%1'",
	"string.gsub, '$name is $age', '%$(%w+)', { name = 'x', age = 7 }",
	"string.gsub, 'abc', '%w', function(c) if c == 'b' then return 'B' end end",
	"string.gsub, 'abc', '%w', function(c) return false end",
	"string.gsub, 'abc', '%w', function(c) return {} end",
	"string.gsub, 'abc', '()', function(i) return i end",
	"string.gsub, 'abc', 'b', 5",
	"string.gsub, 'abc', 'b', true",
	"string.gsub, 'abc', '.', 'x', 0",
	"string.gsub, 'abc', '.', 'x', -1",
	"string.find, 'a', '%'",
	"string.find, 'a', '['",
	"string.find, 'a', '[a'",
	"string.find, 'a', '[%'",
	"string.find, 'a', '(a'",
	"string.find, 'a', '%1'",
	"string.find, 'a', '(a%1)'",
	"string.find, 'a', '%f'",
	"string.find, 'a', '%b'",
	"function() local t = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do "
	"t[#t + 1] = k .. v end return table.concat(t, ';') end",
	"function() local t = {} for w in string.gmatch('one two', '%a*') do t[#t + 1] = w end "
	"return table.concat(t, ';') end",
	"function() local t = {} for w in string.gmatch('aaa', '^a') do t[#t + 1] = w end "
	"return table.concat(t, ';') end",
	"function() local t = {} for p in string.gmatch('abc', '()', 2) do t[#t + 1] = p end "
	"return table.concat(t, ';') end",
};

static void known_patterns_match_as_in_stock_lua(void **state)
{
	(void)state;
	stock_same_all(known, ARRAY_LEN(known));
}

/* A sequence of numbers that is the same on every machine. */
static unsigned pick(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

/* A pattern of up to six pieces that stock Lua takes. */
static void make_pattern(uint64_t *seed, char out[128])
{
	static const char *const singles[] = { "a", "b", ".", "%a", "%d", "%s", "[ab]", "[^a]",
		"[a-c1]", "%.", "[%w.]", "x", "%A", "[]b]" };
	static const char *const repeats[] = { "", "", "*", "+", "-", "?" };
	static const char *const others[] = { "()", "%b()", "%bab", "%f[%a]", "%f[^b]", "(a)",
		"(.-)", "(%a*)", "([ab]+)" };
	bool captured = false;

	strcpy(out, pick(seed, 6) == 0 ? "^" : "");
	for (unsigned n = 1 + pick(seed, 6); n > 0; n--) {
		unsigned what = pick(seed, 5);

		if (what == 0) {
			const char *piece = others[pick(seed, ARRAY_LEN(others))];

			captured = captured || piece[0] == '(';
			strcat(out, piece);
		} else if (what == 1 && captured) {
			strcat(out, "%1");
		} else {
			strcat(out, singles[pick(seed, ARRAY_LEN(singles))]);
			strcat(out, repeats[pick(seed, ARRAY_LEN(repeats))]);
		}
	}
	strcat(out, pick(seed, 6) == 0 ? "$" : "");
}

static void make_subject(uint64_t *seed, char out[32])
{
	static const char letters[] = "aaabbcx1 .()";
	unsigned n = pick(seed, 24);

	for (unsigned i = 0; i < n; i++)
		out[i] = letters[pick(seed, sizeof(letters) - 1)];
	out[n] = '\0';
}

static void generated_patterns_match_as_in_stock_lua(void **state)
{
	static const char *const calls[] = { "string.find, [==[%s]==], [==[%s]==]",
		"string.match, [==[%s]==], [==[%s]==], 2",
		"string.gsub, [==[%s]==], [==[%s]==], '<%%0>'",
		("function() local t = {} for a, b in string.gmatch([==[%s]==], [==[%s]==]) do "
		 "t[#t + 1] = tostring(a) .. tostring(b) end return table.concat(t, ';') end") };
	struct kit *k = kit_open();
	lua_State *L = luaL_newstate();
	uint64_t seed = 1;

	(void)state;
	luaL_openlibs(L);
	for (int i = 0; i < 800; i++) {
		char pattern[128], subject[32], call[512];

		make_pattern(&seed, pattern);
		make_subject(&seed, subject);
		snprintf(call, sizeof(call), calls[i % 4], subject, pattern);
		stock_same(k, L, call);
	}
	lua_close(L);
	kit_close(k);
}

static void count_steps(void *arg, uint64_t steps)
{
	*(uint64_t *)arg += steps;
}

static void a_malformed_pattern_is_refused_whatever_the_subject(void **state)
{
	static const char *const bad[] = { "%", "[", "[a", "[%", "(", "a)", "%1", "(a%1)", "%f",
		"%fa", "%b", "%bx", "%0", "((a)" };
	struct pattern p;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		why = NULL;
		assert_int_equal(pattern_compile(&p, str_of(bad[i]), true, &why), ERR_SYNTAX);
		assert_non_null(why);
	}
}

static void steps_are_counted(void **state)
{
	char subject[2001];
	struct pattern_match m;
	struct pattern p;
	uint64_t steps = 0;
	const char *why;

	(void)state;
	memset(subject, 'a', 2000);
	subject[2000] = '\0';
	assert_int_equal(pattern_compile(&p, str_of("a*a*b"), true, &why), 0);
	assert_false(pattern_match_at(&p, str_of(subject), 0, &m, count_steps, &steps));
	assert_true(steps > 1000000);
}

static void the_largest_patterns_are_matched_within_bounds(void **state)
{
	static const char *const pieces[] = { "a?", "a-", "()", "[a]", "%a*", "a" };
	struct pattern_match m;
	struct pattern p;
	uint64_t steps = 0;
	char text[PATTERN_MAX + 2];
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		size_t n = 0, max = pieces[i][0] == '(' ? 32 : SIZE_MAX;

		while (n + strlen(pieces[i]) <= PATTERN_MAX && max-- > 0) {
			strcpy(text + n, pieces[i]);
			n += strlen(pieces[i]);
		}
		assert_int_equal(pattern_compile(&p, str_of(text), true, &why), 0);
		if (pattern_find(&p, str_of("aaaaaaaa"), 0, &m, count_steps, &steps))
			assert_true(m.end <= 8);
	}
	memset(text, 'a', PATTERN_MAX + 1);
	text[PATTERN_MAX + 1] = '\0';
	assert_int_equal(pattern_compile(&p, str_of(text), true, &why), ERR_SYNTAX);
}

static void too_many_captures_or_sets_are_refused(void **state)
{
	char captures[2 * 33 + 1] = "", sets[4 * 64 + 1] = "";
	struct pattern p;
	const char *why;

	(void)state;
	for (int i = 0; i < 33; i++)
		strcat(captures, "()");
	assert_int_equal(pattern_compile(&p, str_of(captures), true, &why), ERR_SYNTAX);
	for (int i = 0; i < 64; i++)
		strcat(sets, "[ab]");
	assert_int_equal(pattern_compile(&p, str_of(sets), true, &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_patterns_match_as_in_stock_lua),
		cmocka_unit_test(generated_patterns_match_as_in_stock_lua),
		cmocka_unit_test(a_malformed_pattern_is_refused_whatever_the_subject),
		cmocka_unit_test(steps_are_counted),
		cmocka_unit_test(the_largest_patterns_are_matched_within_bounds),
		cmocka_unit_test(too_many_captures_or_sets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
