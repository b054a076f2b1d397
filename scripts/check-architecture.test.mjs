import { join } from "node:path";
import { expect, test } from "vitest";
import { faultsOf } from "./check-architecture.mjs";
import { ROOT } from "./set-up.mjs";

/** The faults of a file of one package whose package.json names `hono` and `@clew/base`. */
function faults(packageName, path, source, isTest = false) {
  const packageDirectory = join(ROOT, "packages", packageName);
  const dependencies = new Set(["hono", "@clew/base"]);
  return faultsOf({
    path: join(packageDirectory, "src", path),
    source,
    packageName,
    packageDirectory,
    dependencies,
    isTest,
  }).join("\n");
}

test.each([
  ["importing upwards", "store", "a.ts", 'import { x } from "@clew/server";', "store may not import server"],
  ["importing a neighbour on its line", "sdk", "a.ts", 'export { x } from "@clew/store";', "sdk may not import store"],
  [
    "entering another way than by the index",
    "store",
    "a.ts",
    'import "@clew/base/clock";',
    "entered by what their package.json exports",
  ],
  ["reaching out of its package", "store", "a.ts", 'import "../../base/src/clock.ts";', "reaches out of its package"],
  [
    "a dependency that is not named",
    "server",
    "a.ts",
    'await import("express");',
    "imports express, which its package.json does not name",
  ],
  ["what a browser does not have, in base", "base", "a.ts", 'import "node:fs";', "which a browser does not have"],
  [
    "a component that knows its neighbour",
    "collector",
    "components/processors/batch/batch.ts",
    'import "../resource/resource.ts";',
    "component processors/batch imports its neighbour processors/resource",
  ],
])("tells of %s", (_what, packageName, path, source, fault) => {
  expect(faults(packageName, path, source)).toContain(fault);
});

test("finds nothing wrong with imports that keep to the table", () => {
  const source =
    'import { Hono } from "hono";\nimport { x } from "@clew/query";\nimport "node:http";\nimport "./b.ts";';
  expect(faults("server", "a.ts", source)).toBe("");
});

test("lets tests use what their package may not", () => {
  expect(faults("store", "a.test.ts", 'import { x } from "@clew/collector";', true)).toBe("");
});
