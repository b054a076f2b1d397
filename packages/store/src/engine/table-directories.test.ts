/** Which parts and records are removed, on directories as ClickHouse lays them out. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../running-store.test-kit.ts";
import { TableDirectories } from "./table-directories.ts";

const DATABASE = "11111111-0000-0000-0000-000000000000";
const TABLE = "22222222-0000-0000-0000-000000000000";
const OTHERS = "33333333-0000-0000-0000-000000000000";
const KEY = `222/${TABLE}`;
let directory: ReturnType<typeof temporaryDirectory>;
let table: string;

beforeEach(() => {
  directory = temporaryDirectory();
  const store = join(directory.path, "store");
  table = join(store, "222", TABLE);
  for (const path of ["metadata", `store/111/${DATABASE}`, `store/${KEY}/deduplication_logs`, `store/333/${OTHERS}`])
    mkdirSync(join(directory.path, path), { recursive: true });
  writeFileSync(
    join(directory.path, "metadata", "clew.sql"),
    `ATTACH DATABASE _ UUID '${DATABASE}'\nENGINE = Atomic\n`,
  );
  writeFileSync(join(store, "111", DATABASE, "words.sql"), `ATTACH TABLE _ UUID '${TABLE}'\n(…)`);
});
afterEach(() => directory.remove());

function parts(...names: readonly string[]): TableDirectories {
  for (const name of names) mkdirSync(join(table, name));
  return new TableDirectories(directory.path);
}

function left(): string[] {
  return readdirSync(table).filter((name) => name !== "deduplication_logs");
}

test("the last block is that of any part, merged or not, and of our tables only", async () => {
  const tables = parts("20261126_1_9_2", "20261127_10_10_0", "tmp_insert_20261127_11_11_0", "detached");
  mkdirSync(join(directory.path, "store", "333", OTHERS, "20261127_99_99_0"));
  expect(await tables.lastBlocks()).toEqual({ [KEY]: 10 });
});

test("an empty directory has no blocks, and there is nothing to remove", async () => {
  const nothing = new TableDirectories(join(directory.path, "nowhere"));
  expect(await nothing.lastBlocks()).toEqual({});
  await nothing.removeAfter({ [KEY]: 1 });
});

test("parts beyond the last block go, with those they were merged into, as long as their older halves are there", async () => {
  const tables = parts("20261127_1_1_0", "20261127_2_2_0", "20261127_3_3_0", "20261127_1_3_1", "20261126_3_3_0_4");
  await tables.removeAfter({ [KEY]: 2 });
  expect(left()).toEqual(["20261127_1_1_0", "20261127_2_2_0"]);
});

test("a part whose older halves are gone stays: it may be all that is left of them", async () => {
  const tables = parts("20261127_1_3_1", "20261126_1_1_0");
  await tables.removeAfter({ [KEY]: 2 });
  expect(left()).toEqual(["20261126_1_1_0", "20261127_1_3_1"]);
});

test("the engine forgets what was removed, and what a power cut tore of its memory", async () => {
  const tables = parts("20261127_1_1_0");
  const log = join(table, "deduplication_logs", "deduplication_log_1.txt");
  writeFileSync(log, "1\t20261127_1_1_0\tall_token\n1\t20261127_2_2_0\tother\n1\t2026");
  await tables.removeAfter({ [KEY]: 1 });
  expect(readFileSync(log, "utf8")).toBe("1\t20261127_1_1_0\tall_token\n");
  // A crash may leave what was being written, and the engine does not start with anything else among its logs.
  expect(readdirSync(join(table, "deduplication_logs"))).toEqual(["deduplication_log_1.txt"]);
});
