/** When days are rolled up, and that each sample is in it once, whatever comes late or ends in the middle. */
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, type Clock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dropPartition, partitionsOf, type Partition } from "../retention/partitions.ts";
import type { EngineClient } from "../engine/engine-client.ts";
import { openStore, temporaryDirectory, type RunningStore } from "../running-store.test-kit.ts";
import type { Store } from "../store.ts";
import { noteRemoval, rollupDays } from "./rollup-days.ts";
import { rollUpStatements } from "./roll-up.ts";
import { RESOLUTIONS, parseRollup, resolutionsOf } from "./resolutions.ts";
import { Rollups, type RollupsSettings } from "./rollups.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DAY = "2026-10-01";
const START_MS = Date.parse(`${DAY}T00:00:00Z`);
let running: RunningStore;
let nowMs: number;
let reports: string[];

beforeEach(async () => {
  running = await openStore();
  nowMs = START_MS + 10 * DAY_MS;
  reports = [];
});
afterEach(() => running.stop());

function newRollups(settings: Partial<RollupsSettings> = {}): Rollups {
  const clock: Clock = { nowMs: () => nowMs, after: () => () => {}, every: () => () => {} };
  return new Rollups({
    client: running.store.client,
    clock,
    report: (line) => reports.push(line),
    resolutions: RESOLUTIONS,
    isOwn: true,
    rawAgeMs: Infinity,
    sync: async () => {},
    whileNothingComes: (task) => task(),
    isSettled: () => true,
    takenBack: () => 0,
    ...settings,
  });
}

/** Samples of one series with the value 1, so many and so far apart, from a time on. */
async function addSamples(fromMs: number, count: number, intervalMs: number, series = 1): Promise<void> {
  await running.store.client.command(
    `INSERT INTO metric_samples (Locality, Fingerprint, Timestamp, DoubleValue, ValueType)
     SELECT ${series}, ${series}, fromUnixTimestamp64Milli(toInt64(${fromMs} + number * ${intervalMs})), 1, 1 FROM numbers(${count})`,
  );
}

/** An hour of samples of one series. */
async function addSamplesTo(client: EngineClient, fromMs: number): Promise<void> {
  await client.command(
    `INSERT INTO metric_samples (Locality, Fingerprint, Timestamp, DoubleValue, ValueType)
     SELECT 1, 1, fromUnixTimestamp64Milli(toInt64(${Math.floor(fromMs)} + number * 10000)), 1, 1 FROM numbers(360)`,
  );
}

/** How many samples the rollups have, by day, in each resolution. */
async function rolledUp(): Promise<Record<string, number[]>> {
  const days: Record<string, number[]> = {};
  for (const [i, { name }] of RESOLUTIONS.entries()) {
    const rows = await running.store.client.rows<readonly [string, string, number]>(
      `SELECT toString(toDate(WindowStart)) AS day, sum(Count), sum(Sum) FROM metric_samples_${name} FINAL GROUP BY day`,
    );
    for (const [day, count, sum] of rows) {
      expect(sum).toBe(Number(count));
      const counts = (days[day] ??= []);
      counts[i] = Number(count);
    }
  }
  return days;
}

async function rawDay(): Promise<Partition> {
  const partitions = await partitionsOf(running.store.client);
  return partitions.find(({ table, endMs }) => table === "metric_samples" && endMs === START_MS + DAY_MS)!;
}

function drop(rollups: Rollups, partition: Partition): Promise<boolean> {
  return rollups.dropWhenRolledUp(partition, () => dropPartition(running.store.client, partition));
}

test("a day is rolled up two hours after its end, and not again", async () => {
  await addSamples(START_MS + 1_000, 2 * 8_640, 10_000);
  const rollups = newRollups();
  nowMs = START_MS + DAY_MS + 2 * HOUR_MS - 1;
  await rollups.apply();
  expect(await rolledUp()).toEqual({});
  nowMs++;
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [8_640, 8_640] });
  await rollups.apply();
  // The day before it had no samples, and a look.
  expect([rollups.health, reports]).toEqual([
    { madeDays: { "5m": 2, "1h": 2 }, waitingDays: 0, failure: undefined },
    [],
  ]);
});

test("a sample at midnight is in the window that ends there, once", async () => {
  await addSamples(START_MS, 3 * 24 + 1, HOUR_MS);
  await newRollups().apply();
  const days = { "2026-09-30": 1, [DAY]: 24, "2026-10-02": 24, "2026-10-03": 24 };
  expect(await rolledUp()).toEqual(Object.fromEntries(Object.entries(days).map(([day, n]) => [day, [n, n]])));
  const windows = await running.store.client.rows(
    "SELECT toString(WindowStart), Count, FirstMs, LastMs FROM metric_samples_1h WHERE toDate(WindowStart) = '2026-09-30'",
  );
  expect(windows).toEqual([["2026-09-30 23:00:00", 1, HOUR_MS, HOUR_MS]]);
});

