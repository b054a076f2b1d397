/** Bytes flipped in a table's files: everything else is served, what can be read is kept, and what it cost is told. */
import { existsSync, readFileSync, readdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@clew/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore, temporaryDirectory, type RunningStore } from "../running-store.test-kit.ts";
import { DamagedParts } from "./damaged-parts.ts";
import { whileCallsFail, whyNoFailingCalls } from "./failing-calls.test-kit.ts";

const ROWS = 10_000;
let directory: ReturnType<typeof temporaryDirectory>;
let running: RunningStore;

beforeEach(async () => {
  directory = temporaryDirectory();
  running = await openStore({ directory: directory.path });
});
afterEach(async () => {
  await running.stop();
  directory.remove();
});

/** Two parts of log records and one of spans; the path of the second one of log records. */
async function fill(): Promise<string> {
  const { client } = running.store;
  await client.command("SYSTEM STOP MERGES");
  for (const first of [0, ROWS])
    await client.command(
      `INSERT INTO otel_logs (Timestamp, TraceId, ServiceName, Body)
       SELECT toDateTime64('2026-11-27 10:00:00', 9) + number / 1000, toString(number + ${first}), 'shop', concat(toString(number + ${first}), ' ', randomPrintableASCII(50))
       FROM numbers(${ROWS})`,
    );
  await client.command(
    "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ServiceName) SELECT '2026-11-27 10:00:00', 'aa', '01', 'shop'",
  );
  await client.command("SYSTEM START MERGES otel_traces");
  const rows = await client.rows<readonly [string]>(
    "SELECT path FROM system.parts WHERE table = 'otel_logs' AND active ORDER BY min_block_number",
  );
  return rows[1]?.[0] ?? "";
}

/** Damages the middle of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  for (let at = middle; at < middle + 20; at++) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  writeFileSync(path, bytes);
}

async function reopened(damage: () => void): Promise<void> {
  await running.stop();
  damage();
  running = await openStore({ directory: directory.path });
}

/** How many numbers of log records there are, how many are there twice, and how many rows the other tables have. */
async function counts(): Promise<readonly number[]> {
  const [row = []] = await running.store.client.rows<readonly string[]>(
    `SELECT uniqExact(splitByChar(' ', Body)[1]), count() - uniqExact(splitByChar(' ', Body)[1]), (SELECT count() FROM otel_traces)
     FROM otel_logs`,
  );
  return row.map(Number);
}

/** As the store has them, but for the time when they look. */
function damagedParts(reports: string[]): DamagedParts {
  return new DamagedParts({
    client: running.store.client,
    clock: systemClock,
    report: (line) => void reports.push(line),
    alone: (task) => task(),
  });
}

async function look(): Promise<{ readonly aside: number; readonly reports: readonly string[] }> {
  const reports: string[] = [];
  const damaged = damagedParts(reports);
  await damaged.look();
  return { aside: damaged.aside, reports };
}

test(
  "a part whose content is damaged fails its query and no other; then what can be read of it is kept, and it is put aside",
  { timeout: 120_000 },
  async () => {
    const part = await fill();
    await reopened(() => flip(join(part, "data.bin")));
    await expect(counts()).rejects.toThrow(/corrupted data.*reading from part/s);
    expect(await running.store.client.rows("SELECT TraceId FROM otel_traces")).toEqual([["aa"]]);
    const { aside, reports } = await look();
    const [different = 0, twice, spans] = await counts();
    expect([twice, spans, aside]).toEqual([0, 1, 1]);
    expect(different).toBeGreaterThanOrEqual(2 * ROWS - 3_072);
    expect(different).toBeLessThan(2 * ROWS);
    expect(reports).toEqual([
      expect.stringContaining(`A part of otel_logs is damaged: ${different - ROWS} of its ${ROWS} rows were kept`),
    ]);
    expect(existsSync(join(part, "..", "detached", "20261127_2_2_0", "data.bin"))).toBe(true);
    expect((await look()).reports).toEqual([]);
  },
);

test("a part of which nothing can be read is put aside when that is so at a second look", async () => {
  const part = await fill();
  await reopened(() => writeFileSync(join(part, "data.bin"), readFileSync(join(part, "data.bin")).fill(0x55)));
  await expect(counts()).rejects.toThrow("20261127_2_2_0");
  const reports: string[] = [];
  const damaged = damagedParts(reports);
  await damaged.look();
  expect([damaged.aside, reports]).toEqual([0, []]);
  await damaged.look();
  expect(reports).toEqual([expect.stringContaining(`0 of its ${ROWS} rows were kept`)]);
  expect([damaged.aside, await counts()]).toEqual([1, [ROWS, 0, 1]]);
});

