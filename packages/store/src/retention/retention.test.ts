/** What is removed, by age, by rule and for room, on the real engine with a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "@clew/base";
import { parseRollup } from "../rollup/resolutions.ts";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";
import { Retention, type RetentionSettings } from "./retention.ts";
import { parseRetention, parseRetentionRule } from "./retention-settings.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2026-11-27T12:00:00Z");
let running: RunningStore;
let nowMs: number;
let reports: string[];

beforeEach(async () => {
  running = await openStore();
  nowMs = NOW_MS;
  reports = [];
});
afterEach(() => running.stop());

function retention(settings: Partial<RetentionSettings>): Retention {
  const clock: Clock = { nowMs: () => nowMs, after: () => () => {}, every: () => () => {} };
  return new Retention({
    client: running.store.client,
    clock,
    report: (line) => reports.push(line),
    directory: running.directory,
    ages: {},
    rollupAges: {},
    dropByAge: (_partition, drop) => drop().then(() => true),
    rules: [],
    maxDiskBytes: undefined,
    spoolBytes: () => 0,
    ...settings,
  });
}

/** A span, a log record and a sample of so many days ago; logs are the largest. */
async function fill(daysAgo: number): Promise<void> {
  const time = `fromUnixTimestamp64Milli(toInt64(${NOW_MS - daysAgo * DAY_MS}))`;
  const { client } = running.store;
  await client.command(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ServiceName) SELECT ${time}, '${daysAgo}', '01', 'shop'`,
  );
  await client.command(
    `INSERT INTO otel_logs (Timestamp, ServiceName, Body, ResourceAttributes)
     SELECT ${time}, 'shop', randomPrintableASCII(1000), map('service.name', if(number % 2 = 0, 'debug', 'shop')) FROM numbers(100)`,
  );
  await client.command(
    `INSERT INTO metric_samples (Fingerprint, Timestamp, DoubleValue, ValueType) SELECT 1, ${time}, 1, 1`,
  );
  await client.command(`INSERT INTO metric_series (Day, Fingerprint) SELECT toDate(${time}), 1`);
}

async function counts(): Promise<number[]> {
  const [row = []] = await running.store.client.rows<readonly string[]>(
    `SELECT (SELECT count() FROM otel_traces), (SELECT count() FROM otel_traces_trace_id_ts),
       (SELECT sum(Spans) FROM span_durations), (SELECT count() FROM otel_logs),
       (SELECT sum(Logs) FROM log_counts), (SELECT count() FROM metric_samples)`,
  );
  return row.map(Number);
}

describe("by age", () => {
  test("whole days go when they are old enough, of each signal by its own age, with all that was made of them", async () => {
    for (const daysAgo of [0, 2, 5, 40]) await fill(daysAgo);
    await retention({ ages: parseRetention("traces=4d,logs=1d,metrics=30d", "--retention") }).apply();
    expect(await counts()).toEqual([2, 2, 2, 100, 100, 3]);
  });

  test("a signal without an age is kept for ever", async () => {
    for (const daysAgo of [0, 4_000]) await fill(daysAgo);
    await retention({ ages: parseRetention("logs=1h", "--retention") }).apply();
    expect(await counts()).toEqual([2, 2, 2, 100, 100, 2]);
  });

  test("a clock that was set forward removes nothing", async () => {
    await fill(0);
    const kept = retention({ ages: parseRetention("traces=1d,logs=1d,metrics=1d", "--retention") });
    await kept.apply();
    nowMs += 3_650 * DAY_MS;
    await kept.apply();
    expect(await counts()).toEqual([1, 1, 1, 100, 100, 1]);
    expect(reports).toEqual([expect.stringContaining("The clock went forward")]);
  });
});

describe("of rollups", () => {
  /** Rows of both resolutions for each day that samples have. */
  async function rolledUp(): Promise<void> {
    for (const resolution of ["5m", "1h"])
      await running.store.client.command(
        `INSERT INTO metric_samples_${resolution} (Fingerprint, WindowStart, Count) SELECT Fingerprint, toDateTime(Timestamp), 1 FROM metric_samples`,
      );
  }

  async function rows(): Promise<number[]> {
    const [row = []] = await running.store.client.rows<readonly string[]>(
      `SELECT (SELECT count() FROM metric_samples), (SELECT count() FROM metric_samples_5m),
         (SELECT count() FROM metric_samples_1h), (SELECT count() FROM metric_series)`,
    );
    return row.map(Number);
  }

  test("each is kept for as long as it should be, and series for as long as any", async () => {
    for (const daysAgo of [0, 10, 70, 140]) await fill(daysAgo);
    await rolledUp();
    await retention({
      ages: parseRetention("metrics=5d", "--retention"),
      rollupAges: parseRollup("5m=30d,1h=90d", "--rollup"),
    }).apply();
    expect(await rows()).toEqual([1, 2, 3, 3]);
  });

  test("a raw day that has to wait stays, and goes at the next turn", async () => {
    for (const daysAgo of [0, 10]) await fill(daysAgo);
    let mayGo = false;
    const kept = retention({
      ages: parseRetention("metrics=5d", "--retention"),
      dropByAge: async (_partition, drop) => {
        if (mayGo) await drop();
        return mayGo;
      },
    });
    await kept.apply();
    expect([await rows(), kept.disk.droppedByAge]).toEqual([[2, 0, 0, 2], 0]);
    mayGo = true;
    await kept.apply();
    expect((await rows())[0]).toBe(1);
  });

  test("for room the oldest raw day goes, and not what was made of days before it", async () => {
    for (const daysAgo of [0, 1, 2]) await fill(daysAgo);
    await rolledUp();
    const { client } = running.store;
    await client.command("TRUNCATE TABLE otel_logs");
    await client.command("TRUNCATE TABLE otel_traces");
    await client.command(
      `INSERT INTO metric_samples (Fingerprint, Timestamp, DoubleValue, ValueType)
       SELECT number, fromUnixTimestamp64Milli(toInt64(${NOW_MS - DAY_MS})), rand64(), 1 FROM numbers(100000)`,
    );
    const unlimited = retention({});
    await unlimited.apply();
    await retention({ maxDiskBytes: unlimited.disk.usedBytes - 1 }).apply();
    expect((await rows()).slice(1)).toEqual([3, 3, 3]);
    expect(await client.rows("SELECT DISTINCT toString(toDate(Timestamp)) FROM metric_samples ORDER BY 1")).toEqual([
      ["2026-11-26"],
      ["2026-11-27"],
    ]);
  });
});

test("a clock that is far ahead when the program starts removes nothing by age", async () => {
  for (const daysAgo of [0, 2]) await fill(daysAgo);
  const ages = parseRetention("traces=1d,logs=1d,metrics=1d", "--retention");
  nowMs += 3_650 * DAY_MS;
  await retention({ ages }).apply();
  expect(await counts()).toEqual([2, 2, 2, 200, 200, 2]);
  expect(reports).toEqual([expect.stringContaining("nothing is removed by age for an hour")]);
});

test("a clock that is set back keeps what it would have removed, until it is there again", async () => {
  for (const daysAgo of [0, 2]) await fill(daysAgo);
  const kept = retention({ ages: parseRetention("traces=1d,logs=1d,metrics=1d", "--retention") });
  nowMs -= 30 * DAY_MS;
  await kept.apply();
  expect([await counts(), reports]).toEqual([[2, 2, 2, 200, 200, 2], []]);
  nowMs += 2 * DAY_MS;
  await kept.apply();
  expect(reports).toEqual([expect.stringContaining("The clock went forward")]);
  expect(await counts()).toEqual([2, 2, 2, 200, 200, 2]);
});

test("a rule removes only the records with its attribute that are older than it says", async () => {
  for (const daysAgo of [0, 2]) await fill(daysAgo);
  const rules = [parseRetentionRule('logs{service.name="debug"}=1d', "--retention-rule")];
  await retention({ rules }).apply();
  expect(await counts()).toEqual([2, 2, 2, 150, 200, 2]);
  expect(reports).toEqual(['Removed 50 log records with service.name="debug" by their retention.']);
});

describe("for room", () => {
  test("the oldest day of the largest signal goes first, until the rest fits", async () => {
    for (const daysAgo of [0, 1, 2]) await fill(daysAgo);
    const unlimited = retention({});
    await unlimited.apply();
    const { usedBytes } = unlimited.disk;
    const limited = retention({ maxDiskBytes: usedBytes - 1 });
    await limited.apply();
    expect(await counts()).toEqual([3, 3, 3, 200, 200, 3]);
    expect(limited.disk).toMatchObject({
      droppedForRoom: 2,
      isFull: false,
      warning: expect.stringContaining("--max-disk"),
    });
    expect(limited.disk.usedBytes).toBeLessThan(usedBytes);
    expect(reports).toEqual(["Removed the logs of 2026-11-25: --max-disk allows no more."]);
  });

  test("the newest day is never given up: then what arrives is refused, and that is told", async () => {
    await fill(0);
    const full = retention({ maxDiskBytes: 1 });
    await full.apply();
    expect(await counts()).toEqual([1, 1, 1, 100, 100, 1]);
    expect(full.disk).toMatchObject({ isFull: true, warning: expect.stringContaining("refused") });
  });
});

test("what is no retention is refused with what to write", () => {
  for (const text of ["traces", "spans=7d", "traces=7", "traces=0d", "traces=7d=8d", ""])
    expect(() => parseRetention(text, "--retention")).toThrow(
      expect.objectContaining({ code: "USAGE", path: "--retention" }),
    );
  for (const text of ['metrics{a="b"}=1d', "logs{a}=1d", "logs=1d"])
    expect(() => parseRetentionRule(text, "--retention-rule")).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(parseRetentionRule('traces{http.route="/a\\"b"}=2w', "x")).toEqual({
    signal: "traces",
    key: "http.route",
    value: '/a"b',
    ageMs: 14 * DAY_MS,
  });
});
