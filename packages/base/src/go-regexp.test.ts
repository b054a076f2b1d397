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

test.each(["(", "a**", "[z-a]", "(?x)a"])("refuses %s", (source) => {
  expect(() => goRegExp(source)).toThrow(`error parsing regexp: invalid expression: \`${source}\``);
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