test("points with one time count once, and points without a value not at all", async () => {
  await addSamples(START_MS + 1_000, 100, 1_000);
  await addSamples(START_MS + 1_000, 100, 1_000);
  await running.store.client.command(
    `INSERT INTO metric_samples (Locality, Fingerprint, Timestamp, Flags, ValueType)
     SELECT 1, 1, fromUnixTimestamp64Milli(toInt64(${START_MS + 200_000})), 1, 0`,
  );
  await newRollups().apply();
  expect(await rolledUp()).toEqual({ [DAY]: [100, 100] });
  expect(await running.store.client.rows("SELECT EndedMs FROM metric_samples_5m")).toEqual([[200_000]]);
});

test("what ended in the middle is done again, and is there once", async () => {
  await addSamples(START_MS + 1_000, 1_000, 60_000);
  await newRollups().apply();
  // As after a crash before the day was noted down.
  await running.store.client.command("TRUNCATE TABLE metric_rollup_days");
  await newRollups().apply();
  expect(await rolledUp()).toEqual({ [DAY]: [1_000, 1_000] });
});

test("a kill of the engine meanwhile costs nothing", async () => {
  await addSamples(START_MS + 1_000, 86_000, 1_000);
  const rollups = newRollups();
  const cut = rollups.apply();
  process.kill(running.store.health.enginePid!, "SIGKILL");
  await cut;
  for (let tries = 0; rollups.health.failure !== undefined && tries < 100; tries++) await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [86_000, 86_000] });
});

test("a day of very many samples is rolled up in portions", async () => {
  for (let series = 1; series <= 20; series++)
    await running.store.client.command(
      `INSERT INTO metric_samples (Locality, Fingerprint, Timestamp, DoubleValue, ValueType)
       SELECT cityHash64(${series}), ${series}, fromUnixTimestamp64Milli(toInt64(${START_MS + 1_000} + number * 60000)), 1, 1 FROM numbers(100)`,
    );
  const task = { table: "metric_samples", dayMs: START_MS, resolution: RESOLUTIONS[0], generation: 1, isLate: false };
  const statements = rollUpStatements({ ...task, rawRows: 30_000_000 });
  expect(statements.length).toBe(8);
  for (const statement of statements) await running.store.client.command(statement);
  expect(await rolledUp()).toEqual({ [DAY]: [2_000] });
  const [[series] = [""]] = await running.store.client.rows<readonly [string]>(
    "SELECT uniqExact(Fingerprint) FROM metric_samples_5m",
  );
  expect(series).toBe("20");
});

test("several programs may roll up one day at once", async () => {
  await addSamples(START_MS + 1_000, 5_000, 10_000);
  await Promise.all([newRollups(), newRollups(), newRollups()].map((one) => one.apply()));
  expect([await rolledUp(), reports]).toEqual([{ [DAY]: [5_000, 5_000] }, []]);
});

test("late samples are rolled up some hours later", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  const rollups = newRollups();
  await rollups.apply();
  await addSamples(START_MS + 31_000, 50, 60_000);
  await addSamples(START_MS + 20 * HOUR_MS, 10, 60_000, 2);
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [100, 100] });
  nowMs += 6 * HOUR_MS;
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [160, 160] });
});

test("a raw day goes when all of it has been rolled up; what comes later begins another life of it", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  const rollups = newRollups();
  expect(await drop(rollups, await rawDay())).toBe(true);
  expect(await rolledUp()).toEqual({ [DAY]: [100, 100] });
  expect(await rawDay()).toBeUndefined();
  await addSamples(START_MS + 31_000, 300, 60_000);
  await rollups.apply();
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [400, 400] });
  expect(await drop(rollups, await rawDay())).toBe(true);
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [400, 400] });
});

test("a raw day that something came to meanwhile stays", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  const rollups = newRollups({
    whileNothingComes: async (task) => {
      await addSamples(START_MS + 31_000, 1, 60_000);
      return task();
    },
  });
  await rollups.finishRemovals();
  expect(await drop(rollups, await rawDay())).toBe(false);
  expect((await rawDay()).rows).toBe(101);
});

