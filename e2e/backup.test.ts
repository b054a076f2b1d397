/** `clew backup` and `clew restore`, as an operator types them, beside a program that runs and without one. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const PROGRAM = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const directories = [temporaryDirectory(), temporaryDirectory()];
const [data, other] = directories.map(({ path }) => path) as [string, string];
const backup = join(other, "backup");
let clew: RunningClew;

beforeAll(async () => {
  clew = await startClew(data);
});
afterAll(async () => {
  await clew.stop();
  for (const directory of directories) directory.remove();
});

/** What `clew …` prints and how it ends; nothing listens at the default port of a test. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...args]);
    return { code: 0, out: stdout, error: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}

async function send(name: string): Promise<void> {
  const span = {
    traceId: "0102030405060708090a0b0c0d0e0f10",
    spanId: "0102030405060708",
    name,
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now()}000000`,
  };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: name } }] };
  const response = await fetch(`${clew.otlpHttp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(response.status).toBe(200);
}

async function services(): Promise<string[]> {
  const answer = (await (await fetch(`${clew.ui}/api/services`)).json()) as { data: string[] | null };
  return answer.data ?? [];
}

test("a backup of a running program has all that it acknowledged, and is restored into it", async () => {
  await send("before");
  expect(await run("backup", backup, "--url", clew.ui)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Copied \d+ bytes to /),
  });
  await send("after");
  await eventually(services, (found) => found.includes("after"));
  const refused = await run("restore", backup, "--url", clew.ui);
  expect(refused).toMatchObject({ code: 1, error: expect.stringContaining("RESTORE_NOT_EMPTY") });
  expect(await run("restore", backup, "--replace", "--url", clew.ui)).toMatchObject({
    code: 0,
    out: expect.stringContaining("Restored what was stored at 20"),
  });
  expect(await services()).toEqual(["before"]);
  await send("later");
  expect(await eventually(services, (found) => found.length === 2)).toEqual(["before", "later"]);
});

test("without a program that runs, it is made and restored on a directory", async () => {
  const fresh = join(other, "fresh");
  expect(await run("restore", backup, "--data", fresh)).toMatchObject({ code: 0 });
  expect(await run("backup", join(other, "again"), "--data", fresh)).toMatchObject({ code: 0 });
  expect(await run("backup", join(other, "again"), "--data", fresh)).toMatchObject({
    code: 1,
    error: expect.stringContaining("BACKUP_TARGET_TAKEN"),
  });
  expect(await run("backup", join(other, "third"), "--data", data)).toMatchObject({
    code: 1,
    error: expect.stringContaining("STORE_IN_USE"),
  });
});

test("what is no backup command is told what it should be", async () => {
  expect(await run("backup")).toMatchObject({ code: 1, error: expect.stringContaining("expected one directory") });
  expect(await run("backup", "x", "--url", "nonsense")).toMatchObject({
    code: 1,
    error: expect.stringContaining("--url"),
  });
});
