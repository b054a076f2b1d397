import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCheck } from "./check-command.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "clew-check-"));
  await writeFile(join(directory, "good.yml"), "groups: [{name: a, rules: [{record: b, expr: up}]}]");
  await writeFile(join(directory, "bad.yml"), "groups: [{name: a, rules: [{record: b, expr: sum(}]}]");
});
afterAll(() => rm(directory, { recursive: true }));

async function check(...args: readonly string[]): Promise<{ out: string; error: string; thrown: string }> {
  let out = "";
  let error = "";
  const terminal = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    env: {},
    stop: new AbortController().signal,
    onReload: () => () => {},
  };
  const thrown = await runCheck(args, terminal).then(() => "", String);
  return { out, error, thrown };
}

test("a right file is told with the number of its rules, as promtool tells it", async () => {
  const good = join(directory, "good.yml");
  expect(await check("rules", good)).toEqual({
    out: `Checking ${good}\n  SUCCESS: 1 rules found\n\n`,
    error: "",
    thrown: "",
  });
});

test("a wrong or missing file fails the command, and the others are checked all the same", async () => {
  const { out, error, thrown } = await check(
    "rules",
    join(directory, "bad.yml"),
    "/nowhere.yml",
    join(directory, "good.yml"),
  );
  expect(error).toContain('group "a", rule 1, "b": could not parse expression: 1:5: parse error');
  expect(error).toContain("/nowhere.yml: ENOENT");
  expect(out).toContain("SUCCESS: 1 rules found");
  expect(thrown).toContain("[RULES_INVALID] 2 of 3 rule files are not right");
});

test("what is experimental is right where it is switched on, and names that promtool doesn't know are told", async () => {
  const file = join(directory, "experimental.yml");
  await writeFile(
    file,
    "groups: [{name: a, rules: [{record: b, expr: 'limitk(1, up)'}, {record: c, expr: up smoothed}]}]",
  );
  const { error } = await check("rules", file);
  expect(error).toContain(
    "could not parse expression: 1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
  );
  expect(error).toContain("1:1: parse error: smoothed modifier is experimental and not enabled");
  const some = "--enable-feature=promql-experimental-functions,nonsense";
  const { out, thrown } = await check("rules", some, "--enable-feature", "promql-extended-range-selectors", file);
  expect([out, thrown]).toEqual([
    `  WARNING: Unknown feature passed to --enable-feature: nonsense\nChecking ${file}\n  SUCCESS: 2 rules found\n\n`,
    "",
  ]);
});

const PROMTOOL = "promtool";

test.skipIf(spawnSync(PROMTOOL, ["--version"]).status !== 0)(
  "rules of one name and labels are told of as promtool does",
  async () => {
    const file = join(directory, "twice.yml");
    await writeFile(
      file,
      `groups:
- {name: a, rules: [{record: b, expr: up}, {record: b, expr: "1", labels: {x: y}}, {alert: c, expr: up}]}
- {name: d, rules: [{alert: c, expr: up, labels: {team: web}}, {record: b, expr: up, labels: {team: web}}, {record: b, expr: up, labels: {x: y, team: web}}, {record: b, expr: up, labels: {x: y, team: web}}]}
`,
    );
    const { stdout, stderr, status } = spawnSync(PROMTOOL, ["check", "rules", file], { encoding: "utf8" });
    expect(await check("rules", file)).toEqual({ out: stdout, error: stderr, thrown: "" });
    expect([status, stderr]).toEqual([0, expect.stringContaining("lint error 1 duplicate rule(s) found.")]);
  },
);

test("without files there is nothing to check", async () => {
  expect((await check("rules")).thrown).toContain("[USAGE]");
});
