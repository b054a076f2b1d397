/** Runs the language's own scripts: queries, each with its result. `scripts/stable/` is for what holds where nothing is switched on. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPERIMENTAL_FEATURES, STABLE_FEATURES } from "./promql-features.ts";
import { runScript } from "./promql-script.test-kit.ts";

const SCRIPTS = new URL("scripts/", import.meta.url);
const cases = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".promql"));

test.each(cases)("%s gives the results that it names", async (name) => {
  const features = name.startsWith("stable") ? STABLE_FEATURES : EXPERIMENTAL_FEATURES;
  const outcomes = await runScript(readFileSync(new URL(name, SCRIPTS), "utf8"), features);
  expect(outcomes.length).toBeGreaterThan(0);
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  expect(failed.map(({ line, query, problem }) => `${name}:${line} ${query}\n  ${problem}`)).toEqual([]);
});
