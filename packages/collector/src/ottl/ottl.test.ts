/**
 * Runs the scripts of ./scripts. In these, an expression, condition or statement stands on a
 * line, with what comes of it below, indented: a result after `=>`, an error after `!`. To add
 * a case, write its line and run `npx vitest run -u` with this file's name.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changesOf, evaluate, holds } from "./ottl.test-kit.ts";

const SCRIPTS = join(import.meta.dirname, "scripts");
const span: unknown = JSON.parse(readFileSync(join(SCRIPTS, "span.json"), "utf8"));

test.each<[string, (text: string, json: unknown) => string[]]>([
  ["language", evaluate],
  ["converters", evaluate],
  ["conditions", holds],
  ["statements", changesOf],
])("the script of %s gives what stands in it", async (name, run) => {
  const path = join(SCRIPTS, `${name}.txt`);
  const inputs = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("  "));
  const lines = inputs.flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [line];
    return [line, ...run(line, span).map((one) => `  ${one}`)];
  });
  await expect(lines.join("\n")).toMatchFileSnapshot(path);
});
