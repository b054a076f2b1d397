/** Files that the engine needs to know its tables, with garbage in them: it does not start, says which, and removes nothing. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, temporaryDirectory } from "../running-store.test-kit.ts";

/** An engine that can't start waits for its own threads for seconds before it says so. */
const TIMEOUT_MS = 120_000;
const directory = temporaryDirectory();
const data = join(directory.path, "data");
const engine = join(data, "engine", "data");
// what a file is --> where it stands
const paths: Record<string, string> = {
  status: join(engine, "status"),
  database: join(engine, "metadata", "clew.sql"),
};

beforeAll(async () => {
  const { store } = await openStore({ directory: data });
  await store.client.command("INSERT INTO otel_logs (Body) VALUES ('kept')");
  const [[definition, files] = ["", [""]]] = await store.client.rows<readonly [string, readonly string[]]>(
    "SELECT metadata_path, data_paths FROM system.tables WHERE database = 'clew' AND name = 'otel_logs'",
  );
  paths["table"] = join(engine, definition);
  paths["version"] = join(files[0] ?? "", "format_version.txt");
  await store.close();
});
afterAll(() => directory.remove());

async function expectAllThere(): Promise<void> {
  const { store } = await openStore({ directory: data });
  expect(await store.client.rows("SELECT Body FROM otel_logs")).toEqual([["kept"]]);
  await store.close();
}

test.each([
  ["database", "garbage \0\u0001"],
  ["database", ""],
  ["table", "garbage"],
  ["table", ""],
  ["version", "x"],
])(
  "a file of the %s with %j in it is named, nothing is removed, and put back it is served",
  { timeout: TIMEOUT_MS },
  async (what, garbage) => {
    const path = paths[what] ?? "";
    const before = readFileSync(path);
    writeFileSync(path, garbage);
    const files = execFileSync("find", [join(engine, "store"), "-type", "f"], { encoding: "utf8" })
      .split("\n")
      .toSorted();
    await expect(openStore({ directory: data })).rejects.toMatchObject({
      code: "STORE_DATA_DAMAGED",
      what: expect.stringContaining(path.slice(path.lastIndexOf("/") + 1)),
    });
    const left = execFileSync("find", [join(engine, "store"), "-type", "f"], { encoding: "utf8" }).split("\n");
    expect(left).toEqual(expect.arrayContaining(files));
    writeFileSync(path, before);
    await expectAllThere();
  },
);

test("garbage in the engine's lock file changes nothing", async () => {
  writeFileSync(paths["status"] ?? "", Buffer.from([0, 1, 2, 255, 254]));
  await expectAllThere();
});
