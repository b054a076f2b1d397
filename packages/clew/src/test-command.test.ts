import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { runTest } from "./test-command.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-test-rules-"));
afterAll(() => rmSync(directory, { recursive: true }));
const PROMTOOL = "promtool";
const hasPromtool = spawnSync(PROMTOOL, ["--version"]).status === 0;

const RULES = `groups:
- name: late
  rules: [{record: late, expr: early * 2}]
- name: soon
  rules:
  - {record: early, expr: sum(up)}
  - alert: Down
    expr: up == 0
    for: 5m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.job }} of {{ $externalLabels.cluster }} is {{ $value }}', empty: ''}
  - {alert: Always, expr: '1'}
`;
const BROKEN = "groups: [{name: b, rules: [{record: x, expr: 'a * on () b'}]}]";
writeFileSync(join(directory, "rules.yml"), RULES);
writeFileSync(join(directory, "broken.yml"), BROKEN);
writeFileSync(join(directory, "invalid.yml"), "groups: [{name: b, rules: [{record: x, expr: sum(}]}]\n");

const HEAD = "rule_files: [ru*.yml]\nevaluation_interval: 1m\ngroup_eval_order: [soon, late]\n";
const UP = `input_series: [{series: 'up{job="a"}', values: '1 0x10'}, {series: 'up{job="b"}', values: '_ 1+1x3 stale'}]`;

async function clew(
  file: string,
  ...flags: readonly string[]
): Promise<{ out: string; error: string; thrown: string }> {
  const printed = { out: "", error: "" };
  const terminal = {
    out: (text: string) => void (printed.out += text),
    error: (text: string) => void (printed.error += text),
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    env: {},
    stop: new AbortController().signal,
    onReload: () => () => {},
  };
  const thrown = await runTest(["rules", ...flags, join(directory, file)], terminal).then(() => "", String);
  return { ...printed, thrown };
}

/** Tests that Debian's promtool runs, too, by what they are about. */
const CASES: Readonly<Record<string, string>> = {
  "all is as expected": `${HEAD}tests:
- ${UP}
  interval: 1m
  external_labels: {cluster: eu}
  promql_expr_test:
  - {expr: late, eval_time: 3m, exp_samples: [{labels: late, value: 6}]}
  - {expr: 'up{job="b"}', eval_time: 5m, exp_samples: []}
  - {expr: 'count(ALERTS) by (alertname, alertstate)', eval_time: 4m, exp_samples: [{labels: '{alertname="Always",alertstate="firing"}', value: 1}, {labels: '{alertname="Down",alertstate="pending"}', value: 1}]}
  alert_rule_test:
  - {eval_time: 5m59s, alertname: Down, exp_alerts: []}
  - eval_time: 6m
    alertname: Down
    exp_alerts: [{exp_labels: {severity: page, job: a}, exp_annotations: {summary: a of eu is 0, empty: ''}}]
`,
  "alerts and samples differ": `${HEAD}tests:
- ${UP}
  name: the one
  interval: 1m
  alert_rule_test:
  - {eval_time: 7m, alertname: Down, exp_alerts: [{exp_labels: {severity: ticket}}, {exp_annotations: {a: "b\\nc"}}]}
  - {eval_time: 7m, alertname: Always, exp_alerts: []}
  - {eval_time: 7m, alertname: Unknown, exp_alerts: [{}]}
  promql_expr_test:
  - {expr: up, eval_time: 2m, exp_samples: [{labels: 'up{job="a"}', value: 1.5e9}]}
  - {expr: vector(0/0), eval_time: 2m, exp_samples: [{labels: '{}', value: .nan}]}
  - {expr: vector(-1/0), eval_time: 1d, exp_samples: []}
  - {expr: 'sum(', eval_time: 0, exp_samples: []}
  - {expr: '"text"', eval_time: 90s, exp_samples: []}
`,
  "a rule fails": `rule_files: [broken.yml]
tests:
- interval: 1m
  input_series: [{series: a, values: 1}, {series: 'b{x="1"}', values: _ 1}, {series: 'b{x="2"}', values: _ 1}]
  promql_expr_test: [{expr: x, eval_time: 2m, exp_samples: []}]
`,
  "a rule file has faults": "rule_files: [invalid.yml]\ntests: [{interval: 1m}]\n",
  "an alert test has no name": `${HEAD}tests: [{interval: 1m, name: t, alert_rule_test: [{eval_time: 1m}]}]\n`,
  "a pattern fits no file": "rule_files: [nothing*.yml]\ntests: [{interval: 1m}]\n",
  "keys are unknown": "rule_files: []\ntests:\n- interval: 1m\n  colour: red\n  input_series: [{serie: a}]\n",
  "a group is named twice": "rule_files: []\ngroup_eval_order: [a, a]\ntests: []\n",
};

