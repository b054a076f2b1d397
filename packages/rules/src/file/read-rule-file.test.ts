import * as fc from "fast-check";
import { expect, test } from "vitest";
import { STABLE_FEATURES } from "@clew/query";
import { readRuleFile } from "./read-rule-file.ts";

test("groups and rules are read with their durations in milliseconds", () => {
  const { groups, errors } = readRuleFile(
    `
groups:
- name: web
  interval: 30s
  query_offset: 1m
  limit: 10
  labels: {team: web}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1h30m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.instance }} is down"}
`,
    STABLE_FEATURES,
  );
  expect(errors).toEqual([]);
  expect(groups).toEqual([
    expect.objectContaining({
      name: "web",
      intervalMs: 30_000,
      queryOffsetMs: 60_000,
      limit: 10,
      labels: { team: "web" },
    }),
  ]);
  expect(groups[0]?.rules).toEqual([
    expect.objectContaining({ kind: "recording", name: "job:up:sum", expr: "sum by (job) (up)" }),
    expect.objectContaining({ kind: "alerting", name: "Down", forMs: 300_000, keepFiringForMs: 5_400_000 }),
  ]);
});

test("everything that is wrong is told with its place, in Prometheus's words", () => {
  const { errors } = readRuleFile(
    `groups:
- name: a
  rules:
  - record: job:x
    expr: sum(
  - alert: X
    expr: up == 0
    for: soon
  - record: "a{b}"
    expr: up
    annotations: {a: b}
  - alert: Y
    record: z
    expr: up
    labels: {b: "{{ $lab }}", c: "{{ foo }}", d: "{{ if }}"}
- name: a
  color: red
`,
    STABLE_FEATURES,
  );
  expect(errors).toEqual(
    [
      'group "a", rule 1, "job:x": could not parse expression: 1:5: parse error: unclosed left parenthesis',
      'not a valid duration string: "soon"',
      'group "a", rule 3, "a{b}": invalid field \'annotations\' in recording rule',
      'group "a", rule 3, "a{b}": braces present in the recording rule name; should it be in expr?: a{b}',
      "group \"a\", rule 4, \"Y\": only one of 'record' and 'alert' must be set",
      'group "a", rule 4, "Y": label "b": template: __alert_Y:1: undefined variable "$lab"',
      'group "a", rule 4, "Y": label "c": template: __alert_Y:1: function "foo" not defined',
      'group "a", rule 4, "Y": label "d": template: __alert_Y:1: missing value for if',
      "yaml: line 17: field color not found in type rulefmt.RuleGroup",
      '16:3: groupname: "a" is repeated in the same file',
    ].map((text) => expect.stringContaining(text)),
  );
  expect(errors[0]).toMatch(/^5:11: /);
  expect(errors[4]).toMatch(/^13:13: 12:12: /);
});

test("aliases stand for what they name, and merged keys give way to a rule's own", () => {
  const { groups, errors } = readRuleFile(
    `
groups:
- name: a
  rules:
  - &first
    alert: A
    expr: &expr up == 0
    for: 5m
    labels: &labels {severity: page, team: web}
    annotations: {summary: s}
  - <<: *first
    alert: B
    labels: {<<: *labels, team: db}
  - {alert: C, expr: *expr, labels: *labels}
`,
    STABLE_FEATURES,
  );
  expect(errors).toEqual([]);
  expect(groups[0]?.rules).toEqual([
    expect.objectContaining({ name: "A" }),
    expect.objectContaining({ name: "B", expr: "up == 0", forMs: 300_000, labels: { team: "db", severity: "page" } }),
    expect.objectContaining({ name: "C", expr: "up == 0", labels: { severity: "page", team: "web" } }),
  ]);
});

test("no text makes the reader throw", () => {
  const part = fc.constantFrom(
    "groups:",
    "\n- name: a",
    "\n  rules:",
    "\n  - alert: b",
    "\n    expr: up",
    "\n    for: 1",
    ": ",
    "[",
    "{",
    "&a",
    "*a",
    "!!int x",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 4 })), { maxLength: 12 }), (parts) => {
      expect(readRuleFile(parts.join(""), STABLE_FEATURES).errors).toBeInstanceOf(Array);
    }),
    { numRuns: 500 },
  );
});
