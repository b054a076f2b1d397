/** Points that come from rollups, from raw samples, and from both, on every kind of engine. */
import type { Clock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RESOLUTIONS } from "../rollup/resolutions.ts";
import { Rollups } from "../rollup/rollups.ts";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";
import { MetricReader } from "./metric-reader.ts";
import type { PointUse } from "./rollup-plan.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-10-01T00:00:00Z");
const SERIES = 40;
const INTERVAL_MS = 60_000;
/** A day, and an hour of the next, which is not over. */
const TIMES = Array.from({ length: 25 * 60 }, (_unused, i) => START_MS + i * INTERVAL_MS + 500);
const WINDOW = { startMs: START_MS, endMs: START_MS + 25 * HOUR_MS, hasStarts: false };
const ALL: PointUse = { func: "avg_over_time", rangeMs: HOUR_MS, stepMs: HOUR_MS, lookbackMs: 300_000 };

let running: RunningStore;
let reader: MetricReader;

beforeAll(async () => {
  running = await openStore();
  const { store } = running;
  const attributes = (series: number): object[] => [{ key: "n", value: { stringValue: `${series}` } }];
  const dataPoints = Array.from({ length: SERIES }, (_unused, series) =>
    TIMES.map((timeMs, i) => ({
      attributes: attributes(series),
      timeUnixNano: BigInt(timeMs) * 1_000_000n,
      asDouble: series + (i % 5),
    })),
  ).flat();
  const points = TIMES.map((timeMs, i) => ({
    timeUnixNano: BigInt(timeMs) * 1_000_000n,
    count: BigInt(i),
    sum: i,
    bucketCounts: [BigInt(i), 0n],
    explicitBounds: [1],
  }));
  const metrics = [
    { name: "load", gauge: { dataPoints } },
    { name: "latency", histogram: { aggregationTemporality: 2, dataPoints: points } },
  ];
  const request = { resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics }] }] };
  await store.write(payloadOf("metrics", encode(PROTOCOLS.metrics.request, request)));
  await store.flush();
  const clock: Clock = { nowMs: () => WINDOW.endMs + 2 * HOUR_MS, after: () => () => {}, every: () => () => {} };
  const rollups = new Rollups({
    client: store.client,
    clock,
    report: (line) => {
      throw new Error(line);
    },
    resolutions: RESOLUTIONS,
    isOwn: store.health.engine === "embedded",
    rawAgeMs: Infinity,
    sync: async () => {},
    whileNothingComes: (task) => task(),
    isSettled: () => true,
    takenBack: () => 0,
  });
  await Promise.all([rollups.apply(), rollups.apply()]);
  reader = new MetricReader(store.client);
});

afterAll(() => running.stop());

async function numbers(use?: PointUse): Promise<{ samples: number; counted: number; runs: number }> {
  const series = await reader.series([{ name: "__name__", operator: "=", value: "load" }], WINDOW);
  const columns = await reader.numbers(series, use === undefined ? WINDOW : { ...WINDOW, use }, 1_000_000);
  const counts = columns.sampleCounts ?? new Float64Array(columns.values.length).fill(1);
  const counted = counts.reduce((sum, count) => sum + count, 0);
  return { samples: columns.values.length, counted, runs: columns.runs.length };
}

test("raw samples are read where nobody says what for, or a range is short", async () => {
  const all = { samples: SERIES * TIMES.length, counted: SERIES * TIMES.length, runs: SERIES };
  expect(await numbers()).toEqual(all);
  expect(await numbers({ ...ALL, rangeMs: 120_000 })).toEqual(all);
  expect(await numbers({ ...ALL, func: "quantile_over_time" })).toEqual(all);
});

test("long ranges read a mean for each window, and raw samples of the day that is not over", async () => {
  const counted = SERIES * TIMES.length;
  expect(await numbers(ALL)).toEqual({ samples: SERIES * (24 + 60), counted, runs: SERIES });
  const ofFiveMinutes = SERIES * (24 * 12 + 60);
  expect(await numbers({ ...ALL, rangeMs: 1_800_000 })).toEqual({ samples: ofFiveMinutes, counted, runs: SERIES });
});

test("histograms have the first and the last point of each window, with their buckets", async () => {
  const series = await reader.series([{ name: "__name__", operator: "=", value: "latency" }], WINDOW);
  const use = { ...ALL, func: "rate" };
  const columns = await reader.histograms(series, { ...WINDOW, use }, 1_000_000);
  const wanted = Array.from({ length: 24 }, (_unused, hour) => [60 * hour, 60 * hour + 59]).flat();
  expect([...columns.counts]).toEqual([...wanted, ...Array.from({ length: 60 }, (_unused, i) => 24 * 60 + i)]);
  expect([...columns.bucketCounts].filter((_count, i) => i % 2 === 0)).toEqual([...columns.counts]);
});

test("the order is the series' and the time's, whatever the source", async () => {
  const series = await reader.series([{ name: "__name__", operator: "=", value: "load" }], WINDOW);
  const { runs, timestampsMs } = await reader.numbers(series, { ...WINDOW, use: ALL }, 1_000_000);
  for (const { start, end } of runs) {
    const times = [...timestampsMs.subarray(start, end)];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }
});

test("tens of thousands of series are asked for at once, from all sources", async () => {
  const count = 20_000;
  const { client } = running.store;
  await client.command(
    `INSERT INTO metric_series (Day, Locality, Fingerprint, PrometheusName, MetricName, MetricType)
     SELECT toDate('2026-10-01'), 9, number + 10000000000000000000, 'many', 'many', 'gauge' FROM numbers(${count})`,
  );
  await client.command(
    `INSERT INTO metric_samples (Locality, Fingerprint, Timestamp, DoubleValue, ValueType)
     SELECT 9, number + 10000000000000000000, fromUnixTimestamp64Milli(toInt64(${START_MS + 24.5 * HOUR_MS})), 1, 1 FROM numbers(${count})`,
  );
  const series = await reader.series([{ name: "__name__", operator: "=", value: "many" }], WINDOW);
  expect(series.length).toBe(count);
  const { runs, values } = await reader.numbers(series, { ...WINDOW, use: ALL }, 1_000_000);
  expect([runs.length, values.length]).toEqual([count, count]);
});