test("a removal that a crash ended is finished before anything else comes, which begins another life", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  await newRollups().apply();
  const life = { table: "metric_samples", day: DAY, generation: 1 };
  await noteRemoval(running.store.client, life, "begun");
  const rollups = newRollups();
  await rollups.finishRemovals();
  expect(await rawDay()).toBeUndefined();
  expect((await rollupDays(running.store.client)).removals).toEqual([{ ...life, isDone: true }]);
  await addSamples(START_MS + 31_000, 7, 60_000);
  await rollups.apply();
  expect(await rolledUp()).toEqual({ [DAY]: [107, 107] });
  await rollups.finishRemovals();
  expect((await rawDay()).rows).toBe(7);
});

test("a removal that fails in the middle is finished by the next one who comes", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  let failures = 0;
  const rollups = newRollups({
    sync: async () => {
      const { removals } = await rollupDays(running.store.client);
      if (removals.length > 0 && failures++ === 0) throw new Error("the power is away");
    },
  });
  await expect(drop(rollups, await rawDay())).rejects.toThrow("the power is away");
  expect((await rawDay()).rows).toBe(100);
  await rollups.apply();
  expect(await rawDay()).toBeUndefined();
  expect(await rolledUp()).toEqual({ [DAY]: [100, 100] });
});

test("a raw day stays while what was inserted of it may be taken back", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  let isSettled = false;
  const rollups = newRollups({ isSettled: () => isSettled });
  expect(await drop(rollups, await rawDay())).toBe(false);
  expect((await rawDay()).rows).toBe(100);
  isSettled = true;
  expect(await drop(rollups, await rawDay())).toBe(true);
});

test("a day is not noted as rolled up before its rows are on disk, nor where some were taken back meanwhile", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  const cut = newRollups({ sync: () => Promise.reject(new Error("the power is away")) });
  await cut.apply();
  expect(cut.health.failure).toBe("the power is away");
  let times = 0;
  const restarted = newRollups({ takenBack: () => times++ });
  await restarted.apply();
  expect(restarted.health.failure).toBe("the engine was started again meanwhile");
  expect((await rollupDays(running.store.client)).made).toEqual(new Map());
  await newRollups().apply();
  expect(await rolledUp()).toEqual({ [DAY]: [100, 100] });
});

test("other tables than raw samples go at once, and all do where nothing is rolled up", async () => {
  await addSamples(START_MS + 1_000, 100, 60_000);
  const none = newRollups({ resolutions: [] });
  none.start();
  await none.stop();
  expect(await rolledUp()).toEqual({});
  const rollups = newRollups();
  await rollups.apply();
  const partitions = await partitionsOf(running.store.client);
  const rows = partitions.find(({ table }) => table === "metric_samples_5m")!;
  expect(await drop(rollups, rows)).toBe(true);
  expect(await drop(none, await rawDay())).toBe(true);
  expect(await rolledUp()).toEqual({ [DAY]: [undefined, 100] });
});

test("a day of which a server may have removed a part is not rolled up any more", async () => {
  await addSamples(START_MS + 1_000, 4 * 24, HOUR_MS);
  await newRollups({ isOwn: false, rawAgeMs: 9 * DAY_MS + 1 }).apply();
  expect(await rolledUp()).toEqual({ "2026-10-02": [24, 24], "2026-10-03": [24, 24], "2026-10-04": [24, 24] });
});

test("a failure is told, and is over with the next run that succeeds", async () => {
  await addSamples(START_MS + 1_000, 10, 60_000);
  await running.store.client.command("RENAME TABLE metric_samples_1h TO elsewhere");
  const rollups = newRollups();
  await rollups.apply();
  expect(rollups.health.failure).toContain("metric_samples_1h");
  expect(reports).toEqual([expect.stringContaining("Rolling up metrics failed")]);
  await running.store.client.command("RENAME TABLE elsewhere TO metric_samples_1h");
  await rollups.apply();
  expect(rollups.health.failure).toBeUndefined();
  expect(await rolledUp()).toEqual({ [DAY]: [10, 10] });
});

test("a store that is asked to rolls up old days, then removes their samples, and knows the rows after a restart", async () => {
  const directory = temporaryDirectory();
  const oldMs = Date.now() - 5 * DAY_MS;
  const rollups = parseRollup("5m,1h", "--rollup");
  try {
    const before = await openStore({ directory: directory.path, rollups, retention: {} });
    await addSamplesTo(before.store.client, oldMs);
    // Without it the clock would seem to have gone forward.
    await addSamplesTo(before.store.client, Date.now() - HOUR_MS);
    await before.store.close();
    const after = await openStore({ directory: directory.path, rollups, retention: { metrics: 3 * DAY_MS } });
    const count = async (table: string): Promise<string | undefined> =>
      (await after.store.client.rows<readonly [string]>(`SELECT count() FROM ${table}`))[0]?.[0];
    await expect.poll(() => count("metric_samples"), { timeout: 20_000 }).toBe("360");
    expect([Number(await count("metric_samples_5m")) > 0, Number(await count("metric_samples_1h")) > 0]).toEqual([
      true,
      true,
    ]);
    expect(after.store.health.rollups).toMatchObject({ failure: undefined });
    process.kill(after.store.health.enginePid!, "SIGKILL");
    await expect.poll(() => count("metric_samples_5m"), { timeout: 20_000 }).not.toBe("0");
    await after.store.close();
  } finally {
    directory.remove();
  }
});

