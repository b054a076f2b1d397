import { expect, test } from "vitest";
import { goRegExp } from "./go-regexp.ts";

test.each([
  ["a|b", "b", true],
  ["a|b", "ab", false],
  ["a.c", "a\nc", true],
  ["(?i)GeT", "gEt", true],
  ["(?i:g)eT", "Get", false],
  ["(?i:g)eT", "GeT", true],
  ["(a(?i)b)c", "aBc", true],
  ["(a(?i)b)c", "aBC", false],
  ["[[:alpha:]_]+", "ab_", true],
  ["[^[:digit:]]", "5", false],
  ["[]a]+", "]a", true],
  ["\\Q.+\\E", ".+", true],
  ["\\-\\_\\.", "-_.", true],
  ["a{2}", "aa", true],
  ["a{,2}", "a{,2}", true],
  ["{x}", "{x}", true],
  ["\\pL+", "äb", true],
  ["(?P<name>x)y", "xy", true],
  ["\\x{e4}", "ä", true],
])("%s on %j: %s", (source, text, matches) => {
  expect(goRegExp(source, { whole: true, dotAll: true }).test(text)).toBe(matches);
});

test.each([
  ["(", "missing closing ): `(`"],
  ["(a)b)", "unexpected ): `(a)b)`"],
  ["*", "missing argument to repetition operator: `*`"],
  ["a|{2}", "missing argument to repetition operator: `{2}`"],
  ["a**", "invalid nested repetition operator: `**`"],
  ["a{2}+?b", "invalid nested repetition operator: `{2}+?`"],
  ["a{2,1}", "invalid repeat count: `{2,1}`"],
  ["a{1001}", "invalid repeat count: `{1001}`"],
  ["((a{10}){10}){11}", "invalid repeat count: `{11}`"],
  ["a[b", "missing closing ]: `[b`"],
  ["[z-a]", "invalid character class range: `z-a`"],
  ["[[:foo:]]", "invalid character class range: `[:foo:]`"],
  ["\\p{Foo}", "invalid character class range: `\\p{Foo}`"],
  ["a\\", "trailing backslash at end of expression: ``"],
  ["\\q", "invalid escape sequence: `\\q`"],
  ["\\x{110000}", "invalid escape sequence: `\\x{110000`"],
  ["(?P<n", "invalid named capture: `(?P<n`"],
  ["(?<!a)", "invalid named capture: `(?<!a)`"],
  ["(?x)a", "invalid or unsupported Perl syntax: `(?x`"],
])("refuses %s as Go does", (source, problem) => {
  expect(() => goRegExp(source)).toThrow(`error parsing regexp: ${problem}`);
});

test.each([
  ["^*a", "a", true],
  ["(?:a\\b+|c)", "a", true],
  ["\\141\\0[\\60-\\71]", "a\u00005", true],
  ["[\\d-z]+", "5-z", true],
  ["[\\d-z]", "y", false],
  ["[[:^digit:]]", "ä", true],
  ["[[:^digit:]]", "5", false],
  ["[\\S]", "\u00a0", true],
  ["[:alpha:]", ":", true],
  ["[:alpha:]", "z", false],
  ["(?P<n>a)(?P<n>b)", "ab", true],
  ["(?P<1a>b)", "b", true],
])("%s, which JavaScript would not take as it is, on %j: %s", (source, text, matches) => {
  expect(goRegExp(source, { whole: true }).test(text)).toBe(matches);
});

test.each([
  ["b", "abc", true],
  ["a.c", "a\nc", false],
  ["a.c", "a\rc", true],
  ["(?s)a.c", "a\nc", true],
  ["(?m)^b$", "a\nb\nc", true],
  ["^b$", "a\nb", false],
  ["(?i)[a-c]x", "BX", true],
  ["a\\sb", "a\u00a0b", false],
  ["a\\Sb", "a\u00a0b", true],
  ["[\\s,]", " ", true],
])("finds %s somewhere in %j: %s", (source, text, matches) => {
  expect(goRegExp(source).test(text)).toBe(matches);
});
