import { expect, test } from "vitest";
import { compileExpression } from "./expression.ts";
import type { ExprValue } from "./value.ts";

const VARIABLES: Readonly<Record<string, ExprValue>> = {
  body: "error: disk full",
  attributes: { level: "warn", code: 503n, ratio: 0.5, "a.b": "dotted", list: [1n, 2n, 3n], map: { x: true } },
  resource: {},
  "env HOME": "/root",
};
const scope = { variable: (name: string) => VARIABLES[name] };
const run = (source: string): ExprValue => compileExpression(source, ["body", "attributes", "resource", "$"])(scope);

test.each([
  ['body startsWith "error"', true],
  ["body matches '^err.*full$'", true],
  ["not (body matches 'warn')", true],
  ['body not contains "disk"', false],
  ['attributes.level == "warn" and attributes.code >= 500', true],
  ["attributes.code == 503.0", true],
  ['attributes["a.b"]', "dotted"],
  ["attributes.missing == nil", true],
  ["attributes.missing?.deeper == nil", true],
  ['attributes.missing ?? "fallback"', "fallback"],
  ['attributes.level in ["info", "warn"]', true],
  ['"level" in attributes && !("x" in attributes)', true],
  ['attributes.code > 499 ? "bad" : "good"', "bad"],
  ['"a" + "b"', "ab"],
  ["1 + 2 * 3 - 4", 3n],
  ["7 / 2", 3.5],
  ["-(7 % 4)", -3n],
  ["2 ** 3", 8],
  ["len(body)", 16n],
  ["any(attributes.list, {# > 2})", true],
  ["filter(attributes.list, # != 2)", [1n, 3n]],
  ["attributes.list[0] + attributes.list[-1]", 4n],
  ['env("HOME")', "/root"],
  ['upper(attributes.level) | hasPrefix("WA")', true],
  ['{"k": 1}.k', 1n],
  ["attributes.map.x or false", true],
  ["attributes.constructor == nil", true],
  ["not attributes.map.x == false", true],
])("%s gives what it says", (source, value) => {
  expect(run(source)).toEqual(value);
});

test.each([
  ["body ==", "unexpected end (1:7)"],
  ["unknown.x", "unknown name unknown (1:0)"],
  ["nope(1)", "unknown name nope"],
  ["(1", "unexpected end"],
  ["1 1", "unexpected token 1 (1:2)"],
  ["body ~ 1", 'unexpected character "~" (1:5)'],
  ["body matches '('", "error parsing regexp"],
])("%s is refused: %s", (source, what) => {
  expect(() => run(source)).toThrow(what);
});

test.each([
  ["body > 1", "mismatched types string and int"],
  ["attributes.code contains 'x'", "mismatched types int and string"],
  ["attributes.level and true", "expected bool, but got string"],
  ["body.x", "cannot fetch x from string"],
])("%s fails when it runs: %s", (source, what) => {
  expect(() => run(source)).toThrow(what);
});