/** Points of one series, a second apart. */
function points(fromMs: number, count: number): Payload {
  const dataPoints = Array.from({ length: count }, (_unused, i) => ({
    timeUnixNano: BigInt(Math.floor(fromMs) + i * 1_000) * 1_000_000n,
    asInt: 1n,
  }));
  const metrics = [{ name: "late", gauge: { dataPoints } }];
  return payloadOf(
    "metrics",
    encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
  );
}

async function countsOf(store: Store): Promise<number[]> {
  const [row = []] = await store.client.rows<readonly string[]>(
    "SELECT (SELECT count() FROM metric_samples), (SELECT sum(Count) FROM metric_samples_5m FINAL), (SELECT sum(Count) FROM metric_samples_1h FINAL)",
  );
  return row.map(Number);
}

test("a store removes no raw day while a segment of it is not inserted for good", async () => {
  const directory = temporaryDirectory();
  const oldMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * DAY_MS;
  const everyMinute: (() => void)[] = [];
  // Nothing is drained but by `flush`, and nothing is removed but when it is asked for.
  const every: Clock["every"] = (ms, task) => {
    if (ms === 60_000) everyMinute.push(task);
    return () => {};
  };
  const { store } = await openStore({
    directory: directory.path,
    rollups: parseRollup("5m,1h", "--rollup"),
    retention: { metrics: 3 * DAY_MS },
    clock: { ...systemClock, every },
  });
  try {
    await store.write(points(Date.now() - HOUR_MS, 1));
    await store.flush();
    await store.write(points(oldMs, 10));
    const spool = join(directory.path, "spool");
    const segment = join(spool, readdirSync(spool).find((name) => name.endsWith(".spool")) ?? "");
    copyFileSync(segment, join(directory.path, "kept"));
    await store.flush();
    // As when the attempt failed before its end: a kill would take the ten back, and they would come again.
    copyFileSync(join(directory.path, "kept"), segment);
    for (const task of everyMinute) task();
    await expect.poll(() => countsOf(store), { timeout: 20_000 }).toEqual([11, 10, 10]);
    await store.client.command("SELECT sleep(1)");
    expect(await countsOf(store)).toEqual([11, 10, 10]);
    rmSync(segment);
    for (const task of everyMinute) task();
    await expect.poll(() => countsOf(store), { timeout: 20_000 }).toEqual([1, 10, 10]);
  } finally {
    await store.close();
    directory.remove();
  }
});

test("samples that come after a removal that a crash ended do not go with the others", async () => {
  const directory = temporaryDirectory();
  const oldMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * DAY_MS;
  const settings = { directory: directory.path, rollups: parseRollup("5m,1h", "--rollup") };
  try {
    const first = await openStore(settings);
    await first.store.write(points(oldMs, 10));
    await first.store.close();
    const before = await openStore(settings);
    await expect.poll(() => countsOf(before.store), { timeout: 20_000 }).toEqual([10, 10, 10]);
    const life = { table: "metric_samples", day: new Date(oldMs).toISOString().slice(0, 10), generation: 1 };
    await noteRemoval(before.store.client, life, "begun");
    await before.store.close();
    const after = await openStore(settings);
    await after.store.write(points(oldMs + 60_000, 7));
    await after.store.flush();
    expect(await countsOf(after.store)).toEqual([7, 10, 10]);
    await after.store.close();
    const last = await openStore(settings);
    await expect.poll(() => countsOf(last.store), { timeout: 20_000 }).toEqual([7, 17, 17]);
    await last.store.close();
  } finally {
    directory.remove();
  }
});

test("what is no rollup is refused with what to write", () => {
  expect(parseRollup("5m=90d,1h", "--rollup")).toEqual({ "5m": 90 * DAY_MS, "1h": Infinity });
  expect(resolutionsOf(parseRollup("1h=2y", "--rollup"))).toEqual([RESOLUTIONS[1]]);
  for (const text of ["", "10m=3d", "5m=3", "5m=1d=2d", "90d"])
    expect(() => parseRollup(text, "--rollup")).toThrow(expect.objectContaining({ code: "USAGE", path: "--rollup" }));
});