test.each([
  ["words", "skp_idx_idx_words.idx", "hasToken(lower(Body), '15000')"],
  ["trace ids", "skp_idx_idx_trace_id.idx", "TraceId = '15000'"],
])(
  "a damaged index of %s costs no rows: when queries fail by it again, its part is made anew",
  async (_what, file, condition) => {
    const part = await fill();
    await reopened(() => flip(join(part, file)));
    const search = (): Promise<unknown[]> =>
      running.store.client.rows(`SELECT count() FROM otel_logs WHERE ${condition}`);
    const reports: string[] = [];
    const damaged = damagedParts(reports);
    for (let i = 0; i < 2; i++) {
      expect([await counts(), reports]).toEqual([[2 * ROWS, 0, 1], []]);
      await expect(search()).rejects.toThrow("corrupted data");
      await damaged.look();
    }
    expect(reports).toEqual([expect.stringContaining(`${ROWS} of its ${ROWS} rows were kept`)]);
    expect([await counts(), await search()]).toEqual([[2 * ROWS, 0, 1], [["1"]]]);
  },
);

const noFailing = whyNoFailingCalls();

test.skipIf(noFailing !== undefined)(
  `a disk that fails to read is told, and nothing is put aside for what may pass${noFailing === undefined ? "" : ` (${noFailing})`}`,
  async () => {
    await fill();
    const { client, health } = running.store;
    const damaged = damagedParts([]);
    await counts();
    await whileCallsFail(health.enginePid, "pread64,preadv,preadv2", async () => {
      await expect(counts()).rejects.toThrow("Cannot read");
    });
    await damaged.look();
    expect([damaged.aside, damaged.diskFailure]).toEqual([0, expect.stringContaining("Input/output error")]);
    // Without what it remembers of a part's files it takes that for damage.
    await client.command("SYSTEM DROP MARK CACHE");
    await whileCallsFail(health.enginePid, "pread64,preadv,preadv2", async () => {
      await expect(counts()).rejects.toThrow("Cannot read");
      await damaged.look();
    });
    expect(damaged.aside).toBe(0);
    for (let i = 0; i < 2; i++) await damaged.look();
    expect([damaged.aside, damaged.diskFailure, await counts()]).toEqual([0, undefined, [2 * ROWS, 0, 1]]);
  },
);

test("what was kept aside is told at each start, until somebody removes it", async () => {
  const part = await fill();
  await reopened(() => truncateSync(join(part, "data.bin"), 10));
  const reported = expect.stringContaining("A damaged part of a table is kept aside");
  await expect.poll(() => running.reports).toContainEqual(reported);
  expect(await counts()).toEqual([ROWS, 0, 1]);
  expect(running.store.health.damagedParts).toBe(1);
  await reopened(() => {
    const detached = join(part, "..", "detached");
    for (const name of readdirSync(detached)) renameSync(join(detached, name), join(directory.path, name));
  });
  await running.store.flush();
  expect(await counts()).toEqual([ROWS, 0, 1]);
  expect([running.store.health.damagedParts, running.reports]).toEqual([0, []]);
});

test("a merged part that is broken, whose halves are there, costs nothing and is no news", async () => {
  const part = await fill();
  await running.store.client.command("SYSTEM START MERGES otel_logs");
  await running.store.client.command("OPTIMIZE TABLE otel_logs FINAL");
  await reopened(() => truncateSync(join(part, "..", "20261127_1_2_1", "data.bin"), 10));
  expect(await counts()).toEqual([2 * ROWS, 0, 1]);
  await running.store.client.command("OPTIMIZE TABLE otel_logs FINAL");
  await reopened(() => {});
  await running.store.flush();
  expect([running.store.health.damagedParts, running.reports]).toEqual([0, []]);
});

test.each([
  ["before the part was put aside", false],
  ["after it was put aside", true],
])("a crash %s, when the copy was whole: the next start puts it in the part's place", async (_when, detached) => {
  await fill();
  const { client } = running.store;
  for (const statement of [
    "CREATE DATABASE clew_salvage",
    "CREATE TABLE clew_salvage.otel_logs AS otel_logs",
    "INSERT INTO clew_salvage.otel_logs SELECT * FROM otel_logs WHERE _part = '20261127_2_2_0' AND _part_offset < 7000",
    "CREATE TABLE clew_salvage.whole (x UInt8) ENGINE = MergeTree ORDER BY x COMMENT '20261127_2_2_0'",
    ...(detached ? ["ALTER TABLE otel_logs DETACH PART '20261127_2_2_0'"] : []),
  ])
    await client.command(statement);
  await reopened(() => {});
  await expect.poll(() => running.store.health.damagedParts).toBe(1);
  expect(await counts()).toEqual([ROWS + 7_000, 0, 1]);
  expect(await running.store.client.rows("SELECT name FROM system.databases WHERE name = 'clew_salvage'")).toEqual([]);
});

test("a crash before the copy was whole gives the copy up", async () => {
  await fill();
  const { client } = running.store;
  await client.command("CREATE DATABASE clew_salvage");
  await client.command("CREATE TABLE clew_salvage.otel_logs AS otel_logs");
  await client.command("INSERT INTO clew_salvage.otel_logs SELECT * FROM otel_logs LIMIT 10");
  await reopened(() => {});
  const databases = (): Promise<unknown[]> =>
    running.store.client.rows("SELECT name FROM system.databases WHERE name = 'clew_salvage'");
  await expect.poll(databases).toEqual([]);
  expect(await counts()).toEqual([2 * ROWS, 0, 1]);
});