test.skipIf(!hasPromtool).each(Object.entries(CASES))("promtool says the same where %s", async (what, text) => {
  const file = `${what.replaceAll(" ", "-")}.yml`;
  writeFileSync(join(directory, file), text);
  const promtool = spawnSync(PROMTOOL, ["test", "rules", join(directory, file)], { encoding: "utf8" });
  const { out, error, thrown } = await clew(file);
  // Prometheus 3 tells the two series of a match group in order.
  const ordered = (lines: string): string =>
    lines.replace('[{__name__="b", x="2"}, {__name__="b", x="1"}]', '[{__name__="b", x="1"}, {__name__="b", x="2"}]');
  expect({ out, error: ordered(error), status: thrown === "" ? 0 : 1 }).toEqual({
    out: promtool.stdout,
    error: ordered(promtool.stderr),
    status: promtool.status,
  });
});

const NEWER = `${HEAD}fuzzy_compare: true
tests:
- name: start
  start_timestamp: 2024-01-01T00:00:00Z
  input_series: [{series: m, values: 1+1x5}]
  promql_expr_test:
  - {expr: timestamp(m), eval_time: 2m, exp_samples: [{labels: '{}', value: 1704067320}]}
  - {expr: vector(0.1 + 0.2), eval_time: 0, exp_samples: [{labels: '{}', value: 0.3}]}
- name: histograms
  input_series: [{series: h, values: "{{schema:1 sum:3 count:2 buckets:[1 1] offset:-2}}+{{schema:1 sum:1 count:1 buckets:[1]}}x3"}]
  promql_expr_test:
  - {expr: h, eval_time: 0, exp_samples: [{labels: h, histogram: "{{schema:1 count:2 sum:3 offset:-2 buckets:[1 1]}}"}]}
  - {expr: 'count_over_time(m[10m:])', eval_time: 0, exp_samples: []}
- name: wrong
  promql_expr_test: [{expr: '1', eval_time: 0, exp_samples: [{labels: '{}', value: 2}]}]
`;

test("what newer versions of promtool can say is understood, and --run picks tests by name", async () => {
  writeFileSync(join(directory, "newer.yml"), NEWER);
  expect(await clew("newer.yml", "--run", "start", "--run", "^hist")).toMatchObject({
    error: "",
    out: expect.stringContaining("SUCCESS"),
    thrown: "",
  });
  const all = await clew("newer.yml");
  expect(all.error).toBe('  FAILED:\n    expr: "1", time: 0s,\n        exp: {} 2E+00\n        got: {} 1E+00\n');
  expect(all.thrown).toContain("[RULE_TESTS_FAILED] tests of 1 of 1 files do not pass");
});

test.each([
  ["values: 1+1x99999999999", "more than 1000000 samples"],
  ["values: one two", 'unexpected identifier "one" in series values, expected number or "stale"'],
])("%s fails the test, and says why", async (values, fault) => {
  writeFileSync(join(directory, "series.yml"), `tests: [{input_series: [{series: a, ${values}}]}]`);
  expect((await clew("series.yml")).error).toContain(fault);
});

test("what is no file of tests is told", async () => {
  writeFileSync(join(directory, "broken-yaml.yml"), "tests: [");
  expect((await clew("broken-yaml.yml")).error).toContain("yaml: ");
  expect((await clew("absent.yml")).error).toContain("ENOENT");
  expect((await runTest(["rules"], {} as never).catch(String)) as string).toContain("[USAGE]");
});

test("what is experimental is tested where it is switched on", async () => {
  const file = "experimental-test.yml";
  writeFileSync(
    join(directory, "experimental.yml"),
    "groups: [{name: b, rules: [{record: x, expr: 'limitk(1, up)'}]}]",
  );
  writeFileSync(
    join(directory, file),
    `rule_files: [experimental.yml]
tests:
- ${UP}
  promql_expr_test:
  - {expr: count(x), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}
  - {expr: 'count by (__name__) (-x)', eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}
`,
  );
  expect((await clew(file)).error).toContain("limitk() is experimental and must be enabled with --enable-feature");
  expect(await clew(file, "--enable-feature=promql-experimental-functions")).toMatchObject({ error: "", thrown: "" });
  const late = "--enable-feature=promql-experimental-functions,promql-delayed-name-removal";
  expect((await clew(file, late)).error).toBe("");
});
