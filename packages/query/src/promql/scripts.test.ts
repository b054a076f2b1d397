/** Runs the language's own scripts, which lie in `scripts/`: queries, each with its result. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runScript } from "./promql-script.test-kit.ts";

const SCRIPTS = new URL("scripts/", import.meta.url);

test.each(readdirSync(SCRIPTS))("%s gives the results that it names", async (name) => {
  const outcomes = await runScript(readFileSync(new URL(name, SCRIPTS), "utf8"));
  expect(outcomes.length).toBeGreaterThan(0);
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  expect(failed.map(({ line, query, problem }) => `${name}:${line} ${query}\n  ${problem}`)).toEqual([]);
});
