/**
 * Runs Prometheus's own PromQL scripts where they are at hand: in `promql/` under `CLEW_CONFORMANCE_DIR`,
 * else under `../shared/conformance` beside the repository. Cases known to fail are listed in
 * `conformance-failures.txt`; the list only shrinks.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runScript } from "./promql-script.test-kit.ts";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const CONFORMANCE = process.env["CLEW_CONFORMANCE_DIR"] ?? join(REPOSITORY, "../shared/conformance");
const SCRIPTS = join(CONFORMANCE, "promql");
const KNOWN_FAILURES = new Set(
  readFileSync(new URL("conformance-failures.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" ")[0] ?? ""),
);

const scripts = existsSync(SCRIPTS) ? readdirSync(SCRIPTS).filter((name) => name.endsWith(".test")) : [];

const areAbsent = scripts.length === 0;

test.skipIf(areAbsent)(
  "every known failure is of a script that there is (set CLEW_CONFORMANCE_DIR to run them)",
  () => {
    const named = [...KNOWN_FAILURES].map((place) => place.split(":")[0] ?? "");
    expect(scripts).toEqual(expect.arrayContaining(named));
  },
);

describe.skipIf(areAbsent)("Prometheus's PromQL scripts", () => {
  test.each(scripts)("%s gives what Prometheus gives, known failures apart", async (name) => {
    const outcomes = await runScript(readFileSync(join(SCRIPTS, name), "utf8"));
    const listed = (line: number): boolean => KNOWN_FAILURES.has(`${name}:${line}`);
    const broken = outcomes.filter(({ line, problem }) => problem !== undefined && !listed(line));
    const repaired = outcomes.filter(({ line, problem }) => problem === undefined && listed(line));
    expect(broken.map(({ line, query, problem }) => `${name}:${line} ${query}\n  ${problem}`)).toEqual([]);
    expect(repaired.map(({ line }) => `${name}:${line} passes: take it off the list`)).toEqual([]);
  });
});
