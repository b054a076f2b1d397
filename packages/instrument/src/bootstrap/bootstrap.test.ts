import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../bin/opentelemetry-bootstrap.js", import.meta.url));
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function application(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "clew-bootstrap-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

function run(cwd: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PATH: `${cwd}${delimiter}${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

const MANIFEST = JSON.stringify({ dependencies: { "@nestjs/core": "11", express: "5", pg: "8" } });

test("lists nothing for what is instrumented here, the official package for the rest", () => {
  const { status, stdout } = run(application({ "package.json": MANIFEST }));
  expect({ status, stdout }).toEqual({ status: 0, stdout: "@opentelemetry/instrumentation-nestjs-core\n" });
});

test.each([
  [
    "package-lock.json",
    JSON.stringify({
      packages: {
        "": {},
        "node_modules/graphql": {},
        "node_modules/a/node_modules/@aws-sdk/client-s3": {},
        "node_modules/knex": { dev: true },
      },
    }),
  ],
  [
    "pnpm-lock.yaml",
    "packages:\n\n  '@aws-sdk/client-s3@3.1.0':\n    resolution: {}\n\n  graphql@16.9.0:\n    resolution: {}\n",
  ],
  ["yarn.lock", '"@aws-sdk/client-s3@^3.0.0":\n  version "3.1.0"\n\ngraphql@^16.0.0:\n  version "16.9.0"\n'],
])("finds in %s what the application's packages bring along", (file, lock) => {
  const { stdout } = run(application({ "package.json": "{}", [file]: lock }), "--action=requirements");
  expect(stdout).toBe("@opentelemetry/instrumentation-aws-sdk\n@opentelemetry/instrumentation-graphql\n");
});

test("installs what is missing by the package manager whose lock file is there", () => {
  const directory = application({
    "package.json": JSON.stringify({ dependencies: { graphql: "16", knex: "3" } }),
    "pnpm-lock.yaml": "",
    "node_modules/@opentelemetry/instrumentation-knex/package.json": "{}",
    pnpm: '#!/bin/sh\necho "called: $@"\n',
  });
  chmodSync(join(directory, "pnpm"), 0o755);
  const { status, stdout } = run(directory, "--action", "install");
  expect(status).toBe(0);
  expect(stdout).toContain("called: add @opentelemetry/instrumentation-graphql\n");
});

test("says how it is used, and where there is no application", () => {
  expect(run(application({}), "--action=remove")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("Usage"),
  });
  expect(run(application({}))).toMatchObject({ status: 1, stderr: expect.stringContaining("package.json") });
});
