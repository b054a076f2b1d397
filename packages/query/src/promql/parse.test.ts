import { describe, expect, test } from "vitest";
import { formatQuery } from "./format-query.ts";
import { MAX_OPERATORS, parse, parseSelector } from "./parse.ts";
import { print } from "./print.ts";
import { MAX_NESTING } from "./token-reader.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

describe("parse errors name the place and the problem in Prometheus's words", () => {
  test.each([
    ["", "unknown position: parse error: no expression found in input"],
    ["1+", "1:3: parse error: unexpected end of input"],
    ["sum(", "1:5: parse error: unclosed left parenthesis"],
    ["(1))", "1:5: parse error: unexpected right parenthesis ')'"],
    ["*up", "1:1: parse error: unexpected <op:*>"],
    ["foo{", "1:5: parse error: unexpected end of input inside braces"],
    ["foo{a=b}", '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
    ["foo{,}", '1:5: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ['foo{a=~"("}', "1:5: parse error: error parsing regexp: missing closing ): `(`"],
    ["{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ["foo[5mm]", '1:5: parse error: bad number or duration syntax: "5mm"'],
    ["foo[0]", "1:5: parse error: duration must be greater than 0"],
    ["foo offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"],
    ["rate(up)", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ["nope()", '1:1: parse error: unknown function with name "nope"'],
    ["topk(up)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"],
    ["1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"],
    ["up and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ["up +\n bool up", "1:4: parse error: bool modifier can only be used on comparison operators"],
    ['"ä" + "', "1:8: parse error: unterminated quoted string"],
    ["up\n+ +", "2:4: parse error: unexpected end of input"],
  ])("%j", (query, problem) => {
    expect(() => parse(query, EXPERIMENTAL_FEATURES)).toThrow(`[QUERY_BAD_DATA] ${problem}`);
  });
});

test("carries the offsets of the problem", () => {
  expect(() => parse("sum(rate(up))", EXPERIMENTAL_FEATURES)).toThrow(
    expect.objectContaining({ type: "bad_data", position: expect.objectContaining({ start: 9, end: 11 }) }),
  );
});

test("refuses to nest without end", () => {
  const deep = "(".repeat(MAX_NESTING + 1);
  expect(() => parse(deep + "1" + ")".repeat(MAX_NESTING + 1), EXPERIMENTAL_FEATURES)).toThrow(
    "expression is nested too deeply",
  );
});

test("refuses operators without end", () => {
  expect(() => parse("1" + "+1".repeat(MAX_OPERATORS + 1), EXPERIMENTAL_FEATURES)).toThrow(
    "expression has too many operators",
  );
  expect(parse("1" + "+1".repeat(MAX_OPERATORS), EXPERIMENTAL_FEATURES)).toMatchObject({ kind: "binary" });
});

test.each([
  ["sum  by(job)(rate(foo{bar='baz'}[5m]))>0", 'sum by (job) (rate(foo{bar="baz"}[5m])) > 0'],
  ["a - on(b) group_left c", "a - on (b) group_left () c"],
  ["a+fill(-23)b", "a + fill (-23) b"],
  ["foo[300] @ 10 offset -7m", "foo[5m] @ 10.000 offset -7m"],
  ["foo[1h:5m] offset 1m", "foo[1h:5m] offset 1m"],
  ["foo[-(step())]", "foo[-(step())]"],
  ['{"a.b"="c", x!~`d`}', '{"a.b"="c",x!~"d"}'],
  ["SUM WITHOUT (a) (x)", "sum without (a) (x)"],
  ["1e3 ^ -0x10", "1000 ^ -16"],
  ["foo anchored @ start()", "foo anchored @ start()"],
])("prints %s as %s, which reads as the same", (query, printed) => {
  expect(print(parse(query, EXPERIMENTAL_FEATURES))).toBe(printed);
  expect(print(parse(printed, EXPERIMENTAL_FEATURES))).toBe(printed);
});

test("breaks what is longer than a line", () => {
  const query =
    'sum by (job) (rate(some_quite_long_metric_name_total{some_label="with a value that is longer than usual"}[5m])) / count(another_long_metric)';
  expect(formatQuery(query, EXPERIMENTAL_FEATURES)).toBe(
    [
      "  sum by (job) (",
      '    rate(some_quite_long_metric_name_total{some_label="with a value that is longer than usual"}[5m])',
      "  )",
      "/",
      "  count(another_long_metric)",
    ].join("\n"),
  );
});

test("reads a selector, even one that would match everything", () => {
  expect(parseSelector('{a=""}')).toEqual([{ name: "a", operator: "=", value: "" }]);
  expect(() => parseSelector("rate(up[1m])")).toThrow('1:5: parse error: unexpected "("');
  expect(() => parseSelector("up offset 5m")).toThrow("1:4: parse error: unexpected <offset>");
  expect(() => parseSelector("")).toThrow("unknown position: parse error: unexpected end of input");
});
